//! What a phone and a call can be told, and the sound opened for one call.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;

use crate::error::PhoneError;
use crate::media::codec::Codec;
use crate::media::heard::{Hear, HeardSamples, Recording};
use crate::media::source::{Say, Speaker};
use crate::sip::digest::Credentials;
use crate::sip::transport::TransportKind;

/// A phone.
#[derive(Debug, Clone)]
pub struct PhoneConfig {
    /// Port 0 takes any free one.
    pub bind: SocketAddr,
    pub transport: TransportKind,
    /// Number or name of this phone: From of its calls, Contact of its registration.
    pub user: String,
    /// Answers 401 and 407, for INVITE and REGISTER.
    pub credentials: Option<Credentials>,
}

impl Default for PhoneConfig {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            transport: TransportKind::Udp,
            user: "phone".to_owned(),
            credentials: None,
        }
    }
}

/// A call, made or answered.
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    /// Another caller number than the phone's user.
    pub from: Option<String>,
    pub say: Say,
    /// Silence between the answer and the first word.
    pub say_delay: Duration,
    pub hear: Hear,
    /// In order of preference; empty means PCMA, then PCMU.
    pub codecs: Vec<Codec>,
    /// Announces 100rel and acknowledges reliable provisionals with PRACK (RFC 3262).
    pub reliable_provisionals: bool,
}

/// Socket, voice and ear of one call, opened before anybody is called.
#[derive(Debug)]
pub(crate) struct PreparedMedia {
    pub socket: UdpSocket,
    pub address: SocketAddr,
    pub speaker: Speaker,
    pub recording: Recording,
    pub codecs: Vec<Codec>,
}

impl PreparedMedia {
    pub async fn open(
        options: CallOptions,
        ip: IpAddr,
        memory: HeardSamples,
    ) -> Result<Self, PhoneError> {
        let recording = Recording::open(&options.hear, memory)?;
        let any_port = SocketAddr::new(ip, 0);
        let failed =
            |e: std::io::Error| PhoneError::Bind { address: any_port, reason: e.to_string() };
        let socket = UdpSocket::bind(any_port).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let speaker = Speaker::new(options.say, options.say_delay);
        let codecs =
            if options.codecs.is_empty() { vec![Codec::Pcma, Codec::Pcmu] } else { options.codecs };
        Ok(Self { socket, address, speaker, recording, codecs })
    }
}
