//! `/agent/me`, `/agents`: an agent's own state and commands; the leaders' list.

use acd::AgentCommand;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use types::{CallId, Role, WorkOrderId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AppState, Body, Problem, SignedIn};
use crate::service::agent::{self, AgentView, BreakKind, CallPurpose};

/// Who takes calls, or makes them from a softphone.
const AGENTS: &[Role] = &[Role::Agent, Role::TeamLeader, Role::LeaderOnAir, Role::FollowUpClerk];
/// Whom the distributor may ring.
const CALL_TAKERS: &[Role] = &[Role::Agent, Role::TeamLeader, Role::LeaderOnAir];
const LEADERS: &[Role] =
    &[Role::TeamLeader, Role::Supervisor, Role::InspectionOffice, Role::CountyLeader];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(ready))
        .routes(routes!(not_ready))
        .routes(routes!(finish_wrap_up))
        .routes(routes!(extend_wrap_up))
        .routes(routes!(reject_offer))
        .routes(routes!(hang_up))
        .routes(routes!(hold))
        .routes(routes!(retrieve))
        .routes(routes!(report_abuse))
        .routes(routes!(dial))
        .routes(routes!(settings))
        .routes(routes!(list))
}

/// A shift begins.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInAgent {
    /// Her phone answers by itself; null leaves it as it was.
    auto_answer: Option<bool>,
}

/// Why she takes no calls for a while.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotReadyRequest {
    reason: BreakKind,
}

/// What she sets for herself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentSettings {
    auto_answer: bool,
}

/// A call to the petitioner of an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DialRequest {
    work_order: WorkOrderId,
    purpose: CallPurpose,
}

/// The call that has been asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct DialledCall {
    call: CallId,
}

/// Everyone who takes calls.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentList {
    items: Vec<AgentView>,
}

/// My state
#[utoipa::path(get, path = "/agent/me", tag = "agents",
    responses((status = 200, body = AgentView), (status = 403, body = Problem)))]
async fn me(State(state): State<AppState>, who: SignedIn) -> Result<Json<AgentView>, Problem> {
    let person = who.require(AGENTS)?;
    Ok(Json(agent::me(&state.ctx, person).await?))
}

/// Begin my shift
///
/// Not-Ready first; Ready is asked for when the headset is proved.
#[utoipa::path(post, path = "/agent/me/sign_in", tag = "agents", request_body = SignInAgent,
    responses((status = 200, body = AgentView), (status = 403, body = Problem)))]
async fn sign_in(
    State(state): State<AppState>,
    who: SignedIn,
    Body(wish): Body<SignInAgent>,
) -> Result<Json<AgentView>, Problem> {
    let person = who.require(AGENTS)?;
    Ok(Json(agent::sign_in(&state.ctx, person, wish.auto_answer).await?))
}

/// Take calls
#[utoipa::path(post, path = "/agent/me/ready", tag = "agents",
    responses((status = 200, body = AgentView), (status = 403, body = Problem),
        (status = 409, body = Problem)))]
async fn ready(State(state): State<AppState>, who: SignedIn) -> Result<Json<AgentView>, Problem> {
    who.require(CALL_TAKERS)?;
    carry_out(&state, &who, AgentCommand::Ready).await
}

/// Take no calls for a while
#[utoipa::path(post, path = "/agent/me/not_ready", tag = "agents", request_body = NotReadyRequest,
    responses((status = 200, body = AgentView), (status = 409, body = Problem)))]
async fn not_ready(
    State(state): State<AppState>,
    who: SignedIn,
    Body(wish): Body<NotReadyRequest>,
) -> Result<Json<AgentView>, Problem> {
    carry_out(&state, &who, AgentCommand::NotReady { reason: wish.reason.into() }).await
}

/// Call the petitioner of an order
///
/// Rings my own softphone first, then the petitioner; the number is taken from the order.
#[utoipa::path(post, path = "/agent/me/dial", tag = "agents", request_body = DialRequest,
    responses((status = 202, body = DialledCall), (status = 409, body = Problem)))]
async fn dial(
    State(state): State<AppState>,
    who: SignedIn,
    Body(wish): Body<DialRequest>,
) -> Result<(StatusCode, Json<DialledCall>), Problem> {
    let person = who.require(AGENTS)?;
    let call = agent::dial(&state.ctx, person, wish.work_order, wish.purpose).await?;
    Ok((StatusCode::ACCEPTED, Json(DialledCall { call })))
}

/// Change my settings
#[utoipa::path(put, path = "/agent/me/settings", tag = "agents", request_body = AgentSettings,
    responses((status = 200, body = AgentView), (status = 403, body = Problem)))]
async fn settings(
    State(state): State<AppState>,
    who: SignedIn,
    Body(wish): Body<AgentSettings>,
) -> Result<Json<AgentView>, Problem> {
    let person = who.require(AGENTS)?;
    Ok(Json(agent::set_auto_answer(&state.ctx, person, wish.auto_answer).await?))
}

/// All agents
#[utoipa::path(get, path = "/agents", tag = "agents",
    responses((status = 200, body = AgentList), (status = 403, body = Problem)))]
async fn list(State(state): State<AppState>, who: SignedIn) -> Result<Json<AgentList>, Problem> {
    who.require(LEADERS)?;
    Ok(Json(AgentList { items: agent::all(&state.ctx).await? }))
}

macro_rules! plain_command {
    ($name:ident, $path:literal, $command:expr, $summary:literal) => {
        #[doc = $summary]
        #[utoipa::path(post, path = $path, tag = "agents",
                    responses((status = 200, body = AgentView), (status = 409, body = Problem)))]
        async fn $name(
            State(state): State<AppState>,
            who: SignedIn,
        ) -> Result<Json<AgentView>, Problem> {
            carry_out(&state, &who, $command).await
        }
    };
}

plain_command!(sign_out, "/agent/me/sign_out", AgentCommand::SignOut, "End my shift");
plain_command!(
    finish_wrap_up,
    "/agent/me/finish_wrap_up",
    AgentCommand::FinishWrapUp,
    "My record is finished"
);
plain_command!(
    extend_wrap_up,
    "/agent/me/extend_wrap_up",
    AgentCommand::ExtendWrapUp,
    "My record takes longer"
);
plain_command!(
    reject_offer,
    "/agent/me/reject_offer",
    AgentCommand::RejectOffer,
    "Give the ringing call to somebody else"
);
plain_command!(hang_up, "/agent/me/hang_up", AgentCommand::HangUp, "End my call");
plain_command!(hold, "/agent/me/hold", AgentCommand::Hold, "Let the citizen hear music");
plain_command!(retrieve, "/agent/me/retrieve", AgentCommand::Retrieve, "Talk on");
plain_command!(
    report_abuse,
    "/agent/me/report_abuse",
    AgentCommand::ReportAbuse,
    "My caller abuses me, or did in the call I wrap up: a break follows the wrap-up"
);

async fn carry_out(
    state: &AppState,
    who: &SignedIn,
    command: AgentCommand,
) -> Result<Json<AgentView>, Problem> {
    let person = who.require(AGENTS)?;
    Ok(Json(agent::command(&state.ctx, person, command).await?))
}
