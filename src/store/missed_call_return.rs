//! 漏接回拨: one duty per number and day (R24).

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, query, query_as};
use types::{AgentId, CallId, CentreId, Phone, Timestamp};

use super::{StoreError, Tx};

/// The duty to call somebody back whom the hotline missed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct MissedCallReturn {
    /// The first missed call, which names the duty.
    pub call: CallId,
    pub caller: Phone,
    /// Why (`acd::OwedCause`).
    pub cause: String,
    pub owed_at: Timestamp,
    /// Missed calls of that number that day.
    pub missed: i64,
    pub last_call: CallId,
    pub last_at: Timestamp,
    pub state: ReturnState,
    pub done_at: Option<Timestamp>,
    pub done_by: Option<AgentId>,
    pub done_call: Option<CallId>,
    pub note: String,
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ReturnState {
    Open,
    /// We have called back.
    Returned,
    /// The citizen has called again and was answered.
    Redialled,
    /// Not reached after the attempts the centre has set.
    GivenUp,
}

macro_rules! columns {
    () => {
        "call, caller, cause, owed_at, missed, last_call, last_at, state, done_at, done_by, \
         done_call, note"
    };
}

mod sql {
    // A further miss of the same number and day opens a settled duty again.
    pub const OWE: &str = "insert into missed_call_return \
        (centre, call, caller, local_day, cause, owed_at, missed, last_call, last_at, state, note) \
        values ($1, $2, $3, $4, $5, $6, 1, $2, $6, 'open', '') \
        on conflict (centre, caller, local_day) do update set \
        missed = missed_call_return.missed + 1, last_call = excluded.last_call, \
        last_at = excluded.last_at, state = 'open', done_at = null, done_by = null, \
        done_call = null";
    pub const SETTLE: &str = "update missed_call_return set state = $1, done_at = $2, \
        done_by = $3, done_call = $4, note = $5 where centre = $6 and call = $7 and state = 'open'";
    pub const SETTLE_PARTY: &str = "update missed_call_return set state = $1, done_at = $2, \
        done_by = $3, done_call = $4 where centre = $5 and caller = $6 and state = 'open'";
    pub const TAKE_BACK: &str = "update missed_call_return set state = 'redialled', done_at = $1, \
        note = $2 where centre = $3 and last_call = $4 and state = 'open'";
    pub const OPEN: &str = concat!(
        "select ",
        columns!(),
        " from missed_call_return where centre = $1 and state = 'open' \
         and owed_at > $2 order by owed_at limit $3"
    );
    pub const FIND: &str =
        concat!("select ", columns!(), " from missed_call_return where centre = $1 and call = $2");
}

/// How a duty was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub state: ReturnState,
    pub at: Timestamp,
    pub by: Option<AgentId>,
    pub call: Option<CallId>,
    pub note: String,
}

/// A call was missed: opens the duty of its number and local day, or counts it to the open one.
///
/// # Errors
/// [`StoreError`].
pub async fn owe(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
    caller: &Phone,
    cause: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let local_day = at.to_local().date().to_string();
    on_tx!(tx, |db| query(sql::OWE)
        .bind(centre)
        .bind(call)
        .bind(caller)
        .bind(&local_day)
        .bind(cause)
        .bind(at)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Settles one duty; false where it was not open.
///
/// # Errors
/// [`StoreError`].
pub async fn settle(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
    settlement: &Settlement,
) -> Result<bool, StoreError> {
    let rows = on_tx!(tx, |db| query(sql::SETTLE)
        .bind(settlement.state)
        .bind(settlement.at)
        .bind(settlement.by)
        .bind(settlement.call)
        .bind(&settlement.note)
        .bind(centre)
        .bind(call)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The citizen and an agent have talked: whatever was owed to that number is settled.
///
/// # Errors
/// [`StoreError`].
pub async fn settle_party(
    tx: &mut Tx,
    centre: &CentreId,
    party: &Phone,
    settlement: &Settlement,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::SETTLE_PARTY)
        .bind(settlement.state)
        .bind(settlement.at)
        .bind(settlement.by)
        .bind(settlement.call)
        .bind(centre)
        .bind(party)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The call that was thought lost lives (`Record::CallResumed`).
///
/// # Errors
/// [`StoreError`].
pub async fn take_back(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
    at: Timestamp,
    note: &str,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::TAKE_BACK)
        .bind(at)
        .bind(note)
        .bind(centre)
        .bind(call)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Open duties owed after `after`, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn open(
    tx: &mut Tx,
    centre: &CentreId,
    after: Timestamp,
    limit: i64,
) -> Result<Vec<MissedCallReturn>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::OPEN)
        .bind(centre)
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

/// # Errors
/// [`StoreError`].
pub async fn find(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
) -> Result<Option<MissedCallReturn>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND).bind(centre).bind(call).fetch_optional(db).await)?)
}
