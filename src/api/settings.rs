//! `/settings`: what the centre changes while the system runs.

use axum::Json;
use axum::extract::State;
use types::Role;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AppState, Body, Problem, SignedIn};
use crate::service::acd_settings::{self, AcdSettings, AcdSettingsChange};
use crate::service::rate_controller::{self, SettingsChange, ShownSettings};

const WATCHERS: &[Role] =
    &[Role::TeamLeader, Role::Supervisor, Role::InspectionOffice, Role::SysAdmin];
const OWNERS: &[Role] = &[Role::Supervisor];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(acd, change_acd)).routes(routes!(control, change_control))
}

/// The distributor's settings
#[utoipa::path(get, path = "/settings/acd", tag = "settings",
    responses((status = 200, body = AcdSettings), (status = 403, body = Problem)))]
async fn acd(State(state): State<AppState>, who: SignedIn) -> Result<Json<AcdSettings>, Problem> {
    who.require(WATCHERS)?;
    Ok(Json(acd_settings::show(&state.ctx).await?))
}

/// Change the distributor's settings
///
/// In force at once; no call is touched.
#[utoipa::path(put, path = "/settings/acd", tag = "settings", request_body = AcdSettingsChange,
    responses((status = 200, body = AcdSettings), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn change_acd(
    State(state): State<AppState>,
    who: SignedIn,
    Body(change): Body<AcdSettingsChange>,
) -> Result<Json<AcdSettings>, Problem> {
    let person = who.require(OWNERS)?;
    Ok(Json(acd_settings::change(&state.ctx, person, change).await?))
}

/// The rate controller's settings
#[utoipa::path(get, path = "/settings/rate-controller", tag = "settings",
    responses((status = 200, body = ShownSettings), (status = 403, body = Problem)))]
async fn control(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<ShownSettings>, Problem> {
    who.require(WATCHERS)?;
    Ok(Json(rate_controller::show_settings(&state.ctx).await?))
}

/// Change the rate controller's settings
#[utoipa::path(put, path = "/settings/rate-controller", tag = "settings",
    request_body = SettingsChange,
    responses((status = 200, body = ShownSettings), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn change_control(
    State(state): State<AppState>,
    who: SignedIn,
    Body(change): Body<SettingsChange>,
) -> Result<Json<ShownSettings>, Problem> {
    let person = who.require(OWNERS)?;
    Ok(Json(rate_controller::change_settings(&state.ctx, person, change).await?))
}
