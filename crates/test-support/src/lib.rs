//! What the tests of several crates share: WAV files, signals, the likeness of two recordings,
//! guards over child processes.
//!
//! Owns: nothing of the product. Must not: be a dependency of anything but tests and tools.

mod correlate;
mod process;
mod signal;
mod wav;

pub use correlate::{Correlation, correlate};
pub use process::{ProcessGuard, free_tcp_port, free_udp_port, wait_for_http, wait_for_json};
pub use signal::{resample, rms_dbfs, speech_like, tone};
pub use wav::{Wav, read_wav, write_wav};

use std::path::PathBuf;

/// The project's folder with the prompts and the sample calls.
#[must_use]
pub fn prompts_dir() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../prompts"))
}
