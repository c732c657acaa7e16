//! The life of a citizen's call: arrival, answer, bridge, end. Owns the rule that a call ends in
//! exactly one of answered and abandoned, each recorded once.

use std::collections::BTreeMap;

use types::{AgentId, CallId, GatewayId, LegId, Timestamp};

use crate::agent::{AgentState, micros};
use crate::call::{Call, Inbound, InboundState, Offer, Talk};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::{EndReason, Order, WithdrawReason};
use crate::ended::How;
use crate::input::{Arrival, EndCause, FailureCause};
use crate::offers::OfferEnd;
use crate::record::{
    AbandonCause, BreachCause, CallEndCause, GuardStep, OwedCause, Record, StateCause,
};
use crate::timers::Timer;

/// By whose clock something happened: waits are differences of one clock only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Gateway(Timestamp),
    Core,
}

impl Acd {
    // --- arrival ------------------------------------------------------------------------------

    pub(crate) fn call_arrived(&mut self, gateway: GatewayId, arrival: Arrival) {
        let call = arrival.call;
        if self.calls.contains_key(&call) {
            return;
        }
        let ended_before = match self.ended.get(call) {
            Some(How::BeforeArrival { at }) => Some(at),
            Some(_) => return,
            None => None,
        };
        let unresolved = self.counts.unresolved();
        let full = unresolved >= u64::from(self.config.queue_len_max);
        let ring_started = self.now - millis(arrival.age_ms);
        self.record_arrival(&gateway, &arrival);
        self.admit(gateway, arrival, ring_started);
        if let Some(at) = ended_before {
            self.abandon(call, Moment::Gateway(at), AbandonCause::HungUp);
        } else if full {
            self.end_caller_leg(call, EndReason::Refused);
            self.abandon(call, Moment::Core, AbandonCause::QueueFull);
        }
    }

    pub(crate) fn record_arrival(&mut self, gateway: &GatewayId, arrival: &Arrival) {
        self.counts.arrived += 1;
        let record = Record::CallArrived {
            call: arrival.call,
            gateway: gateway.clone(),
            leg: arrival.leg,
            caller: arrival.caller.clone(),
            dialled: arrival.dialled.clone(),
            skills: arrival.skills.clone(),
            priority: arrival.priority,
            arrived_at: arrival.arrived_at,
            rang_at: arrival.rang_at,
        };
        self.record_at(arrival.rang_at, record);
    }

    /// Puts a caller in the queue, at the place the ring gives.
    pub(crate) fn admit(&mut self, gateway: GatewayId, arrival: Arrival, ring_started: Timestamp) {
        let (call, now) = (arrival.call, self.now);
        if !self.gateways.get(&gateway).copied().unwrap_or(true) {
            let until = now + millis(self.config.gateway_grace_ms);
            self.timers.set_if_absent(Timer::Gateway(gateway.clone()), until);
        }
        let inbound = Inbound {
            gateway,
            leg: arrival.leg,
            caller: arrival.caller,
            dialled: arrival.dialled,
            skills: arrival.skills,
            priority: arrival.priority,
            rang_at: arrival.rang_at,
            ring_started,
            leg_answered: false,
            treated: false,
            step: GuardStep::First,
            avoid: BTreeMap::new(),
            causes: Vec::new(),
            returned: None,
            state: InboundState::Waiting { offers: BTreeMap::new(), idle_since: ring_started },
        };
        self.calls.insert(call, Call::Inbound(inbound));
        self.plan_guard(call);
        self.timers.set(Timer::Music(call), ring_started + millis(self.config.music_after_ms));
        self.reindex_call(call);
    }

    // --- offer rings, is answered, is connected -----------------------------------------------

    pub(crate) fn leg_ringing(&mut self, call: CallId, leg: LegId) {
        let now = self.now;
        let offers = self.inbound_mut(call).and_then(Inbound::offers_mut);
        if let Some(offer) = offers.and_then(|offers| offers.get_mut(&leg))
            && !offer.ringing
        {
            offer.ringing = true;
            let (agent, delay_us) = (offer.agent, micros(now, offer.since));
            self.record(Record::OfferRinging { call, leg, agent, delay_us });
        }
    }

