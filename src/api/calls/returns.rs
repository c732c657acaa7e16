//! `/missed-call-returns`: who is owed a call, and working that off.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use types::CallId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{AppState, Body, PathParams, Problem, SignedIn};
use crate::service::call::{self, WorkList};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(claim_next))
        .routes(routes!(claim))
        .routes(routes!(release))
        .routes(routes!(dial))
        .routes(routes!(give_up))
}

/// The duty that was taken up.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimedReturn {
    call: CallId,
}

/// The call that has been asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReturnCall {
    call: CallId,
}

/// Why a caller is not called any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveUpRequest {
    note: String,
}

/// Who is owed a call
///
/// Emergencies first, then elderly callers, then who called more than once; in each, who is due first.
#[utoipa::path(get, path = "/missed-call-returns", tag = "calls",
    responses((status = 200, body = WorkList), (status = 403, body = Problem)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
) -> Result<Json<WorkList>, Problem> {
    Ok(Json(call::owed(&state.ctx, &person).await?))
}

/// Take up the most pressing duty
#[utoipa::path(post, path = "/missed-call-returns/claim_next", tag = "calls",
    responses((status = 200, body = ClaimedReturn), (status = 409, body = Problem)))]
async fn claim_next(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
) -> Result<Json<ClaimedReturn>, Problem> {
    let call = call::claim_next(&state.ctx, &person).await?;
    Ok(Json(ClaimedReturn { call }))
}

/// Take up a duty
#[utoipa::path(post, path = "/missed-call-returns/{call}/claim", tag = "calls",
    params(("call" = CallId, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn claim(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    PathParams(call): PathParams<CallId>,
) -> Result<StatusCode, Problem> {
    call::claim(&state.ctx, &person, call).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Leave a duty to others
#[utoipa::path(post, path = "/missed-call-returns/{call}/release", tag = "calls",
    params(("call" = CallId, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn release(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    PathParams(call): PathParams<CallId>,
) -> Result<StatusCode, Problem> {
    call::release(&state.ctx, &person, call).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Call a missed caller back
///
/// Rings my own phone first, then the caller. Only for whoever has taken the duty up, and in daytime.
#[utoipa::path(post, path = "/missed-call-returns/{call}/dial", tag = "calls",
    params(("call" = CallId, Path)),
    responses((status = 202, body = ReturnCall), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn dial(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    PathParams(call): PathParams<CallId>,
) -> Result<(StatusCode, Json<ReturnCall>), Problem> {
    let call = call::dial(&state.ctx, &person, call).await?;
    Ok((StatusCode::ACCEPTED, Json(ReturnCall { call })))
}

/// Give a caller up who was not reached
#[utoipa::path(post, path = "/missed-call-returns/{call}/give_up", tag = "calls",
    params(("call" = CallId, Path)), request_body = GiveUpRequest,
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn give_up(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    PathParams(call): PathParams<CallId>,
    Body(wish): Body<GiveUpRequest>,
) -> Result<StatusCode, Problem> {
    call::give_up(&state.ctx, &person, call, &wish.note).await?;
    Ok(StatusCode::NO_CONTENT)
}
