//! Calls that were given up: after how long, and why.

use std::collections::BTreeMap;

use acd::AbandonCause;
use serde::{Deserialize, Serialize};

use crate::calls::CallFacts;
use crate::spread::Spread;

/// Where one age ends and the next begins, in microseconds. The first two are H and the target of K2,
/// the third that of K3.
const AGES_US: [u64; 5] = [5_000_000, 15_000_000, 30_000_000, 60_000_000, 120_000_000];

/// Abandons of a set of calls (放弃).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abandons {
    pub total: u64,
    /// Of these, such as can be called back.
    pub with_number: u64,
    pub by_age: Vec<AgeBand>,
    /// Those that occur, by name.
    pub by_cause: Vec<CauseCount>,
    pub waits: Spread,
}

/// Callers who gave up after a wait in `[from_us, until_us)`; the last band has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeBand {
    pub from_us: u64,
    pub until_us: Option<u64>,
    pub count: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseCount {
    pub cause: AbandonCause,
    pub count: u64,
}

impl Abandons {
    #[must_use]
    pub fn of(calls: &[&CallFacts]) -> Self {
        let given_up = calls.iter().filter(|call| call.abandoned_after_us().is_some());
        let waits: Vec<u64> = calls.iter().filter_map(|call| call.abandoned_after_us()).collect();
        Self {
            total: waits.len() as u64,
            with_number: given_up.clone().filter(|call| call.with_number).count() as u64,
            by_age: by_age(&waits),
            by_cause: by_cause(given_up.filter_map(|call| call.abandoned_by)),
            waits: Spread::of(waits),
        }
    }
}

fn by_age(waits: &[u64]) -> Vec<AgeBand> {
    let starts = std::iter::once(0).chain(AGES_US);
    let ends = AGES_US.into_iter().map(Some).chain(std::iter::once(None));
    let band = |(from_us, until_us): (u64, Option<u64>)| {
        let within = |wait: &&u64| **wait >= from_us && until_us.is_none_or(|end| **wait < end);
        AgeBand { from_us, until_us, count: waits.iter().filter(within).count() as u64 }
    };
    starts.zip(ends).map(band).collect()
}

fn by_cause(causes: impl Iterator<Item = AbandonCause>) -> Vec<CauseCount> {
    let mut counts: BTreeMap<&str, CauseCount> = BTreeMap::new();
    for cause in causes {
        let none = CauseCount { cause, count: 0 };
        counts.entry(name_of(cause)).or_insert(none).count += 1;
    }
    counts.into_values().collect()
}

pub(crate) const fn name_of(cause: AbandonCause) -> &'static str {
    match cause {
        AbandonCause::HungUp => "hung_up",
        AbandonCause::Vanished => "vanished",
        AbandonCause::Fault => "fault",
        AbandonCause::GatewayLost => "gateway_lost",
        AbandonCause::QueueFull => "queue_full",
        AbandonCause::QueueCallback => "queue_callback",
        AbandonCause::Repaired => "repaired",
    }
}
