//! Gateways that are lost and come back. A snapshot replaces memory: whatever has lost its leg is
//! freed, whatever lives is taken up again at its original place, whatever nobody knows is ended.

use std::collections::{BTreeMap, BTreeSet};

use types::{AgentId, CallId, DeviceId, GatewayId, LegId, Timestamp};

use crate::agent::{AgentState, Proof, micros};
use crate::call::{Call, InboundState, Outbound, Returned, Stage, Talk};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::{EndReason, Order, WithdrawReason};
use crate::ended::How;
use crate::inbound::Moment;
use crate::input::{Arrival, CallSnapshot, DeviceSnapshot, DialPurpose, LegKind, LegState};
use crate::offers::OfferEnd;
use crate::record::{
    AbandonCause, CallEndCause, GuardStep, OutboundFailure, Record, ReturnCause, StateCause,
    TakenBack,
};
use crate::timers::Timer;

impl Acd {
    // --- away ---------------------------------------------------------------------------------

    /// Nobody can be rung through it; its calls may well go on, so they are kept for a while.
    pub(crate) fn gateway_lost(&mut self, gateway: &GatewayId) {
        let until = self.now + millis(self.config.gateway_grace_ms);
        self.gateways.insert(gateway.clone(), false);
        self.timers.set_if_absent(Timer::Gateway(gateway.clone()), until);
        for call in self.calls_of(gateway) {
            self.end_all_offers(call, OfferEnd::Lost);
            self.timers.cancel(&Timer::Connect(call));
            self.reindex_call(call);
        }
        self.reindex_agents_of(gateway);
        self.plan_promises();
    }

    /// Its calls count as dropped: agents are free, every caller is owed a return.
    pub(crate) fn gateway_stays_away(&mut self, gateway: &GatewayId) {
        for call in self.calls_of(gateway) {
            self.drop_call(call, Moment::Core);
        }
    }

    fn drop_call(&mut self, call: CallId, moment: Moment) {
        match self.calls.get(&call) {
            Some(Call::Inbound(inbound)) => match inbound.state {
                InboundState::Talking(_) => {
                    self.finish_talk(call, moment, CallEndCause::GatewayLost);
                }
                _ => self.abandon(call, moment, AbandonCause::GatewayLost),
            },
            Some(Call::Outbound(_)) => {
                self.fail_outbound(call, OutboundFailure::GatewayLost);
                self.end_outbound_talk(call, moment, CallEndCause::GatewayLost);
            }
            None => {}
        }
    }

    fn calls_of(&self, gateway: &GatewayId) -> Vec<CallId> {
        let of = |(_, call): &(&CallId, &Call)| call.gateway() == gateway;
        self.calls.iter().filter(of).map(|(id, _)| *id).collect()
    }

    fn reindex_agents_of(&mut self, gateway: &GatewayId) {
        let agents: Vec<AgentId> = self
            .agents
            .iter()
            .filter(|(_, agent)| agent.devices.values().any(|d| d.gateway == *gateway))
            .map(|(id, _)| *id)
            .collect();
        for agent in agents {
            self.reindex_agent(agent);
        }
        self.reindex_lines_of(gateway);
    }

    // --- about to stop ------------------------------------------------------------------------

    /// Nobody is called through it from now on; a snapshot of the gateway that follows ends this.
    pub(crate) fn set_draining(&mut self, gateway: &GatewayId, draining: bool) {
        if draining {
            self.draining.insert(gateway.clone());
        } else {
            self.draining.remove(gateway);
        }
        self.reindex_lines_of(gateway);
        self.plan_promises();
    }

    // --- back ---------------------------------------------------------------------------------

