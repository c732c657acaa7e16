//! How much may come in: a token bucket, and one such bucket per source address, bounded in number.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use types::Timestamp;

/// Addresses remembered; when more come at once, the full buckets among them are forgotten.
const SOURCES_MAX: usize = 50_000;

/// `burst` at once, `per_s` in the long run.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    per_s: f64,
    burst: f64,
    left: f64,
    at: Timestamp,
}

impl Bucket {
    #[must_use]
    pub fn new(per_s: u32, burst: u32, now: Timestamp) -> Self {
        let burst = f64::from(burst);
        Self { per_s: f64::from(per_s), burst, left: burst, at: now }
    }

    /// Whether one more may come in now.
    pub fn admit(&mut self, now: Timestamp) -> bool {
        self.left = self.filled(now);
        self.at = now;
        let admitted = self.left >= 1.0;
        if admitted {
            self.left -= 1.0;
        }
        admitted
    }

    fn filled(&self, now: Timestamp) -> f64 {
        (self.left + now.since(self.at).as_secs_f64() * self.per_s).min(self.burst)
    }
}

/// A bucket per source.
#[derive(Debug)]
pub struct Limiter {
    per_s: u32,
    burst: u32,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

impl Limiter {
    #[must_use]
    pub fn new(per_s: u32, burst: u32) -> Self {
        Self { per_s, burst, buckets: Mutex::default() }
    }

    /// Whether a message of `source` may be read now.
    pub fn admit(&self, source: IpAddr, now: Timestamp) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= SOURCES_MAX && !buckets.contains_key(&source) {
            buckets.retain(|_, bucket| bucket.filled(now) < bucket.burst);
            if buckets.len() >= SOURCES_MAX {
                return false;
            }
        }
        let new = || Bucket::new(self.per_s, self.burst, now);
        buckets.entry(source).or_insert_with(new).admit(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_holds_and_others_are_not_hurt() {
        let limiter = Limiter::new(10, 5);
        let (flooder, other) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let at = |ms: i64| Timestamp::from_micros(ms * 1_000);
        assert_eq!((0..20).filter(|_| limiter.admit(flooder, at(0))).count(), 5);
        assert!(limiter.admit(other, at(0)));
        assert_eq!((0..20).filter(|_| limiter.admit(flooder, at(300))).count(), 3);
    }
}
