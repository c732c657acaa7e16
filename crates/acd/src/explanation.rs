//! Why a caller waited as long as she did: every moment of the wait with its cause, as a fold over the call's records.
//!
//! For whoever shows or examines a single call (the supervisor's page, a report of misses). Nothing here is stored: the
//! same records always give the same explanation, so that there is no second truth.
//!
//! Two clocks tell of a call. Ring and end of the wait are by the gateway's; offers and the guard's steps by the
//! distributor's, which says in [`Record::CallQueued`] when the ring started by it. Moments are spans since the ring,
//! each measured by its own clock. Records of a release without `CallQueued` are read as if both clocks agreed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, LegId, Timestamp};

use crate::agent::micros;
use crate::effect::WithdrawReason;
use crate::input::FailureCause;
use crate::record::{AbandonCause, GuardStep, Record};

/// Most steps of one explanation; the last of them is always the end of the wait.
pub const STEPS_MAX: usize = 64;
/// Most spans of one explanation; the last one reaches to the end.
pub const SPANS_MAX: usize = 96;
/// A time without a ringing phone that is no longer than this is the way between gateway and distributor, and is no step.
const ON_THE_WAY_US: u64 = 50_000;

/// The wait of one call, until an agent and the caller heard each other or the caller was gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    pub call: CallId,
    /// From the ring to the end of the wait; so far, if it has not ended.
    pub waited_us: u64,
    pub ending: WaitEnding,
    /// What happened, in order.
    pub steps: Vec<ExplainedStep>,
    /// Steps beyond [`STEPS_MAX`].
    pub left_out: u64,
    /// What went on, from 0 to `waited_us`, without gap or overlap.
    pub spans: Vec<WaitSpan>,
    /// Which of those who rang are no persons but lines to a neighbouring centre.
    #[serde(default)]
    pub lines: BTreeSet<AgentId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum WaitEnding {
    /// Still waiting when the last record was made.
    Waiting,
    Answered {
        agent: AgentId,
        saved_by: GuardStep,
    },
    GivenUp {
        cause: AbandonCause,
    },
}

/// One cause at its moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedStep {
    /// Since the ring.
    pub after_us: u64,
    #[serde(flatten)]
    pub cause: StepCause,
}

/// `rang_us`: how long her phone had rung by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum StepCause {
    /// For so long, until this moment, no phone rang: no matching agent was ready.
    NobodyReady {
        for_us: u64,
    },
    /// For so long, until this moment, the call was kept for the agent it would rather have, and nobody else was asked.
    KeptForPreferred {
        agent: AgentId,
        for_us: u64,
    },
    /// The ring limit passed without an answer.
    NoAnswer {
        agent: AgentId,
        rang_us: u64,
    },
    /// The phone that rang on past its limit stopped unanswered.
    RangOnInVain {
        agent: AgentId,
        rang_us: u64,
    },
    Refused {
        agent: AgentId,
        rang_us: u64,
    },
    /// She chose a break, or signed out, while it rang.
    AgentLeft {
        agent: AgentId,
        rang_us: u64,
    },
    PhoneFailed {
        agent: AgentId,
        rang_us: u64,
        failure: FailureCause,
    },
    /// The gateway was lost, or did not know the ringing phone any more.
    OfferLost {
        agent: AgentId,
        rang_us: u64,
    },
    /// From here on two phones were to ring at once.
    SecondAgentSought,
    /// From here on the reserve was to ring too.
    ReserveOpened,
    /// The last tier of the reserve: a neighbouring centre's number was called.
    NeighbourCalled {
        line: AgentId,
    },
    /// She had answered, but caller and agent could not be connected.
    BridgeFailed {
        agent: AgentId,
    },
    Answered {
        agent: AgentId,
        rang_us: u64,
    },
    GivenUp {
        end: AbandonCause,
    },
}

/// A part of the wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitSpan {
    pub from_us: u64,
    pub until_us: u64,
    /// Whose phones rang, or who was being connected, in the order in which they began. Nobody: no agent was ready.
    pub ringing: Vec<AgentId>,
}

/// The explanation of `call` from its records, in the order in which they were made, each with its time as
/// [`crate::Effect::Record`] gives it. Records of other calls are passed over. `None` without its arrival.
#[must_use]
pub fn explain<'a>(
    call: CallId,
    records: impl IntoIterator<Item = (Timestamp, &'a Record)>,
) -> Option<Explanation> {
    let mut wait: Option<Wait> = None;
    for (at, record) in records {
        match (record, &mut wait) {
            (Record::CallArrived { call: of, rang_at, .. }, None) if *of == call => {
                wait = Some(Wait::begin(*rang_at));
            }
            (_, Some(wait)) => wait.take(call, at, record),
            _ => {}
        }
    }
    wait.map(|wait| wait.finish(call))
}

