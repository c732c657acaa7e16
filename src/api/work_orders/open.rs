//! `POST /work-orders`

use ::work_order::Channel;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use types::CallId;
use utoipa::ToSchema;

use crate::api::{AppState, Body, Problem, SignedIn};
use crate::service::work_order::{self, Opening, WorkOrderView};

/// A draft to be opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenRequest {
    channel: Channel,
    /// The call in which it is told; caller and dialled number are taken from it.
    call: Option<CallId>,
}

/// Open a draft
///
/// A second opening for the same call answers with the draft of the first.
#[utoipa::path(
    post, path = "/work-orders", tag = "work order", request_body = OpenRequest,
    responses(
        (status = 201, body = WorkOrderView),
        (status = 403, body = Problem),
        (status = 404, body = Problem, description = "no such call"),
    )
)]
pub(super) async fn open(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    Body(wish): Body<OpenRequest>,
) -> Result<impl IntoResponse, Problem> {
    let call = match wish.call {
        Some(call) => Some(work_order::telling_call(&state.ctx, call).await?),
        None => None,
    };
    let opening = Opening { channel: wish.channel, call };
    let view = work_order::open(&state.ctx, &person, opening).await?;
    Ok((StatusCode::CREATED, super::etag(&view), Json(view)))
}
