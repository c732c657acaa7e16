//! A day's plan, its events, what changes would bring, how far off forecasts were.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{PLANNERS, SUPERVISORS, WATCHERS};
use crate::api::{AppState, Body, Params, PathParams, Problem, SignedIn, Source};
use crate::config::Staffing;
use crate::service::staffing::{
    self, Day, DayPlanView, Days, EventDayView, EventWord, ForecastErrors, InForce, NewEventDay,
    WhatIfView, WhatIfWish,
};

/// Longest run of days of one reply.
const DAYS_MAX: i64 = 366;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(day_plan))
        .routes(routes!(what_if))
        .routes(routes!(forecast_errors))
        .routes(routes!(events))
        .routes(routes!(note_event, withdraw_event))
        .routes(routes!(standard, set_standard))
}

/// Which days, both inside.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DaysQuery {
    #[param(value_type = String)]
    first: Day,
    #[param(value_type = String)]
    last: Day,
}

/// Events that bring more calls.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventDayList {
    items: Vec<EventDayView>,
}

/// What rosters are measured by.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffingStandard {
    standard: Staffing,
    /// The version that was seen; 0: never changed.
    version: i64,
}

/// A day beside its plan
///
/// Forecast, what came, requirement and roster by half-hour.
#[utoipa::path(get, path = "/staffing/days/{day}", tag = "staffing",
    params(("day" = String, Path, description = "2026-02-13")),
    responses((status = 200, body = DayPlanView), (status = 403, body = Problem)))]
async fn day_plan(
    State(state): State<AppState>,
    who: SignedIn,
    PathParams(day): PathParams<Day>,
) -> Result<Json<DayPlanView>, Problem> {
    who.require(WATCHERS)?;
    Ok(Json(staffing::day_plan(&state.ctx, day).await?))
}

/// What would a change bring
///
/// Nothing is changed by asking.
#[utoipa::path(post, path = "/staffing/what-if", tag = "staffing", request_body = WhatIfWish,
    responses((status = 200, body = WhatIfView), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn what_if(
    State(state): State<AppState>,
    who: SignedIn,
    Body(wish): Body<WhatIfWish>,
) -> Result<Json<WhatIfView>, Problem> {
    who.require(WATCHERS)?;
    Ok(Json(staffing::what_if(&state.ctx, wish).await?))
}

/// How far off forecasts were
#[utoipa::path(get, path = "/staffing/forecast-errors", tag = "staffing", params(DaysQuery),
    responses((status = 200, body = ForecastErrors), (status = 422, body = Problem)))]
async fn forecast_errors(
    State(state): State<AppState>,
    who: SignedIn,
    Params(query): Params<DaysQuery>,
) -> Result<Json<ForecastErrors>, Problem> {
    who.require(WATCHERS)?;
    let days = Days::new(query.first, query.last, DAYS_MAX)?;
    Ok(Json(staffing::errors(&state.ctx, days).await?))
}

/// Events that bring more calls
#[utoipa::path(get, path = "/staffing/events", tag = "staffing", params(DaysQuery),
    responses((status = 200, body = EventDayList), (status = 422, body = Problem)))]
async fn events(
    State(state): State<AppState>,
    who: SignedIn,
    Params(query): Params<DaysQuery>,
) -> Result<Json<EventDayList>, Problem> {
    who.require(WATCHERS)?;
    let days = Days::new(query.first, query.last, DAYS_MAX)?;
    Ok(Json(EventDayList { items: staffing::events(&state.ctx, days).await? }))
}

/// Note an event
///
/// The forecast of a day that is not over is made anew.
#[utoipa::path(put, path = "/staffing/events/{day}/{kind}", tag = "staffing",
    params(("day" = String, Path), ("kind" = EventWord, Path)), request_body = NewEventDay,
    responses((status = 204), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn note_event(
    State(state): State<AppState>,
    who: SignedIn,
    source: Source,
    PathParams(event): PathParams<(Day, EventWord)>,
    Body(new): Body<NewEventDay>,
) -> Result<StatusCode, Problem> {
    let person = who.require(PLANNERS)?;
    staffing::note_event(&state.ctx, person, &source.0, event, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take an event back
#[utoipa::path(delete, path = "/staffing/events/{day}/{kind}", tag = "staffing",
    params(("day" = String, Path), ("kind" = EventWord, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn withdraw_event(
    State(state): State<AppState>,
    who: SignedIn,
    source: Source,
    PathParams(event): PathParams<(Day, EventWord)>,
) -> Result<StatusCode, Problem> {
    let person = who.require(PLANNERS)?;
    staffing::withdraw_event(&state.ctx, person, &source.0, event).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Targets and shrinkage
#[utoipa::path(get, path = "/staffing/standard", tag = "staffing",
    responses((status = 200, body = StaffingStandard), (status = 403, body = Problem)))]
async fn standard(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<StaffingStandard>, Problem> {
    who.require(WATCHERS)?;
    let InForce { staffing, version } = staffing::in_force(&state.ctx).await?;
    Ok(Json(StaffingStandard { standard: staffing, version }))
}

/// Set targets and shrinkage
///
/// Holds from the next request on.
#[utoipa::path(put, path = "/staffing/standard", tag = "staffing", request_body = StaffingStandard,
    responses((status = 200, body = StaffingStandard), (status = 403, body = Problem),
        (status = 412, body = Problem), (status = 422, body = Problem)))]
async fn set_standard(
    State(state): State<AppState>,
    who: SignedIn,
    source: Source,
    Body(wish): Body<StaffingStandard>,
) -> Result<Json<StaffingStandard>, Problem> {
    let person = who.require(SUPERVISORS)?;
    let new = InForce { staffing: wish.standard, version: wish.version };
    let InForce { staffing, version } =
        staffing::set_standard(&state.ctx, person, &source.0, new).await?;
    Ok(Json(StaffingStandard { standard: staffing, version }))
}
