//! K1, K2a, K2b at one moment, from the facts of calls (`domain.md` 3.1, 3.2).

use std::time::Duration;

use acd::rates::{CallFact, LiveRates, Rate, Tally, Worst, tally, worst_window};
use serde::Serialize;
use types::Timestamp;
use utoipa::ToSchema;

const DAY: Duration = Duration::from_secs(86_400);
const MICROSECOND: Duration = Duration::from_micros(1);

/// 接通率 within the last 24 hours, and the worst 24 hours that ended today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct K1 {
    pub answered: u64,
    pub requests: u64,
    /// Parts per million; null without any request.
    pub rate_ppm: Option<u64>,
    pub minimum_ppm: Option<u64>,
    pub minimum_at: Option<Timestamp>,
}

/// 15-second share of the answered calls of the last 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct K2a {
    pub answered_15s: u64,
    pub answered: u64,
    pub rate_ppm: Option<u64>,
}

/// 15-second share of all requests of the last 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct K2b {
    pub answered_15s: u64,
    pub requests: u64,
    pub rate_ppm: Option<u64>,
}

/// All of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Figures {
    pub k1: K1,
    pub k2a: K2a,
    pub k2b: K2b,
}

impl Figures {
    /// The figures at `now`, by counters that reach back 48 hours.
    #[must_use]
    pub fn live(rates: &LiveRates, now: Timestamp) -> Self {
        Self::new(rates.day(now), rates.worst(midnight_before(now), now))
    }

    /// The same counted anew, by `facts` that reach back 48 hours.
    #[must_use]
    pub fn of(facts: &[CallFact], now: Timestamp) -> Self {
        let day = tally(facts, now - DAY, now + MICROSECOND, now);
        Self::new(day, worst_window(facts, midnight_before(now), now, now))
    }

    fn new(day: Tally, worst: Option<Worst>) -> Self {
        Self {
            k1: K1 {
                answered: day.answered,
                requests: day.requests,
                rate_ppm: ppm(day.connection_rate()),
                minimum_ppm: worst.and_then(|worst| ppm(worst.tally.connection_rate())),
                minimum_at: worst.map(|worst| worst.at),
            },
            k2a: K2a {
                answered_15s: day.answered_in_time,
                answered: day.answered,
                rate_ppm: ppm(day.in_time_of_answered()),
            },
            k2b: k2b(day),
        }
    }
}

const fn k2b(day: Tally) -> K2b {
    K2b {
        answered_15s: day.answered_in_time,
        requests: day.requests,
        rate_ppm: ppm(day.in_time_of_requests()),
    }
}

/// Parts per million, rounded down; `None` where the denominator is 0.
pub(super) const fn ppm(rate: Rate) -> Option<u64> {
    (rate.part * 1_000_000).checked_div(rate.whole)
}

/// The last midnight in Qingyuan.
#[must_use]
pub(super) fn midnight_before(now: Timestamp) -> Timestamp {
    Timestamp::from_local(now.to_local().replace_time(time::Time::MIDNIGHT))
}

#[cfg(test)]
mod tests {
    use acd::rates::Outcome;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn fact(rang_at: &str, outcome: Outcome) -> CallFact {
        CallFact { rang_at: at(rang_at), outcome }
    }

    #[test]
    fn the_day_is_midnight_in_qingyuan() {
        let now = at("2026-02-13T07:59:00+08:00");
        assert_eq!(midnight_before(now), at("2026-02-13T00:00:00+08:00"));
    }

    #[test]
    fn a_call_that_rings_just_now_counts_once_it_is_older_than_15_s() {
        let facts = [fact("2026-02-13T09:00:00+08:00", Outcome::Unresolved)];
        let young = Figures::of(&facts, at("2026-02-13T09:00:15+08:00"));
        assert_eq!((young.k1.requests, young.k1.rate_ppm), (0, None));
        let old = Figures::of(&facts, at("2026-02-13T09:00:15.001+08:00"));
        assert_eq!((old.k1.requests, old.k1.rate_ppm), (1, Some(0)));
    }

    #[test]
    fn two_of_three_answered_one_of_them_in_time() {
        let facts = [
            fact("2026-02-13T09:00:00+08:00", Outcome::Answered { wait_us: 15_000_000 }),
            fact("2026-02-13T09:00:01+08:00", Outcome::Answered { wait_us: 15_000_001 }),
            fact("2026-02-13T09:00:02+08:00", Outcome::Abandoned { waited_us: 6_000_000 }),
        ];
        let figures = Figures::of(&facts, at("2026-02-13T09:01:00+08:00"));
        assert_eq!(figures.k1.rate_ppm, Some(666_666));
        assert_eq!(figures.k2a.rate_ppm, Some(500_000));
        assert_eq!(figures.k2b.rate_ppm, Some(333_333));
    }
}
