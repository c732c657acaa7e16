//! What a waiting caller was told, which never gets worse because she waited (R23).

use super::Wait;

/// The wait told to one caller. A new expectation that is longer (agents left, an urgent caller overtook) changes
/// nothing; a shorter one is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    told: Wait,
}

impl Promise {
    /// The first thing she is told.
    #[must_use]
    pub const fn new(expected: Wait) -> Self {
        Self { told: expected }
    }

    /// What she is told now that this is expected.
    pub fn lowered_to(&mut self, expected: Wait) -> Wait {
        self.told.middle_s = self.told.middle_s.min(expected.middle_s);
        self.told.late_s = self.told.late_s.min(expected.late_s);
        self.told
    }

    /// What she was told last.
    #[must_use]
    pub const fn told(&self) -> Wait {
        self.told
    }
}
