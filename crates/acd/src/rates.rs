//! Connection rates and the 15-second share (K1, K1a, K2a, K2b; `domain.md` 3.1 and 3.2), in exact
//! whole numbers over the recorded facts of calls.
//!
//! Owns the counting base; never rounds, never reads a clock. The live counter and the recomputation
//! give the same figures at the same event.

mod live;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::{CallId, Timestamp};

pub use self::live::LiveRates;
use crate::record::{Record, TakenBack};

/// K2: a wait of at most this counts (15.000 s does, 15.001 s does not).
pub const ANSWER_TARGET_US: i64 = 15_000_000;
/// H: a caller who gave up before this.
pub const SHORT_ABANDON_US: i64 = 5_000_000;
/// K1 is evaluated on this grid ...
pub const STEP_US: i64 = 300_000_000;
/// ... over this many steps: 24 hours.
pub const WINDOW_STEPS: i64 = 288;

/// One inbound call, as far as the records tell. Times are those of its gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFact {
    /// `t_ring`: the call belongs to the window of this moment.
    pub rang_at: Timestamp,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Unresolved,
    /// By a person.
    Answered {
        wait_us: u64,
    },
    Abandoned {
        waited_us: u64,
    },
}

impl CallFact {
    const fn is_abandoned(&self) -> bool {
        matches!(self.outcome, Outcome::Abandoned { .. })
    }
}

/// Counts over a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// R: human requests.
    pub requests: u64,
    /// N: answered by a person.
    pub answered: u64,
    /// N15: with a wait of at most 15.000 s.
    pub answered_in_time: u64,
    /// H: gave up in less than 5 s.
    pub short_abandons: u64,
}

/// An exact fraction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    pub part: u64,
    pub whole: u64,
}

impl Rate {
    /// Strictly more than `percent`: 80.0 % exactly does not pass "more than 80 %" (D1). Without any
    /// call there is nothing to miss.
    #[must_use]
    pub const fn is_above(self, percent: u64) -> bool {
        self.whole == 0 || self.part as u128 * 100 > self.whole as u128 * percent as u128
    }

    /// At least `percent` (the national line of 95 %).
    #[must_use]
    pub const fn is_at_least(self, percent: u64) -> bool {
        self.part as u128 * 100 >= self.whole as u128 * percent as u128
    }

    /// Whether this rate is lower than another one. A rate over no calls is lower than none.
    #[must_use]
    pub const fn is_below(self, other: Self) -> bool {
        match (self.whole, other.whole) {
            (0, _) => false,
            (_, 0) => true,
            _ => {
                self.part as u128 * (other.whole as u128) < other.part as u128 * self.whole as u128
            }
        }
    }
}

impl Tally {
    /// K1: N / R.
    #[must_use]
    pub const fn connection_rate(self) -> Rate {
        Rate { part: self.answered, whole: self.requests }
    }

    /// K1a: N / (R - H); for information only.
    #[must_use]
    pub const fn adjusted_rate(self) -> Rate {
        Rate { part: self.answered, whole: self.requests.saturating_sub(self.short_abandons) }
    }

    /// K2a: N15 / N.
    #[must_use]
    pub const fn in_time_of_answered(self) -> Rate {
        Rate { part: self.answered_in_time, whole: self.answered }
    }

    /// K2b: N15 / R.
    #[must_use]
    pub const fn in_time_of_requests(self) -> Rate {
        Rate { part: self.answered_in_time, whole: self.requests }
    }

    const fn of(outcome: Outcome) -> Self {
        let mut tally = Self { requests: 1, answered: 0, answered_in_time: 0, short_abandons: 0 };
        match outcome {
            Outcome::Unresolved => {}
            Outcome::Answered { wait_us } => {
                tally.answered = 1;
                tally.answered_in_time = (wait_us <= ANSWER_TARGET_US.unsigned_abs()) as u64;
            }
            Outcome::Abandoned { waited_us } => {
                tally.short_abandons = (waited_us < SHORT_ABANDON_US.unsigned_abs()) as u64;
            }
        }
        tally
    }

    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.answered += other.answered;
        self.answered_in_time += other.answered_in_time;
        self.short_abandons += other.short_abandons;
    }

    fn subtract(&mut self, other: Self) {
        self.requests = self.requests.saturating_sub(other.requests);
        self.answered = self.answered.saturating_sub(other.answered);
        self.answered_in_time = self.answered_in_time.saturating_sub(other.answered_in_time);
        self.short_abandons = self.short_abandons.saturating_sub(other.short_abandons);
    }
}

