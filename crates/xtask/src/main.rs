//! Chores of the workspace: `cargo xtask tidy | openapi | new-migration NAME`.

mod arrows;
mod measure;
mod migration;
mod sources;

use std::process::Command;

use anyhow::{Context as _, bail};
use clap::Parser;

#[derive(Parser)]
enum Task {
    /// Print what has grown past the norms; fail on broken arrows
    Tidy,
    /// Write openapi.json anew from the handlers
    Openapi,
    /// Make an empty migration under the next number for both databases
    NewMigration { name: String },
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Tidy => tidy(),
        Task::Openapi => openapi(),
        Task::NewMigration { name } => migration::new(&name),
    }
}

#[expect(clippy::print_stdout, reason = "a chore answers on the terminal")]
fn tidy() -> anyhow::Result<()> {
    let files = sources::rust_files()?;
    for line in measure::grown(&files) {
        println!("grown   {line}");
    }
    let mut broken = arrows::between_packages()?;
    broken.extend(arrows::inside_server(&files));
    for line in &broken {
        println!("ARROW   {line}");
    }
    if broken.is_empty() {
        return Ok(());
    }
    bail!("{} broken arrow(s)", broken.len());
}

fn openapi() -> anyhow::Result<()> {
    let test = "the_committed_description_is_current";
    let status = Command::new("cargo")
        .args(["test", "-q", "-p", "hotline", "--lib", test])
        .env("UPDATE_OPENAPI", "1")
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the description could not be written");
    }
    Ok(())
}
