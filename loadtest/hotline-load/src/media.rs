//! Sound of all calls: each stream sends one probe every 20 ms, spread over 20 slots of 1 ms; what
//! arrives is counted. Few sockets carry all streams, so that system calls can be batched; a relay
//! tells calls apart by its own ports. Softphones' sound goes through legs of WebRTC ([`secure`]). It
//! must not know SIP.

pub mod secure;

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};

use serde::Serialize;

use crate::clock::{self, MS_NS};
use crate::net::udp::{self, Receiver, Sender};
use crate::probe::{self, PACKET_LEN, Probe};
use crate::stats::nearest_rank;
use crate::webrtc::{RemoteEnd, Role};
use secure::Ears;

/// Slots of 1 ms in the packet distance of 20 ms.
const SLOTS: usize = 20;
/// A generator this far behind gives slots up: where the machine is too slow for the load, catching up with all of
/// them would take longer each time, and the load would never end.
const BEHIND_MAX_NS: u64 = clock::SECOND_NS;
/// One way times kept for percentiles; beyond it every further one is left out.
const DELAYS_MAX: usize = 20_000_000;

/// What a stream says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    Probes,
    /// A tone that can be heard: who is checked must be loud.
    Tone,
}

/// How a stream leaves.
#[derive(Debug, Clone, Copy)]
enum Way {
    Plain { socket: usize, to: SocketAddrV4 },
    Secure { ear: usize, voice: Voice },
}

/// One direction of one call's sound.
#[derive(Debug)]
struct Stream {
    way: Way,
    sent: u32,
}

#[derive(Debug)]
struct Port {
    socket: UdpSocket,
    local: SocketAddrV4,
    sender: Sender,
}

/// All streams.
#[derive(Debug)]
pub struct Media {
    ports: Vec<Port>,
    receiver: Receiver,
    pub ears: Ears,
    streams: Vec<Stream>,
    slots: Vec<Vec<u32>>,
    next_slot: usize,
    next_at_ns: u64,
    window: bool,
    delays_us: Vec<u32>,
    counts: MediaCounts,
}

/// What was sent and heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct MediaCounts {
    pub sent: u64,
    pub received: u64,
    /// Music, announcements, decoded sound: not a probe.
    pub foreign: u64,
    /// Not taken by this machine's own network stack.
    pub refused: u64,
    pub window_sent: u64,
    pub window_received: u64,
    /// Slots that were served more than 5 ms late, and all of them, since the set-up was done.
    pub late_slots: u64,
    pub slots: u64,
}

/// One-way time of the packets of the window, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Delay {
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

impl Media {
    /// # Errors
    /// No socket.
    pub fn bind(ip: Ipv4Addr, sockets: usize, now_ns: u64) -> io::Result<Self> {
        let port = || {
            let (socket, local) = udp::bind(ip, true)?;
            Ok(Port { socket, local, sender: Sender::default() })
        };
        Ok(Self {
            ports: (0..sockets.max(1)).map(|_| port()).collect::<io::Result<_>>()?,
            receiver: Receiver::default(),
            ears: Ears::default(),
            streams: Vec::new(),
            slots: vec![Vec::new(); SLOTS],
            next_slot: 0,
            next_at_ns: now_ns + MS_NS,
            window: false,
            delays_us: Vec::new(),
            counts: MediaCounts::default(),
        })
    }

    /// Where a party of that index hears, and the socket it speaks from.
    #[must_use]
    pub fn port_of(&self, index: usize) -> (usize, SocketAddrV4) {
        let socket = index % self.ports.len();
        let nowhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
        (socket, self.ports.get(socket).map_or(nowhere, |port| port.local))
    }

    /// Starts a stream; gives its number.
    pub fn start(&mut self, socket: usize, to: SocketAddrV4) -> u32 {
        self.add(Way::Plain { socket, to })
    }

    /// Starts a leg of WebRTC; its stream begins to speak as soon as it can.
    pub fn start_secure(
        &mut self,
        ear: usize,
        remote: RemoteEnd,
        role: Role,
        voice: Voice,
        now_ns: u64,
    ) -> u32 {
        let stream = self.add(Way::Secure { ear, voice });
        self.ears.begin(ear, stream, remote, role, now_ns);
        stream
    }

