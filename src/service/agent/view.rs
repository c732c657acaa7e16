//! What pages see of an agent.

use acd::{AgentStateName, NotReadyReason};
use gateway_protocol::DeviceKind;
use serde::Serialize;
use types::{AgentId, CallId, LegId, SkillCode, Timestamp};
use utoipa::ToSchema;

use super::directory::AgentName;
use crate::acd_host::{Floor, HeadsetCheck};
use crate::service::call::CallView;
use crate::service::call::fold::{word, word_of_tagged};
use crate::service::session::Person;
use crate::service::{Context, ServiceError, call};

/// An agent as pages see her.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AgentView {
    pub agent: AgentId,
    pub username: String,
    pub display_name: String,
    pub state: AgentState,
    pub auto_answer: bool,
    pub skills: Vec<SkillCode>,
    /// Rings only for calls that wait long.
    pub reserve: bool,
    pub device: DeviceView,
    pub current_call: Option<CallView>,
}

/// The state she is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentState {
    /// `offline not_ready ready ringing talking wrap_up outbound`
    pub name: &'static str,
    pub since: Timestamp,
    /// Why she is not ready: `signed_in busy break meal training meeting no_answer warned
    /// device_failed device_lost not_proved microphone_silent no_media micro_break`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegId>,
    /// End of a wrap-up or of a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// `line_lost`: nothing comes from her phone, the other side hears music and waits for her. Else of a
    /// call of hers outward: `own_phone dialling connecting talking`; of a talk: `held`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
}

/// Her phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeviceView {
    pub registered: bool,
    /// `browser`, `desk_phone`; null while none is registered.
    pub kind: Option<String>,
    pub proved_at: Option<Timestamp>,
    pub problem: Option<DeviceProblem>,
}

/// Why her phone cannot take calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceProblem {
    NoRegistration,
    NotProved,
    MicrophoneSilent,
    NoMedia,
}

/// The person herself.
///
/// # Errors
/// [`ServiceError::Away`] where this node runs no distributor.
pub async fn me(ctx: &Context, person: &Person) -> Result<AgentView, ServiceError> {
    let floor = ctx.floor()?;
    let name = AgentName {
        id: person.user_id.into(),
        name: person.display_name.clone(),
        username: person.username.clone(),
        staff_no: String::new(),
        neighbour: false,
    };
    Ok(view(ctx, &floor.handle.floor(), name).await)
}

/// Everyone who takes calls, signed in or not.
///
/// # Errors
/// [`ServiceError`].
pub async fn all(ctx: &Context) -> Result<Vec<AgentView>, ServiceError> {
    let floor = ctx.floor()?.handle.floor();
    let mut views = Vec::new();
    for name in ctx.directory.agents(ctx).await? {
        views.push(view(ctx, &floor, name).await);
    }
    Ok(views)
}

/// An agent on `floor`.
pub async fn view(ctx: &Context, floor: &Floor, name: AgentName) -> AgentView {
    let agent = name.id;
    let seen = floor.agent(agent);
    let current = seen.and_then(|seen| seen.call);
    let current_call = match current {
        Some(id) => call::current(ctx, id).await,
        None => None,
    };
    AgentView {
        agent,
        username: name.username,
        display_name: name.name,
        state: state_of(floor, agent),
        auto_answer: seen.is_some_and(|seen| seen.auto_answer),
        skills: seen.map(|seen| seen.skills.iter().cloned().collect()).unwrap_or_default(),
        reserve: seen.is_some_and(|seen| seen.reserve),
        device: device_of(floor, agent),
        current_call,
    }
}

fn state_of(floor: &Floor, agent: AgentId) -> AgentState {
    let offline = AgentState {
        name: "offline",
        since: floor.view.now,
        reason: None,
        call: None,
        leg: None,
        until: None,
        phase: None,
    };
    let Some(seen) = floor.agent(agent) else { return offline };
    AgentState {
        name: state_name(&seen.state),
        since: seen.since,
        reason: reason_of(&seen.state),
        call: seen.call,
        leg: seen.leg,
        until: seen.until,
        phase: phase_of(floor, agent),
    }
}

/// The page's word for a state.
pub(crate) const fn state_name(state: &AgentStateName) -> &'static str {
    match state {
        AgentStateName::SignedOut => "offline",
        AgentStateName::NotReady { .. } | AgentStateName::Warned => "not_ready",
        AgentStateName::Ready => "ready",
        AgentStateName::Offered => "ringing",
        AgentStateName::Talking => "talking",
        AgentStateName::Outbound => "outbound",
        AgentStateName::WrapUp => "wrap_up",
    }
}

fn reason_of(state: &AgentStateName) -> Option<String> {
    match state {
        AgentStateName::NotReady {
            reason: NotReadyReason::Break { kind: acd::BreakReason::Rest },
        } => Some("break".to_owned()),
        AgentStateName::NotReady { reason: NotReadyReason::Break { kind } } => Some(word(kind)),
        AgentStateName::NotReady { reason } => Some(word_of_tagged(reason, "reason")),
        AgentStateName::Warned => Some("warned".to_owned()),
        _ => None,
    }
}

fn phase_of(floor: &Floor, agent: AgentId) -> Option<String> {
    if floor.agent(agent)?.media_lost {
        return Some("line_lost".to_owned());
    }
    let outbound = floor.view.outbound.iter().find(|call| call.agent == agent);
    if let Some(call) = outbound {
        return Some(word(&call.stage));
    }
    let talking = floor.view.talking.iter().find(|call| call.agent == agent)?;
    talking.held.then(|| "held".to_owned())
}

fn device_of(floor: &Floor, agent: AgentId) -> DeviceView {
    let Some(face) = floor.device(agent) else {
        return DeviceView {
            registered: false,
            kind: None,
            proved_at: None,
            problem: Some(DeviceProblem::NoRegistration),
        };
    };
    let kind = match face.kind {
        DeviceKind::Browser => "browser",
        DeviceKind::DeskPhone => "desk_phone",
    };
    DeviceView {
        registered: true,
        kind: Some(kind.to_owned()),
        proved_at: face.proved_at(),
        problem: problem_of(floor, agent, face.check),
    }
}

fn problem_of(floor: &Floor, agent: AgentId, check: HeadsetCheck) -> Option<DeviceProblem> {
    let reachable = floor.agent(agent).is_some_and(|seen| seen.reachable);
    match check {
        HeadsetCheck::MicrophoneSilent => Some(DeviceProblem::MicrophoneSilent),
        HeadsetCheck::NoMedia => Some(DeviceProblem::NoMedia),
        HeadsetCheck::Proved { .. } | HeadsetCheck::None if reachable => None,
        HeadsetCheck::Proved { .. } | HeadsetCheck::None => Some(DeviceProblem::NotProved),
    }
}
