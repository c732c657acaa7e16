//! `sip-gateway --config <file>`: reads the configuration, starts the gateway; SIGTERM or SIGINT lets
//! its calls end (`gateway.drain_ms`), a second one ends them at once.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sip_gateway::config::Config;
use sip_gateway::net::startup;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The hotline's SIP and WebRTC gateway.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// A configuration file over the built-in defaults.
    #[arg(long)]
    config: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // The allocator asks for pages of 2 MiB: it would keep more memory than is used, which comes and goes in steps.
    // Where the system refuses, that is all that happens.
    let _ = nix::sys::prctl::set_thp_disable(true);
    let served =
        signalling().map_err(Into::into).and_then(|runtime| runtime.block_on(serve(arguments)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// The runtime of signalling. Sound has threads of its own, half of the processors by default: the other half, at
/// least one, is enough here, and a packet that is handed from thread to thread costs more than its handling.
fn signalling() -> std::io::Result<Runtime> {
    let workers = (startup::processors() / 2).max(1);
    Builder::new_multi_thread().worker_threads(workers).enable_all().build()
}

async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let config = Config::load(arguments.config.as_deref())?;
    let filter = EnvFilter::try_new(&config.log)?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider is installed already");
    }
    let mut signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    let mut running = startup::start(config).await?;
    tracing::info!(ports = %serde_json::to_string(&running.ports)?, "sip-gateway is up");
    asked(&mut signals).await;
    running.drain();
    tokio::select! {
        () = running.ended() => return Ok(()),
        () = asked(&mut signals) => running.end(),
    }
    running.ended().await;
    Ok(())
}

/// Waits for a wish to stop.
async fn asked([terminate, interrupt]: &mut [Signal; 2]) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[expect(clippy::print_stderr, reason = "the log may not be set up yet")]
fn complain(error: &anyhow::Error) {
    eprintln!("sip-gateway: {error:#}");
}
