//! `GET /work-orders/{id}`

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use types::WorkOrderId;

use crate::api::{AppState, PathParams, Problem, SignedIn};
use crate::service::work_order::{self, WorkOrderView};

/// One order
///
/// With its history, its running limits and the commands this person may give now.
#[utoipa::path(
    get, path = "/work-orders/{id}", tag = "work order", params(("id" = WorkOrderId, Path)),
    responses((status = 200, body = WorkOrderView), (status = 404, body = Problem))
)]
pub(super) async fn show(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    PathParams(id): PathParams<WorkOrderId>,
) -> Result<impl IntoResponse, Problem> {
    let view = work_order::show(&state.ctx, &person, id).await?;
    Ok((super::etag(&view), Json(view)))
}
