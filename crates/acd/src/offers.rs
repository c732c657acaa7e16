//! Offers: how one is made, and how it ends without an answer.

use std::time::Duration;

use types::{AgentId, CallId, GatewayId, LegId, Timestamp};

use crate::agent::{AgentState, Choice, micros};
use crate::call::{InboundState, Offer, none_in_time};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::{Destination, Order, WithdrawReason};
use crate::index::Lane;
use crate::input::FailureCause;
use crate::record::{BreachCause, GuardStep, NotReadyReason, Record, StateCause};
use crate::timers::Timer;

/// The gateway gives an offer up this much later than the core would.
const OFFER_SLACK_MS: u32 = 2_000;
/// A warning is seen for so long at least.
const WARNED_MIN: Duration = Duration::from_secs(1);

/// How an offer ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfferEnd {
    /// Past its limit; why it stops ringing now.
    Lapsed(WithdrawReason),
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
        let number = self.line(agent).map(|line| line.number.clone());
        let line = number.is_some();
        let Some(inbound) = self.inbound_mut(call) else { return };
        let step = match lane {
            Lane::First if inbound.causes.iter().all(is_nobody) => GuardStep::First,
            Lane::First => GuardStep::Next,
            Lane::More => GuardStep::SecondAgent,
            Lane::ReserveFirst | Lane::ReserveMore => GuardStep::Reserve,
        };
        if let InboundState::Waiting { offers, idle_since } = &mut inbound.state {
            let for_us = if none_in_time(offers) { micros(now, *idle_since) } else { 0 };
            let (since, ringing, overdue_since, lent) = (now, false, None, false);
            let offer = Offer { agent, since, step, ringing, device, overdue_since, line, lent };
            offers.insert(leg, offer);
            if for_us > 0 {
                inbound.blame(BreachCause::NobodyReady { for_us });
            }
        }
        let gateway = inbound.gateway.clone();
        let (caller, dialled) = (inbound.caller.clone(), inbound.dialled.clone());
        let (limit_ms, rings_on_ms) = self.offer_limits_ms(agent);
        let ring_limit_ms = limit_ms.saturating_add(rings_on_ms).saturating_add(OFFER_SLACK_MS);
        self.timers.set(Timer::Lapse(call, leg), now + millis(u64::from(limit_ms)));
        let order = match number {
            Some(number) => {
                let (to, caller_id) =
                    (Destination::Number { number }, self.config.caller_id.clone());
                Order::Originate { call, leg, to, caller_id, ring_limit_ms, auto_answer }
            }
            None => Order::Offer { call, leg, agent, caller, dialled, ring_limit_ms, auto_answer },
        };
        self.order(&gateway, order);
        self.record(Record::OfferMade { call, leg, agent, step, line });
        self.move_agent(agent, AgentState::Offered { call, leg }, StateCause::Offered);
        self.reindex_call(call);
    }

    /// How long an offer to somebody rings before it lapses, and how much longer it rings past that.
    pub(crate) fn offer_limits_ms(&self, agent: AgentId) -> (u32, u32) {
        if let Some(line) = self.line(agent) {
            return (line.ring_limit_ms, 0);
        }
        let auto_answer = self.agents.get(&agent).is_some_and(|agent| agent.auto_answer);
        (self.config.offer_limit_ms(auto_answer), self.config.offer_rings_on_ms(auto_answer))
    }

    pub(crate) fn offered_ring_limit_ms(&self) -> u32 {
        self.config.ring_limit_ms.saturating_add(OFFER_SLACK_MS)
    }

    // --- ends of offers -------------------------------------------------------------------------

    pub(crate) fn offer_lapsed(&mut self, call: CallId, leg: LegId) {
        if !self.ring_on(call, leg) {
            self.end_offer(call, leg, OfferEnd::Lapsed(WithdrawReason::RingLimit));
        }
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
        if offer.overdue_since.is_none() && none_in_time(offers) {
            *idle_since = now;
        }
        let end = match end {
            // Whatever it was that stopped it: she had not answered when she should have.
            OfferEnd::Withdrawn(reason) if offer.overdue_since.is_some() => {
                OfferEnd::Lapsed(reason)
            }
            end => end,
        };
        let agent = offer.agent;
        let rang_for_us = micros(now, offer.since);
        match end {
            // Said already when it began to ring on.
            _ if offer.overdue_since.is_some() => {}
            OfferEnd::Lapsed(_) => {
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
        self.free_offered(agent, end, offer.overdue_since);
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
            OfferEnd::Refused | OfferEnd::Left => Some(WithdrawReason::AgentUnavailable),
            OfferEnd::Failed(_) => None,
            OfferEnd::Lapsed(reason) | OfferEnd::Withdrawn(reason) => Some(reason),
            OfferEnd::Lost => Some(WithdrawReason::Stale),
        };
        if let Some(reason) = withdraw {
            self.order(gateway, Order::Withdraw { call, leg, reason });
        }
        self.record(match end {
            OfferEnd::Lapsed(_) => Record::OfferLapsed { call, leg, agent, rang_for_us },
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
    pub(crate) fn free_offered(
        &mut self,
        id: AgentId,
        end: OfferEnd,
        overdue_since: Option<Timestamp>,
    ) {
        let lapses_max = self.config.lapses_max;
        let Some(agent) = self.agents.get_mut(&id) else { return };
        match end {
            OfferEnd::Lapsed(reason) => {
                agent.idle_us = 0;
                // Somebody was faster, or the caller gone: she might have answered in the end.
                let to_the_end = reason == WithdrawReason::RingLimit;
                agent.lapses = agent.lapses.saturating_add(u32::from(to_the_end));
                if to_the_end && agent.lapses >= lapses_max && agent.afterwards == Choice::Ready {
                    self.stand_down(id, NotReadyReason::NoAnswer, StateCause::NoAnswer);
                } else {
                    self.warn(id, StateCause::NoAnswer, overdue_since);
                }
            }
            OfferEnd::Refused => {
                agent.idle_us = 0;
                self.warn(id, StateCause::Refused, None);
            }
            OfferEnd::Failed(cause) if is_her_device(cause) => {
                self.stand_down(id, NotReadyReason::DeviceFailed, StateCause::DeviceFailed);
            }
            OfferEnd::Failed(_) => self.warn(id, StateCause::DeviceFailed, None),
            OfferEnd::Withdrawn(_) => self.rest(id, StateCause::OfferOver),
            OfferEnd::Lost => self.rest(id, StateCause::GatewayLost),
            OfferEnd::Left => self.rest(id, StateCause::Chosen),
        }
    }

    /// The pause runs from the lapse: a phone that rang on has taken part of it.
    fn warn(&mut self, id: AgentId, cause: StateCause, overdue_since: Option<Timestamp>) {
        if self.line_pauses(id, cause) {
            return;
        }
        if self.agents.get(&id).is_some_and(|agent| agent.afterwards != Choice::Ready) {
            return self.rest(id, cause);
        }
        let pause = millis(self.config.warn_pause_ms);
        let until = match overdue_since {
            Some(since) => (since + pause).max(self.now + pause.min(WARNED_MIN)),
            None => self.now + pause,
        };
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
