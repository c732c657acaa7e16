//! The arguments, as documented by `--help`, and the little languages in them: ranges of
//! milliseconds and patterns of user names.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};

use crate::media::codec::Codec;
use crate::sip::transport::TransportKind;

/// A terminal softphone 终端软电话
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Arguments {
    /// Also prints what was dropped and why 显示调试信息
    #[arg(long, global = true)]
    pub verbose: bool,
    #[command(subcommand)]
    pub task: Task,
}

#[derive(Debug, Subcommand)]
pub enum Task {
    /// Makes one call 拨打一个电话
    Call(CallArguments),
    /// Waits for calls and answers or refuses them 等待来电
    Listen(ListenArguments),
    /// Registers as a desk phone and answers calls 注册为话机并自动接听
    Register(RegisterArguments),
    /// Many callers with patience 模拟多名市民来电
    Swarm(SwarmArguments),
    /// Many registered desk phones 模拟多部话务员话机
    Agents(AgentsArguments),
    /// A caller's CANCEL against an agent's answer 挂断与接听同时发生
    Race(RaceArguments),
}

#[derive(Debug, Clone, Args)]
pub struct NetArguments {
    /// Local address; port 0 takes any free one 本机地址
    #[arg(long, default_value = "0.0.0.0:0")]
    pub bind: SocketAddr,
    #[arg(long, value_enum, default_value = "udp")]
    pub transport: TransportKind,
}

#[derive(Debug, Clone, Args)]
pub struct VoiceArguments {
    /// Sound file to say (WAV, MP3, FLAC, Ogg Vorbis) 播放的声音文件
    #[arg(long, conflicts_with_all = ["tone_hz", "echo"])]
    pub say: Option<PathBuf>,
    /// Says the file again and again 循环播放
    #[arg(long, requires = "say")]
    pub say_repeat: bool,
    /// Silence before the first word 开口前的静默
    #[arg(long, default_value_t = 0)]
    pub say_delay_ms: u64,
    /// Says a tone instead 播放单音
    #[arg(long, conflicts_with = "echo")]
    pub tone_hz: Option<f32>,
    /// Says what it hears 回声
    #[arg(long)]
    pub echo: bool,
    /// WAV file for what is heard; further calls add -2, -3 录下听到的声音
    #[arg(long)]
    pub hear: Option<PathBuf>,
    /// Codecs in order of preference 编码优先顺序
    #[arg(long, value_enum, value_delimiter = ',')]
    pub codec: Vec<Codec>,
    /// Talks and hears through the sound card 使用麦克风和扬声器
    #[cfg(feature = "sound")]
    #[arg(long, conflicts_with_all = ["say", "tone_hz", "echo"])]
    pub sound: bool,
}

#[derive(Debug, Args)]
pub struct CallArguments {
    /// Who is called, as sip:12345@127.0.0.1:5060 被叫地址
    pub to: String,
    /// The caller's number 主叫号码
    #[arg(long, default_value = "13800000001")]
    pub from: String,
    #[command(flatten)]
    pub net: NetArguments,
    #[command(flatten)]
    pub voice: VoiceArguments,
    /// User for 401/407; needs a password file 鉴权用户名
    #[arg(long, requires = "password_file")]
    pub user: Option<String>,
    #[arg(long, requires = "user")]
    pub password_file: Option<PathBuf>,
    /// Hangs up this long after the answer 通话时长上限
    #[arg(long, default_value_t = 600.0, value_parser = seconds)]
    pub max_seconds: f64,
    /// Gives up when not answered by then 等待接听上限
    #[arg(long, default_value_t = 120.0, value_parser = seconds)]
    pub ring_limit_seconds: f64,
    /// Hangs up this long after the file has been said 说完后多久挂断
    #[arg(long, value_parser = seconds)]
    pub hangup_after_say: Option<f64>,
    /// Gives up this long after dialling, answered or not yet (then exit code 0) 拨出后多久放弃
    #[arg(long)]
    pub cancel_after_ms: Option<u64>,
    /// Digits to press after the answer, as 1,2 or 12 接通后按键
    #[arg(long)]
    pub digits: Option<String>,
    /// Pause between the answer and the first digit 接通后多久按键
    #[arg(long, default_value_t = 1000)]
    pub digits_delay_ms: u64,
    /// Announces 100rel and sends PRACK 使用可靠临时响应
    #[arg(long)]
    pub reliable_provisionals: bool,
}

