//! Files of another system's orders: how far each has come, what its lines became.

use sqlx::{FromRow, query, query_as, query_scalar};
use types::{CentreId, Timestamp, UserId, WorkOrderId};

use super::{StoreError, Tx};

/// Names one file of one system in one centre; the same content is the same file, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportKey {
    pub centre: CentreId,
    /// The system it comes from, as people call it.
    pub system: String,
    /// Hex of SHA-256 of the content.
    pub file_hash: String,
}

/// How far a file has come. Stored in the transaction of the lines it counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct ImportPosition {
    /// Offset behind the last line that is done.
    pub done_bytes: i64,
    /// Its number in the file; the heading is line 1.
    pub done_line: i64,
    /// Lines that became an order.
    pub accepted: i64,
    /// Lines whose number had become an order before.
    pub already: i64,
    pub rejected: i64,
    pub finished_at: Option<Timestamp>,
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Rejection {
    pub line: i64,
    /// As the file has it; may be empty.
    pub external_no: String,
    /// Chinese: what is wrong and what to write instead.
    pub reason: String,
}

mod sql {
    pub const FIND: &str = "select done_bytes, done_line, accepted, already, rejected, finished_at \
        from import_run where centre = $1 and system = $2 and file_hash = $3";
    pub const BEGIN: &str = "insert into import_run (centre, system, file_hash, file_name, done_bytes, \
        done_line, accepted, already, rejected, begun_by, begun_at) \
        values ($1, $2, $3, $4, 0, 0, 0, 0, 0, $5, $6)";
    pub const MOVE: &str = "update import_run set done_bytes = $1, done_line = $2, accepted = $3, \
        already = $4, rejected = $5, finished_at = $6 \
        where centre = $7 and system = $8 and file_hash = $9 and done_bytes = $10";
    pub const ORDER_OF: &str = "select work_order from imported_order \
        where centre = $1 and system = $2 and external_no = $3";
    pub const ADD_ORDER: &str = "insert into imported_order \
        (centre, system, external_no, work_order, file_hash, line) values ($1, $2, $3, $4, $5, $6)";
    pub const REJECT: &str = "insert into import_rejection \
        (centre, system, file_hash, line, external_no, reason) values ($1, $2, $3, $4, $5, $6)";
    pub const REJECTIONS: &str = "select line, external_no, reason from import_rejection \
        where centre = $1 and system = $2 and file_hash = $3 order by line";
}

/// # Errors
/// [`StoreError`].
pub async fn find(tx: &mut Tx, key: &ImportKey) -> Result<Option<ImportPosition>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::FIND)
        .bind(&key.centre)
        .bind(&key.system)
        .bind(&key.file_hash)
        .fetch_optional(db)
        .await)?)
}

/// A file that was not begun before.
///
/// # Errors
/// [`StoreError::Duplicate`] where it was.
pub async fn begin(
    tx: &mut Tx,
    key: &ImportKey,
    file_name: &str,
    by: UserId,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::BEGIN)
        .bind(&key.centre)
        .bind(&key.system)
        .bind(&key.file_hash)
        .bind(file_name)
        .bind(by)
        .bind(now)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Moves on from `before` to `after`.
///
/// # Errors
/// [`StoreError::Conflict`] when another process imports the same file.
pub async fn move_on(
    tx: &mut Tx,
    key: &ImportKey,
    before: &ImportPosition,
    after: &ImportPosition,
) -> Result<(), StoreError> {
    let rows = on_tx!(tx, |db| query(sql::MOVE)
        .bind(after.done_bytes)
        .bind(after.done_line)
        .bind(after.accepted)
        .bind(after.already)
        .bind(after.rejected)
        .bind(after.finished_at)
        .bind(&key.centre)
        .bind(&key.system)
        .bind(&key.file_hash)
        .bind(before.done_bytes)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Conflict("import_run")) }
}

/// The order that a foreign number has become.
///
/// # Errors
/// [`StoreError`].
pub async fn order_of(
    tx: &mut Tx,
    key: &ImportKey,
    external_no: &str,
) -> Result<Option<WorkOrderId>, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::ORDER_OF)
        .bind(&key.centre)
        .bind(&key.system)
        .bind(external_no)
        .fetch_optional(db)
        .await)?)
}

/// # Errors
/// [`StoreError::Duplicate`] where the number has become an order already.
pub async fn add_order(
    tx: &mut Tx,
    key: &ImportKey,
    external_no: &str,
    order: WorkOrderId,
    line: i64,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::ADD_ORDER)
        .bind(&key.centre)
        .bind(&key.system)
        .bind(external_no)
        .bind(order)
        .bind(&key.file_hash)
        .bind(line)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// # Errors
/// [`StoreError`].
pub async fn reject(tx: &mut Tx, key: &ImportKey, rejection: &Rejection) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::REJECT)
        .bind(&key.centre)
        .bind(&key.system)
        .bind(&key.file_hash)
        .bind(rejection.line)
        .bind(&rejection.external_no)
        .bind(&rejection.reason)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The refused lines of a file in their order.
///
/// # Errors
/// [`StoreError`].
pub async fn rejections(tx: &mut Tx, key: &ImportKey) -> Result<Vec<Rejection>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::REJECTIONS)
        .bind(&key.centre)
        .bind(&key.system)
        .bind(&key.file_hash)
        .fetch_all(db)
        .await)?)
}
