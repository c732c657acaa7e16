//! Counts what arrives: received, lost, reordered, duplicate packets and interarrival jitter as in
//! RFC 3550 (6.4.1, A.1, A.3, A.8), and digits without their repeats. Pure: arrival times come in.

use super::RATE_HZ;
use super::rtp::RtpHeader;

/// A jump beyond this is another stream, not a loss (RFC 3550 A.1: MAX_DROPOUT).
const DROPOUT_MAX: u16 = 3000;
/// Most digits kept of one call.
const DIGITS_MAX: usize = 256;

/// Figures about the received stream.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ReceiveFigures {
    pub received: u64,
    pub lost: u64,
    pub reordered: u64,
    pub duplicate: u64,
    /// RFC 3550 jitter at the end, in milliseconds.
    pub jitter_ms: f64,
}

#[derive(Debug)]
struct Source {
    ssrc: u32,
    highest: u16,
    expected: u64,
    received: u64,
    transit: f64,
    /// Which of the 64 sequence numbers below `highest` have come.
    seen: u64,
}

/// Judges every packet of one call.
#[derive(Debug, Default)]
pub struct Receiver {
    source: Option<Source>,
    figures: ReceiveFigures,
    lost_before: u64,
    jitter_samples: f64,
    last_digit_at: Option<(u32, u32)>,
    digits: String,
}

impl Receiver {
    /// Counts a packet that arrived at `now` (samples since the media began, with fraction).
    /// False when it is a duplicate and must not be used.
    pub fn arrived(&mut self, header: &RtpHeader, now: f64) -> bool {
        let transit = now - f64::from(header.timestamp);
        let known = self.source.as_mut().filter(|source| source.ssrc == header.ssrc);
        let Some(source) = known else {
            self.start(header, transit);
            return true;
        };
        let ahead = header.sequence.wrapping_sub(source.highest);
        let behind = source.highest.wrapping_sub(header.sequence);
        if ahead != 0 && ahead < DROPOUT_MAX {
            source.seen = source.seen.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
            source.highest = header.sequence;
            source.expected += u64::from(ahead);
        } else if behind < 64 {
            let bit = 1_u64 << behind;
            if source.seen & bit != 0 {
                self.figures.duplicate += 1;
                return false;
            }
            source.seen |= bit;
            self.figures.reordered += 1;
        } else {
            self.start(header, transit);
            return true;
        }
        source.received += 1;
        // Timestamps wrap at 2^32; a difference of half of that is a wrap, not jitter.
        let difference = (transit - source.transit).abs();
        if difference < f64::from(RATE_HZ) * 2.0 {
            self.jitter_samples += (difference - self.jitter_samples) / 16.0;
        }
        source.transit = transit;
        self.figures.received += 1;
        true
    }

    fn start(&mut self, header: &RtpHeader, transit: f64) {
        self.lost_before += self.source.as_ref().map_or(0, lost);
        self.figures.received += 1;
        self.source = Some(Source {
            ssrc: header.ssrc,
            highest: header.sequence,
            expected: 1,
            received: 1,
            transit,
            seen: 1,
        });
    }

    /// Notes a telephone event; the digit when it is a new one. All packets of one event share
    /// their timestamp (RFC 4733 2.5.1.1).
    pub fn digit(&mut self, header: &RtpHeader, digit: char) -> Option<char> {
        let event = (header.ssrc, header.timestamp);
        if self.last_digit_at == Some(event) {
            return None;
        }
        self.last_digit_at = Some(event);
        self.note_digit(digit).then_some(digit)
    }

    /// Notes a digit that came by SIP INFO. False when there are too many.
    pub fn note_digit(&mut self, digit: char) -> bool {
        let room = self.digits.len() < DIGITS_MAX;
        if room {
            self.digits.push(digit);
        }
        room
    }

    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    #[must_use]
    pub fn figures(&self) -> ReceiveFigures {
        ReceiveFigures {
            lost: self.lost_before + self.source.as_ref().map_or(0, lost),
            jitter_ms: self.jitter_samples * 1000.0 / f64::from(RATE_HZ),
            ..self.figures
        }
    }
}

fn lost(source: &Source) -> u64 {
    source.expected.saturating_sub(source.received)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(sequence: u16, ssrc: u32) -> RtpHeader {
        RtpHeader {
            marker: false,
            payload_type: 8,
            sequence,
            timestamp: u32::from(sequence) * 160,
            ssrc,
        }
    }

    #[test]
    fn loss_reordering_and_duplicates_are_told_apart_over_the_wrap() {
        let mut receiver = Receiver::default();
        for (place, sequence) in [65_534, 65_535, 1, 0, 0, 4].into_iter().enumerate() {
            let fresh = receiver.arrived(&header(sequence, 1), place as f64 * 160.0);
            assert_eq!(fresh, place != 4);
        }
        receiver.arrived(&header(9, 2), 2000.0);
        let figures = receiver.figures();
        assert_eq!(
            (figures.received, figures.lost, figures.reordered, figures.duplicate),
            (6, 2, 1, 1)
        );
    }

    #[test]
    fn even_arrival_has_no_jitter_and_uneven_arrival_has() {
        let mut even = Receiver::default();
        let mut uneven = Receiver::default();
        for sequence in 0..500_u16 {
            let on_time = f64::from(sequence) * 160.0;
            even.arrived(&header(sequence, 1), on_time);
            uneven.arrived(&header(sequence, 1), on_time + f64::from(sequence % 2) * 80.0);
        }
        assert!(even.figures().jitter_ms < 0.001);
        assert!((uneven.figures().jitter_ms - 10.0).abs() < 0.1, "{}", uneven.figures().jitter_ms);
    }

    #[test]
    fn a_repeated_event_is_one_digit() {
        let mut receiver = Receiver::default();
        assert_eq!(receiver.digit(&header(1, 1), '5'), Some('5'));
        assert_eq!(receiver.digit(&header(1, 1), '5'), None);
        assert_eq!(receiver.digit(&header(2, 1), '5'), Some('5'));
        assert_eq!(receiver.digits(), "55");
    }
}
