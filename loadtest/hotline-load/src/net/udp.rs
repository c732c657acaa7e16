//! UDP sockets read and written in batches by `recvmmsg` and `sendmmsg`, arriving packets stamped by
//! the kernel, so that the generator's own delay is not counted as the peer's. A wide socket stands for
//! as many addresses of the loopback network as are wanted, all with its port.

use std::ffi::OsString;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd as _;

use nix::libc::in_pktinfo;
use nix::sys::socket::sockopt::{
    BindToDevice, Ipv4PacketInfo, RcvBuf, RcvBufForce, ReceiveTimestampns, SndBuf, SndBufForce,
};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg,
    sendmsg, setsockopt,
};
use nix::sys::time::TimeSpec;

use crate::clock;
use crate::probe::PACKET_LEN;

/// Datagrams of one system call.
const BATCH: usize = 64;
/// Longest datagram read; longer SIP messages do not occur on loopback.
const DATAGRAM_MAX: usize = 4_096;
/// A tenth of a second of 100,000 packets in one socket.
const BUFFER_BYTES: usize = 4 << 20;

/// A socket on a free port.
///
/// # Errors
/// The system's, with the address.
pub fn bind(ip: Ipv4Addr, stamped: bool) -> io::Result<(UdpSocket, SocketAddrV4)> {
    let socket = UdpSocket::bind((ip, 0))?;
    socket.set_nonblocking(true)?;
    if stamped {
        setsockopt(&socket, ReceiveTimestampns, &true)?;
        // Without the right to force it the kernel's own limit holds; losses would show.
        if setsockopt(&socket, RcvBufForce, &BUFFER_BYTES).is_err() {
            setsockopt(&socket, RcvBuf, &BUFFER_BYTES)?;
        }
        if setsockopt(&socket, SndBufForce, &BUFFER_BYTES).is_err() {
            setsockopt(&socket, SndBuf, &BUFFER_BYTES)?;
        }
    }
    let SocketAddr::V4(local) = socket.local_addr()? else {
        return Err(io::Error::other("an IPv4 socket without IPv4 address"));
    };
    Ok((socket, local))
}

/// A stamped socket for all addresses of 127.0.0.0/8 on one free port: what arrives says at which
/// address, what leaves does so from any of them ([`send_from`]).
///
/// # Errors
/// The system's.
pub fn bind_wide() -> io::Result<(UdpSocket, u16)> {
    let (socket, local) = bind(Ipv4Addr::UNSPECIFIED, true)?;
    setsockopt(&socket, Ipv4PacketInfo, &true)?;
    // Other machines have nothing to say here; where the system does not let us, they are ignored as
    // strangers to every leg.
    let _alone = setsockopt(&socket, BindToDevice, &OsString::from("lo"));
    Ok((socket, local.port()))
}

/// Sends one datagram of a wide socket from one of its addresses. False where the system did not
/// take it.
#[must_use]
pub fn send_from(socket: &UdpSocket, from: Ipv4Addr, to: SocketAddrV4, datagram: &[u8]) -> bool {
    let mut info: in_pktinfo = NO_ADDRESS;
    info.ipi_spec_dst.s_addr = u32::from_ne_bytes(from.octets());
    let control = [ControlMessage::Ipv4PacketInfo(&info)];
    let (slices, flags) = ([IoSlice::new(datagram)], MsgFlags::MSG_DONTWAIT);
    let to = SockaddrIn::from(to);
    sendmsg(socket.as_raw_fd(), &slices, &control, flags, Some(&to)).is_ok()
}

const NO_ADDRESS: in_pktinfo = in_pktinfo {
    ipi_ifindex: 0,
    ipi_spec_dst: nix::libc::in_addr { s_addr: 0 },
    ipi_addr: nix::libc::in_addr { s_addr: 0 },
};

/// Where and when a datagram came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    pub from: SocketAddrV4,
    /// The address it was sent to; of wide sockets alone.
    pub at: Option<Ipv4Addr>,
    /// Wall clock in nanoseconds, the kernel's where the socket is stamped.
    pub stamp_ns: u64,
}

/// Buffers for reading, shared by all sockets of one kind: the system writes into them how much it
/// has to tell besides the bytes, and that must not be less for one socket than for the next.
pub struct Receiver {
    headers: MultiHeaders<SockaddrIn>,
    buffers: Vec<[u8; DATAGRAM_MAX]>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

impl Default for Receiver {
    fn default() -> Self {
        let space = nix::cmsg_space!(TimeSpec, in_pktinfo);
        Self {
            headers: MultiHeaders::preallocate(BATCH, Some(space)),
            buffers: vec![[0; DATAGRAM_MAX]; BATCH],
        }
    }
}

impl Receiver {
    /// Hands over all that is there. Errors of a socket (ICMP reports) are silence.
    pub fn drain(&mut self, socket: &UdpSocket, mut each: impl FnMut(&[u8], &Arrival)) {
        while self.batch(socket, &mut each) == BATCH {}
    }

