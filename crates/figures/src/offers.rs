//! Offers by agent: how often her phone rang for a caller, and how it ended.

use std::collections::BTreeMap;

use acd::Record;
use serde::{Deserialize, Serialize};
use types::{AgentId, LegId};

use crate::event::{AsOf, Ledger};
use crate::period::Period;

/// Offers that were made within a period. Each ends in one way; one that ended in none of these was
/// answered, or still rings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferCounts {
    pub made: u64,
    /// Not answered within the ring limit.
    pub lapsed: u64,
    pub refused: u64,
    /// Her phone could not be rung.
    pub failed: u64,
    /// The caller was gone, or another agent was faster.
    pub withdrawn: u64,
}

/// Counts by agent, of the offers made within `period`.
#[must_use]
pub fn offers(ledger: &Ledger, as_of: &AsOf, period: Period) -> BTreeMap<AgentId, OfferCounts> {
    let mut legs: BTreeMap<LegId, AgentId> = BTreeMap::new();
    let mut counts: BTreeMap<AgentId, OfferCounts> = BTreeMap::new();
    for event in ledger.known(&as_of.events) {
        if let Record::OfferMade { leg, agent, line: false, .. } = event.record
            && period.contains(event.at)
        {
            legs.insert(leg, agent);
            counts.entry(agent).or_default().made += 1;
        }
        // An offer ends once: what is repeated finds its leg gone.
        let Some(leg) = ended_leg(&event.record) else { continue };
        let Some(agent) = legs.remove(&leg) else { continue };
        let of_agent = counts.entry(agent).or_default();
        match event.record {
            Record::OfferLapsed { .. } => of_agent.lapsed += 1,
            Record::OfferRefused { .. } => of_agent.refused += 1,
            Record::OfferFailed { .. } => of_agent.failed += 1,
            Record::OfferWithdrawn { .. } => of_agent.withdrawn += 1,
            _ => {}
        }
    }
    counts
}

const fn ended_leg(record: &Record) -> Option<LegId> {
    match record {
        Record::OfferLapsed { leg, .. }
        | Record::OfferRefused { leg, .. }
        | Record::OfferFailed { leg, .. }
        | Record::OfferWithdrawn { leg, .. } => Some(*leg),
        _ => None,
    }
}
