//! Where a plain RTP leg's sound comes from, and where ours goes.
//!
//! The address of the SDP has the first word. Until it speaks, another source may be taken (phones
//! behind address translation), but only after consecutive packets of one stream; once locked, no
//! other source is heard until a re-INVITE or a silence of [`SILENCE`].

use std::net::SocketAddr;
use std::time::Duration;

use types::Timestamp;

/// Consecutive packets that a source other than the signalled one must send.
const LEARNED_AFTER: u8 = 5;

/// Consecutive packets that a new SSRC of the locked source must send.
const SSRC_AFTER: u8 = 3;

/// A locked source that is silent for so long may be replaced.
pub const SILENCE: Duration = Duration::from_secs(2);

/// The rule's memory for one leg.
#[derive(Debug, Default)]
pub struct Latch {
    signalled: Option<SocketAddr>,
    locked: Option<Locked>,
    candidate: Option<Candidate>,
}

#[derive(Debug, Clone, Copy)]
struct Locked {
    address: SocketAddr,
    ssrc: u32,
    heard_at: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    address: SocketAddr,
    ssrc: u32,
    sequence: u16,
    count: u8,
}

impl Latch {
    /// A description has arrived. The same address again changes nothing.
    pub fn signal(&mut self, address: Option<SocketAddr>) {
        if address != self.signalled {
            *self = Self { signalled: address, locked: None, candidate: None };
        }
    }

    /// Where our packets go: to the source that is heard, before that to the signalled address.
    pub fn destination(&self) -> Option<SocketAddr> {
        self.locked.map(|locked| locked.address).or(self.signalled)
    }

    /// Whether a packet is from the leg's true source.
    pub fn admits(&mut self, now: Timestamp, from: SocketAddr, ssrc: u32, sequence: u16) -> bool {
        let silent = self.locked.is_some_and(|locked| now.since(locked.heard_at) > SILENCE);
        match self.locked {
            Some(locked) if locked.address == from && locked.ssrc == ssrc => {
                self.lock(now, from, ssrc);
                true
            }
            Some(locked) if locked.address == from => {
                self.admit_after(SSRC_AFTER, now, from, ssrc, sequence)
            }
            // A learned source gives way to the signalled one as soon as that speaks.
            _ if self.signalled == Some(from) => {
                self.lock(now, from, ssrc);
                true
            }
            Some(_) if !silent => false,
            Some(_) | None => self.admit_after(LEARNED_AFTER, now, from, ssrc, sequence),
        }
    }

    fn lock(&mut self, now: Timestamp, address: SocketAddr, ssrc: u32) {
        self.locked = Some(Locked { address, ssrc, heard_at: now });
        self.candidate = None;
    }

    fn admit_after(
        &mut self,
        needed: u8,
        now: Timestamp,
        address: SocketAddr,
        ssrc: u32,
        sequence: u16,
    ) -> bool {
        let follows = |earlier: &Candidate| {
            let step = sequence.wrapping_sub(earlier.sequence);
            earlier.address == address && earlier.ssrc == ssrc && (1..=3).contains(&step)
        };
        let count = match &self.candidate {
            Some(earlier) if follows(earlier) => earlier.count.saturating_add(1),
            // A rival does not reset a candidate that is on its way, or two would block each other.
            Some(earlier) if earlier.address != address && earlier.count > 1 => {
                return self.decay();
            }
            _ => 1,
        };
        if count >= needed {
            self.lock(now, address, ssrc);
            return true;
        }
        self.candidate = Some(Candidate { address, ssrc, sequence, count });
        false
    }

    fn decay(&mut self) -> bool {
        if let Some(candidate) = &mut self.candidate {
            candidate.count -= 1;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_micros(1_000_000_000 + ms * 1_000)
    }

    fn addr(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_hijacker_is_never_heard_while_the_true_source_speaks() {
        let mut latch = Latch::default();
        latch.signal(Some(addr("192.0.2.1:4000")));
        for n in 0..200_u16 {
            let now = at(i64::from(n) * 20);
            assert!(latch.admits(now, addr("192.0.2.1:4000"), 1, n));
            assert!(!latch.admits(now, addr("198.51.100.66:9"), 1, n));
        }
        assert_eq!(latch.destination(), Some(addr("192.0.2.1:4000")));
    }

    #[test]
    fn a_translated_source_is_learned_and_gives_way_to_the_signalled_one() {
        let mut latch = Latch::default();
        latch.signal(Some(addr("10.0.0.5:4000")));
        let heard: Vec<bool> = (0..6_u16)
            .map(|n| latch.admits(at(i64::from(n) * 20), addr("203.0.113.7:31000"), 5, n))
            .collect();
        assert_eq!(heard, [false, false, false, false, true, true]);
        assert!(latch.admits(at(200), addr("10.0.0.5:4000"), 8, 1));
        assert!(!latch.admits(at(220), addr("203.0.113.7:31000"), 5, 7));
    }

    #[test]
    fn another_source_is_taken_after_silence_only() {
        let mut latch = Latch::default();
        latch.signal(None);
        for n in 0..6_u16 {
            latch.admits(at(i64::from(n) * 20), addr("203.0.113.7:31000"), 5, n);
        }
        assert!((0..50).all(|n| !latch.admits(at(200), addr("203.0.113.8:1"), 6, n)));
        let later = 3_000;
        let heard = (0..5).map(|n| latch.admits(at(later), addr("203.0.113.8:1"), 6, n)).last();
        assert_eq!(heard, Some(true));
    }

    #[test]
    fn a_new_ssrc_of_the_same_source_is_taken_after_three_packets() {
        let mut latch = Latch::default();
        latch.signal(Some(addr("192.0.2.1:4000")));
        latch.admits(at(0), addr("192.0.2.1:4000"), 1, 0);
        let heard: Vec<bool> =
            (0..3).map(|n| latch.admits(at(20), addr("192.0.2.1:4000"), 2, n)).collect();
        assert_eq!(heard, [false, false, true]);
    }
}
