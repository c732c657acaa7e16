//! How many calls may still be lost before the connection rate of the last 24 hours (K1) falls below its target.

use crate::half_hour::{DayCurve, HALF_HOUR_MIN};

/// K1 is evaluated on this grid, in minutes ...
pub const STEP_MIN: u32 = 5;

/// ... over this many steps.
pub const WINDOW_STEPS: usize = 288;

/// Steps of a half-hour.
const STEPS_PER_HALF_HOUR: u32 = HALF_HOUR_MIN / STEP_MIN;

/// The calls that rang in one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// R
    pub requests: u32,
    /// N, at most R
    pub answered: u32,
}

/// The line that K1 must hold; whole per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateTarget {
    /// The national 95 %.
    AtLeast(u8),
    /// D1: more than 80 %; 80.0 % does not pass.
    Above(u8),
}

/// Where K1 stands and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Held {
        /// Calls that may be lost in a row from now on.
        at_once: u64,
        /// Calls of the rest of the day that may be lost when the losses spread like the calls, K1 holding at every
        /// step.
        rest_of_day: u64,
        /// Minutes until K1 misses at the present loss; `None` where it holds until midnight.
        missed_in_min: Option<u32>,
    },
    Missed {
        /// Calls to answer in a row until it holds; `None` where no number is enough (100 %).
        answered_needed: Option<u64>,
        /// Minutes until it holds at the present loss, because lost calls grow older than a day; `None` where it does
        /// not before midnight.
        held_in_min: Option<u32>,
    },
}

/// Where K1 stands, from the steps of the last 24 hours (oldest first, the last one ends now; older ones than 288 are
/// passed over), the calls expected in each step until midnight, and the share of calls that are lost at present.
#[must_use]
pub fn standing(
    last_24h: &[Step],
    expected: &[f64],
    target: RateTarget,
    present_loss: f64,
) -> Standing {
    let window = Window::of(last_24h);
    let holds_in = |wanted: bool| {
        let at = window.ahead(expected).position(|ahead| {
            let answered = ahead.answered + ahead.expected * (1.0 - present_loss.clamp(0.0, 1.0));
            target.is_met(answered, ahead.requests + ahead.expected) == wanted
        })?;
        u32::try_from(at + 1).ok().and_then(|steps| steps.checked_mul(STEP_MIN))
    };
    match target.losses_borne(window.requests, window.answered) {
        Some(at_once) => Standing::Held {
            at_once,
            rest_of_day: window.bearable(expected, target),
            missed_in_min: holds_in(false),
        },
        None => Standing::Missed {
            answered_needed: target.answers_needed(window.requests, window.answered),
            held_in_min: holds_in(true),
        },
    }
}

/// The calls expected in each step from a minute of the day to midnight, from those of the half-hours. A step that has
/// begun is passed over.
#[must_use]
pub fn expected_steps(calls: &DayCurve<f64>, now_min: u32) -> Vec<f64> {
    let per_half_hour = STEPS_PER_HALF_HOUR as usize;
    let steps = calls.iter().flat_map(|(_, calls)| {
        std::iter::repeat_n(calls / f64::from(STEPS_PER_HALF_HOUR), per_half_hour)
    });
    steps.skip(now_min.div_ceil(STEP_MIN) as usize).collect()
}

impl RateTarget {
    const fn percent(self) -> u64 {
        match self {
            Self::AtLeast(percent) | Self::Above(percent) => percent as u64,
        }
    }

    /// Further losses that it bears; `None` where it is missed already. Without any call it is held.
    fn losses_borne(self, requests: u64, answered: u64) -> Option<u64> {
        if requests == 0 {
            return Some(0);
        }
        let hundredfold = answered * 100;
        let most = match (self, self.percent()) {
            (_, 0) => return Some(u64::MAX),
            (Self::AtLeast(_), percent) => hundredfold / percent,
            (Self::Above(_), percent) => hundredfold.saturating_sub(1) / percent,
        };
        most.checked_sub(requests)
    }

    /// Answered calls in a row after which a missed target is met.
    fn answers_needed(self, requests: u64, answered: u64) -> Option<u64> {
        let percent = self.percent();
        let short = (percent * requests).saturating_sub(answered * 100);
        let each = 100_u64.checked_sub(percent).filter(|each| *each > 0)?;
        Some(match self {
            Self::AtLeast(_) => short.div_ceil(each),
            Self::Above(_) => short / each + 1,
        })
    }

    /// For expected calls, which are no whole numbers.
    fn is_met(self, answered: f64, requests: f64) -> bool {
        let line = requests * self.percent() as f64;
        requests == 0.0
            || match self {
                Self::AtLeast(_) => answered * 100.0 >= line - ROUNDING,
                Self::Above(_) => answered * 100.0 > line + ROUNDING,
            }
    }
}

/// What sums of a day's fractions may be off by.
const ROUNDING: f64 = 1e-6;

/// The last 24 hours.
struct Window<'a> {
    steps: &'a [Step],
    requests: u64,
    answered: u64,
}

/// The window as it will be at the end of a step ahead: what is left of the past, and the calls expected until then.
struct Ahead {
    requests: f64,
    answered: f64,
    expected: f64,
}

impl<'a> Window<'a> {
    fn of(last_24h: &'a [Step]) -> Self {
        let steps = last_24h.get(last_24h.len().saturating_sub(WINDOW_STEPS)..).unwrap_or_default();
        let requests = steps.iter().map(|step| u64::from(step.requests)).sum();
        let answered = steps.iter().map(|step| u64::from(step.answered.min(step.requests))).sum();
        Self { steps, requests, answered }
    }

    fn ahead(&self, expected: &[f64]) -> impl Iterator<Item = Ahead> {
        let (mut requests, mut answered) = (self.requests as f64, self.answered as f64);
        let mut sum = 0.0;
        // A record that is shorter than a day loses nothing until its first step is a day old.
        let unseen = WINDOW_STEPS - self.steps.len();
        let leaving = std::iter::repeat_n(None, unseen).chain(self.steps.iter().map(Some));
        expected.iter().take(WINDOW_STEPS).zip(leaving).map(move |(calls, leaving)| {
            if let Some(step) = leaving {
                requests -= f64::from(step.requests);
                answered -= f64::from(step.answered.min(step.requests));
            }
            sum += calls;
            Ahead { requests, answered, expected: sum }
        })
    }

    /// The most of the expected calls that may be lost, when each step loses the same share.
    fn bearable(&self, expected: &[f64], target: RateTarget) -> u64 {
        let percent = target.percent() as f64;
        let mut share = 1.0_f64;
        for ahead in self.ahead(expected).filter(|ahead| ahead.expected > 0.0) {
            let requests = ahead.requests + ahead.expected;
            let answered = ahead.answered + ahead.expected;
            share = share.min((answered - requests * percent / 100.0) / ahead.expected);
        }
        let total = expected.iter().take(WINDOW_STEPS).sum::<f64>();
        let bearable = share.max(0.0) * total;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "never negative, and at most the calls of a day"
        )]
        let whole = match target {
            RateTarget::Above(_) if share < 1.0 => (bearable - ROUNDING).ceil() - 1.0,
            RateTarget::AtLeast(_) | RateTarget::Above(_) => (bearable + ROUNDING).floor(),
        } as u64;
        whole
    }
}
