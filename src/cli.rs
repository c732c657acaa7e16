//! The commands of the program `hotline`.
//!
//! Owns: arguments, what is printed, the log. Must not do: hold rules of its own; each command calls
//! `app` or a use case. This is a part of `main`, so `anyhow` carries errors to the terminal.

mod doctor;
mod import;
mod init;
mod log;
mod policy;
mod progress;
mod replay;
mod serve;
mod simulate;
mod tls;
mod user;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::app;
use crate::config::Config;

pub use init::SAMPLE;

/// Open contact-centre server for a 12345 government service hotline.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    /// Configuration file over the built-in defaults
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until SIGINT or SIGTERM
    Serve,
    /// Bring the database to this program's tables
    Migrate,
    /// Make data folder, tables, secrets and the local authority; safe to repeat
    Init {
        /// Also load the sample county 青源县 with its users
        #[arg(long)]
        sample: bool,
    },
    /// Accounts
    User {
        #[command(subcommand)]
        command: user::UserCommand,
    },
    /// Give a recorded journal to this build and say where it decides otherwise; --against 另一份配置 则并排比较
    Replay(replay::Replay),
    /// 推演一天或一个月的热线：县、市、北京，或自己的情景与话务记录；可比较两套配置
    Simulate(simulate::Simulate),
    /// 导入其他系统的数据
    Import {
        #[command(subcommand)]
        command: import::ImportCommand,
    },
    /// Check ports, folders, clock, calendar and database, and say what to do
    Doctor,
}

/// Does as told.
///
/// # Errors
/// Whatever went wrong, in words for the person at the terminal.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let config = Arc::new(Config::load(arguments.config.as_deref())?);
    match arguments.command {
        Command::Serve => serve::run(config).await,
        Command::Migrate => migrate(&config).await,
        Command::Init { sample } => init::run(&config, sample).await,
        Command::User { command } => user::run(&config, command).await,
        Command::Replay(wish) => replay::run(&wish),
        Command::Simulate(wish) => simulate::run(&config, &wish),
        Command::Import { command } => import::run(&config, command).await,
        Command::Doctor => doctor::run(&config).await,
    }
}

#[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
async fn migrate(config: &Config) -> anyhow::Result<()> {
    app::DataFolder::open(config)?;
    let db = app::open_store(config).await?;
    let missing = db.migrations_missing().await?;
    db.migrate().await?;
    db.close().await;
    println!("{}: {missing} migration(s) run, up to date", app::store_name(config));
    Ok(())
}
