//! Percentiles and medians. Pure.

use serde::Serialize;

/// A sample in short; percentiles by nearest rank, as measured, never interpolated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    pub n: usize,
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Summary {
    /// `None` for an empty sample: there is no figure where nothing was measured.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        Some(Self {
            n: values.len(),
            p50: nearest_rank(&values, 50)?,
            p99: nearest_rank(&values, 99)?,
            max: *values.last()?,
        })
    }
}

/// The smallest value that at least `percent` of the sorted sample do not exceed.
#[must_use]
pub fn nearest_rank<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// The median of several runs; of an even number the lower middle one, so that it was measured.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    nearest_rank(&values, 50)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_of_the_sample() {
        let summary = Summary::of((1..=200).rev().map(f64::from).collect()).unwrap();
        assert_eq!(summary, Summary { n: 200, p50: 100.0, p99: 198.0, max: 200.0 });
        assert_eq!(Summary::of(vec![4.0]).unwrap().p99, 4.0);
        assert_eq!(Summary::of(Vec::new()), None);
    }

    #[test]
    fn the_median_was_measured_in_one_of_the_runs() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median(vec![9.0, 1.0]), Some(1.0));
        assert_eq!(median(Vec::new()), None);
    }
}
