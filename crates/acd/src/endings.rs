//! How the legs of a citizen's call end, and the two ends of the call: an abandon, or the end of a
//! talk, each recorded once. Whoever is left is freed and ended.
//!
//! Must not do: a talk that only its agent's side has lost (`returning`).

use types::{CallId, GatewayId, LegId, Timestamp};

use crate::agent::micros;
use crate::call::{Call, InboundState, Talk};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::{EndReason, Order, WithdrawReason};
use crate::ended::How;
use crate::inbound::{Moment, is_derived};
use crate::input::{EndCause, FailureCause};
use crate::offers::OfferEnd;
use crate::record::{AbandonCause, CallEndCause, OwedCause, Record, StateCause};
use crate::timers::Timer;

impl Acd {
    // --- legs that fail or end ----------------------------------------------------------------

    pub(crate) fn leg_failed(
        &mut self,
        at: Timestamp,
        call: CallId,
        leg: LegId,
        cause: FailureCause,
    ) {
        self.left_in_farewell(call, leg);
        if cause == FailureCause::UnknownTarget && self.screened_gone(call, leg) {
            return;
        }
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
        self.left_in_farewell(call, leg);
        if self.screened_gone(call, leg) {
            return;
        }
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
        self.stop_waiting_for(call);
        self.leave_place(call, cause);
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
        // Who is promised a call back is owed that one (`queue_callback`).
        if let Some(caller) = caller.filter(|_| cause != AbandonCause::QueueCallback) {
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
        self.phone_proved_by(talk);
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

    /// Takes a call out of the core; late facts about it do nothing from now on.
    pub(crate) fn forget_call(&mut self, call: CallId, how: How) {
        self.calls.remove(&call);
        self.timers.cancel_call(call);
        let until = self.now + millis(self.config.remember_ended_ms);
        self.ended.insert(call, until, how);
        self.reindex_call(call);
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

pub(crate) const fn offer_end(cause: FailureCause) -> OfferEnd {
    match cause {
        FailureCause::NoAnswer => OfferEnd::Lapsed(WithdrawReason::RingLimit),
        FailureCause::Busy | FailureCause::Declined => OfferEnd::Refused,
        FailureCause::Withdrawn => OfferEnd::Lost,
        FailureCause::Unreachable
        | FailureCause::UnknownNumber
        | FailureCause::Rejected
        | FailureCause::GatewayFault
        | FailureCause::UnknownTarget => OfferEnd::Failed(cause),
    }
}
