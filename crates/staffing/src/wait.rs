//! What somebody who waits must expect (R23): the middle of her wait, and the figure that 80 of 100 stay below.
//!
//! With agents who finish calls at the rate `s` together and callers who hang up at the rate `theta` each, whoever has
//! `k - 1` callers before her waits for `k` events of rates `s + j theta`, `j = k - 1 .. 0`. That sum is longer than `t`
//! with the probability `I_x(s / theta, k)`, `x = exp(-theta t)`, a sum of `k` positive terms. Behind the first places the
//! sum's cumulants give the figures (Cornish and Fisher's expansion), one addition a place.

mod back_test;
mod promise;

pub use self::back_test::BackTest;
pub use self::promise::Promise;
use crate::load::{LoadError, span};

/// Places whose figures are computed from the exact sums.
const EXACT_PLACES: usize = 50;

/// Halvings of the span a figure is looked for in: below a microsecond.
const HALVINGS: u32 = 48;

/// The standard normal distribution's 80 % point.
const NORMAL_80: f64 = 0.841_621_233_572_914_3;

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

/// The wait that lies ahead of somebody, in seconds.
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
    /// nobody. Costs as much as there are places, and a little more for the first of them.
    #[must_use]
    pub fn waits(&self, ready: usize, places: usize) -> Vec<Wait> {
        let mut waits = vec![Wait::default(); ready.min(places)];
        let mut sums = Cumulants::default();
        for place in 1..=places.saturating_sub(ready) {
            sums.add(self.served + (place - 1) as f64 * self.hang_up);
            waits.push(if place <= EXACT_PLACES { self.exact(place, &sums) } else { sums.wait() });
        }
        waits
    }

    /// The probability that the one at `place`, from 1, waits longer than `t_s`.
    #[must_use]
    pub fn longer_than(&self, place: usize, t_s: f64) -> f64 {
        let slots = self.served / self.hang_up;
        let gone = -(-self.hang_up * t_s).exp_m1();
        let mut term = (-self.served * t_s).exp();
        let mut longer = 0.0;
        for events in (0..place).map(|events| events as f64) {
            longer += term;
            term *= (slots + events) / (events + 1.0) * gone;
        }
        longer
    }

    fn exact(&self, place: usize, sums: &Cumulants) -> Wait {
        Wait { middle_s: self.quantile(place, 0.5, sums), late_s: self.quantile(place, 0.8, sums) }
    }

    /// The wait that a share of those at `place` stays below.
    fn quantile(&self, place: usize, share: f64, sums: &Cumulants) -> f64 {
        // One-sided Chebyshev: no 80 % point lies more than two deviations above the mean.
        let (mut low, mut high) = (0.0, sums.mean + 2.0 * sums.variance.sqrt());
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if self.longer_than(place, middle) > 1.0 - share { low = middle } else { high = middle }
        }
        f64::midpoint(low, high)
    }
}

/// The first four cumulants of a sum of exponential spans.
#[derive(Debug, Clone, Copy, Default)]
struct Cumulants {
    mean: f64,
    variance: f64,
    third: f64,
    fourth: f64,
}

impl Cumulants {
    /// Adds a span that ends at `rate`.
    fn add(&mut self, rate: f64) {
        let mean = 1.0 / rate;
        self.mean += mean;
        self.variance += mean.powi(2);
        self.third += 2.0 * mean.powi(3);
        self.fourth += 6.0 * mean.powi(4);
    }

    fn wait(&self) -> Wait {
        Wait { middle_s: self.quantile(0.0), late_s: self.quantile(NORMAL_80) }
    }

    /// Where the standard normal distribution has `z` (Cornish and Fisher 1938).
    fn quantile(&self, z: f64) -> f64 {
        let deviation = self.variance.sqrt();
        let skew = self.third / self.variance.powf(1.5);
        let excess = self.fourth / self.variance.powi(2);
        let by_skew = skew * (z * z - 1.0) / 6.0;
        let by_excess = excess * (z.powi(3) - 3.0 * z) / 24.0;
        let by_both = skew * skew * (2.0 * z.powi(3) - 5.0 * z) / 36.0;
        self.mean + deviation * (z + by_skew + by_excess - by_both)
    }
}