    pub(crate) fn gateway_snapshot(
        &mut self,
        gateway: &GatewayId,
        at: Timestamp,
        calls: Vec<CallSnapshot>,
        devices: &[DeviceSnapshot],
    ) {
        self.gateways.insert(gateway.clone(), true);
        self.timers.cancel(&Timer::Gateway(gateway.clone()));
        let away = self.replace_devices(gateway, at, devices);
        let calls: BTreeMap<CallId, CallSnapshot> =
            calls.into_iter().map(|call| (call.call, call)).collect();
        for call in self.calls_of(gateway) {
            self.reconcile(at, call, calls.get(&call));
        }
        self.reconcile_screened(gateway, &calls);
        for (id, call) in calls {
            if self.screened.contains_key(&id) {
                continue;
            }
            if self.calls.contains_key(&id) {
                self.end_unknown_legs(gateway, &call);
            } else {
                self.take_up(gateway, at, &call);
            }
        }
        for call in self.calls_of(gateway) {
            self.reindex_call(call);
        }
        self.plan_promises();
        self.await_phones(&away);
    }

    /// Phones come back with their gateway: their agents have longer than for a phone that left by
    /// itself, those too who were freed with a lost call just now.
    fn await_phones(&mut self, away: &[AgentId]) {
        let return_at = self.now + millis(self.config.gateway_return_ms);
        for id in away {
            let Some(agent) = self.agents.get(id) else { continue };
            let free = matches!(agent.state, AgentState::Ready | AgentState::Warned { .. });
            if free && agent.reachable(&self.gateways).is_none() {
                self.timers.set(Timer::Device(*id), return_at);
            }
        }
    }

    /// Takes the listed phones for those that are there; gives the agents of those that are not.
    fn replace_devices(
        &mut self,
        gateway: &GatewayId,
        at: Timestamp,
        devices: &[DeviceSnapshot],
    ) -> Vec<AgentId> {
        let listed: BTreeSet<(AgentId, DeviceId)> =
            devices.iter().map(|listed| (listed.agent, listed.device)).collect();
        let mut dropped = Vec::new();
        for (id, agent) in &mut self.agents {
            for (device_id, device) in &mut agent.devices {
                let was_there = device.gateway == *gateway && device.registered;
                if was_there && !listed.contains(&(*id, *device_id)) {
                    device.registered = false;
                    device.changed_at = device.changed_at.max(at);
                    dropped.push(*id);
                }
            }
        }
        for listed in devices {
            let now = self.now;
            let entry = self.agent_entry(listed.agent).device(listed.device, gateway, at);
            entry.gateway = gateway.clone();
            entry.registered = true;
            entry.changed_at = at;
            if let (Some(proved_at), Proof::None) = (listed.proved_at, entry.proof) {
                let age_us = micros(at, proved_at);
                entry.proof = Proof::Good { at: now - std::time::Duration::from_micros(age_us) };
            }
        }
        self.reindex_agents_of(gateway);
        dropped
    }

    // --- what the core knows ------------------------------------------------------------------

    fn reconcile(&mut self, at: Timestamp, id: CallId, found: Option<&CallSnapshot>) {
        match self.calls.get(&id) {
            Some(Call::Inbound(inbound)) => {
                let leg = inbound.leg;
                match found.filter(|found| leg_state(found, leg).is_some()) {
                    Some(found) => self.reconcile_inbound(at, id, leg, found),
                    None => self.drop_call(id, Moment::Gateway(at)),
                }
            }
            Some(Call::Outbound(_)) => self.reconcile_outbound(at, id, found),
            None => {}
        }
    }

