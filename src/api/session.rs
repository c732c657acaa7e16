//! `/session`: signing in, who one is, signing out.

use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use types::{CentreId, Timestamp, UnitCode, UserId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use work_order::Role;

use super::auth::set_cookie;
use super::{AppState, Body, Problem, Scheme, SignedIn, Source};
use crate::service::session::{self, Person, SignIn};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(sign_in, show, sign_out))
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    username: String,
    password: String,
}

/// The unit a person belongs to.
#[derive(Serialize, ToSchema)]
pub struct UnitView {
    pub code: UnitCode,
    pub name: String,
}

/// The centre a person works for.
#[derive(Serialize, ToSchema)]
pub struct CentreView {
    pub id: CentreId,
    pub name: String,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    pub user_id: UserId,
    pub username: String,
    pub display_name: String,
    pub roles: Vec<Role>,
    pub unit: Option<UnitView>,
    /// The pages this person may open; the first is hers.
    pub pages: Vec<&'static str>,
    pub centre: CentreView,
    /// Business time: working days and due times go by it.
    pub business_now: Timestamp,
    /// Business time is not the wall clock's: a test build.
    pub test_clock: bool,
}

/// Sign in
///
/// Sets the session cookie. Five wrong passwords lock name and source out for a while.
#[utoipa::path(
    post, path = "/session", tag = "session", request_body = SignInRequest,
    responses(
        (status = 200, body = SessionView),
        (status = 401, body = Problem, description = "`wrong_password`"),
        (status = 429, body = Problem, description = "`locked_out`, `too_many_sign_ins`"),
    )
)]
async fn sign_in(
    State(state): State<AppState>,
    Extension(scheme): Extension<Scheme>,
    source: Source,
    headers: HeaderMap,
    Body(wish): Body<SignInRequest>,
) -> Result<impl IntoResponse, Problem> {
    let label = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let wish = SignIn {
        username: wish.username,
        password: wish.password,
        source: source.0,
        label: label.to_owned(),
    };
    let (token, person) = session::sign_in(&state.ctx, wish).await?;
    let cookie = set_cookie(scheme, Some(token.reveal()));
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Json(view(&state, person))))
}

/// Who am I
#[utoipa::path(
    get, path = "/session", tag = "session",
    responses((status = 200, body = SessionView), (status = 401, body = Problem))
)]
async fn show(State(state): State<AppState>, SignedIn(person): SignedIn) -> Json<SessionView> {
    Json(view(&state, person))
}

/// Sign out
///
/// Ends the session and revokes the softphone of its page.
#[utoipa::path(
    delete, path = "/session", tag = "session",
    responses((status = 204), (status = 401, body = Problem))
)]
async fn sign_out(
    State(state): State<AppState>,
    Extension(scheme): Extension<Scheme>,
    source: Source,
    SignedIn(person): SignedIn,
) -> Result<impl IntoResponse, Problem> {
    session::sign_out(&state.ctx, &person, &source.0).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, set_cookie(scheme, None))])))
}

fn view(state: &AppState, person: Person) -> SessionView {
    let ctx = &state.ctx;
    SessionView {
        user_id: person.user_id,
        pages: pages_of(&person.roles),
        username: person.username,
        display_name: person.display_name,
        roles: person.roles,
        unit: person.unit.map(|unit| UnitView { code: unit.code, name: unit.name }),
        centre: CentreView { id: ctx.centre.clone(), name: ctx.config.centre.name.clone() },
        business_now: ctx.clock.business_now(),
        test_clock: cfg!(feature = "test-clock"),
    }
}

/// Pages in the order of the house; no page twice.
fn pages_of(roles: &[Role]) -> Vec<&'static str> {
    let opens = |page: &str| roles.iter().any(|role| page_of(*role) == Some(page));
    ["/agent", "/desk", "/department", "/supervisor", "/admin"]
        .into_iter()
        .filter(|page| opens(page))
        .collect()
}

fn page_of(role: Role) -> Option<&'static str> {
    match role {
        Role::Agent | Role::LeaderOnAir => Some("/agent"),
        Role::Dispatcher
        | Role::Reviewer
        | Role::FollowUpClerk
        | Role::KbEditor
        | Role::KbApprover
        | Role::QualityInspector => Some("/desk"),
        Role::UnitContact | Role::UnitLeader | Role::TownDesk => Some("/department"),
        Role::TeamLeader | Role::Supervisor | Role::InspectionOffice | Role::CountyLeader => {
            Some("/supervisor")
        }
        Role::SysAdmin | Role::SecAdmin | Role::Auditor => Some("/admin"),
        Role::Upstream => None,
    }
}
