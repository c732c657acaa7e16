//! `hotline serve`

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::log;
use crate::app;
use crate::config::Config;

pub(super) async fn run(config: Arc<Config>) -> anyhow::Result<()> {
    log::start(&config.log)?;
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => tracing::info!("SIGINT"),
            _ = terminate.recv() => tracing::info!("SIGTERM"),
        }
        told.cancel();
    });
    Ok(app::serve(config, stop).await?)
}
