//! The tasks: one tells the controller what is and carries out what it decides, from memory alone; beside it one keeps the
//! tables in step (`tables`) and one makes the forecast (`forecast`): neither holds a decision up.

use std::sync::Arc;
use std::time::Duration;

use rate_controller::{Decision, Forecast, Situation};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use types::Timestamp;

use super::situation::{self, Counted};
use super::{carry_out, forecast, tables};
use crate::acd_host::FloorChange;
use crate::service::live::RunningFloor;
use crate::service::{Context, ServiceError, acd_settings};

/// How often it looks. Also how soon a setting that another process changed is in force.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What the task knows from one look to the next.
struct Keeper {
    ctx: Context,
    floor: RunningFloor,
    counted: Counted,
    forecast: watch::Receiver<Forecast>,
}

/// Runs until `stop`.
pub(in crate::service) async fn keep(ctx: Context, floor: RunningFloor, stop: CancellationToken) {
    let changes = floor.handle.changes();
    let counted = Counted::since(ctx.clock.now());
    let (made, forecast) = watch::channel(Forecast::default());
    let planner = forecast::keep(ctx.clone(), floor.clone(), made, stop.clone());
    let planner = tokio::spawn(planner);
    let tables = tokio::spawn(tables::keep(ctx.clone(), floor.clone(), stop.clone()));
    Keeper { ctx, floor, counted, forecast }.run(changes, stop).await;
    for task in [planner, tables] {
        if let Err(error) = task.await {
            tracing::error!(%error, "a task of the rate controller has ended early");
        }
    }
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
        let settings =
            self.ctx.rate_controller.running().as_ref().map(|running| running.settings.clone());
        // Not taken up yet: the tables have not answered since this node became the owner.
        let Some(settings) = settings else { return Ok(()) };
        acd_settings::reconcile(&self.ctx).await?;
        let forecast = self.forecast.borrow().clone();
        let counted = &mut self.counted;
        let Some(situation) = situation::of_now(&self.ctx, now, counted, &forecast, &settings)
        else {
            return Ok(());
        };
        observe(&self.ctx, now, &situation).await.map(|_| ())
    }
}

/// One observation, and what follows from it. What was decided is written down soon, with or without the tables now.
///
/// # Errors
/// [`ServiceError`]; what was decided holds all the same.
pub(super) async fn observe(
    ctx: &Context,
    now: Timestamp,
    situation: &Situation,
) -> Result<Vec<Decision>, ServiceError> {
    let decisions = ctx.rate_controller.with(|running| {
        let decisions = running.controller.observe(now, situation);
        running.note(&decisions, None);
        decisions
    })?;
    if !decisions.is_empty() {
        carry_out(ctx, &decisions).await?;
    }
    Ok(decisions)
}
