//! What was shown, and what is known since: a report that has changed is never replaced, it gets a
//! correction that names each figure before and after, and what made the difference.

use std::collections::{BTreeMap, BTreeSet};

use acd::Record;
use acd::rates::Outcome;
use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, Timestamp};

use crate::calls::{CallFacts, Calls, call_of};
use crate::dial_test::standing;
use crate::event::{AsOf, Event, Place};
use crate::exclusion::{ExclusionId, in_force};
use crate::lines::{Group, Line, Value};
use crate::period::{DAY_US, Period};
use crate::report::{AgentFigures, Findings, Report, Sources, compute, report};
use crate::returns::{Duty, DutyState, duties};

/// The marked difference of two reports of one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    pub period: Period,
    pub shown: AsOf,
    pub corrected: AsOf,
    pub changes: Vec<Change>,
    /// Never empty.
    pub reasons: Vec<Reason>,
}

/// One figure before and after; `None` where there was no such figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub from: Timestamp,
    pub until: Timestamp,
    pub group: Group,
    pub marked: bool,
    pub figure: String,
    pub was: Option<Value>,
    pub is: Option<Value>,
}

/// Why figures changed. `events` are those that have become known in between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// More is known of a call.
    Call {
        call: CallId,
        rang_at: Timestamp,
        was: Option<Outcome>,
        is: Option<Outcome>,
        events: Vec<Place>,
    },
    /// More is known of what an agent did.
    Agent {
        agent: AgentId,
        events: Vec<Place>,
    },
    /// A missed-call return, named by its first missed call.
    Return {
        call: CallId,
        was: Option<DutyState>,
        is: Option<DutyState>,
    },
    ExclusionApproved {
        exclusion: ExclusionId,
    },
    ExclusionRevoked {
        exclusion: ExclusionId,
    },
    /// An inspector's finding was handed in.
    DialFinding {
        batch: String,
        number: u32,
    },
    /// Nothing new happened: what was going on went on, limits ran out.
    TimePassed {
        from: Timestamp,
        until: Timestamp,
    },
}

/// What the report of `period` as of `shown` has become; `None` if every figure is the same.
#[must_use]
pub fn correct(
    sources: &Sources<'_>,
    period: Period,
    shown: &AsOf,
    corrected: &AsOf,
) -> Option<Correction> {
    let (was, is) = (report(sources, period, shown), report(sources, period, corrected));
    let changes = differences(&was, &is);
    if changes.is_empty() {
        return None;
    }
    let found = Difference::between(sources, period, shown, corrected);
    let mut reasons = found.calls();
    // The report as it would be had nothing become known: what is left of the difference is time.
    let aged = AsOf { events: shown.events.clone(), at: corrected.at };
    let findings =
        Findings { exclusions: in_force(sources.exclusions, shown.at), known_at: shown.at };
    let aged = compute(sources, period, &aged, findings);
    reasons.extend(found.agents(&aged, &is));
    reasons.extend(found.returns());
    reasons.extend(found.exclusions());
    reasons.extend(found.dial_findings());
    if !differences(&was, &aged).is_empty() {
        reasons.push(Reason::TimePassed { from: shown.at, until: corrected.at });
    }
    let (shown, corrected) = (shown.clone(), corrected.clone());
    Some(Correction { period, shown, corrected, changes, reasons })
}

fn differences(was: &Report, is: &Report) -> Vec<Change> {
    let key = |line: Line| {
        let Line { from, until, group, marked, figure, value } = line;
        ((from, until, group, marked, figure), value)
    };
    let was: BTreeMap<_, Value> = was.lines().into_iter().map(key).collect();
    let is: BTreeMap<_, Value> = is.lines().into_iter().map(key).collect();
    let keys: BTreeSet<_> = was.keys().chain(is.keys()).collect();
    let changed = keys.into_iter().filter(|key| was.get(key) != is.get(key));
    changed
        .map(|key| {
            let (from, until, group, marked, figure) = key.clone();
            let (was, is) = (was.get(key).copied(), is.get(key).copied());
            Change { from, until, group, marked, figure, was, is }
        })
        .collect()
}

/// Two moments of the same period.
struct Difference<'a> {
    sources: &'a Sources<'a>,
    period: Period,
    shown: &'a AsOf,
    corrected: &'a AsOf,
    /// Events that are known at one of the moments only.
    new: Vec<&'a Event>,
}

impl<'a> Difference<'a> {
    fn between(
        sources: &'a Sources<'a>,
        period: Period,
        shown: &'a AsOf,
        corrected: &'a AsOf,
    ) -> Self {
        let new = sources.ledger.events().iter().filter(|event| {
            shown.events.includes(event.place) != corrected.events.includes(event.place)
        });
        Self { sources, period, shown, corrected, new: new.collect() }
    }

    /// Places of the new events that `concerns` names.
    fn events(&self, concerns: impl Fn(&Record) -> bool) -> Vec<Place> {
        let new = self.new.iter().filter(|event| concerns(&event.record));
        new.map(|event| event.place).collect()
    }

