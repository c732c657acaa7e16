//! The append-only events that the journal's shipper stores, and how far each journal has come.

use acd::Record;
use sqlx::types::Json;
use sqlx::{FromRow, QueryBuilder, query, query_as, query_scalar};
use types::{AgentId, CallId, CentreId, Timestamp};
use uuid::Uuid;

use super::rows::groups;
use super::{StoreError, Tx};

/// One record of the distributor.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct AcdEvent {
    pub journal: Uuid,
    pub entry: i64,
    pub item: i64,
    pub at: Timestamp,
    /// The record's name, for queries that want only some.
    pub kind: String,
    pub call: Option<CallId>,
    pub agent: Option<AgentId>,
    pub body: Json<Record>,
}

mod sql {
    pub const ADD: &str = "insert into acd_event \
        (centre, journal, entry, item, at, kind, call, agent, body) ";
    pub const OF_CALL: &str = "select journal, entry, item, at, kind, call, agent, body \
        from acd_event where centre = $1 and call = $2 order by at, entry, item";
    // Those of `kind` that decide whether and when a call was answered.
    pub const OUTCOMES: &str = "select journal, entry, item, at, kind, call, agent, body \
        from acd_event where centre = $1 and at >= $2 and (journal <> $3 or entry <= $4) \
        and kind in ('call_arrived', 'call_answered', 'call_abandoned', 'call_ended', \
        'call_resumed', 'answer_target_missed') order by journal, entry, item";
    pub const SHIPPED: &str = "select shipped from journal_position where journal = $1";
    pub const MOVE: &str = "insert into journal_position (centre, journal, shipped, shipped_at) \
        values ($1, $2, $3, $4) on conflict (journal) do update set \
        shipped = excluded.shipped, shipped_at = excluded.shipped_at \
        where journal_position.shipped = $5";
}

/// # Errors
/// [`StoreError::Duplicate`] where one of the events is there already.
pub async fn add(tx: &mut Tx, centre: &CentreId, events: &[AcdEvent]) -> Result<(), StoreError> {
    for group in groups(events) {
        on_tx!(tx, |db| {
            let mut statement = QueryBuilder::new(sql::ADD);
            statement.push_values(group, |mut row, event| {
                row.push_bind(centre)
                    .push_bind(event.journal)
                    .push_bind(event.entry)
                    .push_bind(event.item)
                    .push_bind(event.at)
                    .push_bind(&event.kind)
                    .push_bind(event.call)
                    .push_bind(event.agent)
                    .push_bind(&event.body);
            });
            statement.build().execute(db).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// What has happened to one call, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn of_call(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
) -> Result<Vec<AcdEvent>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::OF_CALL).bind(centre).bind(call).fetch_all(db).await)?)
}

/// The events since `since` that decide about rates; of `journal` only those up to `entry`.
///
/// # Errors
/// [`StoreError`].
pub async fn outcomes(
    tx: &mut Tx,
    centre: &CentreId,
    since: Timestamp,
    journal: Uuid,
    entry: i64,
) -> Result<Vec<AcdEvent>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::OUTCOMES)
        .bind(centre)
        .bind(since)
        .bind(journal)
        .bind(entry)
        .fetch_all(db)
        .await)?)
}

/// The last entry of `journal` that has been shipped; 0 for a journal never met.
///
/// # Errors
/// [`StoreError`].
pub async fn shipped(tx: &mut Tx, journal: Uuid) -> Result<i64, StoreError> {
    let shipped: Option<i64> =
        on_tx!(tx, |db| query_scalar(sql::SHIPPED).bind(journal).fetch_optional(db).await)?;
    Ok(shipped.unwrap_or(0))
}

/// Moves the position on, in the transaction that stores what lies between.
///
/// # Errors
/// [`StoreError::Conflict`] where the position is not `from`: somebody else has shipped.
pub async fn move_position(
    tx: &mut Tx,
    centre: &CentreId,
    journal: Uuid,
    from: i64,
    to: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = on_tx!(tx, |db| query(sql::MOVE)
        .bind(centre)
        .bind(journal)
        .bind(to)
        .bind(now)
        .bind(from)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Conflict("the journal's position")) }
}
