//! Datagrams read in batches: one system call finds out what is there and that nothing more is.
//!
//! The ordinary way needs two: a read for the packet and another one that fails. At fifty packets a second and leg
//! that is a quarter of what a relay costs. Buffers belong to the thread, not to the leg.

use std::cell::RefCell;
use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd as _, RawFd};
use std::time::Duration;

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Datagrams of one system call.
const BATCH: usize = 16;

/// Longest datagram that is read: beyond what DTLS and RTP send.
const DATAGRAM_MAX: usize = 2_000;

const UNKNOWN: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));

thread_local! {
    static INBOX: RefCell<Inbox> = RefCell::new(Inbox::new());
}

struct Inbox {
    headers: MultiHeaders<SockaddrStorage>,
    buffers: Vec<[u8; DATAGRAM_MAX]>,
}

/// After an error of a socket: an ICMP report of the peer, as a rule. The socket stays good.
const PAUSE: Duration = Duration::from_millis(20);

/// Gives `each` every datagram of a socket, until its task is ended.
pub async fn receive(socket: &UdpSocket, mut each: impl FnMut(SocketAddr, &[u8])) {
    loop {
        let received = socket.async_io(Interest::READABLE, || read(socket.as_raw_fd(), &mut each));
        if received.await.is_err() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// `WouldBlock` says, as a failing read would, that the socket is empty: what comes later wakes the task again.
fn read(socket: RawFd, each: &mut impl FnMut(SocketAddr, &[u8])) -> io::Result<()> {
    let count = INBOX.with_borrow_mut(|inbox| inbox.batch(socket, each))?;
    if count < BATCH { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
}

impl Inbox {
    fn new() -> Self {
        Self {
            headers: MultiHeaders::preallocate(BATCH, None),
            buffers: vec![[0; DATAGRAM_MAX]; BATCH],
        }
    }

    fn batch(
        &mut self,
        socket: RawFd,
        each: &mut impl FnMut(SocketAddr, &[u8]),
    ) -> io::Result<usize> {
        let mut buffers = self.buffers.iter_mut();
        let mut slices: [[IoSliceMut<'_>; 1]; BATCH] = std::array::from_fn(|_| {
            [IoSliceMut::new(buffers.next().map_or(&mut [], |buffer| buffer.as_mut_slice()))]
        });
        let flags = MsgFlags::MSG_DONTWAIT;
        let mut count = 0;
        for message in recvmmsg(socket, &mut self.headers, slices.iter_mut(), flags, None)? {
            count += 1;
            let from = message.address.as_ref().and_then(address).unwrap_or(UNKNOWN);
            if let Some(bytes) = message.iovs().next() {
                each(from, bytes);
            }
        }
        Ok(count)
    }
}

fn address(of: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = of.as_sockaddr_in().map(|one| SocketAddr::V4(SocketAddrV4::from(*one)));
    v4.or_else(|| of.as_sockaddr_in6().map(|one| SocketAddr::V6(SocketAddrV6::from(*one))))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    async fn pair() -> (UdpSocket, UdpSocket, SocketAddr) {
        let there = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let here = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = here.local_addr().unwrap();
        (there, here, address)
    }

    /// Every packet of a burst is read without another one coming after it, whatever the burst's length.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_last_packet_of_a_burst_does_not_wait_for_the_next_one() {
        let (there, here, to) = pair().await;
        let from = there.local_addr().unwrap();
        let (heard, all) = mpsc::channel();
        let task = tokio::spawn(async move {
            receive(&here, |from, bytes| heard.send((from, bytes.to_vec())).unwrap()).await;
        });
        let mut number = 0_u32;
        for burst in (1..40).chain([1, 15, 16, 17, 32, 33, 1]) {
            for _ in 0..burst {
                there.send_to(&number.to_be_bytes(), to).await.unwrap();
                number += 1;
            }
            for expected in number - burst..number {
                let got = all.recv_timeout(Duration::from_secs(2)).unwrap();
                assert_eq!(got, (from, expected.to_be_bytes().to_vec()));
            }
        }
        task.abort();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_datagram_that_is_too_long_is_cut_and_an_empty_one_says_nothing() {
        let (there, here, to) = pair().await;
        let (heard, all) = mpsc::channel();
        let task = tokio::spawn(async move {
            receive(&here, |_, bytes| heard.send(bytes.len()).unwrap()).await;
        });
        for length in [3_000, 0, 172] {
            there.send_to(&vec![7; length], to).await.unwrap();
        }
        for expected in [DATAGRAM_MAX, 172] {
            assert_eq!(all.recv_timeout(Duration::from_secs(2)), Ok(expected));
        }
        assert!(all.try_recv().is_err());
        task.abort();
    }
}
