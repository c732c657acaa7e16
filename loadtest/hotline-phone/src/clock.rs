//! The one room that reads the monotonic clock and the wall clock. Everything else takes an
//! [`Instant`] as an argument or asks here. It must not know SIP or media.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use tokio::time::Instant;

/// Zero of every `*_ms` figure the phone prints: the first time this process asked for the time.
static ZERO: LazyLock<(Instant, u64)> = LazyLock::new(read_both_clocks);

#[expect(clippy::disallowed_methods, reason = "the room that owns the clock")]
fn read_both_clocks() -> (Instant, u64) {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    (Instant::now(), u64::try_from(unix.as_millis()).unwrap_or(u64::MAX))
}

/// The monotonic clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the room that owns the clock")]
pub fn now() -> Instant {
    LazyLock::force(&ZERO);
    Instant::now()
}

/// Milliseconds from the process's zero to `at`, to a tenth of a millisecond.
#[must_use]
pub fn since_zero_ms(at: Instant) -> f64 {
    (at.saturating_duration_since(ZERO.0).as_secs_f64() * 10_000.0).round() / 10.0
}

/// The wall clock at the process's zero, in Unix milliseconds: lines up reports of two programs.
#[must_use]
pub fn zero_unix_ms() -> u64 {
    ZERO.1
}
