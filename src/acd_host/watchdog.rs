//! Notices when the distributor's task stands still (R02).
//!
//! Its own thread, so that a blocked runtime cannot blind it. A task that stands still while callers
//! wait is first an alarm, then the end of the process: the gateways keep every call, and the
//! supervisor of the process starts it again from the journal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use types::Timestamp;

use crate::clock::Clock;

/// A task that has not turned for so long while callers wait is an alarm.
const ALARM_AFTER: Duration = Duration::from_secs(2);
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// When the task last turned, and whether anybody waits.
#[derive(Debug)]
pub(super) struct Heartbeat {
    last_us: AtomicI64,
    waiting: AtomicUsize,
    stopped: AtomicBool,
}

impl Heartbeat {
    pub(super) fn new(now: Timestamp) -> Arc<Self> {
        Arc::new(Self {
            last_us: AtomicI64::new(now.as_micros()),
            waiting: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        })
    }

    pub(super) fn beat(&self, now: Timestamp) {
        self.last_us.store(now.as_micros(), Ordering::Relaxed);
    }

    pub(super) fn set_waiting(&self, waiting: usize) {
        self.waiting.store(waiting, Ordering::Relaxed);
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn age(&self, now: Timestamp) -> Duration {
        now.since(Timestamp::from_micros(self.last_us.load(Ordering::Relaxed)))
    }
}

/// Watches until the host stops. `exit_after` zero means never to end the process.
///
/// # Errors
/// The operating system's, if it gives no thread.
pub(super) fn watch(
    heartbeat: Arc<Heartbeat>,
    clock: Clock,
    exit_after: Duration,
) -> std::io::Result<()> {
    let look = move || {
        let mut alarmed = false;
        while !heartbeat.stopped.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK_INTERVAL);
            let age = heartbeat.age(clock.now());
            metrics::gauge!("hotline_acd_heartbeat_age_seconds").set(age.as_secs_f64());
            let late = age > ALARM_AFTER && heartbeat.waiting.load(Ordering::Relaxed) > 0;
            if late && !alarmed {
                tracing::error!(?age, "the distributor stands still while callers wait");
                metrics::counter!("hotline_acd_stalls_total").increment(1);
            }
            alarmed = late;
            if late && !exit_after.is_zero() && age > exit_after {
                tracing::error!("ending the process so that it starts anew from its journal");
                std::process::exit(70);
            }
        }
    };
    std::thread::Builder::new().name("acd-watchdog".into()).spawn(look)?;
    Ok(())
}
