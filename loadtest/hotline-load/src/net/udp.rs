//! UDP sockets read and written in batches by `recvmmsg` and `sendmmsg`, arriving packets stamped by
//! the kernel, so that the generator's own delay is not counted as the peer's.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd as _;

use nix::sys::socket::sockopt::{RcvBuf, RcvBufForce, ReceiveTimestampns, SndBuf, SndBufForce};
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg, setsockopt,
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

/// Buffers for reading, shared by all sockets of a thread.
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
        let space = nix::cmsg_space!(TimeSpec);
        Self {
            headers: MultiHeaders::preallocate(BATCH, Some(space)),
            buffers: vec![[0; DATAGRAM_MAX]; BATCH],
        }
    }
}

impl Receiver {
    /// Hands over all that is there: bytes, sender, wall clock of arrival in nanoseconds (the
    /// kernel's where the socket is stamped). Errors of a socket (ICMP reports) are silence.
    pub fn drain(&mut self, socket: &UdpSocket, mut each: impl FnMut(&[u8], SocketAddrV4, u64)) {
        while self.batch(socket, &mut each) == BATCH {}
    }

    fn batch(
        &mut self,
        socket: &UdpSocket,
        each: &mut impl FnMut(&[u8], SocketAddrV4, u64),
    ) -> usize {
        let mut slices: Vec<[IoSliceMut<'_>; 1]> =
            self.buffers.iter_mut().map(|buffer| [IoSliceMut::new(buffer)]).collect();
        let flags = MsgFlags::MSG_DONTWAIT;
        let read = recvmmsg(socket.as_raw_fd(), &mut self.headers, slices.iter_mut(), flags, None);
        let Ok(results) = read else { return 0 };
        let mut count = 0;
        for message in results {
            count += 1;
            let stamp = message.cmsgs().ok().and_then(|mut all| all.find_map(|one| stamp_ns(&one)));
            let at_ns = stamp.unwrap_or_else(clock::wall_ns);
            let from = message.address.map_or(UNKNOWN, SocketAddrV4::from);
            if let Some(bytes) = message.iovs().next() {
                each(bytes, from, at_ns);
            }
        }
        count
    }
}

const UNKNOWN: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);

fn stamp_ns(message: &ControlMessageOwned) -> Option<u64> {
    let ControlMessageOwned::ScmTimestampns(at) = message else { return None };
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
        Receiver::default().drain(&to, |bytes, peer, at_ns| {
            assert_eq!(peer, local);
            let probe = Probe::read(bytes).unwrap();
            assert!(at_ns >= probe.sent_ns && at_ns - begun < clock::SECOND_NS);
            seen.push(probe.number);
        });
        assert_eq!(seen, (0..150).collect::<Vec<_>>());
    }
}
