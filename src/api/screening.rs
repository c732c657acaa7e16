//! `/screening`: numbers whose callers hear a prompt instead of an agent.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use types::{Phone, ScreeningId};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AppState, Body, Params, PathParams, Problem, SignedIn};
use crate::service::screening::{self, NewScreening, ScreeningView};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(end)).routes(routes!(review))
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScreeningQuery {
    /// Those alone that nobody has looked at for a week.
    #[serde(default)]
    review_due: bool,
}

/// The screen list, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScreeningList {
    items: Vec<ScreeningView>,
}

/// A number to be screened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScreeningWish {
    number: Phone,
    /// Why; it is evidence.
    reason: String,
    /// A team leader 1 to 24, a supervisor 1 to 720.
    hours: u32,
}

/// What the weekly look at an entry has found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScreeningReview {
    review: String,
}

/// The screen list
#[utoipa::path(get, path = "/screening", tag = "screening", params(ScreeningQuery),
    responses((status = 200, body = ScreeningList), (status = 403, body = Problem)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    Params(query): Params<ScreeningQuery>,
) -> Result<Json<ScreeningList>, Problem> {
    let items = screening::list(&state.ctx, &person, query.review_due).await?;
    Ok(Json(ScreeningList { items }))
}

/// Screen a number for a while
///
/// In place of the entry that it may have. Callers hear a prompt and get to an agent by the emergency key.
#[utoipa::path(post, path = "/screening", tag = "screening", request_body = ScreeningWish,
    responses((status = 201, body = ScreeningView), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn add(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    Body(wish): Body<ScreeningWish>,
) -> Result<(StatusCode, Json<ScreeningView>), Problem> {
    let ScreeningWish { number, reason, hours } = wish;
    let new = NewScreening { number, reason, hours };
    Ok((StatusCode::CREATED, Json(screening::add(&state.ctx, &person, new).await?)))
}

/// Let a number through again
#[utoipa::path(delete, path = "/screening/{id}", tag = "screening", params(("id" = ScreeningId, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn end(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    PathParams(id): PathParams<ScreeningId>,
) -> Result<StatusCode, Problem> {
    screening::end(&state.ctx, &person, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Note the weekly review of an entry
#[utoipa::path(post, path = "/screening/{id}/review", tag = "screening",
    params(("id" = ScreeningId, Path)), request_body = ScreeningReview,
    responses((status = 200, body = ScreeningView), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn review(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    PathParams(id): PathParams<ScreeningId>,
    Body(wish): Body<ScreeningReview>,
) -> Result<Json<ScreeningView>, Problem> {
    Ok(Json(screening::review(&state.ctx, &person, id, &wish.review).await?))
}
