//! Inbound calls as the records left them: what [`acd::rates`] decides of each, and what reports want
//! to know beside it.

use std::collections::{BTreeMap, BTreeSet};

use acd::rates::{CallFact, Outcome, facts};
use acd::{AbandonCause, CallEndCause, Record, TakenBack};
use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, SkillCode, Timestamp};

use crate::event::{AsOf, Event, Ledger};
use crate::period::Period;

/// A talk that our side ended sooner was hardly a service: shown, because K1 counts it as answered.
pub const TALK_BRIEF_US: u64 = 5_000_000;

/// One inbound call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFacts {
    pub call: CallId,
    /// When it rang and what became of it: all that rates count.
    #[serde(flatten)]
    pub fact: CallFact,
    /// First signalling. The wait of K2 begins with the ring, so what lies between is shown.
    pub arrived_at: Timestamp,
    pub dialled: String,
    /// An agent must have all of them; empty: any agent.
    pub skills: BTreeSet<SkillCode>,
    /// The carrier gave the caller's number, so that a return is possible.
    pub with_number: bool,
    /// Who answered first.
    pub agent: Option<AgentId>,
    /// Why it was given up.
    pub abandoned_by: Option<AbandonCause>,
    /// Talks that lost their agent; the wait that follows is not a new call.
    pub returned: u64,
    /// How often another agent took it over. The answer was counted before.
    pub taken_over: u64,
    pub end: Option<CallEnd>,
}

/// The end of a call that had been answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEnd {
    /// All talks of the call together.
    pub talked_us: u64,
    pub cause: CallEndCause,
}

impl CallFacts {
    /// The wait of an answered call.
    #[must_use]
    pub const fn answered_after_us(&self) -> Option<u64> {
        match self.fact.outcome {
            Outcome::Answered { wait_us } => Some(wait_us),
            Outcome::Unresolved | Outcome::Abandoned { .. } => None,
        }
    }

    /// The wait of a call that was given up.
    #[must_use]
    pub const fn abandoned_after_us(&self) -> Option<u64> {
        match self.fact.outcome {
            Outcome::Abandoned { waited_us } => Some(waited_us),
            Outcome::Unresolved | Outcome::Answered { .. } => None,
        }
    }

    /// From the first signalling to the ring; no rate counts it.
    #[must_use]
    pub fn before_ring_us(&self) -> u64 {
        let span = self.fact.rang_at.since(self.arrived_at);
        u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
    }

    /// Our side ended the talk before it lasted [`TALK_BRIEF_US`].
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        let ours = |cause| matches!(cause, CallEndCause::AgentHungUp | CallEndCause::AgentLost);
        self.end.is_some_and(|end| ours(end.cause) && end.talked_us < TALK_BRIEF_US)
    }

    /// Takes in what does not decide about the outcome.
    fn note(&mut self, record: &Record) {
        match record {
            Record::CallReturned { .. } => self.returned += 1,
            Record::CallTakenOver { .. } => self.taken_over += 1,
            Record::CallEnded { talked_us, cause, .. } => {
                self.end = Some(CallEnd { talked_us: *talked_us, cause: *cause });
            }
            Record::CallResumed {
                takes_back: TakenBack::Ended | TakenBack::EndedInQueue, ..
            } => self.end = None,
            _ => {}
        }
    }

    /// The outcome has become what it is by this record.
    fn resolve(&mut self, outcome: Outcome, record: &Record) {
        self.fact.outcome = outcome;
        self.agent = match record {
            Record::CallAnswered { agent, line: false, .. } => Some(*agent),
            _ => None,
        };
        self.abandoned_by = match record {
            Record::CallAbandoned { cause, .. } => Some(*cause),
            _ => None,
        };
    }
}

/// All inbound calls that were known, in the order of their rings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    calls: Vec<CallFacts>,
}

impl Calls {
    /// Folds the records that were known.
    #[must_use]
    pub fn of(ledger: &Ledger, as_of: &AsOf) -> Self {
        let mut groups: BTreeMap<CallId, Vec<&Record>> = BTreeMap::new();
        for Event { record, .. } in ledger.known(&as_of.events) {
            if let Some(call) = call_of(record) {
                groups.entry(call).or_default().push(record);
            }
        }
        let folded = groups.into_iter().filter_map(|(call, records)| fold(call, &records));
        let mut calls: Vec<CallFacts> = folded.collect();
        calls.sort_by_key(|call| (call.fact.rang_at, call.call));
        Self { calls }
    }

    #[must_use]
    pub fn all(&self) -> &[CallFacts] {
        &self.calls
    }

    /// Those that rang in `[from, until)`: a call belongs to the window of its ring.
    #[must_use]
    pub fn rung(&self, from: Timestamp, until: Timestamp) -> &[CallFacts] {
        let first = self.calls.partition_point(|call| call.fact.rang_at < from);
        let end = self.calls.partition_point(|call| call.fact.rang_at < until);
        self.calls.get(first..end).unwrap_or_default()
    }

    /// Those that rang in the period.
    #[must_use]
    pub fn within(&self, period: Period) -> &[CallFacts] {
        self.rung(period.from(), period.until())
    }

    /// Those that rang in the period, without the calls that `leaves_out` names.
    #[must_use]
    pub(crate) fn without(&self, period: Period, leaves_out: impl Fn(&CallFacts) -> bool) -> Self {
        let left = self.within(period).iter().filter(|call| !leaves_out(call));
        Self { calls: left.cloned().collect() }
    }
}

/// The inbound call that a record speaks of, as far as calls are folded from it.
pub(crate) const fn call_of(record: &Record) -> Option<CallId> {
    match record {
        Record::CallArrived { call, .. }
        | Record::CallAnswered { call, .. }
        | Record::CallAbandoned { call, .. }
        | Record::CallResumed { call, .. }
        | Record::CallReturned { call, .. }
        | Record::CallTakenOver { call, .. }
        | Record::CallEnded { call, .. } => Some(*call),
        _ => None,
    }
}

/// One call from its records in order; `None` for one whose arrival is not among them.
fn fold(call: CallId, records: &[&Record]) -> Option<CallFacts> {
    let mut known: Option<CallFacts> = None;
    for (index, record) in records.iter().enumerate() {
        match &mut known {
            None => known = arrived(call, record),
            Some(known) => {
                // What counts is decided by the rates alone, from everything up to this record.
                let until_now = records.iter().take(index + 1).copied();
                let outcome = facts(until_now).first().map_or(Outcome::Unresolved, |f| f.outcome);
                if outcome != known.fact.outcome {
                    known.resolve(outcome, record);
                }
                known.note(record);
            }
        }
    }
    known
}

fn arrived(call: CallId, record: &Record) -> Option<CallFacts> {
    let Record::CallArrived { caller, dialled, skills, arrived_at, rang_at, .. } = record else {
        return None;
    };
    Some(CallFacts {
        call,
        fact: CallFact { rang_at: *rang_at, outcome: Outcome::Unresolved },
        arrived_at: *arrived_at,
        dialled: dialled.clone(),
        skills: skills.clone(),
        with_number: caller.is_some(),
        agent: None,
        abandoned_by: None,
        returned: 0,
        taken_over: 0,
        end: None,
    })
}
