//! Whether this node can do its work: the store takes writes, gateways are linked.

use super::away::soon;
use super::{Context, ServiceError};
use crate::store;

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
        store_fault: soon(probe(ctx)).await.err().map(|error| error.to_string()),
        gateways_linked: ctx.links.linked(),
    }
}

async fn probe(ctx: &Context) -> Result<(), ServiceError> {
    let mut tx = ctx.db.begin().await?;
    store::setting::probe(&mut tx, &ctx.centre, ctx.clock.now()).await?;
    Ok(tx.commit().await?)
}
