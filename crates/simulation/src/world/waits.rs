//! Watching what callers are told against what comes.

use acd::Record;

use super::World;
use crate::waits::Waits;

impl World {
    /// Looks at every wait from now on.
    pub(crate) fn follow_waits(&mut self, waits: Waits) {
        self.waits = Some(waits);
    }

    /// What was seen.
    pub(crate) fn take_waits(&mut self) -> Option<Waits> {
        self.waits.take()
    }

    /// Everybody who waits is told again whenever somebody calls.
    pub(super) fn tell_waiting(&mut self) {
        if let Some(waits) = &mut self.waits {
            let reserve_after_s = self.acd.config().reserve_after_ms as f64 / 1e3;
            waits.look(self.now, &self.acd.show().queues(), reserve_after_s);
        }
    }

    pub(super) fn note_of_wait(&mut self, record: &Record) {
        if let Some(waits) = &mut self.waits {
            waits.note(self.now, record);
        }
    }
}
