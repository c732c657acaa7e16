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
    /// When microphone and loop were last proved on this registration, by the gateway's clock.
    pub proved_at: Option<Timestamp>,
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
                    proved_at: None,
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
            Event::DeviceProved { agent, device, outcome: ProofOutcome::Proved { .. } } => {
                if let Some(face) = self.0.get_mut(agent).filter(|face| face.device == *device) {
                    face.proved_at = Some(at);
                }
            }
            _ => {}
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
                proved_at: device.proved_at,
            };
            self.0.insert(device.agent, face);
        }
    }
}
