//! `correlate REFERENCE HEARD [--channel N]`: how much of one sound file is found in another. Prints one JSON line:
//! `peak` (0 to 1), `lag_ms`, `rms_dbfs` of what was heard. For tests that are not written in Rust.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::path::Path;

use anyhow::{Context, Result, bail};
use test_support::{correlate, read_wav, resample, rms_dbfs};

/// Rate of a telephone line.
const RATE_HZ: u32 = 8_000;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(reference), Some(heard)) = (arguments.next(), arguments.next()) else {
        bail!("usage: correlate REFERENCE HEARD [--channel N]");
    };
    let channel = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => 0,
        (Some("--channel"), Some(number)) => number.parse().context("--channel takes a number")?,
        _ => bail!("usage: correlate REFERENCE HEARD [--channel N]"),
    };
    let reference = samples(Path::new(&reference), 0)?;
    let heard = samples(Path::new(&heard), channel)?;
    let found = correlate(&reference, &heard, RATE_HZ);
    let line = serde_json::json!({
        "peak": found.peak,
        "lag_ms": found.lag_ms,
        "rms_dbfs": rms_dbfs(&heard),
    });
    println!("{line}");
    Ok(())
}

fn samples(path: &Path, channel: usize) -> Result<Vec<i16>> {
    let wav = read_wav(path)?;
    let samples = wav
        .channels
        .get(channel)
        .with_context(|| format!("{} has no channel {channel}", path.display()))?;
    Ok(resample(samples, wav.rate_hz, RATE_HZ))
}
