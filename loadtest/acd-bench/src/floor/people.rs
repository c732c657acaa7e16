//! What people and the gateway do about the distributor's orders: how long they talk, whether they answer, what a
//! phone reports.

use acd::{
    AgentCommand, AgentStateName, BreakReason, EndCause, EndReason, FailureCause, GatewayFact,
    Order, ProofOutcome, Record,
};
use types::{AgentId, CallId, LegId};

use super::{Event, Floor, device_of, leg_of};
use crate::Load;

/// Share of calls that go before others.
pub(super) const URGENT: f64 = 0.02;
/// Shares of offers that the agent does not answer, refuses, or whose phone is busy.
const UNANSWERED: f64 = 0.03;
const REFUSED: f64 = 0.02;
const BUSY: f64 = 0.01;
/// Shares of talks that the agent ends, and in which she holds.
const AGENT_HANGS_UP: f64 = 0.2;
const HELD: f64 = 0.05;
/// Shares of wrap-ups that end in a break, and by their limit.
const BREAK: f64 = 0.04;
const WRAP_UP_LIMIT: f64 = 0.05;
/// For so many answered callers another one gives up waiting.
const GIVES_UP: f64 = 0.15;

const TALK_S: f64 = 80.0;
const TALK_MIN_US: i64 = 5_000_000;
/// Bounds of an answer and of a wrap-up.
const ANSWER_S: (f64, f64) = (1.0, 4.0);
const WRAP_UP_S: (f64, f64) = (10.0, 40.0);
/// How long a phone takes to ring, a bridge to stand, a gateway to report anything else.
const RINGS_US: i64 = 40_000;
const CONNECTS_US: i64 = 20_000;
const REPORTS_US: i64 = 5_000;
/// Share of the agents who are busy on average where nobody waits.
const OCCUPANCY: f64 = 0.6;

/// The mean of the stream where nobody waits.
pub(super) fn between_calls_s(load: Load) -> f64 {
    let busy_s = (ANSWER_S.0 + ANSWER_S.1 + WRAP_UP_S.0 + WRAP_UP_S.1) / 2.0 + TALK_S;
    busy_s / (OCCUPANCY * f64::from(load.agents))
}

impl Floor {
    // --- the gateway --------------------------------------------------------------------------

    pub(super) fn carry_out(&mut self, order: &Order) {
        match *order {
            Order::Offer { call, leg, agent, .. } => self.ring(call, leg, agent),
            Order::Withdraw { call, leg, .. } => {
                if self.ringing.remove(&leg) {
                    let cause = FailureCause::Withdrawn;
                    self.report_later(REPORTS_US, GatewayFact::LegFailed { call, leg, cause });
                }
            }
            Order::Connect { call, first, second, .. } => {
                self.talks.insert(call, second);
                self.report_later(CONNECTS_US, GatewayFact::LegAnswered { call, leg: first });
                self.report_later(CONNECTS_US, GatewayFact::LegsConnected { call, first, second });
            }
            Order::Hold { call, leg } => {
                self.report_later(REPORTS_US, GatewayFact::LegHeld { call, leg });
            }
            Order::Retrieve { call, leg } => {
                self.report_later(REPORTS_US, GatewayFact::LegRetrieved { call, leg });
            }
            Order::End { call, leg, reason: EndReason::AgentHungUp } => {
                self.talks.remove(&call);
                self.report_end(
                    call,
                    [(leg, EndCause::Ordered), (leg_of(call), EndCause::PeerHungUp)],
                );
            }
            Order::End { call, leg, .. } => {
                let cause = FailureCause::UnknownTarget;
                self.report_later(REPORTS_US, GatewayFact::LegFailed { call, leg, cause });
            }
            Order::Treat { .. } | Order::Originate { .. } => {}
        }
    }

    fn report_later(&mut self, after_us: i64, fact: GatewayFact) {
        self.plan_us(after_us, Event::Fact(fact));
    }

