//! `/supervisor`: the board and its recomputation.

use axum::Json;
use axum::extract::State;
use types::Role;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AppState, Problem, SignedIn};
use crate::service::rates::{self, Board, Recount};

const WATCHERS: &[Role] =
    &[Role::TeamLeader, Role::Supervisor, Role::InspectionOffice, Role::CountyLeader];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(board)).routes(routes!(recount))
}

/// The board
#[utoipa::path(get, path = "/supervisor/board", tag = "supervisor",
    responses((status = 200, body = Board), (status = 403, body = Problem)))]
async fn board(State(state): State<AppState>, who: SignedIn) -> Result<Json<Board>, Problem> {
    who.require(WATCHERS)?;
    Ok(Json(rates::board(&state.ctx).await?))
}

/// The figures counted again from the event tables
#[utoipa::path(get, path = "/supervisor/recount", tag = "supervisor",
    responses((status = 200, body = Recount), (status = 403, body = Problem)))]
async fn recount(State(state): State<AppState>, who: SignedIn) -> Result<Json<Recount>, Problem> {
    who.require(WATCHERS)?;
    Ok(Json(rates::recount(&state.ctx).await?))
}
