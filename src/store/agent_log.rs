//! Every change of an agent's state, append-only.

use sqlx::{FromRow, QueryBuilder, query_as};
use types::{AgentId, CentreId, Timestamp};
use uuid::Uuid;

use super::rows::groups;
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
        (centre, journal, entry, item, agent, at, from_state, to_state, reason, cause) ";
    pub const SINCE: &str = "select journal, entry, item, agent, at, from_state, to_state, reason, \
        cause from agent_state_log where centre = $1 and agent = $2 and at >= $3 \
        order by at, journal, entry, item limit $4";
    pub const BETWEEN: &str = "select journal, entry, item, agent, at, from_state, to_state, \
        reason, cause from agent_state_log where centre = $1 and at >= $2 and at < $3 \
        order by agent, at, journal, entry, item";
}

/// # Errors
/// [`StoreError`].
pub async fn add(
    tx: &mut Tx,
    centre: &CentreId,
    changes: &[AgentChange],
) -> Result<(), StoreError> {
    for group in groups(changes) {
        on_tx!(tx, |db| {
            let mut statement = QueryBuilder::new(sql::ADD);
            statement.push_values(group, |mut row, change| {
                row.push_bind(centre)
                    .push_bind(change.journal)
                    .push_bind(change.entry)
                    .push_bind(change.item)
                    .push_bind(change.agent)
                    .push_bind(change.at)
                    .push_bind(&change.from_state)
                    .push_bind(&change.to_state)
                    .push_bind(&change.reason)
                    .push_bind(&change.cause);
            });
            statement.build().execute(db).await.map(|_| ())
        })?;
    }
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

/// The changes of all agents from `from` to before `until`, by agent and in order.
///
/// # Errors
/// [`StoreError`].
pub async fn between(
    tx: &mut Tx,
    centre: &CentreId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<AgentChange>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::BETWEEN)
        .bind(centre)
        .bind(from)
        .bind(until)
        .fetch_all(db)
        .await)?)
}