    /// Two ears that talk to each other, one of them in the gateway's part.
    ///
    /// # Errors
    /// As [`Ears::add`].
    pub fn connect_secure(&mut self, now_ns: u64) -> io::Result<()> {
        let ((one, at_one), (other, at_other)) = (self.ears.add()?, self.ears.add()?);
        let passive = Role { controlling: false, dtls_client: false };
        self.start_secure(one, at_other.seen(), Role::OFFERER, Voice::Probes, now_ns);
        self.start_secure(other, at_one.seen(), passive, Voice::Probes, now_ns);
        Ok(())
    }

    fn add(&mut self, way: Way) -> u32 {
        let stream = u32::try_from(self.streams.len()).unwrap_or(u32::MAX);
        self.streams.push(Stream { way, sent: 0 });
        if let Some(slot) = self.slots.get_mut(stream as usize % SLOTS) {
            slot.push(stream);
        }
        stream
    }

    /// Ends a stream.
    pub fn stop(&mut self, stream: u32) {
        if let Some(slot) = self.slots.get_mut(stream as usize % SLOTS) {
            slot.retain(|one| *one != stream);
        }
        if let Some(Stream { way: Way::Secure { ear, .. }, .. }) = self.streams.get(stream as usize)
        {
            self.ears.end(*ear, stream);
        }
    }

    /// Forgets which slots were late: set-up may block, the load may not.
    pub fn forget_slots(&mut self) {
        (self.counts.slots, self.counts.late_slots) = (0, 0);
    }

    /// Opens or closes the measuring window.
    pub fn set_window(&mut self, open: bool) {
        self.window = open;
    }

    /// Sends what is due. What is older than a second is never sent; its slots count as late.
    pub fn beat(&mut self, now_ns: u64) {
        self.give_up_until(now_ns.saturating_sub(BEHIND_MAX_NS));
        while self.next_at_ns <= now_ns {
            self.counts.slots += 1;
            self.counts.late_slots += u64::from(now_ns - self.next_at_ns > 5 * MS_NS);
            self.send_slot(self.next_slot, now_ns);
            self.next_slot = (self.next_slot + 1) % SLOTS;
            self.next_at_ns += MS_NS;
        }
    }

    fn give_up_until(&mut self, oldest_ns: u64) {
        let slots = oldest_ns.saturating_sub(self.next_at_ns) / MS_NS;
        self.counts.slots += slots;
        self.counts.late_slots += slots;
        let turned = usize::try_from(slots % SLOTS as u64).unwrap_or(0);
        self.next_slot = (self.next_slot + turned) % SLOTS;
        self.next_at_ns += slots * MS_NS;
    }

    fn send_slot(&mut self, slot: usize, now_ns: u64) {
        let Some(streams) = self.slots.get(slot) else { return };
        for number in streams {
            let Some(stream) = self.streams.get_mut(*number as usize) else { continue };
            if let Way::Secure { ear, .. } = stream.way
                && !self.ears.tick(ear, *number, now_ns)
            {
                continue;
            }
            let mut packet = [0; PACKET_LEN];
            let sent_ns = clock::wall_ns();
            let (stream_no, in_window) = (*number, self.window);
            Probe { stream: stream_no, number: stream.sent, in_window, sent_ns }.write(&mut packet);
            self.counts.refused += match stream.way {
                Way::Plain { socket, to } => {
                    let Some(port) = self.ports.get_mut(socket) else { continue };
                    port.sender.push(&port.socket, packet, to)
                }
                Way::Secure { ear, voice } => {
                    if voice == Voice::Tone {
                        probe::write_tone(&mut packet);
                    }
                    self.ears.send(ear, &packet, u64::from(stream.sent))
                }
            };
            stream.sent = stream.sent.wrapping_add(1);
            self.counts.sent += 1;
            self.counts.window_sent += u64::from(self.window);
        }
        for port in &mut self.ports {
            self.counts.refused += port.sender.flush(&port.socket);
        }
    }

