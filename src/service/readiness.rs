//! Whether this node can do its work: the store takes writes, gateways are linked.

use std::time::Duration;

use super::{Context, ServiceError};
use crate::store::{self, StoreError};

/// Longest wait for the store.
const PROBE_MAX: Duration = Duration::from_secs(3);

/// What is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Why the store takes no writes; `None` when it does.
    pub store_fault: Option<String>,
    pub gateways_linked: usize,
}

/// Writes to the store and counts the gateways.
pub async fn check(ctx: &Context) -> Readiness {
    Readiness {
        store_fault: probe(ctx).await.err().map(|error| error.to_string()),
        gateways_linked: ctx.links.linked(),
    }
}

/// A store that has stopped in the middle of an answer takes no writes either.
async fn probe(ctx: &Context) -> Result<(), ServiceError> {
    tokio::time::timeout(PROBE_MAX, write(ctx))
        .await
        .unwrap_or(Err(ServiceError::Store(StoreError::Busy)))
}

async fn write(ctx: &Context) -> Result<(), ServiceError> {
    let mut tx = ctx.db.begin().await?;
    store::setting::probe(&mut tx, &ctx.centre, ctx.clock.now()).await?;
    Ok(tx.commit().await?)
}
