//! The program's command line: what each subcommand does with the library, what it prints, how it
//! leaves. Exit codes: 0 done, 1 the call or a call failed, 2 the request could not be carried out.

mod agents;
pub mod args;
mod call;
mod drive;
mod headset;
mod listen;
mod output;
mod prepare;
mod race;
mod register;
mod swarm;

use std::process::ExitCode;

use clap::Parser;
use tokio_util::sync::CancellationToken;

use self::args::{Arguments, Task};
use crate::error::PhoneError;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(if arguments.verbose {
            tracing::Level::DEBUG
        } else {
            tracing::Level::WARN
        })
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::refuse_text(&error.to_string(), "无法启动运行环境"),
    };
    let outcome = runtime.block_on(run(arguments.task));
    // A microphone or a name lookup that blocks must not keep the program.
    runtime.shutdown_background();
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => output::refuse_text(&error.to_string(), &error.chinese()),
    }
}

async fn run(task: Task) -> Result<bool, PhoneError> {
    let stop = stop_on_signal();
    match task {
        Task::Call(arguments) => call::run(arguments, stop).await,
        Task::Listen(arguments) => listen::run(arguments, stop).await,
        Task::Register(arguments) => register::run(arguments, stop).await,
        Task::Swarm(arguments) => swarm::run(arguments, stop).await,
        Task::Agents(arguments) => agents::run(arguments, stop).await,
        Task::Race(arguments) => race::run(arguments, stop).await,
    }
}

/// Cancelled by the first Ctrl-C or SIGTERM; a second one ends the program at once.
fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    tokio::spawn(async move {
        wait_for_signal().await;
        output::progress("收到结束信号，正在挂断", "stopping");
        signalled.cancel();
        wait_for_signal().await;
        std::process::exit(130);
    });
    stop
}

async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
