//! The task: tells the controller what is, carries out what it decides, keeps the distributor's settings in force.

use std::sync::Arc;
use std::time::Duration;

use rate_controller::{Decision, Forecast, Situation, State};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use types::Timestamp;

use super::situation::{self, Counted};
use super::{Running, carry_out, forecast, save, settings};
use crate::acd_host::FloorChange;
use crate::service::live::RunningFloor;
use crate::service::{Context, ServiceError, acd_settings};
use crate::store;

/// How often it looks. Also how soon a setting that another process changed is in force.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How old the memory in the tables may grow while nothing is decided.
const SAVE_EVERY: Duration = Duration::from_secs(60);

/// What the task knows from one look to the next.
struct Keeper {
    ctx: Context,
    floor: RunningFloor,
    counted: Counted,
    forecast: Forecast,
    /// The half-hour in which the forecast was made.
    forecast_of: Option<i64>,
}

/// Runs until `stop`.
pub(in crate::service) async fn keep(ctx: Context, floor: RunningFloor, stop: CancellationToken) {
    let changes = floor.handle.changes();
    let counted = Counted::since(ctx.clock.now());
    let forecast = Forecast::default();
    let keeper = Keeper { ctx, floor, counted, forecast, forecast_of: None };
    keeper.run(changes, stop).await;
}

impl Keeper {
    async fn run(mut self, mut changes: Receiver<Arc<FloorChange>>, stop: CancellationToken) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                change = changes.recv() => match change {
                    Ok(change) => change.records.iter().for_each(|(_, record)| self.counted.take(record)),
                    // What was not heard is not guessed: counting begins anew.
                    Err(RecvError::Lagged(_)) => self.counted = Counted::since(self.ctx.clock.now()),
                    Err(RecvError::Closed) => return,
                },
                _ = looks.tick() => {
                    if let Err(error) = self.look().await {
                        tracing::warn!(%error, "the rate controller cannot do its round");
                    }
                }
            }
        }
    }

    async fn look(&mut self) -> Result<(), ServiceError> {
        if !self.floor.links.owns() {
            // The owner's memory is in the tables; ours would be an old one.
            *self.ctx.rate_controller.running() = None;
            return Ok(());
        }
        let now = self.ctx.clock.now();
        take_up(&self.ctx).await?;
        settings::take_up_settings(&self.ctx).await?;
        acd_settings::reconcile(&self.ctx).await?;
        let half_hour = forecast::half_hour_of(now);
        if self.forecast_of != Some(half_hour) {
            self.forecast = forecast::planned(&self.ctx, now).await?;
            self.forecast_of = Some(half_hour);
        }
        let settings = self.ctx.rate_controller.with(|running| running.settings.clone())?;
        let (counted, forecast) = (&mut self.counted, &self.forecast);
        let Some(situation) = situation::of_now(&self.ctx, now, counted, forecast, &settings)
        else {
            return Ok(());
        };
        observe(&self.ctx, now, &situation).await.map(|_| ())
    }
}

/// One observation, and what follows from it.
///
/// # Errors
/// [`ServiceError`]; what was decided holds all the same and is written down by the next round.
pub(super) async fn observe(
    ctx: &Context,
    now: Timestamp,
    situation: &Situation,
) -> Result<Vec<Decision>, ServiceError> {
    let (decisions, due) = ctx.rate_controller.with(|running| {
        let decisions = running.controller.observe(now, situation);
        running.note(&decisions, None);
        let due = !running.unsaved.is_empty() || now.since(running.saved_at) >= SAVE_EVERY;
        (decisions, due)
    })?;
    if !decisions.is_empty() {
        carry_out(ctx, &decisions).await?;
    } else if due {
        save(ctx).await?;
    }
    Ok(decisions)
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
