//! The centre this node serves.

use super::{Context, ServiceError};
use crate::store;

/// Creates the configured centre, or renames it.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn create(ctx: &Context) -> Result<(), ServiceError> {
    let mut tx = ctx.db.begin().await?;
    let name = &ctx.config.centre.name;
    store::centre::put(&mut tx, &ctx.centre, name, ctx.clock.now()).await?;
    Ok(tx.commit().await?)
}
