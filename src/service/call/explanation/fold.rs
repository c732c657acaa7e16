//! From a call's records to what happened to its caller, step by step. Pure.
//!
//! Owns: which records are causes, and the spans in which nobody was ready, which no record names. The
//! wait ends with the first answer or with the caller's end; what follows an answer explains nothing.

use std::collections::BTreeSet;

use acd::{AbandonCause, FailureCause, GuardStep, Record, TakenBack, WithdrawReason};
use types::{AgentId, LegId, Timestamp};

/// The distributor needs a moment from the ring to the first offer, and from one offer to the next:
/// shorter gaps are the way of the messages and not a want of agents.
const GAP_US_MIN: i64 = 200_000;

/// One step, `at_us` after ringback began. The steps stand in order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub at_us: i64,
    pub cause: Cause,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The agent's phone was rung, by that step of the guard.
    Rang { agent: AgentId, asked: GuardStep },
    Unanswered { agent: AgentId, rang_for_us: u64 },
    Refused { agent: AgentId },
    PhoneFailed { agent: AgentId, why: FailureCause },
    /// She went Not-Ready while it rang.
    Withdrew { agent: AgentId },
    /// Her gateway was lost, or did not know the ringing any more.
    OfferLost { agent: AgentId },
    /// From here on nobody was ready, for so long.
    NobodyReady { for_us: i64 },
    SecondAgentAsked,
    ReserveOpened,
    /// She had answered, and the two could not be connected.
    BridgeFailed { agent: AgentId },
    Answered { agent: AgentId },
    GivenUp { why: AbandonCause },
    QueueFull,
    GatewayLost,
}

/// Explains a call by its records, oldest first. Times of the distributor are taken as they are; the
/// answer and the caller's end have the gateway's wait, by which the figures go.
pub fn explain<'a>(records: impl IntoIterator<Item = (Timestamp, &'a Record)>) -> Vec<Step> {
    let mut fold = Fold::default();
    for (at, record) in records {
        fold.take(at, record);
    }
    fold.steps.sort_by_key(|step| step.at_us);
    fold.steps
}

#[derive(Debug, Default)]
struct Fold {
    rang_at: Option<Timestamp>,
    ringing: BTreeSet<LegId>,
    /// Nobody has been rung since then.
    idle_since_us: i64,
    over: bool,
    steps: Vec<Step>,
}

impl Fold {
    fn take(&mut self, at: Timestamp, record: &Record) {
        if let Record::CallArrived { rang_at, .. } = record {
            self.rang_at = Some(*rang_at);
            return;
        }
        if let Record::CallResumed { takes_back: TakenBack::Abandoned, .. } = record {
            return self.resume();
        }
        if self.over {
            return;
        }
        let Some(rang_at) = self.rang_at else { return };
        let at_us = at.as_micros().saturating_sub(rang_at.as_micros()).max(0);
        match record {
            Record::OfferMade { leg, agent, step, .. } => {
                self.idle_until(at_us);
                self.ringing.insert(*leg);
                self.add(at_us, Cause::Rang { agent: *agent, asked: *step });
            }
            Record::OfferLapsed { leg, agent, rang_for_us, .. } => {
                let cause = Cause::Unanswered { agent: *agent, rang_for_us: *rang_for_us };
                self.stopped(at_us, *leg, Some(cause));
            }
            Record::OfferRefused { leg, agent, .. } => {
                self.stopped(at_us, *leg, Some(Cause::Refused { agent: *agent }));
            }
            Record::OfferFailed { leg, agent, cause, .. } => {
                let cause = Cause::PhoneFailed { agent: *agent, why: *cause };
                self.stopped(at_us, *leg, Some(cause));
            }
            Record::OfferWithdrawn { leg, agent, reason, .. } => {
                self.stopped(at_us, *leg, withdrawn(*agent, *reason));
            }
            Record::GuardStepTaken { step: GuardStep::SecondAgent, .. } => {
                self.add(at_us, Cause::SecondAgentAsked);
            }
            Record::GuardStepTaken { step: GuardStep::Reserve, .. } => {
                self.add(at_us, Cause::ReserveOpened);
            }
            Record::BridgeFailed { agent, .. } => {
                self.ringing.clear();
                self.idle_since_us = at_us;
                self.add(at_us, Cause::BridgeFailed { agent: *agent });
            }
            Record::CallAnswered { agent, wait_us, .. } => {
                self.end(*wait_us, Cause::Answered { agent: *agent });
            }
            Record::CallAbandoned { waited_us, cause, .. } => {
                let cause = match cause {
                    AbandonCause::QueueFull => Cause::QueueFull,
                    AbandonCause::GatewayLost => Cause::GatewayLost,
                    why => Cause::GivenUp { why: *why },
                };
                self.end(*waited_us, cause);
            }
            _ => {}
        }
    }

    fn add(&mut self, at_us: i64, cause: Cause) {
        self.steps.push(Step { at_us, cause });
    }

    fn stopped(&mut self, at_us: i64, leg: LegId, cause: Option<Cause>) {
        if !self.ringing.remove(&leg) {
            return;
        }
        if self.ringing.is_empty() {
            self.idle_since_us = at_us;
        }
        if let Some(cause) = cause {
            self.add(at_us, cause);
        }
    }

    /// Somebody is rung, or the wait is over: what lay between is named.
    fn idle_until(&mut self, at_us: i64) {
        let for_us = at_us - self.idle_since_us;
        if self.ringing.is_empty() && for_us >= GAP_US_MIN {
            self.add(self.idle_since_us, Cause::NobodyReady { for_us });
        }
    }

    fn end(&mut self, waited_us: u64, cause: Cause) {
        let at_us = i64::try_from(waited_us).unwrap_or(i64::MAX);
        // She who answers has rung until now; a caller who gives up may have waited for nobody.
        if !matches!(cause, Cause::Answered { .. }) {
            self.idle_until(at_us);
        }
        self.add(at_us, cause);
        self.over = true;
    }

    /// The caller who was thought lost waits on: the end is taken back, and the gap that led to it.
    fn resume(&mut self) {
        if !std::mem::take(&mut self.over) {
            return;
        }
        self.steps.pop();
        let open_gap = |step: &&Step| {
            matches!(step.cause, Cause::NobodyReady { .. }) && step.at_us == self.idle_since_us
        };
        if self.ringing.is_empty() && self.steps.last().is_some_and(|step| open_gap(&step)) {
            self.steps.pop();
        }
    }
}

/// An offer that was taken back because of her or her phone; that somebody else was faster, or the
/// caller gone, explains nothing.
const fn withdrawn(agent: AgentId, reason: WithdrawReason) -> Option<Cause> {
    match reason {
        WithdrawReason::AgentUnavailable => Some(Cause::Withdrew { agent }),
        WithdrawReason::Stale => Some(Cause::OfferLost { agent }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