    fn reconcile_inbound(&mut self, at: Timestamp, id: CallId, leg: LegId, found: &CallSnapshot) {
        let answered = !matches!(leg_state(found, leg), Some(LegState::Ringing));
        let Some(inbound) = self.inbound_mut(id) else { return };
        inbound.leg_answered |= answered;
        let state = inbound.state.clone();
        match state {
            InboundState::Waiting { offers, .. } => {
                for offer in offers.keys() {
                    match leg_state(found, *offer) {
                        Some(LegState::Ringing) => {}
                        Some(LegState::Waiting | LegState::Connected { .. }) => {
                            self.offer_answered(id, *offer);
                        }
                        None => self.end_offer(id, *offer, OfferEnd::Lost),
                    }
                }
            }
            InboundState::Connecting { leg: second, .. } => match leg_state(found, second) {
                Some(LegState::Connected { peer, .. }) if peer == leg => {
                    let since = leg_since(found, second).unwrap_or(at);
                    self.call_answered(since, id);
                }
                Some(_) => self.order_connect(id, second),
                None => self.bridge_failed(id, false),
            },
            InboundState::Talking(talk) => {
                self.reconcile_resume(at, id, leg, talk, found);
                self.reconcile_talk(at, id, found);
            }
        }
    }

    fn reconcile_outbound(&mut self, at: Timestamp, id: CallId, found: Option<&CallSnapshot>) {
        let Some(outbound) = self.outbound(id) else { return };
        let (own, stage) = (outbound.own, outbound.stage);
        let own_state = found.and_then(|found| leg_state(found, own));
        let far_state = stage.far().and_then(|far| found.and_then(|f| leg_state(f, far)));
        match (stage, own_state, far_state) {
            (_, None, _) => self.drop_call(id, Moment::Gateway(at)),
            (Stage::OwnPhone, Some(LegState::Ringing), _) => {}
            (Stage::OwnPhone, Some(_), _) => self.own_answered(id),
            (_, _, None) => self.drop_call(id, Moment::Gateway(at)),
            (Stage::Dialling { .. }, _, Some(LegState::Ringing)) => {}
            (Stage::Dialling { .. }, _, Some(_)) => self.far_answered(id),
            (Stage::Connecting { .. }, Some(LegState::Connected { .. }), _) => {
                self.outbound_connected(at, id);
            }
            (Stage::Connecting { .. }, _, _) => self.order_outbound_connect(id),
            (Stage::Talking { .. }, Some(LegState::Connected { held, media_lost, .. }), _) => {
                self.leg_held(at, id, own, held);
                self.note_media(id, own, media_lost);
            }
            (Stage::Talking { .. }, _, _) => {
                self.end_outbound_talk(id, Moment::Gateway(at), CallEndCause::AgentLost);
            }
        }
    }

    /// Legs inside a known call that the core did not order, or has forgotten.
    fn end_unknown_legs(&mut self, gateway: &GatewayId, found: &CallSnapshot) {
        let call = found.call;
        for leg in &found.legs {
            if self.calls.get(&call).is_some_and(|known| known.has_leg(leg.leg)) {
                continue;
            }
            self.end_leg(gateway, call, leg.leg, leg.state);
        }
    }

    fn end_leg(&mut self, gateway: &GatewayId, call: CallId, leg: LegId, state: LegState) {
        let order = if state == LegState::Ringing && crate::inbound::is_derived(leg) {
            Order::Withdraw { call, leg, reason: WithdrawReason::Stale }
        } else {
            Order::End { call, leg, reason: EndReason::Stale }
        };
        self.order(gateway, order);
    }

    // --- what the core does not know ----------------------------------------------------------

    fn take_up(&mut self, gateway: &GatewayId, at: Timestamp, found: &CallSnapshot) {
        let caller = found.legs.iter().find(|leg| leg.kind == LegKind::Caller).cloned();
        let ended = self.ended.get(found.call);
        let inbound = caller.zip(found.rang_at);
        let talking = self.talking_agent(found);
        match (inbound, talking, ended) {
            (_, _, Some(How::Over | How::BeforeArrival { .. })) => self.end_all(gateway, found),
            (Some((leg, rang_at)), Some((agent, agent_leg)), how) => {
                self.take_up_talk(gateway, at, found, (leg.leg, rang_at), (agent, agent_leg), how);
            }
            (Some((leg, rang_at)), None, None | Some(How::LostWaiting))
                if !matches!(leg.state, LegState::Connected { .. }) =>
            {
                let answered = leg.state == LegState::Waiting;
                self.take_up_waiting(gateway, at, found, leg.leg, rang_at, answered);
            }
            (Some((leg, rang_at)), None, Some(how)) if leg.state == LegState::Waiting => {
                self.take_up_returned(gateway, at, found, (leg.leg, rang_at), how);
            }
            (None, Some((agent, own)), None) => {
                self.take_up_outbound(gateway, found, agent, own);
            }
            _ => self.end_all(gateway, found),
        }
    }

