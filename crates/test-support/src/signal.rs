//! Signals to send and ways to look at them.

use std::f64::consts::{PI, TAU};

/// A sine of `level` (0 to 1).
#[must_use]
pub fn tone(frequency_hz: f64, level: f64, rate_hz: u32, duration_ms: u32) -> Vec<i16> {
    let step = TAU * frequency_hz / f64::from(rate_hz);
    (0..count(rate_hz, duration_ms))
        .map(|n| (level * 32_767.0 * (step * n as f64).sin()) as i16)
        .collect()
}

/// Noise with the slow rise and fall of syllables, the same for the same `seed`: unlike itself at
/// every other moment, as speech is.
#[must_use]
pub fn speech_like(seed: u64, rate_hz: u32, duration_ms: u32) -> Vec<i16> {
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut low = 0.0_f64;
    (0..count(rate_hz, duration_ms))
        .map(|n| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let noise = (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
            low += 0.25 * (noise - low);
            let syllable = (PI * 4.0 * n as f64 / f64::from(rate_hz)).sin().abs();
            (low * syllable * 40_000.0) as i16
        })
        .collect()
}

/// Resamples with a windowed sinc of 32 zero crossings; no alias is audible.
#[must_use]
pub fn resample(samples: &[i16], from_hz: u32, to_hz: u32) -> Vec<i16> {
    if from_hz == to_hz {
        return samples.to_vec();
    }
    let ratio = f64::from(from_hz) / f64::from(to_hz);
    let cutoff = (1.0 / ratio).min(1.0) * 0.97;
    let reach = 32.0 / cutoff;
    let length = (samples.len() as f64 / ratio) as usize;
    (0..length)
        .map(|n| {
            let centre = n as f64 * ratio;
            let first = (centre - reach).ceil().max(0.0) as usize;
            let last = ((centre + reach) as usize).min(samples.len().saturating_sub(1));
            let sum: f64 = (first..=last)
                .map(|at| {
                    let distance = at as f64 - centre;
                    let window = 0.5 + 0.5 * (PI * distance / reach).cos();
                    f64::from(samples[at]) * cutoff * sinc(cutoff * distance) * window
                })
                .sum();
            sum.clamp(-32_768.0, 32_767.0) as i16
        })
        .collect()
}

/// Root mean square in dB below full scale; -96 for silence.
#[must_use]
pub fn rms_dbfs(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|sample| (f64::from(*sample) / 32_768.0).powi(2)).sum();
    let mean = sum / samples.len().max(1) as f64;
    if mean > 0.0 { (10.0 * mean.log10()).max(-96.0) } else { -96.0 }
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

fn count(rate_hz: u32, duration_ms: u32) -> usize {
    (u64::from(rate_hz) * u64::from(duration_ms) / 1_000) as usize
}
