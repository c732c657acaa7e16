//! Numbers of elderly callers, who are called back before others.

use sqlx::{query, query_scalar};
use types::{CentreId, Phone, Timestamp};

use super::{StoreError, Tx};

mod sql {
    pub const NOTE: &str = "insert into elder_caller (centre, number, noted_at, noted_by) \
        values ($1, $2, $3, $4) on conflict (centre, number) do nothing";
    pub const FORGET: &str = "delete from elder_caller where centre = $1 and number = $2";
    pub const IS_NOTED: &str =
        "select count(*) from elder_caller where centre = $1 and number = $2";
}

/// # Errors
/// [`StoreError`].
pub async fn note(
    tx: &mut Tx,
    centre: &CentreId,
    number: &Phone,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::NOTE)
        .bind(centre)
        .bind(number.national())
        .bind(now)
        .bind(by)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// # Errors
/// [`StoreError`].
pub async fn forget(tx: &mut Tx, centre: &CentreId, number: &Phone) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::FORGET)
        .bind(centre)
        .bind(number.national())
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// # Errors
/// [`StoreError`].
pub async fn is_noted(tx: &mut Tx, centre: &CentreId, number: &Phone) -> Result<bool, StoreError> {
    let count: i64 = on_tx!(tx, |db| query_scalar(sql::IS_NOTED)
        .bind(centre)
        .bind(number.national())
        .fetch_one(db)
        .await)?;
    Ok(count > 0)
}
