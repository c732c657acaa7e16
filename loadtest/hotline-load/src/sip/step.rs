//! What a state machine wants done after it was told something.

use std::net::SocketAddrV4;

use crate::media::Voice;
use crate::webrtc::{LocalEnd, RemoteEnd, Role};

/// SIP timer T1 and T2 (RFC 3261 17.1.1.1), and how long a request is tried at most (64 T1).
pub const T1_NS: u64 = 500_000_000;
pub const T2_NS: u64 = 4_000_000_000;
pub const TIMEOUT_NS: u64 = 64 * T1_NS;

/// Who is woken or heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    Caller { caller: u32 },
    Phone { phone: u32, leg: u32 },
    Registration { phone: u32 },
    Check { phone: u32 },
}

/// Why somebody is woken. One that has become pointless is ignored by its state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wake {
    Start,
    ResendInvite,
    Patience,
    HangUp,
    ResendBye,
    ResendCancel,
    Answer,
    ResendAnswer,
    ResendRegister,
}

/// Where a phone hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ear {
    /// RTP by a shared socket.
    Plain { socket: usize, address: SocketAddrV4 },
    /// WebRTC.
    Secure { ear: usize, local: LocalEnd },
}

/// Sound that begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound {
    Start { party: Party, socket: usize, to: SocketAddrV4 },
    StartSecure { party: Party, ear: usize, remote: RemoteEnd, role: Role, voice: Voice },
    Stop { party: Party },
}

/// Collected wishes of one step.
#[derive(Debug, Default)]
pub struct Step {
    /// Messages from the machine's own socket.
    pub sends: Vec<Vec<u8>>,
    /// Where they go; `None`: to the system under test.
    pub to: Option<SocketAddrV4>,
    pub wakes: Vec<(u64, Party, Wake)>,
    pub sounds: Vec<Sound>,
}

impl Step {
    pub fn send(&mut self, message: Vec<u8>) {
        self.sends.push(message);
    }

    pub fn wake(&mut self, at_ns: u64, party: Party, why: Wake) {
        self.wakes.push((at_ns, party, why));
    }
}

/// Doubles from T1 up to `limit_ns` (timers A, E and G of RFC 3261).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resend {
    interval_ns: u64,
    ends_ns: u64,
}

impl Resend {
    #[must_use]
    pub fn begun(now_ns: u64) -> Self {
        Self { interval_ns: T1_NS, ends_ns: now_ns + TIMEOUT_NS }
    }

    /// When to look again first.
    #[must_use]
    pub fn first_ns(&self, now_ns: u64) -> u64 {
        now_ns + self.interval_ns
    }

    /// The next time after one at `now_ns`; `None` when it has been tried for long enough.
    pub fn next_ns(&mut self, now_ns: u64, limit_ns: u64) -> Option<u64> {
        self.interval_ns = self.interval_ns.saturating_mul(2).min(limit_ns);
        (now_ns < self.ends_ns).then_some(now_ns.saturating_add(self.interval_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_sent_again_at_growing_distances_until_32_seconds() {
        let mut resend = Resend::begun(0);
        let mut times_ms = vec![resend.first_ns(0) / 1_000_000];
        while let Some(next) = resend.next_ns(times_ms.last().unwrap() * 1_000_000, u64::MAX) {
            times_ms.push(next / 1_000_000);
        }
        assert_eq!(times_ms, [500, 1_500, 3_500, 7_500, 15_500, 31_500, 63_500]);
    }
}
