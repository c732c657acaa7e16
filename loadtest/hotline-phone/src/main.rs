//! The program `hotline-phone`: parses the command line and leaves with its exit code. Everything
//! else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    hotline_phone::cli::main()
}
