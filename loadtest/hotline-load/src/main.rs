//! The program `hotline-load`: reads the command line, hands over, turns an error into an exit code.

use std::process::ExitCode;

/// The server's: the distributor's decisions are timed in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    hotline_load::cli::main()
}
