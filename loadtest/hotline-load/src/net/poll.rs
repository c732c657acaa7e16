//! Waits for sockets that have something to read, and for the next beat of 1 ms.

use std::io;
use std::os::fd::AsFd;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::{TimeSpec, TimeValLike as _};
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

/// Readiness events taken at once.
const EVENTS_MAX: usize = 256;
const BEAT: u64 = u64::MAX;

/// Readiness of many sockets.
#[derive(Debug)]
pub struct Poll {
    epoll: Epoll,
    timer: TimerFd,
    events: Vec<EpollEvent>,
}

impl Poll {
    /// # Errors
    /// The system's, for want of descriptors.
    pub fn new() -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        let beat = Expiration::Interval(TimeSpec::milliseconds(1));
        timer.set(beat, TimerSetTimeFlags::empty())?;
        epoll.add(timer.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, BEAT))?;
        Ok(Self { epoll, timer, events: vec![EpollEvent::empty(); EVENTS_MAX] })
    }

    /// Watches a socket; `token` comes back when it has something to read.
    ///
    /// # Errors
    /// The system's.
    pub fn add(&self, socket: impl AsFd, token: u64) -> io::Result<()> {
        Ok(self.epoll.add(socket, EpollEvent::new(EpollFlags::EPOLLIN, token))?)
    }

    /// Watches a socket no more: one that the other side has closed would be readable for ever.
    pub fn remove(&self, socket: impl AsFd) {
        // An error says that it was not watched.
        let _watched = self.epoll.delete(socket);
    }

    /// Waits for sockets or the next beat, whichever comes first, and gives the tokens of the
    /// readable ones.
    ///
    /// # Errors
    /// The system's; an interruption is none.
    pub fn wait(&mut self, ready: &mut Vec<u64>) -> io::Result<()> {
        ready.clear();
        let count = match self.epoll.wait(&mut self.events, EpollTimeout::from(100_u8)) {
            Ok(count) => count,
            Err(nix::errno::Errno::EINTR) => 0,
            Err(error) => return Err(error.into()),
        };
        for event in self.events.iter().take(count) {
            if event.data() == BEAT {
                // Reads away the expirations; EAGAIN is impossible after readiness but harmless.
                let _nothing = self.timer.wait();
            } else {
                ready.push(event.data());
            }
        }
        Ok(())
    }
}
