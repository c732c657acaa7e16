//! Wrong passwords per account name and source, known names and unknown ones alike.

use sqlx::{FromRow, query, query_as};
use types::{CentreId, Timestamp};

use super::{StoreError, Tx};

/// What was tried so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Failures {
    pub failures: i32,
    pub last_at: Timestamp,
    pub locked_until: Option<Timestamp>,
}

mod sql {
    pub const FIND: &str = "select failures, last_at, locked_until from sign_in_failure \
        where centre = $1 and username = $2 and source = $3";
    pub const PUT: &str = "insert into sign_in_failure \
        (centre, username, source, failures, last_at, locked_until) values ($1, $2, $3, $4, $5, $6) \
        on conflict (centre, username, source) do update set failures = excluded.failures, \
        last_at = excluded.last_at, locked_until = excluded.locked_until";
    pub const CLEAR: &str =
        "delete from sign_in_failure where centre = $1 and username = $2 and source = $3";
    pub const DELETE_OLD: &str = "delete from sign_in_failure where last_at < $1";
}

/// # Errors
/// [`StoreError`].
pub async fn find(
    tx: &mut Tx,
    centre: &CentreId,
    username: &str,
    source: &str,
) -> Result<Option<Failures>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND)
        .bind(centre)
        .bind(username)
        .bind(source)
        .fetch_optional(db)
        .await)?)
}

/// # Errors
/// [`StoreError`].
pub async fn put(
    tx: &mut Tx,
    centre: &CentreId,
    username: &str,
    source: &str,
    failures: Failures,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::PUT)
        .bind(centre)
        .bind(username)
        .bind(source)
        .bind(failures.failures)
        .bind(failures.last_at)
        .bind(failures.locked_until)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// # Errors
/// [`StoreError`].
pub async fn clear(
    tx: &mut Tx,
    centre: &CentreId,
    username: &str,
    source: &str,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::CLEAR)
        .bind(centre)
        .bind(username)
        .bind(source)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Forgets failures older than `before`; says how many.
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
