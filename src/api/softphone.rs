//! `/softphone-token`: what a page needs to register its softphone at the gateway.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use serde::{Deserialize, Serialize};
use types::{DeviceId, Role, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AppState, Body, Problem, SignedIn};
use crate::service::agent::{self, TokenWish};

const USERS: &[Role] = &[Role::Agent, Role::TeamLeader, Role::LeaderOnAir, Role::FollowUpClerk];

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(issue))
}

/// A wish for a token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// Another page of the same person loses its softphone.
    #[serde(default)]
    take_over: bool,
    /// The softphone of this very page, whose connection was lost.
    #[serde(default)]
    device: Option<DeviceId>,
    /// The softphone that this tab had before it was loaded again.
    #[serde(default)]
    replaces: Option<DeviceId>,
}

/// Good for one WebSocket within 60 s.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenView {
    token: String,
    ws_url: String,
    wss_url: String,
    aor: String,
    domain: String,
    device: DeviceId,
    expires_at: Timestamp,
}

/// Fetch a softphone token
#[utoipa::path(post, path = "/softphone-token", tag = "agents", request_body = TokenRequest,
    responses((status = 200, body = TokenView),
        (status = 409, body = Problem, description = "`softphone_in_use`")))]
async fn issue(
    State(state): State<AppState>,
    headers: HeaderMap,
    who: SignedIn,
    Body(wish): Body<TokenRequest>,
) -> Result<Json<TokenView>, Problem> {
    let person = who.require(USERS)?;
    let TokenRequest { take_over, device, replaces } = wish;
    let wish = TokenWish { take_over, device, replaces };
    let issued = agent::softphone_token(&state.ctx, person, wish)?;
    let host = if issued.host.is_empty() { page_host(&headers) } else { issued.host };
    let url =
        |scheme: &str, port: u16| format!("{scheme}://{host}:{port}/sip?token={}", issued.token);
    Ok(Json(TokenView {
        ws_url: url("ws", issued.ws_port),
        wss_url: url("wss", issued.wss_port),
        token: issued.token,
        aor: issued.aor,
        domain: issued.domain,
        device: issued.device,
        expires_at: issued.expires_at,
    }))
}

/// The host under which the browser has found us, without the port.
fn page_host(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_host_of_the_page_loses_its_port_alone() {
        let host = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(text));
            page_host(&headers)
        };
        assert_eq!(host("hotline.example:12345"), "hotline.example");
        assert_eq!(host("hotline.example"), "hotline.example");
        assert_eq!(host("[::1]:12345"), "[::1]");
        assert_eq!(host("[::1]"), "[::1]");
    }
}
