//! Events that bring more calls than the day itself would (`domain.md` 11.1 and 14).
//!
//! Factors are data. Those that no figure is known for start at 1 and are learned from the days that had the event.

use std::collections::BTreeMap;

use crate::half_hour::{DayCurve, HalfHour, HalfHours};

/// What makes people call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// 暴雨、暴雪、台风预警
    Storm,
    /// 大面积停水停电停气停热
    Outage,
    /// 疫情
    Epidemic,
    /// 供暖季开始
    HeatingStart,
    /// 招生入学
    SchoolEnrolment,
    /// 政策发布
    PolicyRelease,
}

/// An event of a day, past or expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    pub during: HalfHours,
}

/// Most that all events of a half-hour together multiply its calls by: beyond it nobody has seen a day, and two
/// events of one cause (a storm and its outage) must not multiply without end.
pub const COMBINED_FACTOR_MAX: f64 = 5.0;

/// By how much each event multiplies the calls; above 0.
#[derive(Debug, Clone, PartialEq)]
pub struct EventFactors(BTreeMap<EventKind, f64>);

impl Default for EventFactors {
    /// What published days show: storm x1.9 (Binzhou 2021: 3,982 after 2,135 calls a day), epidemic x3 (Hangzhou).
    fn default() -> Self {
        Self(BTreeMap::from([(EventKind::Storm, 1.9), (EventKind::Epidemic, 3.0)]))
    }
}

impl EventFactors {
    /// 1 for what is not known.
    #[must_use]
    pub fn of(&self, kind: EventKind) -> f64 {
        self.0.get(&kind).copied().unwrap_or(1.0)
    }

    /// Sets the factor of an event; figures that are not above 0 and finite are left out.
    pub fn set(&mut self, kind: EventKind, factor: f64) {
        if factor > 0.0 && factor.is_finite() {
            self.0.insert(kind, factor.min(COMBINED_FACTOR_MAX));
        }
    }

    /// The factor of each half-hour of a day with these events. The same event said twice counts once.
    #[must_use]
    pub fn over(&self, events: &[Event]) -> DayCurve<f64> {
        DayCurve::from_fn(|half_hour| {
            let mut kinds: Vec<EventKind> = happening(events, half_hour).collect();
            kinds.sort_unstable();
            kinds.dedup();
            let together: f64 = kinds.into_iter().map(|kind| self.of(kind)).product();
            together.min(COMBINED_FACTOR_MAX)
        })
    }
}

/// The events of a half-hour.
pub fn happening(events: &[Event], half_hour: HalfHour) -> impl Iterator<Item = EventKind> {
    events.iter().filter(move |event| event.during.contains(half_hour)).map(|event| event.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_the_afternoon_leaves_the_morning_alone() {
        let (two, six) = (HalfHour::at(14, 0).unwrap(), HalfHour::at(18, 0).unwrap());
        let storm = Event { kind: EventKind::Storm, during: HalfHours::between(two, six) };
        let factors = EventFactors::default().over(&[storm, storm]);
        assert_eq!(*factors.get(HalfHour::at(13, 30).unwrap()), 1.0);
        assert_eq!((*factors.get(two), *factors.get(six)), (1.9, 1.9));
        let epidemic = Event { kind: EventKind::Epidemic, during: HalfHours::DAY };
        let factors = EventFactors::default().over(&[storm, epidemic]);
        assert_eq!((*factors.get(HalfHour::FIRST), *factors.get(two)), (3.0, COMBINED_FACTOR_MAX));
    }
}
