//! What somebody who waits must expect (R23): the middle of her wait, and the figure that 80 of 100 stay below.
//!
//! With agents who finish calls at the rate `s` together and callers who hang up at the rate `theta` each, whoever has
//! `k - 1` callers before her waits for `k` events of rates `s + j theta`, `j = k - 1 .. 0`. That sum is longer than `t`
//! with the probability `I_x(s / theta, k)`, `x = exp(-theta t)`, a sum of `k` positive terms. The first places and some
//! behind them, ever farther apart, are computed so; those between lie on a line over their mean waits, so that a queue
//! costs as much as it is long and not its square.

mod announcer;
mod back_test;
mod calibration;
mod expectation;
mod floor_pace;
mod floor_waits;
mod hang_ups;
mod pace;
mod pick_up;
mod promise;

pub use self::announcer::{Announcer, Told};
pub use self::back_test::BackTest;
pub use self::calibration::Calibration;
pub use self::expectation::QueueNow;
pub use self::floor_pace::{Doing, FloorPace};
pub use self::floor_waits::{Came, FloorWaits};
pub use self::pace::Pace;
pub use self::promise::Promise;
use crate::load::{LoadError, span};

/// All places up to this one are computed from the exact sums; behind it every one that is a quarter farther.
const EXACT_PLACES: usize = 50;

/// Steps of Newton's method; each that leaves the bracket halves it instead.
const STEPS_MAX: usize = 60;

/// A figure is found when a step moves it by less than this share.
const PRECISION: f64 = 1e-10;

/// Sums are scaled down when a term passes this.
const TERM_MAX: f64 = 1e200;

/// Who answers, and who gives up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Calls finished by all agents together, per second.
    served: f64,
    /// Hang-ups per waiting caller and second.
    hang_up: f64,
}

/// Why nothing can be expected.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NoExpectation {
    #[error("nobody is on the line: tell callers no wait, offer a call back")]
    NobodyOnLine,
    #[error("the readiness must be a share above 0 and at most 1, not {0}")]
    Readiness(f64),
    #[error(transparent)]
    Span(#[from] LoadError),
}

/// The wait that lies ahead of somebody who does not hang up, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Wait {
    /// Half of those at this place are answered within it.
    pub middle_s: f64,
    /// 80 of 100 are answered within it.
    pub late_s: f64,
}

impl Line {
    /// `agents` on the line, of whom each is there for the next call with the share `readiness` (no break, no failed
    /// ringing), with a mean handling time and a mean patience, in seconds.
    ///
    /// # Errors
    /// [`NoExpectation`] for a line without agents, and for figures that are none.
    pub fn new(
        agents: u32,
        readiness: f64,
        handling_s: f64,
        patience_s: f64,
    ) -> Result<Self, NoExpectation> {
        if agents == 0 {
            return Err(NoExpectation::NobodyOnLine);
        }
        if !(readiness > 0.0 && readiness <= 1.0) {
            return Err(NoExpectation::Readiness(readiness));
        }
        let served = f64::from(agents) * readiness / span("handling time", handling_s)?;
        Ok(Self { served, hang_up: 1.0 / span("patience", patience_s)? })
    }

    /// The waits of the first `places` of the queue, the next one first; those for whom an agent is ready now wait for
    /// nobody.
    #[must_use]
    pub fn waits(&self, ready: usize, places: usize) -> Vec<Wait> {
        let mut waits = vec![Wait::default(); ready.min(places)];
        let last = places.saturating_sub(ready);
        let (mut from, mut sums, mut near) = (0, Sums::default(), Wait::default());
        while from < last {
            let to = next_exact(from).min(last);
            let start = sums.mean;
            let means: Vec<f64> =
                (from..to).map(|before| sums.with(self.rate(before)).mean).collect();
            let of =
                |share, low| quantile(|t_s| self.tail(to, t_s), share, low, sums.high(), sums.mean);
            let far = Wait { middle_s: of(0.5, near.middle_s), late_s: of(0.8, near.late_s) };
            let parts = means.into_iter().map(|mean| (mean - start) / (sums.mean - start));
            waits.extend(parts.map(|part| near.towards(far, part)));
            (from, near) = (to, far);
        }
        waits
    }

