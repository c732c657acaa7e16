//! The description of the interface: served, and committed as `openapi.json`.

use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

use super::{AppState, health, v1};
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "hotline",
        description = "12345 hotline: calls, work orders, feedback. Rules that hold everywhere: docs/api-design.md.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "session", description = "Signing in"),
        (name = "operation", description = "For operators and balancers"),
    )
)]
struct Head;

pub(super) fn head() -> Document {
    Head::openapi()
}

/// The whole document as the committed file has it.
///
/// # Errors
/// None in practice: the document is plain data.
pub fn document() -> Result<String, serde_json::Error> {
    let (_, document) = OpenApiRouter::with_openapi(head())
        .merge(health::routes())
        .nest("/api/v1", v1())
        .split_for_parts();
    Ok(document.to_pretty_json()? + "\n")
}

pub(super) fn routes(document: &Document) -> Router<AppState> {
    let text: Arc<str> = document.to_pretty_json().unwrap_or_default().into();
    Router::new().route(
        "/api/openapi.json",
        get(move || async move {
            ([(CONTENT_TYPE, "application/json")], text.to_string()).into_response()
        }),
    )
}