    /// The free agent whose connected leg is in this call.
    fn talking_agent(&self, found: &CallSnapshot) -> Option<(AgentId, LegId)> {
        found.legs.iter().find_map(|leg| match (&leg.kind, leg.state) {
            (LegKind::Agent { agent }, LegState::Connected { .. }) => {
                let busy = self.agents.get(agent).is_some_and(|a| a.state.lease().is_some());
                (!busy).then_some((*agent, leg.leg))
            }
            (kind, LegState::Connected { .. }) => {
                self.channel_of(found, kind).map(|channel| (channel, leg.leg))
            }
            _ => None,
        })
    }

    fn end_all(&mut self, gateway: &GatewayId, found: &CallSnapshot) {
        for leg in &found.legs {
            self.end_leg(gateway, found.call, leg.leg, leg.state);
        }
    }

    fn admit_found(
        &mut self,
        gateway: &GatewayId,
        at: Timestamp,
        found: &CallSnapshot,
        leg: LegId,
        rang_at: Timestamp,
    ) {
        let arrival = Arrival {
            call: found.call,
            leg,
            caller: found.caller.clone(),
            dialled: found.dialled.clone(),
            skills: found.skills.clone(),
            priority: found.priority,
            arrived_at: rang_at,
            rang_at,
            age_ms: 0,
            routing: found.routing.clone(),
        };
        let age = std::time::Duration::from_micros(micros(at, rang_at));
        match self.ended.remove(found.call) {
            Some(How::LostWaiting) => self.resume(found.call, TakenBack::Abandoned),
            Some(How::LostTalking { .. }) => self.resume(found.call, TakenBack::Ended),
            Some(How::LostReturned { .. }) => self.resume(found.call, TakenBack::EndedInQueue),
            _ => self.record_arrival(gateway, &arrival),
        }
        self.admit(gateway.clone(), arrival, self.now - age);
    }

    fn resume(&mut self, call: CallId, takes_back: TakenBack) {
        match takes_back {
            TakenBack::Abandoned => self.counts.abandoned = self.counts.abandoned.saturating_sub(1),
            TakenBack::Ended | TakenBack::EndedInQueue => {
                self.counts.ended = self.counts.ended.saturating_sub(1);
            }
        }
        self.record(Record::CallResumed { call, takes_back });
    }

    fn take_up_waiting(
        &mut self,
        gateway: &GatewayId,
        at: Timestamp,
        found: &CallSnapshot,
        leg: LegId,
        rang_at: Timestamp,
        answered: bool,
    ) {
        self.admit_found(gateway, at, found, leg, rang_at);
        if let Some(inbound) = self.inbound_mut(found.call) {
            inbound.leg_answered = answered;
        }
        self.end_unknown_legs(gateway, found);
    }

    /// A caller whose talk, or wait after it, was thought lost with the gateway: the agent's leg is
    /// gone, so the caller waits again, at the head of the queue.
    fn take_up_returned(
        &mut self,
        gateway: &GatewayId,
        at: Timestamp,
        found: &CallSnapshot,
        (leg, rang_at): (LegId, Timestamp),
        how: How,
    ) {
        let call = found.call;
        let returned = match how {
            How::LostReturned { returned } => returned,
            How::LostTalking { answered_at, agent: Some(from), returned } => {
                let before_us = returned.map_or(0, |returned| returned.talked_us);
                let talked_us = before_us.saturating_add(micros(at, answered_at));
                Returned { from, since: self.now, talked_us }
            }
            How::LostTalking { agent: None, .. }
            | How::LostWaiting
            | How::Over
            | How::BeforeArrival { .. } => return self.end_all(gateway, found),
        };
        self.admit_found(gateway, at, found, leg, rang_at);
        if let How::LostTalking { answered_at, .. } = how {
            let (agent, talked_us) = (returned.from, micros(at, answered_at));
            let cause = ReturnCause::LegLost;
            self.record_at(at, Record::CallReturned { call, agent, talked_us, cause });
        }
        self.wait_again(call, returned);
        self.end_unknown_legs(gateway, found);
    }

