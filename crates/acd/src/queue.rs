//! What a queue has decided: who of the ready is chosen, which call goes first, when the reserve helps. Several queues
//! share one pool of agents: who may take what is a matter of skills alone.
//!
//! Owns the policies and their limits; who is chosen by them is found in `index`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::Timestamp;

use crate::config::millis;
use crate::input::Routing;
use crate::tiers::Tier;

/// Longest head start, ageing step or threshold of a queue: a day.
const QUEUE_SPAN_MS_MAX: u64 = 24 * 3_600_000;
/// Largest weight of a strategy: the sums stay far from the end of 64 bits.
const WEIGHT_MAX: u32 = 1_000;

/// How one queue works. The defaults are those of a centre that has never heard of queues.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueuePolicy {
    pub strategy: Strategy,
    /// Whether waiting outweighs priority; `None`: never.
    pub ageing: Option<Ageing>,
    /// An elder's call (敬老) counts as having rung so much earlier.
    pub elder_head_start_ms: u64,
    /// The same for who has called in vain before.
    pub repeat_head_start_ms: u64,
    /// How long a call waits for its preferred agent while she is busy, at most until the second step of the guard; 0: she is
    /// preferred if she is ready, and never waited for.
    pub preferred_wait_ms: u64,
    /// From which age of the ring each tier of the reserve rings; a tier that is not named opens at
    /// [`crate::Config::reserve_after_ms`].
    pub reserve_after_ms: BTreeMap<Tier, u64>,
    /// Nothing that spares agents holds its calls up: they reach those on a micro-break too, and wait for nobody in particular.
    pub emergency: bool,
}

/// Which of the ready agents who may take a call gets it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Strategy {
    /// Who has been ready for longest since her last call (R21).
    #[default]
    LongestReady,
    /// Who has taken the fewest calls today, whatever breaks she took in between; then who has been ready for longest.
    FewestCalls,
    /// Whose levels of the wanted skills add up to most; then who has been ready for longest.
    MostSkilled,
    /// Who has the most points: `idle` for each second ready, `skill` for each level of a wanted skill, less `calls` for each
    /// call taken today; then who has been ready for longest. Each at most 1000.
    Weighted { idle: u32, skill: u32, calls: u32 },
}

/// Priorities that rise while a call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ageing {
    /// After so long a wait a call is one step of priority further in front.
    pub step_ms: u64,
    /// The priority that waiting leads to at most: what is urgent in itself, or more so, stays before everything that only
    /// waited.
    #[serde(default = "second")]
    pub best: u8,
}

const fn second() -> u8 {
    1
}

impl QueuePolicy {
    /// Where a call stands beside others: its class, lowest first, and within the class the moment from which its wait counts.
    ///
    /// A priority `p` that improves by one step every `s` seconds is `p - (t - ring) / s` at the time `t`. Two calls compare as
    /// `p * s + ring` do, because `t` takes the same away from both: an order that never has to be sorted again, however
    /// long they wait.
    pub(crate) fn rank(
        &self,
        priority: u8,
        rang_at: Timestamp,
        routing: &Routing,
    ) -> (u8, Timestamp) {
        let mut counts_from = rang_at;
        if routing.elder {
            counts_from = counts_from - millis(self.elder_head_start_ms);
        }
        if routing.repeat_caller {
            counts_from = counts_from - millis(self.repeat_head_start_ms);
        }
        match self.ageing {
            Some(Ageing { step_ms, best }) if priority > best => {
                let behind = u64::from(priority - best).saturating_mul(step_ms);
                (best, counts_from + millis(behind))
            }
            Some(_) | None => (priority, counts_from),
        }
    }

    #[must_use]
    pub(crate) fn within_bounds(mut self) -> Self {
        for span in [
            &mut self.elder_head_start_ms,
            &mut self.repeat_head_start_ms,
            &mut self.preferred_wait_ms,
        ] {
            *span = (*span).min(QUEUE_SPAN_MS_MAX);
        }
        for after_ms in self.reserve_after_ms.values_mut() {
            *after_ms = (*after_ms).clamp(1, QUEUE_SPAN_MS_MAX);
        }
        self.reserve_after_ms.remove(&Tier::Regular);
        if let Some(ageing) = &mut self.ageing {
            ageing.step_ms = ageing.step_ms.clamp(1, QUEUE_SPAN_MS_MAX);
        }
        if let Strategy::Weighted { idle, skill, calls } = &mut self.strategy {
            for weight in [idle, skill, calls] {
                *weight = (*weight).min(WEIGHT_MAX);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(s: i64) -> Timestamp {
        Timestamp::from_micros(s * 1_000_000)
    }

    #[test]
    fn a_call_of_low_priority_overtakes_after_so_many_steps_of_waiting_and_not_before() {
        let ageing = Some(Ageing { step_ms: 30_000, best: 1 });
        let policy = QueuePolicy { ageing, ..QueuePolicy::default() };
        let rank = |priority, rang_s| policy.rank(priority, seconds(rang_s), &Routing::default());
        assert!(rank(5, 0) < rank(3, 61), "two steps are worth 60 s");
        assert!(rank(5, 0) > rank(3, 59));
        assert!(rank(5, 0) > rank(0, 1_000_000), "what is urgent in itself stays in front");
    }

    #[test]
    fn without_ageing_no_wait_outweighs_a_step_of_priority() {
        let policy = QueuePolicy::default();
        let rank = |priority, rang_s| policy.rank(priority, seconds(rang_s), &Routing::default());
        assert!(rank(4, 0) > rank(3, 1_000_000));
        assert!(rank(3, 0) < rank(3, 1));
    }

    #[test]
    fn elders_and_repeat_callers_count_from_earlier_and_both_add_up() {
        let policy = QueuePolicy {
            elder_head_start_ms: 20_000,
            repeat_head_start_ms: 5_000,
            ..QueuePolicy::default()
        };
        let counts_from = |elder, repeat_caller| {
            let routing = Routing { elder, repeat_caller, ..Routing::default() };
            policy.rank(5, seconds(100), &routing).1
        };
        assert_eq!(counts_from(false, false), seconds(100));
        assert_eq!(counts_from(true, false), seconds(80));
        assert_eq!(counts_from(false, true), seconds(95));
        assert_eq!(counts_from(true, true), seconds(75));
    }
}
