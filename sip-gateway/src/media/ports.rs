//! The RTP ports: an even one and the odd one above it per leg, rested before they are used again.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::time::Duration;

use types::Timestamp;

use super::api::MediaError;

/// Late packets of an ended leg must not reach a new one.
const DRAIN: Duration = Duration::from_secs(5);

/// While all ports are taken a rest may be shorter: better than to turn a call away.
const DRAIN_MIN: Duration = Duration::from_secs(1);

/// Which ports are taken.
#[derive(Debug)]
pub struct PortPool {
    bind: IpAddr,
    first: u16,
    pairs: u16,
    next: u16,
    taken: HashSet<u16>,
    draining: VecDeque<(Timestamp, u16)>,
}

/// Two bound sockets, RTP (even port) and RTCP (odd).
#[derive(Debug)]
pub struct SocketPair {
    pub port: u16,
    pub rtp: UdpSocket,
    pub rtcp: UdpSocket,
}

impl PortPool {
    /// `random` chooses where the search begins.
    pub fn new(bind: IpAddr, ports: &RangeInclusive<u16>, random: u32) -> Self {
        let first = ports.start().checked_next_multiple_of(2).unwrap_or(u16::MAX);
        let last = *ports.end();
        let pairs = if last > first { (last - first).div_ceil(2) } else { 0 };
        let next = random.checked_rem(u32::from(pairs)).unwrap_or(0) as u16;
        Self { bind, first, pairs, next, taken: HashSet::new(), draining: VecDeque::new() }
    }

    /// Binds a free pair. A pair that another program holds is passed over.
    ///
    /// # Errors
    /// [`MediaError::NoPort`] where none is left.
    pub fn take(&mut self, now: Timestamp) -> Result<SocketPair, MediaError> {
        while self.draining.front().is_some_and(|(at, _)| now.since(*at) >= self.rest()) {
            if let Some((_, port)) = self.draining.pop_front() {
                self.taken.remove(&port);
            }
        }
        for _ in 0..self.pairs {
            let port = self.first + self.next * 2;
            self.next = (self.next + 1) % self.pairs;
            if self.taken.contains(&port) {
                continue;
            }
            if let Ok((rtp, rtcp)) = self.bind(port) {
                self.taken.insert(port);
                return Ok(SocketPair { port, rtp, rtcp });
            }
        }
        Err(MediaError::NoPort)
    }

    /// The leg of this port has ended.
    pub fn give_back(&mut self, now: Timestamp, port: u16) {
        self.draining.push_back((now, port));
    }

    fn rest(&self) -> Duration {
        if self.taken.len() < usize::from(self.pairs) { DRAIN } else { DRAIN_MIN }
    }

    fn bind(&self, port: u16) -> io::Result<(UdpSocket, UdpSocket)> {
        let open = |port| {
            let socket = UdpSocket::bind(SocketAddr::new(self.bind, port))?;
            socket.set_nonblocking(true)?;
            io::Result::Ok(socket)
        };
        Ok((open(port)?, open(port + 1)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_run_out_and_come_back_after_resting() {
        let now = Timestamp::from_micros(1_000_000);
        let bind = "127.0.0.1".parse().unwrap();
        let mut pool = PortPool::new(bind, &(47_121..=47_125), 9);
        let pairs = [pool.take(now).unwrap(), pool.take(now).unwrap()];
        assert!(pairs.iter().all(|pair| pair.port % 2 == 0));
        assert!(matches!(pool.take(now), Err(MediaError::NoPort)));
        let [first, _second] = pairs;
        let port = first.port;
        drop(first);
        pool.give_back(now, port);
        assert!(matches!(pool.take(now), Err(MediaError::NoPort)));
        let almost = DRAIN_MIN - Duration::from_millis(1);
        assert!(matches!(pool.take(now + almost), Err(MediaError::NoPort)));
        assert_eq!(pool.take(now + DRAIN_MIN).unwrap().port, port);
    }

    #[test]
    fn a_port_rests_long_while_there_are_others() {
        let now = Timestamp::from_micros(1_000_000);
        let bind = "127.0.0.1".parse().unwrap();
        let mut pool = PortPool::new(bind, &(47_131..=47_135), 9);
        let port = pool.take(now).unwrap().port;
        pool.give_back(now, port);
        let other = pool.take(now + DRAIN_MIN).unwrap().port;
        pool.give_back(now + DRAIN_MIN, other);
        assert_ne!(other, port);
        assert_eq!(pool.take(now + DRAIN_MIN).unwrap().port, port, "all are taken");
        assert!(matches!(pool.take(now + DRAIN_MIN), Err(MediaError::NoPort)));
    }

    #[test]
    fn an_empty_range_has_no_port() {
        let bind = "127.0.0.1".parse().unwrap();
        let mut pool = PortPool::new(bind, &(65_535..=65_535), 9);
        assert!(matches!(pool.take(Timestamp::from_micros(0)), Err(MediaError::NoPort)));
    }
}
