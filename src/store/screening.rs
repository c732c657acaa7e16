//! The screen list: numbers whose callers hear a prompt instead of an agent (`domain.md` section 12).

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, query, query_as};
use types::{CentreId, Phone, ScreeningId, Timestamp, UserId};

use super::{StoreError, Tx};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Screening {
    pub id: ScreeningId,
    /// In its national spelling.
    pub number: Phone,
    pub reason: String,
    pub set_at: Timestamp,
    pub until: Timestamp,
    pub set_by: UserId,
    pub set_as: SetAs,
    /// Calls that it has stopped; a number that calls again and again is evidence.
    pub calls: i64,
    pub last_call_at: Option<Timestamp>,
    pub reviewed_at: Option<Timestamp>,
    pub reviewed_by: Option<UserId>,
    /// What the last review found; empty before the first.
    pub review: String,
    /// When it was taken off before its time.
    pub ended_at: Option<Timestamp>,
    pub ended_by: Option<UserId>,
}

/// In which role somebody has put a number on the list.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum SetAs {
    TeamLeader,
    Supervisor,
}

macro_rules! columns {
    () => {
        "id, number, reason, set_at, until, set_by, set_as, calls, last_call_at, reviewed_at, \
         reviewed_by, review, ended_at, ended_by"
    };
}

mod sql {
    pub const ADD: &str = "insert into screening (id, centre, number, reason, set_at, until, set_by, set_as, calls, review) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, 0, '')";
    pub const END_NUMBER: &str = "update screening set ended_at = $1, ended_by = $2 \
        where centre = $3 and number = $4 and ended_at is null and until > $1";
    pub const END: &str = "update screening set ended_at = $1, ended_by = $2 \
        where centre = $3 and id = $4 and ended_at is null and until > $1";
    pub const REVIEW: &str = "update screening set reviewed_at = $1, reviewed_by = $2, review = $3 \
        where centre = $4 and id = $5 and ended_at is null and until > $1";
    pub const COUNT: &str = "update screening set calls = calls + 1, last_call_at = $1 \
        where centre = $2 and number = $3 and ended_at is null";
    pub const FIND: &str =
        concat!("select ", columns!(), " from screening where centre = $1 and id = $2");
    pub const SINCE: &str = concat!(
        "select ",
        columns!(),
        " from screening where centre = $1 and until > $2 order by set_at desc limit $3"
    );
    pub const UNREVIEWED: &str = concat!(
        "select ",
        columns!(),
        " from screening where centre = $1 and ended_at is null and until > $2 \
         and coalesce(reviewed_at, set_at) <= $3 order by set_at limit $4"
    );
    pub const IN_FORCE: &str = concat!(
        "select ",
        columns!(),
        " from screening where centre = $1 and ended_at is null and until > $2 order by number"
    );
}

/// Adds an entry in place of the one that the number may have.
///
/// # Errors
/// [`StoreError`].
pub async fn add(tx: &mut Tx, centre: &CentreId, entry: &Screening) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::END_NUMBER)
        .bind(entry.set_at)
        .bind(entry.set_by)
        .bind(centre)
        .bind(&entry.number)
        .execute(db)
        .await
        .map(|_| ()))?;
    on_tx!(tx, |db| query(sql::ADD)
        .bind(entry.id)
        .bind(centre)
        .bind(&entry.number)
        .bind(&entry.reason)
        .bind(entry.set_at)
        .bind(entry.until)
        .bind(entry.set_by)
        .bind(entry.set_as)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Takes an entry off the list; false where it is not on it (any more).
///
/// # Errors
/// [`StoreError`].
pub async fn end(
    tx: &mut Tx,
    centre: &CentreId,
    id: ScreeningId,
    at: Timestamp,
    by: UserId,
) -> Result<bool, StoreError> {
    let rows = on_tx!(tx, |db| query(sql::END)
        .bind(at)
        .bind(by)
        .bind(centre)
        .bind(id)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Notes that somebody has looked at an entry that is in force; false where it is not.
///
/// # Errors
/// [`StoreError`].
pub async fn review(
    tx: &mut Tx,
    centre: &CentreId,
    id: ScreeningId,
    (at, by): (Timestamp, UserId),
    found: &str,
) -> Result<bool, StoreError> {
    let rows = on_tx!(tx, |db| query(sql::REVIEW)
        .bind(at)
        .bind(by)
        .bind(found)
        .bind(centre)
        .bind(id)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// A call of this number was stopped.
///
/// # Errors
/// [`StoreError`].
pub async fn count(
    tx: &mut Tx,
    centre: &CentreId,
    number: &Phone,
    at: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::COUNT)
        .bind(at)
        .bind(centre)
        .bind(number)
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
    id: ScreeningId,
) -> Result<Option<Screening>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND).bind(centre).bind(id).fetch_optional(db).await)?)
}

/// Entries whose time runs, or ran, beyond `since`; newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn since(
    tx: &mut Tx,
    centre: &CentreId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Screening>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::SINCE)
        .bind(centre)
        .bind(since)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

/// What is in force at `now` and was last looked at, or set, at `looked_at` or before; what is due longest first.
///
/// # Errors
/// [`StoreError`].
pub async fn unreviewed(
    tx: &mut Tx,
    centre: &CentreId,
    now: Timestamp,
    looked_at: Timestamp,
    limit: i64,
) -> Result<Vec<Screening>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::UNREVIEWED)
        .bind(centre)
        .bind(now)
        .bind(looked_at)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

/// What is in force at `now`, by number.
///
/// # Errors
/// [`StoreError`].
pub async fn in_force(
    tx: &mut Tx,
    centre: &CentreId,
    now: Timestamp,
) -> Result<Vec<Screening>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::IN_FORCE).bind(centre).bind(now).fetch_all(db).await)?)
}
