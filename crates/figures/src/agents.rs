//! What agents did with their time: spans of states, and sums of them over any part of a day.

use std::collections::BTreeMap;

use acd::rates::Rate;
use acd::{AgentStateName, NotReadyReason, Record};
use serde::{Deserialize, Serialize};
use types::{AgentId, Timestamp};
use uuid::Uuid;

use crate::event::{AsOf, Event, Ledger};
use crate::period::Period;
use crate::spread::Spread;

/// One agent in one state, without a break. All spans are of the core's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub agent: AgentId,
    /// Never signed out.
    pub state: AgentStateName,
    pub from: Timestamp,
    pub until: Timestamp,
    /// The state that followed; `None` while it lasts, and where the journal ends.
    pub then: Option<AgentStateName>,
}

impl Span {
    /// The ringing ended with her answer.
    #[must_use]
    pub fn is_pick_up(&self) -> bool {
        self.state == AgentStateName::Offered && self.then == Some(AgentStateName::Talking)
    }

    fn length_us(&self) -> u64 {
        u64::try_from(self.until.since(self.from).as_micros()).unwrap_or(u64::MAX)
    }
}

/// The spans that were known, in order of their beginnings. One that lasts is cut at `as_of.at`. A
/// new journal knows nobody: spans of the old one end with its last change of any agent, which can
/// be proved.
#[must_use]
pub fn spans(ledger: &Ledger, as_of: &AsOf) -> Vec<Span> {
    let mut fold = Fold::default();
    for event in ledger.known(&as_of.events) {
        fold.take(event);
    }
    fold.close_all(as_of.at);
    fold.done.sort_by_key(|span| (span.from, span.agent, span.until));
    fold.done
}

#[derive(Default)]
struct Fold {
    open: BTreeMap<AgentId, (AgentStateName, Timestamp)>,
    done: Vec<Span>,
    journal: Option<Uuid>,
    /// Time of the last record of agents in `journal`.
    last_at: Timestamp,
}

impl Fold {
    fn take(&mut self, event: &Event) {
        let Record::AgentStateChanged { agent, to, .. } = &event.record else { return };
        if self.journal.is_some_and(|journal| journal != event.place.journal) {
            self.close_all(self.last_at);
        }
        self.journal = Some(event.place.journal);
        self.last_at = event.at;
        if let Some((state, from)) = self.open.remove(agent) {
            self.push(Span { agent: *agent, state, from, until: event.at, then: Some(*to) });
        }
        if *to != AgentStateName::SignedOut {
            self.open.insert(*agent, (*to, event.at));
        }
    }

    fn close_all(&mut self, until: Timestamp) {
        for (agent, (state, from)) in std::mem::take(&mut self.open) {
            self.push(Span { agent, state, from, until, then: None });
        }
    }

    fn push(&mut self, span: Span) {
        if span.from < span.until {
            self.done.push(span);
        }
    }
}

/// Sums of spans, in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentTime {
    pub ready_us: u64,
    /// Left alone for a moment after an offer she did not take: still on duty, still free.
    pub warned_us: u64,
    pub ringing_us: u64,
    /// Held callers included.
    pub talking_us: u64,
    /// Calls of her own, dialling included.
    pub outbound_us: u64,
    pub wrap_up_us: u64,
    /// Breaks and everything else that keeps her out of Ready, by reason.
    pub not_ready: Vec<NotReadyTime>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotReadyTime {
    #[serde(flatten)]
    pub reason: NotReadyReason,
    pub us: u64,
}

impl AgentTime {
    /// The parts of `spans` that lie in `period`.
    #[must_use]
    pub fn of<'a>(spans: impl IntoIterator<Item = &'a Span>, period: Period) -> Self {
        let mut sum = Self::default();
        for span in spans {
            sum.add(span.state, period.overlap_us(span.from, span.until));
        }
        sum
    }

    /// One sum for each of `parts`, which follow one another without a gap.
    pub(crate) fn by_part(spans: &[Span], parts: &[Period]) -> Vec<Self> {
        let mut sums = vec![Self::default(); parts.len()];
        for span in spans {
            let first = parts.partition_point(|part| part.until() <= span.from);
            let touched = parts.iter().zip(&mut sums).skip(first);
            for (part, sum) in touched.take_while(|(part, _)| part.from() < span.until) {
                sum.add(span.state, part.overlap_us(span.from, span.until));
            }
        }
        sums
    }

    /// Ringing, talking and held, calling out, wrapping up.
    #[must_use]
    pub const fn busy_us(&self) -> u64 {
        self.ringing_us
            .saturating_add(self.talking_us)
            .saturating_add(self.outbound_us)
            .saturating_add(self.wrap_up_us)
    }

    /// Busy by busy and ready; ringing is busy, breaks are in neither (`peers.md` section 2).
    #[must_use]
    pub const fn occupancy(&self) -> Rate {
        let busy = self.busy_us();
        let whole = busy.saturating_add(self.ready_us).saturating_add(self.warned_us);
        Rate { part: busy, whole }
    }

    fn add(&mut self, state: AgentStateName, us: u64) {
        let sum = match state {
            AgentStateName::SignedOut => return,
            AgentStateName::NotReady { reason } => return self.add_not_ready(reason, us),
            AgentStateName::Ready => &mut self.ready_us,
            AgentStateName::Warned => &mut self.warned_us,
            AgentStateName::Offered => &mut self.ringing_us,
            AgentStateName::Talking => &mut self.talking_us,
            AgentStateName::Outbound => &mut self.outbound_us,
            AgentStateName::WrapUp => &mut self.wrap_up_us,
        };
        *sum = sum.saturating_add(us);
    }

    fn add_not_ready(&mut self, reason: NotReadyReason, us: u64) {
        if us == 0 {
            return;
        }
        match self.not_ready.binary_search_by_key(&reason, |time| time.reason) {
            Ok(at) => {
                if let Some(time) = self.not_ready.get_mut(at) {
                    time.us = time.us.saturating_add(us);
                }
            }
            Err(at) => self.not_ready.insert(at, NotReadyTime { reason, us }),
        }
    }
}

/// From ring to answer, of the offers that were answered within `period` (R25a: 95 % in 3 s).
#[must_use]
pub(crate) fn pick_ups<'a>(spans: impl Iterator<Item = &'a Span>, period: Period) -> Spread {
    let answered = spans.filter(|span| span.is_pick_up() && period.contains(span.until));
    Spread::of(answered.map(Span::length_us).collect())
}
