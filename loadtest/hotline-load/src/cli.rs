//! The command line.

use std::fs;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};
use hotline_phone::sip::digest::Credentials;

use crate::measure::Watched;
use crate::run::{self, Target};
use crate::scenario::Scenario;
use crate::{bench, ceiling};

/// Callers and agents by the thousand, and the benchmarks made with them.
#[derive(Debug, Parser)]
#[command(name = "hotline-load", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs one load against an address; prints its raw figures as JSON
    Run(RunArguments),
    /// Starts the systems under test and their peers, measures, writes figures and plots
    Bench(bench::Options),
    /// The generator against itself: how much it can make
    Ceiling {
        /// 3 s each step instead of 10
        #[arg(long)]
        quick: bool,
    },
}

#[derive(Debug, clap::Args)]
struct RunArguments {
    scenario: PathBuf,
    /// Where calls and registrations go
    #[arg(long)]
    sip: SocketAddrV4,
    /// The server's pages, where softphones sign in
    #[arg(long)]
    http: Option<SocketAddrV4>,
    /// Domain of the registrar
    #[arg(long, default_value = "hotline.local")]
    domain: String,
    /// File of `user:password` lines, one for each phone that registers or agent who signs in
    #[arg(long)]
    phones: Option<PathBuf>,
    /// A process whose use is measured, `name=pid`; `name=pid+` with all its children
    #[arg(long = "watch", value_parser = watched)]
    watched: Vec<Watched>,
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    match carry_out(Arguments::parse().command) {
        Ok(clean) => ExitCode::from(u8::from(!clean)),
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

#[expect(clippy::print_stderr, reason = "a program tells on the terminal why it failed")]
fn complain(error: &anyhow::Error) {
    eprintln!("hotline-load: {error:#}");
}

/// False when figures could not be taken because something was saturated.
#[expect(clippy::print_stdout, reason = "raw figures are the output of the program")]
fn carry_out(command: Command) -> anyhow::Result<bool> {
    raise_file_limit()?;
    match command {
        Command::Run(arguments) => {
            let text = fs::read_to_string(&arguments.scenario)
                .with_context(|| arguments.scenario.display().to_string())?;
            let scenario = Scenario::parse(&text)?;
            let credentials = match &arguments.phones {
                Some(file) => read_credentials(&fs::read_to_string(file)?)?,
                None => Vec::new(),
            };
            let (peer, http, domain) = (arguments.sip, arguments.http, arguments.domain);
            let watched = arguments.watched;
            let target = Target { peer, http, domain, credentials, watched };
            let report = run::run(&scenario, &target)?;
            println!("{}", serde_json::to_string_pretty(&report)?);
            Ok(!report.saturated)
        }
        Command::Bench(options) => bench::run(&options),
        Command::Ceiling { quick } => {
            println!("{}", serde_json::to_string_pretty(&ceiling::climb(quick)?)?);
            Ok(true)
        }
    }
}

/// Thousands of sockets need more descriptors than a shell gives.
fn raise_file_limit() -> anyhow::Result<()> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).context("cannot raise the file limit")
}

fn watched(text: &str) -> Result<Watched, String> {
    let (name, pid) = text.split_once('=').ok_or("write name=pid or name=pid+")?;
    let with_children = pid.ends_with('+');
    let pid = pid.trim_end_matches('+').parse().map_err(|_| "the pid is no number")?;
    Ok(Watched { name: name.to_owned(), pid, with_children })
}

/// `user:password` lines.
///
/// # Errors
/// A line without colon.
pub fn read_credentials(text: &str) -> anyhow::Result<Vec<Credentials>> {
    let mut all = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let Some((user, password)) = line.trim().split_once(':') else {
            bail!("a line of the phones' file is not `user:password`");
        };
        all.push(Credentials { user: user.to_owned(), password: password.to_owned() });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_watched_is_a_name_and_a_process() {
        let one = watched("postgres=12+").unwrap();
        assert_eq!((one.name.as_str(), one.pid, one.with_children), ("postgres", 12, true));
        assert!(watched("12").is_err() && watched("a=b").is_err());
    }

    #[test]
    fn passwords_may_hold_colons() {
        let all = read_credentials("agent01:a:b\n\nagent02:c\n").unwrap();
        assert_eq!((all.len(), all[0].password.as_str()), (2, "a:b"));
        assert!(read_credentials("agent01").is_err());
    }
}
