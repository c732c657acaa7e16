//! Puts received sound where it belongs on one timeline that starts with the media: out-of-order
//! packets are sorted by place, gaps are silence. Pure: positions come in, settled samples go out.

use std::collections::VecDeque;

use super::RATE_HZ;

/// How long a place stays open for late packets: 200 ms.
const WINDOW_SAMPLES: u64 = RATE_HZ as u64 / 5;
/// Furthest a packet's place may lie from its arrival before its stream is anchored anew: 300 ms.
const DRIFT_SAMPLES: u64 = RATE_HZ as u64 * 3 / 10;

#[derive(Debug, Clone, Copy)]
struct Anchor {
    ssrc: u32,
    timestamp: u32,
    position: u64,
}

/// The open end of what is heard.
#[derive(Debug, Default)]
pub struct Timeline {
    settled: u64,
    open: VecDeque<i16>,
    anchor: Option<Anchor>,
}

impl Timeline {
    /// Places `samples` that arrived at `now` (both in samples since the media began).
    pub fn place(&mut self, ssrc: u32, timestamp: u32, now: u64, samples: &[i16]) {
        let at = self.position(ssrc, timestamp, now);
        let late = usize::try_from(self.settled.saturating_sub(at)).unwrap_or(usize::MAX);
        let samples = samples.get(late..).unwrap_or_default();
        let offset = usize::try_from(at.saturating_sub(self.settled)).unwrap_or(0);
        let end = offset + samples.len();
        if self.open.len() < end {
            self.open.resize(end, 0);
        }
        for (slot, sample) in self.open.iter_mut().skip(offset).zip(samples) {
            *slot = *sample;
        }
    }

    /// Where a packet belongs. A stream that is new, jumps or drifts starts anew at its arrival.
    fn position(&mut self, ssrc: u32, timestamp: u32, now: u64) -> u64 {
        if let Some(anchor) = self.anchor.filter(|anchor| anchor.ssrc == ssrc) {
            let ahead = i64::from(timestamp.wrapping_sub(anchor.timestamp).cast_signed());
            let at = anchor.position.saturating_add_signed(ahead);
            if at.abs_diff(now) <= DRIFT_SAMPLES {
                return at;
            }
        }
        self.anchor = Some(Anchor { ssrc, timestamp, position: now });
        now
    }

    /// Takes everything that no late packet can change any more, up to `now` minus the window.
    pub fn settle(&mut self, now: u64) -> Vec<i16> {
        self.take_until(now.saturating_sub(WINDOW_SAMPLES))
    }

    /// Takes everything up to `now`: the media has ended.
    pub fn finish(&mut self, now: u64) -> Vec<i16> {
        self.take_until(now)
    }

    fn take_until(&mut self, until: u64) -> Vec<i16> {
        let count = usize::try_from(until.saturating_sub(self.settled)).unwrap_or(0);
        let known = count.min(self.open.len());
        let mut samples: Vec<i16> = self.open.drain(..known).collect();
        samples.resize(count, 0);
        self.settled += count as u64;
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_sorted_and_gaps_are_silence() {
        let mut timeline = Timeline::default();
        timeline.place(1, 1000, 800, &[1; 160]);
        timeline.place(1, 1320, 1200, &[3; 160]);
        timeline.place(1, 1160, 1210, &[2; 160]); // late but in time
        timeline.place(1, 1640, 1440, &[5; 160]); // one lost before it
        let heard = timeline.finish(1700);
        assert_eq!(heard.len(), 1700);
        for (range, value) in [
            (0..800, 0),
            (800..960, 1),
            (960..1120, 2),
            (1120..1280, 3),
            (1280..1440, 0),
            (1440..1600, 5),
            (1600..1700, 0),
        ] {
            assert!(heard[range.clone()].iter().all(|s| *s == value), "{range:?}");
        }
    }

    #[test]
    fn a_stream_that_jumps_is_anchored_at_its_arrival() {
        let mut timeline = Timeline::default();
        timeline.place(1, 0, 0, &[1; 160]);
        timeline.place(1, u32::MAX / 2, 160, &[2; 160]);
        timeline.place(9, 77, 320, &[3; 160]);
        let heard = timeline.finish(480);
        assert_eq!((heard[0], heard[160], heard[320]), (1, 2, 3));
    }

    #[test]
    fn settled_time_is_not_written_again() {
        let mut timeline = Timeline::default();
        timeline.place(1, 0, 0, &[1; 160]);
        assert_eq!(timeline.settle(1680).len(), 80);
        timeline.place(1, 0, 10, &[9; 160]);
        let rest = timeline.finish(160);
        assert!(rest.iter().all(|s| *s == 9) && rest.len() == 80);
    }
}