/// A phone that rings.
#[derive(Debug, Clone, Copy)]
struct Phone {
    leg: LegId,
    agent: AgentId,
    since_us: u64,
    overdue: bool,
}

/// A wait as far as its records have been read.
#[derive(Debug)]
struct Wait {
    /// The ring by the distributor's clock.
    ring_started: Timestamp,
    /// How far it has been read.
    mark_us: u64,
    /// Since when no phone has rung, while none does.
    idle_since_us: u64,
    phones: Vec<Phone>,
    ended: Option<(u64, WaitEnding)>,
    steps: Vec<ExplainedStep>,
    spans: Vec<WaitSpan>,
    lines: BTreeSet<AgentId>,
}

impl Wait {
    fn begin(ring_started: Timestamp) -> Self {
        Self {
            ring_started,
            mark_us: 0,
            idle_since_us: 0,
            phones: Vec::new(),
            ended: None,
            steps: Vec::new(),
            spans: Vec::new(),
            lines: BTreeSet::new(),
        }
    }

    fn take(&mut self, call: CallId, at: Timestamp, record: &Record) {
        match *record {
            Record::CallResumed { call: of, .. } if of == call => self.goes_on(),
            _ if self.ended.is_some() => {}
            Record::CallAnswered { call: of, agent, wait_us, saved_by, .. } if of == call => {
                self.ended = Some((wait_us, WaitEnding::Answered { agent, saved_by }));
            }
            Record::CallAbandoned { call: of, waited_us, cause, .. } if of == call => {
                self.ended = Some((waited_us, WaitEnding::GivenUp { cause }));
            }
            Record::CallQueued { call: of, ring_started } if of == call => {
                self.ring_started = ring_started;
            }
            Record::GuardStepTaken { call: of, step } if of == call => {
                self.pass_to(at);
                match step {
                    GuardStep::First | GuardStep::Next => {}
                    GuardStep::SecondAgent => self.step(StepCause::SecondAgentSought),
                    GuardStep::Reserve => self.step(StepCause::ReserveOpened),
                }
            }
            Record::PreferredAwaited { call: of, agent, for_us } if of == call => {
                self.pass_to(at);
                self.step(StepCause::KeptForPreferred { agent, for_us });
                self.idle_since_us = self.mark_us;
            }
            Record::BridgeFailed { call: of, agent } if of == call => {
                self.pass_to(at);
                self.step(StepCause::BridgeFailed { agent });
                self.phones.retain(|phone| phone.agent != agent);
                self.idle_since_us = self.mark_us;
            }
            _ => self.take_offer(call, at, record),
        }
    }

    fn take_offer(&mut self, call: CallId, at: Timestamp, record: &Record) {
        match *record {
            Record::OfferMade { call: of, leg, agent, line, .. } if of == call => {
                self.pass_to(at);
                self.say_idle();
                if line {
                    self.lines.insert(agent);
                    self.step(StepCause::NeighbourCalled { line: agent });
                }
                let since_us = self.mark_us;
                self.phones.push(Phone { leg, agent, since_us, overdue: false });
            }
            Record::OfferRingsOn { call: of, leg, .. } if of == call => {
                self.pass_to(at);
                let phone = self.phones.iter_mut().find(|phone| phone.leg == leg);
                let Some(phone) = phone else { return };
                phone.overdue = true;
                let (agent, since_us) = (phone.agent, phone.since_us);
                let rang_us = self.mark_us - since_us;
                self.step(StepCause::NoAnswer { agent, rang_us });
            }
            Record::OfferLapsed { call: of, leg, .. } if of == call => {
                self.stops(at, leg, |phone, agent, rang_us| {
                    Some(if phone.overdue {
                        StepCause::RangOnInVain { agent, rang_us }
                    } else {
                        StepCause::NoAnswer { agent, rang_us }
                    })
                });
            }
            Record::OfferRefused { call: of, leg, .. } if of == call => {
                self.stops(at, leg, |_, agent, rang_us| {
                    Some(StepCause::Refused { agent, rang_us })
                });
            }
            Record::OfferFailed { call: of, leg, cause: failure, .. } if of == call => {
                self.stops(at, leg, |_, agent, rang_us| {
                    Some(StepCause::PhoneFailed { agent, rang_us, failure })
                });
            }
            Record::OfferWithdrawn { call: of, leg, reason, .. } if of == call => {
                self.stops(at, leg, |_, agent, rang_us| match reason {
                    WithdrawReason::AgentUnavailable => {
                        Some(StepCause::AgentLeft { agent, rang_us })
                    }
                    WithdrawReason::Stale => Some(StepCause::OfferLost { agent, rang_us }),
                    // The wait is over for her phone's part: nothing that prolonged it.
                    WithdrawReason::CallerGone
                    | WithdrawReason::AnsweredElsewhere
                    | WithdrawReason::RingLimit => None,
                });
            }
            _ => {}
        }
    }

