//! Work that is due at a time. A job is claimed for a while, done, or tried again; a worker that dies
//! loses its claim and another takes over.

use sqlx::{FromRow, query, query_as, query_scalar};
use types::{CentreId, JobId, Timestamp};

use super::{StoreError, Tx};

/// A new piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    pub id: JobId,
    pub kind: String,
    /// While a job of this kind and key is open, another is not added.
    pub key: String,
    /// JSON.
    pub payload: String,
    pub due_at: Timestamp,
}

/// A claimed piece of work.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Job {
    pub id: JobId,
    pub centre: CentreId,
    pub kind: String,
    pub key: String,
    pub payload: String,
    pub due_at: Timestamp,
    /// How often it was claimed, this time included.
    pub attempts: i32,
}

mod sql {
    pub const ADD: &str = "insert into job (id, centre, kind, key, payload, due_at, created_at, attempts) \
        values ($1, $2, $3, $4, $5, $6, $7, 0) \
        on conflict (centre, kind, key) where done_at is null and failed_at is null do nothing";
    pub const CANCEL: &str = "update job set done_at = $1 \
        where centre = $2 and kind = $3 and key = $4 and done_at is null and failed_at is null";
    // The one deliberate pair: SQLite has one writer, PostgreSQL lets workers pass each other.
    pub const CLAIM_SQLITE: &str = "update job set claimed_by = $1, claimed_until = $2, \
        attempts = attempts + 1 where id in (select id from job where done_at is null \
        and failed_at is null and due_at <= $3 and (claimed_until is null or claimed_until <= $4) \
        order by due_at, id limit $5) \
        returning id, centre, kind, key, payload, due_at, attempts";
    pub const CLAIM_PG: &str = "update job set claimed_by = $1, claimed_until = $2, \
        attempts = attempts + 1 where id in (select id from job where done_at is null \
        and failed_at is null and due_at <= $3 and (claimed_until is null or claimed_until <= $4) \
        order by due_at, id limit $5 for update skip locked) \
        returning id, centre, kind, key, payload, due_at, attempts";
    pub const DONE: &str = "update job set done_at = $1, claimed_until = null \
        where id = $2 and claimed_by = $3 and done_at is null";
    pub const RETRY: &str = "update job set due_at = $1, claimed_until = null, last_error = $2 \
        where id = $3 and claimed_by = $4 and done_at is null";
    pub const FAIL: &str = "update job set failed_at = $1, claimed_until = null, last_error = $2 \
        where id = $3 and claimed_by = $4 and done_at is null";
    pub const NEXT_DUE: &str = "select min(due_at) from job \
        where done_at is null and failed_at is null";
    pub const FAILED: &str = "select count(*) from job where failed_at is not null";
    pub const OVERDUE: &str = "select count(*) from job \
        where done_at is null and failed_at is null and due_at < $1";
    pub const DELETE_OLD: &str = "delete from job where done_at < $1";
}

/// Adds a job, unless one of the same kind and key is open.
///
/// # Errors
/// [`StoreError`].
pub async fn add(
    tx: &mut Tx,
    centre: &CentreId,
    job: &NewJob,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::ADD)
        .bind(job.id)
        .bind(centre)
        .bind(&job.kind)
        .bind(&job.key)
        .bind(&job.payload)
        .bind(job.due_at)
        .bind(now)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Ends the open job of this kind and key, if there is one: its reason is gone.
///
/// # Errors
/// [`StoreError`].
pub async fn cancel(
    tx: &mut Tx,
    centre: &CentreId,
    kind: &str,
    key: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::CANCEL)
        .bind(now)
        .bind(centre)
        .bind(kind)
        .bind(key)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// How a worker claims.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    pub worker: &'a str,
    /// Jobs due up to here, by business time.
    pub due_until: Timestamp,
    /// Claims that ended before here are void, by the real clock.
    pub now: Timestamp,
    /// End of the new claim.
    pub until: Timestamp,
    pub limit: i64,
}

/// Claims due jobs for one worker, oldest due first; each goes to one worker only.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(tx: &mut Tx, claim: Claim<'_>) -> Result<Vec<Job>, StoreError> {
    macro_rules! fetch {
        ($sql:expr, $tx:expr) => {
            query_as($sql)
                .bind(claim.worker)
                .bind(claim.until)
                .bind(claim.due_until)
                .bind(claim.now)
                .bind(claim.limit)
                .fetch_all(&mut **$tx)
                .await?
        };
    }
    let mut jobs: Vec<Job> = match tx {
        Tx::Sqlite(tx) => fetch!(sql::CLAIM_SQLITE, tx),
        Tx::Pg(tx) => fetch!(sql::CLAIM_PG, tx),
    };
    jobs.sort_by_key(|job| (job.due_at, job.id));
    Ok(jobs)
}

/// Ends a job of this worker's claim; false when the claim was lost.
///
/// # Errors
/// [`StoreError`].
pub async fn done(
    tx: &mut Tx,
    id: JobId,
    worker: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on_tx!(tx, |db| query(sql::DONE)
        .bind(now)
        .bind(id)
        .bind(worker)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Puts a job off until `due_at`.
///
/// # Errors
/// [`StoreError`].
pub async fn retry(
    tx: &mut Tx,
    id: JobId,
    worker: &str,
    due_at: Timestamp,
    error: &str,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::RETRY)
        .bind(due_at)
        .bind(error)
        .bind(id)
        .bind(worker)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Sets a job aside for good.
///
/// # Errors
/// [`StoreError`].
pub async fn fail(
    tx: &mut Tx,
    id: JobId,
    worker: &str,
    now: Timestamp,
    error: &str,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::FAIL)
        .bind(now)
        .bind(error)
        .bind(id)
        .bind(worker)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// When the earliest open job is due.
///
/// # Errors
/// [`StoreError`].
pub async fn next_due(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::NEXT_DUE).fetch_one(db).await)?)
}

/// How many jobs were set aside as failed.
///
/// # Errors
/// [`StoreError`].
pub async fn failed(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::FAILED).fetch_one(db).await)?)
}

/// How many open jobs were due before `before`.
///
/// # Errors
/// [`StoreError`].
pub async fn overdue(tx: &mut Tx, before: Timestamp) -> Result<i64, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::OVERDUE).bind(before).fetch_one(db).await)?)
}

/// Forgets jobs done before `before`; says how many.
///
/// # Errors
/// [`StoreError`].
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |db| query(sql::DELETE_OLD)
        .bind(before)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?)
}
