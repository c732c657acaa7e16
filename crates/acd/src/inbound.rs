//! The life of a citizen's call: arrival, answer, bridge. Owns the rule that a call is answered once,
//! whoever talks with it later; its ends are in `endings`.

use std::collections::BTreeMap;

use types::{AgentId, CallId, GatewayId, LegId, Timestamp};

use crate::agent::{AgentState, micros};
use crate::announcement::Heard;
use crate::call::{Call, Inbound, InboundState, Offer, Talk};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::{EndReason, Order, WithdrawReason};
use crate::ended::How;
use crate::input::Arrival;
use crate::offers::OfferEnd;
use crate::record::{AbandonCause, BreachCause, GuardStep, Record, StateCause};
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
        if self.calls.contains_key(&call) || self.screened.contains_key(&call) {
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
        if let Some(entry) = self.screens(&arrival) {
            let leg = arrival.leg;
            self.screen(gateway, arrival, ring_started, entry);
            if ended_before.is_some() {
                self.screened_gone(call, leg);
            }
            return;
        }
        self.record_arrival(&gateway, &arrival);
        self.admit(gateway, arrival, ring_started);
        // Who is not let in keeps what she was promised, or the place she had.
        if !full && ended_before.is_none() {
            self.take_place(call);
        }
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
            queue: arrival.routing.queue.clone(),
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
        let mut inbound = Inbound {
            gateway,
            leg: arrival.leg,
            caller: arrival.caller,
            dialled: arrival.dialled,
            skills: arrival.skills,
            priority: arrival.priority,
            routing: arrival.routing,
            waits_for: None,
            rang_at: arrival.rang_at,
            ring_started,
            leg_answered: false,
            treated: false,
            step: GuardStep::First,
            avoid: BTreeMap::new(),
            causes: Vec::new(),
            returned: None,
            earlier: None,
            callback_offered: false,
            heard: Heard::default(),
            emergency: false,
            state: InboundState::Waiting { offers: BTreeMap::new(), idle_since: ring_started },
        };
        inbound.waits_for = self.waits_for(&inbound);
        self.calls.insert(call, Call::Inbound(Box::new(inbound)));
        self.record(Record::CallQueued { call, ring_started });
        self.plan_guard(call);
        self.plan_callback_offer(call);
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
            self.touched_calls.insert(call);
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
        if offer.overdue_since.is_some() {
            self.blame_empty_floor(call);
        }
        if let Some(inbound) = self.inbound_mut(call) {
            let Offer { agent, step, device, .. } = offer;
            inbound.state = InboundState::Connecting { agent, leg, step, device };
        }
        for timer in
            [Timer::Guard(call), Timer::Music(call), Timer::Tier(call), Timer::CallbackOffer(call)]
        {
            self.timers.cancel(&timer);
        }
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
        self.order_connection(&gateway, call, [first, second], notice);
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
            device_since: None,
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
        self.count_call(agent);
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
        let (answered_at, line) = (at, self.line(agent).is_some());
        let record =
            Record::CallAnswered { call, agent, rang_at, answered_at, wait_us, saved_by, line };
        self.record_at(at, record);
        self.explain_miss(at, call, wait_us);
    }

    /// Says why a call missed the 15 seconds.
    pub(crate) fn explain_miss(&mut self, at: Timestamp, call: CallId, waited_us: u64) {
        let target_us = self.config.answer_target_ms.saturating_mul(1_000);
        if waited_us <= target_us {
            return;
        }
        self.blame_empty_floor(call);
        let Some(inbound) = self.inbound(call) else { return };
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
        if !self.line_pauses(agent, StateCause::BridgeFailed) {
            self.rest(agent, StateCause::BridgeFailed);
        }
        self.treat_again(call);
        self.plan_guard(call);
        self.plan_callback_offer(call);
        self.reindex_call(call);
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
            self.touched_calls.insert(call);
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

fn same_pair(a: (LegId, LegId), b: (LegId, LegId)) -> bool {
    a == b || (a.1, a.0) == b
}

/// Whether a core has chosen this leg (version 8), rather than a gateway (version 7).
pub(crate) fn is_derived(leg: LegId) -> bool {
    leg.as_uuid().get_version_num() == 8
}
