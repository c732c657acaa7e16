//! `/work-orders`: opening, commands, lists, one order.

mod command;
mod list;
mod open;
mod show;

use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AppState, Problem};
use crate::service::work_order::WorkOrderView;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, open::open))
        .routes(routes!(show::show))
        .routes(routes!(command::command))
}

/// The version of an order, for the next `If-Match`.
fn etag(view: &WorkOrderView) -> [(HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(&format!("\"{}\"", view.version));
    [(ETAG, value.unwrap_or(HeaderValue::from_static("\"0\"")))]
}

/// The version the client has seen: `If-Match: "7"`; none or `*` for any.
fn seen_version(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let wrong = || Problem::malformed("If-Match 必须是工单版本号，例如 \"7\"。");
    let text = value.to_str().map_err(|_| wrong())?.trim();
    if text == "*" {
        return Ok(None);
    }
    text.trim_matches('"').parse().map(Some).map_err(|_| wrong())
}
