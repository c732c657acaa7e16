//! What the host tells at each observation.

use acd::rates::Tally;
use serde::{Deserialize, Serialize};
use types::Timestamp;

/// A half-hour in microseconds, the step of the forecast.
pub const HALF_HOUR_US: i64 = 1_800_000_000;
/// Half-hours of a day.
pub const DAY_HALF_HOURS: usize = 48;

/// A larger share of calls about one event is not believed before the calls themselves show it.
const EVENT_SHARE_MAX: f64 = 0.8;

/// Everything that the controller knows of the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Situation {
    /// Counts since a beginning that the host chooses.
    pub counters: Counters,
    /// The last 24 hours as they are reported (K1, K2); the controller never counts them itself.
    pub window: Tally,
    pub floor: Floor,
    pub forecast: Forecast,
    /// Share of the calls, 0 to 1, that are about one known event for which an announcement is approved; 0 where there is none.
    pub event_share: f64,
    /// Whether a call back by key can be offered to who waits.
    #[serde(default)]
    pub can_call_back: bool,
}

impl Situation {
    /// By how much the calls about the known event raise the forecast, which knows nothing of it: where they are the share e of
    /// all calls, those that were forecast are the rest, 1 − e.
    pub(crate) fn event_factor(&self) -> f64 {
        let share = if self.event_share.is_finite() { self.event_share } else { 0.0 };
        1.0 / (1.0 - share.clamp(0.0, EVENT_SHARE_MAX))
    }
}

/// Counts since some beginning (a restart, midnight). With another beginning than last time all of it is new; a figure that
/// went down without one (a call taken back) leaves unknown what happened between the two observations, and
/// nothing follows from it: neither a quiet minute nor an effect of a lever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// From when on is counted.
    #[serde(default)]
    pub began_at: Timestamp,
    /// R: human requests whose outcome counts (`domain.md` 3.1).
    pub requests: u64,
    /// N.
    pub answered: u64,
    /// N15.
    pub answered_in_time: u64,
    /// S: satisfied by an announcement, outside R.
    pub self_served: u64,
    /// Calls that a dead trunk kept away, as the carrier or the redials tell; outside R.
    pub unseen: u64,
    /// Sum of the waits of `requests`, in milliseconds.
    pub waited_ms: u64,
    /// Calls whose wrap-up ended, and the sums of their talk and wrap-up in milliseconds.
    pub handled: u64,
    pub talk_ms: u64,
    pub wrap_up_ms: u64,
}

impl Counters {
    /// What was added since `earlier`; `None` where that is unknown.
    #[must_use]
    pub fn since(self, earlier: Self) -> Option<Self> {
        if self.began_at > earlier.began_at {
            return Some(self);
        }
        Some(Self {
            began_at: earlier.began_at,
            requests: self.requests.checked_sub(earlier.requests)?,
            answered: self.answered.checked_sub(earlier.answered)?,
            answered_in_time: self.answered_in_time.checked_sub(earlier.answered_in_time)?,
            self_served: self.self_served.checked_sub(earlier.self_served)?,
            unseen: self.unseen.checked_sub(earlier.unseen)?,
            waited_ms: self.waited_ms.checked_sub(earlier.waited_ms)?,
            handled: self.handled.checked_sub(earlier.handled)?,
            talk_ms: self.talk_ms.checked_sub(earlier.talk_ms)?,
            wrap_up_ms: self.wrap_up_ms.checked_sub(earlier.wrap_up_ms)?,
        })
    }

    /// Requests that nobody answered.
    #[must_use]
    pub const fn lost(self) -> u64 {
        self.requests.saturating_sub(self.answered)
    }
}

/// Who is on the line, or could be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// Agents signed in and not in a break, without the two kinds below.
    pub own: u32,
    /// Called-up reserve that has come.
    pub reserve_on_line: u32,
    /// Reserve that could be called up now, those on the line included.
    pub reserve_available: u32,
    /// Back from a training break that was suspended.
    pub recalled: u32,
    /// In a training or meeting break now, or recalled from one that would still last.
    pub in_training: u32,
}

/// The day's forecast and roster; should reach from 24 hours ago to 24 hours ahead. Outside of it the same half-hour of the
/// nearest day stands in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// On the grid of half-hours.
    pub from: Timestamp,
    pub half_hours: Vec<HalfHour>,
}

/// One half-hour of the forecast.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct HalfHour {
    /// Expected calls.
    pub calls: f64,
    /// Agents on the roster, without those in training.
    pub agents: u32,
}

impl Forecast {
    /// The half-hour with this number since 1970.
    pub(crate) fn at(&self, number: i64) -> Option<HalfHour> {
        let day = DAY_HALF_HOURS as i64;
        let len = i64::try_from(self.half_hours.len()).ok()?;
        let mut index = number - self.from.as_micros().div_euclid(HALF_HOUR_US);
        if index < 0 {
            index = index.rem_euclid(day);
        } else if index >= len {
            index -= (index - len) / day * day + day;
        }
        self.half_hours.get(usize::try_from(index).ok()?).copied()
    }
}

/// Number of the half-hour of `at` since 1970.
pub(crate) const fn half_hour_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(HALF_HOUR_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_new_beginning_all_that_is_counted_is_new() {
        let earlier = Counters { requests: 10, answered: 9, ..Counters::default() };
        let began_at = Timestamp::from_micros(1);
        let later = Counters { requests: 12, answered: 12, began_at, ..Counters::default() };
        let added = later.since(earlier).unwrap();
        assert_eq!((added.requests, added.answered), (12, 12));
        assert_eq!(earlier.since(later), None, "time does not go back");
    }

    #[test]
    fn a_counter_that_goes_down_says_nothing() {
        let earlier = Counters { requests: 10, answered: 9, ..Counters::default() };
        let later = Counters { requests: 12, answered: 9, ..Counters::default() };
        assert_eq!(later.since(earlier).map(Counters::lost), Some(2));
        assert_eq!(earlier.since(later), None);
        assert_eq!(Counters::default().since(later), None);
    }

    #[test]
    fn beyond_the_forecast_the_same_half_hour_of_the_nearest_day_stands_in() {
        let half_hours =
            (0..96).map(|calls| HalfHour { calls: f64::from(calls), agents: 1 }).collect();
        let forecast = Forecast { from: Timestamp::from_micros(10 * HALF_HOUR_US), half_hours };
        let calls = |number| forecast.at(number).map(|half_hour| half_hour.calls);
        assert_eq!(calls(10), Some(0.0));
        assert_eq!(calls(105), Some(95.0));
        assert_eq!(calls(106), Some(48.0));
        assert_eq!(calls(9), Some(47.0));
        assert_eq!(calls(153 + 48), Some(95.0));
        assert_eq!(Forecast::default().at(10), None);
    }
}
