//! How loud a microphone is: RMS over the frames that carry speech.

use types::{LegId, Timestamp};

use super::api::MediaEvent;
use super::g711::Codec;

/// A frame below this level is a pause.
const SPEECH_DBFS: f64 = -50.0;

/// What is told of perfect silence.
const FLOOR_DBFS: f64 = -96.0;

/// One running measurement.
#[derive(Debug)]
pub struct Measure {
    until: Timestamp,
    packets: u32,
    speech: Power,
    all: Power,
}

#[derive(Debug, Default, Clone, Copy)]
struct Power {
    sum: f64,
    samples: u32,
}

impl Power {
    fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.samples = self.samples.saturating_add(other.samples);
    }

    fn dbfs(self) -> f64 {
        if self.samples == 0 || self.sum <= 0.0 {
            return FLOOR_DBFS;
        }
        (10.0 * (self.sum / f64::from(self.samples)).log10()).max(FLOOR_DBFS)
    }
}

impl Measure {
    pub fn until(until: Timestamp) -> Self {
        Self { until, packets: 0, speech: Power::default(), all: Power::default() }
    }

    pub fn add(&mut self, codec: Codec, payload: &[u8]) {
        self.packets = self.packets.saturating_add(1);
        let square = |code: &u8| (f64::from(codec.decode(*code)) / 32_768.0).powi(2);
        let samples = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let frame = Power { sum: payload.iter().map(square).sum(), samples };
        self.all.add(frame);
        if frame.dbfs() > SPEECH_DBFS {
            self.speech.add(frame);
        }
    }

    /// The result, once its time has come.
    pub fn result(&self, now: Timestamp, leg: LegId) -> Option<MediaEvent> {
        if now < self.until {
            return None;
        }
        let level = if self.speech.samples > 0 { self.speech } else { self.all };
        Some(MediaEvent::Measured {
            leg,
            packets_received: self.packets,
            microphone_dbfs: level.dbfs().round() as i16,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::g711::alaw;
    use super::*;

    #[test]
    fn pauses_do_not_lower_the_level() {
        let mut measure = Measure::until(Timestamp::from_micros(10));
        let loud: Vec<u8> =
            (0..160).map(|n| alaw((3_276.8 * (f64::from(n) * 0.3).sin()) as i16)).collect();
        let quiet = vec![alaw(3); 160];
        for _ in 0..10 {
            measure.add(Codec::Pcma, &loud);
            measure.add(Codec::Pcma, &quiet);
            measure.add(Codec::Pcma, &quiet);
        }
        assert_eq!(measure.result(Timestamp::from_micros(9), LegId::from_u128(1)), None);
        let told = measure.result(Timestamp::from_micros(10), LegId::from_u128(1));
        // A sine of a tenth of full scale: -20 dB peak, -23 dB RMS.
        let expected = MediaEvent::Measured {
            leg: LegId::from_u128(1),
            packets_received: 30,
            microphone_dbfs: -23,
        };
        assert_eq!(told, Some(expected));
    }
}
