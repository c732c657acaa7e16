//! The traffic report of a period (`domain.md` section 10): every figure of this crate, for the whole,
//! by day, half-hour, skill, dialled number and agent.

use std::collections::{BTreeMap, BTreeSet};

use acd::rates::{ANSWER_TARGET_US, STEP_US};
use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, SkillCode, Timestamp};

use crate::agents::{AgentTime, Span, pick_ups, spans};
use crate::beside_base::BesideBase;
use crate::calls::{CallFacts, Calls};
use crate::connection::Connection;
use crate::dial_test::{DialAttempt, DialTest, dial_tests};
use crate::event::{AsOf, Ledger};
use crate::exclusion::{Beside, Exclusion, in_force};
use crate::offers::{OfferCounts, offers};
use crate::period::{DAY_US, Period};
use crate::returns::{Daytime, Returns, duties};
use crate::service_level::ReadingFigure;
use crate::spread::Spread;
use crate::traffic::{Counts, Traffic};

/// What reports are made of.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    pub ledger: &'a Ledger,
    /// All that were ever proposed; approval is looked at here.
    pub exclusions: &'a [Exclusion],
    pub dial_attempts: &'a [DialAttempt],
    pub daytime: Daytime,
}

/// All figures of one period, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub period: Period,
    pub as_of: AsOf,
    pub total: Beside<Traffic>,
    /// Of `total`, side by side.
    pub readings: Beside<Vec<ReadingFigure>>,
    pub connection: Beside<Connection>,
    /// K1c is the connection rate of each.
    pub days: Vec<DayFigures>,
    pub half_hours: Vec<HalfHourFigures>,
    /// A call that asks for two skills is in both: these add up to more than the total.
    pub skills: Vec<SkillFigures>,
    pub numbers: Vec<NumberFigures>,
    pub agents: Vec<AgentFigures>,
    /// All agents together.
    pub floor: AgentTime,
    pub returns: Returns,
    /// Screened calls and promised calls back: never inside `total`.
    #[serde(default)]
    pub beside_base: BesideBase,
    pub dial_tests: Vec<DialTest>,
    /// D2: every answered call that waited longer than 15 s.
    pub breaches: Vec<Breach>,
    /// Approved and in force, whether they touch the period or not.
    pub exclusions: Vec<Exclusion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayFigures {
    pub period: Period,
    pub traffic: Beside<Traffic>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfHourFigures {
    pub period: Period,
    pub traffic: Traffic,
    pub floor: AgentTime,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillFigures {
    /// `None`: calls that ask for none.
    pub skill: Option<SkillCode>,
    pub traffic: Traffic,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberFigures {
    /// D5: the number that was called.
    pub dialled: String,
    pub traffic: Traffic,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentFigures {
    pub agent: AgentId,
    /// Of the calls that she answered first.
    pub counts: Counts,
    pub waits: Spread,
    /// The whole talks of these calls, also with those who took them over.
    pub talks: Spread,
    pub time: AgentTime,
    /// From ring to her answer.
    pub pick_ups: Spread,
    pub offers: OfferCounts,
}

/// One answered call that waited too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    pub call: CallId,
    pub rang_at: Timestamp,
    pub wait_us: u64,
    pub agent: Option<AgentId>,
}

/// Every figure of `period` as it was at `as_of`. Pure: the same question has one answer.
#[must_use]
pub fn report(sources: &Sources<'_>, period: Period, as_of: &AsOf) -> Report {
    let exclusions = in_force(sources.exclusions, as_of.at);
    let found = Findings { exclusions, known_at: as_of.at };
    compute(sources, period, as_of, found)
}

/// What people had decided and handed in.
#[derive(Debug, Clone)]
pub(crate) struct Findings {
    pub(crate) exclusions: Vec<Exclusion>,
    /// Dial tests handed in until then.
    pub(crate) known_at: Timestamp,
}

pub(crate) fn compute(
    sources: &Sources<'_>,
    period: Period,
    as_of: &AsOf,
    found: Findings,
) -> Report {
    let calls = Calls::of(sources.ledger, as_of);
    let spans = spans(sources.ledger, as_of);
    let duties = duties(sources.ledger, as_of, sources.daytime);
    let beside = |period: Period| {
        Beside::count(&calls, &found.exclusions, period, |calls| {
            Traffic::of(calls, period, as_of.at)
        })
    };
    let reach = period.reaching_back(DAY_US + STEP_US);
    let total = beside(period);
    let split = Split { calls: &calls, period, known_at: as_of.at };
    Report {
        period,
        as_of: as_of.clone(),
        readings: total.map(|traffic| traffic.counts.readings()),
        total,
        connection: Beside::count(&calls, &found.exclusions, reach, |calls| {
            Connection::of(calls, period, as_of.at)
        }),
        days: (period.days().into_iter())
            .map(|period| DayFigures { period, traffic: beside(period) })
            .collect(),
        half_hours: split.half_hours(&spans),
        skills: split.skills(),
        numbers: split.numbers(),
        agents: split.agents(&spans, &offers(sources.ledger, as_of, period)),
        floor: AgentTime::of(&spans, period),
        returns: Returns::of(&duties, period, as_of.at, sources.daytime),
        beside_base: BesideBase::of(sources.ledger, as_of, period),
        dial_tests: dial_tests(sources.dial_attempts, &calls, period, found.known_at),
        breaches: calls.within(period).iter().filter_map(breach).collect(),
        exclusions: found.exclusions,
    }
}

/// One period in parts.
struct Split<'a> {
    calls: &'a Calls,
    period: Period,
    known_at: Timestamp,
}

impl Split<'_> {
    fn traffic(&self, belongs: impl Fn(&CallFacts) -> bool) -> Traffic {
        Traffic::of_some(self.calls, self.period, self.known_at, belongs)
    }

    fn half_hours(&self, spans: &[Span]) -> Vec<HalfHourFigures> {
        let parts = self.period.half_hours();
        let floors = AgentTime::by_part(spans, &parts);
        let figures = |(period, floor)| HalfHourFigures {
            period,
            traffic: Traffic::of(self.calls, period, self.known_at),
            floor,
        };
        parts.into_iter().zip(floors).map(figures).collect()
    }

    fn skills(&self) -> Vec<SkillFigures> {
        let mut skills: BTreeSet<Option<&SkillCode>> = BTreeSet::new();
        for call in self.calls.within(self.period) {
            skills.extend(call.skills.iter().map(Some));
            skills.extend(call.skills.is_empty().then_some(None));
        }
        let figures = |skill: Option<&SkillCode>| SkillFigures {
            skill: skill.cloned(),
            traffic: self.traffic(|call| match skill {
                Some(skill) => call.skills.contains(skill),
                None => call.skills.is_empty(),
            }),
        };
        skills.into_iter().map(figures).collect()
    }

    fn numbers(&self) -> Vec<NumberFigures> {
        let calls = self.calls.within(self.period).iter();
        let numbers: BTreeSet<&str> = calls.map(|call| call.dialled.as_str()).collect();
        let figures = |dialled: &str| NumberFigures {
            dialled: dialled.to_owned(),
            traffic: self.traffic(|call| call.dialled == dialled),
        };
        numbers.into_iter().map(figures).collect()
    }

    fn agents(&self, spans: &[Span], offers: &BTreeMap<AgentId, OfferCounts>) -> Vec<AgentFigures> {
        let mut agents: BTreeMap<AgentId, OfAgent<'_>> = BTreeMap::new();
        let within = |span: &&Span| self.period.overlap_us(span.from, span.until) > 0;
        for span in spans.iter().filter(within) {
            agents.entry(span.agent).or_default().spans.push(span);
        }
        for call in self.calls.within(self.period) {
            if let Some(agent) = call.agent {
                agents.entry(agent).or_default().answered.push(call);
            }
        }
        for agent in offers.keys() {
            agents.entry(*agent).or_default();
        }
        let figures = |(agent, OfAgent { spans, answered }): (AgentId, OfAgent<'_>)| {
            let Traffic { counts, waits, talks, .. } =
                Traffic::of_these(&answered, self.period, self.known_at);
            AgentFigures {
                agent,
                counts,
                waits,
                talks,
                time: AgentTime::of(spans.iter().copied(), self.period),
                pick_ups: pick_ups(spans.iter().copied(), self.period),
                offers: offers.get(&agent).copied().unwrap_or_default(),
            }
        };
        agents.into_iter().map(figures).collect()
    }
}

/// What is known of one agent: a thousand of them must not look through all calls each (R25).
#[derive(Default)]
struct OfAgent<'a> {
    spans: Vec<&'a Span>,
    /// The calls that she answered first.
    answered: Vec<&'a CallFacts>,
}

fn breach(call: &CallFacts) -> Option<Breach> {
    let wait_us = call.answered_after_us()?;
    let late = wait_us > ANSWER_TARGET_US.unsigned_abs();
    let rang_at = call.fact.rang_at;
    late.then_some(Breach { call: call.call, rang_at, wait_us, agent: call.agent })
}
