//! The task that keeps the running controller and the tables in step: settings are read, memory and decisions written. While
//! the tables are away the last settings hold, and what is decided is written down when they are back.

use std::time::Duration;

use rate_controller::State;
use tokio_util::sync::CancellationToken;

use super::keep::LOOK_EVERY;
use super::{Running, settings};
use crate::service::live::RunningFloor;
use crate::service::{Context, ServiceError, acd_settings};
use crate::store;
use crate::store::rate_controller::LeverDecision;

/// How old the memory in the tables may grow while nothing is decided.
const SAVE_EVERY: Duration = Duration::from_secs(60);

/// Runs until `stop`; what was decided before is written down.
pub(super) async fn keep(ctx: Context, floor: RunningFloor, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if floor.links.owns()
            && let Err(error) = round(&ctx).await
        {
            tracing::warn!(%error, "the rate controller goes on without the tables");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = ctx.rate_controller.decided.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    if let Err(error) = save_if_due(&ctx).await {
        tracing::error!(%error, "the last decisions about levers are not on record");
    }
}

async fn round(ctx: &Context) -> Result<(), ServiceError> {
    // Before a new owner's controller runs: else its distributor would lose what the centre has changed.
    acd_settings::learn(ctx).await?;
    take_up(ctx).await?;
    settings::take_up_settings(ctx).await?;
    acd_settings::reconcile(ctx).await?;
    save_if_due(ctx).await
}

async fn save_if_due(ctx: &Context) -> Result<(), ServiceError> {
    let now = ctx.clock.now();
    let is_due = |running: &Running| {
        !running.unsaved.is_empty() || now.since(running.saved_at) >= SAVE_EVERY
    };
    let due = ctx.rate_controller.running().as_ref().is_some_and(is_due);
    if due { save(ctx).await } else { Ok(()) }
}

/// Writes down what was decided, with the memory that it comes from.
///
/// # Errors
/// [`ServiceError::Store`]; it is tried again.
pub(super) async fn save(ctx: &Context) -> Result<(), ServiceError> {
    let _alone = ctx.rate_controller.saving.lock().await;
    let at = ctx.clock.now();
    let (entries, state): (Vec<LeverDecision>, State) = ctx
        .rate_controller
        .with(|running| (running.unsaved.clone(), running.controller.state().clone()))?;
    let mut tx = ctx.db.begin().await?;
    store::rate_controller::put_state(&mut tx, &ctx.centre, &state, at).await?;
    for entry in &entries {
        store::rate_controller::add(&mut tx, &ctx.centre, entry).await?;
    }
    tx.commit().await?;
    ctx.rate_controller.with(|running| {
        running.unsaved.retain(|entry| !entries.contains(entry));
        running.saved_at = at;
    })
}

/// Begins with the memory of the tables, where this node has just become the owner.
pub(super) async fn take_up(ctx: &Context) -> Result<(), ServiceError> {
    if ctx.rate_controller.running().is_some() {
        return Ok(());
    }
    let (settings, version) = settings::load(ctx).await?;
    let mut tx = ctx.db.read().await?;
    let kept = store::rate_controller::state(&mut tx, &ctx.centre).await?;
    drop(tx);
    let state = kept.map_or_else(State::default, |text| {
        serde_json::from_str(&text).unwrap_or_else(|error| {
            tracing::error!(%error, "the rate controller's memory is not understood: it begins anew, every lever at rest");
            State::default()
        })
    });
    let controller = settings::controller(&settings, state);
    let saved_at = ctx.clock.now();
    let mut running = ctx.rate_controller.running();
    if running.is_none() {
        *running = Some(Running { controller, settings, version, unsaved: Vec::new(), saved_at });
    }
    Ok(())
}
