//! 排班表: which shift an agent has on a day.

use sqlx::types::Json;
use sqlx::{FromRow, query, query_as};
use time::Date;
use types::{AgentId, CentreId, Timestamp};

use super::shift_template::ShiftTemplate;
use super::{StoreError, Tx};

/// One shift of an agent on a day.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct RosterEntry {
    pub agent: AgentId,
    pub day: Date,
    /// Code of the template.
    pub shift: String,
    /// Meals in minutes from 00:00; `None`: those of the template.
    pub meals: Option<Json<Vec<(u32, u32)>>>,
    /// Spells of work as they were when the template was changed after the day had begun; `None`: those of the template.
    pub spells: Option<Json<Vec<(u32, u32)>>>,
}

/// A change of one entry, made only where the entry still is what its author saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RosterChange<'a> {
    pub agent: AgentId,
    pub day: Date,
    /// The shift that was seen; `None`: no duty.
    pub was: Option<&'a str>,
    /// The shift to have; `None`: no duty.
    pub shift: Option<&'a str>,
    pub at: Timestamp,
    pub by: &'a str,
}

mod sql {
    pub const BETWEEN: &str = "select r.agent, r.day, r.shift, r.meals, r.spells from roster_entry r \
        join user_account u on u.id = r.agent where r.centre = $1 and r.day >= $2 \
        and r.day <= $3 and u.disabled_at is null order by r.day, r.agent";
    pub const INSERT: &str = "insert into roster_entry (centre, agent, day, shift, set_at, set_by) \
        values ($1, $2, $3, $4, $5, $6) on conflict (centre, agent, day) do nothing";
    pub const UPDATE: &str = "update roster_entry set shift = $1, meals = null, spells = null, set_at = $2, \
        set_by = $3 where centre = $4 and agent = $5 and day = $6 and shift = $7";
    pub const REMOVE: &str = "delete from roster_entry \
        where centre = $1 and agent = $2 and day = $3 and shift = $4";
    pub const FREEZE: &str = "update roster_entry set spells = $1, meals = coalesce(meals, $2) \
        where centre = $3 and shift = $4 and day <= $5 and spells is null";
    pub const SET_MEALS: &str = "update roster_entry set meals = $1, set_at = $2, set_by = $3 \
        where centre = $4 and agent = $5 and day = $6 and shift = $7";
}

/// Entries of the days from `first` to `last`, both inside, in order. Who has no account any more is on no roster.
///
/// # Errors
/// [`StoreError`].
pub async fn between(
    tx: &mut Tx,
    centre: &CentreId,
    first: Date,
    last: Date,
) -> Result<Vec<RosterEntry>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::BETWEEN)
        .bind(centre)
        .bind(first)
        .bind(last)
        .fetch_all(db)
        .await)?)
}

/// Makes a change.
///
/// # Errors
/// [`StoreError::Conflict`] where the entry is not what was seen.
pub async fn set(
    tx: &mut Tx,
    centre: &CentreId,
    change: RosterChange<'_>,
) -> Result<(), StoreError> {
    let RosterChange { agent, day, was, shift, at, by } = change;
    let rows = match (was, shift) {
        (None, None) => 1,
        (None, Some(shift)) => on_tx!(tx, |db| query(sql::INSERT)
            .bind(centre)
            .bind(agent)
            .bind(day)
            .bind(shift)
            .bind(at)
            .bind(by)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?,
        (Some(was), Some(shift)) => on_tx!(tx, |db| query(sql::UPDATE)
            .bind(shift)
            .bind(at)
            .bind(by)
            .bind(centre)
            .bind(agent)
            .bind(day)
            .bind(was)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?,
        (Some(was), None) => on_tx!(tx, |db| query(sql::REMOVE)
            .bind(centre)
            .bind(agent)
            .bind(day)
            .bind(was)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?,
    };
    if rows == 1 { Ok(()) } else { Err(StoreError::Conflict("the roster")) }
}

/// Gives a duty meals of its own.
///
/// # Errors
/// [`StoreError::Conflict`] where the duty is gone or another.
pub async fn set_meals(
    tx: &mut Tx,
    centre: &CentreId,
    entry: &RosterEntry,
    at: Timestamp,
    by: &str,
) -> Result<(), StoreError> {
    let rows = on_tx!(tx, |db| query(sql::SET_MEALS)
        .bind(&entry.meals)
        .bind(at)
        .bind(by)
        .bind(centre)
        .bind(entry.agent)
        .bind(entry.day)
        .bind(&entry.shift)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Conflict("the roster")) }
}

/// Keeps the spells and meals that `template` has for the days up to `last`, which have begun: what is planned for them
/// follows no later change.
///
/// # Errors
/// [`StoreError`].
pub async fn freeze(
    tx: &mut Tx,
    centre: &CentreId,
    template: &ShiftTemplate,
    last: Date,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::FREEZE)
        .bind(&template.spells)
        .bind(&template.meals)
        .bind(centre)
        .bind(&template.code)
        .bind(last)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
