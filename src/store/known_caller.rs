//! What the tables know of callers, read for the memory of whoever routes them: numbers alone, and whom they talked with.

use sqlx::{FromRow, query_as, query_scalar};
use types::{CentreId, Phone, UserId, WorkOrderId};

use super::{StoreError, Tx};

/// A matter that was told in a call and is not over.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OpenMatter {
    pub id: WorkOrderId,
    pub number: Phone,
    /// Whom it was told to.
    pub opened_by: UserId,
}

mod sql {
    pub const ELDERS: &str =
        "select number from elder_caller where centre = $1 order by noted_at desc limit $2";
    pub const MISSED: &str = "select distinct caller from missed_call_return \
        where centre = $1 and state = 'open' limit $2";
    // By the primary key: ids rise with time, and a look reads what came since the last one.
    pub const MATTERS: &str = "select id, petitioner_phone as number, opened_by from work_order \
        where id > $2 and centre = $1 and petitioner_phone is not null and call_id is not null \
        and state not in ('closed', 'rejected') order by id limit $3";
}

/// Numbers noted as elderly, those noted last first.
///
/// # Errors
/// [`StoreError`].
pub async fn elders(tx: &mut Tx, centre: &CentreId, limit: i64) -> Result<Vec<Phone>, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::ELDERS).bind(centre).bind(limit).fetch_all(db).await)?)
}

/// Numbers that are owed a missed-call return.
///
/// # Errors
/// [`StoreError`].
pub async fn missed(tx: &mut Tx, centre: &CentreId, limit: i64) -> Result<Vec<Phone>, StoreError> {
    Ok(on_tx!(tx, |db| query_scalar(sql::MISSED).bind(centre).bind(limit).fetch_all(db).await)?)
}

/// Open matters younger than `after`, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn matters(
    tx: &mut Tx,
    centre: &CentreId,
    after: WorkOrderId,
    limit: i64,
) -> Result<Vec<OpenMatter>, StoreError> {
    Ok(on_tx!(tx, |db| query_as(sql::MATTERS)
        .bind(centre)
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await)?)
}
