//! Every change of an agent's state, append-only.

use sqlx::{FromRow, query, query_as};
use types::{AgentId, CentreId, Timestamp};
use uuid::Uuid;

use super::{StoreError, Tx};

/// One change of state.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AgentChange {
    pub journal: Uuid,
    pub entry: i64,
    pub item: i64,
    pub agent: AgentId,
    pub at: Timestamp,
    pub from_state: String,
    pub to_state: String,
    /// Of a state that has one: `meal`, `no_answer`.
    pub reason: Option<String>,
    pub cause: String,
}

mod sql {
    pub const ADD: &str = "insert into agent_state_log \
        (centre, journal, entry, item, agent, at, from_state, to_state, reason, cause) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    pub const SINCE: &str = "select journal, entry, item, agent, at, from_state, to_state, reason, \
        cause from agent_state_log where centre = $1 and agent = $2 and at >= $3 \
        order by at, journal, entry, item limit $4";
}

/// # Errors
/// [`StoreError`].
pub async fn add(tx: &mut Tx, centre: &CentreId, change: &AgentChange) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::ADD)
        .bind(centre)
        .bind(change.journal)
        .bind(change.entry)
        .bind(change.item)
        .bind(change.agent)
        .bind(change.at)
        .bind(&change.from_state)
        .bind(&change.to_state)
        .bind(&change.reason)
        .bind(&change.cause)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// An agent's changes since `since`, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn since(
    tx: &mut Tx,
    centre: &CentreId,
    agent: AgentId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<AgentChange>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::SINCE)
        .bind(centre)
        .bind(agent)
        .bind(since)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}
