//! Counts everything again from the event tables and compares (`architecture.md` section 2: a live
//! counter must equal the recomputation at the same event number).

use std::time::Duration;

use acd::rates::facts;
use serde::Serialize;
use utoipa::ToSchema;

use super::figures::Figures;
use crate::service::live::FIGURES_SPAN;
use crate::service::{Context, ServiceError};
use crate::store::acd_event;

/// Longest wait for the journal to reach the tables.
const SHIP_WAIT_MAX: Duration = Duration::from_secs(5);

/// Both countings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Recount {
    /// The journal entry after which both were taken.
    pub event_number: u64,
    pub live: Figures,
    pub recomputed: Figures,
    pub equal: bool,
}

/// Counts again up to the entry that the live counters have reached.
///
/// # Errors
/// [`ServiceError::Away`] while the database is behind the journal by more than 5 s.
pub async fn recount(ctx: &Context) -> Result<Recount, ServiceError> {
    let now = ctx.clock.now();
    let floor = ctx.floor()?;
    ctx.live.wait_loaded(SHIP_WAIT_MAX).await;
    let live = ctx.live.with_state(|state| (state.number, Figures::live(&state.rates, now)));
    let (number, live) =
        live.ok_or_else(|| ServiceError::Away("话务数据正在载入，请稍候。".to_owned()))?;
    let mut shipped = floor.shipped.clone();
    let reached = shipped.wait_for(|status| status.shipped >= number);
    match tokio::time::timeout(SHIP_WAIT_MAX, reached).await {
        Ok(Ok(_)) => {}
        Ok(Err(_)) | Err(_) => {
            return Err(ServiceError::Away("数据库尚未跟上话务记录，请稍后重试。".to_owned()));
        }
    }
    let entry = i64::try_from(number.0).unwrap_or(i64::MAX);
    let since = now - FIGURES_SPAN;
    let mut tx = ctx.db.read().await?;
    let events = acd_event::outcomes(&mut tx, &ctx.centre, since, floor.journal.0, entry).await?;
    drop(tx);
    let facts = facts(events.iter().map(|event| &event.body.0));
    let recomputed = Figures::of(&facts, now);
    Ok(Recount { event_number: number.0, live, recomputed, equal: live == recomputed })
}
