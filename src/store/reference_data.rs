//! Taxonomy, calendar and other data of a centre as the files they came from. Versions are only
//! added; the newest is in force.

use sqlx::{FromRow, query, query_as};
use types::{CentreId, Timestamp};

use super::{StoreError, Tx};

/// One version of one file.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReferenceData {
    pub version: i64,
    pub content: String,
    pub loaded_at: Timestamp,
    pub loaded_by: String,
}

mod sql {
    pub const NEWEST: &str = "select version, content, loaded_at, loaded_by from reference_data \
        where centre = $1 and kind = $2 order by version desc limit 1";
    pub const VERSIONS: &str = "select kind, max(version) from reference_data \
        where centre = $1 group by kind order by kind";
    pub const ADD: &str = "insert into reference_data \
        (centre, kind, version, content, loaded_at, loaded_by) values ($1, $2, $3, $4, $5, $6)";
}

/// The version in force.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(
    tx: &mut Tx,
    centre: &CentreId,
    kind: &str,
) -> Result<Option<ReferenceData>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::NEWEST).bind(centre).bind(kind).fetch_optional(db).await)?)
}

/// Which version of each kind is in force.
///
/// # Errors
/// [`StoreError`].
pub async fn versions(tx: &mut Tx, centre: &CentreId) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::VERSIONS).bind(centre).fetch_all(db).await)?)
}

/// Adds a version.
///
/// # Errors
/// [`StoreError::Duplicate`] when someone added the same version meanwhile.
pub async fn add(
    tx: &mut Tx,
    centre: &CentreId,
    kind: &str,
    data: &ReferenceData,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::ADD)
        .bind(centre)
        .bind(kind)
        .bind(data.version)
        .bind(&data.content)
        .bind(data.loaded_at)
        .bind(&data.loaded_by)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}
