//! How far forecasts were off, kept and summed up so that it can be shown.

use crate::half_hour::{DayCurve, HalfHour};

/// Sums over pairs of what was expected and what came.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Accuracy {
    pairs: u32,
    pairs_with_calls: u32,
    came: f64,
    off_by: f64,
    too_high_by: f64,
    shares_off: f64,
}

impl Accuracy {
    /// Adds one pair of expected and actual calls.
    pub fn add(&mut self, expected: f64, came: u32) {
        let came = f64::from(came);
        self.pairs += 1;
        self.came += came;
        self.off_by += (expected - came).abs();
        self.too_high_by += expected - came;
        if came > 0.0 {
            self.pairs_with_calls += 1;
            self.shares_off += (expected - came).abs() / came;
        }
    }

    /// Pairs that were added.
    #[must_use]
    pub const fn pairs(&self) -> u32 {
        self.pairs
    }

    /// WAPE: sum of the absolute errors by the sum of the calls. `None` without any call. The aim is below 0.15 per
    /// day (`domain.md` 11.1).
    #[must_use]
    pub fn wape(&self) -> Option<f64> {
        (self.came > 0.0).then(|| self.off_by / self.came)
    }

    /// MAPE: mean of the absolute errors, each by its own calls; pairs without calls are left out. Quiet half-hours
    /// weigh as much as busy ones: read it beside WAPE.
    #[must_use]
    pub fn mape(&self) -> Option<f64> {
        (self.pairs_with_calls > 0).then(|| self.shares_off / f64::from(self.pairs_with_calls))
    }

    /// By which share of the calls the forecasts were too high (below 0: too low).
    #[must_use]
    pub fn bias(&self) -> Option<f64> {
        (self.came > 0.0).then(|| self.too_high_by / self.came)
    }
}

/// The accuracy of many days' forecasts.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastAccuracy {
    /// Over all half-hours of all days.
    pub half_hours: Accuracy,
    /// Over the totals of the days.
    pub days: Accuracy,
    /// Over the same half-hour of all days.
    pub by_half_hour: DayCurve<Accuracy>,
}

impl Default for ForecastAccuracy {
    fn default() -> Self {
        Self {
            half_hours: Accuracy::default(),
            days: Accuracy::default(),
            by_half_hour: DayCurve::from_fn(|_| Accuracy::default()),
        }
    }
}

impl ForecastAccuracy {
    /// Adds a day that is over.
    pub fn add(&mut self, expected: &DayCurve<f64>, came: &DayCurve<u32>) {
        for half_hour in HalfHour::all() {
            let (expected, came) = (*expected.get(half_hour), *came.get(half_hour));
            self.half_hours.add(expected, came);
            self.by_half_hour.get_mut(half_hour).add(expected, came);
        }
        let total = came.iter().map(|(_, calls)| *calls).fold(0_u32, u32::saturating_add);
        self.days.add(expected.sum(), total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_figures_are_what_their_names_say() {
        let mut accuracy = Accuracy::default();
        for (expected, came) in [(12.0, 10), (45.0, 50), (3.0, 0)] {
            accuracy.add(expected, came);
        }
        assert_eq!(accuracy.wape(), Some(10.0 / 60.0));
        assert!((accuracy.mape().unwrap() - 0.15).abs() < 1e-12, "the empty half-hour is left out");
        assert_eq!(accuracy.bias(), Some(0.0), "2 and 3 too high, 5 too low");
        assert_eq!(Accuracy::default().wape(), None);
    }

    #[test]
    fn errors_that_cancel_over_a_day_show_in_its_half_hours() {
        let mut sums = ForecastAccuracy::default();
        let came = DayCurve::from_fn(|half_hour| if half_hour.index() < 24 { 10 } else { 20 });
        sums.add(&DayCurve::from_fn(|_| 15.0), &came);
        assert_eq!((sums.days.wape(), sums.half_hours.wape()), (Some(0.0), Some(240.0 / 720.0)));
        assert_eq!(sums.by_half_hour.get(HalfHour::FIRST).bias(), Some(0.5));
        assert_eq!(sums.days.pairs(), 1);
    }
}
