//! Offers: how one is made, and how it ends without an answer.

use types::{AgentId, CallId, GatewayId, LegId};

use crate::agent::{AgentState, Choice, micros};
use crate::call::{InboundState, Offer};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::{Destination, Order, WithdrawReason};
use crate::index::Lane;
use crate::input::FailureCause;
use crate::record::{BreachCause, GuardStep, NotReadyReason, Record, StateCause};
use crate::timers::Timer;

/// The gateway gives an offer up this much later than the core would.
const OFFER_SLACK_MS: u32 = 2_000;

/// How an offer ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfferEnd {
    Lapsed,
    Refused,
    /// Her phone could not be rung.
    Failed(FailureCause),
    /// Not her doing: she keeps her idle clock.
    Withdrawn(WithdrawReason),
    /// She is not ready any more.
    Left,
    /// Her gateway is gone, or does not know the leg.
    Lost,
}

impl Acd {
    pub(crate) fn make_offer(&mut self, call: CallId, agent: AgentId, lane: Lane) {
        self.stop_waiting_for(call);
        let (leg, now) = (self.new_leg(), self.now);
        let phone = self.agents.get(&agent);
        let auto_answer = phone.is_some_and(|agent| agent.auto_answer);
        let device = phone.and_then(|a| a.reachable(&self.gateways)).map(|(_, device)| device);
        let Some(inbound) = self.inbound_mut(call) else { return };
        let step = match lane {
            Lane::First if inbound.causes.iter().all(is_nobody) => GuardStep::First,
            Lane::First => GuardStep::Next,
            Lane::More => GuardStep::SecondAgent,
            Lane::ReserveFirst | Lane::ReserveMore => GuardStep::Reserve,
        };
        if let InboundState::Waiting { offers, idle_since } = &mut inbound.state {
            let for_us = if offers.is_empty() { micros(now, *idle_since) } else { 0 };
            offers.insert(leg, Offer { agent, since: now, step, ringing: false, device });
            if for_us > 0 {
                inbound.blame(BreachCause::NobodyReady { for_us });
            }
        }
        let gateway = inbound.gateway.clone();
        let (caller, dialled) = (inbound.caller.clone(), inbound.dialled.clone());
        let number = self.line(agent).map(|line| (line.number.clone(), line.ring_limit_ms));
        let line = number.is_some();
        let rings_ms = number.as_ref().map_or(self.config.ring_limit_ms, |(_, limit_ms)| *limit_ms);
        let ring_limit_ms = rings_ms.saturating_add(OFFER_SLACK_MS);
        self.timers.set(Timer::Lapse(call, leg), now + millis(u64::from(rings_ms)));
        let order = match number {
            Some((number, _)) => {
                let (to, caller_id) = (Destination::Number { number }, self.config.caller_id.clone());
                Order::Originate { call, leg, to, caller_id, ring_limit_ms, auto_answer }
            }
            None => Order::Offer { call, leg, agent, caller, dialled, ring_limit_ms, auto_answer },
        };
        self.order(&gateway, order);
        self.record(Record::OfferMade { call, leg, agent, step, line });
        self.move_agent(agent, AgentState::Offered { call, leg }, StateCause::Offered);
        self.reindex_call(call);
    }

    pub(crate) fn offered_ring_limit_ms(&self) -> u32 {
        self.config.ring_limit_ms.saturating_add(OFFER_SLACK_MS)
    }

    // --- ends of offers -------------------------------------------------------------------------

    pub(crate) fn offer_lapsed(&mut self, call: CallId, leg: LegId) {
        self.end_offer(call, leg, OfferEnd::Lapsed);
        self.resume_lapsed(call, leg);
    }

    /// Takes an offer back from call and agent, with the records and what it means for her.
    pub(crate) fn end_offer(&mut self, call: CallId, leg: LegId, end: OfferEnd) {
        let now = self.now;
        let pause = now + millis(self.config.refused_pause_ms);
        let Some(inbound) = self.inbound_mut(call) else { return };
        let gateway = inbound.gateway.clone();
        let InboundState::Waiting { offers, idle_since } = &mut inbound.state else { return };
        let Some(offer) = offers.remove(&leg) else { return };
        if offers.is_empty() {
            *idle_since = now;
        }
        let agent = offer.agent;
        let rang_for_us = micros(now, offer.since);
        match end {
            OfferEnd::Lapsed => {
                inbound.blame(BreachCause::AgentDidNotAnswer { agent, rang_for_us });
            }
            OfferEnd::Refused => inbound.blame(BreachCause::AgentRefused { agent }),
            OfferEnd::Failed(_) => inbound.blame(BreachCause::DeviceFailed { agent }),
            OfferEnd::Left => inbound.blame(BreachCause::AgentWithdrew { agent }),
            OfferEnd::Withdrawn(_) | OfferEnd::Lost => {}
        }
        if matches!(end, OfferEnd::Refused | OfferEnd::Failed(_) | OfferEnd::Left) {
            inbound.avoid.insert(agent, pause);
        }
        self.timers.cancel(&Timer::Lapse(call, leg));
        self.say_offer_end(&gateway, call, leg, agent, rang_for_us, end);
        self.free_offered(agent, end);
        self.reindex_call(call);
    }

