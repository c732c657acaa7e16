//! Wiring: opens the store, starts bus, jobs and listeners, ends them in order.
//!
//! Owns: the order of starting and ending. Must not do: decide anything else.

mod files;
mod listeners;
mod store;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::{self, AppState};
use crate::bus::{Bus, RedisBus};
use crate::clock::{Clock, Random};
use crate::config::Config;
use crate::jobs::Jobs;
use crate::service::{Context, live};
use crate::store::Db;

pub use files::{DataFolder, FolderError, SECRETS, TLS};
pub use listeners::{BoundPorts, ListenError};
pub use store::{open_store, store_name};

/// How long running jobs may take to end.
const JOBS_END_MAX: Duration = Duration::from_secs(10);

/// Why the server did not start. Every text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Store(#[from] store::OpenError),
    #[error("the database lacks {missing} migration(s): run `hotline migrate`")]
    Migrations { missing: usize },
    #[error("redis.url is not understood: {0}")]
    Redis(#[source] redis::RedisError),
    #[error(transparent)]
    Calls(#[from] live::FloorError),
    #[error(transparent)]
    Listen(#[from] ListenError),
}

/// The clock of this configuration.
#[must_use]
pub fn clock_of(config: &Config) -> Clock {
    Clock::System {
        business_offset_us: config.test.business_time_offset_s.saturating_mul(1_000_000),
    }
}

/// A context for one command: the bus in memory, no tasks.
#[must_use]
pub fn command_context(config: &Arc<Config>, db: Db) -> Context {
    Context::new(config.clone(), db, Bus::memory(), clock_of(config), Random::System)
}

/// Runs the server until `stop`, then ends it in order: no new requests, open ones finish, jobs
/// finish, the store closes.
///
/// # Errors
/// [`StartError`]; after a start there are none.
pub async fn serve(config: Arc<Config>, stop: CancellationToken) -> Result<(), StartError> {
    let folder = DataFolder::open(&config)?;
    // Before anything is taken up: a second server here must not touch lease or journal.
    let _lock = folder.lock()?;
    let db = open_store(&config).await?;
    let missing = db.migrations_missing().await.map_err(|error| store::explain(&config, &error))?;
    if missing > 0 {
        return Err(StartError::Migrations { missing });
    }
    api::install_metrics();
    let tasks = TaskTracker::new();
    let ending = CancellationToken::new();
    tasks.spawn(api::keep_metrics(ending.clone()));
    let bus = open_bus(&config, &tasks, &ending)?;
    let ctx = Context::new(config.clone(), db.clone(), bus, clock_of(&config), Random::System);
    store::probe(&ctx).await?;

    let listeners = listeners::open(&config, &folder)?;
    live::start(&ctx, &tasks, &ending)?;
    let router = api::router(AppState::new(ctx.clone()));
    folder.write_ports(&listeners.ports)?;
    tracing::info!(
        http.port = listeners.ports.http,
        https.port = listeners.ports.https,
        store = db.driver(),
        centre = %ctx.centre,
        "serving"
    );
    tasks.spawn(Jobs::new(ctx).run(ending.clone()));
    listeners.serve(router, stop, Duration::from_secs(config.http.drain_s)).await;

    tracing::info!("ending: no more requests");
    ending.cancel();
    tasks.close();
    if tokio::time::timeout(JOBS_END_MAX, tasks.wait()).await.is_err() {
        tracing::warn!("a job did not end in time; its claim will run out");
    }
    db.close().await;
    folder.remove_ports();
    tracing::info!("ended");
    Ok(())
}

fn open_bus(
    config: &Config,
    tasks: &TaskTracker,
    ending: &CancellationToken,
) -> Result<Bus, StartError> {
    if config.redis.url.is_empty() {
        return Ok(Bus::memory());
    }
    RedisBus::start(config.redis.url.reveal(), &Random::System, tasks, ending.clone())
        .map(Bus::Redis)
        .map_err(StartError::Redis)
}
