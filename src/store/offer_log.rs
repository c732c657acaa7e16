//! Every ringing of every agent, and how it ended.

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, query, query_as};
use types::{AgentId, CallId, CentreId, LegId, Timestamp};

use super::{StoreError, Tx};

/// One ringing of one agent for one call.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Offer {
    pub leg: LegId,
    pub call: CallId,
    pub agent: AgentId,
    /// The step of the 15-second guard that made it (`acd::GuardStep`).
    pub step: String,
    pub offered_at: Timestamp,
    /// Her phone began to ring.
    pub rang_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub outcome: Option<OfferOutcome>,
    pub cause: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum OfferOutcome {
    Answered,
    Lapsed,
    Refused,
    Failed,
    Withdrawn,
}

mod sql {
    pub const ADD: &str = "insert into offer_log (centre, leg, call, agent, step, offered_at) \
        values ($1, $2, $3, $4, $5, $6)";
    pub const RANG: &str = "update offer_log set rang_at = $1 where leg = $2";
    pub const END: &str = "update offer_log set ended_at = $1, outcome = $2, cause = $3 \
        where leg = $4 and ended_at is null";
    pub const ANSWER: &str = "update offer_log set ended_at = $1, outcome = $2 \
        where call = $3 and agent = $4 and ended_at is null";
    pub const OF_CALL: &str = "select leg, call, agent, step, offered_at, rang_at, ended_at, \
        outcome, cause from offer_log where centre = $1 and call = $2 order by offered_at, leg";
}

/// # Errors
/// [`StoreError`].
pub async fn add(tx: &mut Tx, centre: &CentreId, offer: &Offer) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::ADD)
        .bind(centre)
        .bind(offer.leg)
        .bind(offer.call)
        .bind(offer.agent)
        .bind(&offer.step)
        .bind(offer.offered_at)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// # Errors
/// [`StoreError`].
pub async fn rang(tx: &mut Tx, leg: LegId, at: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::RANG).bind(at).bind(leg).execute(db).await.map(|_| ()))?;
    Ok(())
}

/// # Errors
/// [`StoreError`].
pub async fn end(
    tx: &mut Tx,
    leg: LegId,
    at: Timestamp,
    outcome: OfferOutcome,
    cause: Option<&str>,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::END)
        .bind(at)
        .bind(outcome)
        .bind(cause)
        .bind(leg)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The open offer of `call` to `agent` was answered.
///
/// # Errors
/// [`StoreError`].
pub async fn answer(
    tx: &mut Tx,
    call: CallId,
    agent: AgentId,
    at: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::ANSWER)
        .bind(at)
        .bind(OfferOutcome::Answered)
        .bind(call)
        .bind(agent)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Who was rung for a call, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn of_call(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
) -> Result<Vec<Offer>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::OF_CALL).bind(centre).bind(call).fetch_all(db).await)?)
}
