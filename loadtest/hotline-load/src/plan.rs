//! Who calls when and talks for how long: every choice of a load, drawn once from its seed. Pure.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::clock::{MS_NS, SECOND_NS};
use crate::scenario::{Arrivals, Callers};

/// One call to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallPlan {
    /// After the load's beginning.
    pub start_ns: u64,
    pub number: u64,
    /// From answer to hanging up; `None`: until told.
    pub talk_ns: Option<u64>,
}

/// All calls of a load in order of their beginning.
#[must_use]
pub fn calls(callers: &Callers, seed: u64) -> Vec<CallPlan> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut clock_s = 0.0_f64;
    (0..callers.calls)
        .map(|index| {
            let start_ns = nanoseconds(clock_s);
            clock_s += match callers.arrivals {
                Arrivals::Even => 1.0 / callers.rate_per_s,
                Arrivals::Poisson => {
                    let uniform: f64 = rng.random();
                    -(1.0 - uniform).ln() / callers.rate_per_s
                }
            };
            let talk_ns = callers.talk_ms.map(|span| drawn_ns(&mut rng, span));
            CallPlan { start_ns, number: callers.first_number + u64::from(index), talk_ns }
        })
        .collect()
}

/// The choices that phones make, one after the other.
#[derive(Debug)]
pub struct AnswerTimes {
    rng: StdRng,
    span_ms: (u64, u64),
}

impl AnswerTimes {
    #[must_use]
    pub fn new(seed: u64, span_ms: (u64, u64)) -> Self {
        Self { rng: StdRng::seed_from_u64(seed ^ 0x5eed), span_ms }
    }

    /// From INVITE to 200.
    pub fn next_ns(&mut self) -> u64 {
        drawn_ns(&mut self.rng, self.span_ms)
    }
}

fn drawn_ns(rng: &mut StdRng, (least_ms, most_ms): (u64, u64)) -> u64 {
    rng.random_range(least_ms * MS_NS..=most_ms * MS_NS)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the start of a call within some hours, never negative"
)]
fn nanoseconds(seconds: f64) -> u64 {
    (seconds * SECOND_NS as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callers(arrivals: Arrivals) -> Callers {
        Callers {
            calls: 2_000,
            rate_per_s: 10.0,
            arrivals,
            dial: "12345".to_owned(),
            first_number: 13_800_000_000,
            talk_ms: Some((10_000, 20_000)),
            patience_ms: 1,
            rtp: true,
            window: None,
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_calls_and_another_seed_others() {
        let of = |seed| calls(&callers(Arrivals::Poisson), seed);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn calls_come_at_the_rate_and_last_as_long_as_the_file_says() {
        for arrivals in [Arrivals::Even, Arrivals::Poisson] {
            let calls = calls(&callers(arrivals), 3);
            let span_s = calls.last().unwrap().start_ns as f64 / SECOND_NS as f64;
            assert!((180.0..220.0).contains(&span_s), "{arrivals:?}: {span_s}");
            assert!(calls.is_sorted_by_key(|call| call.start_ns));
            let talks = calls.iter().map(|call| call.talk_ns.unwrap() / MS_NS);
            assert!(talks.clone().all(|ms| (10_000..=20_000).contains(&ms)));
            assert!(talks.max().unwrap() > 19_000);
        }
    }
}
