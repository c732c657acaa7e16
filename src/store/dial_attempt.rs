//! 拨测: an inspector's attempts.

use sqlx::{FromRow, query, query_as};
use types::{CallId, CentreId, Timestamp, UserId};

use super::{StoreError, Tx};

/// One attempt as it was found.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DialAttemptRow {
    pub batch: String,
    pub number: i64,
    pub dialled: String,
    pub dialled_at: Timestamp,
    /// `figures::DialOutcome`.
    pub outcome: String,
    /// Of one that was connected.
    pub wait_us: Option<i64>,
    pub call: Option<CallId>,
    pub recorded_at: Timestamp,
    pub recorded_by: UserId,
}

mod sql {
    // Of two with one number the first handed in stands.
    pub const ADD: &str = "insert into dial_attempt (centre, batch, number, dialled, dialled_at, \
        outcome, wait_us, call, recorded_at, recorded_by) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (centre, batch, number) do nothing";
    pub const FIND: &str = "select batch, number, dialled, dialled_at, outcome, wait_us, call, \
        recorded_at, recorded_by from dial_attempt where centre = $1 and batch = $2 and number = $3";
    pub const WITHIN: &str = "select batch, number, dialled, dialled_at, outcome, wait_us, call, \
        recorded_at, recorded_by from dial_attempt where centre = $1 and dialled_at >= $2 \
        and dialled_at < $3 order by batch, number";
}

/// Stores an attempt; false where its number was handed in before.
///
/// # Errors
/// [`StoreError`].
pub async fn add(tx: &mut Tx, centre: &CentreId, row: &DialAttemptRow) -> Result<bool, StoreError> {
    let rows = on_tx!(tx, |db| query(sql::ADD)
        .bind(centre)
        .bind(&row.batch)
        .bind(row.number)
        .bind(&row.dialled)
        .bind(row.dialled_at)
        .bind(&row.outcome)
        .bind(row.wait_us)
        .bind(row.call)
        .bind(row.recorded_at)
        .bind(row.recorded_by)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// One attempt.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    tx: &mut Tx,
    centre: &CentreId,
    batch: &str,
    number: i64,
) -> Result<Option<DialAttemptRow>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND)
        .bind(centre)
        .bind(batch)
        .bind(number)
        .fetch_optional(db)
        .await)?)
}

/// The attempts dialled in `[from, until)`.
///
/// # Errors
/// [`StoreError`].
pub async fn within(
    tx: &mut Tx,
    centre: &CentreId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<DialAttemptRow>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::WITHIN)
        .bind(centre)
        .bind(from)
        .bind(until)
        .fetch_all(db)
        .await)?)
}
