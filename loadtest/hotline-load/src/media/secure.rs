//! The ears of softphones: each has an address of its own in 127.1.0.0/16 (a gateway with one port
//! tells browsers apart by their address), and all share a few wide sockets. It must not know SIP.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};

use crate::clock;
use crate::net::udp::{self, Receiver};
use crate::probe::PACKET_LEN;
use crate::srtp::PROTECTED_LEN_MAX;
use crate::webrtc::leg::{Identity, Leg, Phase};
use crate::webrtc::{LocalEnd, RemoteEnd, Role};

const SOCKETS: usize = 8;
/// Addresses of 127.1.0.0/16.
const EARS_MAX: usize = 65_536;

/// All ears.
#[derive(Debug, Default)]
pub struct Ears {
    identity: Option<Identity>,
    sockets: Vec<(UdpSocket, u16)>,
    receiver: Receiver,
    ears: Vec<Ear>,
}

#[derive(Debug)]
struct Ear {
    local: LocalEnd,
    /// The leg that it listens to, and its stream.
    leg: Option<(u32, Leg)>,
}

/// How far the legs are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Legs {
    pub connected: usize,
    pub failed: usize,
    /// How their sound is protected, as DTLS has agreed.
    pub profile: Option<String>,
}

impl Ears {
    /// One more; gives its number and what it tells of itself.
    ///
    /// # Errors
    /// No socket, no certificate, no address left.
    pub fn add(&mut self) -> io::Result<(usize, LocalEnd)> {
        if self.identity.is_none() {
            let made = Identity::new();
            self.identity = Some(made.ok_or_else(|| io::Error::other("no certificate for DTLS"))?);
            self.sockets = (0..SOCKETS).map(|_| udp::bind_wide()).collect::<io::Result<_>>()?;
        }
        let number = self.ears.len();
        let ip = address_of(number).ok_or_else(|| io::Error::other("more ears than addresses"))?;
        let port = self.sockets.get(number % SOCKETS).map_or(0, |(_, port)| *port);
        let fingerprint = self.identity.as_ref().map_or([0; 32], |identity| identity.fingerprint);
        let local = LocalEnd {
            address: SocketAddrV4::new(ip, port),
            ufrag: format!("e{number:05}"),
            // Nobody guesses on the loopback network; what counts is that runs differ.
            pwd: format!("{:016x}{number:016x}", clock::wall_ns()),
            fingerprint,
        };
        self.ears.push(Ear { local: local.clone(), leg: None });
        Ok((number, local))
    }

    /// Begins a leg; one that was there before is forgotten.
    pub(super) fn begin(
        &mut self,
        ear: usize,
        stream: u32,
        remote: RemoteEnd,
        role: Role,
        now_ns: u64,
    ) {
        let Some(identity) = &self.identity else { return };
        let Some(one) = self.ears.get_mut(ear) else { return };
        let leg = Leg::new(identity, one.local.clone(), remote, role, now_ns);
        one.leg = leg.map(|leg| (stream, leg));
    }

    /// Ends the leg of a stream.
    pub(super) fn end(&mut self, ear: usize, stream: u32) {
        if let Some(one) = self.ears.get_mut(ear) {
            one.leg.take_if(|(of, _)| *of == stream);
        }
    }

    /// What the leg of a stream has to send besides sound. Whether it can carry sound now.
    pub(super) fn tick(&mut self, ear: usize, stream: u32, now_ns: u64) -> bool {
        let Some(one) = self.ears.get_mut(ear) else { return false };
        let Some((_, leg)) = one.leg.as_mut().filter(|(of, _)| *of == stream) else { return false };
        leg.tick(now_ns);
        let socket = self.sockets.get(ear % SOCKETS).map(|(socket, _)| socket);
        flush(leg, &one.local, socket);
        leg.phase() == Phase::Connected
    }

    /// Sends one packet of sound; gives how many were not taken (1 or 0).
    pub(super) fn send(&mut self, ear: usize, packet: &[u8; PACKET_LEN], index: u64) -> u64 {
        let mut out = [0; PROTECTED_LEN_MAX];
        let mut take = || {
            let one = self.ears.get_mut(ear)?;
            let (_, leg) = one.leg.as_mut()?;
            let length = leg.protect(packet, index, &mut out)?;
            let (socket, _) = self.sockets.get(ear % SOCKETS)?;
            let from = *one.local.address.ip();
            Some(udp::send_from(socket, from, leg.remote(), out.get(..length)?))
        };
        u64::from(take() != Some(true))
    }

    /// Reads all that has come; hands on what is sound, opened, with the time of its arrival.
    pub(super) fn receive(&mut self, now_ns: u64, mut each: impl FnMut(&[u8], u64)) {
        let ears = &mut self.ears;
        for (socket, _) in &self.sockets {
            self.receiver.drain(socket, |bytes, arrival| {
                let number = arrival.at.and_then(number_of);
                let Some(one) = number.and_then(|number| ears.get_mut(number)) else { return };
                let Some((_, leg)) = &mut one.leg else { return };
                if bytes.first().is_some_and(|first| first >> 6 == 2) {
                    if let Some(plain) = leg.unprotect(bytes) {
                        each(plain, arrival.stamp_ns);
                    }
                } else {
                    leg.receive(bytes, now_ns);
                    flush(leg, &one.local, Some(socket));
                }
            });
        }
    }

    /// How far the legs are now.
    #[must_use]
    pub fn legs(&self) -> Legs {
        let legs = || self.ears.iter().filter_map(|ear| ear.leg.as_ref().map(|(_, leg)| leg));
        let count = |phase| legs().filter(|leg| leg.phase() == phase).count();
        Legs {
            connected: count(Phase::Connected),
            failed: count(Phase::Failed),
            profile: legs().find_map(Leg::profile).map(|profile| profile.to_string()),
        }
    }
}

fn flush(leg: &mut Leg, local: &LocalEnd, socket: Option<&UdpSocket>) {
    let to = leg.remote();
    for datagram in leg.out.drain(..) {
        // What the system does not take is sent again by checks and handshake.
        let _taken =
            socket.is_some_and(|one| udp::send_from(one, *local.address.ip(), to, &datagram));
    }
}

fn address_of(number: usize) -> Option<Ipv4Addr> {
    // Neither 127.1.0.0 nor 127.1.255.255: they look like a network's and its broadcast address.
    let number = u16::try_from(number).ok().filter(|_| number + 2 < EARS_MAX)? + 1;
    let [high, low] = number.to_be_bytes();
    Some(Ipv4Addr::new(127, 1, high, low))
}

fn number_of(ip: Ipv4Addr) -> Option<usize> {
    let [127, 1, high, low] = ip.octets() else { return None };
    usize::from(u16::from_be_bytes([high, low])).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ear_is_found_by_its_address() {
        for number in [0, 254, 255, 256, 65_533] {
            assert_eq!(address_of(number).and_then(number_of), Some(number));
        }
        assert_eq!(address_of(65_534), None);
        assert_eq!(number_of(Ipv4Addr::LOCALHOST), None);
    }
}
