//! An application behind its real router, driven without a socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;
use types::UnitCode;
use work_order::Role;

use super::TestDb;
use crate::api::{self, AppState};
use crate::bus::Bus;
use crate::clock::{Clock, Random};
use crate::config::Config;
use crate::service::Context;
use crate::service::user::{NewUser, add};
use crate::store::Db;

/// Password of every person of the tests.
pub const PASSWORD: &str = "correct horse";

/// A router over a fresh SQLite database and a clock that stands still.
pub struct TestApp {
    pub ctx: Context,
    pub router: Router,
    /// Goes away with the application; a database that was given does not.
    _database: Option<TestDb>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl TestApp {
    /// A context over `db`: manual clock at [`super::start`], counting randomness, cheap passwords.
    pub fn context(db: Db) -> Context {
        let environment = [
            ("HOTLINE__AUTH__ARGON2_MEMORY_KIB", "64"),
            ("HOTLINE__AUTH__ARGON2_PASSES", "1"),
            ("HOTLINE__HTTP__PAGES_DIR", "no-such-folder"),
        ];
        let environment = environment.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let config = Config::from_layers(None, environment).unwrap();
        let clock = Clock::manual(super::start());
        Context::new(Arc::new(config), db, Bus::memory(), clock, Random::counting())
    }

    pub async fn new() -> Self {
        let database = TestDb::sqlite().await;
        let app = Self::over(database.db.clone());
        Self { _database: Some(database), ..app }
    }

    /// The same over a database of either kind.
    pub fn over(db: Db) -> Self {
        let ctx = Self::context(db);
        let router = api::router(AppState::new(ctx.clone()));
        Self { ctx, router, _database: None }
    }

    /// Serves the pages of `folder` from now on.
    pub fn use_pages(&mut self, folder: &std::path::Path) {
        let mut config = (*self.ctx.config).clone();
        config.http.pages_dir = folder.to_owned();
        self.ctx.config = Arc::new(config);
        self.router = api::router(AppState::new(self.ctx.clone()));
    }

    /// Adds a person with [`PASSWORD`] and signs her in; the cookie.
    pub async fn signed_in(&self, username: &str, roles: &[Role]) -> String {
        self.person(username, roles, None).await;
        let wish = serde_json::json!({ "username": username, "password": PASSWORD });
        let reply = self.send(Method::POST, "/api/v1/session", "", Some(wish)).await;
        assert_eq!(reply.status, StatusCode::OK, "{:?}", reply.body);
        reply.cookie()
    }

    pub async fn person(&self, username: &str, roles: &[Role], unit: Option<UnitCode>) {
        let new = NewUser {
            username: username.to_owned(),
            display_name: format!("{username} 同志"),
            staff_no: String::new(),
            unit,
            roles: roles.to_vec(),
            reserve: false,
            password: PASSWORD.to_owned(),
        };
        add(&self.ctx, "test", new).await.unwrap();
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Reply {
        self.send(Method::GET, path, cookie, None).await
    }

    pub async fn post(&self, path: &str, cookie: &str, body: Value) -> Reply {
        self.send(Method::POST, path, cookie, Some(body)).await
    }

    /// As a page of this server would send it.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        cookie: &str,
        body: Option<Value>,
    ) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "hotline.test")
            .header(ORIGIN, "http://hotline.test");
        if !cookie.is_empty() {
            request = request.header(COOKIE, cookie);
        }
        let request = match body {
            Some(body) => {
                request.header(CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))
            }
            None => request.body(Body::empty()),
        };
        self.raw(request.unwrap()).await
    }

    pub async fn raw(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 16 << 20).await.unwrap();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Reply { status: parts.status, headers: parts.headers, body }
    }
}

impl Reply {
    /// The session cookie this reply sets, as a browser sends it back.
    pub fn cookie(&self) -> String {
        let set = self.headers.get(SET_COOKIE).unwrap().to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }

    /// Status and body together, for a snapshot.
    pub fn shown(&self) -> Value {
        serde_json::json!({ "status": self.status.as_u16(), "body": self.body })
    }
}
