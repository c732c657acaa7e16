//! An agent who comes back to her talk on another phone: her page was reloaded, or taken over by
//! another tab. Owns the one leg at a time that rings for it; the citizen keeps the call whatever
//! becomes of it.

use types::{AgentId, CallId, DeviceId, LegId, Timestamp};

use crate::agent::AgentState;
use crate::call::{Resume, Talk};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::{EndReason, Order, WithdrawReason};
use crate::gateways::leg_state;
use crate::inbound::Moment;
use crate::input::{CallSnapshot, LegState};
use crate::record::{CallEndCause, Record, ReturnCause, StateCause};
use crate::timers::Timer;

impl Acd {
    // --- a phone comes ------------------------------------------------------------------------

    /// Rings a phone that has just registered, if its agent's talk has lost the one it was on. The
    /// gateway itself chooses her newest phone; it must be the gateway that has the call.
    pub(crate) fn phone_came(&mut self, id: AgentId, device: DeviceId) {
        let Some(AgentState::Talking { call, .. }) = self.agents.get(&id).map(|agent| agent.state)
        else {
            return;
        };
        let Some(talk) = self.inbound(call).and_then(|inbound| inbound.talk()) else { return };
        if talk.resume.is_none()
            && !self.hang_up_is_asked(call)
            && self.has_lost_its_phone(id, talk)
            && self.can_rejoin(call, talk, device)
        {
            self.ring_to_rejoin(call, talk.agent, device);
        }
    }

    /// The youngest of her phones that may take the place of the lost one, if there is one.
    pub(crate) fn look_for_phone(&mut self, call: CallId) {
        let Some(talk) = self.inbound(call).and_then(|inbound| inbound.talk()) else { return };
        let Some(agent) = self.agents.get(&talk.agent) else { return };
        let young = agent
            .registered(&self.gateways)
            .filter(|(id, device)| {
                device.changed_at > talk.answered_at && self.can_rejoin(call, talk, *id)
            })
            .max_by_key(|(id, device)| (device.changed_at, *id))
            .map(|(id, _)| id);
        if let Some(device) = young {
            self.phone_came(talk.agent, device);
        }
    }

    /// Her media is gone, or the phone she talks on is not registered any more. A desk phone that
    /// registers beside a browser that works means nothing.
    fn has_lost_its_phone(&self, id: AgentId, talk: Talk) -> bool {
        let registered = |device: &DeviceId| {
            self.agents
                .get(&id)
                .and_then(|agent| agent.devices.get(device))
                .is_some_and(|device| device.registered)
        };
        talk.media_lost_since.is_some() || talk.device.is_some_and(|device| !registered(&device))
    }

    fn can_rejoin(&self, call: CallId, talk: Talk, device: DeviceId) -> bool {
        let gateway = self.inbound(call).map(|inbound| &inbound.gateway);
        let agent = self.agents.get(&talk.agent);
        talk.device != Some(device)
            && agent.is_some_and(|agent| {
                agent
                    .registered(&self.gateways)
                    .any(|(id, phone)| id == device && Some(&phone.gateway) == gateway)
            })
    }

    fn ring_to_rejoin(&mut self, call: CallId, agent: AgentId, device: DeviceId) {
        let leg = self.new_leg();
        let Some(inbound) = self.inbound_mut(call) else { return };
        let Some(talk) = inbound.talk_mut() else { return };
        talk.resume = Some(Resume { leg, device, answered: false });
        let gateway = inbound.gateway.clone();
        let (caller, dialled) = (inbound.caller.clone(), inbound.dialled.clone());
        let ring_limit_ms = self.offered_ring_limit_ms();
        self.timers.set(Timer::Lapse(call, leg), self.now + self.config.ring_limit());
        self.touched_calls.insert(call);
        let auto_answer = true;
        self.order(
            &gateway,
            Order::Offer { call, leg, agent, caller, dialled, ring_limit_ms, auto_answer },
        );
    }

    // --- it is answered, and connected --------------------------------------------------------

    /// The citizen is bridged to the new leg; the recording goes on in a new file.
    pub(crate) fn resume_answered(&mut self, call: CallId) {
        let Some(inbound) = self.inbound_mut(call) else { return };
        let first = inbound.leg;
        let Some(resume) = inbound.talk_mut().and_then(|talk| talk.resume.as_mut()) else { return };
        resume.answered = true;
        let second = resume.leg;
        let gateway = inbound.gateway.clone();
        self.timers.cancel(&Timer::Lapse(call, second));
        let until = self.now + millis(self.config.connect_limit_ms);
        self.timers.set(Timer::Connect(call), until);
        self.touched_calls.insert(call);
        let notice = Vec::new();
        self.order_connection(&gateway, call, [first, second], notice);
    }

    /// Citizen and agent hear each other again: the old leg ends alone.
    pub(crate) fn rejoined(&mut self, at: Timestamp, call: CallId) {
        let now = self.now;
        let Some(inbound) = self.inbound_mut(call) else { return };
        let gateway = inbound.gateway.clone();
        let Some(talk) = inbound.talk_mut() else { return };
        let Some(Resume { leg, device, .. }) = talk.resume else { return };
        let (agent, old) = (talk.agent, talk.leg);
        *talk = Talk {
            leg,
            device: Some(device),
            device_since: Some(now),
            media_lost_since: None,
            resume: None,
            held: false,
            ..*talk
        };
        for timer in [Timer::Lapse(call, leg), Timer::Connect(call), Timer::MediaReturn(call)] {
            self.timers.cancel(&timer);
        }
        if old != leg {
            self.order(&gateway, Order::End { call, leg: old, reason: EndReason::Replaced });
        }
        self.move_agent(agent, AgentState::Talking { call, leg }, StateCause::Answered);
        self.touched_calls.insert(call);
        self.record_at(at, Record::CallRejoined { call, agent, leg });
    }

