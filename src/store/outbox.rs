//! Events written in the transaction that caused them, relayed to the bus afterwards.

use sqlx::{FromRow, query, query_as, query_scalar};
use types::{CentreId, Timestamp};

use super::{StoreError, Tx};

/// One event to relay.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OutboxEvent {
    /// Rises in the order of insertion.
    pub seq: i64,
    pub centre: CentreId,
    pub topic: String,
    /// JSON.
    pub payload: String,
    pub created_at: Timestamp,
}

mod sql {
    pub const ADD: &str = "insert into outbox (centre, topic, payload, created_at) \
        values ($1, $2, $3, $4) returning seq";
    pub const OPEN: &str = "select seq, centre, topic, payload, created_at from outbox \
        where relayed_at is null order by seq limit $1";
    pub const OPEN_PG: &str = "select seq, centre, topic, payload, created_at from outbox \
        where relayed_at is null order by seq limit $1 for update skip locked";
    pub const RELAYED: &str = "update outbox set relayed_at = $1 where seq = $2";
    pub const SINCE: &str = "select seq, centre, topic, payload, created_at from outbox \
        where centre = $1 and seq > $2 order by seq limit $3";
    pub const DELETE_OLD: &str =
        "delete from outbox where relayed_at is not null and created_at < $1";
}

/// Adds an event of this transaction; its number.
///
/// # Errors
/// [`StoreError`].
pub async fn add(
    tx: &mut Tx,
    centre: &CentreId,
    topic: &str,
    payload: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::ADD)
        .bind(centre)
        .bind(topic)
        .bind(payload)
        .bind(now)
        .fetch_one(db)
        .await)?)
}

/// Events not yet relayed, oldest first; locked against other relays until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn open(tx: &mut Tx, limit: i64) -> Result<Vec<OutboxEvent>, StoreError> {
    Ok(match tx {
        Tx::Sqlite(tx) => query_as(sql::OPEN).bind(limit).fetch_all(&mut **tx).await?,
        Tx::Pg(tx) => query_as(sql::OPEN_PG).bind(limit).fetch_all(&mut **tx).await?,
    })
}

/// # Errors
/// [`StoreError`].
pub async fn mark_relayed(tx: &mut Tx, seq: i64, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::RELAYED).bind(now).bind(seq).execute(db).await.map(|_| ()))?;
    Ok(())
}

/// Events after `seq`, relayed or not: what a reader missed while the bus was away.
///
/// # Errors
/// [`StoreError`].
pub async fn since(
    tx: &mut Tx,
    centre: &CentreId,
    seq: i64,
    limit: i64,
) -> Result<Vec<OutboxEvent>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::SINCE)
        .bind(centre)
        .bind(seq)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

/// Forgets relayed events older than `before`; says how many.
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
