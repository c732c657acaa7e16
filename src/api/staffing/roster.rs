//! Shifts, the roster of a week, meals, holiday duty, adherence.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{PLANNERS, WATCHERS};
use crate::api::{AppState, Body, Params, PathParams, Problem, SignedIn, Source};
use crate::service::staffing::{
    self, AdherenceView, Day, Days, HolidayTurn, RosterView, RosterWish, ShiftView, ShiftWish,
};

/// Longest run of days that turns are proposed for.
const TURNS_DAYS_MAX: i64 = 366;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(week, set_roster))
        .routes(routes!(stagger))
        .routes(routes!(shifts))
        .routes(routes!(put_shift))
        .routes(routes!(holiday_turns))
        .routes(routes!(adherence))
}

/// Which week.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WeekQuery {
    /// Any day of it.
    #[param(value_type = String)]
    day: Day,
}

/// Entries to change, all or none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RosterWishes {
    entries: Vec<RosterWish>,
}

/// Meals that were laid one after another.
#[derive(Debug, Serialize, ToSchema)]
pub struct Staggered {
    /// Meals that found no room in a shift.
    without_meal: usize,
}

/// All patterns of work.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShiftList {
    items: Vec<ShiftView>,
}

/// Which holidays, and how many shall work on each.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TurnsQuery {
    #[param(value_type = String)]
    first: Day,
    #[param(value_type = String)]
    last: Day,
    agents: u32,
}

/// Who works on which holiday.
#[derive(Debug, Serialize, ToSchema)]
pub struct HolidayTurns {
    items: Vec<HolidayTurn>,
}

/// The roster of a week
#[utoipa::path(get, path = "/staffing/roster", tag = "staffing", params(WeekQuery),
    responses((status = 200, body = RosterView), (status = 403, body = Problem)))]
async fn week(
    State(state): State<AppState>,
    who: SignedIn,
    Params(query): Params<WeekQuery>,
) -> Result<Json<RosterView>, Problem> {
    who.require(WATCHERS)?;
    Ok(Json(staffing::week(&state.ctx, query.day).await?))
}

/// Change the roster
///
/// An entry that is no longer what was seen refuses all of them (412).
#[utoipa::path(put, path = "/staffing/roster", tag = "staffing", request_body = RosterWishes,
    responses((status = 204), (status = 403, body = Problem), (status = 412, body = Problem),
        (status = 422, body = Problem)))]
async fn set_roster(
    State(state): State<AppState>,
    who: SignedIn,
    source: Source,
    Body(wishes): Body<RosterWishes>,
) -> Result<StatusCode, Problem> {
    let person = who.require(PLANNERS)?;
    staffing::set_roster(&state.ctx, person, &source.0, &wishes.entries).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lay the meals of a day one after another
#[utoipa::path(post, path = "/staffing/days/{day}/meals", tag = "staffing",
    params(("day" = String, Path)),
    responses((status = 200, body = Staggered), (status = 403, body = Problem)))]
async fn stagger(
    State(state): State<AppState>,
    who: SignedIn,
    source: Source,
    PathParams(day): PathParams<Day>,
) -> Result<Json<Staggered>, Problem> {
    let person = who.require(PLANNERS)?;
    let without_meal = staffing::stagger(&state.ctx, person, &source.0, day).await?;
    Ok(Json(Staggered { without_meal }))
}

/// Patterns of work
#[utoipa::path(get, path = "/staffing/shifts", tag = "staffing",
    responses((status = 200, body = ShiftList), (status = 403, body = Problem)))]
async fn shifts(State(state): State<AppState>, who: SignedIn) -> Result<Json<ShiftList>, Problem> {
    who.require(WATCHERS)?;
    Ok(Json(ShiftList { items: staffing::shifts(&state.ctx).await? }))
}

/// Set a pattern of work
#[utoipa::path(put, path = "/staffing/shifts/{code}", tag = "staffing",
    params(("code" = String, Path)), request_body = ShiftWish,
    responses((status = 200, body = ShiftView), (status = 403, body = Problem),
        (status = 412, body = Problem), (status = 422, body = Problem)))]
async fn put_shift(
    State(state): State<AppState>,
    who: SignedIn,
    source: Source,
    PathParams(code): PathParams<String>,
    Body(wish): Body<ShiftWish>,
) -> Result<Json<ShiftView>, Problem> {
    let person = who.require(PLANNERS)?;
    Ok(Json(staffing::put_shift(&state.ctx, person, &source.0, &code, wish).await?))
}

/// Whose turn it is on public holidays
///
/// A proposal: those who worked on the fewest of the last year.
#[utoipa::path(get, path = "/staffing/holiday-turns", tag = "staffing", params(TurnsQuery),
    responses((status = 200, body = HolidayTurns), (status = 422, body = Problem)))]
async fn holiday_turns(
    State(state): State<AppState>,
    who: SignedIn,
    Params(query): Params<TurnsQuery>,
) -> Result<Json<HolidayTurns>, Problem> {
    who.require(PLANNERS)?;
    let days = Days::new(query.first, query.last, TURNS_DAYS_MAX)?;
    let items = staffing::holiday_turns(&state.ctx, days, query.agents).await?;
    Ok(Json(HolidayTurns { items }))
}

/// Who kept to the roster
#[utoipa::path(get, path = "/staffing/adherence/{day}", tag = "staffing",
    params(("day" = String, Path)),
    responses((status = 200, body = AdherenceView), (status = 403, body = Problem)))]
async fn adherence(
    State(state): State<AppState>,
    who: SignedIn,
    PathParams(day): PathParams<Day>,
) -> Result<Json<AdherenceView>, Problem> {
    who.require(WATCHERS)?;
    Ok(Json(staffing::adherence(&state.ctx, day).await?))
}
