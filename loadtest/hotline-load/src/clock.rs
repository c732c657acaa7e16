//! The one room that reads clocks. Call timings are on the monotonic clock; probes in RTP carry the
//! wall clock, because the kernel stamps arriving packets with that one. It must not know calls.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds of a second and of a millisecond.
pub const SECOND_NS: u64 = 1_000_000_000;
pub const MS_NS: u64 = 1_000_000;

static ZERO: LazyLock<Instant> = LazyLock::new(monotonic);

#[expect(clippy::disallowed_methods, reason = "the room that owns the clock")]
fn monotonic() -> Instant {
    Instant::now()
}

/// Nanoseconds since this process first asked.
#[must_use]
pub fn now_ns() -> u64 {
    let zero = *ZERO;
    u64::try_from(monotonic().saturating_duration_since(zero).as_nanos()).unwrap_or(u64::MAX)
}

/// The instant of a time of [`now_ns`], for libraries that want one.
#[must_use]
pub fn instant(ns: u64) -> Instant {
    *ZERO + Duration::from_nanos(ns)
}

/// The time of an instant; 0 for one before the beginning.
#[must_use]
pub fn ns_of(instant: Instant) -> u64 {
    u64::try_from(instant.saturating_duration_since(*ZERO).as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds since 1970, the clock of the kernel's packet stamps.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the room that owns the clock")]
pub fn wall_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
