//! One way to a peer: the shared UDP socket towards an address, a TCP connection, a WebSocket.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use gateway_protocol::token::SoftphoneClaims;
use rsipstack::transport::{SipAddr, SipConnection};
use tokio::sync::Notify;

/// Number of a connection; zero is the UDP socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowId(pub u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Udp,
    Tcp,
    Ws,
    Wss,
}

impl Transport {
    /// As it stands in a Via header (RFC 3261 section 25, RFC 7118 section 5.2).
    #[must_use]
    pub fn via(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    #[must_use]
    pub fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }
}

/// A way to a peer, cheap to clone.
#[derive(Clone)]
pub struct Flow {
    pub id: FlowId,
    pub transport: Transport,
    pub remote: SocketAddr,
    /// Whose page opened the WebSocket; `None` for every other peer.
    pub claims: Option<Arc<SoftphoneClaims>>,
    /// Tells the connection's own task to close, with a reason for the page.
    pub(crate) closer: Option<Arc<Closer>>,
    pub(crate) connection: SipConnection,
}

/// Asks a connection to close.
#[derive(Debug, Default)]
pub(crate) struct Closer {
    notify: Notify,
    why: std::sync::OnceLock<(u16, &'static str)>,
}

impl Closer {
    pub(crate) fn close(&self, code: u16, reason: &'static str) {
        let _ = self.why.set((code, reason));
        self.notify.notify_one();
    }

    /// Waits until somebody asks; gives code and reason.
    pub(crate) async fn closed(&self) -> (u16, &'static str) {
        self.notify.notified().await;
        self.why.get().copied().unwrap_or((1000, "closed"))
    }
}

impl Flow {
    /// Where the library sends: given for UDP only, a connection knows its peer.
    pub(crate) fn destination(&self) -> Option<SipAddr> {
        (self.transport == Transport::Udp)
            .then(|| SipAddr::new(rsipstack::sip::Transport::Udp, self.remote.into()))
    }

    /// The same socket towards another address.
    #[must_use]
    pub fn towards(&self, remote: SocketAddr) -> Self {
        Self { remote, ..self.clone() }
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flow({} {:?} {})", self.id.0, self.transport, self.remote)
    }
}
