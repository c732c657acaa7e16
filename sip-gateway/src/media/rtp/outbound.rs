//! One outgoing stream that stays continuous whatever its source is: prompt, music, bridge.
//!
//! Sequence numbers are extended (SRTP needs the rollover count) and start below 65,536; the
//! timestamp goes on by the time that has passed when the source changes.

use std::time::Duration;

use types::{LegId, Timestamp};

/// Samples of a millisecond at 8 kHz.
const SAMPLES_MS: u128 = 8;

/// A pause after which the receiver is told that a talk spurt begins (marker bit).
const PAUSE: Duration = Duration::from_millis(60);

/// A jump of the source's sequence beyond this is a new stream.
const JUMP_MAX: u16 = 1_000;

/// Which incoming stream is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamKey {
    pub leg: LegId,
    pub ssrc: u32,
}

/// Where an outgoing packet stands in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub sequence: u64,
    pub timestamp: u32,
    pub marker: bool,
}

/// An incoming packet's place in its own stream.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub key: StreamKey,
    pub sequence: u16,
    pub timestamp: u32,
    pub marker: bool,
    pub samples: u32,
}

/// State of an outgoing stream.
#[derive(Debug)]
pub struct Outbound {
    next_sequence: u64,
    next_timestamp: u32,
    last_timestamp: u32,
    last_at: Option<Timestamp>,
    mapping: Option<Mapping>,
    marker_due: bool,
}

#[derive(Debug, Clone, Copy)]
struct Mapping {
    key: StreamKey,
    first_sequence: u64,
    sequence_offset: u16,
    timestamp_offset: u32,
}

impl Outbound {
    /// `random` chooses where sequence and timestamp begin.
    pub fn new(random: u64) -> Self {
        let timestamp = (random >> 32) as u32;
        Self {
            next_sequence: random & 0x3fff,
            next_timestamp: timestamp,
            last_timestamp: timestamp,
            last_at: None,
            mapping: None,
            marker_due: true,
        }
    }

    /// The next packet of our own making (tone, prompt, mix).
    pub fn own(&mut self, now: Timestamp, samples: u32) -> Stamp {
        let paused = self.last_at.is_none_or(|at| now.since(at) > PAUSE);
        if self.mapping.take().is_some() || paused {
            self.resume(now);
        }
        let timestamp = self.next_timestamp;
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.sent(now, timestamp, samples);
        Stamp { sequence, timestamp, marker: std::mem::take(&mut self.marker_due) }
    }

    /// A packet of another leg's stream, passed on. `None` where it is older than the stream's
    /// beginning here.
    pub fn forwarded(&mut self, now: Timestamp, place: &Place) -> Option<Stamp> {
        let mapping = match self.mapping {
            Some(mapping) if mapping.key == place.key && self.near(&mapping, place) => mapping,
            _ => self.begin(now, place),
        };
        let number = place.sequence.wrapping_add(mapping.sequence_offset);
        let sequence = self.extend(number)?;
        if sequence < mapping.first_sequence {
            return None;
        }
        let timestamp = place.timestamp.wrapping_add(mapping.timestamp_offset);
        if sequence >= self.next_sequence {
            self.next_sequence = sequence + 1;
            self.sent(now, timestamp, place.samples);
        }
        let marker = std::mem::take(&mut self.marker_due) || place.marker;
        Some(Stamp { sequence, timestamp, marker })
    }

    /// A number for a packet that stands between those of the source (key press).
    pub fn inserted(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        if let Some(mapping) = &mut self.mapping {
            mapping.sequence_offset = mapping.sequence_offset.wrapping_add(1);
        }
        sequence
    }

    /// Media time of this moment.
    pub fn present(&self, now: Timestamp) -> u32 {
        let passed = self.last_at.map_or(0, |at| now.since(at).as_millis() * SAMPLES_MS);
        self.last_timestamp.wrapping_add(passed as u32)
    }

