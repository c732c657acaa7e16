//! The rates kept up to date record by record, an optimisation that equals the recomputation: a resolved call keeps
//! 8 bytes, and a look at the figures copies no call.

use std::collections::{BTreeMap, BTreeSet};

use types::{CallId, Timestamp};

use super::{
    CallFact, Outcome, STEP_US, Tally, Worst, is_counted, start_of, step_of, sum_of, worst_of,
};
use crate::record::{Record, TakenBack};

const DAY_US: i64 = super::WINDOW_STEPS * STEP_US;

/// Counts by 5-minute step of the ring. Each record is to be applied once.
#[derive(Debug, Clone, Default)]
pub struct LiveRates {
    /// Calls whose outcome is open, or can be taken back: those that were given up.
    pending: BTreeMap<CallId, CallFact>,
    unresolved: BTreeSet<(Timestamp, CallId)>,
    resolved: BTreeMap<i64, Step>,
}

/// The resolved calls of one step.
#[derive(Debug, Clone, Default)]
struct Step {
    tally: Tally,
    calls: Vec<Resolved>,
}

/// What a resolved call adds, and when in its step it rang.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Resolved {
    /// Since the step's start; below 5 minutes.
    after_us: u32,
    kind: Kind,
}

/// Outcomes, as far as a [`Tally`] tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    InTime,
    Late,
    GaveUpSoon,
    GaveUp,
}

impl Kind {
    const fn of(tally: Tally) -> Self {
        match tally {
            Tally { answered_in_time: 1.., .. } => Self::InTime,
            Tally { answered: 1.., .. } => Self::Late,
            Tally { short_abandons: 1.., .. } => Self::GaveUpSoon,
            _ => Self::GaveUp,
        }
    }

    fn tally(self) -> Tally {
        Tally {
            requests: 1,
            answered: u64::from(matches!(self, Self::InTime | Self::Late)),
            answered_in_time: u64::from(matches!(self, Self::InTime)),
            short_abandons: u64::from(matches!(self, Self::GaveUpSoon)),
        }
    }
}

impl Resolved {
    fn of(fact: CallFact) -> Self {
        let after_us = fact.rang_at.as_micros().rem_euclid(STEP_US);
        let kind = Kind::of(Tally::of(fact.outcome));
        Self { after_us: u32::try_from(after_us).unwrap_or(u32::MAX), kind }
    }
}

impl LiveRates {
    /// Takes one record in.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::CallArrived { call, rang_at, .. } => {
                let fact = CallFact { rang_at: *rang_at, outcome: Outcome::Unresolved };
                self.pending.insert(*call, fact);
                self.unresolved.insert((*rang_at, *call));
            }
            Record::CallAnswered { call, wait_us, .. } => {
                self.resolve(*call, Outcome::Answered { wait_us: *wait_us });
            }
            Record::CallAbandoned { call, waited_us, .. } => {
                self.resolve(*call, Outcome::Abandoned { waited_us: *waited_us });
            }
            Record::CallResumed { call, takes_back: TakenBack::Abandoned } => self.reopen(*call),
            _ => {}
        }
    }

    fn resolve(&mut self, call: CallId, outcome: Outcome) {
        let Some(fact) = self.pending.get_mut(&call) else { return };
        if fact.outcome != Outcome::Unresolved {
            return;
        }
        fact.outcome = outcome;
        let fact = *fact;
        if !fact.is_abandoned() {
            self.pending.remove(&call);
        }
        self.unresolved.remove(&(fact.rang_at, call));
        let step = self.resolved.entry(step_of(fact.rang_at)).or_default();
        step.tally.add(Tally::of(outcome));
        step.calls.push(Resolved::of(fact));
    }

    fn reopen(&mut self, call: CallId) {
        let Some(fact) = self.pending.get_mut(&call).filter(|fact| fact.is_abandoned()) else {
            return;
        };
        let was = *fact;
        fact.outcome = Outcome::Unresolved;
        self.unresolved.insert((was.rang_at, call));
        let Some(step) = self.resolved.get_mut(&step_of(was.rang_at)) else { return };
        step.tally.subtract(Tally::of(was.outcome));
        let one = Resolved::of(was);
        if let Some(index) = step.calls.iter().position(|call| *call == one) {
            step.calls.swap_remove(index);
        }
    }

    /// The 24 h that end at the last 5-minute mark before `now`.
    #[must_use]
    pub fn window(&self, now: Timestamp) -> Tally {
        sum_of(&self.steps(now), step_of(now))
    }

    /// The 24 h before `now`, to the microsecond; a call that rings at `now` is within.
    #[must_use]
    pub fn day(&self, now: Timestamp) -> Tally {
        let from = Timestamp::from_micros(now.as_micros().saturating_sub(DAY_US));
        let mut sum = Tally::default();
        for (number, step) in self.resolved.range(step_of(from)..=step_of(now)) {
            let start = start_of(*number).as_micros();
            if start >= from.as_micros() && start + STEP_US <= now.as_micros() {
                sum.add(step.tally);
                continue;
            }
            let within = |call: &&Resolved| {
                let rang = start + i64::from(call.after_us);
                (from.as_micros()..=now.as_micros()).contains(&rang)
            };
            step.calls.iter().filter(within).for_each(|call| sum.add(call.kind.tally()));
        }
        let late = self.late(now).filter(|rang_at| (from..=now).contains(rang_at));
        late.for_each(|_| sum.add(Tally::of(Outcome::Unresolved)));
        sum
    }

    /// The worst 24 h that ended between `from` and `now`, as [`super::worst_window`] finds it.
    #[must_use]
    pub fn worst(&self, from: Timestamp, now: Timestamp) -> Option<Worst> {
        worst_of(&self.steps(now), from, now)
    }

    /// Counts by step, with what is not answered after 15 s.
    fn steps(&self, now: Timestamp) -> BTreeMap<i64, Tally> {
        let mut steps: BTreeMap<i64, Tally> =
            self.resolved.iter().map(|(number, step)| (*number, step.tally)).collect();
        for rang_at in self.late(now) {
            steps.entry(step_of(rang_at)).or_default().add(Tally::of(Outcome::Unresolved));
        }
        steps
    }

    /// When the calls rang whose outcome is open and that count nevertheless.
    fn late(&self, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        let counted = move |rang_at: &Timestamp| {
            is_counted(CallFact { rang_at: *rang_at, outcome: Outcome::Unresolved }, now)
        };
        self.unresolved.iter().map(|(rang_at, _)| *rang_at).filter(counted)
    }

    /// Forgets calls that rang before `before`; keep at least 24 h, more if the worst window of a
    /// longer period is asked for.
    pub fn forget_before(&mut self, before: Timestamp) {
        let before = start_of(step_of(before));
        self.pending.retain(|_, fact| fact.rang_at >= before);
        self.unresolved.retain(|(at, _)| *at >= before);
        let step = step_of(before);
        self.resolved.retain(|of, _| *of >= step);
    }
}
