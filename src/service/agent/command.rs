//! What an agent asks the distributor for, and its refusals in Chinese.

use std::collections::BTreeSet;
use std::time::Duration;

use acd::{
    AgentCommand, AgentStateName, BreakReason, DialPurpose, NotReadyReason, Refusal, SkillLevel,
    SkillLevels,
};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use types::{AgentId, CallId, SkillCode, UserId, WorkOrderId};
use utoipa::ToSchema;

use super::view::{self, AgentView};
use crate::acd_host::CommandError;
use crate::service::away::{is_away, or_known, soon};
use crate::service::session::Person;
use crate::service::{Context, ServiceError, work_order};
use crate::store::{self, setting};

/// Longest wait for the floor to show what a command has changed.
const FLOOR_WAIT_MAX: Duration = Duration::from_millis(500);

/// Why an agent does not take calls for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakKind {
    Busy,
    /// 小休.
    Break,
    Meal,
    Training,
    Meeting,
}

impl From<BreakKind> for BreakReason {
    fn from(kind: BreakKind) -> Self {
        match kind {
            BreakKind::Busy => Self::Busy,
            BreakKind::Break => Self::Rest,
            BreakKind::Meal => Self::Meal,
            BreakKind::Training => Self::Training,
            BreakKind::Meeting => Self::Meeting,
        }
    }
}

/// Begins the person's shift. Without `auto_answer` it is as she left it.
///
/// # Errors
/// [`ServiceError`].
pub async fn sign_in(
    ctx: &Context,
    person: &Person,
    auto_answer: Option<bool>,
) -> Result<AgentView, ServiceError> {
    if let Some(wanted) = auto_answer {
        match soon(remember_auto_answer(ctx, person, wanted)).await {
            // Her shift begins all the same; the next one remembers.
            Err(error) if is_away(&error) => {
                tracing::warn!(%error, "a setting of an agent is not stored");
            }
            remembered => remembered?,
        }
    }
    let command = shift_of(ctx, person.user_id).await?;
    self::command(ctx, person, command).await
}

/// The command that begins a person's shift as her account and her settings are; while the database is away, as she
/// last was on the floor.
async fn shift_of(ctx: &Context, user: UserId) -> Result<AgentCommand, ServiceError> {
    or_known(stored_shift(ctx, user), shift_seen(ctx, user)).await
}

fn shift_seen(ctx: &Context, user: UserId) -> Option<AgentCommand> {
    let floor = ctx.floor().ok()?.handle.floor();
    let seen = floor.agent(user.into())?;
    Some(AgentCommand::SignIn {
        skills: BTreeSet::clone(&seen.skills),
        levels: SkillLevels::clone(&seen.levels),
        reserve: seen.reserve,
        tier: Some(seen.tier),
        auto_answer: seen.auto_answer,
    })
}

async fn stored_shift(ctx: &Context, user: UserId) -> Result<AgentCommand, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let skills = store::user::skills(&mut tx, user).await?;
    let account = store::user::by_id(&mut tx, &ctx.centre, user).await?;
    let stored = setting::find(&mut tx, &ctx.centre, &auto_answer_key(user)).await?;
    let levels: SkillLevels =
        skills.into_iter().map(|skill| (skill.skill, level_of(skill.level))).collect();
    Ok(AgentCommand::SignIn {
        skills: levels.keys().cloned().collect::<BTreeSet<SkillCode>>(),
        levels,
        reserve: account.is_some_and(|account| account.reserve),
        tier: None,
        auto_answer: stored.is_some_and(|setting| setting.value == "true"),
    })
}

/// Accounts know 100 levels, the distributor five of twenty each.
fn level_of(of_100: i32) -> SkillLevel {
    SkillLevel::from(u8::try_from(of_100.clamp(1, 100)).unwrap_or(1).div_ceil(20))
}

/// Signs agents in, Ready, as their desk phones come (`calls.desk_phones_ready`), until the
/// server stops. Who has chosen a break stays in it.
pub async fn ready_as_phones_come(
    ctx: Context,
    mut came: mpsc::UnboundedReceiver<AgentId>,
    stop: CancellationToken,
) {
    while let Some(Some(agent)) = stop.run_until_cancelled(came.recv()).await {
        if let Err(error) = ready_at_desk_phone(&ctx, agent).await {
            tracing::warn!(%agent, %error, "the desk phone's agent could not be made ready");
        }
    }
}

async fn ready_at_desk_phone(ctx: &Context, agent: AgentId) -> Result<(), ServiceError> {
    let handle = &ctx.floor()?.handle;
    let state = handle.floor().agent(agent).map_or(AgentStateName::SignedOut, |seen| seen.state);
    match state {
        AgentStateName::SignedOut => {
            let shift = shift_of(ctx, agent.into()).await?;
            handle.command(agent, shift).await?;
        }
        AgentStateName::NotReady { reason: NotReadyReason::Break { .. } } => return Ok(()),
        AgentStateName::NotReady { .. } => {}
        // She works already.
        _ => return Ok(()),
    }
    handle.command(agent, AgentCommand::Ready).await?;
    Ok(())
}

