//! What the callers of a floor must expect, learned from what came of former words.

use std::collections::BTreeMap;

use types::{AgentId, CallId, Timestamp};

use super::{Calibration, Doing, FloorPace, NoExpectation, Pace, QueueNow, Wait};

/// A wait that has ended, beside the first expectation of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Came {
    /// Place at that expectation; the next one to be served is 1.
    pub place: usize,
    pub told: Wait,
    /// Seconds from that expectation to the end of the wait.
    pub came_s: f64,
    pub answered: bool,
}

/// A floor's pace and what was learned about expectations on it.
#[derive(Debug, Clone)]
pub struct FloorWaits {
    floor: FloorPace,
    calibration: Calibration,
    /// Who waits: place, first expectation and its moment.
    first: BTreeMap<CallId, (usize, Wait, Timestamp)>,
}

impl FloorWaits {
    /// `prior`: before anything has been seen.
    #[must_use]
    pub fn new(prior: Pace) -> Self {
        Self {
            floor: FloorPace::new(prior),
            calibration: Calibration::default(),
            first: BTreeMap::new(),
        }
    }

    /// What each of `calls` must expect, in the order of `queue.waited_s`.
    ///
    /// # Errors
    /// [`NoExpectation`] where nobody serves the queue.
    pub fn look(
        &mut self,
        now: Timestamp,
        calls: &[CallId],
        queue: QueueNow<'_>,
    ) -> Result<Vec<Wait>, NoExpectation> {
        let mut expected = self.floor.pace().expect(queue)?;
        self.calibration.correct(&mut expected);
        for ((call, wait), place) in calls.iter().zip(&expected).zip(1..) {
            self.first.entry(*call).or_insert((place, *wait, now));
        }
        Ok(expected)
    }

    /// A phone begins to ring for `call`.
    pub fn offered(&mut self, at: Timestamp, call: CallId) {
        self.floor.offered(at, call);
    }

    /// `wait_us` after the ring. `None` for who never stood in a queue that was looked at.
    pub fn answered(&mut self, at: Timestamp, call: CallId, wait_us: u64) -> Option<Came> {
        self.floor.answered(at, call, wait_us);
        self.ended(at, call, true)
    }

    pub fn gave_up(&mut self, at: Timestamp, call: CallId, waited_us: u64) -> Option<Came> {
        self.floor.gave_up(call, waited_us);
        self.ended(at, call, false)
    }

    pub fn agent_is(&mut self, at: Timestamp, agent: AgentId, doing: Doing) {
        self.floor.agent_is(at, agent, doing);
    }

    fn ended(&mut self, at: Timestamp, call: CallId, answered: bool) -> Option<Came> {
        let (place, told, told_at) = self.first.remove(&call)?;
        let came_s = at.since(told_at).as_secs_f64();
        self.calibration.came(place, told, came_s, answered);
        Some(Came { place, told, came_s, answered })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_that_are_longer_than_expected_lengthen_the_next_expectation() {
        let at = |s: i64| Timestamp::from_micros(s * 1_000_000);
        let mut floor = FloorWaits::new(Pace::new(120.0, 120.0, 3.0));
        let queue = QueueNow {
            agents: 4,
            reserve: 0,
            reserve_after_s: 12.0,
            reserve_ready: 0,
            ready: 0,
            waited_s: &[0.0],
        };
        let expect = |floor: &mut FloorWaits, call| {
            floor.look(at(0), &[CallId::from_u128(call)], queue).unwrap()[0]
        };
        let first = expect(&mut floor, 1);
        let came = floor.gave_up(at(300), CallId::from_u128(1), 300_000_000).unwrap();
        assert_eq!((came.place, came.told, came.came_s), (1, first, 300.0));
        assert!(!came.answered);
        assert!(floor.gave_up(at(301), CallId::from_u128(1), 1).is_none(), "it has ended");
        assert!(expect(&mut floor, 2).late_s > first.late_s);
    }
}
