//! `/healthz`, `/readyz`, `/metrics`.

use std::sync::{Mutex, OnceLock, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use types::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use crate::service::readiness::{self, Readiness};

/// A balancer may ask often; the store is written at most so often for it.
const PROBE_EVERY_MS: u128 = 500;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(show_metrics))
}

/// Alive
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, body = str)))]
async fn healthz() -> &'static str {
    "ok\n"
}

/// What is ready.
#[derive(Serialize, ToSchema)]
struct ReadyView {
    ready: bool,
    /// The store takes writes.
    store: bool,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    store_fault: Option<String>,
    /// At least one gateway is linked. Without one, work orders go on and calls do not.
    gateway_link: bool,
    gateways_linked: usize,
}

/// Ready for requests
///
/// 200 while the store takes writes, and without it while this node carries calls: whoever takes it out of service
/// then would cut off the agents who answer them. 503 otherwise; store and gateways are told apart in the body.
#[utoipa::path(
    get, path = "/readyz", tag = "operation",
    responses((status = 200, body = ReadyView), (status = 503, body = ReadyView))
)]
async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<ReadyView>) {
    let Readiness { store_fault, .. } = recent(&state).await;
    let gateways_linked = state.ctx.links.linked();
    let store = store_fault.is_none();
    let ready = store || gateways_linked > 0;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let view =
        ReadyView { ready, store, store_fault, gateway_link: gateways_linked > 0, gateways_linked };
    (status, Json(view))
}

/// The last probe while it is fresh.
#[derive(Debug, Default)]
pub(super) struct LastProbe(Mutex<Option<(Timestamp, Readiness)>>);

async fn recent(state: &AppState) -> Readiness {
    let now = state.ctx.clock.now();
    let last = state.last_probe.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((at, readiness)) = last
        && at <= now
        && now.since(at).as_millis() < PROBE_EVERY_MS
        && at != Timestamp::default()
    {
        return readiness;
    }
    let readiness = readiness::check(&state.ctx).await;
    let mut last = state.last_probe.0.lock().unwrap_or_else(PoisonError::into_inner);
    *last = Some((now, readiness.clone()));
    readiness
}

/// Prometheus metrics
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, body = str)))]
async fn show_metrics(State(state): State<AppState>) -> impl IntoResponse {
    let handle = recorder();
    let linked = u32::try_from(state.ctx.links.linked()).unwrap_or(u32::MAX);
    metrics::gauge!("hotline_gateway_linked").set(f64::from(linked));
    let text = handle.map(PrometheusHandle::render).unwrap_or_default();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

/// The recorder of this process, installed when first asked for.
pub(crate) fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let handle = PrometheusBuilder::new()
                .set_buckets(&[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0])
                .ok()?
                .install_recorder()
                .ok()?;
            metrics::describe_counter!("hotline_arrivals_total", "calls that arrived");
            metrics::counter!("hotline_arrivals_total").increment(0);
            Some(handle)
        })
        .as_ref()
}
