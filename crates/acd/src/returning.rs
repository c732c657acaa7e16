//! A talk whose agent's side is lost: her browser sends nothing, or her leg is dead, while the
//! citizen is still there (R16, R17). Owns the wait for her, the caller's return to the head of the
//! queue, and that the call is counted once for all that.
//!
//! Must not do: another phone of hers that takes the lost one's place (`rejoin`).

use std::collections::BTreeMap;

use types::{AgentId, CallId, GatewayId, LegId, Timestamp};

use crate::agent::{Choice, micros};
use crate::call::{Call, InboundState, Returned, Stage, Talk};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::{AnswerMode, EndReason, Order, Treatment};
use crate::ended::How;
use crate::endings::owed_after_talk;
use crate::inbound::Moment;
use crate::record::{
    AbandonCause, CallEndCause, GuardStep, NotReadyReason, Record, ReturnCause, StateCause,
};
use crate::timers::Timer;

impl Acd {
    // --- media lost and back ------------------------------------------------------------------

    pub(crate) fn leg_media(&mut self, at: Timestamp, call: CallId, leg: LegId, lost: bool) {
        if !self.knows_leg(call, leg) {
            return;
        }
        self.record_at(
            at,
            if lost { Record::MediaLost { call, leg } } else { Record::MediaBack { call, leg } },
        );
        self.note_media(call, leg, lost);
    }

    /// Starts the wait for an agent's media, or ends it. The citizen's own silence is hers alone.
    pub(crate) fn note_media(&mut self, call: CallId, leg: LegId, lost: bool) {
        let now = self.now;
        // Another exchange sends nothing while its people are silent or have us on hold: its signalling alone says
        // whether it is there.
        if self.agent_in_call(call).is_some_and(|(agent, _)| self.line(agent).is_some()) {
            return;
        }
        let Some(since) = self.calls.get_mut(&call).and_then(|call| call.media_of(leg)) else {
            return;
        };
        if since.is_some() == lost {
            return;
        }
        *since = lost.then_some(now);
        self.touched_calls.insert(call);
        if lost {
            let until = now + millis(self.config.media_return_ms);
            self.timers.set(Timer::MediaReturn(call), until);
            self.look_for_phone(call);
        } else {
            self.timers.cancel(&Timer::MediaReturn(call));
        }
    }

    pub(crate) fn media_is_lost(&self, call: CallId) -> bool {
        match self.calls.get(&call) {
            Some(Call::Inbound(inbound)) => {
                inbound.talk().is_some_and(|talk| talk.media_lost_since.is_some())
            }
            Some(Call::Outbound(outbound)) => {
                matches!(outbound.stage, Stage::Talking { media_lost_since: Some(_), .. })
            }
            None => false,
        }
    }

    pub(crate) fn in_reach(&self, gateway: &GatewayId) -> bool {
        self.gateways.get(gateway).copied().unwrap_or(false)
    }

    /// The wait is over. A core that slept, or whose gateway is away, may have missed her return:
    /// the snapshot says so, and it has the time that a gateway has to come back.
    pub(crate) fn media_stays_away(&mut self, call: CallId, due: Timestamp) {
        let Some(known) = self.calls.get(&call) else { return };
        if self.overslept(due) || !self.in_reach(known.gateway()) {
            let until = self.now + millis(self.config.gateway_grace_ms);
            self.timers.set(Timer::MediaReturn(call), until);
            return;
        }
        self.return_to_queue(call, Moment::Core, ReturnCause::MediaLost);
        self.end_lost_outbound(call);
    }

    /// A call out whose clerk is lost has nobody else to go to: it ends.
    pub(crate) fn end_lost_outbound(&mut self, call: CallId) {
        self.end_outbound_talk(call, Moment::Core, CallEndCause::AgentLost);
    }

    // --- back to the queue --------------------------------------------------------------------

    /// The agent's leg is dead, the citizen's is not.
    pub(crate) fn agent_side_lost(&mut self, at: Timestamp, call: CallId) {
        let moment = Moment::Gateway(at);
        if self.hang_up_is_asked(call) {
            self.finish_talk(call, moment, CallEndCause::AgentHungUp);
        } else if !self.goes_on_with_resume(call) {
            self.return_to_queue(call, moment, ReturnCause::LegLost);
        }
    }

    /// The caller waits again, before everybody else; the agent must choose anew.
    pub(crate) fn return_to_queue(&mut self, call: CallId, moment: Moment, cause: ReturnCause) {
        let Some(inbound) = self.inbound(call) else { return };
        let Some(talk) = inbound.talk() else { return };
        let gateway = inbound.gateway.clone();
        let talked_us = self.talked_until_lost_us(talk, moment);
        let before_us = inbound.talked_before_us();
        let at = match moment {
            Moment::Gateway(at) => at,
            Moment::Core => self.now,
        };
        self.drop_resume(call, true);
        self.record_at(at, Record::CallReturned { call, agent: talk.agent, talked_us, cause });
        let alone = talk.resume_leg() == Some(talk.leg);
        if cause == ReturnCause::MediaLost && !alone {
            let reason = EndReason::MediaLost;
            self.order(&gateway, Order::End { call, leg: talk.leg, reason });
        }
        let talked_us = talked_us.saturating_add(before_us);
        self.wait_again(call, Returned { from: talk.agent, since: self.now, talked_us });
        self.leave_lost_talk(talk.agent);
    }

