//! What operators and probes ask: `/healthz`, `/readyz`, `/metrics`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::net::gateway::Health;

type Shared = (Arc<Health>, PrometheusHandle);

/// The routes of the gateway's HTTP port.
pub fn router(health: Arc<Health>, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route(
            "/metrics",
            get(|State((_, metrics)): State<Shared>| async move { metrics.render() }),
        )
        .with_state((health, metrics))
}

/// Ready: linked to a server and not stopping.
async fn ready(State((health, _)): State<Shared>) -> (StatusCode, &'static str) {
    if health.stopping.load(Ordering::Relaxed) {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else if health.linked.load(Ordering::Relaxed) {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no link to the server")
    }
}
