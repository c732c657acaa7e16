//! The one UDP port of all browsers: by ICE user name to the leg first, by source address then.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, UdpSocket as StdUdpSocket};
use std::sync::{Arc, Mutex};

use socket2::SockRef;
use str0m::ice::StunMessage;
use str0m::net::Transmit;
use tokio::net::UdpSocket;
use types::LegId;

use super::super::api::MediaError;
use super::super::inbox;
use super::super::leg::{Leg, Wire, lock};
use crate::net::clock;

/// Half a second of a thousand browsers.
const BUFFER_BYTES: usize = 8 << 20;

/// Addresses that a leg may have been seen at; more are not remembered.
const ADDRESSES_MAX: usize = 16;

/// The shared port.
#[derive(Debug)]
pub struct Hub {
    doors: Vec<Door>,
    port: u16,
    table: Mutex<Table>,
}

/// A socket and the addresses it is advertised as.
#[derive(Debug)]
struct Door {
    socket: UdpSocket,
    advertised: Vec<SocketAddr>,
}

#[derive(Debug, Default)]
struct Table {
    by_ufrag: HashMap<String, Arc<Leg>>,
    by_address: HashMap<SocketAddr, Arc<Leg>>,
}

impl Hub {
    /// Binds the port. An unspecified address gives every advertised address that is the machine's
    /// own a socket of its own, so that answers leave by the address they were asked at.
    ///
    /// # Errors
    /// The port is taken.
    pub fn bind(bind: SocketAddr, advertise: &[IpAddr]) -> Result<Self, MediaError> {
        let io = |error: std::io::Error| MediaError::Io(format!("WebRTC port {bind}: {error}"));
        let own =
            if bind.ip().is_unspecified() { own_sockets(bind.port(), advertise) } else { None };
        let sockets = match own {
            Some(sockets) => sockets,
            None => vec![(open(bind).map_err(io)?, advertise.to_vec())],
        };
        let mut port = bind.port();
        let mut doors = Vec::new();
        for (socket, addresses) in sockets {
            socket.set_nonblocking(true).map_err(io)?;
            let socket = UdpSocket::from_std(socket).map_err(io)?;
            port = socket.local_addr().map_err(io)?.port();
            let advertised = addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect();
            doors.push(Door { socket, advertised });
        }
        Ok(Self { doors, port, table: Mutex::default() })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn doors(&self) -> usize {
        self.doors.len()
    }

    /// Every address browsers are told.
    pub fn advertised(&self) -> impl Iterator<Item = SocketAddr> {
        self.doors.iter().flat_map(|door| door.advertised.iter().copied())
    }

    /// Sends by the socket that the source address belongs to; a full buffer drops.
    pub fn send(&self, transmit: &Transmit) {
        let owns = |door: &&Door| door.advertised.contains(&transmit.source);
        if let Some(door) = self.doors.iter().find(owns).or(self.doors.first())
            && door.socket.try_send_to(&transmit.contents, transmit.destination).is_err()
        {
            metrics::counter!("gateway_rtp_send_failures_total").increment(1);
        }
    }

    /// Datagrams to this ICE user name belong to the leg.
    pub fn register(&self, ufrag: String, leg: &Arc<Leg>) {
        lock(&self.table).by_ufrag.insert(ufrag, Arc::clone(leg));
    }

    pub fn forget(&self, leg: LegId) {
        let mut table = lock(&self.table);
        table.by_ufrag.retain(|_, known| known.id != leg);
        table.by_address.retain(|_, known| known.id != leg);
    }

    /// Receives by one socket until its task is ended.
    pub async fn listen(self: Arc<Self>, door: usize) {
        let Some(door) = self.doors.get(door) else { return };
        inbox::receive(&door.socket, |from, datagram| self.receive(door, from, datagram)).await;
    }

    fn receive(&self, door: &Door, from: SocketAddr, datagram: &[u8]) {
        let Some((leg, known)) = self.find(from, datagram) else { return };
        let Wire::WebRtc(wire) = &leg.wire else { return };
        let accepted = wire.receive(&leg, clock::now(), from, door.candidate_for(from), datagram);
        // Only a sender that str0m has verified (message integrity) is remembered.
        if accepted && !known {
            self.remember(from, &leg);
        }
    }

    /// The leg of a datagram, and whether its address is known as that leg's.
    fn find(&self, from: SocketAddr, datagram: &[u8]) -> Option<(Arc<Leg>, bool)> {
        let table = lock(&self.table);
        let seen = table.by_address.get(&from);
        // STUN begins with two zero bits (RFC 7983).
        if datagram.first().is_some_and(|first| *first < 4)
            && let Ok(message) = StunMessage::parse(datagram)
            && let Some((ours, _)) = message.split_username()
        {
            let leg = table.by_ufrag.get(ours)?;
            return Some((Arc::clone(leg), seen.is_some_and(|seen| seen.id == leg.id)));
        }
        seen.map(|leg| (Arc::clone(leg), true))
    }

    fn remember(&self, from: SocketAddr, leg: &Arc<Leg>) {
        let mut table = lock(&self.table);
        let count = table.by_address.values().filter(|known| known.id == leg.id).count();
        if count < ADDRESSES_MAX {
            table.by_address.insert(from, Arc::clone(leg));
        }
    }
}

impl Door {
    /// The advertised address that a sender has most likely aimed at.
    fn candidate_for(&self, from: SocketAddr) -> SocketAddr {
        let same = |to: &&SocketAddr| to.ip() == from.ip();
        let near = |to: &&SocketAddr| to.ip().is_loopback() == from.ip().is_loopback();
        let mut candidates = self.advertised.iter();
        let found = candidates.clone().find(same).or_else(|| candidates.clone().find(near));
        found.or_else(|| candidates.next()).copied().unwrap_or(from)
    }
}

/// A port whose buffer bears a stall: hundreds of browsers send to it.
fn open(address: SocketAddr) -> std::io::Result<StdUdpSocket> {
    let socket = StdUdpSocket::bind(address)?;
    // The kernel gives as much of it as it allows.
    let _ = SockRef::from(&socket).set_recv_buffer_size(BUFFER_BYTES);
    Ok(socket)
}

/// One socket per address, all on one port; `None` where an address is not the machine's own.
fn own_sockets(port: u16, advertise: &[IpAddr]) -> Option<Vec<(StdUdpSocket, Vec<IpAddr>)>> {
    let mut port = port;
    let mut sockets = Vec::new();
    for ip in advertise {
        let socket = open(SocketAddr::new(*ip, port)).ok()?;
        port = socket.local_addr().ok()?.port();
        sockets.push((socket, vec![*ip]));
    }
    if sockets.is_empty() { None } else { Some(sockets) }
}
