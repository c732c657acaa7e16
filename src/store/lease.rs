//! Which node owns a centre's queue. Each acquisition raises the fencing number, so that an owner who
//! lost the lease without noticing is refused by the gateways.

use gateway_protocol::FencingNumber;
use sqlx::{FromRow, query, query_as, query_scalar};
use types::{CentreId, Timestamp};

use super::{StoreError, Tx};

/// A centre's lease as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub holder: String,
    pub fencing: FencingNumber,
    pub expires_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    holder: String,
    fencing: i64,
    expires_at: Timestamp,
}

mod sql {
    pub const FIND: &str = "select holder, fencing, expires_at from lease where centre = $1";
    // Taken only when free, expired or already the holder's own; the number rises each time.
    pub const ACQUIRE: &str = "insert into lease (centre, holder, fencing, expires_at) \
        values ($1, $2, 1, $4) \
        on conflict (centre) do update set holder = excluded.holder, fencing = lease.fencing + 1, \
        expires_at = excluded.expires_at \
        where lease.expires_at <= $3 or lease.holder = $2 returning fencing";
    pub const RENEW: &str = "update lease set expires_at = $1 \
        where centre = $2 and holder = $3 and fencing = $4 and expires_at > $5";
    pub const RELEASE: &str =
        "update lease set expires_at = $1 where centre = $2 and holder = $3 and fencing = $4";
}

/// # Errors
/// [`StoreError`].
pub async fn find(tx: &mut Tx, centre: &CentreId) -> Result<Option<Lease>, StoreError> {
    let row: Option<Row> =
        on_tx!(tx, |db| query_as(sql::FIND).bind(centre).fetch_optional(db).await)?;
    row.map(|row| {
        let fencing = number(row.fencing, centre)?;
        Ok(Lease { holder: row.holder, fencing, expires_at: row.expires_at })
    })
    .transpose()
}

/// Takes the lease until `expires_at` if it is free, expired at `now`, or `holder`'s already (a
/// restart). `None` while another holder has it.
///
/// # Errors
/// [`StoreError`].
pub async fn acquire(
    tx: &mut Tx,
    centre: &CentreId,
    holder: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Option<FencingNumber>, StoreError> {
    let fencing: Option<i64> = on_tx!(tx, |db| query_scalar(sql::ACQUIRE)
        .bind(centre)
        .bind(holder)
        .bind(now)
        .bind(expires_at)
        .fetch_optional(db)
        .await)?;
    fencing.map(|fencing| number(fencing, centre)).transpose()
}

/// Holds on to the lease. False when it was lost meanwhile: the holder must stop giving orders.
///
/// # Errors
/// [`StoreError`].
pub async fn renew(
    tx: &mut Tx,
    centre: &CentreId,
    holder: &str,
    fencing: FencingNumber,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let rows = on_tx!(tx, |db| query(sql::RENEW)
        .bind(expires_at)
        .bind(centre)
        .bind(holder)
        .bind(i64::try_from(fencing.0).unwrap_or(i64::MAX))
        .bind(now)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Gives the lease up at `now`, so that another node need not wait for its end.
///
/// # Errors
/// [`StoreError`].
pub async fn release(
    tx: &mut Tx,
    centre: &CentreId,
    holder: &str,
    fencing: FencingNumber,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| query(sql::RELEASE)
        .bind(now)
        .bind(centre)
        .bind(holder)
        .bind(i64::try_from(fencing.0).unwrap_or(i64::MAX))
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

fn number(stored: i64, centre: &CentreId) -> Result<FencingNumber, StoreError> {
    u64::try_from(stored).map(FencingNumber).map_err(|_| StoreError::Inconsistent {
        table: "lease",
        column: "fencing",
        row: centre.to_string(),
    })
}
