//! How fast a floor works and how soon callers give up, as it has been lately: what a [`Line`] is made of where nobody
//! has planned it.

use super::{Line, NoExpectation, Wait};

/// So many calls are remembered: the oldest fade.
const MEMORY_CALLS: f64 = 200.0;
/// What was expected beforehand weighs as much as so many calls.
const PRIOR_CALLS: f64 = 10.0;

/// Sums over the last calls. All spans in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Time that agents were not free, per call: ringing, talking, wrapping up, offers in vain.
    busy_s: f64,
    calls: f64,
    /// Waits of all callers, per caller who hung up: the mean of an exponential patience, seen through answers.
    waited_s: f64,
    hung_up: f64,
    /// From the offer to the answer.
    ring_s: f64,
    answered: f64,
}

impl Pace {
    /// Before anything has been seen: what one call takes of an agent, a mean patience, a mean time to pick up.
    #[must_use]
    pub fn new(handling_s: f64, patience_s: f64, ring_s: f64) -> Self {
        Self {
            busy_s: handling_s * PRIOR_CALLS,
            calls: PRIOR_CALLS,
            waited_s: patience_s * PRIOR_CALLS,
            hung_up: PRIOR_CALLS,
            ring_s: ring_s * PRIOR_CALLS,
            answered: PRIOR_CALLS,
        }
    }

    /// An agent is free again after `span_s`. `handled`: with a call behind her, not only offers in vain.
    pub fn freed(&mut self, span_s: f64, handled: bool) {
        if handled {
            fade(&mut self.busy_s, &mut self.calls);
            self.calls += 1.0;
        }
        self.busy_s += span_s;
    }

    /// A caller was answered after `wait_s`, `ring_s` after the offer.
    pub fn answered(&mut self, wait_s: f64, ring_s: f64) {
        fade(&mut self.ring_s, &mut self.answered);
        self.ring_s += ring_s;
        self.answered += 1.0;
        self.waited_s += wait_s;
    }

    /// A caller gave up after `wait_s`.
    pub fn hung_up(&mut self, wait_s: f64) {
        fade(&mut self.waited_s, &mut self.hung_up);
        self.waited_s += wait_s;
        self.hung_up += 1.0;
    }

    /// The line of so many agents at this pace.
    ///
    /// # Errors
    /// [`NoExpectation`] for a line without agents.
    pub fn line(&self, agents: u32) -> Result<Line, NoExpectation> {
        Line::new(agents, 1.0, self.busy_s / self.calls, self.waited_s / self.hung_up)
    }

    /// The same wait until somebody speaks: the phone must ring first.
    #[must_use]
    pub fn until_answer(&self, wait: Wait) -> Wait {
        let ring_s = self.ring_s / self.answered;
        Wait { middle_s: wait.middle_s + ring_s, late_s: wait.late_s + ring_s }
    }
}

fn fade(sum: &mut f64, count: &mut f64) {
    let kept = 1.0 - 1.0 / MEMORY_CALLS;
    *sum *= kept;
    *count *= kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_forgotten_within_some_hundred_calls() {
        let mut pace = Pace::new(240.0, 120.0, 3.0);
        for _ in 0..2_000 {
            pace.freed(100.0, true);
            pace.answered(30.0, 1.0);
            pace.hung_up(30.0);
        }
        // One of two hangs up: 60 s of waiting per hang-up.
        let expected = Line::new(5, 1.0, 100.0, 60.0).unwrap().waits(0, 1)[0];
        let found = pace.line(5).unwrap().waits(0, 1)[0];
        assert!((found.middle_s / expected.middle_s - 1.0).abs() < 0.01, "{found:?} {expected:?}");
        let answered = pace.until_answer(found);
        assert!((answered.late_s - found.late_s - 1.0).abs() < 0.01);
    }

    #[test]
    fn offers_in_vain_make_a_call_longer() {
        let mut pace = Pace::new(100.0, 60.0, 3.0);
        let before = pace.line(1).unwrap().waits(0, 1)[0];
        pace.freed(50.0, false);
        assert!(pace.line(1).unwrap().waits(0, 1)[0].middle_s > before.middle_s);
        assert_eq!(pace.line(0), Err(NoExpectation::NobodyOnLine));
    }
}
