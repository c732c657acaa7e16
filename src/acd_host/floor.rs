//! What the pages see of the floor: a copy, renewed after the host's turns, that nobody waits for
//! (R08).

use std::sync::Arc;

use acd::{AgentView, Config, Effect, Order, Record, View};
use types::{AgentId, CallId, LegId, Phone, Timestamp};

use super::devices::{DeviceFace, Devices};
use super::journal::{Content, EntryNumber, JournalEntry};

/// The floor after one entry.
#[derive(Debug, Clone)]
pub struct Floor {
    /// The last entry it includes.
    pub number: EntryNumber,
    pub view: Arc<View>,
    /// The distributor's configuration in force.
    pub config: Arc<Config>,
    devices: Arc<Devices>,
}

impl Floor {
    pub(super) fn new(
        number: EntryNumber,
        view: View,
        config: Arc<Config>,
        devices: Arc<Devices>,
    ) -> Self {
        Self { number, view: Arc::new(view), config, devices }
    }

    /// `None` for an agent who has not been seen since the journal began.
    #[must_use]
    pub fn agent(&self, agent: AgentId) -> Option<&AgentView> {
        self.view.agents.find(&agent)
    }

    /// Her registered phone, as gateways report it.
    #[must_use]
    pub fn device(&self, agent: AgentId) -> Option<&DeviceFace> {
        self.devices.of(agent)
    }

    /// Agents who are not as they were in `former`; the time they have been idle aside.
    pub fn changed_agents<'a>(&'a self, former: &'a Self) -> impl Iterator<Item = &'a AgentView> {
        let same_devices = Arc::ptr_eq(&self.devices, &former.devices);
        self.view.agents.iter().filter(move |agent| {
            let same_device =
                same_devices || self.device(agent.agent) == former.device(agent.agent);
            !same_device
                || former.agent(agent.agent).is_none_or(|before| !looks_same(before, agent))
        })
    }
}

/// What one entry means for pages and counters: records, or an event the distributor has no use for.
#[derive(Debug)]
pub struct FloorChange {
    pub number: EntryNumber,
    pub at: Timestamp,
    pub records: Vec<(Timestamp, Record)>,
    pub noted: Option<gateway_protocol::Event>,
    /// Phones that begin to ring.
    pub offers: Vec<OfferOrder>,
}

/// What an offered agent sees at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferOrder {
    pub call: CallId,
    pub leg: LegId,
    pub agent: AgentId,
    pub caller: Option<Phone>,
    pub dialled: String,
    pub ring_limit_ms: u32,
    pub auto_answer: bool,
}

impl FloorChange {
    /// `None` where the entry changes nothing that pages show.
    pub(super) fn of(entry: &JournalEntry) -> Option<Self> {
        let records: Vec<_> = entry.records().map(|(at, record)| (at, record.clone())).collect();
        let noted = match &entry.content {
            Content::Noted { event } => Some(event.clone()),
            Content::Turn { .. } | Content::Rejected { .. } => None,
        };
        let offers = offers_of(entry);
        let says_something = !records.is_empty() || noted.is_some() || !offers.is_empty();
        says_something.then_some(Self {
            number: entry.number,
            at: entry.at,
            records,
            noted,
            offers,
        })
    }
}

fn looks_same(before: &AgentView, now: &AgentView) -> bool {
    AgentView { idle_us: before.idle_us, ..now.clone() } == *before
}

fn offers_of(entry: &JournalEntry) -> Vec<OfferOrder> {
    let Content::Turn { effects, .. } = &entry.content else { return Vec::new() };
    let offers = effects.iter().filter_map(|effect| match effect {
        Effect::Order {
            order: Order::Offer { call, leg, agent, caller, dialled, ring_limit_ms, auto_answer },
            ..
        } => Some(OfferOrder {
            call: *call,
            leg: *leg,
            agent: *agent,
            caller: caller.clone(),
            dialled: dialled.clone(),
            ring_limit_ms: *ring_limit_ms,
            auto_answer: *auto_answer,
        }),
        _ => None,
    });
    offers.collect()
}
