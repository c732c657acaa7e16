//! What the supervisor's page shows of the controller.

use std::collections::BTreeMap;

use rate_controller::{LeverId, LeverState, Mode, words};
use serde::Serialize;
use types::Timestamp;
use utoipa::ToSchema;

use super::{Running, by_word, people_of};
use crate::service::call::fold::{word, word_of_tagged};
use crate::service::{Context, ServiceError};
use crate::store;
use crate::store::rate_controller::LeverDecision;

/// Most entries of the record shown.
const DECISIONS_LEN_MAX: i64 = 200;

/// How the rates stand and what is done about them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Control {
    /// When it was reckoned; null before the first reckoning and without any forecast.
    pub at: Option<Timestamp>,
    /// In Chinese, the most important first.
    pub lines: Vec<String>,
    pub aims: Vec<AimView>,
    /// The lever that would save most calls.
    pub helps_most: Option<String>,
    pub levers: Vec<LeverView>,
    /// Newest first.
    pub decisions: Vec<DecisionView>,
    /// Of the settings, to be named by a change of mode.
    pub version: i64,
}

/// A rate of the last 24 hours and its outlook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AimView {
    /// `answered` (K1) or `in_time` (K2b).
    pub aim: String,
    pub part: u64,
    pub whole: u64,
    /// More calls that may be missed at once; negative: so many too many.
    pub may_miss_now: i64,
    /// When the target is missed at this pace; null if not within 24 hours.
    pub missed_at: Option<Timestamp>,
    pub worst_permille: u32,
    pub worst_at: Timestamp,
}

/// One lever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeverView {
    pub lever: String,
    pub name: String,
    /// `manual advisory automatic`
    pub mode: String,
    /// `resting pull_advised pulled undo_advised`
    pub state: String,
    pub pulled_at: Option<Timestamp>,
    /// `controller`, or the account that pulled it.
    pub by: Option<String>,
    /// Whether it could do anything now.
    pub available: bool,
    /// Calls that it saves, or would save, in the near future.
    pub saves_calls: i64,
    /// Why it is advised, in Chinese.
    pub advice: Option<String>,
}

/// One entry of the record of levers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DecisionView {
    pub at: Timestamp,
    pub lever: String,
    /// `pull undo advise_pull advise_undo withdraw_pull withdraw_undo pulled_by_person undone_by_person declined measured`
    pub what: String,
    pub by: String,
    pub text: String,
}

/// The controller as it stands.
///
/// # Errors
/// [`ServiceError::Away`] where this node runs none.
pub async fn show(ctx: &Context) -> Result<Control, ServiceError> {
    let kept = kept(ctx).await;
    ctx.rate_controller.with(|running| {
        // Newest first, as the tables have them.
        let mut entries: Vec<_> = running.unsaved.iter().rev().cloned().collect();
        entries.extend(kept.into_iter().filter(|entry| !running.unsaved.contains(entry)));
        control(running, entries)
    })
}

/// The record of levers; what is not written down yet alone, while the tables are away.
async fn kept(ctx: &Context) -> Vec<LeverDecision> {
    if ctx.sessions.is_silent(ctx.clock.now()) {
        return Vec::new();
    }
    let read = async {
        let mut tx = ctx.db.read().await?;
        store::rate_controller::newest(&mut tx, &ctx.centre, DECISIONS_LEN_MAX).await
    };
    read.await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the record of levers cannot be read");
        Vec::new()
    })
}

fn control(running: &Running, entries: Vec<LeverDecision>) -> Control {
    let outlook = running.controller.outlook();
    let people = people_of(&entries);
    let aims = outlook.into_iter().flat_map(|outlook| &outlook.aims).map(|of| AimView {
        aim: word(&of.aim),
        part: of.now.part,
        whole: of.now.whole,
        may_miss_now: of.may_miss_now,
        missed_at: of.missed_at,
        worst_permille: of.worst_permille,
        worst_at: of.worst_at,
    });
    let levers =
        LeverId::ALL.into_iter().map(|lever| lever_view(running, lever, &people, &entries));
    Control {
        at: outlook.map(|outlook| outlook.at),
        lines: outlook.map(words::outlook).unwrap_or_default(),
        aims: aims.collect(),
        helps_most: outlook.and_then(|outlook| outlook.helps_most()).map(|lever| word(&lever)),
        levers: levers.collect(),
        version: running.version,
        decisions: entries.into_iter().map(DecisionView::from).collect(),
    }
}

fn lever_view(
    running: &Running,
    lever: LeverId,
    people: &BTreeMap<String, String>,
    entries: &[LeverDecision],
) -> LeverView {
    let state = running.controller.state().lever(lever);
    let name = word(&lever);
    let pull = state.pull();
    let outlook = running.controller.outlook();
    let weighed = outlook.and_then(|outlook| outlook.levers.iter().find(|of| of.lever == lever));
    let by = pull.map(|pull| by_word(pull.by)).map(|by| match by {
        "person" => people.get(&name).cloned().unwrap_or_else(|| by.to_owned()),
        other => other.to_owned(),
    });
    let advised = match state {
        LeverState::PullAdvised => Some("advise_pull"),
        LeverState::UndoAdvised(_) => Some("advise_undo"),
        LeverState::Resting | LeverState::Pulled(_) => None,
    };
    let advice = advised.and_then(|what| {
        let of = entries.iter().find(|entry| entry.lever == name && entry.what == what)?;
        Some(of.reason.clone())
    });
    let mode: Mode = running.settings.controller.rule(lever).mode;
    LeverView {
        name: words::lever(lever).to_owned(),
        mode: word(&mode),
        state: word_of_tagged(&state, "state"),
        pulled_at: pull.map(|pull| pull.at),
        by,
        available: weighed.is_some_and(|of| of.available),
        saves_calls: weighed.map_or(0, |of| of.saves_calls),
        advice,
        lever: name,
    }
}

impl From<LeverDecision> for DecisionView {
    fn from(of: LeverDecision) -> Self {
        let LeverDecision { at, lever, what, by_whom: by, reason: text, .. } = of;
        Self { at, lever, what, by, text }
    }
}
