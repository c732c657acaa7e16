//! Who sends a request: the cookie of a browser or the bearer token of a machine.

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use work_order::Role;

use super::{AppState, Problem, Scheme};
use crate::service::session::{self, Person};

/// A signed-in person. As an argument of a handler it refuses everyone else with 401.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Person);

impl SignedIn {
    /// 403 unless the person has one of `roles`.
    ///
    /// # Errors
    /// [`Problem::forbidden`].
    pub fn require(&self, roles: &[Role]) -> Result<&Person, Problem> {
        if self.0.has_any(roles) {
            return Ok(&self.0);
        }
        Err(Problem::forbidden("您的岗位没有此项权限。如需办理，请联系安全管理员。"))
    }
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if let Some(token) = bearer(parts) {
            return Ok(Self(session::person_of(&state.ctx, &token, true).await?));
        }
        let token = cookie(parts).ok_or_else(Problem::not_signed_in)?;
        Ok(Self(session::person_of(&state.ctx, &token, false).await?))
    }
}

fn bearer(parts: &Parts) -> Option<String> {
    let value = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn cookie(parts: &Parts) -> Option<String> {
    let wanted = cookie_name(Scheme::of(&parts.extensions));
    parts
        .headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, token)| token.to_owned())
}

/// Two names, because a browser never lets a page over HTTP replace a `Secure` cookie: signing in on
/// port 12345 after having signed in on 12443 would fail without a word.
pub(super) fn cookie_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Http => "hotline_session",
        Scheme::Https => "__Host-hotline_session",
    }
}

/// `Set-Cookie` of a new session; without `token` the one that ends it.
pub(super) fn set_cookie(scheme: Scheme, token: Option<&str>) -> String {
    let name = cookie_name(scheme);
    let secure = match scheme {
        Scheme::Http => "",
        Scheme::Https => "; Secure",
    };
    let age = if token.is_some() { "" } else { "; Max-Age=0" };
    format!("{name}={}; Path=/; HttpOnly; SameSite=Strict{secure}{age}", token.unwrap_or(""))
}