#[derive(Debug, Clone, Args)]
pub struct AnswerArguments {
    /// Ringing time, fixed or a range such as 500..3000 振铃时长
    #[arg(long, default_value = "500")]
    pub answer_after_ms: MsRange,
    /// Hangs up this long after the answer 接通后多久挂断
    #[arg(long)]
    pub hangup_after_ms: Option<MsRange>,
    /// Seed of every random choice; printed 随机种子
    #[arg(long)]
    pub seed: Option<u64>,
}

#[derive(Debug, Args)]
pub struct ListenArguments {
    #[command(flatten)]
    pub net: NetArguments,
    #[command(flatten)]
    pub voice: VoiceArguments,
    #[command(flatten)]
    pub answer: AnswerArguments,
    /// Leaves after this many calls 接听多少个后退出
    #[arg(long)]
    pub calls: Option<u64>,
    /// Refuses with 486 占线
    #[arg(long, conflicts_with_all = ["reject", "no_answer"])]
    pub busy: bool,
    /// Refuses with this status 拒接状态码
    #[arg(long, value_parser = clap::value_parser!(u16).range(300..700), conflicts_with = "no_answer")]
    pub reject: Option<u16>,
    /// Rings for ever 一直不接
    #[arg(long)]
    pub no_answer: bool,
}

#[derive(Debug, Clone, Args)]
pub struct RegistrarArguments {
    /// As sip:127.0.0.1:5060 注册服务器
    #[arg(long)]
    pub registrar: String,
    /// One password for all, or lines of user:password 密码文件
    #[arg(long)]
    pub password_file: PathBuf,
    /// Domain of the address of record; the registrar's host otherwise 域名
    #[arg(long)]
    pub domain: Option<String>,
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(10..=86_400))]
    pub expires_seconds: u64,
    /// Then calls sip:headset-check@registrar, which a distributor wants before it rings the phone
    /// 注册后做耳麦检测
    #[arg(long)]
    pub headset_check: bool,
}

#[derive(Debug, Args)]
pub struct RegisterArguments {
    #[arg(long)]
    pub user: String,
    #[command(flatten)]
    pub registrar: RegistrarArguments,
    #[command(flatten)]
    pub net: NetArguments,
    #[command(flatten)]
    pub voice: VoiceArguments,
    #[command(flatten)]
    pub answer: AnswerArguments,
    /// Leaves after this many calls 接听多少个后退出
    #[arg(long)]
    pub calls: Option<u64>,
}

#[derive(Debug, Args)]
pub struct SwarmArguments {
    /// Who is called, as sip:12345@127.0.0.1:5060 被叫地址
    #[arg(long)]
    pub to: String,
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub callers: u32,
    /// Number of the first caller 第一个主叫号码
    #[arg(long, default_value_t = 13_800_000_000)]
    pub from_base: u64,
    /// New callers per second 每秒来电数
    #[arg(long, default_value_t = 5.0, value_parser = rate)]
    pub rate: f64,
    /// How long a caller waits 等待耐心
    #[arg(long, default_value = "5000..40000")]
    pub patience_ms: MsRange,
    /// How long a caller talks 通话时长
    #[arg(long, default_value = "3000..10000")]
    pub talk_ms: MsRange,
    #[command(flatten)]
    pub net: NetArguments,
    #[command(flatten)]
    pub voice: VoiceArguments,
    /// Seed of every random choice; printed 随机种子
    #[arg(long)]
    pub seed: Option<u64>,
}

