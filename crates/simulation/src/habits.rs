//! What callers and agents are like.

use acd::Config;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The 95th percentile of the standard normal distribution.
const P95: f64 = 1.644_853_626_951_472_2;

/// Most callers of one simulation.
const CALLS_MAX: u64 = 50_000_000;

/// A span of time that is drawn anew each time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Span {
    Fixed {
        s: f64,
    },
    Exponential {
        mean_s: f64,
    },
    /// Talks and pick-ups of people: a mean and what 95 of 100 stay below.
    LogNormal {
        mean_s: f64,
        p95_s: f64,
    },
}

/// The citizens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Callers {
    /// How many call, warm-up included.
    pub calls: u64,
    /// Mean of their Poisson stream.
    pub per_hour: f64,
    /// From ringing to hanging up where nobody answers.
    pub patience: Span,
}

/// The agents, all alike and all Ready from the beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agents {
    pub count: u32,
    /// Talk of an answered call.
    pub talk: Span,
    pub pick_up: PickUp,
    /// The distributor knows that their phones answer by themselves.
    pub auto_answer: bool,
    /// How soon an agent who was put Not-Ready because she did not answer is Ready again.
    pub returns_after: Span,
}

/// How offers are answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PickUp {
    pub after: Span,
    /// Share of offers that are never answered.
    pub unanswered: f64,
}

/// One simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    pub seed: u64,
    pub callers: Callers,
    pub agents: Agents,
    /// Callers of the first seconds count for nothing: the floor is empty at first.
    pub warm_up_s: f64,
    /// What the distributor is told.
    pub config: Config,
}

/// Why a scenario cannot be played.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum HabitError {
    #[error("`{what}` 应为{rule}，不能是 {given}")]
    Number { what: &'static str, rule: &'static str, given: f64 },
    #[error("对数正态分布的 `p95_s` 应大于 `mean_s`，且不超过它的 3.86 倍：请调整 `p95_s`")]
    Percentile,
    #[error("`calls` 应为 1 至 {CALLS_MAX}")]
    Calls,
}

impl Scenario {
    /// # Errors
    /// [`HabitError`] names the figure at fault.
    pub fn check(&self) -> Result<(), HabitError> {
        if !(1..=CALLS_MAX).contains(&self.callers.calls) {
            return Err(HabitError::Calls);
        }
        positive("callers.per_hour", self.callers.per_hour)?;
        share("agents.unanswered", self.agents.pick_up.unanswered)?;
        not_negative("warm_up_s", self.warm_up_s)?;
        let Agents { talk, pick_up, returns_after, .. } = &self.agents;
        [self.callers.patience, *talk, pick_up.after, *returns_after]
            .iter()
            .try_for_each(Span::check)
    }
}

impl Span {
    pub(crate) fn check(&self) -> Result<(), HabitError> {
        match *self {
            Self::Fixed { s } => not_negative("s", s),
            Self::Exponential { mean_s } => positive("mean_s", mean_s),
            Self::LogNormal { mean_s, p95_s } => {
                positive("mean_s", mean_s)?;
                log_normal(mean_s, p95_s).map(|_| ())
            }
        }
    }
}

pub(crate) fn positive(what: &'static str, given: f64) -> Result<(), HabitError> {
    if given > 0.0 && given.is_finite() {
        return Ok(());
    }
    Err(HabitError::Number { what, rule: "大于 0 的有限数", given })
}

pub(crate) fn not_negative(what: &'static str, given: f64) -> Result<(), HabitError> {
    if given >= 0.0 && given.is_finite() {
        return Ok(());
    }
    Err(HabitError::Number { what, rule: "不小于 0 的有限数", given })
}

/// A share of things that must not all be so.
pub(crate) fn share(what: &'static str, given: f64) -> Result<(), HabitError> {
    if (0.0..1.0).contains(&given) {
        return Ok(());
    }
    Err(HabitError::Number { what, rule: " 0 至小于 1 的数", given })
}

/// Mean and deviation of the logarithm, from `mean = exp(m + d^2 / 2)` and `p95 = exp(m + 1.645 d)`; the narrower
/// of the two answers.
pub(crate) fn log_normal(mean_s: f64, p95_s: f64) -> Result<(f64, f64), HabitError> {
    let under_root = P95 * P95 - 2.0 * (p95_s / mean_s).ln();
    if !(p95_s > mean_s && under_root >= 0.0) {
        return Err(HabitError::Percentile);
    }
    let deviation = P95 - under_root.sqrt();
    Ok((mean_s.ln() - deviation * deviation / 2.0, deviation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_percentile_give_a_log_normal_span_back() {
        let (middle, deviation) = log_normal(4.0, 8.0).unwrap();
        assert!(((middle + deviation * deviation / 2.0).exp() - 4.0).abs() < 1e-12);
        assert!(((middle + P95 * deviation).exp() - 8.0).abs() < 1e-12);
        assert_eq!(log_normal(4.0, 4.0), Err(HabitError::Percentile));
        assert_eq!(log_normal(4.0, 40.0), Err(HabitError::Percentile));
    }
}
