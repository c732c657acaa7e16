//! One run through a file: batch by batch, each in a transaction that holds orders, refused lines and the position.

use std::time::Duration;

use csv::ByteRecord;
use types::WorkOrderId;
use work_order::{Actor, ImportedOrder, ImportedProgress, Occasion, Rules, WorkOrder};

use super::file::OrderFile;
use super::line::OrderLine;
use super::pace::Pace;
use super::{ImportError, ImportProgress, as_i64, progress_of};
use crate::clock::Stopwatch;
use crate::service::work_order::{after_change, next_clock, query_code};
use crate::service::{Context, ServiceError, county};
use crate::store::import_run::{self, ImportKey, ImportPosition, Rejection};
use crate::store::{self, Tx};

/// How often a transaction is tried while the database is away or busy, with pauses from [`RETRY_FIRST`] doubled each
/// time: half a minute in all.
const TRIES_MAX: u32 = 8;
const RETRY_FIRST: Duration = Duration::from_millis(250);

pub(super) struct Run<'a> {
    pub(super) ctx: &'a Context,
    pub(super) key: ImportKey,
    pub(super) actor: Actor,
}

/// Some lines, and where the file stands behind them.
pub(super) struct Batch {
    pub(super) records: Vec<(u64, ByteRecord)>,
    pub(super) done_bytes: u64,
    pub(super) done_line: u64,
    pub(super) last: bool,
}

impl Run<'_> {
    pub(super) async fn to_the_end(
        &self,
        file: &mut OrderFile,
        mut position: ImportPosition,
        told: &mut (dyn FnMut(ImportProgress) + Send),
    ) -> Result<ImportPosition, ImportError> {
        let mut pace = Pace::new();
        told(progress_of(&position, file.len()));
        while position.finished_at.is_none() {
            let batch = file.batch(pace.lines())?;
            let watch = Stopwatch::start();
            position = self.insist(file, &batch, position).await?;
            let rest = pace.took(batch.records.len(), watch.elapsed());
            told(progress_of(&position, file.len()));
            // Others come first: the next transaction begins when they have had their turn.
            tokio::time::sleep(rest).await;
        }
        Ok(position)
    }

    /// Stores a batch; a database that is away or busy for a moment is waited for.
    async fn insist(
        &self,
        file: &OrderFile,
        batch: &Batch,
        before: ImportPosition,
    ) -> Result<ImportPosition, ImportError> {
        let mut pause = RETRY_FIRST;
        for _ in 1..TRIES_MAX {
            match self.store(file, batch, before).await {
                Err(ImportError::Service(ServiceError::Store(error))) if error.is_temporary() => {
                    tracing::warn!(%error, "the import waits for the database");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                // A commit whose answer was lost: somebody has moved the position, and it was us.
                Err(ImportError::AtOnce) => return self.found(batch, before).await,
                done => return done,
            }
        }
        self.store(file, batch, before).await
    }

    /// The position that the table has, if it is the one behind `batch`.
    async fn found(
        &self,
        batch: &Batch,
        before: ImportPosition,
    ) -> Result<ImportPosition, ImportError> {
        let mut tx = self.ctx.db.read().await?;
        let now = import_run::find(&mut tx, &self.key).await?.unwrap_or(before);
        if now.done_bytes == as_i64(batch.done_bytes) { Ok(now) } else { Err(ImportError::AtOnce) }
    }

    async fn store(
        &self,
        file: &OrderFile,
        batch: &Batch,
        before: ImportPosition,
    ) -> Result<ImportPosition, ImportError> {
        let mut after = ImportPosition {
            done_bytes: as_i64(batch.done_bytes),
            done_line: as_i64(batch.done_line),
            finished_at: batch.last.then(|| self.ctx.clock.now()),
            ..before
        };
        let rules = county::rules(self.ctx).await?;
        let mut tx = self.ctx.db.begin().await?;
        for (line, record) in &batch.records {
            match self.line(&mut tx, &rules, file, *line, record).await? {
                Became::Order => after.accepted += 1,
                Became::Known => after.already += 1,
                Became::Refused(rejection) => {
                    import_run::reject(&mut tx, &self.key, &rejection).await?;
                    after.rejected += 1;
                }
            }
        }
        import_run::move_on(&mut tx, &self.key, &before, &after).await?;
        tx.commit().await?;
        Ok(after)
    }

    async fn line(
        &self,
        tx: &mut Tx,
        rules: &Rules,
        file: &OrderFile,
        line: u64,
        record: &ByteRecord,
    ) -> Result<Became, ImportError> {
        let heading = file.heading();
        let refused = |reason: String| {
            let external_no = heading.number_of(record);
            Became::Refused(Rejection { line: as_i64(line), external_no, reason })
        };
        let order = match heading.order(record, &self.key.system) {
            Ok(order) => order,
            Err(reason) => return Ok(refused(reason)),
        };
        if import_run::order_of(tx, &self.key, &order.external_no).await?.is_some() {
            return Ok(Became::Known);
        }
        let external_no = order.external_no.clone();
        match self.take_over(tx, rules, order).await? {
            Ok(id) => {
                import_run::add_order(tx, &self.key, &external_no, id, as_i64(line)).await?;
                Ok(Became::Order)
            }
            Err(refusal) => Ok(refused(refusal.detail)),
        }
    }

    /// Stores the order, unless the rules refuse it.
    async fn take_over(
        &self,
        tx: &mut Tx,
        rules: &Rules,
        line: OrderLine,
    ) -> Result<Result<WorkOrderId, work_order::Refusal>, ImportError> {
        let ctx = self.ctx;
        let now = ctx.clock.business_now();
        let occasion = Occasion { now, actor: &self.actor, rules, expected_version: None };
        let open = line.progress == ImportedProgress::Open;
        // Judged under a number of no day first: a refused line uses none up.
        let mut imported = ImportedOrder {
            id: WorkOrderId::new(ctx.clock.now(), ctx.random.number()),
            order_no: String::new(),
            query_code: query_code(ctx),
            registered_at: line.registered_at,
            intake: line.intake,
            progress: line.progress,
        };
        if let Err(refusal) = work_order::import(&occasion, imported.clone()) {
            return Ok(Err(refusal));
        }
        let date = line.registered_at.to_local().date();
        let day = work_order::order_no(date, 0).chars().take(6).collect::<String>();
        let sequence = store::work_order::next_number(tx, &ctx.centre, &day).await?;
        imported.order_no = work_order::order_no(date, u32::try_from(sequence).unwrap_or(u32::MAX));
        let events = match work_order::import(&occasion, imported) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let order = WorkOrder::from_events(&events)
            .map_err(|error| ServiceError::Internal(error.to_string()))?;
        let next = next_clock(&order);
        store::work_order::insert(tx, &ctx.centre, &order, next, &events).await?;
        if open {
            // History has no limit that could strike, and no page waits for it.
            after_change(ctx, tx, &order, &events).await?;
        }
        Ok(Ok(order.id))
    }
}

/// What a line has become.
enum Became {
    Order,
    Known,
    Refused(Rejection),
}
