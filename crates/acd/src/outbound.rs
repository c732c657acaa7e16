//! Click-to-dial: the clerk's own phone first, then the number, then both hear each other. The
//! failure of either leg ends the other.

use types::{AgentId, CallId, GatewayId, LegId, Phone, Timestamp};

use crate::agent::{AgentState, Choice, micros};
use crate::call::{Call, Outbound, Stage};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::{Destination, EndReason, Order};
use crate::ended::How;
use crate::inbound::Moment;
use crate::input::{DialPurpose, EndCause, FailureCause};
use crate::record::{CallEndCause, OutboundFailure, Record, StateCause};
use crate::timers::Timer;

impl Outbound {
    /// Notes a hold or its end; gives the clerk's name if that changed anything.
    pub(crate) fn set_held(&mut self, leg: LegId, hold: bool) -> Option<AgentId> {
        match &mut self.stage {
            Stage::Talking { held, .. } if self.own == leg && *held != hold => {
                *held = hold;
                Some(self.agent)
            }
            _ => None,
        }
    }
}

impl Acd {
    pub(crate) fn dial(
        &mut self,
        agent: AgentId,
        gateway: &GatewayId,
        call: CallId,
        number: Phone,
        purpose: DialPurpose,
    ) {
        let (own, now) = (self.new_leg(), self.now);
        let auto_answer = self.agents.get(&agent).is_some_and(|agent| agent.auto_answer);
        self.record(Record::OutboundStarted { call, agent, number: number.clone(), purpose });
        let outbound = Outbound {
            gateway: gateway.clone(),
            agent,
            own,
            number,
            purpose,
            stage: Stage::OwnPhone,
            since: now,
            promise: None,
        };
        self.calls.insert(call, Call::Outbound(outbound));
        self.touched_calls.insert(call);
        self.move_agent(agent, AgentState::Outbound { call, leg: own }, StateCause::DialStarted);
        // She has not asked for this one: it rings like an offer.
        let ring_limit_ms = match purpose {
            DialPurpose::QueueCallback => self.config.ring_limit_ms,
            _ => self.config.own_phone_ring_limit_ms,
        };
        self.originate(
            gateway,
            call,
            own,
            Destination::Agent { agent },
            ring_limit_ms,
            auto_answer,
        );
    }

    fn originate(
        &mut self,
        gateway: &GatewayId,
        call: CallId,
        leg: LegId,
        to: Destination,
        ring_limit_ms: u32,
        auto_answer: bool,
    ) {
        let caller_id = self.config.caller_id.clone();
        self.timers.set(Timer::Outbound(call), self.now + millis(u64::from(ring_limit_ms)));
        self.order(
            gateway,
            Order::Originate { call, leg, to, caller_id, ring_limit_ms, auto_answer },
        );
    }

    fn set_stage(&mut self, call: CallId, stage: Stage) {
        let now = self.now;
        self.touched_calls.insert(call);
        if let Some(Call::Outbound(outbound)) = self.calls.get_mut(&call) {
            outbound.stage = stage;
            outbound.since = now;
        }
    }

    pub(crate) fn own_answered(&mut self, call: CallId) {
        let Some(outbound) = self.outbound(call) else { return };
        if outbound.stage != Stage::OwnPhone {
            return;
        }
        let (gateway, number) = (outbound.gateway.clone(), outbound.number.clone());
        if let Some(promise) = outbound.promise {
            self.promise_dialled(promise);
        }
        let far = self.new_leg();
        self.set_stage(call, Stage::Dialling { far });
        let ring_limit_ms = self.config.outbound_ring_limit_ms;
        self.originate(&gateway, call, far, Destination::Number { number }, ring_limit_ms, false);
    }

    pub(crate) fn far_answered(&mut self, call: CallId) {
        let Some(outbound) = self.outbound(call) else { return };
        let Stage::Dialling { far } = outbound.stage else { return };
        self.set_stage(call, Stage::Connecting { far });
        self.order_outbound_connect(call);
    }

    pub(crate) fn order_outbound_connect(&mut self, call: CallId) {
        let Some(outbound) = self.outbound(call) else { return };
        let Some(first) = outbound.stage.far() else { return };
        let (gateway, second) = (outbound.gateway.clone(), outbound.own);
        let notice = match outbound.promise {
            Some(_) => self.config.queue_callback.notice.clone(),
            None => self.config.outbound_notice.clone(),
        };
        self.timers.cancel(&Timer::Outbound(call));
        self.timers.set(Timer::Connect(call), self.now + millis(self.config.connect_limit_ms));
        self.order_connection(&gateway, call, [first, second], notice);
    }

    pub(crate) fn outbound_connected(&mut self, at: Timestamp, call: CallId) {
        let Some(outbound) = self.outbound(call) else { return };
        let Stage::Connecting { far } = outbound.stage else { return };
        let (agent, promise) = (outbound.agent, outbound.promise);
        self.timers.cancel(&Timer::Connect(call));
        let stage = Stage::Talking { far, answered_at: at, held: false, media_lost_since: None };
        self.set_stage(call, stage);
        self.record_at(at, Record::OutboundAnswered { call, agent });
        if let Some(promise) = promise {
            self.promise_kept(promise, call, agent);
        }
    }

    // --- ends ---------------------------------------------------------------------------------