    pub(crate) fn leg_answered(&mut self, gateway: &GatewayId, call: CallId, leg: LegId) {
        match self.calls.get_mut(&call) {
            Some(Call::Inbound(inbound)) if inbound.leg == leg => inbound.leg_answered = true,
            Some(Call::Inbound(inbound))
                if inbound.offers().is_some_and(|offers| offers.contains_key(&leg)) =>
            {
                self.offer_answered(call, leg);
            }
            Some(Call::Inbound(inbound)) if inbound.rings_on(leg) => {
                self.resume_answered(call);
            }
            Some(Call::Outbound(outbound)) if outbound.own == leg => self.own_answered(call),
            Some(Call::Outbound(outbound)) if outbound.stage.far() == Some(leg) => {
                self.far_answered(call);
            }
            Some(known) if known.has_leg(leg) => {}
            // A phone that was withdrawn while it answered: nobody shall hear silence (R05). Legs
            // that are not ours are the gateway's to explain.
            _ if is_derived(leg) => {
                self.order(gateway, Order::End { call, leg, reason: EndReason::Stale });
            }
            _ => {}
        }
    }

    /// The first who answers gets the call; the others stop ringing.
    pub(crate) fn offer_answered(&mut self, call: CallId, leg: LegId) {
        let Some(offer) = self
            .inbound_mut(call)
            .and_then(Inbound::offers_mut)
            .and_then(|offers| offers.remove(&leg))
        else {
            return;
        };
        self.timers.cancel(&Timer::Lapse(call, leg));
        self.end_all_offers(call, OfferEnd::Withdrawn(WithdrawReason::AnsweredElsewhere));
        if let Some(inbound) = self.inbound_mut(call) {
            let Offer { agent, step, device, .. } = offer;
            inbound.state = InboundState::Connecting { agent, leg, step, device };
        }
        self.timers.cancel(&Timer::Guard(call));
        self.timers.cancel(&Timer::Music(call));
        self.move_agent(offer.agent, AgentState::Talking { call, leg }, StateCause::Answered);
        self.order_connect(call, leg);
        self.reindex_call(call);
    }

    pub(crate) fn order_connect(&mut self, call: CallId, second: LegId) {
        let Some(inbound) = self.inbound(call) else { return };
        let (gateway, first) = (inbound.gateway.clone(), inbound.leg);
        // Who has been greeted, and told of the recording, is not told again by the next agent.
        let notice =
            if inbound.returned.is_some() { Vec::new() } else { self.config.notice.clone() };
        let until = self.now + millis(self.config.connect_limit_ms);
        self.timers.set(Timer::Connect(call), until);
        self.order(&gateway, Order::Connect { call, first, second, record: true, notice });
    }

    pub(crate) fn legs_connected(
        &mut self,
        at: Timestamp,
        call: CallId,
        first: LegId,
        second: LegId,
    ) {
        match self.calls.get(&call) {
            Some(Call::Inbound(inbound)) => match inbound.state {
                InboundState::Connecting { leg, .. }
                    if same_pair((first, second), (inbound.leg, leg)) =>
                {
                    self.call_answered(at, call);
                }
                InboundState::Talking(Talk { resume: Some(resume), .. })
                    if same_pair((first, second), (inbound.leg, resume.leg)) =>
                {
                    self.rejoined(at, call);
                }
                _ => {}
            },
            Some(Call::Outbound(outbound)) => {
                if let Some(far) = outbound.stage.far()
                    && same_pair((first, second), (outbound.own, far))
                {
                    self.outbound_connected(at, call);
                }
            }
            None => {}
        }
    }

    pub(crate) fn call_answered(&mut self, at: Timestamp, call: CallId) {
        let now = self.now;
        let Some(inbound) = self.inbound_mut(call) else { return };
        let InboundState::Connecting { agent, leg, step, device } = inbound.state else { return };
        inbound.state = InboundState::Talking(Talk {
            agent,
            leg,
            answered_at: at,
            since: now,
            held: false,
            device,
            media_lost_since: None,
            resume: None,
        });
        inbound.leg_answered = true;
        let (rang_at, returned) = (inbound.rang_at, inbound.returned);
        self.timers.cancel(&Timer::Connect(call));
        if let Some(agent) = self.agents.get_mut(&agent) {
            agent.idle_us = 0;
            agent.lapses = 0;
        }
        match returned {
            Some(returned) => self.record_taken_over(at, call, agent, returned),
            None => self.record_answered(at, call, agent, rang_at, step),
        }
        self.reindex_call(call);
        self.reindex_agent(agent);
    }

