//! What stands beside K1 and never inside it (`domain.md` 3.1): calls that the screen list stopped (X), promised calls
//! back (`queue_callback`), redials that kept their place, notices. None of them makes a call an answered one.

use std::collections::BTreeMap;

use acd::{QueueCallbackOutcome, Record};
use serde::{Deserialize, Serialize};
use types::CallId;

use crate::event::{AsOf, Ledger};
use crate::period::Period;

/// Counts of a period: of calls that rang, and of promises that were given, in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BesideBase {
    /// X: stopped by the screen list with a prompt. No requests.
    pub screened: u64,
    /// Of these, let in by the emergency key: they are requests, too.
    pub let_in: u64,
    /// Callers who left the queue by key for a call back. Each is an abandon as well.
    pub promised: u64,
    /// Of these: agent and citizen heard each other.
    pub kept: u64,
    /// Called again by themselves, with the place.
    pub redialled: u64,
    /// Became a missed-call return.
    pub in_vain: u64,
    /// Calls that kept the place of an earlier one. Both count.
    pub places_kept: u64,
    /// Calls that heard a notice about a mass event. Each counts as it would without.
    pub notices: u64,
}

impl BesideBase {
    /// Counts what was known.
    #[must_use]
    pub fn of(ledger: &Ledger, as_of: &AsOf, period: Period) -> Self {
        let mut sum = Self::default();
        // Whether the call that a record speaks of belongs to the period.
        let mut belongs: BTreeMap<CallId, bool> = BTreeMap::new();
        let mut promises: BTreeMap<CallId, bool> = BTreeMap::new();
        for event in ledger.known(&as_of.events) {
            let of = |calls: &BTreeMap<CallId, bool>, call: &CallId| {
                u64::from(calls.get(call).copied().unwrap_or(false))
            };
            match &event.record {
                Record::CallArrived { call, rang_at, .. } => {
                    belongs.insert(*call, period.contains(*rang_at));
                }
                Record::CallScreened { call, rang_at, .. } => {
                    belongs.insert(*call, period.contains(*rang_at));
                    sum.screened += of(&belongs, call);
                }
                Record::ScreenedCallAdmitted { call } => sum.let_in += of(&belongs, call),
                Record::PlaceKept { call, .. } => sum.places_kept += of(&belongs, call),
                Record::SurgeNoticePlayed { call, .. } => sum.notices += of(&belongs, call),
                Record::QueueCallbackPromised { call, .. } => {
                    promises.insert(*call, period.contains(event.at));
                    sum.promised += of(&promises, call);
                }
                Record::QueueCallbackEnded { call, outcome, .. } => {
                    let ended = of(&promises, call);
                    match outcome {
                        QueueCallbackOutcome::Kept { .. } => sum.kept += ended,
                        QueueCallbackOutcome::Redialled { .. } => sum.redialled += ended,
                        QueueCallbackOutcome::NotReached | QueueCallbackOutcome::Expired => {
                            sum.in_vain += ended;
                        }
                    }
                }
                _ => {}
            }
        }
        sum
    }

    /// Promises that are neither kept nor given up.
    #[must_use]
    pub const fn open(self) -> u64 {
        self.promised.saturating_sub(self.kept + self.redialled + self.in_vain)
    }
}
