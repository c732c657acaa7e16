//! What a leg hears, frame by frame. Pure: the pacer asks every 20 ms.

use std::collections::VecDeque;

use types::LegId;

use super::g711::{ALAW_SILENCE, Codec, FRAME_SAMPLES, alaw};
use super::prompts::Clip;

/// 20 ms of A-law.
pub type Frame = [u8; FRAME_SAMPLES];

/// Speech that may wait for its place in a mix: 100 ms.
const MIX_WAITING_MAX: usize = 5 * FRAME_SAMPLES;

/// Speech that must be there before it is mixed: 40 ms against jitter.
const MIX_WAITING_MIN: usize = 2 * FRAME_SAMPLES;

/// The present source of a leg's outgoing sound.
#[derive(Debug)]
pub enum Playing {
    Silence,
    /// A clip without end: ringing tone, hold music.
    Loop {
        clip: Clip,
        position: usize,
    },
    Prompts {
        list: PromptList,
        then: Option<Clip>,
    },
    /// Packets of a leg are passed on as they come (its own for an echo).
    Forward {
        from: LegId,
    },
    /// The notice over what a leg says, then `Forward`.
    Mix {
        from: LegId,
        notice: PromptList,
        speech: Speech,
    },
}

/// What came of asking for a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Played {
    Frame,
    /// A frame, and the list of prompts has ended with it.
    LastFrame,
    /// Nothing is paced: packets are passed on as they come.
    Nothing,
}

impl Playing {
    /// The leg whose packets are needed for this source.
    pub fn from(&self) -> Option<LegId> {
        match self {
            Self::Forward { from } | Self::Mix { from, .. } => Some(*from),
            Self::Silence | Self::Loop { .. } | Self::Prompts { .. } => None,
        }
    }

    /// Fills the next 20 ms.
    pub fn next(&mut self, frame: &mut Frame) -> Played {
        match self {
            Self::Silence => frame.fill(ALAW_SILENCE),
            Self::Loop { clip, position } => fill_from_loop(clip, position, frame),
            Self::Prompts { list, then } => {
                list.fill(frame);
                if list.is_over() {
                    *self =
                        then.take().map_or(Self::Silence, |clip| Self::Loop { clip, position: 0 });
                    return Played::LastFrame;
                }
            }
            Self::Forward { .. } => return Played::Nothing,
            Self::Mix { from, notice, speech } => {
                notice.fill(frame);
                speech.mix_into(frame);
                if notice.is_over() {
                    *self = Self::Forward { from: *from };
                }
            }
        }
        Played::Frame
    }
}

fn fill_from_loop(clip: &Clip, position: &mut usize, frame: &mut Frame) {
    for code in frame {
        *code = clip.get(*position).copied().unwrap_or(ALAW_SILENCE);
        *position = if *position + 1 < clip.len() { *position + 1 } else { 0 };
    }
}

/// Clips one after another.
#[derive(Debug)]
pub struct PromptList {
    clips: Vec<Clip>,
    clip: usize,
    position: usize,
}

impl PromptList {
    pub fn new(clips: Vec<Clip>) -> Self {
        let mut list = Self { clips, clip: 0, position: 0 };
        list.skip_ended();
        list
    }

    pub fn is_over(&self) -> bool {
        self.clip >= self.clips.len()
    }

    /// Fills a frame; what is left of the last one is silence.
    fn fill(&mut self, frame: &mut Frame) {
        for slot in frame {
            let code = self.clips.get(self.clip).and_then(|clip| clip.get(self.position));
            *slot = code.copied().unwrap_or(ALAW_SILENCE);
            self.position += 1;
            self.skip_ended();
        }
    }

    fn skip_ended(&mut self) {
        while self.clips.get(self.clip).is_some_and(|clip| self.position >= clip.len()) {
            self.clip += 1;
            self.position = 0;
        }
    }
}

/// Speech on its way into a mix, as linear samples.
#[derive(Debug, Default)]
pub struct Speech {
    waiting: VecDeque<i16>,
    flowing: bool,
}

impl Speech {
    /// Takes a packet's sound; the oldest is dropped where the pace and the source differ.
    pub fn add(&mut self, codec: Codec, payload: &[u8]) {
        self.waiting.extend(payload.iter().map(|code| codec.decode(*code)));
        let surplus = self.waiting.len().saturating_sub(MIX_WAITING_MAX);
        self.waiting.drain(..surplus);
    }

    /// Adds the speech at half its level, so that the notice stays understandable.
    fn mix_into(&mut self, frame: &mut Frame) {
        self.flowing = if self.flowing {
            self.waiting.len() >= FRAME_SAMPLES
        } else {
            self.waiting.len() >= MIX_WAITING_MIN
        };
        if !self.flowing {
            return;
        }
        for (code, sample) in frame.iter_mut().zip(self.waiting.drain(..FRAME_SAMPLES)) {
            *code = alaw(Codec::Pcma.decode(*code).saturating_add(sample / 2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(code: u8, length: usize) -> Clip {
        vec![code; length].into()
    }

    #[test]
    fn prompts_follow_each_other_without_a_gap_and_tell_their_end_once() {
        let list = PromptList::new(vec![clip(1, 100), clip(2, 0), clip(3, 100)]);
        let mut playing = Playing::Prompts { list, then: Some(clip(9, 7)) };
        let mut frame = [0; FRAME_SAMPLES];
        assert_eq!(playing.next(&mut frame), Played::Frame);
        assert_eq!((frame[99], frame[100]), (1, 3));
        assert_eq!(playing.next(&mut frame), Played::LastFrame);
        assert_eq!((frame[39], frame[40]), (3, ALAW_SILENCE));
        assert_eq!(playing.next(&mut frame), Played::Frame);
        assert_eq!(frame[0], 9);
    }

    #[test]
    fn a_loop_goes_round_inside_a_frame() {
        let mut playing = Playing::Loop { clip: (0..=99).collect(), position: 0 };
        let mut frame = [0; FRAME_SAMPLES];
        playing.next(&mut frame);
        assert_eq!((frame[99], frame[100], frame[159]), (99, 0, 59));
    }

    #[test]
    fn a_mix_ends_in_passing_on() {
        let from = LegId::from_u128(3);
        let notice = PromptList::new(vec![clip(alaw(1_000), 320)]);
        let mut playing = Playing::Mix { from, notice, speech: Speech::default() };
        if let Playing::Mix { speech, .. } = &mut playing {
            speech.add(Codec::Pcma, &[alaw(4_000); 320]);
        }
        let mut frame = [0; FRAME_SAMPLES];
        assert_eq!(playing.next(&mut frame), Played::Frame);
        assert!((2_800..3_200).contains(&Codec::Pcma.decode(frame[5])));
        assert_eq!(playing.next(&mut frame), Played::Frame);
        assert_eq!(playing.next(&mut frame), Played::Nothing);
        assert_eq!(playing.from(), Some(from));
    }
}
