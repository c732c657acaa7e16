//! What an agent asks for: granted, or refused with a reason. Her last explicit choice wins (R18).

use types::{AgentId, CallId, Phone};

use crate::agent::{Agent, AgentState, Choice, Proof, micros};
use crate::call::{Call, InboundState, Stage};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::{Effect, EndReason, Order};
use crate::input::{AgentCommand, DialPurpose, FailureCause, RequestId};
use crate::offers::OfferEnd;
use crate::record::{NotReadyReason, OutboundFailure, StateCause};
use crate::refusal::Refusal;
use crate::tiers::Tier;
use crate::timers::Timer;

impl Acd {
    pub(crate) fn agent_asks(&mut self, agent: AgentId, request: RequestId, command: AgentCommand) {
        let before = self.agents.get(&agent).and_then(|agent| agent.answered(request));
        let result = match before {
            Some(result) => result,
            None => {
                let result = self.carry_out(agent, command);
                if let Some(agent) = self.agents.get_mut(&agent) {
                    agent.remember_answer(request, result);
                }
                result
            }
        };
        self.emit(Effect::Answer { agent, request, result });
    }

    fn carry_out(&mut self, id: AgentId, command: AgentCommand) -> Result<(), Refusal> {
        if self.line(id).is_some() {
            return Err(Refusal::NotSignedIn);
        }
        if let AgentCommand::SignIn { skills, levels, reserve, tier, auto_answer } = command {
            self.sign_in(id, auto_answer, |agent| {
                agent.set_skills(skills, &levels);
                agent.reserve = tier.map_or(reserve, |tier| tier != Tier::Regular);
                agent.tier = tier;
            });
            return Ok(());
        }
        let state = self.agents.get(&id).map_or(AgentState::SignedOut, |agent| agent.state);
        if state == AgentState::SignedOut {
            return Err(Refusal::NotSignedIn);
        }
        match command {
            AgentCommand::SignIn { .. } => Ok(()),
            AgentCommand::SignOut => {
                self.leave(id, state, Choice::SignedOut);
                Ok(())
            }
            AgentCommand::NotReady { reason } => {
                let reason = NotReadyReason::Break { kind: reason };
                self.leave(id, state, Choice::NotReady { reason });
                Ok(())
            }
            AgentCommand::Ready => self.get_ready(id, state),
            AgentCommand::FinishWrapUp => self.finish_wrap_up(id, state),
            AgentCommand::ExtendWrapUp => self.extend_wrap_up(id, state),
            AgentCommand::HangUp => self.hang_up(state),
            AgentCommand::Hold => self.hold(state, true),
            AgentCommand::Retrieve => self.hold(state, false),
            AgentCommand::ReportAbuse => self.report_abuse(id, state),
            AgentCommand::RejectOffer => self.reject(state),
            AgentCommand::Answer => match state {
                AgentState::Offered { .. } | AgentState::Talking { .. } => Ok(()),
                _ => Err(Refusal::NoOffer),
            },
            AgentCommand::Dial { call, number, purpose } => {
                self.start_dial(id, state, call, number, purpose)
            }
        }
    }

    fn sign_in(&mut self, id: AgentId, auto_answer: bool, place: impl FnOnce(&mut Agent)) {
        let reason = NotReadyReason::SignedIn;
        let agent = self.agent_entry(id);
        place(agent);
        agent.auto_answer = auto_answer;
        if agent.state == AgentState::SignedOut {
            // The idle clock of a shift starts at zero (R21).
            agent.idle_us = 0;
            agent.lapses = 0;
            agent.strain.abused = false;
            agent.afterwards = Choice::NotReady { reason };
            self.move_agent(id, AgentState::NotReady { reason }, StateCause::Chosen);
        } else {
            if agent.afterwards == Choice::SignedOut {
                agent.afterwards = Choice::NotReady { reason };
            }
            self.reindex_agent(id);
        }
    }

    /// Signs out or takes a break: at once if she is free, from an offer too, else after the call.
    fn leave(&mut self, id: AgentId, state: AgentState, choice: Choice) {
        self.forget_micro_break(id);
        self.wait_no_more_for(id);
        if let Some(agent) = self.agents.get_mut(&id) {
            agent.afterwards = choice;
            self.touched_agents.insert(id);
        }
        match state {
            AgentState::Talking { .. } | AgentState::Outbound { .. } => {}
            AgentState::Offered { call, leg } => self.end_offer(call, leg, OfferEnd::Left),
            AgentState::SignedOut
            | AgentState::NotReady { .. }
            | AgentState::Ready
            | AgentState::Warned { .. }
            | AgentState::WrapUp { .. } => self.rest(id, StateCause::Chosen),
        }
    }

    fn get_ready(&mut self, id: AgentId, state: AgentState) -> Result<(), Refusal> {
        match state {
            AgentState::Talking { .. }
            | AgentState::Outbound { .. }
            | AgentState::Offered { .. } => {}
            // A talk has just proved her phone; only its loss or a failed check stand against her.
            AgentState::WrapUp { .. }
            | AgentState::Warned { .. }
            | AgentState::Ready
            | AgentState::NotReady { reason: NotReadyReason::MicroBreak } => {
                self.device_refusal(id, false)?;
            }
            AgentState::NotReady { .. } | AgentState::SignedOut => {
                self.device_refusal(id, true)?;
            }
        }
        self.forget_micro_break(id);
        if let Some(agent) = self.agents.get_mut(&id) {
            self.touched_agents.insert(id);
            agent.afterwards = Choice::Ready;
            if matches!(state, AgentState::NotReady { .. }) {
                agent.lapses = 0;
            }
        }
        if state.lease().is_none() {
            self.rest(id, StateCause::Chosen);
        }
        Ok(())
    }

