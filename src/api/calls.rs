//! `/calls`, `/recordings`, `/missed-call-returns`: calls, what is known of a caller, why she waited,
//! recordings, who is owed a call.

mod explanation;
mod recordings;
mod returns;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use types::CallId;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AppState, Body, Params, PathParams, Problem, SignedIn};
use crate::service::call::{self, CallView, CallerView, Listing};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(caller))
        .routes(routes!(note_elder))
        .merge(explanation::routes())
        .merge(recordings::routes())
        .merge(returns::routes())
}

/// Which calls.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CallQuery {
    /// Cursor: the `next` of the page before.
    after: Option<CallId>,
    /// 1 to 100.
    limit: Option<i64>,
    /// `me`: the asking person's alone.
    agent: Option<String>,
}

/// Whether a caller is elderly.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ElderNote {
    elder: bool,
}

/// A page of calls, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallList {
    items: Vec<CallView>,
    next: Option<String>,
}

/// Calls
#[utoipa::path(get, path = "/calls", tag = "calls", params(CallQuery),
    responses((status = 200, body = CallList), (status = 403, body = Problem)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    Params(query): Params<CallQuery>,
) -> Result<Json<CallList>, Problem> {
    let listing = Listing {
        after: query.after,
        limit: query.limit.unwrap_or(50).clamp(1, 100),
        mine: query.agent.as_deref() == Some("me"),
    };
    let (items, next) = call::list(&state.ctx, &person, listing).await?;
    Ok(Json(CallList { items, next: next.map(|next| next.to_string()) }))
}

/// One call
#[utoipa::path(get, path = "/calls/{id}", tag = "calls", params(("id" = CallId, Path)),
    responses((status = 200, body = CallView), (status = 404, body = Problem)))]
async fn show(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    PathParams(id): PathParams<CallId>,
) -> Result<Json<CallView>, Problem> {
    Ok(Json(call::show(&state.ctx, &person, id).await?))
}

/// Who calls
#[utoipa::path(get, path = "/calls/{id}/caller", tag = "calls", params(("id" = CallId, Path)),
    responses((status = 200, body = CallerView), (status = 404, body = Problem)))]
async fn caller(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    PathParams(id): PathParams<CallId>,
) -> Result<Json<CallerView>, Problem> {
    Ok(Json(call::caller_of(&state.ctx, &person, id).await?))
}

/// Note that the caller is elderly
///
/// She is called back before others when a call of hers is missed.
#[utoipa::path(put, path = "/calls/{id}/caller/elder", tag = "calls",
    params(("id" = CallId, Path)), request_body = ElderNote,
    responses((status = 200, body = CallerView), (status = 404, body = Problem)))]
async fn note_elder(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    PathParams(id): PathParams<CallId>,
    Body(note): Body<ElderNote>,
) -> Result<Json<CallerView>, Problem> {
    Ok(Json(call::note_elder(&state.ctx, &person, id, note.elder).await?))
}
