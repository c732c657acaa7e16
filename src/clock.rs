//! The only room of the server that reads a clock or draws a random number.
//!
//! Owns: [`Clock`], [`Random`], [`Stopwatch`]. Must not do: decide anything. Everyone else takes an
//! instant or a random value as an argument, or holds one of these by value.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use types::Timestamp;

/// A clock that was set back is caught up with by one part of so many.
const CATCH_UP: u32 = 100;

/// Where the present comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock; business time runs `business_offset_us` ahead of it (0 but in test builds).
    System { business_offset_us: i64 },
    /// A clock that a test moves.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    #[must_use]
    pub fn system() -> Self {
        Self::System { business_offset_us: 0 }
    }

    /// Stands still at `start` until [`Clock::advance`].
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.as_micros())))
    }

    /// The instant by which sessions, leases, retries and log lines go.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System { .. } => system_now(),
            Self::Manual(micros) => Timestamp::from_micros(micros.load(Ordering::SeqCst)),
        }
    }

    /// The instant by which working days, due times and reports go: `now` but in test builds.
    #[must_use]
    pub fn business_now(&self) -> Timestamp {
        Timestamp::from_micros(self.now().as_micros().saturating_add(self.business_offset_us()))
    }

    /// What [`Clock::business_now`] is ahead of [`Clock::now`], in microseconds.
    #[must_use]
    pub fn business_offset_us(&self) -> i64 {
        match self {
            Self::System { business_offset_us } => *business_offset_us,
            Self::Manual(_) => 0,
        }
    }

    /// Moves a manual clock on; the system's clock moves by itself.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(micros) = self {
            let by_us = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            micros.fetch_add(by_us, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the room that reads the clock")]
fn system_now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
}

/// Measures how long something took, by a clock that nobody sets back.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "this is the room that reads the clock")]
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock that goes on though the machine's is set back: deadlines do not wait for what it was set back by.
#[derive(Debug, Clone)]
pub struct SteadyClock {
    clock: Clock,
    last: Timestamp,
    since: Stopwatch,
}

impl SteadyClock {
    /// Never before `last`, the last instant that was given out in an earlier run.
    #[must_use]
    pub fn after(clock: Clock, last: Timestamp) -> Self {
        Self { clock, last, since: Stopwatch::start() }
    }

    /// The clock's instant, or the span since the last one later where the clock is behind. One part in a hundred
    /// slower then, so that the clock catches up with it in the end.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let passed = match self.clock {
            Clock::System { .. } => self.since.elapsed(),
            Clock::Manual(_) => Duration::ZERO,
        };
        self.clock.now().max(self.last + (passed - passed / CATCH_UP))
    }

    /// [`Self::now`], from which it goes on.
    pub fn take(&mut self) -> Timestamp {
        let now = self.now();
        (self.last, self.since) = (now, Stopwatch::start());
        now
    }

    /// What [`Self::take`] gave last.
    #[must_use]
    pub const fn last(&self) -> Timestamp {
        self.last
    }
}

/// Where random numbers come from.
#[derive(Debug, Clone)]
pub enum Random {
    /// The operating system's generator.
    System,
    /// The same numbers in every run, for tests.
    Seeded(Arc<Mutex<StdRng>>),
    /// 1, 2, 3, …: ids in a snapshot stay readable.
    Counting(Arc<AtomicU64>),
}

impl Random {
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    #[must_use]
    pub fn counting() -> Self {
        Self::Counting(Arc::new(AtomicU64::new(1)))
    }

    /// 128 random bits, as the ids of [`types`] want them.
    #[must_use]
    pub fn number(&self) -> u128 {
        u128::from_be_bytes(self.bytes())
    }

    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match self {
            Self::System => fill_from_system(&mut bytes),
            Self::Seeded(rng) => {
                rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
            }
            Self::Counting(next) => {
                let count = next.fetch_add(1, Ordering::SeqCst).to_be_bytes();
                let used = N.min(count.len());
                bytes[N - used..].copy_from_slice(&count[count.len() - used..]);
            }
        }
        bytes
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the room that draws random numbers")]
fn fill_from_system(bytes: &mut [u8]) {
    rand::rng().fill_bytes(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_back_goes_on_and_is_caught_up_with() {
        let clock = Clock::system();
        let ahead = clock.now() + Duration::from_secs(3_600);
        let (began, mut last) = (Stopwatch::start(), ahead);
        let mut steady = SteadyClock::after(clock.clone(), ahead);
        for _ in 0..20 {
            std::thread::sleep(Duration::from_millis(10));
            let now = steady.take();
            assert!(now > last);
            last = now;
        }
        let (went, passed) = (last.since(ahead), began.elapsed());
        assert!(went >= Duration::from_millis(195) && went < passed, "{went:?} of {passed:?}");
        let mut behind = SteadyClock::after(clock.clone(), Timestamp::default());
        assert!(behind.take() <= clock.now() && behind.last() > ahead - Duration::from_secs(3_601));
    }

    #[test]
    fn a_manual_clock_stands_still_for_a_steady_one_too() {
        let clock = Clock::manual(Timestamp::from_micros(5));
        let mut steady = SteadyClock::after(clock.clone(), Timestamp::from_micros(9));
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(steady.take(), Timestamp::from_micros(9));
        clock.advance(Duration::from_micros(7));
        assert_eq!(steady.take(), Timestamp::from_micros(12));
    }

    #[test]
    fn a_manual_clock_moves_when_told() {
        let clock = Clock::manual(Timestamp::from_micros(5));
        clock.advance(Duration::from_micros(7));
        assert_eq!(clock.now(), Timestamp::from_micros(12));
        assert_eq!(clock.business_now(), clock.now());
    }

    #[test]
    fn business_time_runs_ahead_by_the_offset() {
        let clock = Clock::System { business_offset_us: 3_600_000_000 };
        let now = clock.now();
        assert!(clock.business_now().since(now) >= Duration::from_secs(3_600));
    }

    #[test]
    fn seeded_numbers_repeat_and_system_numbers_do_not() {
        assert_eq!(Random::seeded(1).number(), Random::seeded(1).number());
        assert_ne!(Random::System.number(), Random::System.number());
        assert_eq!(Random::counting().bytes::<2>(), [0, 1]);
    }
}