    fn calls(&self) -> Vec<Reason> {
        let was = Calls::of(self.sources.ledger, self.shown);
        let is = Calls::of(self.sources.ledger, self.corrected);
        let (was, is) = (by_id(&was), by_id(&is));
        // K1 slides over the day before; a dial test may name a call of another day.
        let reach = self.period.reaching_back(2 * DAY_US);
        let tested: BTreeSet<CallId> =
            self.sources.dial_attempts.iter().filter_map(|attempt| attempt.call).collect();
        let ids: BTreeSet<CallId> = was.keys().chain(is.keys()).copied().collect();
        let mut reasons = Vec::new();
        for call in ids {
            let (was, is) = (was.get(&call).copied(), is.get(&call).copied());
            let Some(rang_at) = is.or(was).map(|call| call.fact.rang_at) else { continue };
            if was == is || !(reach.contains(rang_at) || tested.contains(&call)) {
                continue;
            }
            let events = self.events(|record| call_of(record) == Some(call));
            let outcome = |call: Option<&CallFacts>| call.map(|call| call.fact.outcome);
            let (was, is) = (outcome(was), outcome(is));
            reasons.push(Reason::Call { call, rang_at, was, is, events });
        }
        reasons
    }

    /// Agents whose time or offers are others than time alone would have made them.
    fn agents(&self, aged: &Report, is: &Report) -> Vec<Reason> {
        let (was, is) = (agents_by_id(aged), agents_by_id(is));
        let ids: BTreeSet<AgentId> = was.keys().chain(is.keys()).copied().collect();
        let own = |of: Option<&&AgentFigures>| {
            of.map(|of| (of.time.clone(), of.pick_ups, of.offers)).unwrap_or_default()
        };
        let changed = ids.into_iter().filter(|id| own(was.get(id)) != own(is.get(id)));
        changed
            .map(|agent| {
                let events = self.events(|record| agent_of(record) == Some(agent));
                Reason::Agent { agent, events }
            })
            .collect()
    }

    fn returns(&self) -> Vec<Reason> {
        let Sources { ledger, daytime, .. } = *self.sources;
        let was = duties(ledger, self.shown, daytime);
        let is = duties(ledger, self.corrected, daytime);
        let (was, is) = (self.duties_by_call(&was), self.duties_by_call(&is));
        let ids: BTreeSet<CallId> = was.keys().chain(is.keys()).copied().collect();
        let changed = ids.into_iter().filter(|id| was.get(id) != is.get(id));
        changed
            .map(|call| {
                let state = |duties: &BTreeMap<CallId, &Duty>| duties.get(&call).map(|d| d.state);
                Reason::Return { call, was: state(&was), is: state(&is) }
            })
            .collect()
    }

    fn duties_by_call<'d>(&self, duties: &'d [Duty]) -> BTreeMap<CallId, &'d Duty> {
        let of_period = duties.iter().filter(|duty| self.period.contains(duty.owed_at));
        of_period.filter_map(|duty| Some((*duty.missed.first()?, duty))).collect()
    }

    fn exclusions(&self) -> Vec<Reason> {
        let ids = |at: Timestamp| -> BTreeSet<ExclusionId> {
            in_force(self.sources.exclusions, at).iter().map(|of| of.id).collect()
        };
        let (was, is) = (ids(self.shown.at), ids(self.corrected.at));
        let approved = is.difference(&was).map(|id| Reason::ExclusionApproved { exclusion: *id });
        let revoked = was.difference(&is).map(|id| Reason::ExclusionRevoked { exclusion: *id });
        approved.chain(revoked).collect()
    }

    fn dial_findings(&self) -> Vec<Reason> {
        let ids = |at: Timestamp| -> BTreeSet<(String, u32)> {
            let standing = standing(self.sources.dial_attempts, self.period, at);
            standing.into_iter().map(|of| (of.batch.clone(), of.number)).collect()
        };
        let (was, is) = (ids(self.shown.at), ids(self.corrected.at));
        let new = was.symmetric_difference(&is).cloned();
        new.map(|(batch, number)| Reason::DialFinding { batch, number }).collect()
    }
}

fn by_id(calls: &Calls) -> BTreeMap<CallId, &CallFacts> {
    calls.all().iter().map(|call| (call.call, call)).collect()
}

fn agents_by_id(report: &Report) -> BTreeMap<AgentId, &AgentFigures> {
    report.agents.iter().map(|agent| (agent.agent, agent)).collect()
}

/// The agent whose time or offers a record tells of.
const fn agent_of(record: &Record) -> Option<AgentId> {
    match record {
        Record::AgentStateChanged { agent, .. }
        | Record::OfferMade { agent, .. }
        | Record::OfferLapsed { agent, .. }
        | Record::OfferRefused { agent, .. }
        | Record::OfferFailed { agent, .. }
        | Record::OfferWithdrawn { agent, .. } => Some(*agent),
        _ => None,
    }
}
