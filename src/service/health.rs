//! What an operator should know of the store.

use std::time::Duration;

use types::Timestamp;

use super::{Context, ServiceError};
use crate::store;

/// A job may be late by so much before it counts.
const LATE: Duration = Duration::from_secs(60);

/// What the store says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreHealth {
    /// Jobs set aside after too many attempts.
    pub jobs_failed: i64,
    pub jobs_overdue: i64,
    /// When something was last written, before this look.
    pub newest_write: Option<Timestamp>,
}

/// Looks, and really writes once.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn look(ctx: &Context) -> Result<StoreHealth, ServiceError> {
    let mut tx = ctx.db.begin().await?;
    let newest_write = store::audit::newest(&mut tx, &ctx.centre).await?;
    let health = StoreHealth {
        jobs_failed: store::job::failed(&mut tx).await?,
        jobs_overdue: store::job::overdue(&mut tx, ctx.clock.business_now() - LATE).await?,
        newest_write,
    };
    store::setting::probe(&mut tx, &ctx.centre, ctx.clock.now()).await?;
    tx.commit().await?;
    Ok(health)
}
