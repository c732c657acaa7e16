//! The built pages: their entries, their assets, and plain words where there are none.

use std::path::{Path, PathBuf};

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::{AppState, Problem};

/// First segment of a path -> the page that answers everything below it.
const ENTRIES: &[&str] = &["agent", "desk", "department", "supervisor", "admin", "track"];

/// Everything no route answers.
pub(super) async fn serve(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return Problem::not_found("没有这个接口地址。请查阅 /api/openapi.json。").into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return super::problem::method_not_allowed(request.method().clone()).await.into_response();
    }
    let folder = &state.ctx.config.http.pages_dir;
    match entry(path) {
        Some(entry) => page(folder, entry).await,
        None => asset(folder, request).await,
    }
}

fn entry(path: &str) -> Option<&'static str> {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or("");
    if path == "/" {
        return Some("index");
    }
    ENTRIES.iter().copied().find(|entry| *entry == first)
}

/// Vite writes `agent/index.html` or `agent.html`, as its entries are named.
async fn page(folder: &Path, entry: &str) -> Response {
    let candidates: [PathBuf; 2] =
        [folder.join(format!("{entry}.html")), folder.join(entry).join("index.html")];
    for file in candidates {
        if let Ok(text) = tokio::fs::read(&file).await {
            let mut response = Html(text).into_response();
            // The page names its assets by hash: it must be asked for anew, they need not.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            return response;
        }
    }
    let told = format!(
        "页面尚未构建。请在 dashboards 目录运行 npm ci 与 npm run build，或用 http.pages_dir 指定已构建页面的目录（当前为 {}）。",
        folder.display()
    );
    plain(StatusCode::SERVICE_UNAVAILABLE, "页面尚未构建", &told)
}

async fn asset(folder: &Path, request: Request) -> Response {
    let hashed = request.uri().path().starts_with("/assets/");
    let Ok(response) = ServeDir::new(folder)
        .append_index_html_on_directories(false)
        .precompressed_gzip()
        .oneshot(request)
        .await;
    if response.status() == StatusCode::NOT_FOUND {
        let told = "没有这个页面。请检查地址，或返回首页重新登录。";
        return plain(StatusCode::NOT_FOUND, "没有找到页面", told);
    }
    let mut response = response.into_response();
    if hashed && response.status().is_success() {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(CACHE_CONTROL, forever);
    }
    response
}

fn plain(status: StatusCode, title: &str, told: &str) -> Response {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let body = format!(
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>{title}</title>\
         <h1>{title}</h1><p>{}</p><p><a href=\"/\">返回首页</a></p></html>\n",
        escape(told)
    );
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response()
}
