//! Retransmission over UDP (RFC 3261 17 and 13.3.1.4): a message, when it is due again, when to
//! give up. It owns no timer: the caller sleeps until [`Resends::next_due`].

use std::net::SocketAddr;
use std::time::Duration;

use crate::clock::Instant;

/// RFC 3261 T1.
const T1: Duration = Duration::from_millis(500);
/// RFC 3261 T2: longest pause between repeats of anything but an INVITE.
const T2: Duration = Duration::from_secs(4);
/// 64 * T1: nobody answers any more.
const GIVE_UP: Duration = Duration::from_secs(32);

/// What is being repeated, and thereby what stops it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// Our INVITE, until any response.
    Invite,
    /// Any other request of ours, until its final response.
    Request { method: &'static str, cseq: u32 },
    /// Our final response to an INVITE, until its ACK.
    Final { cseq: u32 },
}

#[derive(Debug)]
struct Resend {
    what: Sent,
    bytes: Vec<u8>,
    to: SocketAddr,
    interval: Duration,
    interval_max: Duration,
    repeat_at: Option<Instant>,
    give_up_at: Instant,
}

/// All messages of one call that wait for an answer. At most a handful.
#[derive(Debug, Default)]
pub struct Resends {
    waiting: Vec<Resend>,
}

/// What has become due.
#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    Repeat(Vec<u8>, SocketAddr),
    GaveUp(Sent),
}

impl Resends {
    /// Remembers a message just sent. `reliable`: the transport repeats by itself (TCP); only 2xx
    /// responses are repeated there too.
    pub fn add(
        &mut self,
        what: Sent,
        bytes: Vec<u8>,
        to: SocketAddr,
        now: Instant,
        reliable: bool,
    ) {
        let repeats_always = bytes.starts_with(b"SIP/2.0 2");
        let interval_max = if what == Sent::Invite { GIVE_UP } else { T2 };
        self.waiting.retain(|resend| resend.what != what);
        self.waiting.push(Resend {
            what,
            bytes,
            to,
            interval: T1,
            interval_max,
            repeat_at: (!reliable || repeats_always).then(|| now + T1),
            give_up_at: now + GIVE_UP,
        });
    }

    /// The answer has come. True when it was waited for.
    pub fn done(&mut self, what: &Sent) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|resend| resend.what != *what);
        before != self.waiting.len()
    }

    #[must_use]
    pub fn waits_for(&self, what: &Sent) -> bool {
        self.waiting.iter().any(|resend| resend.what == *what)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// When to call [`Resends::due`] next.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.waiting.iter().map(|r| r.repeat_at.unwrap_or(r.give_up_at).min(r.give_up_at)).min()
    }

    /// Everything due at `now`.
    pub fn due(&mut self, now: Instant) -> Vec<Due> {
        let mut due = Vec::new();
        self.waiting.retain(|resend| {
            let lapsed = resend.give_up_at <= now;
            if lapsed {
                due.push(Due::GaveUp(resend.what.clone()));
            }
            !lapsed
        });
        for resend in &mut self.waiting {
            if !resend.bytes.is_empty() && resend.repeat_at.is_some_and(|at| at <= now) {
                resend.interval = (resend.interval * 2).min(resend.interval_max);
                resend.repeat_at = Some(now + resend.interval);
                due.push(Due::Repeat(resend.bytes.clone(), resend.to));
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_is_repeated_at_doubling_pauses_until_given_up() {
        let start = crate::clock::now();
        let mut resends = Resends::default();
        let peer = "127.0.0.1:5060".parse().unwrap();
        resends.add(Sent::Invite, b"INVITE".to_vec(), peer, start, false);
        let mut times = Vec::new();
        loop {
            let at = resends.next_due().unwrap();
            let due = resends.due(at);
            if due == [Due::GaveUp(Sent::Invite)] {
                assert_eq!(at - start, GIVE_UP);
                break;
            }
            times.push((at - start).as_millis());
        }
        assert_eq!(times, [500, 1500, 3500, 7500, 15_500, 31_500]);
        assert!(resends.is_empty());
    }
}
