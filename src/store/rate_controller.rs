//! The rate controller's memory and its record of levers.

use rate_controller::State;
use sqlx::{FromRow, query, query_as, query_scalar};
use types::{CentreId, Timestamp};

use super::{StoreError, Tx};

/// One entry of the record of levers, append-only.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct LeverDecision {
    pub at: Timestamp,
    /// Snake-case words of `rate_controller::LeverId` and `What`.
    pub lever: String,
    pub what: String,
    /// An account, or `controller`.
    pub by_whom: String,
    /// One sentence in Chinese.
    pub reason: String,
    /// The whole decision, as JSON.
    pub body: String,
}

mod sql {
    pub const STATE: &str = "select state from rate_controller where centre = $1";
    pub const PUT_STATE: &str = "insert into rate_controller (centre, state, updated_at) \
        values ($1, $2, $3) on conflict (centre) do update set \
        state = excluded.state, updated_at = excluded.updated_at";
    pub const ADD: &str = "insert into lever_decision \
        (centre, at, lever, what, by_whom, reason, body) values ($1, $2, $3, $4, $5, $6, $7) \
        on conflict (centre, at, lever, what) do nothing";
    pub const NEWEST: &str = "select at, lever, what, by_whom, reason, body from lever_decision \
        where centre = $1 order by at desc, lever, what limit $2";
}

/// The memory as it was last kept, as JSON.
///
/// # Errors
/// [`StoreError`].
pub async fn state(tx: &mut Tx, centre: &CentreId) -> Result<Option<String>, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::STATE).bind(centre).fetch_optional(db).await)?)
}

/// # Errors
/// [`StoreError`].
pub async fn put_state(
    tx: &mut Tx,
    centre: &CentreId,
    state: &State,
    at: Timestamp,
) -> Result<(), StoreError> {
    let state = serde_json::to_string(state).unwrap_or_default();
    on_tx!(tx, |db| query(sql::PUT_STATE)
        .bind(centre)
        .bind(&state)
        .bind(at)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Adds an entry; one that is there already stays as it is.
///
/// # Errors
/// [`StoreError`].
pub async fn add(tx: &mut Tx, centre: &CentreId, of: &LeverDecision) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::ADD)
        .bind(centre)
        .bind(of.at)
        .bind(&of.lever)
        .bind(&of.what)
        .bind(&of.by_whom)
        .bind(&of.reason)
        .bind(&of.body)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The newest entries, newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(
    tx: &mut Tx,
    centre: &CentreId,
    limit: i64,
) -> Result<Vec<LeverDecision>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::NEWEST).bind(centre).bind(limit).fetch_all(db).await)?)
}
