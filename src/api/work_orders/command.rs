//! `POST /work-orders/{id}/commands`

use ::work_order::Command;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use types::WorkOrderId;

use crate::api::{AppState, Body, PathParams, Problem, SignedIn};
use crate::service::work_order::{self, WorkOrderView};

/// Change an order
///
/// One command of the order's life, tagged by `type`. `If-Match` names the version the client has seen.
#[utoipa::path(
    post, path = "/work-orders/{id}/commands", tag = "work order", request_body = Command,
    params(("id" = WorkOrderId, Path), ("If-Match" = Option<String>, Header)),
    responses(
        (status = 200, body = WorkOrderView),
        (status = 403, body = Problem, description = "role or unit"),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "refused; `code` is the reason"),
        (status = 412, body = Problem, description = "someone was faster"),
    )
)]
pub(super) async fn command(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    PathParams(id): PathParams<WorkOrderId>,
    headers: HeaderMap,
    Body(command): Body<Command>,
) -> Result<impl IntoResponse, Problem> {
    let seen = super::seen_version(&headers)?;
    let view = work_order::command(&state.ctx, &person, id, seen, command).await?;
    Ok((super::etag(&view), Json(view)))
}
