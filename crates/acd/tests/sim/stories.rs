//! Every wait of every world is explained to its last microsecond, and truly.

use std::collections::BTreeSet;

use acd::{Explanation, Record, STEPS_MAX, StepCause, WaitEnding, WithdrawReason, explain};
use types::{AgentId, LegId, Timestamp};

use super::World;

/// A phone that rang: from when to when, in microseconds since the ring by the core's clock.
struct Rang {
    leg: LegId,
    agent: AgentId,
    from_us: i64,
    until_us: i64,
}

impl World {
    pub(super) fn keep_story(&mut self, at: Timestamp, record: &Record) {
        let call = match record {
            Record::CallArrived { call, .. }
            | Record::CallQueued { call, .. }
            | Record::OfferMade { call, .. }
            | Record::OfferRingsOn { call, .. }
            | Record::OfferLapsed { call, .. }
            | Record::OfferRefused { call, .. }
            | Record::OfferFailed { call, .. }
            | Record::OfferWithdrawn { call, .. }
            | Record::GuardStepTaken { call, .. }
            | Record::PreferredAwaited { call, .. }
            | Record::BridgeFailed { call, .. }
            | Record::CallAnswered { call, .. }
            | Record::CallAbandoned { call, .. }
            | Record::CallResumed { call, .. } => *call,
            _ => return,
        };
        self.stories.entry(call).or_default().push((at, record.clone()));
    }

    pub(super) fn check_stories(&mut self) {
        for (call, story) in std::mem::take(&mut self.stories) {
            let told = explain(call, story.iter().map(|(at, record)| (*at, record)));
            let told = told.unwrap_or_else(|| panic!("{call} is not explained {}", self.trace()));
            if let Some(fault) = fault_of(&told, &story) {
                panic!("{call}: {fault}\n{told:?}\n{story:?}\n{}", self.trace());
            }
            self.tell_story(&told);
            if gave_a_phone_away(&story) {
                *self.told.entry("phone_taken_back").or_default() += 1;
            }
        }
    }

    fn tell_story(&mut self, told: &Explanation) {
        let late = |agent: AgentId| {
            told.steps.iter().any(
                |step| matches!(step.cause, StepCause::NoAnswer { agent: of, .. } if of == agent),
            )
        };
        let rings = told.spans.iter().map(|span| span.ringing.len()).max().unwrap_or(0);
        let words = [
            (
                "answered_late",
                matches!(told.ending, WaitEnding::Answered { agent, .. } if late(agent)),
            ),
            ("three_rang_at_once", rings >= 3),
        ];
        for (word, _) in words.into_iter().filter(|(_, happened)| *happened) {
            *self.told.entry(word).or_default() += 1;
        }
    }
}

/// One of its phones was withdrawn as if somebody had answered, and it waited on.
fn gave_a_phone_away(story: &[(Timestamp, Record)]) -> bool {
    let mut rest = story.iter().map(|(_, record)| record).skip_while(|record| {
        let reason = WithdrawReason::AnsweredElsewhere;
        !matches!(record, Record::OfferWithdrawn { reason: of, .. } if *of == reason)
    });
    let next = rest.find(|record| !matches!(record, Record::OfferWithdrawn { .. }));
    matches!(
        next,
        Some(
            Record::OfferMade { .. }
                | Record::OfferRingsOn { .. }
                | Record::OfferLapsed { .. }
                | Record::OfferRefused { .. }
                | Record::GuardStepTaken { .. }
        )
    )
}

fn fault_of(told: &Explanation, story: &[(Timestamp, Record)]) -> Option<String> {
    let mut until_us = 0;
    for span in &told.spans {
        if span.from_us != until_us || span.until_us <= span.from_us {
            return Some(format!("a gap or an overlap at {until_us}"));
        }
        until_us = span.until_us;
    }
    if until_us != told.waited_us {
        return Some(format!("explained until {until_us} of {}", told.waited_us));
    }
    if !told.steps.is_sorted_by_key(|step| step.after_us) || told.steps.len() > STEPS_MAX {
        return Some("steps out of order, or too many".to_owned());
    }
    if told.steps.last().is_some_and(|step| step.after_us > told.waited_us) {
        return Some("a step after the end".to_owned());
    }
    let end = story.iter().rev().find_map(|(_, record)| match record {
        Record::CallAnswered { wait_us, .. } => Some(*wait_us),
        Record::CallAbandoned { waited_us, .. } => Some(*waited_us),
        _ => None,
    });
    if end != Some(told.waited_us) {
        return Some(format!("ended at {end:?}"));
    }
    let simple = !story.iter().any(|(_, record)| {
        matches!(record, Record::CallResumed { .. } | Record::BridgeFailed { .. })
    });
    if simple { false_span(told, &rang(story)) } else { None }
}

/// When which phone rang until the answer, read from the records in another way than the explanation does.
fn rang(story: &[(Timestamp, Record)]) -> Vec<Rang> {
    let ring = story.iter().find_map(|(_, record)| match record {
        Record::CallQueued { ring_started, .. } => Some(ring_started.as_micros()),
        _ => None,
    });
    let ring = ring.unwrap();
    let mut rang: Vec<Rang> = Vec::new();
    for (at, record) in story {
        let at_us = at.as_micros() - ring;
        match record {
            Record::OfferMade { leg, agent, .. } => {
                rang.push(Rang { leg: *leg, agent: *agent, from_us: at_us, until_us: i64::MAX });
            }
            Record::OfferLapsed { leg, .. }
            | Record::OfferRefused { leg, .. }
            | Record::OfferFailed { leg, .. }
            | Record::OfferWithdrawn { leg, .. } => {
                let of = rang.iter_mut().find(|rang| rang.leg == *leg).unwrap();
                assert_eq!(of.until_us, i64::MAX, "an offer ends once");
                of.until_us = at_us;
            }
            Record::CallAnswered { .. } => break,
            _ => {}
        }
    }
    rang
}

/// A span that names others than those whose phones rang in its middle.
fn false_span(told: &Explanation, rang: &[Rang]) -> Option<String> {
    told.spans.iter().find_map(|span| {
        let middle = i64::try_from(u64::midpoint(span.from_us, span.until_us)).unwrap();
        let rings = |rang: &&Rang| (rang.from_us..rang.until_us).contains(&middle);
        let truth: BTreeSet<AgentId> = rang.iter().filter(rings).map(|rang| rang.agent).collect();
        let named: BTreeSet<AgentId> = span.ringing.iter().copied().collect();
        (truth != named).then(|| format!("{span:?} while {truth:?} rang"))
    })
}