    fn batch(&mut self, socket: &UdpSocket, each: &mut impl FnMut(&[u8], &Arrival)) -> usize {
        let mut slices: Vec<[IoSliceMut<'_>; 1]> =
            self.buffers.iter_mut().map(|buffer| [IoSliceMut::new(buffer)]).collect();
        let flags = MsgFlags::MSG_DONTWAIT;
        let read = recvmmsg(socket.as_raw_fd(), &mut self.headers, slices.iter_mut(), flags, None);
        let Ok(results) = read else { return 0 };
        let mut count = 0;
        for message in results {
            count += 1;
            let from = message.address.map_or(UNKNOWN, SocketAddrV4::from);
            let (mut stamp, mut at) = (None, None);
            for told in message.cmsgs().into_iter().flatten() {
                match told {
                    ControlMessageOwned::ScmTimestampns(time) => stamp = ns_of(&time),
                    ControlMessageOwned::Ipv4PacketInfo(info) => {
                        at = Some(Ipv4Addr::from(info.ipi_addr.s_addr.to_ne_bytes()));
                    }
                    _ => {}
                }
            }
            if let Some(bytes) = message.iovs().next() {
                let stamp_ns = stamp.unwrap_or_else(clock::wall_ns);
                each(bytes, &Arrival { from, at, stamp_ns });
            }
        }
        count
    }
}

const UNKNOWN: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);

fn ns_of(at: &TimeSpec) -> Option<u64> {
    let seconds = u64::try_from(at.tv_sec()).ok()?;
    Some(seconds * clock::SECOND_NS + u64::try_from(at.tv_nsec()).ok()?)
}

/// RTP packets on their way out of one socket.
pub struct Sender {
    headers: MultiHeaders<SockaddrIn>,
    packets: Vec<[u8; PACKET_LEN]>,
    to: Vec<Option<SockaddrIn>>,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("waiting", &self.to.len()).finish_non_exhaustive()
    }
}

impl Default for Sender {
    fn default() -> Self {
        let headers = MultiHeaders::preallocate(BATCH, None);
        Self { headers, packets: Vec::with_capacity(BATCH), to: Vec::with_capacity(BATCH) }
    }
}

impl Sender {
    /// Adds a packet; when the batch is full it goes out. Gives how many were not taken by the
    /// system.
    pub fn push(&mut self, socket: &UdpSocket, packet: [u8; PACKET_LEN], to: SocketAddrV4) -> u64 {
        self.packets.push(packet);
        self.to.push(Some(SockaddrIn::from(to)));
        if self.to.len() == BATCH { self.flush(socket) } else { 0 }
    }

    /// Sends what waits. Gives how many packets were not taken by the system.
    pub fn flush(&mut self, socket: &UdpSocket) -> u64 {
        let mut done = 0;
        let mut refused = 0;
        while done < self.to.len() {
            match self.send_from(socket, done) {
                Ok(sent) if sent > 0 => done += sent,
                // The first one cannot go (full buffer, or an ICMP report about an earlier one).
                _ => {
                    done += 1;
                    refused += 1;
                }
            }
        }
        self.packets.clear();
        self.to.clear();
        refused
    }

    fn send_from(&mut self, socket: &UdpSocket, first: usize) -> nix::Result<usize> {
        let slices: Vec<[IoSlice<'_>; 1]> =
            self.packets.iter().skip(first).map(|packet| [IoSlice::new(packet)]).collect();
        let to = self.to.get(first..).unwrap_or_default();
        let flags = MsgFlags::MSG_DONTWAIT;
        let results =
            sendmmsg(socket.as_raw_fd(), &mut self.headers, slices.iter(), to, [], flags)?;
        Ok(results.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Probe;

    #[test]
    fn a_batch_arrives_whole_with_kernel_stamps() {
        let (from, local) = bind(Ipv4Addr::LOCALHOST, false).unwrap();
        let (to, address) = bind(Ipv4Addr::LOCALHOST, true).unwrap();
        let mut sender = Sender::default();
        let begun = clock::wall_ns();
        for number in 0..150 {
            let mut packet = [0; PACKET_LEN];
            let sent_ns = clock::wall_ns();
            Probe { stream: 1, number, in_window: false, sent_ns }.write(&mut packet);
            assert_eq!(sender.push(&from, packet, address), 0);
        }
        assert_eq!(sender.flush(&from), 0);
        let mut seen = Vec::new();
        Receiver::default().drain(&to, |bytes, arrival| {
            assert_eq!((arrival.from, arrival.at), (local, None));
            let probe = Probe::read(bytes).unwrap();
            let stamp_ns = arrival.stamp_ns;
            assert!(stamp_ns >= probe.sent_ns && stamp_ns - begun < clock::SECOND_NS);
            seen.push(probe.number);
        });
        assert_eq!(seen, (0..150).collect::<Vec<_>>());
    }

    #[test]
    fn a_wide_socket_speaks_and_hears_as_many() {
        let (wide, port) = bind_wide().unwrap();
        let (peer, address) = bind(Ipv4Addr::LOCALHOST, true).unwrap();
        let (one, other) = (Ipv4Addr::new(127, 1, 0, 1), Ipv4Addr::new(127, 1, 3, 2));
        let mut receiver = Receiver::default();
        for ip in [one, other] {
            assert!(send_from(&wide, ip, address, b"here"));
            let mut from = None;
            receiver.drain(&peer, |_, arrival| from = Some(arrival.from));
            assert_eq!(from, Some(SocketAddrV4::new(ip, port)));
            peer.send_to(b"there", (ip, port)).unwrap();
        }
        let (mut seen, begun) = (Vec::new(), clock::wall_ns());
        Receiver::default().drain(&wide, |_, arrival| {
            assert_eq!(arrival.from, address);
            assert!(arrival.stamp_ns < begun, "stamped as it came, not as it was read");
            seen.extend(arrival.at);
        });
        assert_eq!(seen, [one, other]);
    }
}
