//! A set of spans in figures: how many, their sum, exact percentiles.

use acd::rates::Rate;
use serde::{Deserialize, Serialize};

/// Spans in microseconds. Percentiles are by the nearest rank: the smallest span that at least so many
/// percent of all do not exceed. Each is a span that really was; nothing is interpolated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    pub count: u64,
    pub sum_us: u64,
    pub p50_us: Option<u64>,
    pub p90_us: Option<u64>,
    pub p95_us: Option<u64>,
    pub max_us: Option<u64>,
}

impl Spread {
    #[must_use]
    pub fn of(mut spans_us: Vec<u64>) -> Self {
        spans_us.sort_unstable();
        Self {
            count: spans_us.len() as u64,
            sum_us: spans_us.iter().fold(0, |sum, span| sum.saturating_add(*span)),
            p50_us: nearest_rank(&spans_us, 50),
            p90_us: nearest_rank(&spans_us, 90),
            p95_us: nearest_rank(&spans_us, 95),
            max_us: spans_us.last().copied(),
        }
    }

    /// The mean as an exact fraction, microseconds in all by how many. Of waits of answered calls this
    /// is ASA.
    #[must_use]
    pub const fn mean(self) -> Rate {
        Rate { part: self.sum_us, whole: self.count }
    }
}

/// The span of rank ⌈n·p/100⌉ of `sorted`, counted from 1.
fn nearest_rank(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_nearest_rank_of_the_textbook_s_five() {
        // 15, 20, 35, 40, 50: the usual example of the method.
        let five = [15, 20, 35, 40, 50];
        let ranks = [5, 30, 40, 50, 100].map(|percent| nearest_rank(&five, percent));
        assert_eq!(ranks, [15, 20, 20, 35, 50].map(Some));
        assert_eq!(nearest_rank(&[], 50), None);
    }

    #[test]
    fn the_mean_is_a_fraction_that_nobody_rounded() {
        let spread = Spread::of(vec![1, 1, 2]);
        assert_eq!(spread.mean(), Rate { part: 4, whole: 3 });
        assert_eq!(Spread::of(Vec::new()).mean(), Rate::default());
    }

    proptest! {
        #[test]
        fn a_percentile_is_the_smallest_that_covers_its_share(
            spans in prop::collection::vec(0..50_u64, 1..60),
        ) {
            let spread = Spread::of(spans.clone());
            let covers = |limit: u64, percent: usize| {
                let count = spans.iter().filter(|span| **span <= limit).count();
                count * 100 >= spans.len() * percent
            };
            for (percent, found) in [(50, spread.p50_us), (90, spread.p90_us), (95, spread.p95_us)] {
                let smallest = (0..50).find(|limit| covers(*limit, percent));
                prop_assert_eq!(found, smallest);
            }
            prop_assert_eq!(spread.max_us, spans.iter().max().copied());
            prop_assert_eq!(spread.sum_us, spans.iter().sum::<u64>());
        }
    }
}