/// Changes whether her phone answers by itself; at once where she is signed in.
///
/// # Errors
/// [`ServiceError`].
pub async fn set_auto_answer(
    ctx: &Context,
    person: &Person,
    auto_answer: bool,
) -> Result<AgentView, ServiceError> {
    remember_auto_answer(ctx, person, auto_answer).await?;
    let floor = ctx.floor()?.handle.floor();
    let seen = floor.agent(person.user_id.into());
    match seen.filter(|seen| seen.state != acd::AgentStateName::SignedOut) {
        Some(_) => sign_in(ctx, person, Some(auto_answer)).await,
        None => view::me(ctx, person).await,
    }
}

/// Carries out a command of the person and shows her as she is then.
///
/// # Errors
/// [`ServiceError::Refused`] with the distributor's word for it, [`ServiceError::Away`].
pub async fn command(
    ctx: &Context,
    person: &Person,
    command: AgentCommand,
) -> Result<AgentView, ServiceError> {
    let host = ctx.floor()?;
    let entry = host.handle.command(person.user_id.into(), command).await?;
    // The copy that pages see follows within 50 ms; the answer shows the state after the command.
    let mut floor = host.handle.watch_floor();
    let _ = tokio::time::timeout(FLOOR_WAIT_MAX, floor.wait_for(|it| it.number >= entry)).await;
    view::me(ctx, person).await
}

/// Why a clerk calls a petitioner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallPurpose {
    Feedback,
    FollowUp,
}

/// Rings the person's own phone, then the petitioner of the order.
///
/// # Errors
/// [`ServiceError`].
pub async fn dial(
    ctx: &Context,
    person: &Person,
    order: WorkOrderId,
    purpose: CallPurpose,
) -> Result<CallId, ServiceError> {
    let number = work_order::dialled_number(ctx, person, order).await?;
    let call = CallId::new(ctx.clock.now(), ctx.random.number());
    let purpose = match purpose {
        CallPurpose::Feedback => DialPurpose::Feedback,
        CallPurpose::FollowUp => DialPurpose::FollowUp,
    };
    let command = AgentCommand::Dial { call, number, purpose };
    ctx.floor()?.handle.command(person.user_id.into(), command).await?;
    Ok(call)
}

async fn remember_auto_answer(
    ctx: &Context,
    person: &Person,
    auto_answer: bool,
) -> Result<(), ServiceError> {
    let key = auto_answer_key(person.user_id);
    let value = if auto_answer { "true" } else { "false" };
    let mut tx = ctx.db.begin().await?;
    let before = setting::find(&mut tx, &ctx.centre, &key).await?;
    if before.as_ref().is_none_or(|before| before.value != value) {
        let change = setting::Change {
            key: &key,
            value,
            expected: before.map_or(0, |before| before.version),
            by: &person.username,
            at: ctx.clock.now(),
        };
        setting::set(&mut tx, &ctx.centre, change).await?;
    }
    Ok(tx.commit().await?)
}

fn auto_answer_key(user: UserId) -> String {
    format!("agent.{user}.auto_answer")
}

impl From<CommandError> for ServiceError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refusal) => {
                Self::Refused { code: code_of(refusal), detail: refusal_text(refusal).to_owned() }
            }
            CommandError::Away => Self::Away("话务分配暂时没有响应，请稍后重试。".to_owned()),
        }
    }
}

/// The word of the HTTP interface for a refusal.
const fn code_of(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoRegistration
        | Refusal::NotProved
        | Refusal::MicrophoneSilent
        | Refusal::NoMedia => refusal.code(),
        Refusal::NoCall => "not_your_call",
        Refusal::NotSignedIn
        | Refusal::InCall
        | Refusal::AlreadyHeld
        | Refusal::NotHeld
        | Refusal::NoOffer
        | Refusal::NotInWrapUp
        | Refusal::WrapUpLimit
        | Refusal::CallKnown
        | Refusal::GatewayLost
        | Refusal::GatewayDraining => "wrong_state",
    }
}

/// What to do about a refusal.
#[must_use]
pub const fn refusal_text(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotSignedIn => "您还没有签入。请先签入，再进行此操作。",
        Refusal::NoRegistration => "软电话没有注册。请检查网络，刷新页面后重新连接软电话。",
        Refusal::NotProved => "耳机尚未检测。请先完成耳机检测，再置为就绪。",
        Refusal::MicrophoneSilent => {
            "耳机检测没有听到声音。请检查麦克风是否静音、是否选对设备，然后重新检测。"
        }
        Refusal::NoMedia => {
            "耳机检测没有收到语音数据。请允许浏览器使用麦克风，检查网络后重新检测。"
        }
        Refusal::InCall => "您正在通话或有来电振铃，通话结束后再操作。",
        Refusal::NoCall => "您当前没有可操作的通话。",
        Refusal::AlreadyHeld => "通话已经处于保持状态。",
        Refusal::NotHeld => "通话没有处于保持状态。",
        Refusal::NoOffer => "当前没有分配给您的来电，来电可能已被他人接听或已挂断。",
        Refusal::NotInWrapUp => "您不在话后处理状态。",
        Refusal::WrapUpLimit => "话后处理已不能再延长。请先结束话后处理，需要时转为示忙。",
        Refusal::CallKnown => "该通话编号已被使用，请重新拨打。",
        Refusal::GatewayLost => "语音网关暂时不可用。请稍候；若持续出现，请通知系统管理员。",
        Refusal::GatewayDraining => "语音网关即将重启，暂不能呼出。请稍后再拨。",
    }
}
