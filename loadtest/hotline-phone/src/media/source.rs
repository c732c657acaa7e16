//! What the phone says: silence, a tone, a file, what it hears, or a person's microphone. Yields
//! 20 ms at a time. It must not know packets.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{FRAME_MS, FRAME_SAMPLES, RATE_HZ};

/// Most samples an echo or a microphone may be behind: half a second.
const LIVE_MAX_SAMPLES: usize = RATE_HZ as usize / 2;
/// An echo starts when this much has come in, so that it does not stutter.
const ECHO_START_SAMPLES: usize = FRAME_SAMPLES * 3;

/// What is to be said.
#[derive(Debug, Clone, Default)]
pub enum Say {
    /// Silence, sent as packets.
    #[default]
    Silence,
    /// A sine tone at -9 dBFS.
    Tone { frequency_hz: f32 },
    /// A sound, once and then silence, or again and again.
    Clip { samples: Arc<[i16]>, repeat: bool },
    /// What is heard, about 60 ms later.
    Echo,
    /// A microphone, and a loudspeaker for what is heard.
    Live(LiveSound),
}

/// Two bounded queues of 8 kHz samples shared with a sound card or a test.
#[derive(Debug, Clone, Default)]
pub struct LiveSound {
    pub microphone: SampleQueue,
    pub loudspeaker: SampleQueue,
}

/// A bounded queue of samples; the oldest fall out.
#[derive(Debug, Clone, Default)]
pub struct SampleQueue(Arc<Mutex<VecDeque<i16>>>);

impl SampleQueue {
    pub fn push(&self, samples: &[i16]) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.extend(samples);
        let excess = queue.len().saturating_sub(LIVE_MAX_SAMPLES);
        queue.drain(..excess);
    }

    /// The next sample, `None` while the queue is empty.
    #[must_use]
    pub fn pop(&self) -> Option<i16> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where in what is to be said the phone is.
#[derive(Debug)]
pub struct Speaker {
    say: Say,
    delay_frames: u64,
    position: usize,
    echo: VecDeque<i16>,
    echoing: bool,
    finished: bool,
}

impl Speaker {
    /// `delay`: silence before the first word.
    #[must_use]
    pub fn new(say: Say, delay: Duration) -> Self {
        let delay_frames = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX) / FRAME_MS;
        Self {
            say,
            delay_frames,
            position: 0,
            echo: VecDeque::new(),
            echoing: false,
            finished: false,
        }
    }

    /// Takes what has been heard, for an echo or a loudspeaker.
    pub fn heard(&mut self, samples: &[i16]) {
        match &self.say {
            Say::Echo => {
                self.echo.extend(samples);
                let excess = self.echo.len().saturating_sub(LIVE_MAX_SAMPLES);
                self.echo.drain(..excess);
            }
            Say::Live(live) => live.loudspeaker.push(samples),
            Say::Silence | Say::Tone { .. } | Say::Clip { .. } => {}
        }
    }

    /// The next 20 ms.
    pub fn next_frame(&mut self) -> [i16; FRAME_SAMPLES] {
        let mut frame = [0; FRAME_SAMPLES];
        if self.delay_frames > 0 {
            self.delay_frames -= 1;
            return frame;
        }
        self.start_or_stop_echo();
        for slot in &mut frame {
            *slot = self.next_sample();
        }
        frame
    }

    /// True once, after the last sample of a clip that is said once.
    pub fn take_finished(&mut self) -> bool {
        let Say::Clip { samples, repeat: false } = &self.say else { return false };
        let now = !self.finished && self.position >= samples.len();
        self.finished |= now;
        now
    }

    fn start_or_stop_echo(&mut self) {
        if self.echo.is_empty() {
            self.echoing = false;
        } else if self.echo.len() >= ECHO_START_SAMPLES {
            self.echoing = true;
        }
    }

    fn next_sample(&mut self) -> i16 {
        let position = self.position;
        self.position = self.position.saturating_add(1);
        match &self.say {
            Say::Silence => 0,
            Say::Tone { frequency_hz } => tone(*frequency_hz, position),
            Say::Clip { samples, repeat } => {
                let at = if *repeat { position % samples.len().max(1) } else { position };
                samples.get(at).copied().unwrap_or(0)
            }
            Say::Echo => {
                if self.echoing {
                    self.echo.pop_front().unwrap_or(0)
                } else {
                    0
                }
            }
            Say::Live(live) => live.microphone.pop().unwrap_or(0),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "within the range by construction")]
fn tone(frequency_hz: f32, position: usize) -> i16 {
    let turns = position as f64 / f64::from(RATE_HZ) * f64::from(frequency_hz);
    ((turns.fract() * std::f64::consts::TAU).sin() * 11_600.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_is_said_once_after_its_delay_then_silence() {
        let say = Say::Clip { samples: vec![7; 200].into(), repeat: false };
        let mut speaker = Speaker::new(say, Duration::from_millis(40));
        let frames: Vec<[i16; 160]> = (0..5).map(|_| speaker.next_frame()).collect();
        assert_eq!(frames[1], [0; 160]);
        assert_eq!(frames[2], [7; 160]);
        assert_eq!((frames[3][39], frames[3][40], frames[4][0]), (7, 0, 0));
        assert!(speaker.take_finished());
        assert!(!speaker.take_finished(), "reported once");
    }

    #[test]
    fn an_echo_returns_what_it_hears_and_stays_bounded() {
        let mut speaker = Speaker::new(Say::Echo, Duration::ZERO);
        assert_eq!(speaker.next_frame(), [0; 160]);
        for _ in 0..1000 {
            speaker.heard(&[9; 160]);
        }
        assert!(speaker.echo.len() <= LIVE_MAX_SAMPLES);
        assert_eq!(speaker.next_frame(), [9; 160]);
    }
}
