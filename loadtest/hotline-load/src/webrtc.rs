//! WebRTC as a browser has it, for one stream of PCMA: ICE, DTLS 1.2, SRTP, as a state machine that is
//! told datagrams and the time. It must not know sockets.
//!
//! Messages of STUN, DTLS and the ciphers are str0m's. Its sessions are not used: the gateway under test
//! runs them, and a generator that did the same work per packet would be full when the gateway is.

pub mod description;
pub mod leg;

use std::net::SocketAddrV4;

/// What our side tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalEnd {
    pub address: SocketAddrV4,
    pub ufrag: String,
    pub pwd: String,
    /// SHA-256 of the certificate.
    pub fingerprint: [u8; 32],
}

impl LocalEnd {
    /// The same as the other side sees it.
    #[must_use]
    pub fn seen(self) -> RemoteEnd {
        let Self { address, ufrag, pwd, fingerprint } = self;
        RemoteEnd { address, ufrag, pwd, fingerprint, lite: false, mid: "0".to_owned() }
    }
}

/// What the other side told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteEnd {
    pub address: SocketAddrV4,
    pub ufrag: String,
    pub pwd: String,
    pub fingerprint: [u8; 32],
    /// It never checks by itself (RFC 8445 section 2.5): the checks that decide are ours.
    pub lite: bool,
    pub mid: String,
}

/// Who does what of ICE and DTLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    /// Decides about the pair of addresses.
    pub controlling: bool,
    /// Begins the DTLS handshake.
    pub dtls_client: bool,
}

impl Role {
    /// Who answers an offer (RFC 8445 section 6.1.1, RFC 8842 section 5.3: `a=setup:active`).
    #[must_use]
    pub fn of_answerer(remote: &RemoteEnd) -> Self {
        Self { controlling: remote.lite, dtls_client: true }
    }

    /// Who offered, `a=setup:actpass`, and was answered `passive`.
    pub const OFFERER: Self = Self { controlling: true, dtls_client: true };
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// An end as tests describe it.
    pub fn local() -> LocalEnd {
        LocalEnd {
            address: "127.1.0.7:4000".parse().unwrap(),
            ufrag: "abcd".to_owned(),
            pwd: "0123456789abcdef01234567".to_owned(),
            fingerprint: [0xab; 32],
        }
    }
}