    /// Reads and counts all that has arrived.
    pub fn receive(&mut self, now_ns: u64) {
        let (counts, delays) = (&mut self.counts, &mut self.delays_us);
        let mut count = |bytes: &[u8], stamp_ns: u64| match Probe::read(bytes) {
            Some(probe) => {
                counts.received += 1;
                if probe.in_window {
                    counts.window_received += 1;
                    if delays.len() < DELAYS_MAX {
                        let delay_us = stamp_ns.saturating_sub(probe.sent_ns) / 1_000;
                        delays.push(u32::try_from(delay_us).unwrap_or(u32::MAX));
                    }
                }
            }
            None => counts.foreign += 1,
        };
        for port in &self.ports {
            self.receiver.drain(&port.socket, |bytes, arrival| count(bytes, arrival.stamp_ns));
        }
        self.ears.receive(now_ns, count);
    }

    #[must_use]
    pub fn counts(&self) -> MediaCounts {
        self.counts
    }

    /// One-way times of the window; `None` where nothing was heard.
    #[must_use]
    pub fn delay(&mut self) -> Option<Delay> {
        self.delays_us.sort_unstable();
        let ms = |us: u32| f64::from(us) / 1_000.0;
        Some(Delay {
            p50_ms: ms(nearest_rank(&self.delays_us, 50)?),
            p99_ms: ms(nearest_rank(&self.delays_us, 99)?),
            max_ms: ms(*self.delays_us.last()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two streams that hear each other for 200 ms of generator time: 10 packets each, none lost.
    #[test]
    fn streams_send_every_20_ms_and_are_counted_in_the_window() {
        let mut media = Media::bind(Ipv4Addr::LOCALHOST, 2, 0).unwrap();
        let ((a, at_a), (b, at_b)) = (media.port_of(0), media.port_of(1));
        let first = media.start(a, at_b);
        media.start(b, at_a);
        media.set_window(true);
        media.beat(200 * MS_NS);
        media.stop(first);
        media.set_window(false);
        media.beat(400 * MS_NS);
        media.receive(0);
        let counts = media.counts();
        assert_eq!((counts.window_sent, counts.window_received), (20, 20));
        assert_eq!((counts.sent, counts.received, counts.foreign), (30, 30, 0));
        assert!(media.delay().unwrap().max_ms < 1_000.0);
    }

    /// The machine stood still for a minute: one second of it is made good, the rest is late and never sent.
    #[test]
    fn a_generator_far_behind_gives_slots_up() {
        let mut media = Media::bind(Ipv4Addr::LOCALHOST, 1, 0).unwrap();
        let (a, at_a) = media.port_of(0);
        media.start(a, at_a);
        media.beat(60 * clock::SECOND_NS);
        let counts = media.counts();
        assert_eq!((counts.sent, counts.slots), (50, 60_000));
        // All but those of the last 5 ms.
        assert_eq!(counts.late_slots, 59_994);
        media.beat(61 * clock::SECOND_NS);
        assert_eq!(media.counts().sent, 100);
    }

    /// Two softphones of the generator, one of them playing the gateway's part.
    #[test]
    fn softphones_hear_each_other_through_webrtc() {
        let mut media = Media::bind(Ipv4Addr::LOCALHOST, 1, clock::now_ns()).unwrap();
        media.connect_secure(clock::now_ns()).unwrap();
        let until_ns = clock::now_ns() + 5 * clock::SECOND_NS;
        while media.ears.legs().connected < 2 && clock::now_ns() < until_ns {
            media.beat(clock::now_ns());
            media.receive(clock::now_ns());
        }
        assert_eq!(media.ears.legs().connected, 2);
        media.set_window(true);
        let until_ns = clock::now_ns() + 200 * MS_NS;
        while clock::now_ns() < until_ns {
            media.beat(clock::now_ns());
            media.receive(clock::now_ns());
        }
        media.set_window(false);
        media.receive(clock::now_ns());
        let counts = media.counts();
        assert!((18..=22).contains(&counts.window_sent), "{counts:?}");
        assert_eq!((counts.window_received, counts.foreign), (counts.window_sent, 0));
    }
}
