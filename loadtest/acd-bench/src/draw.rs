//! Chance from one seed.

use rand_distr::{Distribution as _, Exp1, StandardUniform};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng as _;

const SECOND_US: f64 = 1e6;

/// The source of all chance of one floor.
#[derive(Debug)]
pub(crate) struct Draw(Xoshiro256PlusPlus);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// From 0 to below 1.
    fn share(&mut self) -> f64 {
        StandardUniform.sample(&mut self.0)
    }

    /// Whether something of this probability happens.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// One of `count`, all alike; 0 of none.
    pub(crate) fn one_of(&mut self, count: usize) -> usize {
        (self.share() * count as f64) as usize
    }

    /// Microseconds, evenly between two bounds in seconds.
    pub(crate) fn even_us(&mut self, from_s: f64, to_s: f64) -> i64 {
        ((from_s + self.share() * (to_s - from_s)) * SECOND_US) as i64
    }

    /// Microseconds, exponential around a mean in seconds.
    pub(crate) fn exponential_us(&mut self, mean_s: f64) -> i64 {
        let one: f64 = Exp1.sample(&mut self.0);
        (one * mean_s * SECOND_US) as i64
    }
}
