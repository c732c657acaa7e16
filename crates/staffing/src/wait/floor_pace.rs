//! The pace of a floor, measured from what happens on it.

use std::collections::BTreeMap;

use types::{AgentId, CallId, Timestamp};

use super::Pace;

/// What an agent does, as far as callers are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Ready, or not at the callers' disposal at all.
    Free,
    /// Rung, calling somebody, wrapping up.
    Busy,
    Talking,
}

/// A [`Pace`] that is told of offers, answers, hang-ups and agents' states as they come.
#[derive(Debug, Clone)]
pub struct FloorPace {
    pace: Pace,
    offered_at: BTreeMap<CallId, Timestamp>,
    /// Since when an agent is not free, and whether she has talked since.
    busy: BTreeMap<AgentId, (Timestamp, bool)>,
}

impl FloorPace {
    /// `prior`: before anything has been seen.
    #[must_use]
    pub const fn new(prior: Pace) -> Self {
        Self { pace: prior, offered_at: BTreeMap::new(), busy: BTreeMap::new() }
    }

    #[must_use]
    pub const fn pace(&self) -> &Pace {
        &self.pace
    }

    /// A phone begins to ring for `call`; the first one counts.
    pub fn offered(&mut self, at: Timestamp, call: CallId) {
        self.offered_at.entry(call).or_insert(at);
    }

    /// `wait_us` after the ring.
    pub fn answered(&mut self, at: Timestamp, call: CallId, wait_us: u64) {
        let offered = self.offered_at.remove(&call);
        let ring_s = offered.map_or(0.0, |offered| at.since(offered).as_secs_f64());
        self.pace.answered(seconds(wait_us), ring_s);
    }

    pub fn gave_up(&mut self, call: CallId, waited_us: u64) {
        self.offered_at.remove(&call);
        self.pace.hung_up(seconds(waited_us));
    }

    pub fn agent_is(&mut self, at: Timestamp, agent: AgentId, doing: Doing) {
        match doing {
            Doing::Free => {
                if let Some((since, talked)) = self.busy.remove(&agent) {
                    self.pace.freed(at.since(since).as_secs_f64(), talked);
                }
            }
            Doing::Busy => {
                self.busy.entry(agent).or_insert((at, false));
            }
            Doing::Talking => self.busy.entry(agent).or_insert((at, true)).1 = true,
        }
    }
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_micros(s * 1_000_000)
    }

    #[test]
    fn a_floor_is_told_and_the_pace_is_that_of_its_calls() {
        let (call, agent) = (CallId::from_u128(1), AgentId::from_u128(1));
        let (mut floor, mut pace) =
            (FloorPace::new(Pace::new(240.0, 120.0, 3.0)), Pace::new(240.0, 120.0, 3.0));
        floor.offered(at(7), call);
        floor.agent_is(at(7), agent, Doing::Busy);
        floor.answered(at(9), call, 9_000_000);
        floor.agent_is(at(9), agent, Doing::Talking);
        floor.agent_is(at(100), agent, Doing::Busy);
        floor.agent_is(at(107), agent, Doing::Free);
        floor.gave_up(CallId::from_u128(2), 30_000_000);
        pace.answered(9.0, 2.0);
        pace.freed(100.0, true);
        pace.hung_up(30.0);
        assert_eq!(*floor.pace(), pace);
    }
}
