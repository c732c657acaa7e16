//! What can go wrong before or around a call, each with what to do about it in English (`Display`)
//! and Chinese ([`PhoneError::chinese`]). How a call itself ended is no error but a report.

use std::net::SocketAddr;
use std::path::PathBuf;

/// A request to the phone that it cannot carry out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhoneError {
    /// The SIP address cannot be read.
    #[error("not a SIP address: `{0}`; write sip:12345@127.0.0.1:5060")]
    Uri(String),
    /// The host name has no address.
    #[error("host `{host}` cannot be resolved: {reason}; check the name or use an IP address")]
    Host { host: String, reason: String },
    /// The local port cannot be bound.
    #[error("cannot bind {address}: {reason}; choose another port, or 0 for any free one")]
    Bind { address: SocketAddr, reason: String },
    /// Nobody listens at the peer's address.
    #[error("{address} cannot be reached: {reason}; is the gateway running there?")]
    Unreachable { address: SocketAddr, reason: String },
    /// A sound file cannot be read.
    #[error("cannot read the sound file {}: {reason}", path.display())]
    SoundFile { path: PathBuf, reason: String },
    /// The file for what is heard cannot be written.
    #[error("cannot write what is heard to {}: {reason}", path.display())]
    HearFile { path: PathBuf, reason: String },
    /// The password file cannot be read or is empty.
    #[error("cannot read a password from {}: {reason}", path.display())]
    PasswordFile { path: PathBuf, reason: String },
    /// An argument is out of its bounds.
    #[error("{english}")]
    Argument { english: String, chinese: String },
    /// The registrar refused, or never answered.
    #[error("registration of {user} failed: {status} {reason}")]
    Register { user: String, status: u16, reason: String },
    /// The sound card cannot be used.
    #[error("the sound card cannot be used: {0}; leave out --sound to talk from a file")]
    SoundCard(String),
    /// The phone was closed meanwhile.
    #[error("the phone has been closed")]
    Closed,
}

impl PhoneError {
    /// The same sentence for a Chinese reader.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::Uri(uri) => {
                format!("不是有效的 SIP 地址：{uri}；请写成 sip:12345@127.0.0.1:5060")
            }
            Self::Host { host, reason } => {
                format!("无法解析主机名 {host}（{reason}）；请检查名称或改用 IP 地址")
            }
            Self::Bind { address, reason } => {
                format!("无法使用本机端口 {address}（{reason}）；请换一个端口，或用 0 自动选择")
            }
            Self::Unreachable { address, reason } => {
                format!("无法连接 {address}（{reason}）；请确认网关已在该地址运行")
            }
            Self::SoundFile { path, reason } => {
                format!("无法读取声音文件 {}（{reason}）", path.display())
            }
            Self::HearFile { path, reason } => {
                format!("无法写入录音文件 {}（{reason}）", path.display())
            }
            Self::PasswordFile { path, reason } => {
                format!("无法从 {} 读取密码（{reason}）", path.display())
            }
            Self::Argument { chinese, .. } => chinese.clone(),
            Self::Register { user, status, reason } => {
                format!("{user} 注册失败：{status} {reason}")
            }
            Self::SoundCard(reason) => {
                format!("无法使用声卡（{reason}）；去掉 --sound 可改用声音文件")
            }
            Self::Closed => "话机已关闭".to_owned(),
        }
    }

    pub(crate) fn argument(english: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self::Argument { english: english.into(), chinese: chinese.into() }
    }
}