    fn record_answered(
        &mut self,
        at: Timestamp,
        call: CallId,
        agent: AgentId,
        rang_at: Timestamp,
        saved_by: GuardStep,
    ) {
        self.counts.answered += 1;
        let wait_us = micros(at, rang_at);
        let record =
            Record::CallAnswered { call, agent, rang_at, answered_at: at, wait_us, saved_by };
        self.record_at(at, record);
        self.explain_miss(at, call, wait_us);
    }

    /// Says why a call missed the 15 seconds.
    fn explain_miss(&mut self, at: Timestamp, call: CallId, waited_us: u64) {
        let target_us = self.config.answer_target_ms.saturating_mul(1_000);
        if waited_us <= target_us {
            return;
        }
        let now = self.now;
        let Some(inbound) = self.inbound_mut(call) else { return };
        if let InboundState::Waiting { offers, idle_since } = &inbound.state
            && offers.is_empty()
        {
            let for_us = micros(now, *idle_since);
            inbound.blame(BreachCause::NobodyReady { for_us });
        }
        let causes = inbound.causes.clone();
        self.record_at(at, Record::AnswerTargetMissed { call, waited_us, causes });
    }

    // --- bridges that fail --------------------------------------------------------------------

    pub(crate) fn connect_timed_out(&mut self, call: CallId) {
        match self.calls.get(&call) {
            Some(Call::Inbound(_)) => {
                self.bridge_failed(call, true);
                self.resume_failed(Moment::Core, call, true);
            }
            Some(Call::Outbound(_)) => self.outbound_bridge_failed(call),
            None => {}
        }
    }

    /// The caller waits again, at the original place and with the original time (R14).
    pub(crate) fn bridge_failed(&mut self, call: CallId, agent_leg_lives: bool) {
        let (now, pause) = (self.now, self.now + millis(self.config.refused_pause_ms));
        let Some(inbound) = self.inbound_mut(call) else { return };
        let InboundState::Connecting { agent, leg, .. } = inbound.state else { return };
        inbound.state = InboundState::Waiting { offers: BTreeMap::new(), idle_since: now };
        inbound.blame(BreachCause::BridgeFailed { agent });
        inbound.avoid.insert(agent, pause);
        let gateway = inbound.gateway.clone();
        self.timers.cancel(&Timer::Connect(call));
        self.timers.cancel(&Timer::HangUp(call));
        self.record(Record::BridgeFailed { call, agent });
        if agent_leg_lives {
            self.order(&gateway, Order::End { call, leg, reason: EndReason::PeerGone });
        }
        self.rest(agent, StateCause::BridgeFailed);
        self.treat_again(call);
        self.plan_guard(call);
        self.reindex_call(call);
    }

    // --- legs that fail or end ----------------------------------------------------------------

    pub(crate) fn leg_failed(
        &mut self,
        at: Timestamp,
        call: CallId,
        leg: LegId,
        cause: FailureCause,
    ) {
        match self.calls.get(&call) {
            Some(Call::Outbound(_)) => self.outbound_leg_failed(at, call, leg, cause),
            Some(Call::Inbound(inbound)) if inbound.leg == leg => {
                if cause == FailureCause::UnknownTarget {
                    self.caller_gone(at, call, EndCause::Vanished);
                } else {
                    self.bridge_failed(call, true);
                }
            }
            Some(Call::Inbound(inbound)) => match inbound.state {
                InboundState::Waiting { .. } => self.end_offer(call, leg, offer_end(cause)),
                InboundState::Connecting { leg: of, .. } if of == leg => {
                    self.bridge_failed(call, cause != FailureCause::UnknownTarget);
                }
                InboundState::Talking(talk) if talk.resume_leg() == Some(leg) => {
                    self.resume_failed(Moment::Gateway(at), call, false);
                }
                InboundState::Talking(talk)
                    if talk.leg == leg && cause == FailureCause::UnknownTarget =>
                {
                    self.agent_side_lost(at, call);
                }
                InboundState::Connecting { .. } | InboundState::Talking(_) => {}
            },
            None => {}
        }
    }

