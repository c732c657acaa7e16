//! `/calls/{id}/explanation`: why a caller waited so long, for those who answer for it.

use axum::Json;
use axum::extract::State;
use types::{CallId, Role};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{AppState, PathParams, Problem, SignedIn};
use crate::service::call::{self, Explanation};

/// Leaders of the floor, of the centre, of the county.
const LEADERS: &[Role] =
    &[Role::TeamLeader, Role::Supervisor, Role::InspectionOffice, Role::CountyLeader];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Why a caller waited
///
/// Every step from the ring to the answer or to the caller's end, in order of time.
#[utoipa::path(get, path = "/calls/{id}/explanation", tag = "calls",
    params(("id" = CallId, Path)),
    responses((status = 200, body = Explanation), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn show(
    State(state): State<AppState>,
    who: SignedIn,
    PathParams(id): PathParams<CallId>,
) -> Result<Json<Explanation>, Problem> {
    who.require(LEADERS)?;
    Ok(Json(call::explain(&state.ctx, id).await?))
}
