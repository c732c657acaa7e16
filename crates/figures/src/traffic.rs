//! What is said of any set of calls: the counts behind all rates, waits, abandons, talks.

use acd::AbandonCause;
use acd::rates::{ANSWER_TARGET_US, Rate, Tally, tally};
use serde::{Deserialize, Serialize};
use types::Timestamp;

use crate::abandons::Abandons;
use crate::calls::{CallFacts, Calls};
use crate::period::Period;
use crate::spread::Spread;

/// K3: a wait of at most this counts.
const JIANGSU_TARGET_US: u64 = 30_000_000;
const TARGET_US: u64 = ANSWER_TARGET_US.unsigned_abs();

/// Counts of a set of calls (`domain.md` 3.1). A, X and S are not told apart: what the distributor is
/// not asked to distribute leaves no record, so every recorded call is a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// R, N, N15 and H.
    #[serde(flatten)]
    pub tally: Tally,
    /// Answered with a wait of at most 30 s.
    pub answered_30s: u64,
    pub abandoned: u64,
    /// With a wait of at most 15 s, refused ones left out.
    pub abandoned_15s: u64,
    /// B: refused because too many were waiting. Inside R and inside `abandoned`.
    pub blocked: u64,
    /// Waiting for more than 15 s already: not answered so far.
    pub open: u64,
    /// Answered and over, which is when Asterisk counts.
    pub ended: u64,
    pub ended_15s: u64,
    /// Answered, and ended by our side within 5 s.
    pub cut_short: u64,
    /// Talks that lost their agent; their callers waited again.
    pub returned: u64,
    /// Such waits that ended with another agent. Counted neither in N nor in N15.
    pub taken_over: u64,
}

impl Counts {
    /// K3: answered within 30 s by requests.
    #[must_use]
    pub const fn within_30s(self) -> Rate {
        Rate { part: self.answered_30s, whole: self.tally.requests }
    }

    /// Abandons by requests.
    #[must_use]
    pub const fn abandon_rate(self) -> Rate {
        Rate { part: self.abandoned, whole: self.tally.requests }
    }

    fn of(calls: &[&CallFacts], tally: Tally) -> Self {
        let count =
            |is: &dyn Fn(&CallFacts) -> bool| calls.iter().filter(|call| is(call)).count() as u64;
        let after = |call: &CallFacts, limit: u64| {
            call.answered_after_us().is_some_and(|wait_us| wait_us <= limit)
        };
        let ended = |call: &CallFacts| call.answered_after_us().is_some() && call.end.is_some();
        let abandoned = count(&|call| call.abandoned_after_us().is_some());
        let blocked = |call: &CallFacts| call.abandoned_by == Some(AbandonCause::QueueFull);
        let soon =
            |call: &CallFacts| call.abandoned_after_us().is_some_and(|waited| waited <= TARGET_US);
        Self {
            tally,
            answered_30s: count(&|call| after(call, JIANGSU_TARGET_US)),
            abandoned,
            abandoned_15s: count(&|call| soon(call) && !blocked(call)),
            blocked: count(&blocked),
            open: tally.requests.saturating_sub(tally.answered).saturating_sub(abandoned),
            ended: count(&ended),
            ended_15s: count(&|call| ended(call) && after(call, TARGET_US)),
            cut_short: count(&CallFacts::is_cut_short),
            returned: calls.iter().map(|call| call.returned).sum(),
            taken_over: calls.iter().map(|call| call.taken_over).sum(),
        }
    }
}

/// Figures of a set of calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    pub counts: Counts,
    /// Of answered calls; its mean is ASA (平均应答时长).
    pub waits: Spread,
    pub abandons: Abandons,
    /// From the first signalling to the ring: who rings late makes waits short, and is seen here.
    pub before_ring: Spread,
    /// Of calls that are over.
    pub talks: Spread,
}

impl Traffic {
    /// Figures of the calls that rang in `period`.
    #[must_use]
    pub fn of(calls: &Calls, period: Period, known_at: Timestamp) -> Self {
        Self::of_some(calls, period, known_at, |_| true)
    }

    /// The same of those that `belongs` names.
    pub(crate) fn of_some(
        calls: &Calls,
        period: Period,
        known_at: Timestamp,
        belongs: impl Fn(&CallFacts) -> bool,
    ) -> Self {
        let calls = calls.within(period).iter().filter(|call| belongs(call));
        Self::of_these(&calls.collect::<Vec<_>>(), period, known_at)
    }

    /// The same of `calls`, which all rang in `period`.
    pub(crate) fn of_these(calls: &[&CallFacts], period: Period, known_at: Timestamp) -> Self {
        let facts = calls.iter().map(|call| &call.fact);
        let tally = tally(facts, period.from(), period.until(), known_at);
        let talks = calls.iter().filter(|call| call.answered_after_us().is_some());
        Self {
            counts: Counts::of(calls, tally),
            waits: Spread::of(calls.iter().filter_map(|call| call.answered_after_us()).collect()),
            talks: Spread::of(talks.filter_map(|call| Some(call.end?.talked_us)).collect()),
            before_ring: Spread::of(calls.iter().map(|call| call.before_ring_us()).collect()),
            abandons: Abandons::of(calls),
        }
    }
}