    fn take_up_talk(
        &mut self,
        gateway: &GatewayId,
        at: Timestamp,
        found: &CallSnapshot,
        (caller_leg, rang_at): (LegId, Timestamp),
        (agent, leg): (AgentId, LegId),
        ended: Option<How>,
    ) {
        let call = found.call;
        self.admit_found(gateway, at, found, caller_leg, rang_at);
        self.agent_entry(agent);
        self.timers.cancel_call(call);
        let step = GuardStep::First;
        if let Some(inbound) = self.inbound_mut(call) {
            inbound.returned = ended.and_then(How::returned);
            inbound.state = InboundState::Connecting { agent, leg, step, device: None };
        }
        self.move_agent(agent, AgentState::Talking { call, leg }, StateCause::Snapshot);
        if let Some(How::LostTalking { answered_at, .. }) = ended {
            let since = self.now - std::time::Duration::from_micros(micros(at, answered_at));
            if let Some(inbound) = self.inbound_mut(call) {
                inbound.state = InboundState::Talking(Talk {
                    agent,
                    leg,
                    answered_at,
                    since,
                    held: false,
                    device: None,
                    device_since: None,
                    media_lost_since: None,
                    resume: None,
                });
                inbound.leg_answered = true;
            }
            self.reindex_call(call);
        } else {
            self.call_answered(leg_since(found, leg).unwrap_or(at), call);
        }
        if let Some(LegState::Connected { held, media_lost, .. }) = leg_state(found, leg) {
            self.leg_held(at, call, leg, held);
            self.note_media(call, leg, media_lost);
        }
        self.end_unknown_legs(gateway, found);
    }

    /// A clerk's call out that a core without memory finds talking.
    fn take_up_outbound(
        &mut self,
        gateway: &GatewayId,
        found: &CallSnapshot,
        agent: AgentId,
        own: LegId,
    ) {
        let call = found.call;
        let far = found.legs.iter().find_map(|leg| match &leg.kind {
            LegKind::Outbound { number } => Some((leg.leg, number.clone())),
            _ => None,
        });
        let Some((far, number)) = far else { return self.end_all(gateway, found) };
        let answered_at = leg_since(found, own).unwrap_or(self.now);
        let purpose = DialPurpose::Other;
        self.agent_entry(agent);
        self.record(Record::OutboundStarted { call, agent, number: number.clone(), purpose });
        let stage = Stage::Talking { far, answered_at, held: false, media_lost_since: None };
        let (gateway_id, since) = (gateway.clone(), self.now);
        let promise = None;
        let outbound =
            Outbound { gateway: gateway_id, agent, own, number, purpose, stage, since, promise };
        self.calls.insert(call, Call::Outbound(outbound));
        self.move_agent(agent, AgentState::Outbound { call, leg: own }, StateCause::Snapshot);
        self.record_at(answered_at, Record::OutboundAnswered { call, agent });
        self.end_unknown_legs(gateway, found);
    }
}

pub(crate) fn leg_state(found: &CallSnapshot, leg: LegId) -> Option<LegState> {
    found.legs.iter().find(|of| of.leg == leg).map(|of| of.state)
}

fn leg_since(found: &CallSnapshot, leg: LegId) -> Option<Timestamp> {
    found.legs.iter().find(|of| of.leg == leg).map(|of| of.since)
}
