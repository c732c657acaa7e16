//! The program `hotline-load`: reads the command line, hands over, turns an error into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    hotline_load::cli::main()
}
