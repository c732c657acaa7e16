//! K1 over a period: the worst continuous 24 hours (连续24小时内呼叫接通率).

use acd::rates::{CallFact, STEP_US, WINDOW_STEPS, Worst, worst_window};
use serde::{Deserialize, Serialize};
use types::Timestamp;

use crate::calls::Calls;
use crate::period::{Period, plus};
use crate::service_level::Reading;

/// K1 and K1s: one rate, two goals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The lowest of the 24-hour windows that ended within the period, every 5 minutes, and when it
    /// ended. `None` without any call.
    pub worst: Option<Worst>,
    /// At least 95 % (GB/T 33358-2016).
    pub national_met: Option<bool>,
    /// More than 80 % (D1).
    pub seed_met: Option<bool>,
}

impl Connection {
    /// The windows that had ended at `known_at`; `calls` must reach back 24 h before the period.
    #[must_use]
    pub fn of(calls: &Calls, period: Period, known_at: Timestamp) -> Self {
        let Some((first, last)) = marks(period, known_at) else { return Self::default() };
        let reach = plus(first, -WINDOW_STEPS.saturating_mul(STEP_US));
        let facts: Vec<CallFact> = calls.rung(reach, last).iter().map(|call| call.fact).collect();
        let worst = worst_window(&facts, first, last, known_at);
        let met = |reading: Reading| reading.goal()?.met_by(worst?.tally.connection_rate());
        Self { worst, national_met: met(Reading::National), seed_met: met(Reading::Seed) }
    }
}

/// The first and the last 5-minute mark within the period that the clock had passed.
fn marks(period: Period, known_at: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let first = period.from().as_micros().div_euclid(STEP_US);
    let first = first + i64::from(period.from().as_micros().rem_euclid(STEP_US) != 0);
    let last = period.until().min(known_at).as_micros().div_euclid(STEP_US);
    let mark = |step: i64| Timestamp::from_micros(step.saturating_mul(STEP_US));
    (first <= last).then(|| (mark(first), mark(last)))
}