    // --- it comes to nothing ------------------------------------------------------------------

    pub(crate) fn resume_lapsed(&mut self, call: CallId, leg: LegId) {
        let of = self.inbound(call).and_then(|inbound| inbound.talk());
        if of.is_some_and(|talk| talk.resume_leg() == Some(leg)) {
            self.resume_failed(Moment::Core, call, true);
        }
    }

    /// The new leg did not come to be. The talk goes on waiting for the old one; if that has ended
    /// meanwhile, the caller returns to the queue. `lives`: the leg may still be there.
    pub(crate) fn resume_failed(&mut self, moment: Moment, call: CallId, lives: bool) {
        let Some(talk) = self.inbound(call).and_then(|inbound| inbound.talk()) else { return };
        let Some(resume) = talk.resume else { return };
        if talk.leg != resume.leg {
            self.drop_resume(call, lives);
            if resume.answered {
                self.reconnect_talk(call, talk.leg);
            }
        } else if self.hang_up_is_asked(call) {
            self.finish_talk(call, moment, CallEndCause::AgentHungUp);
        } else {
            self.return_to_queue(call, moment, ReturnCause::LegLost);
        }
    }

    /// Forgets the new leg, and stops it if it may still be there.
    pub(crate) fn drop_resume(&mut self, call: CallId, lives: bool) {
        let Some(inbound) = self.inbound_mut(call) else { return };
        let gateway = inbound.gateway.clone();
        let Some(talk) = inbound.talk_mut() else { return };
        let agent = talk.agent;
        let Some(Resume { leg, .. }) = talk.resume.take() else { return };
        self.timers.cancel(&Timer::Lapse(call, leg));
        self.timers.cancel(&Timer::Connect(call));
        self.touched_calls.insert(call);
        if lives {
            let reason = WithdrawReason::AgentUnavailable;
            self.order(&gateway, Order::Withdraw { call, leg, reason });
        }
        self.record(Record::RejoinFailed { call, agent, leg });
    }

    /// She hangs up: no other phone of hers shall ring for this call.
    pub(crate) fn come_back_no_more(&mut self, call: CallId) {
        let of = self.inbound(call).and_then(|inbound| inbound.talk());
        if of.is_some_and(|talk| talk.resume_leg() != Some(talk.leg)) {
            self.drop_resume(call, true);
        }
    }

    /// The leg she talked on has ended while another one is on its way: that one is her lease now,
    /// and the citizen waits for it. Says whether it is so.
    pub(crate) fn goes_on_with_resume(&mut self, call: CallId) -> bool {
        if self.hang_up_is_asked(call) {
            return false;
        }
        let Some(talk) = self.inbound_mut(call).and_then(|inbound| inbound.talk_mut()) else {
            return false;
        };
        let Some(Resume { leg, .. }) = talk.resume.filter(|resume| resume.leg != talk.leg) else {
            return false;
        };
        talk.leg = leg;
        let agent = talk.agent;
        self.touched_calls.insert(call);
        self.move_agent(agent, AgentState::Talking { call, leg }, StateCause::Answered);
        true
    }

    /// Both legs of a talk live, but do not hear each other.
    pub(crate) fn reconnect_talk(&mut self, call: CallId, second: LegId) {
        let Some(inbound) = self.inbound(call) else { return };
        let (gateway, first) = (inbound.gateway.clone(), inbound.leg);
        let notice = Vec::new();
        self.order_connection(&gateway, call, [first, second], notice);
    }

    // --- what a snapshot shows of it ----------------------------------------------------------

    /// How far the new leg has come while nobody listened.
    pub(crate) fn reconcile_resume(
        &mut self,
        at: Timestamp,
        call: CallId,
        caller: LegId,
        talk: Talk,
        found: &CallSnapshot,
    ) {
        let Some(resume) = talk.resume else { return };
        match leg_state(found, resume.leg) {
            Some(LegState::Connected { peer, .. }) if peer == caller => self.rejoined(at, call),
            Some(LegState::Ringing) if !resume.answered => {}
            Some(_) => self.resume_answered(call),
            None => self.resume_failed(Moment::Gateway(at), call, false),
        }
    }

    /// How the leg of a talk is, and what follows for the caller.
    pub(crate) fn reconcile_talk(&mut self, at: Timestamp, call: CallId, found: &CallSnapshot) {
        let Some(talk) = self.inbound(call).and_then(|inbound| inbound.talk()) else { return };
        match leg_state(found, talk.leg) {
            Some(LegState::Connected { held, media_lost, .. }) => {
                self.leg_held(at, call, talk.leg, held);
                self.note_media(call, talk.leg, media_lost);
            }
            // Its place is being taken.
            Some(_) if talk.resume.is_some() => {}
            Some(_) => self.reconnect_talk(call, talk.leg),
            None => self.agent_side_lost(at, call),
        }
        self.look_for_phone(call);
    }
}
