//! The gateway's clock: anchored once to the wall clock, then monotonic, so that waits measured
//! with it are never negative and a step of the wall clock does not change them.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use types::Timestamp;

static ANCHOR: OnceLock<(Instant, Timestamp)> = OnceLock::new();

/// The present instant. Never runs backwards within one process.
#[must_use]
pub fn now() -> Timestamp {
    let (started, at) = ANCHOR.get_or_init(anchor);
    *at + monotonic().saturating_duration_since(*started)
}

/// The instant of the monotonic clock at which [`now`] will show `at` (the past gives the present).
#[must_use]
pub fn instant_of(at: Timestamp) -> tokio::time::Instant {
    tokio::time::Instant::from_std(monotonic() + at.since(now()))
}

fn anchor() -> (Instant, Timestamp) {
    let since_epoch = wall().duration_since(UNIX_EPOCH).unwrap_or_default();
    (monotonic(), Timestamp::from_micros(0) + since_epoch)
}

#[expect(clippy::disallowed_methods, reason = "the gateway's one reading of the monotonic clock")]
fn monotonic() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the gateway's one reading of the wall clock")]
fn wall() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_agrees_with_the_wall_and_never_runs_back() {
        let first = now();
        let second = now();
        assert!(second >= first);
        let wall = Timestamp::from_micros(0) + wall().duration_since(UNIX_EPOCH).unwrap();
        assert!(wall.since(first).as_secs() < 5 && first.since(wall).as_secs() < 5);
    }
}
