//! The gateway's settings: `config.default.toml` (embedded), a file named by `--config`, then
//! `HOTLINE__GATEWAY__...` from the environment. Read once.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::Deserialize;
use types::GatewayId;

use crate::sip::digest::Algorithm;
use crate::sip::trunk::Trunk;

const DEFAULTS: &str = include_str!("../../config.default.toml");

/// Section `[gateway]`. Each key is explained in `config.default.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub id: GatewayId,
    pub domain: String,
    pub server_url: String,
    pub bind: IpAddr,
    /// Empty: found out from `bind` and the machine's routes.
    pub advertise: String,
    pub allowed_origins: Vec<String>,
    pub link_key_file: PathBuf,
    pub softphone_key_file: PathBuf,
    pub unattended_answer_after_s: u64,
    pub drain_ms: u64,
    pub max_new_calls_per_s: u32,
    pub log: String,
    pub http: Http,
    pub sip: Sip,
    pub media: MediaSection,
    pub trunks: Vec<Trunk>,
    pub outbound: Outbound,
    /// `HOTLINE_DATA`, else `data.dir`; relative paths above are below it.
    #[serde(skip)]
    pub data_dir: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub port: u16,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sip {
    pub udp_port: u16,
    pub tcp_port: u16,
    pub ws_port: u16,
    pub wss_port: u16,
    pub tls_cert_file: PathBuf,
    pub tls_key_file: PathBuf,
    pub messages_per_s: u32,
    pub messages_burst: u32,
    pub digest_algorithms: Vec<Algorithm>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaSection {
    pub rtp_ports: (u16, u16),
    pub webrtc_port: u16,
    pub prompts_dir: PathBuf,
    pub recordings_dir: PathBuf,
    /// 0: half of the processors.
    pub threads: usize,
    pub media_lost_after_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    /// `host:port` of the carrier; empty: no calls outward.
    pub address: String,
    pub transport: OutboundTransport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutboundTransport {
    Udp,
    Tcp,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("configuration: {0}")]
    Figment(#[from] Box<figment::Error>),
    #[error("cannot read {file} (made by `hotline init`; key `{key}`): {source}")]
    Secret { file: String, key: &'static str, source: std::io::Error },
    #[error("{file} is no key: 64 hex characters expected; make it anew with `hotline init`")]
    NoKey { file: String },
}

impl Config {
    /// Reads the layers.
    ///
    /// # Errors
    /// [`ConfigError::Figment`] names the file and the key at fault.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut layers = Figment::from(Toml::string(DEFAULTS));
        if let Some(file) = file {
            layers = layers.merge(Toml::file_exact(file));
        }
        let layers = layers.merge(Env::prefixed("HOTLINE__").split("__"));
        let mut config: Self = layers.extract_inner("gateway").map_err(Box::new)?;
        let named = layers.extract_inner::<PathBuf>("data.dir").unwrap_or_else(|_| "data".into());
        config.data_dir = data_dir().unwrap_or(named);
        Ok(config)
    }

    /// A path of the configuration; a relative one is below the data folder.
    #[must_use]
    pub fn path(&self, path: &Path) -> PathBuf {
        self.data_dir.join(path)
    }

    /// Reads a key file of 64 hex characters.
    ///
    /// # Errors
    /// [`ConfigError::Secret`], [`ConfigError::NoKey`].
    pub fn key(&self, path: &Path, key: &'static str) -> Result<Vec<u8>, ConfigError> {
        let path = self.path(path);
        let file = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|source| ConfigError::Secret {
            file: file.clone(),
            key,
            source,
        })?;
        match hex::decode(text.trim()) {
            Ok(key) if key.len() == 32 => Ok(key),
            _ => Err(ConfigError::NoKey { file }),
        }
    }

    /// The address peers are told: the configured one, else `bind`, else the address of the
    /// machine's default route.
    #[must_use]
    pub fn advertised(&self) -> IpAddr {
        if let Ok(addr) = self.advertise.parse() {
            return addr;
        }
        if !self.bind.is_unspecified() {
            return self.bind;
        }
        // Connecting a UDP socket sends nothing; it only asks the routing table (RFC 5737 address).
        let routed = std::net::UdpSocket::bind("0.0.0.0:0")
            .and_then(|socket| socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()));
        routed.map_or(IpAddr::from([127, 0, 0, 1]), |addr| addr.ip())
    }
}

#[expect(clippy::disallowed_methods, reason = "the configuration is read here, once")]
fn data_dir() -> Option<PathBuf> {
    std::env::var("HOTLINE_DATA").ok().filter(|dir| !dir.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete_and_a_file_lies_over_them() {
        let defaults = Config::load(None).unwrap();
        assert_eq!(defaults.sip.udp_port, 5060);
        assert_eq!(defaults.media.rtp_ports, (20_000, 29_999));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("g.toml");
        std::fs::write(&file, "[gateway.sip]\nudp_port = 0\n").unwrap();
        let layered = Config::load(Some(&file)).unwrap();
        assert_eq!((layered.sip.udp_port, layered.sip.ws_port), (0, 5066));
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("g.toml");
        std::fs::write(&file, "[gateway.sip]\nudp_prot = 0\n").unwrap();
        let error = Config::load(Some(&file)).unwrap_err().to_string();
        assert!(error.contains("udp_prot"), "{error}");
    }
}