/// The calls that records tell of, as the last of them left each.
pub fn facts<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<CallFact> {
    let mut calls: BTreeMap<CallId, CallFact> = BTreeMap::new();
    for record in records {
        match record {
            Record::CallArrived { call, rang_at, .. } => {
                let fact = CallFact { rang_at: *rang_at, outcome: Outcome::Unresolved };
                calls.entry(*call).or_insert(fact);
            }
            Record::CallAnswered { call, wait_us, .. } => {
                resolve(&mut calls, *call, Outcome::Answered { wait_us: *wait_us });
            }
            Record::CallAbandoned { call, waited_us, .. } => {
                resolve(&mut calls, *call, Outcome::Abandoned { waited_us: *waited_us });
            }
            Record::CallResumed { call, takes_back: TakenBack::Abandoned } => {
                if let Some(fact) = calls.get_mut(call).filter(|fact| fact.is_abandoned()) {
                    fact.outcome = Outcome::Unresolved;
                }
            }
            _ => {}
        }
    }
    calls.into_values().collect()
}

/// The first outcome stands.
fn resolve(calls: &mut BTreeMap<CallId, CallFact>, call: CallId, outcome: Outcome) {
    if let Some(fact) = calls.get_mut(&call).filter(|fact| fact.outcome == Outcome::Unresolved) {
        fact.outcome = outcome;
    }
}

/// Counts the calls that rang in `[from, until)`. One that is not resolved counts as not answered
/// once it is older than 15 s at `known_at`, and not at all before.
pub fn tally<'a>(
    facts: impl IntoIterator<Item = &'a CallFact>,
    from: Timestamp,
    until: Timestamp,
    known_at: Timestamp,
) -> Tally {
    let mut sum = Tally::default();
    for fact in facts {
        if fact.rang_at >= from && fact.rang_at < until && is_counted(*fact, known_at) {
            sum.add(Tally::of(fact.outcome));
        }
    }
    sum
}

fn is_counted(fact: CallFact, known_at: Timestamp) -> bool {
    fact.outcome != Outcome::Unresolved
        || known_at.as_micros().saturating_sub(fact.rang_at.as_micros()) > ANSWER_TARGET_US
}

/// The worst 24 hours of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worst {
    /// End of the window.
    pub at: Timestamp,
    pub tally: Tally,
}

/// K1 over a period: every 5 minutes from `from` to `until` (both on the grid, both inside) the 24 h
/// before; the lowest rate and the first time it is met. `None` without any call.
#[must_use]
pub fn worst_window(
    facts: &[CallFact],
    from: Timestamp,
    until: Timestamp,
    known_at: Timestamp,
) -> Option<Worst> {
    let mut steps: BTreeMap<i64, Tally> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| is_counted(**fact, known_at)) {
        steps.entry(step_of(fact.rang_at)).or_default().add(Tally::of(fact.outcome));
    }
    worst_of(&steps, from, until)
}

fn worst_of(steps: &BTreeMap<i64, Tally>, from: Timestamp, until: Timestamp) -> Option<Worst> {
    let (first, last) = (step_of(from), step_of(until));
    let mut sum = sum_of(steps, first);
    let mut worst: Option<Worst> = None;
    for step in first..=last {
        if step > first {
            if let Some(entering) = steps.get(&(step - 1)) {
                sum.add(*entering);
            }
            if let Some(leaving) = steps.get(&(step - 1 - WINDOW_STEPS)) {
                sum.subtract(*leaving);
            }
        }
        let lower =
            worst.is_none_or(|worst| sum.connection_rate().is_below(worst.tally.connection_rate()));
        if sum.requests > 0 && lower {
            worst = Some(Worst { at: start_of(step), tally: sum });
        }
    }
    worst
}

/// The 24 h before the start of `step`.
fn sum_of(steps: &BTreeMap<i64, Tally>, step: i64) -> Tally {
    let mut sum = Tally::default();
    for (_, tally) in steps.range(step - WINDOW_STEPS..step) {
        sum.add(*tally);
    }
    sum
}

const fn step_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(STEP_US)
}

const fn start_of(step: i64) -> Timestamp {
    Timestamp::from_micros(step * STEP_US)
}
