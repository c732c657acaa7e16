//! Days, half-hours and events as requests and replies write them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use staffing::{EventKind, HalfHours};
use time::format_description::well_known::Iso8601;
use time::{Date, Time};
use types::Timestamp;
use utoipa::ToSchema;
use work_order::calendar::at_local;

use crate::service::{FieldFault, ServiceError};

/// A local date, written as `2026-02-13`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, format = Date)]
pub struct Day(pub Date);

impl Day {
    /// The local day of an instant.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self(at.to_local().date())
    }

    /// 00:00 of the day.
    #[must_use]
    pub fn start(self) -> Timestamp {
        at_local(self.0, Time::MIDNIGHT)
    }

    /// 00:00 of the day after.
    #[must_use]
    pub fn end(self) -> Timestamp {
        self.start() + std::time::Duration::from_secs(86_400)
    }

    /// So many days later, or earlier.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(time::Duration::days(days)))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let date = Date::parse(text, &Iso8601::DATE).ok();
        // A four-digit year, lest days be added beyond what a date can hold.
        date.filter(|date| (2000..=2200).contains(&date.year()))
            .map(Self)
            .ok_or_else(|| format!("“{text}”不是日期，请写作 2026-02-13"))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A run of days, both inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub first: Day,
    pub last: Day,
}

impl Days {
    /// From `first` to `last`, at most `days_max`.
    ///
    /// # Errors
    /// [`ServiceError::Fields`] for an empty run and for a longer one.
    pub fn new(first: Day, last: Day, days_max: i64) -> Result<Self, ServiceError> {
        let fault =
            |detail: String| Err(ServiceError::Fields(vec![FieldFault::new("last", detail)]));
        let days = (last.0 - first.0).whole_days() + 1;
        if days < 1 {
            return fault("结束日期早于开始日期，请重新选择".to_owned());
        }
        if days > days_max {
            return fault(format!("一次最多查看 {days_max} 天，请缩短范围"));
        }
        Ok(Self { first, last })
    }

    /// Monday to Sunday around a day.
    #[must_use]
    pub fn week_of(day: Day) -> Self {
        let first = day.plus(-i64::from(day.0.weekday().number_days_from_monday()));
        Self { first, last: first.plus(6) }
    }

    /// Each, in order.
    pub fn iter(self) -> impl Iterator<Item = Day> {
        let count = (self.last.0 - self.first.0).whole_days();
        (0..=count).map(move |days| self.first.plus(days))
    }
}

/// What makes people call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventWord {
    Storm,
    Outage,
    Epidemic,
    HeatingStart,
    SchoolEnrolment,
    PolicyRelease,
}

impl EventWord {
    pub const ALL: [Self; 6] = [
        Self::Storm,
        Self::Outage,
        Self::Epidemic,
        Self::HeatingStart,
        Self::SchoolEnrolment,
        Self::PolicyRelease,
    ];

    /// Name in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Storm => "storm",
            Self::Outage => "outage",
            Self::Epidemic => "epidemic",
            Self::HeatingStart => "heating_start",
            Self::SchoolEnrolment => "school_enrolment",
            Self::PolicyRelease => "policy_release",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.as_str() == name)
    }

    #[must_use]
    pub const fn kind(self) -> EventKind {
        match self {
            Self::Storm => EventKind::Storm,
            Self::Outage => EventKind::Outage,
            Self::Epidemic => EventKind::Epidemic,
            Self::HeatingStart => EventKind::HeatingStart,
            Self::SchoolEnrolment => EventKind::SchoolEnrolment,
            Self::PolicyRelease => EventKind::PolicyRelease,
        }
    }
}

/// A run of half-hours that a request wrote.
///
/// # Errors
/// [`FieldFault`] of `field`.
pub fn half_hours(field: &str, text: &str) -> Result<HalfHours, FieldFault> {
    let detail = || format!("“{text}”不是当天的半小时时段，请写作 10:00-12:30");
    text.parse().map_err(|_| FieldFault::new(field, detail()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_shanghai() {
        let day: Day = "2026-02-13".parse().unwrap();
        assert_eq!(day.start().to_string(), "2026-02-13T00:00:00+08:00");
        assert_eq!(Day::of(day.end()), day.plus(1));
        for text in ["", "13.02.2026", "2026-02-30", "9999-01-01", "-2026-01-01"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_week_begins_on_monday_and_has_seven_days() {
        let days: Vec<String> = Days::week_of("2026-02-15".parse().unwrap())
            .iter()
            .map(|day| day.to_string())
            .collect();
        assert_eq!(
            (days.len(), days[0].as_str(), days[6].as_str()),
            (7, "2026-02-09", "2026-02-15")
        );
        let (first, last) = ("2026-02-15".parse().unwrap(), "2026-02-14".parse().unwrap());
        assert!(Days::new(first, last, 31).is_err());
    }

    #[test]
    fn every_event_is_found_by_its_name() {
        for word in EventWord::ALL {
            assert_eq!(EventWord::named(word.as_str()), Some(word));
            assert_eq!(serde_json::to_value(word).unwrap(), word.as_str());
        }
    }
}
