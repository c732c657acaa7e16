//! Credentials of desk phones, one per account.

use sqlx::{FromRow, query, query_as};
use types::{CentreId, Timestamp, UserId};

use super::{StoreError, Tx};

/// What a gateway needs to let the phone of an account register.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct DeskPhone {
    pub user_id: UserId,
    /// The account's name; the phone's user name too.
    pub username: String,
    pub realm: String,
    /// Hex of `MD5(username:realm:password)`.
    pub ha1_md5: String,
    /// Hex of `SHA-256(username:realm:password)`.
    pub ha1_sha256: String,
}

impl std::fmt::Debug for DeskPhone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeskPhone").field("username", &self.username).finish_non_exhaustive()
    }
}

mod sql {
    pub const PUT: &str = "insert into desk_phone \
        (user_id, centre, realm, ha1_md5, ha1_sha256, issued_at, issued_by) \
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (user_id) do update set \
        realm = excluded.realm, ha1_md5 = excluded.ha1_md5, ha1_sha256 = excluded.ha1_sha256, \
        issued_at = excluded.issued_at, issued_by = excluded.issued_by";
    pub const REMOVE: &str = "delete from desk_phone where user_id = $1";
    pub const LIST: &str = "select d.user_id, u.username, d.realm, d.ha1_md5, d.ha1_sha256 \
        from desk_phone d join user_account u on u.id = d.user_id \
        where d.centre = $1 and u.disabled_at is null order by u.username";
}

/// Stores a credential in place of the one before.
///
/// # Errors
/// [`StoreError`].
pub async fn put(
    tx: &mut Tx,
    centre: &CentreId,
    phone: &DeskPhone,
    issued_at: Timestamp,
    issued_by: &str,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::PUT)
        .bind(phone.user_id)
        .bind(centre)
        .bind(&phone.realm)
        .bind(&phone.ha1_md5)
        .bind(&phone.ha1_sha256)
        .bind(issued_at)
        .bind(issued_by)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Whether there was one.
///
/// # Errors
/// [`StoreError`].
pub async fn remove(tx: &mut Tx, user: UserId) -> Result<bool, StoreError> {
    let rows = on_tx!(tx, |db| query(sql::REMOVE)
        .bind(user)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// All phones of enabled accounts, by name.
///
/// # Errors
/// [`StoreError`].
pub async fn list(tx: &mut Tx, centre: &CentreId) -> Result<Vec<DeskPhone>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::LIST).bind(centre).fetch_all(db).await)?)
}