    fn say_offer_end(
        &mut self,
        gateway: &GatewayId,
        call: CallId,
        leg: LegId,
        agent: AgentId,
        rang_for_us: u64,
        end: OfferEnd,
    ) {
        let withdraw = match end {
            OfferEnd::Lapsed => Some(WithdrawReason::RingLimit),
            OfferEnd::Refused | OfferEnd::Left => Some(WithdrawReason::AgentUnavailable),
            OfferEnd::Failed(_) => None,
            OfferEnd::Withdrawn(reason) => Some(reason),
            OfferEnd::Lost => Some(WithdrawReason::Stale),
        };
        if let Some(reason) = withdraw {
            self.order(gateway, Order::Withdraw { call, leg, reason });
        }
        self.record(match end {
            OfferEnd::Lapsed => Record::OfferLapsed { call, leg, agent, rang_for_us },
            OfferEnd::Refused => Record::OfferRefused { call, leg, agent },
            OfferEnd::Failed(cause) => Record::OfferFailed { call, leg, agent, cause },
            OfferEnd::Withdrawn(reason) => Record::OfferWithdrawn { call, leg, agent, reason },
            OfferEnd::Left => Record::OfferWithdrawn {
                call,
                leg,
                agent,
                reason: WithdrawReason::AgentUnavailable,
            },
            OfferEnd::Lost => {
                Record::OfferWithdrawn { call, leg, agent, reason: WithdrawReason::Stale }
            }
        });
    }

    /// What the end of an offer means for the agent whose phone rang.
    fn free_offered(&mut self, id: AgentId, end: OfferEnd) {
        let lapses_max = self.config.lapses_max;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        match end {
            OfferEnd::Lapsed => {
                agent.idle_us = 0;
                agent.lapses = agent.lapses.saturating_add(1);
                if agent.lapses >= lapses_max && agent.afterwards == Choice::Ready {
                    self.stand_down(id, NotReadyReason::NoAnswer, StateCause::NoAnswer);
                } else {
                    self.warn(id, StateCause::NoAnswer);
                }
            }
            OfferEnd::Refused => {
                agent.idle_us = 0;
                self.warn(id, StateCause::Refused);
            }
            OfferEnd::Failed(cause) if is_her_device(cause) => {
                self.stand_down(id, NotReadyReason::DeviceFailed, StateCause::DeviceFailed);
            }
            OfferEnd::Failed(_) => self.warn(id, StateCause::DeviceFailed),
            OfferEnd::Withdrawn(_) => self.rest(id, StateCause::OfferOver),
            OfferEnd::Lost => self.rest(id, StateCause::GatewayLost),
            OfferEnd::Left => self.rest(id, StateCause::Chosen),
        }
    }

    fn warn(&mut self, id: AgentId, cause: StateCause) {
        if self.agents.get(&id).is_some_and(|agent| agent.afterwards != Choice::Ready) {
            return self.rest(id, cause);
        }
        let until = self.now + millis(self.config.warn_pause_ms);
        self.move_agent(id, AgentState::Warned { until }, cause);
    }

    pub(crate) fn end_all_offers(&mut self, call: CallId, end: OfferEnd) {
        let legs: Vec<LegId> = self
            .inbound(call)
            .and_then(|inbound| inbound.offers())
            .map(|offers| offers.keys().copied().collect())
            .unwrap_or_default();
        for leg in legs {
            self.end_offer(call, leg, end);
        }
    }
}

const fn is_nobody(cause: &BreachCause) -> bool {
    matches!(cause, BreachCause::NobodyReady { .. })
}

/// Failures that lie with the agent's own phone; the others are the gateway's.
const fn is_her_device(cause: FailureCause) -> bool {
    matches!(
        cause,
        FailureCause::Unreachable | FailureCause::Rejected | FailureCause::UnknownNumber
    )
}
