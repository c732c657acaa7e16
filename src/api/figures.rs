//! `/figures`: the indicators of calls, what was shown of them, corrections, exclusion events, dial tests.

mod exclusions;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use types::{Role, ShownFiguresId, Timestamp};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AppState, Body, Params, PathParams, Problem, SignedIn, Source};
use crate::service::figures::{
    self, CorrectionView, DialFindings, FiguresView, HandedIn, Question, ShownList, ShownView,
    Slice, Span,
};

const WATCHERS: &[Role] =
    &[Role::TeamLeader, Role::Supervisor, Role::InspectionOffice, Role::CountyLeader];
/// Who tests the hotline from outside: nobody of the house that is tested (K4).
const INSPECTORS: &[Role] = &[Role::InspectionOffice];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(look))
        .routes(routes!(export))
        .routes(routes!(list_shown))
        .routes(routes!(show_again))
        .routes(routes!(corrections))
        .routes(routes!(hand_in))
        .merge(exclusions::routes())
}

/// Of which span, in what parts, by which reading.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FiguresQuery {
    /// Calls that rang at this instant or later.
    from: Timestamp,
    /// And before this one; at most 92 days later, 31 by half-hours.
    until: Timestamp,
    #[serde(default)]
    slice: Slice,
    /// `strict national national_in_time seed seed_in_time within30 cisco_negative cisco_ignore
    /// cisco_positive asterisk asterisk_with_abandons`.
    #[param(value_type = Option<String>)]
    reading: Option<::figures::Reading>,
    /// As they were: the event number that was shown with them; `at` goes with it.
    event_number: Option<String>,
    at: Option<Timestamp>,
}

impl FiguresQuery {
    fn question(self) -> Result<Question, Problem> {
        let reading = self.reading.unwrap_or(::figures::Reading::Strict);
        let Self { from, until, slice, event_number, at, .. } = self;
        Ok(Question::new(&Span { from, until, event_number, at }, slice, reading)?)
    }
}

/// Exactly which span.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SpanQuery {
    from: Timestamp,
    until: Timestamp,
}

/// In what parts, by which reading.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SliceQuery {
    #[serde(default)]
    slice: Slice,
    #[param(value_type = Option<String>)]
    reading: Option<::figures::Reading>,
}

/// Corrections of one span, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CorrectionList {
    items: Vec<CorrectionView>,
}

/// The figures of a span
///
/// As of now, up to a minute old (`as_of` tells), or as of the event number given. Those of a span that is
/// over are kept with their event number.
#[utoipa::path(get, path = "/figures", tag = "figures", params(FiguresQuery),
    responses((status = 200, body = FiguresView), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn look(
    State(state): State<AppState>,
    who: SignedIn,
    Params(query): Params<FiguresQuery>,
) -> Result<Json<FiguresView>, Problem> {
    let person = who.require(WATCHERS)?;
    Ok(Json(figures::look(&state.ctx, person, &query.question()?).await?))
}

/// The figures of a span as a CSV file
///
/// With their names and formulas in Chinese. Kept with its event number; on the audit trail.
#[utoipa::path(get, path = "/figures/export", tag = "figures", params(FiguresQuery),
    responses((status = 200, content_type = "text/csv"), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn export(
    State(state): State<AppState>,
    who: SignedIn,
    source: Source,
    Params(query): Params<FiguresQuery>,
) -> Result<Response, Problem> {
    let person = who.require(WATCHERS)?;
    let question = query.question()?;
    let file = figures::export(&state.ctx, person, &source.0, &question).await?;
    let mut response = file.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let disposition = format!("attachment; filename=\"{}\"", file.file_name);
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// What was shown of a span, newest first
#[utoipa::path(get, path = "/figures/shown", tag = "figures", params(SpanQuery),
    responses((status = 200, body = ShownList), (status = 403, body = Problem)))]
async fn list_shown(
    State(state): State<AppState>,
    who: SignedIn,
    Params(span): Params<SpanQuery>,
) -> Result<Json<ShownList>, Problem> {
    who.require(WATCHERS)?;
    Ok(Json(figures::shown(&state.ctx, span.from, span.until).await?))
}

/// What was shown once, computed again at its event number
#[utoipa::path(get, path = "/figures/shown/{id}", tag = "figures",
    params(("id" = ShownFiguresId, Path), SliceQuery),
    responses((status = 200, body = ShownView), (status = 404, body = Problem)))]
async fn show_again(
    State(state): State<AppState>,
    who: SignedIn,
    PathParams(id): PathParams<ShownFiguresId>,
    Params(query): Params<SliceQuery>,
) -> Result<Json<ShownView>, Problem> {
    who.require(WATCHERS)?;
    let reading = query.reading.unwrap_or(::figures::Reading::Strict);
    Ok(Json(figures::shown_again(&state.ctx, id, query.slice, reading).await?))
}

/// What has changed since the figures of a span were shown
#[utoipa::path(get, path = "/figures/corrections", tag = "figures", params(SpanQuery),
    responses((status = 200, body = CorrectionList), (status = 403, body = Problem)))]
async fn corrections(
    State(state): State<AppState>,
    who: SignedIn,
    Params(span): Params<SpanQuery>,
) -> Result<Json<CorrectionList>, Problem> {
    who.require(WATCHERS)?;
    let items = figures::corrections(&state.ctx, span.from, span.until).await?;
    Ok(Json(CorrectionList { items }))
}

/// Hand in the findings of a dial test (K4)
#[utoipa::path(post, path = "/figures/dial-tests", tag = "figures", request_body = DialFindings,
    responses((status = 200, body = HandedIn), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn hand_in(
    State(state): State<AppState>,
    who: SignedIn,
    source: Source,
    Body(findings): Body<DialFindings>,
) -> Result<Json<HandedIn>, Problem> {
    let person = who.require(INSPECTORS)?;
    Ok(Json(figures::hand_in(&state.ctx, person, &source.0, findings).await?))
}
