//! What the controller remembers; all of it is data.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use types::Timestamp;

use crate::effect::Measure;
use crate::lever::{LeverId, Levers};
use crate::micro::Micro;
use crate::pace::Pace;
use crate::situation::Counters;
use crate::window::Past;

/// The memory between two observations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The last observation.
    pub(crate) last: Option<Seen>,
    pub(crate) evaluate_at: Timestamp,
    pub(crate) pace: Pace,
    pub(crate) past: Past,
    pub(crate) levers: BTreeMap<LeverId, Lever>,
    /// No lever is undone before.
    pub(crate) undo_after: Timestamp,
    /// Share of lost calls that the model gives now, before its correction.
    pub(crate) lost_in_model: Micro,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub at: Timestamp,
    pub counters: Counters,
}

/// One lever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lever {
    pub state: LeverState,
    /// The controller leaves it alone until then.
    pub quiet_until: Timestamp,
    /// Since when it is needed, or not needed, without a break.
    pub needed_since: Option<Timestamp>,
    pub calm_since: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LeverState {
    #[default]
    Resting,
    PullAdvised,
    Pulled(Pull),
    UndoAdvised(Pull),
}

/// Who pulled a lever: who decides about undoing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Controller,
    Person,
}

/// A pulled lever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    pub at: Timestamp,
    pub by: By,
    /// When it works, its lead over.
    pub works_at: Timestamp,
    pub(crate) measure: Option<Measure>,
}

impl LeverState {
    /// The pull that stands.
    #[must_use]
    pub const fn pull(&self) -> Option<&Pull> {
        match self {
            Self::Pulled(pull) | Self::UndoAdvised(pull) => Some(pull),
            Self::Resting | Self::PullAdvised => None,
        }
    }

    pub(crate) const fn pull_mut(&mut self) -> Option<&mut Pull> {
        match self {
            Self::Pulled(pull) | Self::UndoAdvised(pull) => Some(pull),
            Self::Resting | Self::PullAdvised => None,
        }
    }
}

impl Lever {
    /// Goes into `state`; the controller leaves it alone for `quiet_s`, or for longer if it was told so before.
    pub(crate) fn enter(&mut self, state: LeverState, now: Timestamp, quiet_s: u32) {
        self.state = state;
        self.quiet_until = self.quiet_until.max(now + Duration::from_secs(u64::from(quiet_s)));
        (self.needed_since, self.calm_since) = (None, None);
    }

    /// Keeps in mind since when it is needed or not.
    pub(crate) fn note(&mut self, now: Timestamp, needed: bool, calm: bool) {
        let since = |before: Option<Timestamp>, holds: bool| holds.then(|| before.unwrap_or(now));
        self.needed_since = since(self.needed_since, needed);
        self.calm_since = since(self.calm_since, calm);
    }
}

/// Whether something has lasted for `span_s`.
pub fn has_lasted(since: Option<Timestamp>, now: Timestamp, span_s: u32) -> bool {
    since.is_some_and(|since| now.since(since) >= Duration::from_secs(u64::from(span_s)))
}

impl State {
    /// How a lever stands.
    #[must_use]
    pub fn lever(&self, lever: LeverId) -> LeverState {
        self.levers.get(&lever).map_or(LeverState::Resting, |of| of.state)
    }

    /// The levers that are pulled, whoever did it.
    #[must_use]
    pub fn pulled(&self) -> Levers {
        LeverId::ALL.into_iter().filter(|lever| self.lever(*lever).pull().is_some()).collect()
    }
}
