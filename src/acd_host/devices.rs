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
pub(super) struct Devices {
    here: BTreeMap<AgentId, DeviceFace>,
    /// Phones that left: one that comes back has its proof, as it has with the distributor.
    left: BTreeMap<AgentId, DeviceFace>,
}

impl Devices {
    pub(super) fn of(&self, agent: AgentId) -> Option<&DeviceFace> {
        self.here.get(&agent)
    }

    fn leave(&mut self, agent: AgentId) {
        if let Some(face) = self.here.remove(&agent) {
            self.left.insert(agent, face);
        }
    }

    /// What a phone that comes (back) has proved.
    fn known_check(&self, agent: AgentId, device: DeviceId) -> HeadsetCheck {
        let face = self.left.get(&agent).filter(|face| face.device == device);
        face.map_or(HeadsetCheck::None, |face| face.check)
    }

    /// Whether an event says anything of a phone.
    pub(super) const fn concerns(event: &Event) -> bool {
        matches!(
            event,
            Event::DeviceRegistered { .. } | Event::DeviceLost { .. } | Event::DeviceProved { .. }
        )
    }

    pub(super) fn note(&mut self, gateway: &GatewayId, event: &Event, at: Timestamp) {
        match event {
            Event::DeviceRegistered { agent, device, kind } => {
                let face = DeviceFace {
                    gateway: gateway.clone(),
                    device: *device,
                    kind: *kind,
                    check: self.known_check(*agent, *device),
                };
                // A registration that is merely renewed keeps its proof.
                let known = self.here.entry(*agent).or_insert_with(|| face.clone());
                if known.device != *device {
                    *known = face;
                }
            }
            Event::DeviceLost { agent, device, .. }
                if self.here.get(agent).is_some_and(|face| face.device == *device) =>
            {
                self.leave(*agent);
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
        if let Some(face) = self.here.get_mut(&agent).filter(|face| face.device == device) {
            face.check = check;
        }
    }

    /// Replaces what is known of this gateway's phones.
    pub(super) fn replace(&mut self, gateway: &GatewayId, snapshot: &Snapshot) {
        let of_gateway =
            |(agent, face): (&AgentId, &DeviceFace)| (face.gateway == *gateway).then_some(*agent);
        let gone: Vec<AgentId> = self.here.iter().filter_map(of_gateway).collect();
        for agent in gone {
            self.leave(agent);
        }
        for device in &snapshot.devices {
            let face = DeviceFace {
                gateway: gateway.clone(),
                device: device.device,
                kind: device.kind,
                check: match device.proved_at {
                    Some(at) => HeadsetCheck::Proved { at },
                    None => self.known_check(device.agent, device.device),
                },
            };
            self.here.insert(device.agent, face);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_that_comes_back_after_its_gateway_was_restarted_is_still_proved() {
        let (agent, device) = (AgentId::from_u128(1), DeviceId::from_u128(2));
        let gateway: GatewayId = "gw1".parse().unwrap();
        let at = Timestamp::from_micros(5);
        let registered = Event::DeviceRegistered { agent, device, kind: DeviceKind::DeskPhone };
        let outcome = ProofOutcome::Proved { microphone_dbfs: -20, packets_received: 100 };
        let mut devices = Devices::default();
        devices.note(&gateway, &registered, at);
        devices.note(&gateway, &Event::DeviceProved { agent, device, outcome }, at);
        devices.replace(&gateway, &crate::testing::gateway::empty_snapshot());
        assert_eq!(devices.of(agent), None);
        devices.note(&gateway, &registered, at);
        assert_eq!(devices.of(agent).and_then(DeviceFace::proved_at), Some(at));
        let other = Event::DeviceRegistered {
            agent,
            device: DeviceId::from_u128(3),
            kind: DeviceKind::DeskPhone,
        };
        devices.note(&gateway, &other, at);
        assert_eq!(devices.of(agent).and_then(DeviceFace::proved_at), None);
    }
}
