//! The commands of the program `hotline`.
//!
//! Owns: arguments, what is printed, the log. Must not do: hold rules of its own; each command calls
//! `app` or a use case. This is a part of `main`, so `anyhow` carries errors to the terminal.

mod doctor;
mod init;
mod log;
mod serve;
mod tls;
mod user;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};

use crate::acd_host;
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
    /// Give a recorded journal to this build and say where it decides otherwise
    Replay {
        /// Journal file, or the folder of one centre's journal
        journal: PathBuf,
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
        Command::Replay { journal } => replay(&journal),
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

#[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
fn replay(journal: &Path) -> anyhow::Result<()> {
    let found = acd_host::replay::replay(journal)
        .with_context(|| format!("cannot replay {}", journal.display()))?;
    println!("{found}");
    if found.first_difference.is_some() {
        bail!("this build decides otherwise");
    }
    Ok(())
}