    /// Her part ends where nothing was heard of her any more: the music is no talk.
    fn talked_until_lost_us(&self, talk: Talk, moment: Moment) -> u64 {
        match (talk.media_lost_since, moment) {
            (Some(lost), _) => micros(lost, talk.since),
            (None, Moment::Gateway(at)) => micros(at, talk.answered_at),
            (None, Moment::Core) => micros(self.now, talk.since),
        }
    }

    /// Puts a caller at the head of the queue, with the guard from its first step on.
    pub(crate) fn wait_again(&mut self, call: CallId, returned: Returned) {
        let now = self.now;
        for timer in [Timer::Connect(call), Timer::HangUp(call), Timer::MediaReturn(call)] {
            self.timers.cancel(&timer);
        }
        let Some(inbound) = self.inbound_mut(call) else { return };
        inbound.returned = Some(returned);
        inbound.waits_for = None;
        inbound.state = InboundState::Waiting { offers: BTreeMap::new(), idle_since: now };
        inbound.ring_started = now;
        inbound.step = GuardStep::First;
        inbound.leg_answered = true;
        inbound.avoid.clear();
        inbound.causes.clear();
        let prompts = self.config.return_notice.clone();
        let treatment =
            if prompts.is_empty() { Treatment::Music } else { Treatment::Prompts { prompts } };
        self.order_treatment(call, treatment, AnswerMode::Answer);
        self.plan_guard(call);
        // The key of the offer means nothing to her.
        self.plan_callback_offer(call);
        self.reindex_call(call);
    }

    /// Not-Ready, without wrap-up, until she chooses Ready again (R07). What else she has chosen for
    /// after the call stands (R18).
    fn leave_lost_talk(&mut self, id: AgentId) {
        match self.agents.get(&id).map(|agent| agent.afterwards) {
            Some(Choice::Ready) => {
                self.stand_down(id, NotReadyReason::DeviceLost, StateCause::DeviceLost);
            }
            Some(choice) => self.move_agent(id, choice.state(), StateCause::DeviceLost),
            None => {}
        }
    }

    // --- taken over, or given up --------------------------------------------------------------

    /// The next agent has the caller: no second answer, no second wait.
    pub(crate) fn record_taken_over(
        &mut self,
        at: Timestamp,
        call: CallId,
        agent: AgentId,
        returned: Returned,
    ) {
        let (from, waited_us) = (returned.from, micros(self.now, returned.since));
        self.record_at(at, Record::CallTakenOver { call, agent, from, waited_us });
    }

    /// A caller who waited again is gone: the call was answered, so this is its end.
    pub(crate) fn end_returned(
        &mut self,
        call: CallId,
        moment: Moment,
        returned: Returned,
        cause: AbandonCause,
    ) {
        let caller = self.inbound(call).and_then(|inbound| inbound.caller.clone());
        let at = match moment {
            Moment::Gateway(at) => at,
            Moment::Core => self.now,
        };
        let ended_by = match cause {
            AbandonCause::GatewayLost => CallEndCause::GatewayLost,
            AbandonCause::Repaired => CallEndCause::Repaired,
            AbandonCause::HungUp
            | AbandonCause::Vanished
            | AbandonCause::Fault
            | AbandonCause::QueueCallback
            | AbandonCause::QueueFull => CallEndCause::AgentLost,
        };
        let Returned { from: agent, talked_us, .. } = returned;
        self.counts.ended += 1;
        self.record_at(at, Record::CallEnded { call, agent, talked_us, cause: ended_by });
        if let (Some(caller), Some(cause)) = (caller, owed_after_talk(ended_by)) {
            self.record_at(at, Record::MissedCallReturnOwed { call, caller, cause });
        }
        let lost = cause == AbandonCause::GatewayLost && moment == Moment::Core;
        self.forget_call(call, if lost { How::LostReturned { returned } } else { How::Over });
    }
}

impl Call {
    /// Where it stands since when an agent's leg is silent, if this is the one she talks on.
    fn media_of(&mut self, leg: LegId) -> Option<&mut Option<Timestamp>> {
        match self {
            Self::Inbound(inbound) => inbound
                .talk_mut()
                .filter(|talk| talk.leg == leg)
                .map(|talk| &mut talk.media_lost_since),
            Self::Outbound(outbound) if outbound.own == leg => match &mut outbound.stage {
                Stage::Talking { media_lost_since, .. } => Some(media_lost_since),
                _ => None,
            },
            Self::Outbound(_) => None,
        }
    }
}
