//! What makes people call more on a day than the day itself would.

use sqlx::{FromRow, query, query_as};
use time::Date;
use types::{CentreId, Timestamp};

use super::{StoreError, Tx};

/// An event of a day, with the factor it was given and who says so.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct EventDay {
    pub day: Date,
    /// `storm outage epidemic heating_start school_enrolment policy_release`
    pub kind: String,
    /// 0 to 47.
    pub first_half_hour: i32,
    pub last_half_hour: i32,
    /// By how much it multiplies the calls, in per cent; `None`: as learned from such days, or the usual one.
    pub factor_percent: Option<i32>,
    /// Where it is known from: a warning's number, a notice.
    pub source: String,
    pub noted_at: Timestamp,
    pub noted_by: String,
}

mod sql {
    pub const PUT: &str = "insert into event_day (centre, day, kind, first_half_hour, \
        last_half_hour, factor_percent, source, noted_at, noted_by) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (centre, day, kind) do update set \
        first_half_hour = excluded.first_half_hour, last_half_hour = excluded.last_half_hour, \
        factor_percent = excluded.factor_percent, source = excluded.source, \
        noted_at = excluded.noted_at, noted_by = excluded.noted_by";
    pub const REMOVE: &str = "delete from event_day where centre = $1 and day = $2 and kind = $3";
    pub const BETWEEN: &str = "select day, kind, first_half_hour, last_half_hour, factor_percent, \
        source, noted_at, noted_by from event_day \
        where centre = $1 and day >= $2 and day <= $3 order by day, kind";
}

/// Notes an event in place of the one of its kind that was noted for the day.
///
/// # Errors
/// [`StoreError`].
pub async fn put(tx: &mut Tx, centre: &CentreId, event: &EventDay) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::PUT)
        .bind(centre)
        .bind(event.day)
        .bind(&event.kind)
        .bind(event.first_half_hour)
        .bind(event.last_half_hour)
        .bind(event.factor_percent)
        .bind(&event.source)
        .bind(event.noted_at)
        .bind(&event.noted_by)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Whether there was one.
///
/// # Errors
/// [`StoreError`].
pub async fn remove(
    tx: &mut Tx,
    centre: &CentreId,
    day: Date,
    kind: &str,
) -> Result<bool, StoreError> {
    let rows = on_tx!(tx, |db| query(sql::REMOVE)
        .bind(centre)
        .bind(day)
        .bind(kind)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Events of the days from `first` to `last`, both inside, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn between(
    tx: &mut Tx,
    centre: &CentreId,
    first: Date,
    last: Date,
) -> Result<Vec<EventDay>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::BETWEEN)
        .bind(centre)
        .bind(first)
        .bind(last)
        .fetch_all(db)
        .await)?)
}
