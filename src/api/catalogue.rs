//! `/catalogue`: what forms choose from: categories, units, places, the closed vocabularies.

mod categories;
mod words;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use types::UnitCode;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use work_order::UnitKind;

use super::{AppState, Problem, SignedIn};
use crate::service::county;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(categories::categories))
        .routes(routes!(units))
        .routes(routes!(places))
        .routes(routes!(words::words))
}

/// One handling unit.
#[derive(Serialize, ToSchema)]
pub struct CatalogueUnit {
    code: UnitCode,
    name: String,
    short_name: String,
    kind: UnitKind,
}

/// Units, in order of code.
#[derive(Serialize, ToSchema)]
pub struct CatalogueUnits {
    items: Vec<CatalogueUnit>,
}

/// Handling units
#[utoipa::path(
    get, path = "/catalogue/units", tag = "catalogue",
    responses((status = 200, body = CatalogueUnits))
)]
async fn units(
    State(state): State<AppState>,
    _person: SignedIn,
) -> Result<Json<CatalogueUnits>, Problem> {
    of_kind(&state, |_| true).await
}

/// Towns and subdistricts
///
/// Where something can have happened.
#[utoipa::path(
    get, path = "/catalogue/places", tag = "catalogue",
    responses((status = 200, body = CatalogueUnits))
)]
async fn places(
    State(state): State<AppState>,
    _person: SignedIn,
) -> Result<Json<CatalogueUnits>, Problem> {
    of_kind(&state, |kind| kind == UnitKind::Town).await
}

async fn of_kind(
    state: &AppState,
    wanted: impl Fn(UnitKind) -> bool,
) -> Result<Json<CatalogueUnits>, Problem> {
    let rules = county::rules(&state.ctx).await?;
    let items = rules.units.iter().filter(|unit| wanted(unit.kind));
    let items = items.map(|unit| CatalogueUnit {
        code: unit.code.clone(),
        name: unit.name.clone(),
        short_name: unit.short_name.clone(),
        kind: unit.kind,
    });
    Ok(Json(CatalogueUnits { items: items.collect() }))
}
