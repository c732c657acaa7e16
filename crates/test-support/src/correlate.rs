//! How alike two recordings are: normalised cross-correlation over all shifts.

/// Seconds of the reference that are looked for: its loudest.
const WINDOW_S: f64 = 2.5;

/// The best match.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// 1 for the same sound at any level, near 0 for unrelated sound.
    pub peak: f64,
    /// How much later the sound stands in `heard` than in the reference.
    pub lag_ms: f64,
}

/// Looks for the loudest 2.5 s of `reference` anywhere in `heard` (both at `rate_hz`).
#[must_use]
pub fn correlate(reference: &[i16], heard: &[i16], rate_hz: u32) -> Correlation {
    let none = Correlation { peak: 0.0, lag_ms: 0.0 };
    let length = ((WINDOW_S * f64::from(rate_hz)) as usize).min(reference.len()).min(heard.len());
    if length == 0 {
        return none;
    }
    let start = loudest(reference, length);
    let window = &reference[start..start + length];
    let energy = energies(window)[length];
    if energy == 0.0 {
        return none;
    }
    let products = slide(window, heard);
    let sums = energies(heard);
    let mut best = (0.0, 0);
    for shift in 0..=heard.len() - length {
        let local = sums[shift + length] - sums[shift];
        // Near silence any rounding would look like a match.
        if local < energy * 1e-5 {
            continue;
        }
        let likeness = products[shift] / (energy * local).sqrt();
        if likeness > best.0 {
            best = (likeness, shift);
        }
    }
    let lag = best.1 as f64 - start as f64;
    Correlation { peak: best.0, lag_ms: lag * 1_000.0 / f64::from(rate_hz) }
}

fn loudest(samples: &[i16], length: usize) -> usize {
    let sums = energies(samples);
    let energy = |start: usize| sums[start + length] - sums[start];
    let starts = (0..=samples.len() - length).step_by(80);
    starts.max_by(|a, b| energy(*a).total_cmp(&energy(*b))).unwrap_or(0)
}

/// Sums of squares before each index.
fn energies(samples: &[i16]) -> Vec<f64> {
    let mut sums = vec![0.0; samples.len() + 1];
    for (index, sample) in samples.iter().enumerate() {
        sums[index + 1] = sums[index] + f64::from(*sample).powi(2);
    }
    sums
}

/// The scalar product of `window` with `heard` at every shift, by FFT.
fn slide(window: &[i16], heard: &[i16]) -> Vec<f64> {
    let size = (heard.len() + window.len()).next_power_of_two();
    // Both real signals in one transform: heard + i * window.
    let mut packed = vec![(0.0, 0.0); size];
    heard.iter().zip(&mut packed).for_each(|(sample, slot)| slot.0 = f64::from(*sample));
    window.iter().zip(&mut packed).for_each(|(sample, slot)| slot.1 = f64::from(*sample));
    fft(&mut packed, -1.0);
    let mut product = vec![(0.0, 0.0); size];
    for index in 0..size {
        let (a, b) = (packed[index], packed[(size - index) % size]);
        let heard = ((a.0 + b.0) / 2.0, (a.1 - b.1) / 2.0);
        let window = ((a.1 + b.1) / 2.0, (b.0 - a.0) / 2.0);
        product[index] = times(heard, (window.0, -window.1));
    }
    fft(&mut product, 1.0);
    product.iter().map(|(real, _)| real / size as f64).collect()
}

fn times(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// Radix-2 transform in place, unscaled; `sign` -1 forward, 1 backward.
fn fft(values: &mut [(f64, f64)], sign: f64) {
    let size = values.len();
    let bits = size.trailing_zeros();
    for index in 0..size {
        let mirror = index.reverse_bits() >> (usize::BITS - bits).min(usize::BITS - 1);
        if mirror > index {
            values.swap(index, mirror);
        }
    }
    let mut half = 1;
    while half < size {
        let angle = sign * std::f64::consts::PI / half as f64;
        let turns: Vec<_> = (0..half).map(|k| (angle * k as f64).sin_cos()).collect();
        for block in values.chunks_exact_mut(half * 2) {
            let (low, high) = block.split_at_mut(half);
            for ((a, b), (sin, cos)) in low.iter_mut().zip(high).zip(&turns) {
                let turned = times(*b, (*cos, *sin));
                *b = (a.0 - turned.0, a.1 - turned.1);
                *a = (a.0 + turned.0, a.1 + turned.1);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{resample, speech_like};

    #[test]
    fn a_shifted_and_quieter_copy_is_found() {
        let reference = speech_like(1, 8_000, 5_000);
        let mut heard = speech_like(2, 8_000, 1_250);
        heard.extend(reference.iter().map(|sample| sample / 3));
        let found = correlate(&reference, &heard, 8_000);
        assert!(found.peak > 0.99, "{found:?}");
        assert!((found.lag_ms - 1_250.0).abs() < 1.0, "{found:?}");
    }

    #[test]
    fn another_voice_is_no_match() {
        let found = correlate(&speech_like(1, 8_000, 5_000), &speech_like(3, 8_000, 5_000), 8_000);
        assert!(found.peak < 0.2, "{found:?}");
        assert_eq!(correlate(&[0; 8_000], &[5; 8_000], 8_000).peak, 0.0);
        assert_eq!(correlate(&[], &[5; 8_000], 8_000).peak, 0.0);
    }

    #[test]
    fn resampling_keeps_the_sound() {
        let reference = resample(&speech_like(1, 8_000, 3_000), 8_000, 16_000);
        let back = resample(&reference, 16_000, 8_000);
        assert!(correlate(&speech_like(1, 8_000, 3_000), &back, 8_000).peak > 0.99);
    }
}
