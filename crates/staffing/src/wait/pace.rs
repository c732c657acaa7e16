//! How fast a floor works and how soon callers give up, as it has been lately: what an expectation is made of where nobody
//! has planned it.

use super::expectation::{Expectation, QueueNow};
use super::hang_ups::HangUps;
use super::pick_up::PickUp;
use super::{NoExpectation, Wait};

/// So many calls are remembered: the oldest fade.
const MEMORY_CALLS: f64 = 200.0;
/// What was expected beforehand weighs as much as so many calls.
const PRIOR_CALLS: f64 = 10.0;
/// No call takes less of an agent.
const BUSY_MIN_S: f64 = 1.0;
/// Whose phone rang later than this had to wait for an agent, in seconds: where many are free several phones ring for one
/// caller, and answers are quicker than out of a queue.
const QUEUED_AFTER_S: f64 = 1.0;

/// What the last calls were like. All spans in seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    /// Time that agents were not free, per call: ringing, talking, wrapping up, offers in vain.
    busy_s: f64,
    calls: f64,
    hang_ups: HangUps,
    pick_up: PickUp,
}

impl Pace {
    /// Before anything has been seen: what one call takes of an agent, a mean patience, a mean time to pick up.
    #[must_use]
    pub fn new(handling_s: f64, patience_s: f64, ring_s: f64) -> Self {
        Self {
            busy_s: handling_s * PRIOR_CALLS,
            calls: PRIOR_CALLS,
            hang_ups: HangUps::new(patience_s),
            pick_up: PickUp::new(ring_s),
        }
    }

    /// An agent is free again after `span_s`. `handled`: with a call behind her, not only offers in vain.
    pub fn freed(&mut self, span_s: f64, handled: bool) {
        if handled {
            let kept = 1.0 - 1.0 / MEMORY_CALLS;
            self.busy_s *= kept;
            self.calls = self.calls * kept + 1.0;
        }
        self.busy_s += span_s;
    }

    /// A caller was answered after `wait_s`, `ring_s` after the first phone rang for her.
    pub fn answered(&mut self, wait_s: f64, ring_s: f64) {
        if wait_s - ring_s > QUEUED_AFTER_S {
            self.pick_up.took(ring_s);
        }
        self.hang_ups.waited(wait_s, false);
    }

    /// A caller gave up after `wait_s`.
    pub fn hung_up(&mut self, wait_s: f64) {
        self.hang_ups.waited(wait_s, true);
    }

    /// What those who wait must expect until somebody speaks, the next one to be served first. O(n) with the callers.
    ///
    /// # Errors
    /// [`NoExpectation`] for a queue without agents.
    pub fn expect(&self, queue: QueueNow<'_>) -> Result<Vec<Wait>, NoExpectation> {
        let busy_s = (self.busy_s / self.calls).max(BUSY_MIN_S);
        let pick_up = self.pick_up.points();
        Expectation { queue, busy_s, hang_ups: &self.hang_ups, pick_up }.waits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(pace: &Pace, agents: u32) -> Wait {
        let waited_s = &[0.0];
        let (reserve, reserve_ready, reserve_after_s) = (0, 0, 12.0);
        let queue =
            QueueNow { agents, reserve, reserve_ready, reserve_after_s, ready: 0, waited_s };
        pace.expect(queue).unwrap()[0]
    }

    #[test]
    fn a_pace_is_forgotten_within_some_hundred_calls() {
        let mut pace = Pace::new(240.0, 120.0, 3.0);
        for _ in 0..2_000 {
            pace.freed(100.0, true);
            pace.answered(30.0, 1.0);
        }
        // 5 agents of 100 s: one is free every 20 s; then it rings for 1 s.
        let found = first(&pace, 5);
        assert!((found.middle_s - 20.0 * 2.0_f64.ln() - 1.0).abs() < 0.1, "{found:?}");
        assert!((found.late_s - 20.0 * 5.0_f64.ln() - 1.0).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn offers_in_vain_make_a_call_longer() {
        let mut pace = Pace::new(100.0, 60.0, 3.0);
        let before = first(&pace, 1);
        pace.freed(50.0, false);
        assert!(first(&pace, 1).middle_s > before.middle_s);
    }

    #[test]
    fn the_phone_of_who_did_not_have_to_wait_says_nothing_about_a_queue() {
        let mut pace = Pace::new(100.0, 60.0, 3.0);
        let before = first(&pace, 4);
        for _ in 0..100 {
            pace.answered(0.5, 0.5);
        }
        assert_eq!(first(&pace, 4), before);
        for _ in 0..100 {
            pace.answered(20.0, 8.0);
        }
        assert!(first(&pace, 4).middle_s > before.middle_s + 4.0);
    }
}