    pub(crate) fn leg_ended(&mut self, at: Timestamp, call: CallId, leg: LegId, cause: EndCause) {
        match self.calls.get(&call) {
            Some(Call::Outbound(_)) => self.outbound_leg_ended(at, call, leg, cause),
            Some(Call::Inbound(inbound)) if inbound.leg == leg => {
                self.caller_gone(at, call, cause);
            }
            Some(Call::Inbound(inbound)) => match inbound.state {
                InboundState::Waiting { .. } => self.offered_leg_ended(call, leg, cause),
                InboundState::Connecting { leg: of, .. } if of == leg => {
                    self.bridge_failed(call, false);
                }
                InboundState::Talking(talk) if talk.resume_leg() == Some(leg) => {
                    self.resume_failed(Moment::Gateway(at), call, false);
                }
                InboundState::Talking(talk) if talk.leg == leg => {
                    self.agent_leg_gone(at, call, cause);
                }
                InboundState::Connecting { .. } | InboundState::Talking(_) => {}
            },
            None if !is_derived(leg) && self.ended.get(call).is_none() => {
                let until = self.now + millis(self.config.remember_ended_ms);
                self.ended.insert(call, until, How::BeforeArrival { at });
            }
            None => {}
        }
    }

    fn offered_leg_ended(&mut self, call: CallId, leg: LegId, cause: EndCause) {
        let end = match cause {
            EndCause::HungUp => OfferEnd::Refused,
            EndCause::Ordered | EndCause::PeerHungUp | EndCause::GatewayStopping => OfferEnd::Lost,
            EndCause::Vanished | EndCause::Fault => OfferEnd::Failed(FailureCause::Unreachable),
        };
        self.end_offer(call, leg, end);
    }

    fn agent_leg_gone(&mut self, at: Timestamp, call: CallId, cause: EndCause) {
        if cause != EndCause::GatewayStopping && self.goes_on_with_resume(call) {
            return;
        }
        let ended_by = match cause {
            EndCause::HungUp => CallEndCause::AgentHungUp,
            EndCause::Ordered if self.hang_up_is_asked(call) => CallEndCause::AgentHungUp,
            EndCause::PeerHungUp => CallEndCause::CitizenHungUp,
            EndCause::GatewayStopping => CallEndCause::GatewayLost,
            EndCause::Ordered => CallEndCause::AgentLost,
            EndCause::Vanished | EndCause::Fault => return self.agent_side_lost(at, call),
        };
        self.finish_talk(call, Moment::Gateway(at), ended_by);
    }

    pub(crate) fn hang_up_is_asked(&self, call: CallId) -> bool {
        self.timers.get(&Timer::HangUp(call)).is_some()
    }

    /// The caller's leg is over: an abandon, or the end of the talk.
    pub(crate) fn caller_gone(&mut self, at: Timestamp, call: CallId, cause: EndCause) {
        let Some(inbound) = self.inbound(call) else { return };
        if inbound.talk().is_some() {
            let asked = self.hang_up_is_asked(call);
            let ended_by = match cause {
                EndCause::Ordered | EndCause::PeerHungUp if asked => CallEndCause::AgentHungUp,
                EndCause::PeerHungUp => CallEndCause::AgentHungUp,
                EndCause::HungUp | EndCause::Ordered => CallEndCause::CitizenHungUp,
                EndCause::GatewayStopping => CallEndCause::GatewayLost,
                EndCause::Vanished | EndCause::Fault => CallEndCause::CitizenLost,
            };
            return self.finish_talk(call, Moment::Gateway(at), ended_by);
        }
        let abandoned = match cause {
            EndCause::HungUp | EndCause::Ordered | EndCause::PeerHungUp => AbandonCause::HungUp,
            EndCause::Vanished => AbandonCause::Vanished,
            EndCause::GatewayStopping => AbandonCause::GatewayLost,
            EndCause::Fault => AbandonCause::Fault,
        };
        self.abandon(call, Moment::Gateway(at), abandoned);
    }

