//! The program `hotline`: reads its arguments and does as told.

use std::process::ExitCode;

use clap::Parser;
use hotline::cli::{self, Arguments};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    // The allocator asks for pages of 2 MiB: it would keep a third more memory, which comes and goes in steps. Where
    // the system refuses, that is all that happens.
    let _ = nix::sys::prctl::set_thp_disable(true);
    match cli::run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The last word before the end goes to the person at the terminal, in every log format.
            eprintln!("hotline: {error:#}");
            ExitCode::FAILURE
        }
    }
}
