//! The audit trail: who did what, when, from where, from which value to which. Append-only; the
//! database itself refuses changes.

use sqlx::{FromRow, query, query_as, query_scalar};
use types::{AuditId, CentreId, Timestamp, UserId};

use super::{StoreError, Tx};

/// One line of the trail.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AuditLine {
    pub id: AuditId,
    pub at: Timestamp,
    /// The account, where one was known.
    pub user_id: Option<UserId>,
    /// Who, in words: the account's name, a job's, `init`.
    pub actor: String,
    /// Address the request came from; empty for jobs and commands.
    pub source: String,
    /// What was done: `sign_in`, `sign_in_refused`, `user_added`, …
    pub action: String,
    pub subject_kind: String,
    pub subject: String,
    pub value_from: Option<String>,
    pub value_to: Option<String>,
    pub note: String,
}

mod sql {
    pub const APPEND: &str = "insert into audit (id, centre, at, user_id, actor, source, action, \
        subject_kind, subject, value_from, value_to, note) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    pub const OF_SUBJECT: &str = "select id, at, user_id, actor, source, action, subject_kind, \
        subject, value_from, value_to, note from audit \
        where centre = $1 and subject_kind = $2 and subject = $3 order by id limit $4";
    pub const NEWEST: &str = "select max(at) from audit where centre = $1";
}

/// # Errors
/// [`StoreError`].
pub async fn append(tx: &mut Tx, centre: &CentreId, line: &AuditLine) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::APPEND)
        .bind(line.id)
        .bind(centre)
        .bind(line.at)
        .bind(line.user_id)
        .bind(&line.actor)
        .bind(&line.source)
        .bind(&line.action)
        .bind(&line.subject_kind)
        .bind(&line.subject)
        .bind(&line.value_from)
        .bind(&line.value_to)
        .bind(&line.note)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The first `limit` lines about one thing, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_subject(
    tx: &mut Tx,
    centre: &CentreId,
    kind: &str,
    subject: &str,
    limit: i64,
) -> Result<Vec<AuditLine>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::OF_SUBJECT)
        .bind(centre)
        .bind(kind)
        .bind(subject)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}

/// When the newest line was written.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(tx: &mut Tx, centre: &CentreId) -> Result<Option<Timestamp>, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::NEWEST).bind(centre).fetch_one(db).await)?)
}
