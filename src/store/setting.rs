//! Values that people change while the system runs, with a version against lost updates.

use sqlx::{FromRow, query, query_as};
use types::{CentreId, Timestamp};

use super::{StoreError, Tx};

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Setting {
    /// JSON.
    pub value: String,
    pub version: i64,
    pub updated_at: Timestamp,
    pub updated_by: String,
}

mod sql {
    pub const FIND: &str = "select value, version, updated_at, updated_by from setting \
        where centre = $1 and key = $2";
    pub const INSERT: &str = "insert into setting (centre, key, value, version, updated_at, updated_by) \
        values ($1, $2, $3, 1, $4, $5) on conflict (centre, key) do nothing";
    pub const UPDATE: &str = "update setting set value = $1, version = version + 1, \
        updated_at = $2, updated_by = $3 where centre = $4 and key = $5 and version = $6";
    pub const PROBE: &str = "insert into setting (centre, key, value, version, updated_at, updated_by) \
        values ($1, 'store_probe', 'null', 1, $2, 'readyz') \
        on conflict (centre, key) do update set version = setting.version + 1, \
        updated_at = excluded.updated_at";
}

/// # Errors
/// [`StoreError`].
pub async fn find(
    tx: &mut Tx,
    centre: &CentreId,
    key: &str,
) -> Result<Option<Setting>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND).bind(centre).bind(key).fetch_optional(db).await)?)
}

/// A change of one setting.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    pub key: &'a str,
    /// JSON.
    pub value: &'a str,
    /// The version that was read; 0 where there was none.
    pub expected: i64,
    pub by: &'a str,
    pub at: Timestamp,
}

/// # Errors
/// [`StoreError::Conflict`] when someone changed it since `expected` was read.
pub async fn set(tx: &mut Tx, centre: &CentreId, change: Change<'_>) -> Result<(), StoreError> {
    let rows = if change.expected == 0 {
        on_tx!(tx, |db| query(sql::INSERT)
            .bind(centre)
            .bind(change.key)
            .bind(change.value)
            .bind(change.at)
            .bind(change.by)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?
    } else {
        on_tx!(tx, |db| query(sql::UPDATE)
            .bind(change.value)
            .bind(change.at)
            .bind(change.by)
            .bind(centre)
            .bind(change.key)
            .bind(change.expected)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?
    };
    if rows == 1 { Ok(()) } else { Err(StoreError::Conflict("setting")) }
}

/// Really writes something, so that a full disk or a read-only file shows at the commit.
///
/// # Errors
/// [`StoreError`].
pub async fn probe(tx: &mut Tx, centre: &CentreId, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::PROBE).bind(centre).bind(now).execute(db).await.map(|_| ()))?;
    Ok(())
}
