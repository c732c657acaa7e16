//! 剔除事件: proposals and their signatures. Never deleted.

use sqlx::{FromRow, query, query_as, query_scalar};
use types::{CentreId, Timestamp, UserId};

use super::{StoreError, Tx};

/// One exclusion event.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ExclusionRow {
    pub number: i64,
    /// `figures::ExclusionKind`.
    pub kind: String,
    pub what: String,
    pub from_at: Timestamp,
    pub until_at: Timestamp,
    pub proposed_by: UserId,
    pub proposed_at: Timestamp,
    pub approved_by: Option<UserId>,
    pub approved_at: Option<Timestamp>,
    /// Of one that was never approved: rejected.
    pub revoked_by: Option<UserId>,
    pub revoked_at: Option<Timestamp>,
    /// Why it was rejected or revoked.
    pub note: String,
}

mod sql {
    pub const NEXT: &str = "select coalesce(max(number), 0) + 1 from exclusion where centre = $1";
    pub const ADD: &str = "insert into exclusion (centre, number, kind, what, from_at, until_at, \
        proposed_by, proposed_at, note) values ($1, $2, $3, $4, $5, $6, $7, $8, '')";
    pub const LIST: &str = "select number, kind, what, from_at, until_at, proposed_by, \
        proposed_at, approved_by, approved_at, revoked_by, revoked_at, note from exclusion \
        where centre = $1 order by number";
    pub const FIND: &str = "select number, kind, what, from_at, until_at, proposed_by, \
        proposed_at, approved_by, approved_at, revoked_by, revoked_at, note from exclusion \
        where centre = $1 and number = $2";
    pub const APPROVE: &str = "update exclusion set approved_by = $1, approved_at = $2 \
        where centre = $3 and number = $4 and approved_by is null and revoked_by is null";
    pub const REVOKE: &str = "update exclusion set revoked_by = $1, revoked_at = $2, note = $3 \
        where centre = $4 and number = $5 and revoked_by is null \
        and approved_by is not distinct from $6";
}

/// The number the next proposal gets.
///
/// # Errors
/// [`StoreError`].
pub async fn next_number(tx: &mut Tx, centre: &CentreId) -> Result<i64, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::NEXT).bind(centre).fetch_one(db).await)?)
}

/// Stores a proposal; its signatures are given later.
///
/// # Errors
/// [`StoreError::Duplicate`] where somebody else has just taken the number.
pub async fn add(tx: &mut Tx, centre: &CentreId, row: &ExclusionRow) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::ADD)
        .bind(centre)
        .bind(row.number)
        .bind(&row.kind)
        .bind(&row.what)
        .bind(row.from_at)
        .bind(row.until_at)
        .bind(row.proposed_by)
        .bind(row.proposed_at)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// All that were ever proposed, by number.
///
/// # Errors
/// [`StoreError`].
pub async fn list(tx: &mut Tx, centre: &CentreId) -> Result<Vec<ExclusionRow>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::LIST).bind(centre).fetch_all(db).await)?)
}

/// # Errors
/// [`StoreError`].
pub async fn find(
    tx: &mut Tx,
    centre: &CentreId,
    number: i64,
) -> Result<Option<ExclusionRow>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND).bind(centre).bind(number).fetch_optional(db).await)?)
}

/// # Errors
/// [`StoreError::Conflict`] where it was signed meanwhile.
pub async fn approve(
    tx: &mut Tx,
    centre: &CentreId,
    number: i64,
    by: UserId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let rows = on_tx!(tx, |db| query(sql::APPROVE)
        .bind(by)
        .bind(at)
        .bind(centre)
        .bind(number)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Conflict("the exclusion")) }
}

/// Rejects or revokes what was `read`.
///
/// # Errors
/// [`StoreError::Conflict`] where it was approved or revoked meanwhile: to reject a proposal is not to revoke an approval.
pub async fn revoke(
    tx: &mut Tx,
    centre: &CentreId,
    read: &ExclusionRow,
    by: UserId,
    at: Timestamp,
    note: &str,
) -> Result<(), StoreError> {
    let rows = on_tx!(tx, |db| query(sql::REVOKE)
        .bind(by)
        .bind(at)
        .bind(note)
        .bind(centre)
        .bind(read.number)
        .bind(read.approved_by)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Conflict("the exclusion")) }
}
