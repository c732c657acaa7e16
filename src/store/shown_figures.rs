//! Figures as they were shown: period, event number, digest. Append-only.

use figures::{Daytime, EventNumber, Line};
use sqlx::types::Json;
use sqlx::{FromRow, query, query_as, query_scalar};
use types::{CentreId, ShownFiguresId, Timestamp, UserId};

use super::{StoreError, Tx};

/// One showing.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ShownFigures {
    pub id: ShownFiguresId,
    pub kind: ShownKind,
    pub from_at: Timestamp,
    pub until_at: Timestamp,
    pub events: Json<EventNumber>,
    /// The clock when they were taken.
    pub at: Timestamp,
    pub shown_by: UserId,
    /// SHA-256 of every line, hexadecimal.
    pub digest: String,
    /// The lines of the whole period.
    pub totals: Json<Vec<Line>>,
    /// The hours in which the limit of K12 ran; `None`: those of a release that knew no others.
    pub daytime: Option<Json<Daytime>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ShownKind {
    /// On the page, of a period that was over.
    Look,
    Export,
}

macro_rules! columns {
    () => {
        "id, kind, from_at, until_at, events, at, shown_by, digest, totals, daytime"
    };
}

mod sql {
    pub const ADD: &str = concat!(
        "insert into shown_figures (",
        columns!(),
        ", centre) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    pub const FIND: &str =
        concat!("select ", columns!(), " from shown_figures where centre = $1 and id = $2");
    pub const OF_PERIOD: &str = concat!(
        "select ",
        columns!(),
        " from shown_figures where centre = $1 and from_at = $2 and until_at = $3 \
         order by at desc, id desc limit $4"
    );
    pub const DAYTIME: &str = "select daytime from shown_figures \
        where centre = $1 and from_at = $2 and until_at = $3 order by at, id limit 1";
}

/// # Errors
/// [`StoreError`].
pub async fn add(tx: &mut Tx, centre: &CentreId, shown: &ShownFigures) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::ADD)
        .bind(shown.id)
        .bind(shown.kind)
        .bind(shown.from_at)
        .bind(shown.until_at)
        .bind(&shown.events)
        .bind(shown.at)
        .bind(shown.shown_by)
        .bind(&shown.digest)
        .bind(&shown.totals)
        .bind(shown.daytime)
        .bind(centre)
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
    id: ShownFiguresId,
) -> Result<Option<ShownFigures>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND).bind(centre).bind(id).fetch_optional(db).await)?)
}

/// The last `limit` showings of exactly this period, newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_period(
    tx: &mut Tx,
    centre: &CentreId,
    from: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<ShownFigures>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::OF_PERIOD)
        .bind(centre)
        .bind(from)
        .bind(until)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

/// The hours by which exactly this period was shown first; `None` where it never was.
///
/// # Errors
/// [`StoreError`].
pub async fn daytime(
    tx: &mut Tx,
    centre: &CentreId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Option<Daytime>, StoreError> {
    let first: Option<Option<Json<Daytime>>> = on_tx!(tx, |db| query_scalar(sql::DAYTIME)
        .bind(centre)
        .bind(from)
        .bind(until)
        .fetch_optional(db)
        .await)?;
    Ok(first.map(|daytime| daytime.map(|daytime| daytime.0).unwrap_or_default()))
}
