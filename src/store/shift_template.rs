//! 班次: patterns of work that rosters are made of.

use sqlx::types::Json;
use sqlx::{FromRow, query, query_as};
use types::{CentreId, Timestamp};

use super::{StoreError, Tx};

/// One pattern. Spans are minutes from 00:00 of the day it begins; past 1,440 they belong to the next day.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ShiftTemplate {
    /// What roster entries name it by; never changes.
    pub code: String,
    pub name: String,
    pub spells: Json<Vec<(u32, u32)>>,
    pub meals: Json<Vec<(u32, u32)>>,
    pub version: i64,
    /// Since when it is no longer given to anybody.
    pub retired_at: Option<Timestamp>,
}

mod sql {
    pub const LIST: &str = "select code, name, spells, meals, version, retired_at \
        from shift_template where centre = $1 order by code";
    pub const INSERT: &str = "insert into shift_template (centre, code, name, spells, meals, \
        version, updated_at, updated_by, retired_at) values ($1, $2, $3, $4, $5, 1, $6, $7, $8) \
        on conflict (centre, code) do nothing";
    pub const UPDATE: &str = "update shift_template set name = $1, spells = $2, meals = $3, \
        version = version + 1, updated_at = $4, updated_by = $5, retired_at = $6 \
        where centre = $7 and code = $8 and version = $9";
}

/// All templates by code, those no longer in use too.
///
/// # Errors
/// [`StoreError`].
pub async fn list(tx: &mut Tx, centre: &CentreId) -> Result<Vec<ShiftTemplate>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::LIST).bind(centre).fetch_all(db).await)?)
}

/// Stores a template over its version, 0 where there was none.
///
/// # Errors
/// [`StoreError::Conflict`] when someone changed it since.
pub async fn put(
    tx: &mut Tx,
    centre: &CentreId,
    shift: &ShiftTemplate,
    now: Timestamp,
    by: &str,
) -> Result<(), StoreError> {
    let rows = if shift.version == 0 {
        on_tx!(tx, |db| query(sql::INSERT)
            .bind(centre)
            .bind(&shift.code)
            .bind(&shift.name)
            .bind(&shift.spells)
            .bind(&shift.meals)
            .bind(now)
            .bind(by)
            .bind(shift.retired_at)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?
    } else {
        on_tx!(tx, |db| query(sql::UPDATE)
            .bind(&shift.name)
            .bind(&shift.spells)
            .bind(&shift.meals)
            .bind(now)
            .bind(by)
            .bind(shift.retired_at)
            .bind(centre)
            .bind(&shift.code)
            .bind(shift.version)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?
    };
    if rows == 1 { Ok(()) } else { Err(StoreError::Conflict("the shift")) }
}
