//! Signed-in browsers and machines. The token itself is never stored, only its SHA-256.

use sqlx::{FromRow, query, query_as};
use types::{CentreId, SessionId, Timestamp, UserId};

use super::{StoreError, Tx};

/// How a session was made and is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum SessionKind {
    /// Signed in with a password; presented as a cookie.
    Browser,
    /// Issued by an administrator; presented as a bearer token.
    Machine,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Session {
    pub id: SessionId,
    pub centre: CentreId,
    pub user_id: UserId,
    pub kind: SessionKind,
    /// Hex of SHA-256 of the token.
    pub token_hash: String,
    /// What a person calls it: a machine's name, a browser's user agent.
    pub label: String,
    /// Address it was made from.
    pub source: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

mod sql {
    pub const INSERT: &str = "insert into session (id, centre, user_id, kind, token_hash, label, \
        source, created_at, last_seen_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    pub const BY_TOKEN: &str = "select id, centre, user_id, kind, token_hash, label, source, \
        created_at, last_seen_at, expires_at, ended_at from session \
        where token_hash = $1 and ended_at is null";
    pub const TOUCH: &str =
        "update session set last_seen_at = $1 where id = $2 and last_seen_at < $1";
    pub const END: &str = "update session set ended_at = $1 where id = $2 and ended_at is null";
    pub const END_ALL: &str =
        "update session set ended_at = $1 where user_id = $2 and ended_at is null";
    pub const DELETE_OLD: &str = "delete from session where expires_at < $1";
}

/// # Errors
/// [`StoreError`].
pub async fn insert(tx: &mut Tx, session: &Session) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::INSERT)
        .bind(session.id)
        .bind(&session.centre)
        .bind(session.user_id)
        .bind(session.kind)
        .bind(&session.token_hash)
        .bind(&session.label)
        .bind(&session.source)
        .bind(session.created_at)
        .bind(session.last_seen_at)
        .bind(session.expires_at)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The session of a token, unless it was ended. The caller looks at its age.
///
/// # Errors
/// [`StoreError`].
pub async fn by_token(tx: &mut Tx, token_hash: &str) -> Result<Option<Session>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::BY_TOKEN).bind(token_hash).fetch_optional(db).await)?)
}

/// Notes that the session was used.
///
/// # Errors
/// [`StoreError`].
pub async fn touch(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::TOUCH).bind(now).bind(id).execute(db).await.map(|_| ()))?;
    Ok(())
}

/// # Errors
/// [`StoreError`].
pub async fn end(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::END).bind(now).bind(id).execute(db).await.map(|_| ()))?;
    Ok(())
}

/// Ends every session of a person, for a changed password or a closed account.
///
/// # Errors
/// [`StoreError`].
pub async fn end_all(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::END_ALL).bind(now).bind(user).execute(db).await.map(|_| ()))?;
    Ok(())
}

/// Forgets sessions that expired before `before`; says how many.
///
/// # Errors
/// [`StoreError`].
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |db| query(sql::DELETE_OLD)
        .bind(before)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?)
}
