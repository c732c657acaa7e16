//! Moves the journal into the event tables, exactly once: the rows and the journal's position are
//! stored in one transaction.
//!
//! Owns: when to ship and how often to try. A database that is away delays it and nothing else.

mod project;

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use types::{CentreId, Timestamp};

use project::Ground;

use super::journal::{
    EntryNumber, EntryReader, JournalEntry, JournalId, ReadError, WriterStatus, prune,
};
use crate::clock::Clock;
use crate::service::call::returns::rules::ReturnRules;
use crate::store::{Db, StoreError, acd_event};

/// Most entries of one transaction.
const BATCH_LEN_MAX: usize = 256;
/// Entries gather for so long before the next transaction: its syncs cost the same for one of them as for many.
const GATHER: Duration = Duration::from_millis(50);
/// Longest wait for the database to store a batch: one that has stopped in the middle does not hold the rest up for
/// ever.
const ANSWER_MAX: Duration = Duration::from_secs(30);
const RETRY_DELAY_MIN: Duration = Duration::from_millis(100);
const RETRY_DELAY_MAX: Duration = Duration::from_secs(5);

/// How far the shipping has come; changes after every batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShipperStatus {
    pub shipped: EntryNumber,
    /// The database refuses since then; calls go on.
    pub failing_since: Option<Timestamp>,
}

/// Ships one journal.
#[derive(Debug)]
pub struct Shipper {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) centre: CentreId,
    pub(super) journal: JournalId,
    pub(super) folder: PathBuf,
    /// When missed callers are to be called back.
    pub(super) returns: ReturnRules,
    /// Shipped files that are kept for replay.
    pub(super) keep_files: usize,
    pub(super) synced: watch::Receiver<WriterStatus>,
    pub(super) status: watch::Sender<ShipperStatus>,
}

/// Lets entries gather, unless the server stops.
async fn gather(stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(GATHER) => {}
        () = stop.cancelled() => {}
    }
}

/// Why a batch was not shipped.
#[derive(Debug, thiserror::Error)]
enum ShipError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Journal(#[from] ReadError),
}

impl Shipper {
    /// Ships until `stop`; then once more what is synced, if the database answers.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut delay = RETRY_DELAY_MIN;
        let mut reader = None;
        loop {
            match self.ship(&mut reader).await {
                Ok(0) => {
                    delay = RETRY_DELAY_MIN;
                    self.report_failing(None);
                    self.prune();
                    if stop.is_cancelled() || self.wait_for_more(&stop).await {
                        break;
                    }
                }
                Ok(count) => {
                    delay = RETRY_DELAY_MIN;
                    if count < BATCH_LEN_MAX {
                        gather(&stop).await;
                    }
                }
                Err(error) => {
                    // The reader may stand between two batches: begin at the stored position again.
                    reader = None;
                    self.report_failing(Some(&error));
                    if stop.is_cancelled() {
                        break;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(delay) => {}
                        () = stop.cancelled() => {}
                    }
                    delay = (delay * 2).min(RETRY_DELAY_MAX);
                }
            }
        }
    }

    /// True when the server stops and nothing more will be written.
    async fn wait_for_more(&mut self, stop: &CancellationToken) -> bool {
        tokio::select! {
            changed = self.synced.changed() => changed.is_err(),
            () = stop.cancelled() => false,
        }
    }

    /// One batch; says how many entries.
    async fn ship(&mut self, reader: &mut Option<EntryReader>) -> Result<usize, ShipError> {
        let synced = self.synced.borrow().synced;
        let mut reading = match reader.take() {
            Some(reading) => reading,
            None => tokio::time::timeout(ANSWER_MAX, self.start_reading())
                .await
                .map_err(|_| StoreError::Busy)??,
        };
        let from = self.status.borrow().shipped;
        // Journal lines come from the page cache; a batch of them is read in well under 10 ms.
        let entries = reading.read(synced, BATCH_LEN_MAX)?;
        let count = entries.len();
        if let Some(last) = entries.last().map(|entry| entry.number) {
            // A batch whose answer never comes is asked for again: the position says whether it was stored.
            let stored = tokio::time::timeout(ANSWER_MAX, self.store(from, last, &entries));
            stored.await.map_err(|_| StoreError::Busy)??;
            self.status.send_modify(|status| status.shipped = last);
        }
        *reader = Some(reading);
        metrics::gauge!("hotline_shipper_lag_entries")
            .set(synced.0.saturating_sub(self.status.borrow().shipped.0) as f64);
        Ok(count)
    }

    async fn start_reading(&mut self) -> Result<EntryReader, ShipError> {
        let mut tx = self.db.read().await?;
        let shipped = acd_event::shipped(&mut tx, self.journal.0).await?;
        tx.commit().await?;
        let shipped = EntryNumber(u64::try_from(shipped).unwrap_or(0));
        self.status.send_modify(|status| status.shipped = shipped);
        Ok(EntryReader::after(self.folder.clone(), shipped))
    }

    async fn store(
        &self,
        from: EntryNumber,
        to: EntryNumber,
        entries: &[JournalEntry],
    ) -> Result<(), ShipError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let position = |number: EntryNumber| i64::try_from(number.0).unwrap_or(i64::MAX);
        acd_event::move_position(
            &mut tx,
            &self.centre,
            self.journal.0,
            position(from),
            position(to),
            now,
        )
        .await?;
        let ground =
            Ground { centre: &self.centre, journal: self.journal, returns: &self.returns, now };
        project::project(&mut tx, ground, entries).await?;
        tx.commit().await?;
        if let Some(oldest) = entries.first() {
            metrics::histogram!("hotline_shipper_lag_seconds")
                .record(now.since(oldest.at).as_secs_f64());
        }
        Ok(())
    }

    fn prune(&self) {
        let shipped = self.status.borrow().shipped;
        match prune(&self.folder, shipped, self.keep_files) {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "shipped journal files deleted"),
            Err(error) => tracing::warn!(%error, "old journal files cannot be deleted"),
        }
    }

    fn report_failing(&self, error: Option<&ShipError>) {
        let now = self.clock.now();
        metrics::gauge!("hotline_shipper_failing").set(f64::from(u8::from(error.is_some())));
        let was_failing = self.status.borrow().failing_since.is_some();
        match error {
            Some(error) if !was_failing => {
                tracing::error!(%error, "events wait in the journal; calls go on");
                self.status.send_modify(|status| status.failing_since = Some(now));
            }
            None if was_failing => {
                tracing::info!("events reach the database again");
                self.status.send_modify(|status| status.failing_since = None);
            }
            _ => {}
        }
    }
}
