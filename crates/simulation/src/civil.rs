//! Civil times as people write them: dates, and times of day to the minute. All are times of Shanghai.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::macros::format_description;
use time::{Date, OffsetDateTime, Time, UtcOffset};
use types::{SHANGHAI_OFFSET_S, Timestamp};

const DAY_MINUTES: u32 = 24 * 60;

/// A time of day, in minutes since midnight; 24:00 is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockTime(u32);

impl ClockTime {
    /// `None` for what is not `HH:MM` from 00:00 to 24:00.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let both_two_digits = hours.len() == 2 && minutes.len() == 2;
        let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let of_day = hours * 60 + minutes;
        (both_two_digits && minutes < 60 && of_day <= DAY_MINUTES).then_some(Self(of_day))
    }

    /// Minutes since midnight, 0 to 1,440.
    #[must_use]
    pub const fn minutes(self) -> u32 {
        self.0
    }

    /// Minutes from here to `until`, through midnight where `until` is not later: 1 to 1,440.
    #[must_use]
    pub const fn minutes_to(self, until: Self) -> u32 {
        if until.0 > self.0 { until.0 - self.0 } else { until.0 + DAY_MINUTES - self.0 }
    }

    pub(crate) fn since_midnight(self) -> Duration {
        Duration::from_secs(u64::from(self.0) * 60)
    }
}

impl<'de> Deserialize<'de> for ClockTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format!("时刻应写成 \"HH:MM\"（00:00 至 24:00），不能是 {text:?}"))
        })
    }
}

impl Serialize for ClockTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:02}:{:02}", self.0 / 60, self.0 % 60))
    }
}

/// A date as `2026-03-02`.
pub(crate) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    Date::parse(&text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| de::Error::custom(format!("日期应写成 \"2026-03-02\"，不能是 {text:?}")))
}

/// Midnight at the beginning of a date.
pub(crate) fn midnight(date: Date) -> Timestamp {
    at(date, Time::MIDNIGHT)
}

pub(crate) fn at(date: Date, time: Time) -> Timestamp {
    let offset = UtcOffset::from_whole_seconds(SHANGHAI_OFFSET_S).unwrap_or(UtcOffset::UTC);
    Timestamp::from_local(OffsetDateTime::new_in_offset(date, time, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_strictly() {
        assert_eq!(ClockTime::parse("08:30").unwrap().minutes(), 510);
        assert_eq!(ClockTime::parse("24:00").unwrap().minutes(), 1_440);
        for wrong in ["8:30", "24:01", "12:60", "noon", "12", "-1:00", "12:5"] {
            assert_eq!(ClockTime::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_night_goes_through_midnight() {
        let (evening, morning) =
            (ClockTime::parse("22:00").unwrap(), ClockTime::parse("08:00").unwrap());
        assert_eq!((evening.minutes_to(morning), morning.minutes_to(evening)), (600, 840));
        assert_eq!(morning.minutes_to(morning), 1_440);
    }
}
