//! The HTTP edge: router, problem+json, sign-in, pages.
//!
//! Owns: what a request looks like and who may send it; one file per endpoint or small group. Must not
//! do: open transactions, see `sqlx` or `store`. A handler reads top-down: who, what, one use case, reply.

mod agents;
mod auth;
mod calls;
mod catalogue;
mod edge;
mod extract;
mod figures;
mod health;
mod live;
mod openapi;
mod pages;
mod problem;
mod rate_controller;
mod screening;
mod session;
mod settings;
mod softphone;
mod staffing;
mod supervisor;
mod work_orders;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

use crate::gateway_link;
use crate::service::Context;

pub use auth::SignedIn;
pub use edge::{Scheme, Source};
pub use extract::{Body, Params, PathParams};
pub use openapi::document;
pub use problem::{FieldProblem, Problem};

/// How long samples of histograms may lie about.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Starts collecting metrics; before this they go nowhere.
pub fn install_metrics() {
    let _installed = health::recorder();
}

/// Sums up what the histograms have collected, until `stop`: without that the samples of a server whose metrics nobody
/// asks for would stay in memory for ever.
pub async fn keep_metrics(stop: CancellationToken) {
    let mut ticks = tokio::time::interval(METRICS_UPKEEP);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Some(recorder) = health::recorder() {
            recorder.run_upkeep();
        }
    }
}

/// What handlers hold.
#[derive(Debug, Clone)]
pub struct AppState {
    pub ctx: Context,
    last_probe: Arc<health::LastProbe>,
}

impl AppState {
    #[must_use]
    pub fn new(ctx: Context) -> Self {
        Self { ctx, last_probe: Arc::default() }
    }
}

/// Everything below `/api/v1`; each module brings its own routes.
fn v1() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(session::routes())
        .merge(catalogue::routes())
        .merge(work_orders::routes())
        .merge(agents::routes())
        .merge(softphone::routes())
        .merge(calls::routes())
        .merge(supervisor::routes())
        .merge(screening::routes())
        .merge(staffing::routes())
        .merge(figures::routes())
        .merge(rate_controller::routes())
        .merge(settings::routes())
        .merge(live::routes())
}

/// The whole edge.
pub fn router(state: AppState) -> Router {
    let (api, document) = OpenApiRouter::with_openapi(openapi::head())
        .merge(health::routes())
        .nest("/api/v1", v1())
        .split_for_parts();
    let links = state.ctx.live.floor().map(|floor| gateway_link::router(floor.links.clone()));
    let body_bytes_max = state.ctx.config.http.body_bytes_max;
    api.merge(openapi::routes(&document))
        .merge(links.unwrap_or_default())
        .fallback(pages::serve)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(DefaultBodyLimit::max(body_bytes_max))
        .layer(from_fn_with_state(state.clone(), edge::check_origin))
        .layer(from_fn_with_state(state.clone(), edge::observe))
        .layer(from_fn(edge::secure))
        .with_state(state)
}

#[cfg(test)]
mod tests;
