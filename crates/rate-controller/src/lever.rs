//! The levers, and sets of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a centre can do at once when more citizens call than it can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeverId {
    /// Agents get less time for the record after a call (话后处理).
    ShortenWrapUp,
    /// Agents in a training or meeting break come back to the line.
    SuspendTraining,
    /// Reserve agents (后备座席) are called up; they come after a while.
    CallUpReserve,
    /// Whoever waits long is offered a call back by key (`queue_callback`). It relieves the queue and spares redials; K1
    /// never counts the call itself as answered.
    OfferCallback,
    /// Callers hear first what is known about a mass event; whom this satisfies asks for no agent.
    SurgeAnnouncement,
}

impl LeverId {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ShortenWrapUp,
        Self::SuspendTraining,
        Self::CallUpReserve,
        Self::OfferCallback,
        Self::SurgeAnnouncement,
    ];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of levers that are pulled together.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Levers(u8);

impl Levers {
    /// No lever.
    pub const NONE: Self = Self(0);

    /// Every lever.
    #[must_use]
    pub fn all() -> Self {
        LeverId::ALL.into_iter().collect()
    }

    #[must_use]
    pub const fn contains(self, lever: LeverId) -> bool {
        self.0 & lever.bit() != 0
    }

    #[must_use]
    pub const fn with(self, lever: LeverId) -> Self {
        Self(self.0 | lever.bit())
    }

    #[must_use]
    pub const fn without(self, lever: LeverId) -> Self {
        Self(self.0 & !lever.bit())
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In the order of [`LeverId::ALL`].
    pub fn iter(self) -> impl Iterator<Item = LeverId> {
        LeverId::ALL.into_iter().filter(move |lever| self.contains(*lever))
    }
}

impl FromIterator<LeverId> for Levers {
    fn from_iter<I: IntoIterator<Item = LeverId>>(levers: I) -> Self {
        levers.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Levers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
