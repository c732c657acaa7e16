//! 达标控制: watches the rolling rates, advises levers or pulls them, and undoes them when the need ends.
//!
//! Owns: the running controller (`rate_controller::Controller`), what it is told, carrying its decisions out, their record,
//! a person's word about a lever. Must not do: decide when a lever is needed (the pure crate does).
//!
//! Only the owner of the centre runs it. Its memory is in the tables with each decision: after a restart, or on
//! the next owner, a lever that is pulled is taken up again and undone when its need ends.

mod command;
pub(super) mod forecast;
mod keep;
mod settings;
mod show;
mod situation;
mod tables;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rate_controller::{By, Controller, Decision, LeverId, What, words};
use tokio::sync::Notify;
use types::Timestamp;

use super::acd_settings::Keys;
use super::call::fold::{word, word_of_tagged};
use super::live::Audience;
use super::{Context, ServiceError, acd_settings};
use crate::store::rate_controller::LeverDecision;

pub use command::{LeverWord, ModeChange, decide, set_mode};
pub(super) use keep::keep;
pub use settings::{Settings, SettingsChange, ShownSettings, change_settings, show_settings};
pub use show::{AimView, Control, DecisionView, LeverView, show};

/// Who decided what no person did.
const CONTROLLER: &str = "controller";

/// The running controller of this node. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct RateControl {
    running: Arc<Mutex<Option<Running>>>,
    /// Held while decisions are written down: by one at a time, so that none is taken for written that was not.
    saving: Arc<tokio::sync::Mutex<()>>,
    /// There is something to write down.
    decided: Arc<Notify>,
}

#[derive(Debug)]
struct Running {
    controller: Controller,
    settings: Settings,
    /// Of the settings.
    version: i64,
    /// Decisions that are not in the tables yet.
    unsaved: Vec<LeverDecision>,
    saved_at: Timestamp,
}

impl RateControl {
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the running controller or changes it.
    ///
    /// # Errors
    /// [`ServiceError::Away`] where this node runs none.
    fn with<T>(&self, look: impl FnOnce(&mut Running) -> T) -> Result<T, ServiceError> {
        let mut running = self.running();
        let away = || ServiceError::Away("达标控制正在启动，请稍后重试。".to_owned());
        running.as_mut().map(look).ok_or_else(away)
    }

    /// What the pulled levers set in the distributor's configuration.
    pub(super) fn sets(&self) -> Keys {
        self.sets_if_running().unwrap_or_default()
    }

    /// The same; `None` where this node runs no controller, and so does not know.
    pub(super) fn sets_if_running(&self) -> Option<Keys> {
        let running = self.running();
        let running = running.as_ref()?;
        let pulled = running.controller.state().pulled();
        let of_lever = |lever| running.settings.sets.get(&lever).cloned().unwrap_or_default();
        Some(pulled.iter().flat_map(of_lever).collect())
    }
}

impl Running {
    /// Notes decisions for the record. `by` is the person, if one has spoken.
    fn note(&mut self, decisions: &[Decision], by: Option<&str>) {
        self.unsaved.extend(decisions.iter().map(|of| entry(of, by)));
    }
}

fn entry(of: &Decision, by: Option<&str>) -> LeverDecision {
    let person = matches!(of.what, What::PulledByPerson | What::UndoneByPerson | What::Declined);
    LeverDecision {
        at: of.at,
        lever: word(&of.lever),
        what: word_of_tagged(&of.what, "what"),
        by_whom: by.filter(|_| person).unwrap_or(CONTROLLER).to_owned(),
        reason: words::decision(of),
        body: serde_json::to_string(of).unwrap_or_default(),
    }
}

/// Carries decisions out: into the distributor, to the pages. Works without the tables; what was decided is written down by
/// `tables`.
async fn carry_out(ctx: &Context, decisions: &[Decision]) -> Result<(), ServiceError> {
    ctx.rate_controller.decided.notify_one();
    acd_settings::reconcile(ctx).await?;
    for decision in decisions {
        tell(ctx, decision);
    }
    if !decisions.is_empty() {
        ctx.live.hub.publish("rate_controller", Audience::Floor, serde_json::json!({}));
    }
    Ok(())
}

/// On the owner: which levers are pulled is known from now on.
///
/// # Errors
/// [`ServiceError::Store`].
pub(super) async fn take_up(ctx: &Context) -> Result<(), ServiceError> {
    if ctx.floor()?.links.owns() { tables::take_up(ctx).await } else { Ok(()) }
}

/// Some levers are people's to carry out: they are told.
fn tell(ctx: &Context, decision: &Decision) {
    let pulled = matches!(decision.what, What::Pull(_) | What::PulledByPerson);
    metrics::counter!("hotline_lever_decisions_total", "lever" => word(&decision.lever),
        "what" => word_of_tagged(&decision.what, "what"))
    .increment(1);
    if decision.lever != LeverId::SuspendTraining || !pulled {
        return;
    }
    let Ok(floor) = ctx.floor() else { return };
    let floor = floor.handle.floor();
    for agent in floor.view.agents.iter().filter(|agent| situation::is_in_training(agent.state)) {
        let text = "来电高峰：培训和会议暂停，请返回座席并置为就绪。";
        let message = serde_json::json!({ "text": text });
        ctx.live.hub.publish("training_suspended", Audience::Agent(agent.agent), message);
    }
}

/// Who pulled each lever that is pulled by a person, from the record.
fn people_of(entries: &[LeverDecision]) -> BTreeMap<String, String> {
    let pulls = entries.iter().rev().filter(|entry| entry.what == "pulled_by_person");
    pulls.map(|entry| (entry.lever.clone(), entry.by_whom.clone())).collect()
}

/// In one word for the page: who pulled a lever.
const fn by_word(by: By) -> &'static str {
    match by {
        By::Controller => CONTROLLER,
        By::Person => "person",
    }
}

#[cfg(test)]
mod tests;
