//! From the first phone that rings for a caller out of the queue to the answer: not one span, but as they were lately.

use std::collections::VecDeque;

use super::Wait;

/// So many are remembered.
const MEMORY: usize = 200;
/// What was expected beforehand weighs as much as so many.
const PRIOR: usize = 10;
/// A sample stands for each tenth of them.
const POINTS: usize = 10;

/// The last spans, in seconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PickUp {
    spans_s: VecDeque<f64>,
}

/// A few spans that stand for all of them, each equally likely.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PickUpPoints {
    pub(super) spans_s: [f64; POINTS],
}

impl PickUp {
    pub(super) fn new(mean_s: f64) -> Self {
        Self { spans_s: std::iter::repeat_n(mean_s, PRIOR).collect() }
    }

    pub(super) fn took(&mut self, span_s: f64) {
        if self.spans_s.len() >= MEMORY {
            self.spans_s.pop_front();
        }
        self.spans_s.push_back(span_s);
    }

    pub(super) fn points(&self) -> PickUpPoints {
        let mut sorted: Vec<f64> = self.spans_s.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        // The middle of each tenth.
        let of = |point: usize| sorted.get((2 * point + 1) * sorted.len() / (2 * POINTS)).copied();
        PickUpPoints { spans_s: std::array::from_fn(|point| of(point).unwrap_or_default()) }
    }
}

impl PickUpPoints {
    /// For whom an agent is free.
    pub(super) fn wait(&self) -> Wait {
        let between = |low: usize| {
            let at = |point: usize| self.spans_s.get(point).copied().unwrap_or_default();
            f64::midpoint(at(low), at(low + 1))
        };
        Wait { middle_s: between(POINTS / 2 - 1), late_s: between(POINTS * 4 / 5 - 1) }
    }

    pub(super) fn longest_s(&self) -> f64 {
        self.spans_s.iter().copied().fold(0.0, f64::max)
    }

    pub(super) fn mean_s(&self) -> f64 {
        self.spans_s.iter().sum::<f64>() / POINTS as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tenth_has_its_point_and_the_oldest_are_forgotten() {
        let mut pick_up = PickUp::new(3.0);
        assert_eq!(pick_up.points().spans_s, [3.0; POINTS]);
        for n in 0..1_000 {
            pick_up.took(f64::from(n % 100));
        }
        let points = pick_up.points();
        assert_eq!(points.spans_s, [5.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0, 85.0, 95.0]);
        assert!((points.mean_s() - 50.0).abs() < 1e-9);
        assert_eq!(points.wait(), Wait { middle_s: 50.0, late_s: 80.0 });
    }
}