    // --- the two ends of a call ---------------------------------------------------------------

    /// The caller gave up, or was lost, before anybody talked. An agent who had answered meanwhile
    /// is free at once, without wrap-up (R05).
    pub(crate) fn abandon(&mut self, call: CallId, moment: Moment, cause: AbandonCause) {
        self.end_all_offers(call, OfferEnd::Withdrawn(WithdrawReason::CallerGone));
        let Some(inbound) = self.inbound(call) else { return };
        let (rang_at, ring_started) = (inbound.rang_at, inbound.ring_started);
        let (gateway, caller) = (inbound.gateway.clone(), inbound.caller.clone());
        let returned = inbound.returned;
        let connecting = match inbound.state {
            InboundState::Connecting { agent, leg, .. } => Some((agent, leg)),
            _ => None,
        };
        if let Some((agent, leg)) = connecting {
            self.order(&gateway, Order::End { call, leg, reason: EndReason::PeerGone });
            self.rest(agent, StateCause::OfferOver);
        }
        if let Some(returned) = returned {
            return self.end_returned(call, moment, returned, cause);
        }
        let (at, waited_us) = match moment {
            Moment::Gateway(at) => (at, micros(at, rang_at)),
            Moment::Core => (self.now, micros(self.now, ring_started)),
        };
        self.counts.abandoned += 1;
        self.record_at(at, Record::CallAbandoned { call, rang_at, waited_us, cause });
        self.explain_miss(at, call, waited_us);
        if let Some(caller) = caller {
            let cause = match cause {
                AbandonCause::GatewayLost => OwedCause::GatewayLost,
                AbandonCause::QueueFull => OwedCause::QueueFull,
                _ => OwedCause::Abandoned,
            };
            self.record_at(at, Record::MissedCallReturnOwed { call, caller, cause });
        }
        let lost = cause == AbandonCause::GatewayLost && moment == Moment::Core;
        self.forget_call(call, if lost { How::LostWaiting } else { How::Over });
    }

    /// The talk is over: whoever is left is ended, the agent wraps up.
    pub(crate) fn finish_talk(&mut self, call: CallId, moment: Moment, cause: CallEndCause) {
        let Some(inbound) = self.inbound(call) else { return };
        let Some(talk) = inbound.talk() else { return };
        let Talk { agent, leg, answered_at, since, .. } = talk;
        let (gateway, caller_leg) = (inbound.gateway.clone(), inbound.leg);
        let (caller, returned) = (inbound.caller.clone(), inbound.returned);
        let before_us = inbound.talked_before_us();
        let (at, talked_us) = match moment {
            Moment::Gateway(at) => (at, micros(at, answered_at)),
            Moment::Core => (self.now, micros(self.now, since)),
        };
        self.counts.ended += 1;
        let talked_us = talked_us.saturating_add(before_us);
        self.drop_resume(call, cause != CallEndCause::GatewayLost);
        self.record_at(at, Record::CallEnded { call, agent, talked_us, cause });
        self.end_left_over(&gateway, call, caller_leg, leg, cause);
        if let (Some(caller), Some(cause)) = (caller, owed_after_talk(cause)) {
            self.record_at(at, Record::MissedCallReturnOwed { call, caller, cause });
        }
        if matches!(cause, CallEndCause::GatewayLost | CallEndCause::Repaired) {
            self.rest(agent, StateCause::GatewayLost);
        } else {
            self.wrap_up(agent, call);
        }
        let lost = cause == CallEndCause::GatewayLost && moment == Moment::Core;
        let how = How::LostTalking { answered_at, agent: Some(agent), returned };
        self.forget_call(call, if lost { how } else { How::Over });
    }

