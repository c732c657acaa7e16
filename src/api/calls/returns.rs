//! `/missed-call-returns`: who is owed a call.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{AppState, Problem, SignedIn};
use crate::service::call::{self, MissedCallReturnView};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Open duties to call back, in the order in which they are due: urgent, repeated, oldest.
#[derive(Debug, Serialize, ToSchema)]
pub struct MissedCallReturnList {
    items: Vec<MissedCallReturnView>,
}

/// Who is owed a call
#[utoipa::path(get, path = "/missed-call-returns", tag = "calls",
    responses((status = 200, body = MissedCallReturnList), (status = 403, body = Problem)))]
async fn list(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
) -> Result<Json<MissedCallReturnList>, Problem> {
    Ok(Json(MissedCallReturnList { items: call::owed(&state.ctx, &person).await? }))
}
