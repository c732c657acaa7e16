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
    /// From dialling to giving up; `None`: as all callers of the load.
    pub patience_ns: Option<u64>,
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
            let patience_ns = callers.patience_mean_ms.map(|mean_ms| patient_ns(&mut rng, mean_ms));
            let of_numbers = index % callers.numbers.unwrap_or(u32::MAX);
            let number = callers.first_number + u64::from(of_numbers);
            CallPlan { start_ns, number, talk_ns, patience_ns }
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

/// Nobody gives up before she has heard it ring.
const PATIENCE_NS_MIN: u64 = 2 * SECOND_NS;

/// How long a caller waits: exponential, as Erlang A has it.
#[expect(clippy::cast_precision_loss, reason = "some minutes in milliseconds")]
fn patient_ns(rng: &mut StdRng, mean_ms: u64) -> u64 {
    let uniform: f64 = rng.random();
    let seconds = -(1.0 - uniform).ln() * mean_ms as f64 / 1_000.0;
    nanoseconds(seconds).max(PATIENCE_NS_MIN)
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
            patience_mean_ms: None,
            numbers: None,
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

    #[test]
    fn callers_have_a_patience_of_their_own_and_ring_again_with_the_same_number() {
        let mut storm = callers(Arrivals::Even);
        storm.patience_mean_ms = Some(60_000);
        storm.numbers = Some(1_500);
        let calls = calls(&storm, 3);
        let patience = calls.iter().map(|call| call.patience_ns.unwrap() as f64 / SECOND_NS as f64);
        let mean_s = patience.sum::<f64>() / calls.len() as f64;
        assert!((55.0..65.0).contains(&mean_s), "{mean_s}");
        assert_eq!(calls[1_500].number, calls[0].number);
        assert_ne!(calls[1_499].number, calls[0].number);
    }
}