#[derive(Debug, Args)]
pub struct AgentsArguments {
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub count: u32,
    /// With the agent's number, from 1, at %d or %02d 用户名模式
    #[arg(long, default_value = "agent%02d")]
    pub user_pattern: UserPattern,
    #[command(flatten)]
    pub registrar: RegistrarArguments,
    #[command(flatten)]
    pub net: NetArguments,
    #[command(flatten)]
    pub voice: VoiceArguments,
    #[command(flatten)]
    pub answer: AnswerArguments,
    /// Leaves after this long; until Ctrl-C otherwise 运行多久
    #[arg(long, value_parser = seconds)]
    pub seconds: Option<f64>,
}

#[derive(Debug, Args)]
pub struct RaceArguments {
    /// Who is called, as sip:12345@127.0.0.1:5060 被叫地址
    #[arg(long)]
    pub to: String,
    /// The agent's phone 话务员话机用户名
    #[arg(long)]
    pub user: String,
    #[command(flatten)]
    pub registrar: RegistrarArguments,
    #[command(flatten)]
    pub net: NetArguments,
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub times: u32,
    /// Largest distance of CANCEL and 200, either first 两者的最大间隔
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=5_000))]
    pub offset_max_ms: u32,
    /// Number of the first caller 第一个主叫号码
    #[arg(long, default_value_t = 13_900_000_000)]
    pub from_base: u64,
    /// Between two races 每次之间的间隔
    #[arg(long, default_value_t = 200)]
    pub pause_ms: u64,
}

fn bounded(text: &str, max: f64) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("`{text}` is no number 不是数字"))?;
    if value > 0.0 && value <= max {
        Ok(value)
    } else {
        Err(format!("must be above 0 and at most {max} 超出范围"))
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    bounded(text, 86_400.0)
}

fn rate(text: &str) -> Result<f64, String> {
    bounded(text, 1000.0)
}

/// A range of milliseconds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MsRange {
    pub min: u64,
    pub max: u64,
}

impl FromStr for MsRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is neither 500 nor 500..3000 应写成 500 或 500..3000");
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        let number = |part: &str| part.trim().parse::<u64>().map_err(|_| wrong());
        let (min, max) = (number(low)?, number(high.trim_start_matches('='))?);
        if min <= max && max <= 86_400_000 { Ok(Self { min, max }) } else { Err(wrong()) }
    }
}

/// `agent%02d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPattern {
    before: String,
    digits: usize,
    after: String,
}

impl FromStr for UserPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` has no %d or %02d 缺少 %d");
        let (before, rest) = text.split_once('%').ok_or_else(wrong)?;
        let (width, after) = rest.split_once('d').ok_or_else(wrong)?;
        let digits = if width.is_empty() { 1 } else { width.parse().map_err(|_| wrong())? };
        if digits > 9 {
            return Err(wrong());
        }
        Ok(Self { before: before.to_owned(), digits, after: after.to_owned() })
    }
}

impl UserPattern {
    #[must_use]
    pub fn user(&self, number: u32) -> String {
        format!("{}{number:0width$}{}", self.before, self.after, width = self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn ranges_and_patterns_are_read() {
        assert_eq!("500..3000".parse(), Ok(MsRange { min: 500, max: 3000 }));
        assert_eq!("0".parse(), Ok(MsRange { min: 0, max: 0 }));
        assert!("9..3".parse::<MsRange>().is_err() && "x".parse::<MsRange>().is_err());
        let pattern: UserPattern = "agent%02d".parse().unwrap();
        assert_eq!((pattern.user(3), pattern.user(120)), ("agent03".into(), "agent120".into()));
        assert!("agent".parse::<UserPattern>().is_err() && "a%99d".parse::<UserPattern>().is_err());
    }
}
