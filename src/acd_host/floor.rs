//! What the pages see of the floor: a copy, renewed after the host's turns, that nobody waits for
//! (R08).

use std::collections::BTreeMap;
use std::sync::Arc;

use acd::{AgentView, Record, View};
use types::{AgentId, Timestamp};

use super::journal::{Content, EntryNumber, JournalEntry};

/// The floor after one entry.
#[derive(Debug, Clone)]
pub struct Floor {
    /// The last entry it includes.
    pub number: EntryNumber,
    pub view: Arc<View>,
    /// Places in `view.agents`.
    agents: BTreeMap<AgentId, usize>,
}

impl Floor {
    pub(super) fn new(number: EntryNumber, view: View) -> Self {
        let places = view.agents.iter().enumerate();
        let agents = places.map(|(place, agent)| (agent.agent, place)).collect();
        Self { number, view: Arc::new(view), agents }
    }

    /// `None` for an agent who has not been seen since the journal began.
    #[must_use]
    pub fn agent(&self, agent: AgentId) -> Option<&AgentView> {
        self.view.agents.get(*self.agents.get(&agent)?)
    }

    /// Agents who are not as they were in `former`.
    pub fn changed_agents<'a>(&'a self, former: &'a Self) -> impl Iterator<Item = &'a AgentView> {
        self.view.agents.iter().filter(|agent| former.agent(agent.agent) != Some(agent))
    }
}

/// What one entry means for pages and counters: records, or an event the distributor has no use for.
#[derive(Debug)]
pub struct FloorChange {
    pub number: EntryNumber,
    pub at: Timestamp,
    pub records: Vec<(Timestamp, Record)>,
    pub noted: Option<gateway_protocol::Event>,
}

impl FloorChange {
    /// `None` where the entry changes nothing that pages show.
    pub(super) fn of(entry: &JournalEntry) -> Option<Self> {
        let records: Vec<_> = entry.records().map(|(at, record)| (at, record.clone())).collect();
        let noted = match &entry.content {
            Content::Noted { event } => Some(event.clone()),
            Content::Turn { .. } | Content::Rejected { .. } => None,
        };
        let says_something = !records.is_empty() || noted.is_some();
        says_something.then_some(Self { number: entry.number, at: entry.at, records, noted })
    }
}
