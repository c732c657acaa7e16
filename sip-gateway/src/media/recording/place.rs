//! Where a packet's sound belongs in the recording: by its RTP timestamp, tied to the one clock of
//! arrival, so that both channels stay within 20 ms of each other for hours.

/// Arrival and timestamp may differ by jitter and stalls; a longer difference is a new beginning
/// (500 ms).
const JUMP_SAMPLES: i64 = 4_000;

/// A lasting difference (clock drift of the phone) beyond this is corrected (15 ms).
const DRIFT_SAMPLES: i64 = 120;

/// Packets of which the least late one tells the difference: a network only ever adds delay.
const LOOK_OVER: u32 = 100;

/// The first look comes sooner: a stream's first packet may itself have been late.
const FIRST_LOOK_OVER: u32 = 10;

/// The tie of one channel; positions are samples since the start of the recording.
#[derive(Debug, Default)]
pub struct Placement {
    tie: Option<Tie>,
}

#[derive(Debug, Clone, Copy)]
struct Tie {
    ssrc: u32,
    timestamp: u32,
    position: u64,
    /// Packets since the last look, and the least lateness (arrival minus place) among them.
    looked: u32,
    look_over: u32,
    least_late: i64,
}

impl Placement {
    /// The position of a packet that arrived at `arrival` and holds `length` samples.
    pub fn place(&mut self, arrival: u64, ssrc: u32, timestamp: u32, length: u64) -> u64 {
        // A packet is sent when its last sample has been spoken.
        let spoken = arrival.saturating_sub(length);
        let Some(tie) = self.tie.as_mut().filter(|tie| tie.ssrc == ssrc) else {
            return self.tie_to(spoken, ssrc, timestamp);
        };
        let step = i64::from(timestamp.wrapping_sub(tie.timestamp) as i32);
        let Some(position) = tie.position.checked_add_signed(step) else {
            return self.tie_to(spoken, ssrc, timestamp);
        };
        let late = spoken.cast_signed().saturating_sub(position.cast_signed());
        if late.abs() > JUMP_SAMPLES {
            return self.tie_to(spoken, ssrc, timestamp);
        }
        tie.looked += 1;
        tie.least_late = tie.least_late.min(late);
        if tie.looked >= tie.look_over {
            let drift = tie.least_late;
            (tie.looked, tie.look_over, tie.least_late) = (0, LOOK_OVER, i64::MAX);
            if drift.abs() > DRIFT_SAMPLES {
                tie.timestamp = timestamp;
                tie.position = position.saturating_add_signed(drift);
                return tie.position;
            }
        }
        // The tie follows the newest packet, so that the wrap of the timestamp never matters.
        if step > 0 {
            (tie.timestamp, tie.position) = (timestamp, position);
        }
        position
    }

    fn tie_to(&mut self, position: u64, ssrc: u32, timestamp: u32) -> u64 {
        self.tie = Some(Tie {
            ssrc,
            timestamp,
            position,
            looked: 0,
            look_over: FIRST_LOOK_OVER,
            least_late: i64::MAX,
        });
        position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_does_not_tear_the_sound_and_pauses_keep_their_length() {
        let mut placement = Placement::default();
        let jitter = [0, 120, 40, 300, 10];
        let mut last = None;
        for n in 0..500_u64 {
            let arrival = 160 + n * 160 + jitter[(n % 5) as usize];
            let position = placement.place(arrival, 1, (n * 160) as u32, 160);
            if let Some(last) = last {
                assert!(position - last == 160 || position - last > 200, "{last} {position}");
            }
            last = Some(position);
            assert!(position.abs_diff(n * 160) <= 160);
        }
        // Ten seconds without packets, the timestamp went on.
        let position = placement.place(160 + 580_000, 1, 580_000, 160);
        assert!(position.abs_diff(580_000) <= 160);
    }

    #[test]
    fn a_drifting_clock_is_followed_within_twenty_milliseconds() {
        let mut placement = Placement::default();
        for n in 0..90_000_u64 {
            // 200 ppm too slow, for half an hour.
            let arrival = 160 + n * 160 + n * 160 / 5_000;
            let position = placement.place(arrival, 1, (n * 160) as u32, 160);
            let true_position = arrival - 160;
            assert!(position.abs_diff(true_position) <= 160, "{n}: {position} {true_position}");
        }
    }

    #[test]
    fn a_new_stream_or_a_jump_begins_anew_at_its_arrival() {
        let mut placement = Placement::default();
        placement.place(1_000, 1, 50, 160);
        assert_eq!(placement.place(5_160, 2, 7, 160), 5_000);
        assert_eq!(placement.place(9_160, 2, 4_000_000_000, 160), 9_000);
    }
}
