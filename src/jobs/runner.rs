//! Claims due jobs and runs them, one after the other.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use types::Timestamp;

use super::kind::{HousekeepingPayload, JobKind, schedule};
use crate::service::{self, Context, ServiceError};
use crate::store;
use crate::store::job::{Claim, Job};

/// Jobs claimed in one turn.
const BATCH: i64 = 20;
/// Longest pause between two attempts.
const RETRY_MAX: Duration = Duration::from_secs(15 * 60);
/// How long relayed events, done jobs and failures are kept.
const KEEP: Duration = Duration::from_secs(7 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);
const FORECASTS_AFTER_MIDNIGHT: Duration = Duration::from_secs(30 * 60);

/// The loops of this node.
#[derive(Debug, Clone)]
pub struct Jobs {
    ctx: Context,
    worker: String,
}

impl Jobs {
    #[must_use]
    pub fn new(ctx: Context) -> Self {
        let worker = hex::encode(ctx.random.bytes::<8>());
        Self { ctx, worker }
    }

    /// Puts the standing jobs on the table and runs what is due until `stop`. A job begun is finished.
    pub async fn run(self, stop: CancellationToken) {
        if let Err(error) = self.plan().await {
            tracing::error!(%error, "could not plan the standing jobs");
        }
        let poll = self.ctx.config.jobs.poll();
        loop {
            // A full batch means there is more: look again at once.
            let pause = match self.turn().await {
                Ok(true) => Duration::ZERO,
                Ok(false) => poll,
                Err(error) => {
                    tracing::error!(%error, "could not look for due jobs");
                    poll.max(Duration::from_secs(1))
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn plan(&self) -> Result<(), ServiceError> {
        let mut tx = self.ctx.db.begin().await?;
        let due_at = self.ctx.clock.business_now();
        let job = JobKind::Housekeeping(HousekeepingPayload { due_at });
        schedule(&self.ctx, &mut tx, &job, due_at).await?;
        schedule(&self.ctx, &mut tx, &JobKind::Forecasts, due_at).await?;
        Ok(tx.commit().await?)
    }

    /// True when there may be more to do at once.
    async fn turn(&self) -> Result<bool, ServiceError> {
        let relayed = service::outbox::relay(&self.ctx).await?;
        let ran = run_due(&self.ctx, &self.worker).await?;
        Ok(relayed > 0 || ran > 0)
    }
}

/// Runs the jobs that are due now; says how many were claimed.
///
/// # Errors
/// [`ServiceError::Store`]; claims made before it run out by themselves.
pub async fn run_due(ctx: &Context, worker: &str) -> Result<usize, ServiceError> {
    let now = ctx.clock.now();
    let claim = Claim {
        worker,
        due_until: ctx.clock.business_now(),
        now,
        until: now + ctx.config.jobs.claim(),
        limit: BATCH,
    };
    let mut tx = ctx.db.begin().await?;
    let jobs = store::job::claim(&mut tx, claim).await?;
    tx.commit().await?;
    for job in &jobs {
        let outcome = perform(ctx, job).await;
        settle(ctx, worker, job, outcome).await?;
    }
    Ok(jobs.len())
}

async fn perform(ctx: &Context, job: &Job) -> Result<(), ServiceError> {
    let kind: JobKind = serde_json::from_str(&job.payload)
        .map_err(|error| ServiceError::Internal(format!("payload of job {}: {error}", job.id)))?;
    match kind {
        JobKind::Housekeeping(payload) => housekeeping(ctx, &payload).await,
        JobKind::Forecasts => service::staffing::plan_ahead(ctx).await,
        JobKind::OrderClock { order } => service::work_order::strike(ctx, order).await,
        JobKind::FeedbackAlarm { order, duty, alarm_at } => {
            service::work_order::announce_feedback_due(ctx, order, duty, alarm_at).await
        }
    }
}

/// Notes what became of a job. A job claimed by someone else meanwhile is theirs.
async fn settle(
    ctx: &Context,
    worker: &str,
    job: &Job,
    outcome: Result<(), ServiceError>,
) -> Result<(), ServiceError> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    match outcome {
        Ok(()) => {
            store::job::done(&mut tx, job.id, worker, now).await?;
            plan_next(ctx, &mut tx, job).await?;
        }
        Err(error) => {
            let text = error.to_string();
            let attempts = u32::try_from(job.attempts).unwrap_or(0);
            tracing::error!(job.id = %job.id, job.kind = job.kind, attempts, error = text, "a job failed");
            metrics::counter!("hotline_job_failures_total", "kind" => job.kind.clone())
                .increment(1);
            if attempts >= ctx.config.jobs.attempts_max {
                store::job::fail(&mut tx, job.id, worker, now, &text).await?;
            } else {
                let due_at = ctx.clock.business_now() + retry_pause(attempts);
                store::job::retry(&mut tx, job.id, worker, due_at, &text).await?;
            }
        }
    }
    Ok(tx.commit().await?)
}

/// 1 s, 2 s, 4 s … up to [`RETRY_MAX`].
fn retry_pause(attempts: u32) -> Duration {
    Duration::from_secs(1_u64 << attempts.saturating_sub(1).min(10)).min(RETRY_MAX)
}

/// Standing jobs put their next run on the table when one is done.
async fn plan_next(ctx: &Context, tx: &mut store::Tx, job: &Job) -> Result<(), ServiceError> {
    if job.kind == "housekeeping" {
        let due_at: Timestamp = ctx.clock.business_now() + DAY;
        let next = JobKind::Housekeeping(HousekeepingPayload { due_at });
        schedule(ctx, tx, &next, due_at).await?;
    }
    if job.kind == JobKind::FORECASTS {
        let due_at = next_forecasts(ctx.clock.business_now());
        schedule(ctx, tx, &JobKind::Forecasts, due_at).await?;
    }
    Ok(())
}

/// Half an hour past the next midnight: by then the journal has shipped the day that is over.
fn next_forecasts(now: Timestamp) -> Timestamp {
    work_order::calendar::start_of_next_day(now) + FORECASTS_AFTER_MIDNIGHT
}

async fn housekeeping(ctx: &Context, payload: &HousekeepingPayload) -> Result<(), ServiceError> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    let sessions = store::session::delete_old(&mut tx, now - KEEP).await?;
    let failures = store::sign_in_failure::delete_old(&mut tx, now - KEEP).await?;
    let events = store::outbox::delete_old(&mut tx, now - KEEP).await?;
    let jobs = store::job::delete_old(&mut tx, now - KEEP).await?;
    tx.commit().await?;
    tracing::info!(due_at = %payload.due_at, sessions, failures, events, jobs, "housekeeping done");
    Ok(())
}

#[cfg(test)]
mod tests;
