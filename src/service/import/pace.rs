//! How fast an import may go: small transactions, a rest after each, slower as soon as the database is (R28).

use std::time::Duration;

/// Lines of the first transaction.
const LINES_FIRST: usize = 8;
/// Most lines of one transaction.
const LINES_MAX: usize = 64;
/// A transaction shall take about so long: whoever waits for its locks waits no longer.
const GOAL: Duration = Duration::from_millis(25);
/// Lines that take so many times as long as the quickest ones mean that others need the database.
const SLOWED: f64 = 2.0;
/// The measure of the quickest is given up by so much each time: a machine may become slower for good.
const FORGET: f64 = 1.02;
/// Longest rest.
const REST_MAX: Duration = Duration::from_secs(2);

/// The pace of one import.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pace {
    lines: usize,
    /// Seconds of the quickest line so far.
    quickest_s: Option<f64>,
}

impl Pace {
    pub(super) const fn new() -> Self {
        Self { lines: LINES_FIRST, quickest_s: None }
    }

    /// Lines of the next transaction.
    pub(super) const fn lines(&self) -> usize {
        self.lines
    }

    /// A transaction of `lines` lines took so long: how long to rest now. Two thirds of the time are left to others, and
    /// six sevenths where others slow us down.
    pub(super) fn took(&mut self, lines: usize, took: Duration) -> Duration {
        let count = lines.max(1) as f64;
        let line_s = took.as_secs_f64() / count;
        let quickest_s = self.quickest_s.map_or(line_s, |known| (known * FORGET).min(line_s));
        self.quickest_s = Some(quickest_s);
        let slowed = line_s > quickest_s * SLOWED;
        let fitting = GOAL.as_secs_f64() / line_s.max(1e-6);
        let most = if slowed { self.lines as f64 / 2.0 } else { self.lines as f64 * 2.0 };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and LINES_MAX"
        )]
        let next = fitting.min(most).clamp(1.0, LINES_MAX as f64) as usize;
        self.lines = next;
        let rest = took * if slowed { 6 } else { 2 };
        rest.min(REST_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn transactions_grow_to_their_goal_and_no_further() {
        let mut pace = Pace::new();
        for _ in 0..10 {
            let lines = pace.lines();
            let took = MS * u32::try_from(lines).unwrap();
            assert_eq!(pace.took(lines, took), took * 2, "two thirds of the time are others'");
        }
        assert_eq!(pace.lines(), 25, "a millisecond a line makes 25 ms");
        let mut quick = Pace::new();
        for _ in 0..10 {
            quick.took(quick.lines(), MS);
        }
        assert_eq!(quick.lines(), LINES_MAX);
    }

    #[test]
    fn a_database_that_others_need_is_left_to_them() {
        let mut pace = Pace::new();
        for _ in 0..10 {
            pace.took(pace.lines(), MS * 20);
        }
        let before = pace.lines();
        let rest = pace.took(before, MS * 200);
        assert_eq!(rest, MS * 1_200, "six sevenths of the time are theirs");
        assert!(pace.lines() <= before / 2, "{before} -> {}", pace.lines());
        assert_eq!(pace.took(pace.lines(), Duration::from_secs(60)), REST_MAX);
        assert_eq!(pace.lines(), 1, "never none at all");
    }

    #[test]
    fn a_machine_that_stays_slow_is_the_new_measure() {
        let mut pace = Pace::new();
        pace.took(8, MS * 8);
        let rests: Vec<bool> = (0..100)
            .map(|_| {
                let lines = pace.lines();
                let took = MS * 3 * u32::try_from(lines).unwrap();
                pace.took(lines, took) > took * 2
            })
            .collect();
        assert!(rests[0] && !rests[99], "{rests:?}");
    }
}
