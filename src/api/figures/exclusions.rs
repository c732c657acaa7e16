//! `/figures/exclusions`: proposals by one person, signatures of another.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use types::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::WATCHERS;
use crate::api::{AppState, Body, PathParams, Problem, SignedIn, Source};
use crate::service::figures::{self, ExclusionKindName, ExclusionView, Proposal};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, propose))
        .routes(routes!(approve))
        .routes(routes!(revoke))
}

/// Every exclusion event, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExclusionList {
    items: Vec<ExclusionView>,
}

/// A span whose calls somebody wants left out of a second, marked figure.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExclusionProposal {
    kind: ExclusionKindName,
    /// What happened, 1 to 500 characters.
    what: String,
    from: Timestamp,
    /// At most 31 days later.
    until: Timestamp,
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExclusionRevocation {
    /// 1 to 500 characters.
    note: String,
}

/// All exclusion events
#[utoipa::path(get, path = "/figures/exclusions", tag = "figures",
    responses((status = 200, body = ExclusionList), (status = 403, body = Problem)))]
async fn list(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<ExclusionList>, Problem> {
    let person = who.require(WATCHERS)?;
    Ok(Json(ExclusionList { items: figures::exclusions(&state.ctx, person).await? }))
}

/// Propose an exclusion event
#[utoipa::path(post, path = "/figures/exclusions", tag = "figures",
    request_body = ExclusionProposal,
    responses((status = 201, body = ExclusionView), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn propose(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    source: Source,
    Body(wish): Body<ExclusionProposal>,
) -> Result<(StatusCode, Json<ExclusionView>), Problem> {
    let ExclusionProposal { kind, what, from, until } = wish;
    let proposal = Proposal { kind, what, from, until };
    let view = figures::propose(&state.ctx, &person, &source.0, proposal).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Approve an exclusion event that somebody else has proposed
#[utoipa::path(post, path = "/figures/exclusions/{number}/approve", tag = "figures",
    params(("number" = u64, Path)),
    responses((status = 200, body = ExclusionView), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn approve(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    source: Source,
    PathParams(number): PathParams<u64>,
) -> Result<Json<ExclusionView>, Problem> {
    Ok(Json(figures::approve(&state.ctx, &person, &source.0, number).await?))
}

/// Reject a proposal, or revoke an approval
#[utoipa::path(post, path = "/figures/exclusions/{number}/reject", tag = "figures",
    params(("number" = u64, Path)), request_body = ExclusionRevocation,
    responses((status = 200, body = ExclusionView), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn revoke(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    source: Source,
    PathParams(number): PathParams<u64>,
    Body(wish): Body<ExclusionRevocation>,
) -> Result<Json<ExclusionView>, Problem> {
    Ok(Json(figures::revoke(&state.ctx, &person, &source.0, number, &wish.note).await?))
}