    /// The gateway ends the peer by itself; this makes sure of it.
    fn end_left_over(
        &mut self,
        gateway: &GatewayId,
        call: CallId,
        caller_leg: LegId,
        agent_leg: LegId,
        cause: CallEndCause,
    ) {
        let reason = EndReason::PeerGone;
        match cause {
            CallEndCause::CitizenHungUp | CallEndCause::CitizenLost => {
                self.order(gateway, Order::End { call, leg: agent_leg, reason });
            }
            CallEndCause::AgentHungUp | CallEndCause::AgentLost => {
                self.order(gateway, Order::End { call, leg: caller_leg, reason });
            }
            CallEndCause::Repaired => {
                for leg in [agent_leg, caller_leg] {
                    self.order(gateway, Order::End { call, leg, reason: EndReason::Stale });
                }
            }
            CallEndCause::GatewayLost => {}
        }
    }

    pub(crate) fn hang_up_timed_out(&mut self, call: CallId) {
        match self.calls.get(&call) {
            Some(Call::Inbound(_)) => {
                self.bridge_failed(call, true);
                self.finish_talk(call, Moment::Core, CallEndCause::AgentHungUp);
            }
            Some(Call::Outbound(_)) => self.outbound_hang_up_timed_out(call),
            None => {}
        }
    }

    pub(crate) fn leg_held(&mut self, at: Timestamp, call: CallId, leg: LegId, hold: bool) {
        let agent = match self.calls.get_mut(&call) {
            Some(Call::Inbound(inbound)) => match inbound.talk_mut() {
                Some(talk) if talk.leg == leg && talk.held != hold => {
                    talk.held = hold;
                    Some(talk.agent)
                }
                _ => None,
            },
            Some(Call::Outbound(outbound)) => outbound.set_held(leg, hold),
            None => None,
        };
        if let Some(agent) = agent {
            let record = if hold {
                Record::CallHeld { call, agent }
            } else {
                Record::CallRetrieved { call, agent }
            };
            self.record_at(at, record);
        }
    }

    fn end_caller_leg(&mut self, call: CallId, reason: EndReason) {
        if let Some(inbound) = self.inbound(call) {
            let (gateway, leg) = (inbound.gateway.clone(), inbound.leg);
            self.order(&gateway, Order::End { call, leg, reason });
        }
    }

    /// Takes a call out of the core; late facts about it do nothing from now on.
    pub(crate) fn forget_call(&mut self, call: CallId, how: How) {
        self.calls.remove(&call);
        self.timers.cancel_call(call);
        let until = self.now + millis(self.config.remember_ended_ms);
        self.ended.insert(call, until, how);
        self.reindex_call(call);
    }

    /// Who talks, or is about to.
    pub(crate) fn agent_in_call(&self, call: CallId) -> Option<(AgentId, LegId)> {
        match self.calls.get(&call)? {
            Call::Inbound(inbound) => match inbound.state {
                InboundState::Connecting { agent, leg, .. }
                | InboundState::Talking(Talk { agent, leg, .. }) => Some((agent, leg)),
                InboundState::Waiting { .. } => None,
            },
            Call::Outbound(outbound) => Some((outbound.agent, outbound.own)),
        }
    }
}

pub(crate) const fn owed_after_talk(cause: CallEndCause) -> Option<OwedCause> {
    match cause {
        CallEndCause::GatewayLost => Some(OwedCause::GatewayLost),
        CallEndCause::AgentLost => Some(OwedCause::AgentLost),
        CallEndCause::CitizenHungUp
        | CallEndCause::AgentHungUp
        | CallEndCause::CitizenLost
        | CallEndCause::Repaired => None,
    }
}

const fn offer_end(cause: FailureCause) -> OfferEnd {
    match cause {
        FailureCause::NoAnswer => OfferEnd::Lapsed,
        FailureCause::Busy | FailureCause::Declined => OfferEnd::Refused,
        FailureCause::Withdrawn => OfferEnd::Lost,
        FailureCause::Unreachable
        | FailureCause::UnknownNumber
        | FailureCause::Rejected
        | FailureCause::GatewayFault
        | FailureCause::UnknownTarget => OfferEnd::Failed(cause),
    }
}

fn same_pair(a: (LegId, LegId), b: (LegId, LegId)) -> bool {
    a == b || (a.1, a.0) == b
}

/// Whether a core has chosen this leg (version 8), rather than a gateway (version 7).
pub(crate) fn is_derived(leg: LegId) -> bool {
    leg.as_uuid().get_version_num() == 8
}