    fn report_end(&mut self, call: CallId, legs: [(LegId, EndCause); 2]) {
        for (leg, cause) in legs {
            self.report_later(REPORTS_US, GatewayFact::LegEnded { call, leg, cause });
        }
    }

    // --- agents -------------------------------------------------------------------------------

    fn ring(&mut self, call: CallId, leg: LegId, agent: AgentId) {
        if self.draw.happens(BUSY) {
            let cause = FailureCause::Busy;
            return self.report_later(REPORTS_US, GatewayFact::LegFailed { call, leg, cause });
        }
        self.ringing.insert(leg);
        self.report_later(RINGS_US, GatewayFact::LegRinging { call, leg });
        let after_us = self.draw.even_us(ANSWER_S.0, ANSWER_S.1);
        if self.draw.happens(REFUSED) {
            self.plan_us(after_us, Event::Ask(agent, AgentCommand::RejectOffer));
        } else if !self.draw.happens(UNANSWERED) {
            self.plan_us(after_us, Event::PickUp { call, leg });
        }
    }

    /// What people do once something is recorded.
    pub(super) fn note(&mut self, record: &Record) {
        match record {
            Record::CallAnswered { call, agent, .. } => self.talk(*call, *agent),
            Record::WrapUpStarted { agent, .. } => self.wrap_up(*agent),
            Record::AgentStateChanged { agent, from, to, .. } => {
                self.count_ready(*agent, *from, *to);
                if let AgentStateName::NotReady { reason } = to
                    && *reason != acd::NotReadyReason::SignedIn
                {
                    self.come_back(*agent);
                }
            }
            _ => {}
        }
    }

    fn talk(&mut self, call: CallId, agent: AgentId) {
        let lasts_us = self.draw.exponential_us(TALK_S).max(TALK_MIN_US);
        if self.draw.happens(HELD) {
            self.plan_us(lasts_us / 3, Event::Ask(agent, AgentCommand::Hold));
            self.plan_us(lasts_us / 2, Event::Ask(agent, AgentCommand::Retrieve));
        }
        if self.draw.happens(AGENT_HANGS_UP) {
            self.plan_us(lasts_us, Event::Ask(agent, AgentCommand::HangUp));
        } else if let Some(second) = self.talks.remove(&call) {
            let first = leg_of(call);
            for (leg, cause) in [(first, EndCause::HungUp), (second, EndCause::PeerHungUp)] {
                self.report_later(lasts_us, GatewayFact::LegEnded { call, leg, cause });
            }
        }
        if self.load.waiting > 0 && self.draw.happens(GIVES_UP) {
            let after_us = self.draw.even_us(0.0, 5.0);
            self.plan_us(after_us, Event::GiveUp);
        }
    }

    fn wrap_up(&mut self, agent: AgentId) {
        let after_us = self.draw.even_us(WRAP_UP_S.0, WRAP_UP_S.1);
        if self.draw.happens(WRAP_UP_LIMIT) {
            return;
        }
        let command = if self.draw.happens(BREAK) {
            AgentCommand::NotReady { reason: BreakReason::Rest }
        } else {
            AgentCommand::FinishWrapUp
        };
        self.plan_us(after_us, Event::Ask(agent, command));
    }

    /// After a break she checks her headset and is Ready.
    fn come_back(&mut self, agent: AgentId) {
        let after_us = self.draw.even_us(20.0, 60.0);
        let (device, outcome) = (device_of(agent), ProofOutcome::Proved);
        self.report_later(after_us, GatewayFact::DeviceProved { agent, device, outcome });
        self.plan_us(after_us + REPORTS_US, Event::Ask(agent, AgentCommand::Ready));
    }

    fn count_ready(&mut self, agent: AgentId, from: AgentStateName, to: AgentStateName) {
        if self.is_reserve(agent) {
            return;
        }
        let group = self.group_of(agent);
        if let Some(ready) = self.ready.get_mut(group) {
            let change = |state| usize::from(state == AgentStateName::Ready);
            *ready = (*ready + change(to)).saturating_sub(change(from));
        }
    }
}
