//! Random spans from one seed.

use std::time::Duration;

use rand_distr::{Distribution as _, Exp1, StandardNormal, StandardUniform};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng as _;

use crate::habits::{HabitError, Span, log_normal};

/// Longest span that is drawn: a week. Nobody's patience or talk lasts longer.
const SPAN_MAX_S: f64 = 604_800.0;
/// Shortest span that is fitted: the logarithm of nothing is none.
const SPAN_MIN_S: f64 = 0.05;

/// The source of all chance of one simulation.
#[derive(Debug)]
pub struct Draw(Xoshiro256PlusPlus);

/// A span ready to be drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spans {
    Fixed(f64),
    Exponential(f64),
    LogNormal { middle: f64, deviation: f64 },
}

impl Spans {
    /// # Errors
    /// [`HabitError::Percentile`].
    pub fn of(span: Span) -> Result<Self, HabitError> {
        Ok(match span {
            Span::Fixed { s } => Self::Fixed(s),
            Span::Exponential { mean_s } => Self::Exponential(mean_s),
            Span::LogNormal { mean_s, p95_s } => {
                let (middle, deviation) = log_normal(mean_s, p95_s)?;
                Self::LogNormal { middle, deviation }
            }
        })
    }
}

impl Spans {
    /// What fits `samples` (seconds), which people have taken: log-normal, as their spans are; `None` without any.
    pub fn fitted(samples: &[f64]) -> Option<Self> {
        let count = samples.len() as f64;
        let logs = || samples.iter().map(|sample| sample.max(SPAN_MIN_S).ln());
        let middle = logs().sum::<f64>() / count;
        let variance = logs().map(|log| (log - middle).powi(2)).sum::<f64>() / count;
        (!samples.is_empty()).then(|| Self::LogNormal { middle, deviation: variance.sqrt() })
    }
}

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    pub fn span(&mut self, of: Spans) -> Duration {
        let seconds = match of {
            Spans::Fixed(seconds) => seconds,
            Spans::Exponential(mean_s) => self.exponential() * mean_s,
            Spans::LogNormal { middle, deviation } => {
                let normal: f64 = StandardNormal.sample(&mut self.0);
                (middle + deviation * normal).exp()
            }
        };
        Duration::from_secs_f64(seconds.min(SPAN_MAX_S))
    }

    /// Exponential, mean 1.
    pub fn exponential(&mut self) -> f64 {
        Exp1.sample(&mut self.0)
    }

    /// Even, from 0 to below 1.
    pub fn uniform(&mut self) -> f64 {
        StandardUniform.sample(&mut self.0)
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, share: f64) -> bool {
        self.uniform() < share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_the_mean_they_are_given() {
        let mut draw = Draw::new(7);
        for span in [Span::Exponential { mean_s: 4.0 }, Span::LogNormal { mean_s: 4.0, p95_s: 8.0 }]
        {
            let of = Spans::of(span).unwrap();
            let sum: f64 = (0..200_000).map(|_| draw.span(of).as_secs_f64()).sum();
            let mean = sum / 200_000.0;
            assert!((mean - 4.0).abs() < 0.04, "{span:?}: {mean}");
        }
        let heads = (0..100_000).filter(|_| draw.happens(0.1)).count();
        assert!((9_600..10_400).contains(&heads), "{heads}");
    }
}
