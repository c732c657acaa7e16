//! `/rate-controller`: how the rates stand, the levers, a person's word about them.

use axum::Json;
use axum::extract::State;
use rate_controller::LeverId;
use types::Role;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AppState, Body, PathParams, Problem, SignedIn};
use crate::service::rate_controller::{self as control, Control, LeverWord, ModeChange};

const WATCHERS: &[Role] =
    &[Role::TeamLeader, Role::Supervisor, Role::InspectionOffice, Role::CountyLeader];
/// Whose word about a lever counts.
const DECIDERS: &[Role] = &[Role::TeamLeader, Role::Supervisor];
/// Who says how much the controller may do by itself.
const OWNERS: &[Role] = &[Role::Supervisor];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(pull))
        .routes(routes!(undo))
        .routes(routes!(decline))
        .routes(routes!(mode))
}

/// How the rates stand and what is done about them
#[utoipa::path(get, path = "/rate-controller", tag = "supervisor",
    responses((status = 200, body = Control), (status = 403, body = Problem),
        (status = 503, body = Problem)))]
async fn show(State(state): State<AppState>, who: SignedIn) -> Result<Json<Control>, Problem> {
    who.require(WATCHERS)?;
    Ok(Json(control::show(&state.ctx).await?))
}

/// Pull a lever
#[utoipa::path(post, path = "/rate-controller/levers/{lever}/pull", tag = "supervisor",
    params(("lever" = String, Path, description = "`shorten_wrap_up suspend_training call_up_reserve offer_callback surge_announcement`")),
    responses((status = 200, body = Control), (status = 403, body = Problem),
        (status = 409, body = Problem)))]
async fn pull(
    State(state): State<AppState>,
    who: SignedIn,
    PathParams(lever): PathParams<LeverId>,
) -> Result<Json<Control>, Problem> {
    decide(&state, &who, lever, LeverWord::Pull).await
}

/// Undo a lever
#[utoipa::path(post, path = "/rate-controller/levers/{lever}/undo", tag = "supervisor",
    params(("lever" = String, Path)),
    responses((status = 200, body = Control), (status = 403, body = Problem),
        (status = 409, body = Problem)))]
async fn undo(
    State(state): State<AppState>,
    who: SignedIn,
    PathParams(lever): PathParams<LeverId>,
) -> Result<Json<Control>, Problem> {
    decide(&state, &who, lever, LeverWord::Undo).await
}

/// Not follow an advice
#[utoipa::path(post, path = "/rate-controller/levers/{lever}/decline", tag = "supervisor",
    params(("lever" = String, Path)),
    responses((status = 200, body = Control), (status = 403, body = Problem),
        (status = 409, body = Problem)))]
async fn decline(
    State(state): State<AppState>,
    who: SignedIn,
    PathParams(lever): PathParams<LeverId>,
) -> Result<Json<Control>, Problem> {
    decide(&state, &who, lever, LeverWord::Decline).await
}

/// Say who decides about a lever
#[utoipa::path(put, path = "/rate-controller/levers/{lever}/mode", tag = "supervisor",
    params(("lever" = String, Path)), request_body = ModeChange,
    responses((status = 200, body = Control), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn mode(
    State(state): State<AppState>,
    who: SignedIn,
    PathParams(lever): PathParams<LeverId>,
    Body(change): Body<ModeChange>,
) -> Result<Json<Control>, Problem> {
    let person = who.require(OWNERS)?;
    Ok(Json(control::set_mode(&state.ctx, person, lever, change).await?))
}

async fn decide(
    state: &AppState,
    who: &SignedIn,
    lever: LeverId,
    word: LeverWord,
) -> Result<Json<Control>, Problem> {
    let person = who.require(DECIDERS)?;
    Ok(Json(control::decide(&state.ctx, person, lever, word).await?))
}
