//! Limits as data (domain 7.2): how long each step may take, by urgency and type of demand.
//!
//! Owns: the typed profile and its reading from CSV. Must not do: compute an instant; see `clocks`.

use time::Time;

/// Rules of the same-day feedback (domain 8.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackRules {
    /// A result after this local time is not told by telephone the same evening (20:30).
    pub no_call_after: Time,
    /// From when it is told by telephone next morning (09:00, the first follow-up band of 8.2).
    pub call_again_from: Time,
    /// Alarms on the result's date (17:00, 19:00, 20:00).
    pub alarms: Vec<Time>,
}
