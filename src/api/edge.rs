//! What every request passes: who it came from, its id and log line, `Origin`, security headers.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, HOST, ORIGIN, UPGRADE};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::{AppState, Problem};
use crate::clock::Stopwatch;

/// Whether a request came over TLS (ours, or a trusted proxy's).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    /// Listeners and [`observe`] put it there; plain HTTP where nobody did.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().copied().unwrap_or(Self::Http)
    }
}

/// The address a request came from; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source(pub String);

impl<S: Sync> FromRequestParts<S> for Source {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or(Self(String::new())))
    }
}

/// Gives the request an id, writes one log line when it is done, counts it.
pub(super) async fn observe(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let watch = Stopwatch::start();
    let id = hex::encode(state.ctx.random.bytes::<8>());
    let (source, scheme) = origin_of(&request, &state.ctx.config.http.trusted_proxies);
    let span = tracing::info_span!("request", request.id = id);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    request.extensions_mut().insert(Source(source));
    request.extensions_mut().insert(scheme);
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    let elapsed = watch.elapsed();
    span.in_scope(|| log(&method, &path, status, elapsed.as_millis()));
    metrics::counter!("hotline_http_requests_total", "method" => method.to_string(), "status" => status.as_str().to_owned())
        .increment(1);
    metrics::histogram!("hotline_http_request_seconds").record(elapsed.as_secs_f64());
    named(response, &id)
}

fn log(method: &Method, path: &str, status: StatusCode, elapsed_ms: u128) {
    let status = status.as_u16();
    // Paths carry ids only; queries, which may carry numbers and names, are not logged.
    if status >= 500 {
        tracing::error!(%method, path, status, elapsed_ms, "request failed");
    } else if path.starts_with("/api/") {
        tracing::info!(%method, path, status, elapsed_ms, "request");
    } else {
        tracing::debug!(%method, path, status, elapsed_ms, "request");
    }
}

/// Writes the request's id into a problem and into the reply's header.
fn named(mut response: Response, id: &str) -> Response {
    if let Some(mut problem) = response.extensions_mut().remove::<Problem>() {
        problem.instance = Some(format!("urn:hotline:request:{id}"));
        let headers = response.headers().clone();
        response = problem.into_response();
        response.extensions_mut().remove::<Problem>();
        response.headers_mut().extend(headers);
        response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// The peer, or whom a trusted proxy in between speaks for.
fn origin_of(request: &Request, trusted: &[IpAddr]) -> (String, Scheme) {
    let scheme = Scheme::of(request.extensions());
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
        return (String::new(), scheme);
    };
    let peer = peer.ip().to_canonical();
    if !trusted.contains(&peer) {
        return (peer.to_string(), scheme);
    }
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let client = header("x-forwarded-for")
        .and_then(|list| list.rsplit(',').next())
        .and_then(|last| last.trim().parse::<IpAddr>().ok())
        .unwrap_or(peer);
    let scheme = match header("x-forwarded-proto") {
        Some("https") => Scheme::Https,
        _ => scheme,
    };
    (client.to_string(), scheme)
}

/// Refuses what another site's page sends with our cookie: state changes and WebSockets whose `Origin`
/// is not ours. Machines send a bearer token, which no page can make a browser send.
pub(super) async fn check_origin(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let matters = !safe || headers.contains_key(UPGRADE);
    if matters && !headers.contains_key(AUTHORIZATION) {
        let scheme = Scheme::of(request.extensions());
        let ours = is_ours(headers, request.uri(), scheme, &state.ctx.config.http.public_origins);
        if !ours {
            let detail = "请求来自其他网站的页面，已拒绝。请在本系统页面内操作。";
            return Problem::new(StatusCode::FORBIDDEN, "foreign_origin", "来源不被允许", detail)
                .into_response();
        }
    }
    next.run(request).await
}

fn is_ours(headers: &HeaderMap, uri: &Uri, scheme: Scheme, public: &[String]) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let Some(origin) = text(ORIGIN) else {
        // A browser says where a cross-site request comes from; a program without cookies need not.
        let site = text(HeaderName::from_static("sec-fetch-site"));
        let has_cookie = headers.contains_key(axum::http::header::COOKIE);
        return matches!(site, Some("same-origin" | "none")) || (site.is_none() && !has_cookie);
    };
    let host = text(HOST).or_else(|| uri.authority().map(|authority| authority.as_str()));
    let prefix = match scheme {
        Scheme::Http => "http://",
        Scheme::Https => "https://",
    };
    let same = host.is_some_and(|host| origin.strip_prefix(prefix) == Some(host));
    same || public.iter().any(|known| known == origin)
}

/// Headers that keep a page from loading or being loaded by strangers.
pub(super) async fn secure(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok()).map(hostname);
    let policy = content_policy(host.as_deref().unwrap_or("localhost"));
    let of_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if of_api && !headers.contains_key(CACHE_CONTROL) {
        // What people are shown about people stays out of every cache.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert("content-security-policy", policy);
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("permissions-policy", "microphone=(self), camera=(), geolocation=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The host without its port, if it is made of harmless characters.
fn hostname(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let harmless =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'[' | b']' | b':');
    if name.bytes().all(harmless) { name.to_owned() } else { "localhost".to_owned() }
}

/// Pages load from here alone; the softphone's WebSocket goes to the gateway's ports on the same host.
/// Style attributes are allowed because charts set them; scripts and style elements inside a page are not.
fn content_policy(host: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
         img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; worker-src 'self' blob:; \
         connect-src 'self' ws://{host}:* wss://{host}:*; object-src 'none'; base-uri 'self'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}
