//! Hotline centres.

use sqlx::{query, query_scalar};
use types::{CentreId, Timestamp};

use super::{StoreError, Tx};

mod sql {
    pub const PUT: &str = "insert into centre (centre, name, created_at) values ($1, $2, $3) \
        on conflict (centre) do update set name = excluded.name";
    pub const NAME: &str = "select name from centre where centre = $1";
}

/// Creates the centre, or renames it.
///
/// # Errors
/// [`StoreError`].
pub async fn put(
    tx: &mut Tx,
    centre: &CentreId,
    name: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::PUT)
        .bind(centre)
        .bind(name)
        .bind(now)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The centre's name, if it exists.
///
/// # Errors
/// [`StoreError`].
pub async fn name(tx: &mut Tx, centre: &CentreId) -> Result<Option<String>, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::NAME).bind(centre).fetch_optional(db).await)?)
}