    /// Of these rates per second: calls finished by all agents together, hang-ups of each caller.
    fn of_rates(served: f64, hang_up: f64) -> Result<Self, NoExpectation> {
        if served <= 0.0 {
            return Err(NoExpectation::NobodyOnLine);
        }
        Ok(Self { served, hang_up })
    }

    /// At which the first of `before` callers leaves the queue.
    fn rate(self, before: usize) -> f64 {
        self.served + before as f64 * self.hang_up
    }

    /// Of the spans until the turn of the one at `place`.
    fn sums(self, place: usize) -> Sums {
        let mut sums = Sums::default();
        for before in 0..place {
            sums.with(self.rate(before));
        }
        sums
    }

    /// The line whose waits are those of the callers who were answered, as records have them: whoever hangs up would
    /// have waited longer. For back-tests; who waits is told the waits of those who stay.
    #[must_use]
    pub fn as_recorded(self) -> Self {
        // Her own patience is one more rate in every span: the sum weighed with the probability that she stays.
        Self { served: self.served + self.hang_up, ..self }
    }

    /// The probability that the one at `place`, from 1, waits longer than `t_s`.
    #[must_use]
    pub fn longer_than(&self, place: usize, t_s: f64) -> f64 {
        self.tail(place, t_s).0
    }

    /// That probability, and its density at `t_s`.
    fn tail(&self, place: usize, t_s: f64) -> (f64, f64) {
        let slots = self.served / self.hang_up;
        let gone = -(-self.hang_up * t_s).exp_m1();
        // The first term would vanish far back in a queue: its logarithm is kept apart.
        let (mut log_scale, mut term, mut last, mut longer) = (-self.served * t_s, 1.0, 0.0, 0.0);
        for events in (0..place).map(|events| events as f64) {
            last = term;
            longer += term;
            term *= (slots + events) / (events + 1.0) * gone;
            if term > TERM_MAX {
                (term, last, longer) = (term / TERM_MAX, last / TERM_MAX, longer / TERM_MAX);
                log_scale += TERM_MAX.ln();
            }
        }
        let scale = log_scale.exp();
        let last_rate = self.served + place.saturating_sub(1) as f64 * self.hang_up;
        (longer * scale, last_rate * last * scale)
    }
}

impl Wait {
    /// So far (0 to 1) from this one to the other.
    fn towards(self, far: Self, part: f64) -> Self {
        Self {
            middle_s: self.middle_s + part * (far.middle_s - self.middle_s),
            late_s: self.late_s + part * (far.late_s - self.late_s),
        }
    }
}

/// The wait that a share of those stays below of whom `tail` tells which share waits longer, and the density; between `low` and
/// `high`, near `guess`.
fn quantile(
    tail: impl Fn(f64) -> (f64, f64),
    share: f64,
    mut low: f64,
    mut high: f64,
    guess: f64,
) -> f64 {
    let mut found = guess.clamp(low, high);
    for _ in 0..STEPS_MAX {
        let (longer, density) = tail(found);
        let above = longer - (1.0 - share);
        if above > 0.0 {
            low = found;
        } else {
            high = found;
        }
        let next = found + above / density;
        let next = if next > low && next < high { next } else { f64::midpoint(low, high) };
        let moved = (next - found).abs();
        found = next;
        if moved <= PRECISION * found {
            break;
        }
    }
    found
}

/// The place whose sum is computed after that of `place`.
const fn next_exact(place: usize) -> usize {
    if place < EXACT_PLACES { place + 1 } else { place + place / 4 }
}

/// Mean and variance of a sum of exponential spans.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    mean: f64,
    variance: f64,
}

impl Sums {
    /// With one more span, which ends at `rate`.
    fn with(&mut self, rate: f64) -> Self {
        self.mean += 1.0 / rate;
        self.variance += 1.0 / (rate * rate);
        *self
    }

    /// One-sided Chebyshev: no 80 % point lies more than two deviations above the mean.
    fn high(&self) -> f64 {
        self.mean + 2.0 * self.variance.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_costs_as_much_as_it_is_long() {
        // Terms of all sums: those of the first 50 places, then 6 for each place and no more.
        for last in [50_usize, 500, 5_000, 50_000] {
            let exact = std::iter::successors(Some(1), |place| Some(next_exact(*place)));
            let inside: usize = exact.take_while(|place| *place < last).sum();
            assert!(inside + last <= 50 * 51 / 2 + 6 * last, "{last}: {inside}");
        }
    }
}
