//! Recordings: where the gateway has put them.

use sqlx::{FromRow, query, query_as};
use types::{CallId, CentreId, GatewayId, RecordingId, Timestamp};

use super::{StoreError, Tx};

/// One complete recording.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Recording {
    pub id: RecordingId,
    pub call: CallId,
    pub gateway: GatewayId,
    /// Path below the recordings folder, with `/`.
    pub file: String,
    pub started_at: Timestamp,
    pub duration_ms: i64,
    pub bytes: i64,
}

mod sql {
    pub const ADD: &str = "insert into recording \
        (centre, id, call, gateway, file, started_at, duration_ms, bytes, stored_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing";
    pub const FIND: &str = "select id, call, gateway, file, started_at, duration_ms, bytes \
        from recording where centre = $1 and id = $2";
    pub const OF_CALL: &str = "select id, call, gateway, file, started_at, duration_ms, bytes \
        from recording where centre = $1 and call = $2 order by started_at limit 1";
}

/// Stores a recording; one that is there already stays as it is.
///
/// # Errors
/// [`StoreError`].
pub async fn add(
    tx: &mut Tx,
    centre: &CentreId,
    recording: &Recording,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::ADD)
        .bind(centre)
        .bind(recording.id)
        .bind(recording.call)
        .bind(&recording.gateway)
        .bind(&recording.file)
        .bind(recording.started_at)
        .bind(recording.duration_ms)
        .bind(recording.bytes)
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
    id: RecordingId,
) -> Result<Option<Recording>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND).bind(centre).bind(id).fetch_optional(db).await)?)
}

/// The first recording of a call.
///
/// # Errors
/// [`StoreError`].
pub async fn of_call(
    tx: &mut Tx,
    centre: &CentreId,
    call: CallId,
) -> Result<Option<Recording>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::OF_CALL).bind(centre).bind(call).fetch_optional(db).await)?)
}