    fn stops(
        &mut self,
        at: Timestamp,
        leg: LegId,
        cause: impl Fn(Phone, AgentId, u64) -> Option<StepCause>,
    ) {
        let Some(place) = self.phones.iter().position(|phone| phone.leg == leg) else { return };
        self.pass_to(at);
        let phone = self.phones.remove(place);
        if let Some(cause) = cause(phone, phone.agent, self.mark_us - phone.since_us) {
            self.step(cause);
        }
        if self.phones.is_empty() {
            self.idle_since_us = self.mark_us;
        }
    }

    /// A call that was thought lost with its gateway lives: its phones are rung anew.
    fn goes_on(&mut self) {
        if let Some((_, WaitEnding::GivenUp { .. })) = self.ended {
            self.ended = None;
            if !self.phones.is_empty() {
                self.phones.clear();
                self.idle_since_us = self.mark_us;
            }
        }
    }

    /// The wait until this moment of the distributor's clock, with the phones that rang. Never goes back.
    fn pass_to(&mut self, at: Timestamp) {
        self.pass_to_us(micros(at, self.ring_started));
    }

    fn pass_to_us(&mut self, until_us: u64) {
        let from_us = self.mark_us;
        if until_us <= from_us {
            return;
        }
        self.mark_us = until_us;
        let ringing: Vec<AgentId> = self.phones.iter().map(|phone| phone.agent).collect();
        let full = self.spans.len() >= SPANS_MAX;
        match self.spans.last_mut() {
            Some(last) if full || last.ringing == ringing => last.until_us = until_us,
            _ => self.spans.push(WaitSpan { from_us, until_us, ringing }),
        }
    }

    fn say_idle(&mut self) {
        let for_us = self.mark_us.saturating_sub(self.idle_since_us);
        if self.phones.is_empty() && for_us > ON_THE_WAY_US {
            self.step(StepCause::NobodyReady { for_us });
        }
    }

    fn step(&mut self, cause: StepCause) {
        self.steps.push(ExplainedStep { after_us: self.mark_us, cause });
    }

    fn finish(mut self, call: CallId) -> Explanation {
        let (waited_us, ending) = self.ended.unwrap_or((self.mark_us, WaitEnding::Waiting));
        self.cut_to(waited_us);
        self.pass_to_us(waited_us);
        self.say_idle();
        let last = match ending {
            WaitEnding::Waiting => None,
            WaitEnding::Answered { agent, .. } => {
                let phone = self.phones.iter().find(|phone| phone.agent == agent);
                let rang_us = phone.map_or(0, |phone| waited_us.saturating_sub(phone.since_us));
                Some(StepCause::Answered { agent, rang_us })
            }
            WaitEnding::GivenUp { cause } => Some(StepCause::GivenUp { end: cause }),
        };
        let room = STEPS_MAX - usize::from(last.is_some());
        let left_out = self.steps.len().saturating_sub(room) as u64;
        self.steps.truncate(room);
        self.steps.extend(last.map(|cause| ExplainedStep { after_us: waited_us, cause }));
        let Self { steps, spans, lines, .. } = self;
        Explanation { call, waited_us, ending, steps, left_out, spans, lines }
    }

    /// What the distributor heard of after the end, by the gateway's clock, happened at the end.
    fn cut_to(&mut self, waited_us: u64) {
        self.mark_us = self.mark_us.min(waited_us);
        self.idle_since_us = self.idle_since_us.min(waited_us);
        for step in &mut self.steps {
            step.after_us = step.after_us.min(waited_us);
        }
        self.spans.retain(|span| span.from_us < waited_us);
        if let Some(last) = self.spans.last_mut() {
            last.until_us = last.until_us.min(waited_us);
        }
    }
}
