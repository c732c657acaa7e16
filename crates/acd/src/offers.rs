//! Offers: who rings for whom, and how an offer ends. Owns matching and the 15-second guard.

use types::{AgentId, CallId, GatewayId, LegId};

use crate::agent::{AgentState, Choice, micros};
use crate::call::{Call, InboundState, Offer};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::{AnswerMode, Order, Treatment, WithdrawReason};
use crate::index::{Group, Lane, Place, Wish};
use crate::input::FailureCause;
use crate::record::{BreachCause, GuardStep, NotReadyReason, Record, StateCause};
use crate::timers::Timer;

/// The gateway gives an offer up this much later than the core would.
const OFFER_SLACK_MS: u32 = 2_000;
/// Agents that ring at once for one call from the second step of the guard.
const SECOND_STEP_AGENTS: usize = 2;

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
    // --- matching -----------------------------------------------------------------------------

    /// Offers until no wish can be granted: k ready agents and k callers give k offers (R22).
    pub(crate) fn match_calls(&mut self) {
        for lane in Lane::ALL {
            while let Some((call, agent)) = self.best_match(lane) {
                self.make_offer(call, agent, lane);
            }
        }
    }

    /// The first call of a lane, in order of place, that has an agent; and that agent.
    pub(crate) fn best_match(&self, lane: Lane) -> Option<(CallId, AgentId)> {
        self.waiting
            .lane(lane)
            .filter_map(|(group, calls)| self.match_group(lane, group, calls.iter()))
            .min()
            .map(|(place, agent)| (place.call, agent))
    }

    fn match_group<'a>(
        &self,
        lane: Lane,
        group: &Group,
        calls: impl Iterator<Item = &'a Place>,
    ) -> Option<(Place, AgentId)> {
        let (_, anybody) = self.ready.best(group, |_| false)?;
        for place in calls {
            let inbound = self.inbound(place.call)?;
            if inbound.avoid.is_empty() {
                return Some((*place, anybody));
            }
            let best = self.ready.best(group, |agent| inbound.avoids(agent, self.now));
            match best {
                Some((_, agent)) => return Some((*place, agent)),
                // She has refused this call, but nobody else is ready (R18, R06).
                None if lane.nobody_rings() => return Some((*place, anybody)),
                None => {}
            }
        }
        None
    }

    fn make_offer(&mut self, call: CallId, agent: AgentId, lane: Lane) {
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
        let ring_limit_ms = self.offered_ring_limit_ms();
        self.timers.set(Timer::Lapse(call, leg), now + self.config.ring_limit());
        self.order(
            &gateway,
            Order::Offer { call, leg, agent, caller, dialled, ring_limit_ms, auto_answer },
        );
        self.record(Record::OfferMade { call, leg, agent, step });
        self.move_agent(agent, AgentState::Offered { call, leg }, StateCause::Offered);
        self.reindex_call(call);
    }

    pub(crate) fn offered_ring_limit_ms(&self) -> u32 {
        self.config.ring_limit_ms.saturating_add(OFFER_SLACK_MS)
    }

    // --- the guard ----------------------------------------------------------------------------

    pub(crate) fn guard_step(&mut self, call: CallId) {
        let Some(inbound) = self.inbound_mut(call) else { return };
        let step = match inbound.step {
            GuardStep::First | GuardStep::Next => GuardStep::SecondAgent,
            GuardStep::SecondAgent | GuardStep::Reserve => GuardStep::Reserve,
        };
        inbound.step = step;
        self.record(Record::GuardStepTaken { call, step });
        self.plan_guard(call);
        self.reindex_call(call);
    }

    /// Sets the deadline of the next step, from the start of the ring.
    pub(crate) fn plan_guard(&mut self, call: CallId) {
        self.timers.cancel(&Timer::Guard(call));
        if let Some((_, at)) = self.next_step(call) {
            self.timers.set(Timer::Guard(call), at);
        }
    }

    pub(crate) fn next_step(&self, call: CallId) -> Option<(GuardStep, types::Timestamp)> {
        let inbound = self.inbound(call)?;
        inbound.offers()?;
        let (step, after_ms) = match inbound.step {
            GuardStep::First | GuardStep::Next => {
                (GuardStep::SecondAgent, self.config.second_agent_after_ms)
            }
            GuardStep::SecondAgent => (GuardStep::Reserve, self.config.reserve_after_ms),
            GuardStep::Reserve => return None,
        };
        Some((step, inbound.ring_started + millis(after_ms)))
    }

    // --- the waiting treatment ----------------------------------------------------------------

    /// Callers for whom nobody is free hear the treatment of their number at once.
    pub(crate) fn treat_unoffered(&mut self) {
        let unoffered: Vec<CallId> = self
            .touched_calls
            .iter()
            .copied()
            .filter(|call| {
                self.inbound(*call).is_some_and(|inbound| {
                    !inbound.treated
                        && inbound.offers().is_some_and(std::collections::BTreeMap::is_empty)
                })
            })
            .collect();
        for call in unoffered {
            self.treat(call);
        }
    }

    pub(crate) fn treat(&mut self, call: CallId) {
        let Some(inbound) = self.inbound(call).filter(|inbound| !inbound.treated) else { return };
        let plan = self.config.waiting_for(&inbound.dialled);
        let treatment = if plan.prompts.is_empty() {
            Treatment::Music
        } else {
            Treatment::Prompts { prompts: plan.prompts.clone() }
        };
        let answer = plan.answer;
        self.order_treatment(call, treatment, answer);
    }

    /// A caller whose bridge has failed hears music again.
    pub(crate) fn treat_again(&mut self, call: CallId) {
        if let Some(inbound) = self.inbound(call) {
            let answer = self.config.waiting_for(&inbound.dialled).answer;
            self.order_treatment(call, Treatment::Music, answer);
        }
    }

    pub(crate) fn order_treatment(
        &mut self,
        call: CallId,
        treatment: Treatment,
        configured: AnswerMode,
    ) {
        self.timers.cancel(&Timer::Music(call));
        let Some(inbound) = self.inbound_mut(call) else { return };
        inbound.treated = true;
        let answer = if inbound.leg_answered { AnswerMode::Answer } else { configured };
        if answer == AnswerMode::KeepRinging {
            return;
        }
        let (gateway, leg) = (inbound.gateway.clone(), inbound.leg);
        self.order(&gateway, Order::Treat { call, leg, treatment, answer });
    }

    // --- ends of offers -----------------------------------------------------------------------

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

    // --- indexes ------------------------------------------------------------------------------

    pub(crate) fn rebuild_indexes(&mut self) {
        let agents: Vec<AgentId> = self.agents.keys().copied().collect();
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for agent in agents {
            self.ready.set(agent, self.ready_slot(agent));
        }
        for call in calls {
            self.waiting.set(call, self.waiting_slot(call));
        }
    }

    /// Puts an agent where she belongs in the index, and watches over her phone.
    pub(crate) fn reindex_agent(&mut self, id: AgentId) {
        self.touched_agents.insert(id);
        self.ready.set(id, self.ready_slot(id));
        self.watch_device(id);
    }

    pub(crate) fn reindex_call(&mut self, call: CallId) {
        self.touched_calls.insert(call);
        self.waiting.set(call, self.waiting_slot(call));
    }

    pub(crate) fn ready_slot(&self, id: AgentId) -> Option<(Group, i64)> {
        let agent = self.agents.get(&id)?;
        if agent.state != AgentState::Ready {
            return None;
        }
        let (device, _) = agent.reachable(&self.gateways)?;
        let gateway = device.gateway.clone();
        let group = Group { gateway, reserve: agent.reserve, skills: (*agent.skills).clone() };
        Some((group, agent.rank()))
    }

    pub(crate) fn waiting_slot(&self, call: CallId) -> Option<Wish> {
        let Some(Call::Inbound(inbound)) = self.calls.get(&call) else { return None };
        let offers = inbound.offers()?;
        if !self.gateways.get(&inbound.gateway).copied().unwrap_or(false) {
            return None;
        }
        let reserve = offers.values().filter(|offer| offer.step == GuardStep::Reserve).count();
        let regular = offers.len() - reserve;
        let mut lanes = Vec::new();
        if offers.is_empty() {
            lanes.push(Lane::First);
        } else if regular == 0
            || (inbound.step >= GuardStep::SecondAgent && regular < SECOND_STEP_AGENTS)
        {
            lanes.push(Lane::More);
        }
        let reserve_max = usize::try_from(self.config.reserve_at_once).unwrap_or(usize::MAX);
        if inbound.step == GuardStep::Reserve && reserve < reserve_max {
            lanes.push(if offers.is_empty() { Lane::ReserveFirst } else { Lane::ReserveMore });
        }
        let keys = lanes
            .into_iter()
            .map(|lane| {
                let (gateway, skills) = (inbound.gateway.clone(), inbound.skills.clone());
                (lane, Group { gateway, reserve: lane.reserve(), skills })
            })
            .collect();
        Some(Wish { place: inbound.place(call), keys })
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
