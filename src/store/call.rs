//! Calls: one row each, folded from the distributor's records by `service::call`.

use acd::BreachCause;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{FromRow, query, query_as};
use types::{AgentId, CallId, CentreId, GatewayId, Phone, Timestamp, TrunkName};

use super::{StoreError, Tx};

/// One conversation, or the attempt at one.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Call {
    pub id: CallId,
    pub direction: CallDirection,
    pub gateway: Option<GatewayId>,
    pub trunk: Option<TrunkName>,
    /// Finds the call in the carrier's records.
    pub sip_call_id: Option<String>,
    /// The citizen: who called, or whom we called. `None` where the carrier withholds the number.
    pub party: Option<Phone>,
    /// The number that was called; empty for calls that we started.
    pub dialled: String,
    /// Why we called.
    pub purpose: Option<String>,
    pub priority: i64,
    pub arrived_at: Timestamp,
    /// Ringback began; for a call of ours, when it was asked for.
    pub rang_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Until an agent answered or the caller gave up, by the gateway's clock.
    pub wait_us: Option<i64>,
    pub talked_us: Option<i64>,
    /// Who talks or talked, or who called out.
    pub agent: Option<AgentId>,
    pub state: CallState,
    /// Phones that ring for it.
    pub open_offers: i64,
    pub outcome: Option<CallOutcome>,
    pub end_cause: Option<String>,
    /// The last step of the 15-second guard (`acd::GuardStep`).
    pub guard: String,
    /// Why it waited longer than the target.
    pub breach: Option<Json<Vec<BreachCause>>>,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CallDirection {
    Inbound,
    Outbound,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CallState {
    Waiting,
    Ringing,
    Talking,
    Held,
    Ended,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CallOutcome {
    Answered,
    Abandoned,
    Failed,
}

macro_rules! columns {
    () => {
        "id, direction, gateway, trunk, sip_call_id, party, dialled, purpose, priority, arrived_at, \
         rang_at, answered_at, ended_at, wait_us, talked_us, agent, state, open_offers, outcome, \
         end_cause, guard, breach"
    };
}

mod sql {
    pub const FIND: &str =
        concat!("select ", columns!(), " from call where centre = $1 and id = $2");
    pub const SAVE: &str = concat!(
        "insert into call (centre, ",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, \
         $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) \
         on conflict (id) do update set answered_at = excluded.answered_at, \
         ended_at = excluded.ended_at, wait_us = excluded.wait_us, talked_us = excluded.talked_us, \
         agent = excluded.agent, state = excluded.state, open_offers = excluded.open_offers, \
         outcome = excluded.outcome, end_cause = excluded.end_cause, guard = excluded.guard, \
         breach = excluded.breach, trunk = excluded.trunk, sip_call_id = excluded.sip_call_id"
    );
    pub const NEWEST: &str = concat!(
        "select ",
        columns!(),
        " from call where centre = $1 and id < $2 order by id desc limit $3"
    );
    pub const NEWEST_OF_AGENT: &str = concat!(
        "select ",
        columns!(),
        " from call where centre = $1 and id < $2 and agent = $4 order by id desc limit $3"
    );
    pub const OF_PARTY: &str = concat!(
        "select ",
        columns!(),
        " from call where centre = $1 and party = $2 and id <> $3 order by rang_at desc limit $4"
    );
    pub const OPEN: &str =
        concat!("select ", columns!(), " from call where centre = $1 and state <> 'ended'");
    pub const BREACHES: &str = concat!(
        "select ",
        columns!(),
        " from call where centre = $1 and rang_at >= $2 \
         and (breach is not null or outcome = 'abandoned') order by rang_at desc limit $3"
    );
}

/// # Errors
/// [`StoreError`].
pub async fn find(tx: &mut Tx, centre: &CentreId, id: CallId) -> Result<Option<Call>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND).bind(centre).bind(id).fetch_optional(db).await)?)
}

/// Stores the call as it is now.
///
/// # Errors
/// [`StoreError`].
pub async fn save(tx: &mut Tx, centre: &CentreId, call: &Call) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::SAVE)
        .bind(centre)
        .bind(call.id)
        .bind(call.direction)
        .bind(&call.gateway)
        .bind(&call.trunk)
        .bind(&call.sip_call_id)
        .bind(&call.party)
        .bind(&call.dialled)
        .bind(&call.purpose)
        .bind(call.priority)
        .bind(call.arrived_at)
        .bind(call.rang_at)
        .bind(call.answered_at)
        .bind(call.ended_at)
        .bind(call.wait_us)
        .bind(call.talked_us)
        .bind(call.agent)
        .bind(call.state)
        .bind(call.open_offers)
        .bind(call.outcome)
        .bind(&call.end_cause)
        .bind(&call.guard)
        .bind(&call.breach)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A page of calls, newest first, before `before`; of one agent if she is named.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(
    tx: &mut Tx,
    centre: &CentreId,
    before: CallId,
    agent: Option<AgentId>,
    limit: i64,
) -> Result<Vec<Call>, StoreError> {
    Ok(match agent {
        None => on_tx!(tx, |db| query_as(sql::NEWEST)
            .bind(centre)
            .bind(before)
            .bind(limit)
            .fetch_all(db)
            .await)?,
        Some(agent) => on_tx!(tx, |db| query_as(sql::NEWEST_OF_AGENT)
            .bind(centre)
            .bind(before)
            .bind(limit)
            .bind(agent)
            .fetch_all(db)
            .await)?,
    })
}

/// The last calls with a citizen, newest first, `except` one.
///
/// # Errors
/// [`StoreError`].
pub async fn of_party(
    tx: &mut Tx,
    centre: &CentreId,
    party: &Phone,
    except: CallId,
    limit: i64,
) -> Result<Vec<Call>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::OF_PARTY)
        .bind(centre)
        .bind(party)
        .bind(except)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

/// Calls since `since` that waited longer than the target or were lost, newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn breaches(
    tx: &mut Tx,
    centre: &CentreId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Call>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::BREACHES)
        .bind(centre)
        .bind(since)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

/// Calls that are not over.
///
/// # Errors
/// [`StoreError`].
pub async fn open(tx: &mut Tx, centre: &CentreId) -> Result<Vec<Call>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::OPEN).bind(centre).fetch_all(db).await)?)
}
