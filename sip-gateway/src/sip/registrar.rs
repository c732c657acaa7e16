//! Which phones can be rung: browsers bound to their WebSocket, desk phones by their last REGISTER.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_protocol::{DeviceKind, DeviceLostCause, DeviceSnapshot, Event};
use types::{AgentId, DeviceId, SessionId, Timestamp};

use crate::sip::flow::{Flow, FlowId};

/// One registered phone.
#[derive(Debug, Clone)]
pub struct Device {
    pub device: DeviceId,
    pub kind: DeviceKind,
    pub session: Option<SessionId>,
    pub flow: Flow,
    /// Request-URI for calls to it; never resolved, the flow is the way.
    pub contact: String,
    pub username: String,
    pub registered_at: Timestamp,
    pub expires_at: Timestamp,
    pub proved_at: Option<Timestamp>,
}

/// All registered phones, at most one browser and one desk phone per agent; the browser rings
/// first.
#[derive(Debug, Default)]
pub struct Registrar {
    devices: BTreeMap<(AgentId, bool), Device>,
    /// No registration ends before this; asked after every event, so that it must not be looked for.
    earliest_expiry: Option<Timestamp>,
}

fn slot(agent: AgentId, kind: DeviceKind) -> (AgentId, bool) {
    (agent, kind == DeviceKind::DeskPhone)
}

impl Registrar {
    /// The phone on which an agent is rung.
    #[must_use]
    pub fn find(&self, agent: AgentId) -> Option<&Device> {
        [DeviceKind::Browser, DeviceKind::DeskPhone]
            .into_iter()
            .find_map(|kind| self.devices.get(&slot(agent, kind)))
    }

    /// The phone that uses a flow (and, for desk phones behind one address, that name).
    #[must_use]
    pub fn of_flow(&self, flow: &Flow) -> Option<(AgentId, &Device)> {
        self.devices
            .iter()
            .find(|(_, d)| d.flow.id == flow.id && d.flow.remote == flow.remote)
            .map(|((agent, _), device)| (*agent, device))
    }

    /// Adds or refreshes a phone. Gives what to report, if it is a new one.
    pub fn register(&mut self, agent: AgentId, mut device: Device) -> Vec<Event> {
        let key = slot(agent, device.kind);
        let earliest =
            self.earliest_expiry.map_or(device.expires_at, |at| at.min(device.expires_at));
        self.earliest_expiry = Some(earliest);
        let mut events = Vec::new();
        if let Some(old) = self.devices.get(&key) {
            if old.device == device.device && old.flow.id == device.flow.id {
                device.registered_at = old.registered_at;
                device.proved_at = old.proved_at;
                self.devices.insert(key, device);
                return events;
            }
            let cause = DeviceLostCause::TakenOver;
            events.push(Event::DeviceLost { agent, device: old.device, cause });
        }
        let (id, kind) = (device.device, device.kind);
        self.devices.insert(key, device);
        events.push(Event::DeviceRegistered { agent, device: id, kind });
        events
    }

    pub fn unregister(&mut self, agent: AgentId, kind: DeviceKind, flow: FlowId) -> Vec<Event> {
        self.lose(DeviceLostCause::Unregistered, |key, device| {
            *key == slot(agent, kind) && device.flow.id == flow
        })
    }

    /// The phones of an old connection are reached by a new one.
    pub fn move_to(&mut self, flow: &Flow, old: FlowId) {
        for device in self.devices.values_mut().filter(|device| device.flow.id == old) {
            device.flow = flow.clone();
        }
    }

    pub fn flow_closed(&mut self, flow: FlowId) -> Vec<Event> {
        self.lose(DeviceLostCause::ConnectionClosed, |_, device| device.flow.id == flow)
    }

    pub fn expire(&mut self, now: Timestamp) -> Vec<Event> {
        if self.earliest_expiry.is_none_or(|at| now < at) {
            return Vec::new();
        }
        let events = self.lose(DeviceLostCause::Expired, |_, device| device.expires_at <= now);
        self.earliest_expiry = self.devices.values().map(|device| device.expires_at).min();
        events
    }

    /// Forgets an agent's phones made with `session`, or all of them.
    pub fn revoke(&mut self, agent: AgentId, session: Option<SessionId>) -> Vec<Event> {
        self.lose(DeviceLostCause::Revoked, |key, device| {
            key.0 == agent && (session.is_none() || device.session == session)
        })
    }

    /// The credential of an agent's desk phone is gone or has changed.
    pub fn revoke_desk_phone(&mut self, agent: AgentId) -> Vec<Event> {
        let key = slot(agent, DeviceKind::DeskPhone);
        self.lose(DeviceLostCause::Revoked, |one, _| *one == key)
    }

    pub fn proved(&mut self, agent: AgentId, device: DeviceId, now: Timestamp) {
        for ((owner, _), one) in &mut self.devices {
            if *owner == agent && one.device == device {
                one.proved_at = Some(now);
            }
        }
    }

    /// When [`Registrar::expire`] is to be called; a registration may have been renewed since.
    #[must_use]
    pub const fn next_expiry(&self) -> Option<Timestamp> {
        self.earliest_expiry
    }

    #[must_use]
    pub fn snapshot(&self) -> Vec<DeviceSnapshot> {
        let one = |(&(agent, _), device): (&(AgentId, bool), &Device)| DeviceSnapshot {
            agent,
            device: device.device,
            kind: device.kind,
            registered_at: device.registered_at,
            proved_at: device.proved_at,
        };
        self.devices.iter().map(one).collect()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.devices.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    fn lose(
        &mut self,
        cause: DeviceLostCause,
        hit: impl Fn(&(AgentId, bool), &Device) -> bool,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        self.devices.retain(|key, device| {
            let lost = hit(key, device);
            if lost {
                events.push(Event::DeviceLost { agent: key.0, device: device.device, cause });
            }
            !lost
        });
        events
    }
}

/// How long a registration lasts: what the phone asks for, within bounds.
#[must_use]
pub fn granted(asked_s: Option<u64>) -> Duration {
    Duration::from_secs(asked_s.unwrap_or(600).clamp(10, 3_600))
}