    /// Ready needs live signalling and proved audio (R07). `fresh`: the proof must be young.
    fn device_refusal(&self, id: AgentId, fresh: bool) -> Result<(), Refusal> {
        let agent = self.agents.get(&id).ok_or(Refusal::NotSignedIn)?;
        if let Some((device, _)) = agent.reachable(&self.gateways) {
            return match device.proof {
                Proof::Good { at }
                    if fresh
                        && micros(self.now, at)
                            > self.config.proof_valid_ms.saturating_mul(1_000) =>
                {
                    Err(Refusal::NotProved)
                }
                _ => Ok(()),
            };
        }
        let youngest =
            agent.registered(&self.gateways).max_by_key(|(id, device)| (device.changed_at, *id));
        Err(match youngest.map(|(_, device)| device.proof) {
            Some(Proof::MicrophoneSilent) => Refusal::MicrophoneSilent,
            Some(Proof::NoMedia) => Refusal::NoMedia,
            Some(Proof::None | Proof::Good { .. }) => Refusal::NotProved,
            None if agent.devices.values().any(|device| device.registered) => Refusal::GatewayLost,
            None => Refusal::NoRegistration,
        })
    }

    fn finish_wrap_up(&mut self, id: AgentId, state: AgentState) -> Result<(), Refusal> {
        let AgentState::WrapUp { .. } = state else { return Err(Refusal::NotInWrapUp) };
        self.rest(id, StateCause::WrapUpOver);
        Ok(())
    }

    fn extend_wrap_up(&mut self, id: AgentId, state: AgentState) -> Result<(), Refusal> {
        let AgentState::WrapUp { call, until, extensions } = state else {
            return Err(Refusal::NotInWrapUp);
        };
        if extensions >= self.config.wrap_up_extensions_max {
            return Err(Refusal::WrapUpLimit);
        }
        let until = until + millis(self.config.wrap_up_extension_ms);
        let state = AgentState::WrapUp { call, until, extensions: extensions + 1 };
        self.move_agent(id, state, StateCause::Chosen);
        Ok(())
    }

    fn hang_up(&mut self, state: AgentState) -> Result<(), Refusal> {
        let (AgentState::Talking { call, leg } | AgentState::Outbound { call, leg }) = state else {
            return Err(Refusal::NoCall);
        };
        let gateway = self.calls.get(&call).map(|call| call.gateway().clone());
        let gateway = gateway.ok_or(Refusal::NoCall)?;
        let until = self.now + millis(self.config.hang_up_limit_ms);
        self.timers.set_if_absent(Timer::HangUp(call), until);
        self.come_back_no_more(call);
        self.order(&gateway, Order::End { call, leg, reason: EndReason::AgentHungUp });
        Ok(())
    }

    fn hold(&mut self, state: AgentState, hold: bool) -> Result<(), Refusal> {
        let (AgentState::Talking { call, leg } | AgentState::Outbound { call, leg }) = state else {
            return Err(Refusal::NoCall);
        };
        let known = self.calls.get(&call).ok_or(Refusal::NoCall)?;
        let held = match known {
            Call::Inbound(inbound) => match inbound.state {
                InboundState::Talking(talk) => talk.held,
                _ => return Err(Refusal::NoCall),
            },
            Call::Outbound(outbound) => match outbound.stage {
                Stage::Talking { held, .. } => held,
                _ => return Err(Refusal::NoCall),
            },
        };
        let gateway = known.gateway().clone();
        let order = match (hold, held) {
            (true, true) => return Err(Refusal::AlreadyHeld),
            (false, false) => return Err(Refusal::NotHeld),
            (true, false) => Order::Hold { call, leg },
            (false, true) => Order::Retrieve { call, leg },
        };
        self.order(&gateway, order);
        Ok(())
    }

    fn reject(&mut self, state: AgentState) -> Result<(), Refusal> {
        match state {
            AgentState::Offered { call, leg } => self.end_offer(call, leg, OfferEnd::Refused),
            // A call back was given to her as an offer is.
            AgentState::Outbound { call, .. } if self.rings_for_promise(call) => {
                let cause = FailureCause::Declined;
                self.fail_outbound(call, OutboundFailure::OwnPhone { cause });
            }
            _ => return Err(Refusal::NoOffer),
        }
        Ok(())
    }

    fn start_dial(
        &mut self,
        id: AgentId,
        state: AgentState,
        call: CallId,
        number: Phone,
        purpose: DialPurpose,
    ) -> Result<(), Refusal> {
        if state.lease().is_some() {
            return Err(Refusal::InCall);
        }
        if self.calls.contains_key(&call) || self.ended.get(call).is_some() {
            return Err(Refusal::CallKnown);
        }
        let agent = self.agents.get(&id).ok_or(Refusal::NotSignedIn)?;
        let proved = agent.reachable(&self.gateways).map(|(device, _)| device.gateway.clone());
        let any = agent.registered(&self.gateways).next().map(|(_, d)| d.gateway.clone());
        let gateway = proved.or(any).ok_or_else(|| {
            if agent.devices.values().any(|device| device.registered) {
                Refusal::GatewayLost
            } else {
                Refusal::NoRegistration
            }
        })?;
        if self.draining.contains(&gateway) {
            return Err(Refusal::GatewayDraining);
        }
        self.dial(id, &gateway, call, number, purpose);
        Ok(())
    }
}
