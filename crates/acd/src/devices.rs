//! Phones: who can be rung at all. Ready needs live signalling and verified audio (R07).

use types::{AgentId, DeviceId, GatewayId, Timestamp};

use crate::agent::{Agent, AgentState, Choice, Proof, micros};
use crate::call::Talk;
use crate::config::millis;
use crate::core::Acd;
use crate::input::ProofOutcome;
use crate::record::{NotReadyReason, StateCause};
use crate::timers::Timer;

/// The gateway tells after 2 s that nothing comes from a phone; until then a talk says nothing about it.
const TALK_PROVES_US: u64 = 3_000_000;

/// A browser that hangs up closes its sound before its BYE has arrived: a loss this young is the end itself.
const CLOSED_BY_HANG_UP_US: u64 = 500_000;

impl Acd {
    pub(crate) fn device_registered(
        &mut self,
        gateway: &GatewayId,
        at: Timestamp,
        id: AgentId,
        device: DeviceId,
    ) {
        let entry = self.agent_entry(id).device(device, gateway, at);
        if is_older(entry.gateway == *gateway, at, entry.changed_at) {
            return;
        }
        entry.gateway = gateway.clone();
        entry.registered = true;
        entry.changed_at = at;
        self.reindex_agent(id);
        self.phone_came(id, device);
    }

    pub(crate) fn device_lost(
        &mut self,
        gateway: &GatewayId,
        at: Timestamp,
        id: AgentId,
        device: DeviceId,
    ) {
        let entry = self.agents.get_mut(&id).and_then(|agent| agent.devices.get_mut(&device));
        let Some(entry) = entry.filter(|entry| entry.gateway == *gateway) else { return };
        if is_older(true, at, entry.changed_at) {
            return;
        }
        entry.registered = false;
        entry.changed_at = at;
        self.reindex_agent(id);
    }

    /// The last check counts: a bad one undoes a good one.
    pub(crate) fn device_proved(
        &mut self,
        gateway: &GatewayId,
        at: Timestamp,
        id: AgentId,
        device: DeviceId,
        outcome: ProofOutcome,
    ) {
        let now = self.now;
        let entry = self.agent_entry(id).device(device, gateway, at);
        if is_older(entry.gateway == *gateway, at, entry.changed_at) {
            return;
        }
        entry.changed_at = at;
        entry.proof = Proof::of(outcome, now);
        self.reindex_agent(id);
        let reason = match outcome {
            ProofOutcome::Proved => return,
            ProofOutcome::MicrophoneSilent => NotReadyReason::MicrophoneSilent,
            ProofOutcome::NoMedia => NotReadyReason::NoMedia,
        };
        let Some(agent) = self.agents.get_mut(&id) else { return };
        if agent.reachable(&self.gateways).is_some() || agent.afterwards != Choice::Ready {
            return;
        }
        match agent.state {
            AgentState::Ready | AgentState::Warned { .. } => {
                self.stand_down(id, reason, StateCause::ProofFailed);
            }
            _ => {
                agent.afterwards = Choice::NotReady { reason };
                self.wait_no_more_for(id);
            }
        }
    }

    /// A talk that was heard until its end has proved the phone it was held on: a page that was loaded again
    /// during it needs no check before its agent can be rung.
    pub(crate) fn phone_proved_by(&mut self, talk: Talk) {
        let now = self.now;
        let heard_until = talk.media_lost_since.unwrap_or(now);
        let heard_us = micros(heard_until, talk.device_since.unwrap_or(talk.since));
        if micros(now, heard_until) > CLOSED_BY_HANG_UP_US || heard_us < TALK_PROVES_US {
            return;
        }
        let agent = self.agents.get_mut(&talk.agent);
        let device = agent.zip(talk.device).and_then(|(agent, id)| agent.devices.get_mut(&id));
        let Some(device) = device.filter(|device| device.registered) else { return };
        // A check that found a silent microphone knows more than the packets of a talk.
        if matches!(device.proof, Proof::None | Proof::Good { .. }) {
            device.proof = Proof::Good { at: now };
            self.reindex_agent(talk.agent);
        }
    }

    /// A ready agent who cannot be rung has a short time to come back.
    pub(crate) fn watch_device(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get(&id).filter(|agent| agent.line.is_none()) else { return };
        let free = matches!(agent.state, AgentState::Ready | AgentState::Warned { .. });
        if !free || agent.reachable(&self.gateways).is_some() {
            self.timers.cancel(&Timer::Device(id));
            return;
        }
        let grace_ms = if self.waits_for_gateway(agent) {
            self.config.gateway_return_ms
        } else {
            self.config.device_grace_ms
        };
        self.timers.set_if_absent(Timer::Device(id), self.now + millis(grace_ms));
    }

    fn waits_for_gateway(&self, agent: &Agent) -> bool {
        agent.devices.values().any(|device| {
            device.registered && !self.gateways.get(&device.gateway).copied().unwrap_or(false)
        })
    }

    pub(crate) fn device_stays_away(&mut self, id: AgentId) {
        let Some(agent) = self.agents.get(&id) else { return };
        let reason = match agent.registered(&self.gateways).next() {
            Some(_) => NotReadyReason::NotProved,
            None => NotReadyReason::DeviceLost,
        };
        self.stand_down(id, reason, StateCause::DeviceLost);
    }
}

/// Whether a fact about a device comes after a younger one of the same gateway.
fn is_older(same_gateway: bool, at: Timestamp, changed_at: Timestamp) -> bool {
    same_gateway && at < changed_at
}
