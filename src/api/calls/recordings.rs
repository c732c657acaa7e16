//! `/recordings/{id}`: audio with ranges (RFC 9110 section 14), for those who may hear it.

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeFile;
use types::RecordingId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{AppState, PathParams, Problem, SignedIn, Source};
use crate::service::call;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read))
}

/// Hear a recording
///
/// Every reading is written down.
#[utoipa::path(get, path = "/recordings/{id}", tag = "calls", params(("id" = RecordingId, Path)),
    responses((status = 200, content_type = "audio/wav"), (status = 206, content_type = "audio/wav"),
        (status = 404, body = Problem)))]
async fn read(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    source: Source,
    PathParams(id): PathParams<RecordingId>,
    request: Request,
) -> Result<Response, Problem> {
    let file = call::open_recording(&state.ctx, &person, &source.0, id).await?;
    let Ok(served) = ServeFile::new(&file.path).oneshot(request).await;
    if served.status() == StatusCode::NOT_FOUND {
        tracing::error!(recording = %id, path = %file.path.display(), "the recording's file is gone");
        return Err(Problem::not_found("录音文件不存在，可能已按保存期限清理。请联系系统管理员。"));
    }
    let mut response = served.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}
