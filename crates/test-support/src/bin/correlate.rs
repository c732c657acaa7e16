//! `correlate REFERENCE HEARD [--channel N]`: how much of one sound file is found in another, for tests that are not
//! written in Rust. Prints one JSON line: the medians over the half-seconds of speech of `peak` (0 to 1) and
//! `lag_ms`, their number, and `rms_dbfs` of what was heard.
//!
//! Half-seconds, because a browser's jitter buffer stretches and cuts by a few milliseconds: longer pieces would not fit
//! although every syllable is there.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::path::Path;

use anyhow::{Context, Result, bail};
use test_support::{correlate, read_wav, resample, rms_dbfs};

/// Rate of a telephone line.
const RATE_HZ: u32 = 8_000;
/// Samples of half a second.
const PIECE_LEN: usize = 4_000;
/// Quieter pieces are pauses.
const SPEECH_DBFS_MIN: f64 = -35.0;

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
    let mut peaks = Vec::new();
    let mut lags_ms = Vec::new();
    for (number, piece) in reference.chunks_exact(PIECE_LEN).enumerate() {
        if rms_dbfs(piece) < SPEECH_DBFS_MIN {
            continue;
        }
        let found = correlate(piece, &heard, RATE_HZ);
        peaks.push(found.peak);
        lags_ms.push(found.lag_ms - number as f64 * 500.0);
    }
    let line = serde_json::json!({
        "peak": median(&mut peaks),
        "lag_ms": median(&mut lags_ms),
        "pieces": peaks.len(),
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

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