    fn begin(&mut self, now: Timestamp, place: &Place) -> Mapping {
        self.resume(now);
        let mapping = Mapping {
            key: place.key,
            first_sequence: self.next_sequence,
            sequence_offset: (self.next_sequence as u16).wrapping_sub(place.sequence),
            timestamp_offset: self.next_timestamp.wrapping_sub(place.timestamp),
        };
        self.mapping = Some(mapping);
        mapping
    }

    fn near(&self, mapping: &Mapping, place: &Place) -> bool {
        let number = place.sequence.wrapping_add(mapping.sequence_offset);
        let distance = number.wrapping_sub(self.next_sequence as u16) as i16;
        distance.unsigned_abs() <= JUMP_MAX
    }

    fn extend(&self, number: u16) -> Option<u64> {
        let distance = number.wrapping_sub(self.next_sequence as u16) as i16;
        self.next_sequence.checked_add_signed(i64::from(distance))
    }

    fn resume(&mut self, now: Timestamp) {
        if self.last_at.is_some() {
            let earliest = self.next_timestamp;
            let present = self.present(now);
            let ahead = present.wrapping_sub(earliest) as i32 > 0;
            self.next_timestamp = if ahead { present } else { earliest };
        }
        self.marker_due = true;
    }

    fn sent(&mut self, now: Timestamp, timestamp: u32, samples: u32) {
        self.last_timestamp = timestamp;
        self.next_timestamp = timestamp.wrapping_add(samples);
        self.last_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_micros(1_000_000_000 + ms * 1_000)
    }

    fn place(sequence: u16, timestamp: u32, ssrc: u32) -> Place {
        let key = StreamKey { leg: LegId::from_u128(1), ssrc };
        Place { key, sequence, timestamp, marker: false, samples: 160 }
    }

    #[test]
    fn a_bridge_goes_on_where_the_prompt_ended() {
        let mut out = Outbound::new(0x1234_5678_0000_0010);
        let prompt = out.own(at(0), 160);
        let next = out.own(at(20), 160);
        assert_eq!((next.sequence, next.timestamp), (prompt.sequence + 1, prompt.timestamp + 160));
        let first = out.forwarded(at(100), &place(65_535, 7, 9)).unwrap();
        assert_eq!(first.sequence, next.sequence + 1);
        assert_eq!(first.timestamp, next.timestamp + 80 * 8);
        assert!(first.marker);
        let second = out.forwarded(at(120), &place(0, 167, 9)).unwrap();
        assert_eq!(
            (second.sequence, second.timestamp),
            (first.sequence + 1, first.timestamp + 160)
        );
        assert!(!second.marker);
    }

    #[test]
    fn loss_stays_visible_and_late_packets_keep_their_place() {
        let mut out = Outbound::new(5);
        let first = out.forwarded(at(0), &place(10, 0, 9)).unwrap();
        let third = out.forwarded(at(40), &place(12, 320, 9)).unwrap();
        assert_eq!(third.sequence, first.sequence + 2);
        let late = out.forwarded(at(41), &place(11, 160, 9)).unwrap();
        assert_eq!(late.sequence, first.sequence + 1);
        assert_eq!(out.forwarded(at(60), &place(9, 0, 9)), None);
    }

    #[test]
    fn the_rollover_count_goes_up() {
        let mut out = Outbound::new(0x3fff);
        let mut last = out.forwarded(at(0), &place(0, 0, 1)).unwrap().sequence;
        for step in 1..70_000_u32 {
            let now = at(i64::from(step) * 20);
            let stamp = out.forwarded(now, &place(step as u16, step * 160, 1)).unwrap();
            assert_eq!(stamp.sequence, last + 1);
            last = stamp.sequence;
        }
        assert!(last > 65_536);
    }

    #[test]
    fn inserted_packets_push_the_source_on() {
        let mut out = Outbound::new(5);
        let first = out.forwarded(at(0), &place(10, 0, 9)).unwrap().sequence;
        assert_eq!(out.inserted(), first + 1);
        assert_eq!(out.inserted(), first + 2);
        assert_eq!(out.forwarded(at(20), &place(11, 160, 9)).unwrap().sequence, first + 3);
    }
}
