//! What comes in, and how long it keeps an agent.

use thiserror::Error;

/// Longest span that is believed, in seconds: a day.
const SPAN_MAX_S: f64 = 86_400.0;

/// Most calls an hour that are believed: the whole country's at the same number.
const CALLS_MAX_PER_HOUR: f64 = 10_000_000.0;

/// The demand on a pool of agents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Mean arrivals per hour.
    pub calls_per_hour: f64,
    /// Mean of talk and wrap-up together, in seconds.
    pub handling_s: f64,
}

/// Why figures are no load.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum LoadError {
    #[error("calls per hour must be above 0 and at most {CALLS_MAX_PER_HOUR}, not {0}")]
    CallsPerHour(f64),
    #[error("the mean {what} must be above 0 and at most {SPAN_MAX_S} s, not {given}")]
    Span { what: &'static str, given: f64 },
}

impl Load {
    /// A load whose figures can be computed with.
    ///
    /// # Errors
    /// [`LoadError`] for what is not positive, not finite or beyond belief.
    pub fn new(calls_per_hour: f64, handling_s: f64) -> Result<Self, LoadError> {
        if !(calls_per_hour > 0.0 && calls_per_hour <= CALLS_MAX_PER_HOUR) {
            return Err(LoadError::CallsPerHour(calls_per_hour));
        }
        let handling_s = span("handling time", handling_s)?;
        Ok(Self { calls_per_hour, handling_s })
    }

    /// Agents who would be busy all the time if nobody ever waited or hung up, in erlangs.
    #[must_use]
    pub fn erlangs(&self) -> f64 {
        self.calls_per_hour * self.handling_s / 3_600.0
    }
}

/// A mean span that can be computed with.
pub fn span(what: &'static str, seconds: f64) -> Result<f64, LoadError> {
    if seconds > 0.0 && seconds <= SPAN_MAX_S {
        return Ok(seconds);
    }
    Err(LoadError::Span { what, given: seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_calls_of_four_minutes_keep_four_agents_busy() {
        assert_eq!(Load::new(60.0, 240.0).unwrap().erlangs(), 4.0);
    }

    #[test]
    fn what_is_no_load_is_refused_and_named() {
        for (calls, handling) in [(0.0, 240.0), (f64::NAN, 240.0), (f64::INFINITY, 240.0)] {
            assert!(matches!(Load::new(calls, handling), Err(LoadError::CallsPerHour(_))));
        }
        for handling in [0.0, -1.0, f64::NAN, 86_401.0] {
            assert!(matches!(Load::new(60.0, handling), Err(LoadError::Span { .. })));
        }
    }
}
