//! Calls of days that are over, by half-hour; and what they are counted from.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{FromRow, query, query_as, query_scalar};
use time::Date;
use types::{AgentId, CentreId, Timestamp};

use super::{StoreError, Tx};
use crate::store::call::CallOutcome;

/// A day by its 48 half-hours.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CallDay {
    pub day: Date,
    /// K1's R, by the half-hour a call rang in.
    pub calls: Json<Vec<u32>>,
    pub handling: Json<Vec<HandlingSums>>,
}

/// Sums over the calls of a half-hour; spans in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandlingSums {
    pub answered: u64,
    pub talked_us: u64,
    pub wrap_ups: u64,
    pub wrap_up_us: u64,
    pub abandoned: u64,
    /// Waits of those who were answered and of those who hung up.
    pub waited_us: u64,
}

/// What a citizen's call adds to its half-hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct CountedCall {
    pub rang_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    pub wait_us: Option<i64>,
    pub talked_us: Option<i64>,
    pub outcome: Option<CallOutcome>,
}

/// An agent's way into or out of a wrap-up.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct WrapUpChange {
    pub agent: AgentId,
    pub at: Timestamp,
    pub from_state: String,
    pub to_state: String,
}

mod sql {
    pub const PUT: &str = "insert into call_day (centre, day, calls, handling, counted_at) \
        values ($1, $2, $3, $4, $5) on conflict (centre, day) do update set \
        calls = excluded.calls, handling = excluded.handling, counted_at = excluded.counted_at";
    pub const FIND: &str =
        "select day, calls, handling from call_day where centre = $1 and day = $2";
    pub const BETWEEN: &str = "select day, calls, handling from call_day \
        where centre = $1 and day >= $2 and day <= $3 order by day";
    pub const CALLS: &str = "select day, calls from call_day \
        where centre = $1 and day >= $2 and day < $3 order by day";
    pub const DAYS: &str =
        "select day from call_day where centre = $1 and day >= $2 and day < $3 order by day";
    pub const FIRST_CALL: &str =
        "select min(rang_at) from call where centre = $1 and direction = 'inbound'";
    pub const COUNTED: &str = "select rang_at, answered_at, wait_us, talked_us, outcome from call \
        where centre = $1 and direction = 'inbound' and rang_at >= $2 and rang_at < $3";
    pub const WRAP_UPS: &str = "select agent, at, from_state, to_state from agent_state_log \
        where centre = $1 and at >= $2 and at < $3 \
        and (to_state = 'wrap_up' or from_state = 'wrap_up') \
        order by agent, at, journal, entry, item";
}

/// Stores the counts of a day in place of earlier ones.
///
/// # Errors
/// [`StoreError`].
pub async fn put(
    tx: &mut Tx,
    centre: &CentreId,
    day: &CallDay,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::PUT)
        .bind(centre)
        .bind(day.day)
        .bind(&day.calls)
        .bind(&day.handling)
        .bind(now)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// # Errors
/// [`StoreError`].
pub async fn find(
    tx: &mut Tx,
    centre: &CentreId,
    day: Date,
) -> Result<Option<CallDay>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND).bind(centre).bind(day).fetch_optional(db).await)?)
}

/// The days from `first` to `last`, both inside, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn between(
    tx: &mut Tx,
    centre: &CentreId,
    first: Date,
    last: Date,
) -> Result<Vec<CallDay>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::BETWEEN)
        .bind(centre)
        .bind(first)
        .bind(last)
        .fetch_all(db)
        .await)?)
}

/// The calls alone of the days from `first` to before `until`, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn calls(
    tx: &mut Tx,
    centre: &CentreId,
    first: Date,
    until: Date,
) -> Result<Vec<(Date, Json<Vec<u32>>)>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::CALLS)
        .bind(centre)
        .bind(first)
        .bind(until)
        .fetch_all(db)
        .await)?)
}

/// Which days from `first` to before `until` have been counted.
///
/// # Errors
/// [`StoreError`].
pub async fn days(
    tx: &mut Tx,
    centre: &CentreId,
    first: Date,
    until: Date,
) -> Result<Vec<Date>, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::DAYS)
        .bind(centre)
        .bind(first)
        .bind(until)
        .fetch_all(db)
        .await)?)
}

/// When the first citizen's call on record rang.
///
/// # Errors
/// [`StoreError`].
pub async fn first_call(tx: &mut Tx, centre: &CentreId) -> Result<Option<Timestamp>, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::FIRST_CALL).bind(centre).fetch_one(db).await)?)
}

/// The citizens' calls that rang from `from` to before `until`.
///
/// # Errors
/// [`StoreError`].
pub async fn counted(
    tx: &mut Tx,
    centre: &CentreId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<CountedCall>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::COUNTED)
        .bind(centre)
        .bind(from)
        .bind(until)
        .fetch_all(db)
        .await)?)
}

/// The ways into and out of wrap-ups in that time, by agent and in order.
///
/// # Errors
/// [`StoreError`].
pub async fn wrap_ups(
    tx: &mut Tx,
    centre: &CentreId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<WrapUpChange>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::WRAP_UPS)
        .bind(centre)
        .bind(from)
        .bind(until)
        .fetch_all(db)
        .await)?)
}
