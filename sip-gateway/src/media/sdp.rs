//! Session descriptions (RFC 8866) and the offer/answer rules (RFC 3264) of one audio stream.
//!
//! Owns: reading, answering and making SDP for plain RTP; reading the few facts we need of a
//! browser's SDP. Must not: panic on any bytes, keep more than the bounded facts it reads.

mod build;
mod parse;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};

use super::api::{Direction, MediaError};
use super::g711::Codec;

pub use build::{Local, answer, offer};
pub use parse::{MediaLine, Session, parse};

/// Our payload type for telephone events when we offer.
pub const TELEPHONE_EVENT: u8 = 101;

impl Direction {
    /// From what the remote side may do, as two facts: it sends, it listens.
    pub const fn of(sends: bool, listens: bool) -> Self {
        match (sends, listens) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether sound of the remote side is to be expected.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the remote side wants to hear anything.
    #[must_use]
    pub const fn listens(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same stream seen from the other end.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        Self::of(self.listens(), self.sends())
    }

    /// What may flow when one side offers `self` and the other is willing to do `willing` (from its
    /// own view): the answer's direction (RFC 3264 section 6.1).
    #[must_use]
    pub const fn answered_with(self, willing: Self) -> Self {
        Self::of(willing.sends() && self.listens(), willing.listens() && self.sends())
    }

    pub const fn attribute(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

/// What both sides agreed on for the audio stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    pub codec: Codec,
    /// Payload type of telephone events in both directions, if both know them.
    pub event: Option<u8>,
    /// Where the remote side wants its RTP; `None` when it gave no usable address.
    pub rtp: Option<SocketAddr>,
    /// Where it wants its RTCP.
    pub rtcp: Option<SocketAddr>,
    /// What the remote side may do.
    pub direction: Direction,
}

/// Reads what the remote side's description (offer or answer) means for us.
///
/// # Errors
/// [`MediaError::NoCommonCodec`] where no audio line carries PCMA or PCMU.
pub fn agree(session: &Session) -> Result<(usize, Agreement), MediaError> {
    let usable =
        |line: &MediaLine| line.port != 0 && line.is_plain_audio() && line.codec().is_some();
    let found = session.media.iter().enumerate().find(|(_, line)| usable(line));
    let (index, line) = found.ok_or(MediaError::NoCommonCodec)?;
    let codec = line.codec().ok_or(MediaError::NoCommonCodec)?;
    let address = line.connection.or(session.connection);
    let held = address.is_some_and(|ip| ip.is_unspecified());
    let reachable = address.filter(|ip| !ip.is_unspecified());
    let at = |port| reachable.map(|ip: IpAddr| SocketAddr::new(ip, port));
    let offered = line.direction.or(session.direction).unwrap_or(Direction::SendRecv);
    // 0.0.0.0 is the old way to say "do not send to me" (RFC 3264 section 8.4).
    let direction = Direction::of(offered.sends(), offered.listens() && !held);
    let rtcp_port = match line.rtcp_port {
        _ if line.rtcp_mux => Some(line.port),
        Some(port) => Some(port),
        None => line.port.checked_add(1),
    };
    let agreement = Agreement {
        codec,
        event: line.telephone_event(),
        rtp: at(line.port),
        rtcp: rtcp_port.and_then(at),
        direction,
    };
    Ok((index, agreement))
}
