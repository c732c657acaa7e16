//! A server with its distributor on a real port, over a data folder that survives its restarts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use reqwest::header::{COOKIE, ORIGIN};
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use types::{AgentId, Role};

use super::app::PASSWORD;
use super::gateway::WAIT_MAX;
use super::{TestDb, centre};
use crate::api::{self, AppState};
use crate::bus::Bus;
use crate::clock::{Clock, Random};
use crate::config::Config;
use crate::service::user::{NewUser, add};
use crate::service::{Context, live};

/// The key that server and scripted gateway share.
pub const LINK_KEY: [u8; 32] = [7; 32];

/// What lives longer than one run of the server.
pub struct TestFloor {
    pub database: TestDb,
    folder: TempDir,
}

/// One run of the server.
pub struct RunningServer {
    pub ctx: Context,
    pub address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// A signed-in person who speaks HTTP.
pub struct Client {
    pub agent: AgentId,
    pub cookie: String,
    base: String,
    http: reqwest::Client,
}

impl TestFloor {
    pub async fn new() -> Self {
        Self::over(TestDb::sqlite().await)
    }

    pub fn over(database: TestDb) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secrets = folder.path().join("secrets");
        std::fs::create_dir_all(&secrets).unwrap();
        std::fs::write(secrets.join("link.key"), hex::encode(LINK_KEY)).unwrap();
        std::fs::write(secrets.join("softphone.key"), hex::encode([9; 32])).unwrap();
        Self { database, folder }
    }

    pub fn journal_folder(&self) -> PathBuf {
        self.folder.path().join("journal").join(centre().as_str())
    }

    /// Starts the server. `settings` are of the configuration's environment layer.
    pub async fn start(&self, settings: &[(&str, &str)]) -> RunningServer {
        self.start_by(settings, Clock::system()).await
    }

    /// The same by another clock.
    pub async fn start_by(&self, settings: &[(&str, &str)], clock: Clock) -> RunningServer {
        let data = self.folder.path().display().to_string();
        let fixed = [
            ("HOTLINE_DATA", data.as_str()),
            ("HOTLINE__AUTH__ARGON2_MEMORY_KIB", "64"),
            ("HOTLINE__AUTH__ARGON2_PASSES", "1"),
            ("HOTLINE__JOURNAL__STUCK_EXIT_S", "0"),
        ];
        let environment = fixed.iter().chain(settings);
        let environment = environment.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let config = Config::from_layers(None, environment).unwrap();
        let db = self.database.db.clone();
        let ctx = Context::new(Arc::new(config), db, Bus::memory(), clock, Random::System);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        live::start(&ctx, &tasks, &stop).unwrap();
        let router = api::router(AppState::new(ctx.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = stop.clone();
        tasks.spawn(async move {
            let serve = axum::serve(listener, router);
            tokio::select! {
                served = serve => served.unwrap(),
                () = stopped.cancelled() => {}
            }
        });
        RunningServer { ctx, address, stop, tasks }
    }
}

impl RunningServer {
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        tokio::time::timeout(WAIT_MAX, self.tasks.wait()).await.expect("the server ends");
    }

    /// Adds a person where she is missing, and signs her in.
    pub async fn person(&self, username: &str, roles: &[Role]) -> Client {
        let new = NewUser {
            username: username.to_owned(),
            display_name: format!("{username} 姓名"),
            staff_no: String::new(),
            unit: None,
            reserve: false,
            roles: roles.to_vec(),
            password: PASSWORD.to_owned(),
        };
        // In a second run of the server she is there already.
        let _ = add(&self.ctx, "test", new).await;
        let base = format!("http://{}", self.address);
        // reqwest wants one though these tests speak plain HTTP; a second installation is no fault.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::new();
        let reply = http
            .post(format!("{base}/api/v1/session"))
            .header(ORIGIN, &base)
            .json(&serde_json::json!({ "username": username, "password": PASSWORD }))
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status(), 200);
        let cookie = reply.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let shown: Value = reply.json().await.unwrap();
        let agent = shown["user_id"].as_str().unwrap().parse().unwrap();
        Client { agent, cookie, base, http }
    }
}

impl Client {
    /// The same with another cookie.
    pub fn with_cookie(self, cookie: &str) -> Self {
        Self { cookie: cookie.to_owned(), ..self }
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        let request = self.http.get(format!("{}/api/v1{path}", self.base));
        self.send(request).await
    }

    /// What lies beside the interface: `/readyz`.
    pub async fn root(&self, path: &str) -> (u16, Value) {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.post(format!("{}/api/v1{path}", self.base)).json(&body);
        self.send(request).await
    }

    pub async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.put(format!("{}/api/v1{path}", self.base)).json(&body);
        self.send(request).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let request = request.header(COOKIE, &self.cookie).header(ORIGIN, &self.base);
        let reply = request.send().await.unwrap();
        let status = reply.status().as_u16();
        (status, reply.json().await.unwrap_or(Value::Null))
    }

    /// Asks for the own state until `wanted`.
    pub async fn until_state(&self, wanted: &str) -> Value {
        let ask = async {
            loop {
                let (_, shown) = self.get("/agent/me").await;
                if shown["state"]["name"] == wanted {
                    return shown;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let asked = tokio::time::timeout(WAIT_MAX, ask).await;
        asked.unwrap_or_else(|_| panic!("she never became {wanted}"))
    }
}
