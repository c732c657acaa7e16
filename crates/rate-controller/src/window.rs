//! The calls of the last 24 hours by half-hour: what will leave the window, and when.

use std::collections::BTreeMap;

use acd::rates::Tally;
use serde::{Deserialize, Serialize};
use types::Timestamp;

use crate::situation::{Counters, DAY_HALF_HOURS, Forecast, HALF_HOUR_US, half_hour_of};

const DAY_US: i64 = DAY_HALF_HOURS as i64 * HALF_HOUR_US;

/// What was counted, by the number of the half-hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    half_hours: BTreeMap<i64, Counted>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Counted {
    requests: u64,
    lost: u64,
    /// Lost, or answered after more than 15 s.
    late: u64,
}

/// Calls with the two ways to miss a target.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Calls {
    pub calls: f64,
    pub lost: f64,
    pub late: f64,
}

impl Calls {
    pub(crate) fn of(tally: Tally) -> Self {
        let late = tally.requests.saturating_sub(tally.answered_in_time);
        let lost = tally.requests.saturating_sub(tally.answered);
        Self { calls: tally.requests as f64, lost: lost as f64, late: late as f64 }
    }

    pub(crate) fn plus(self, other: Self, times: f64) -> Self {
        Self {
            calls: self.calls + other.calls * times,
            lost: self.lost + other.lost * times,
            late: self.late + other.late * times,
        }
    }
}

impl Past {
    pub(crate) fn add(&mut self, now: Timestamp, added: Counters) {
        let counted = self.half_hours.entry(half_hour_of(now)).or_default();
        counted.requests += added.requests;
        counted.lost += added.lost();
        counted.late += added.requests.saturating_sub(added.answered_in_time);
        let first = half_hour_of(now) - DAY_HALF_HOURS as i64;
        self.half_hours.retain(|number, _| *number >= first);
    }

    /// What leaves the window of 24 hours, and at the end of which half-hour from now on: 48 and a part. The sum
    /// is what `window` reports; calls that were not observed are laid where the forecast had them.
    pub(crate) fn leaving(&self, now: Timestamp, window: Tally, forecast: &Forecast) -> Vec<Calls> {
        let start = now.as_micros() - DAY_US;
        let first = start.div_euclid(HALF_HOUR_US);
        let part = 1.0 - start.rem_euclid(HALF_HOUR_US) as f64 / HALF_HOUR_US as f64;
        let last = half_hour_of(now);
        let share = |number: i64| if number == first { part } else { 1.0 };
        let observed = |number: i64| {
            self.half_hours.get(&number).map_or_else(Calls::default, |of| Calls {
                calls: of.requests as f64,
                lost: of.lost as f64,
                late: of.late as f64,
            })
        };
        let known = (first..=last).fold(Calls::default(), |sum, n| sum.plus(observed(n), share(n)));
        let missing = Calls::of(window).plus(known, -1.0);
        // Half-hours of which less was observed than forecast can hold what is missing.
        let begun = now.as_micros().rem_euclid(HALF_HOUR_US) as f64 / HALF_HOUR_US as f64;
        let room = |number: i64| {
            let expected = forecast.at(number).map_or(1.0, |of| of.calls);
            let passed = if number == last { begun } else { 1.0 };
            (expected * passed - observed(number).calls).max(0.0) * share(number)
        };
        let rooms: f64 = (first..=last).map(room).sum();
        let laid = |number: i64| if rooms > 0.0 { room(number) / rooms } else { 0.0 };
        (first..=last)
            .map(|number| {
                let of = Calls::default().plus(observed(number), share(number));
                let sum = of.plus(missing, laid(number));
                let calls = sum.calls.max(0.0);
                Calls { calls, lost: sum.lost.clamp(0.0, calls), late: sum.late.clamp(0.0, calls) }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::situation::HalfHour;

    fn at(half_hours: i64) -> Timestamp {
        Timestamp::from_micros(half_hours * HALF_HOUR_US)
    }

    #[test]
    fn what_was_not_observed_leaves_as_it_was_forecast() {
        let half_hours = vec![HalfHour { calls: 10.0, agents: 3 }; 96];
        let forecast = Forecast { from: at(0), half_hours };
        let mut past = Past::default();
        let added =
            Counters { requests: 10, answered: 4, answered_in_time: 2, ..Default::default() };
        past.add(at(59), added);
        let window =
            Tally { requests: 480, answered: 470, answered_in_time: 400, short_abandons: 0 };
        let leaving = past.leaving(at(60), window, &forecast);
        assert_eq!(leaving.len(), 49);
        let sum = leaving.iter().fold(Calls::default(), |sum, of| sum.plus(*of, 1.0));
        assert!((sum.calls - 480.0).abs() < 1e-6 && (sum.lost - 10.0).abs() < 1e-6, "{sum:?}");
        assert_eq!(leaving[47], Calls { calls: 10.0, lost: 6.0, late: 8.0 });
        assert!((leaving[0].lost - 4.0 / 47.0).abs() < 1e-9, "{:?}", leaving[0]);
    }

    #[test]
    fn half_hours_of_yesterday_are_forgotten() {
        let mut past = Past::default();
        (0..200).for_each(|number| past.add(at(number), Counters::default()));
        assert_eq!(past.half_hours.len(), 49);
    }
}