    pub(crate) fn outbound_leg_failed(
        &mut self,
        at: Timestamp,
        call: CallId,
        leg: LegId,
        cause: FailureCause,
    ) {
        let Some(outbound) = self.outbound(call) else { return };
        let (own, far) = (outbound.own, outbound.stage.far());
        match outbound.stage {
            // A command about a leg that talks was refused; the talk goes on.
            Stage::Talking { .. } if cause != FailureCause::UnknownTarget => {}
            Stage::Talking { .. } if leg == own => {
                self.end_outbound_talk(call, Moment::Gateway(at), CallEndCause::AgentLost);
            }
            Stage::Talking { .. } if far == Some(leg) => {
                self.end_outbound_talk(call, Moment::Gateway(at), CallEndCause::CitizenLost);
            }
            _ if leg == own => self.fail_outbound(call, OutboundFailure::OwnPhone { cause }),
            _ if far == Some(leg) => self.fail_outbound(call, OutboundFailure::Number { cause }),
            _ => {}
        }
    }

    pub(crate) fn outbound_leg_ended(
        &mut self,
        at: Timestamp,
        call: CallId,
        leg: LegId,
        cause: EndCause,
    ) {
        let Some(outbound) = self.outbound(call) else { return };
        let talking = matches!(outbound.stage, Stage::Talking { .. });
        if leg == outbound.own {
            if talking {
                self.end_outbound_talk(call, Moment::Gateway(at), clerk_end(cause));
            } else {
                self.fail_outbound(call, OutboundFailure::ClerkGone { cause });
            }
        } else if outbound.stage.far() == Some(leg) {
            if talking {
                let asked = self.timers.get(&Timer::HangUp(call)).is_some();
                self.end_outbound_talk(call, Moment::Gateway(at), citizen_end(cause, asked));
            } else {
                self.fail_outbound(call, OutboundFailure::CitizenGone { cause });
            }
        }
    }

    pub(crate) fn outbound_timed_out(&mut self, call: CallId) {
        let Some(outbound) = self.outbound(call) else { return };
        let cause = FailureCause::NoAnswer;
        let failure = match outbound.stage {
            Stage::OwnPhone => OutboundFailure::OwnPhone { cause },
            _ => OutboundFailure::Number { cause },
        };
        self.fail_outbound(call, failure);
    }

    pub(crate) fn outbound_bridge_failed(&mut self, call: CallId) {
        self.fail_outbound(call, OutboundFailure::BridgeFailed);
    }

    pub(crate) fn outbound_hang_up_timed_out(&mut self, call: CallId) {
        self.fail_outbound(call, OutboundFailure::ClerkGone { cause: EndCause::Ordered });
        self.end_outbound_talk(call, Moment::Core, CallEndCause::AgentHungUp);
    }

    /// It never came to a talk: both legs end, she goes where she was.
    pub(crate) fn fail_outbound(&mut self, call: CallId, cause: OutboundFailure) {
        let Some(outbound) = self.outbound(call) else { return };
        if matches!(outbound.stage, Stage::Talking { .. }) {
            return;
        }
        let (agent, promise) = (outbound.agent, outbound.promise);
        self.end_outbound_legs(call);
        self.record(Record::OutboundFailed { call, agent, cause });
        let state_cause = match cause {
            OutboundFailure::GatewayLost => StateCause::GatewayLost,
            _ => StateCause::DialOver,
        };
        match promise {
            Some(promise) => self.promise_not_kept(promise, agent, cause),
            None => self.rest(agent, state_cause),
        }
        self.forget_call(call, How::Over);
    }

    pub(crate) fn end_outbound_talk(&mut self, call: CallId, moment: Moment, cause: CallEndCause) {
        let Some(outbound) = self.outbound(call) else { return };
        let Stage::Talking { far, answered_at, .. } = outbound.stage else { return };
        let (agent, own, gateway) = (outbound.agent, outbound.own, outbound.gateway.clone());
        let (at, talked_us) = match moment {
            Moment::Gateway(at) => (at, micros(at, answered_at)),
            Moment::Core => (self.now, micros(self.now, outbound.since)),
        };
        if cause != CallEndCause::GatewayLost {
            for leg in [own, far] {
                self.order(&gateway, Order::End { call, leg, reason: EndReason::PeerGone });
            }
        }
        self.record_at(at, Record::OutboundEnded { call, agent, talked_us, cause });
        let was_ready = self.agents.get(&agent).is_some_and(|a| a.afterwards == Choice::Ready);
        if was_ready && cause != CallEndCause::GatewayLost {
            self.wrap_up(agent, call);
        } else {
            self.rest(agent, StateCause::DialOver);
        }
        self.forget_call(call, How::Over);
    }

    fn end_outbound_legs(&mut self, call: CallId) {
        let Some(outbound) = self.outbound(call) else { return };
        let (gateway, own, far) = (outbound.gateway.clone(), outbound.own, outbound.stage.far());
        for leg in std::iter::once(own).chain(far) {
            self.order(&gateway, Order::End { call, leg, reason: EndReason::PeerGone });
        }
    }
}

const fn clerk_end(cause: EndCause) -> CallEndCause {
    match cause {
        EndCause::HungUp | EndCause::Ordered => CallEndCause::AgentHungUp,
        EndCause::PeerHungUp => CallEndCause::CitizenHungUp,
        EndCause::GatewayStopping => CallEndCause::GatewayLost,
        EndCause::Vanished | EndCause::Fault => CallEndCause::AgentLost,
    }
}

const fn citizen_end(cause: EndCause, asked: bool) -> CallEndCause {
    match cause {
        EndCause::Ordered if asked => CallEndCause::AgentHungUp,
        EndCause::HungUp | EndCause::Ordered => CallEndCause::CitizenHungUp,
        EndCause::PeerHungUp => CallEndCause::AgentHungUp,
        EndCause::GatewayStopping => CallEndCause::GatewayLost,
        EndCause::Vanished | EndCause::Fault => CallEndCause::CitizenLost,
    }
}
