//! A person's word: pull a lever, undo it, decline an advice, say who decides about it.

use rate_controller::{Choice, LeverId, Mode, Refusal, words};
use serde::Deserialize;
use utoipa::ToSchema;

use super::carry_out;
use super::settings::{self, SettingsChange};
use super::show::{Control, show};
use super::tables;
use crate::service::session::Person;
use crate::service::{Context, ServiceError};

/// A person's word about a lever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeverWord {
    Pull,
    Undo,
    Decline,
}

/// Who decides about a lever from now on: `manual`, `advisory` or `automatic`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModeChange {
    #[schema(value_type = String)]
    pub mode: Mode,
    /// The version of the settings that was read.
    pub version: i64,
}

/// Carries a person's word out, in any mode.
///
/// # Errors
/// [`ServiceError::Refused`] where there is nothing to change.
pub async fn decide(
    ctx: &Context,
    person: &Person,
    lever: LeverId,
    word: LeverWord,
) -> Result<Control, ServiceError> {
    let choice = match word {
        LeverWord::Pull => Choice::Pull,
        LeverWord::Undo => Choice::Undo,
        LeverWord::Decline => Choice::Decline,
    };
    let now = ctx.clock.now();
    let decisions = ctx.rate_controller.with(|running| {
        if word == LeverWord::Pull && !running.settings.can_be_pulled(lever) {
            return Err(sets_nothing(lever));
        }
        let answered = running.controller.answer(now, lever, choice);
        let decisions = answered.map_err(|refusal| refused(lever, refusal))?;
        running.note(&decisions, Some(&person.username));
        Ok(decisions)
    })??;
    carry_out(ctx, &decisions).await?;
    // Without the tables it is written down when they are back.
    if !ctx.sessions.is_silent(now)
        && let Err(error) = tables::save(ctx).await
    {
        tracing::warn!(%error, "a person's word about a lever is not on record yet");
    }
    show(ctx).await
}

/// Says who decides about a lever. A lever that is pulled stays so.
///
/// # Errors
/// [`ServiceError::VersionConflict`].
pub async fn set_mode(
    ctx: &Context,
    person: &Person,
    lever: LeverId,
    change: ModeChange,
) -> Result<Control, ServiceError> {
    let (mut settings, version) = settings::load(ctx).await?;
    if version != change.version {
        return Err(ServiceError::VersionConflict);
    }
    settings.controller.levers.entry(lever).or_default().mode = change.mode;
    settings::change_settings(ctx, person, SettingsChange { settings, version }).await?;
    show(ctx).await
}

fn sets_nothing(lever: LeverId) -> ServiceError {
    let name = words::lever(lever);
    let detail =
        format!("“{name}”没有设置任何内容，执行也不起作用。请先在达标控制设置中填写其 sets。");
    ServiceError::Refused { code: "lever_sets_nothing", detail }
}

fn refused(lever: LeverId, refusal: Refusal) -> ServiceError {
    let name = words::lever(lever);
    let (code, detail) = match refusal {
        Refusal::AlreadyPulled => ("lever_already_pulled", format!("“{name}”已在执行中。")),
        Refusal::NotPulled => ("lever_not_pulled", format!("“{name}”没有执行，无需停止。")),
        Refusal::NothingAdvised => {
            ("nothing_advised", format!("“{name}”目前没有待处理的建议，请直接执行或停止。"))
        }
    };
    ServiceError::Refused { code, detail }
}
