//! The agents' phones as gateways report them: what pages show beside the distributor's own view.

use std::collections::BTreeMap;

use gateway_protocol::{DeviceKind, Event, ProofOutcome, Snapshot};
use types::{AgentId, DeviceId, GatewayId, Timestamp};

/// One registered phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceFace {
    pub gateway: GatewayId,
    pub device: DeviceId,
    pub kind: DeviceKind,
    pub check: HeadsetCheck,
}

/// The last headset check on this registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadsetCheck {
    /// None came to a verdict.
    None,
    /// By the gateway's clock.
    Proved {
        at: Timestamp,
    },
    MicrophoneSilent,
    NoMedia,
}

impl HeadsetCheck {
    const fn of(outcome: &ProofOutcome, at: Timestamp) -> Self {
        match outcome {
            ProofOutcome::Proved { .. } => Self::Proved { at },
            ProofOutcome::MicrophoneSilent { .. } => Self::MicrophoneSilent,
            ProofOutcome::NoMedia { .. } => Self::NoMedia,
        }
    }
}

impl DeviceFace {
    /// When microphone and loop were proved, unless a later check failed.
    #[must_use]
    pub const fn proved_at(&self) -> Option<Timestamp> {
        match self.check {
            HeadsetCheck::Proved { at } => Some(at),
            _ => None,
        }
    }
}

/// The last registered phone of each agent.
#[derive(Debug, Clone, Default)]
pub(super) struct Devices(BTreeMap<AgentId, DeviceFace>);

impl Devices {
    pub(super) fn of(&self, agent: AgentId) -> Option<&DeviceFace> {
        self.0.get(&agent)
    }

    pub(super) fn note(&mut self, gateway: &GatewayId, event: &Event, at: Timestamp) {
        match event {
            Event::DeviceRegistered { agent, device, kind } => {
                let face = DeviceFace {
                    gateway: gateway.clone(),
                    device: *device,
                    kind: *kind,
                    check: HeadsetCheck::None,
                };
                // A registration that is merely renewed keeps its proof.
                let known = self.0.entry(*agent).or_insert_with(|| face.clone());
                if known.device != *device {
                    *known = face;
                }
            }
            Event::DeviceLost { agent, device, .. }
                if self.0.get(agent).is_some_and(|face| face.device == *device) =>
            {
                self.0.remove(agent);
            }
            Event::DeviceProved { agent, device, outcome } => {
                self.check_ended(*agent, *device, HeadsetCheck::of(outcome, at));
            }
            _ => {}
        }
    }

    /// The phone needs no check: it counts as proved.
    pub(super) fn proved(&mut self, agent: AgentId, device: DeviceId, at: Timestamp) {
        self.check_ended(agent, device, HeadsetCheck::Proved { at });
    }

    fn check_ended(&mut self, agent: AgentId, device: DeviceId, check: HeadsetCheck) {
        if let Some(face) = self.0.get_mut(&agent).filter(|face| face.device == device) {
            face.check = check;
        }
    }

    /// Replaces what is known of this gateway's phones.
    pub(super) fn replace(&mut self, gateway: &GatewayId, snapshot: &Snapshot) {
        self.0.retain(|_, face| face.gateway != *gateway);
        for device in &snapshot.devices {
            let face = DeviceFace {
                gateway: gateway.clone(),
                device: device.device,
                kind: device.kind,
                check: device
                    .proved_at
                    .map_or(HeadsetCheck::None, |at| HeadsetCheck::Proved { at }),
            };
            self.0.insert(device.agent, face);
        }
    }
}
