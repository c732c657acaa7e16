//! What breaks: agents' phones, the gateway.

use acd::{DeviceSnapshot, GatewayFact, Input};

use super::{Event, World};
use crate::staff::{agent_of, device_of};

impl World {
    // --- a phone ------------------------------------------------------------------------------

    /// Nobody knows it yet: offers ring there and lapse, a talk is silent.
    pub(super) fn phone_dies(&mut self, index: usize) {
        let alive = |clerk: &&mut crate::staff::Clerk| clerk.on_duty && clerk.phone_works;
        let Some(clerk) = self.clerks.get_mut(index).filter(alive) else { return };
        clerk.phone_works = false;
        clerk.outage += 1;
        let outage = clerk.outage;
        self.after_staff(self.habits.phone_missed, Event::PhoneMissed { clerk: index, outage });
        self.after_staff(self.habits.phone_away, Event::PhoneBack { clerk: index, outage });
    }

    /// The gateway has given it up: its caller waits again, before everybody else.
    pub(super) fn phone_missed(&mut self, index: usize, outage: u32) {
        if !self.is_out(index, outage) || !self.gateway_lives {
            return;
        }
        let (agent, device) = (agent_of(index), device_of(index));
        let lost = self.phones.lose_phone(self.now, agent);
        self.report(std::iter::once(GatewayFact::DeviceLost { agent, device }).chain(lost));
    }

    pub(super) fn phone_back(&mut self, index: usize, outage: u32) {
        if !self.is_out(index, outage) {
            return;
        }
        if let Some(clerk) = self.clerks.get_mut(index) {
            clerk.phone_works = true;
        }
        let (agent, device) = (agent_of(index), device_of(index));
        let outcome = acd::ProofOutcome::Proved;
        self.report([
            GatewayFact::DeviceRegistered { agent, device },
            GatewayFact::DeviceProved { agent, device, outcome },
        ]);
    }

    fn is_out(&self, index: usize, outage: u32) -> bool {
        self.clerks.get(index).is_some_and(|clerk| !clerk.phone_works && clerk.outage == outage)
    }

    // --- the gateway --------------------------------------------------------------------------

    /// All its calls are dropped; who calls now reaches nobody.
    pub(super) fn gateway_dies(&mut self) {
        if !self.gateway_lives {
            return;
        }
        self.gateway_lives = false;
        self.phones.lose_all();
        self.facts.clear();
        self.tell(Input::GatewayLost { gateway: self.gateway.clone() });
    }

    /// It comes back without calls; the pages of all who are on duty register and prove themselves anew.
    pub(super) fn gateway_back(&mut self) {
        if self.gateway_lives {
            return;
        }
        self.gateway_lives = true;
        let proved_at = Some(self.now);
        let devices = self
            .clerks
            .iter()
            .enumerate()
            .filter(|(_, clerk)| clerk.on_duty && clerk.phone_works)
            .map(|(index, _)| {
                let (agent, device) = (agent_of(index), device_of(index));
                DeviceSnapshot { agent, device, proved_at }
            })
            .collect();
        let (gateway, at) = (self.gateway.clone(), self.now);
        let calls = Vec::new();
        self.tell(Input::GatewaySnapshot { gateway, at, calls, devices, draining: false });
        self.report_all();
    }
}
