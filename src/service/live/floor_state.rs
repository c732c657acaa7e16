//! The calls of now and the figures of the last two days, folded record by record; begun from the
//! tables, so that a restart shows the same figures as before (R11).

use std::collections::BTreeMap;
use std::time::Duration;

use acd::rates::LiveRates;
use gateway_protocol::Event;
use types::{CallId, CentreId, RecordingId, Timestamp, WorkOrderId};

use crate::acd_host::FloorChange;
use crate::acd_host::journal::{EntryNumber, JournalId};
use crate::service::call::fold;
use crate::store::call::{self, Call, CallState};
use crate::store::{Db, StoreError, acd_event, work_order};

/// How far back the figures reach: the worst 24 hours of a day look back 24 hours from its beginning.
pub const FIGURES_SPAN: Duration = Duration::from_secs(49 * 3_600);
/// How long an ended call is kept for pages that still show it.
const ENDED_KEPT: Duration = Duration::from_secs(600);

/// Calls and figures after one journal entry.
#[derive(Debug, Clone)]
pub struct FloorState {
    pub journal: JournalId,
    /// The last entry it includes.
    pub number: EntryNumber,
    pub rates: LiveRates,
    calls: BTreeMap<CallId, Call>,
    recordings: BTreeMap<CallId, (RecordingId, u64)>,
    work_orders: BTreeMap<CallId, WorkOrderId>,
}

impl FloorState {
    /// What the tables say: a consistent picture after the last shipped entry.
    pub(super) async fn load(
        db: &Db,
        centre: &CentreId,
        journal: JournalId,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut tx = db.read().await?;
        let shipped = acd_event::shipped(&mut tx, journal.0).await?;
        let since = now - FIGURES_SPAN;
        let events = acd_event::outcomes(&mut tx, centre, since, journal.0, shipped).await?;
        let open = call::open(&mut tx, centre).await?;
        let mut work_orders = BTreeMap::new();
        for call in &open {
            if let Some(order) = work_order::of_call(&mut tx, centre, call.id).await? {
                work_orders.insert(call.id, order);
            }
        }
        tx.commit().await?;
        let mut rates = LiveRates::default();
        for event in &events {
            rates.apply(&event.body.0);
        }
        Ok(Self {
            journal,
            number: EntryNumber(u64::try_from(shipped).unwrap_or(0)),
            rates,
            calls: open.into_iter().map(|call| (call.id, call)).collect(),
            recordings: BTreeMap::new(),
            work_orders,
        })
    }

    /// Takes one change in; one that is included already changes nothing. Says which calls changed.
    pub(super) fn apply(&mut self, change: &FloorChange) -> Vec<CallId> {
        if change.number <= self.number {
            return Vec::new();
        }
        self.number = change.number;
        let mut touched = Vec::new();
        for (at, record) in &change.records {
            self.rates.apply(record);
            let Some(id) = fold::call_of(record) else { continue };
            if let Some(call) = fold::begin(*at, record) {
                self.calls.insert(id, call);
            } else if let Some(call) = self.calls.get_mut(&id) {
                fold::apply(call, *at, record);
            }
            if !touched.contains(&id) {
                touched.push(id);
            }
        }
        if let Some(Event::RecordingReady { call, recording, duration_ms, .. }) = &change.noted {
            self.recordings.insert(*call, (*recording, *duration_ms));
            touched.push(*call);
        }
        touched
    }

    /// Forgets calls that ended a while ago and figures that nobody asks for.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.calls.retain(|_, call| {
            call.state != CallState::Ended
                || call.ended_at.is_none_or(|ended| now.since(ended) < ENDED_KEPT)
        });
        let calls = &self.calls;
        self.recordings.retain(|call, _| calls.contains_key(call));
        self.work_orders.retain(|call, _| calls.contains_key(call));
        self.rates.forget_before(now - FIGURES_SPAN);
    }

    /// A call of now, or one that ended moments ago.
    #[must_use]
    pub fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.get(&id)
    }

    /// Its recording and the recording's length in ms, as soon as it is complete.
    #[must_use]
    pub fn recording(&self, id: CallId) -> Option<(RecordingId, u64)> {
        self.recordings.get(&id).copied()
    }

    /// The order that was told in it.
    #[must_use]
    pub fn work_order(&self, id: CallId) -> Option<WorkOrderId> {
        self.work_orders.get(&id).copied()
    }

    pub(super) fn note_work_order(&mut self, call: CallId, order: WorkOrderId) {
        self.work_orders.insert(call, order);
    }
}
