//! Recorded events with their place in the journals, and how far they were known when a figure was
//! shown.

use std::collections::BTreeMap;

use acd::Record;
use serde::{Deserialize, Serialize};
use types::Timestamp;
use uuid::Uuid;

/// Where a record stands: the columns `journal, entry, item` of the event table. Journals are named by
/// UUIDs of version 7 and follow one another, so the order of places is the order of decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    pub journal: Uuid,
    pub entry: u64,
    /// The record's turn within its entry; an entry is stored whole or not at all.
    pub item: u64,
}

/// One record of the distributor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub place: Place,
    /// Of the gateway's clock for what it saw, of the core's for states of agents.
    pub at: Timestamp,
    pub record: Record,
}

/// The event number of a figure: up to which entry each journal was known. A centre whose node was
/// replaced has several journals, and the last entries of an old one may come in late.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventNumber(BTreeMap<Uuid, u64>);

impl EventNumber {
    /// Entries of one journal up to and with `entry`.
    #[must_use]
    pub fn new(journal: Uuid, entry: u64) -> Self {
        Self(BTreeMap::from([(journal, entry)]))
    }

    /// The same with one more journal, known up to `entry`.
    #[must_use]
    pub fn and(mut self, journal: Uuid, entry: u64) -> Self {
        self.0.insert(journal, entry);
        self
    }

    /// The journals and up to which entry each was known.
    pub fn journals(&self) -> impl Iterator<Item = (Uuid, u64)> {
        self.0.iter().map(|(journal, entry)| (*journal, *entry))
    }

    /// Whether an event at this place was known.
    #[must_use]
    pub fn includes(&self, place: Place) -> bool {
        self.0.get(&place.journal).is_some_and(|entry| place.entry <= *entry)
    }
}

/// When a figure was taken. Two figures of the same question are equal if these are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsOf {
    pub events: EventNumber,
    /// The clock at that moment: decides from when a call that nobody has answered yet counts as not
    /// answered (15 s), and which approvals had been given.
    pub at: Timestamp,
}

/// Events in order, each once: storing and delivering happen at least once (R32).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    events: Vec<Event>,
}

impl Ledger {
    /// Takes events in any order, repeated ones too. They must reach back 24 h before the first period
    /// asked for (K1 slides) and to the sign-in of the agents asked for.
    #[must_use]
    pub fn new(events: impl IntoIterator<Item = Event>) -> Self {
        let mut events: Vec<Event> = events.into_iter().collect();
        events.sort_by_key(|event| event.place);
        events.dedup_by_key(|event| event.place);
        Self { events }
    }

    /// All of them.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Those that were known, in order.
    pub fn known<'a>(&'a self, events: &'a EventNumber) -> impl Iterator<Item = &'a Event> + Clone {
        self.events.iter().filter(|event| events.includes(event.place))
    }

    /// The number at which everything here is known.
    #[must_use]
    pub fn newest(&self) -> EventNumber {
        let last = self.events.iter().map(|event| (event.place.journal, event.place.entry));
        EventNumber(last.collect())
    }
}
