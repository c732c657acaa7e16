//! How many messages one source may send: a token bucket per address, bounded in number.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use types::Timestamp;

/// Addresses remembered; when more come at once, the full buckets among them are forgotten.
const SOURCES_MAX: usize = 50_000;

/// A bucket per source: `burst` messages at once, `per_s` in the long run.
#[derive(Debug)]
pub struct Limiter {
    per_s: f64,
    burst: f64,
    buckets: Mutex<HashMap<IpAddr, (f64, Timestamp)>>,
}

impl Limiter {
    #[must_use]
    pub fn new(per_s: u32, burst: u32) -> Self {
        Self { per_s: f64::from(per_s), burst: f64::from(burst), buckets: Mutex::default() }
    }

    /// Whether a message of `source` may be read now.
    pub fn admit(&self, source: IpAddr, now: Timestamp) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= SOURCES_MAX && !buckets.contains_key(&source) {
            let (per_s, burst) = (self.per_s, self.burst);
            buckets.retain(|_, (left, at)| *left + now.since(*at).as_secs_f64() * per_s < burst);
            if buckets.len() >= SOURCES_MAX {
                return false;
            }
        }
        let (left, at) = buckets.entry(source).or_insert((self.burst, now));
        *left = (*left + now.since(*at).as_secs_f64() * self.per_s).min(self.burst);
        *at = now;
        let admitted = *left >= 1.0;
        if admitted {
            *left -= 1.0;
        }
        admitted
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
