//! Spans as people write them: `08:00-12:00`. One that ends at or before its start ends the next day.

use std::fmt;
use std::str::FromStr;

use crate::half_hour::{HALF_HOUR_MIN, HalfHour, HalfHours};
use crate::roster::{DAY_MIN, MinuteSpan};

/// A text that is no span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSpan {
    #[error("{0:?} is no span of clock times; write it as 08:00-12:00")]
    Clock(String),
    #[error("{0:?} is no run of half-hours of one day; write it as 11:30-13:00")]
    HalfHours(String),
}

impl FromStr for MinuteSpan {
    type Err = NoSpan;

    fn from_str(text: &str) -> Result<Self, NoSpan> {
        let parse = || {
            let (from, until) = text.split_once('-')?;
            let from = minute_of(from).filter(|minute| *minute < DAY_MIN)?;
            let until = minute_of(until).filter(|minute| *minute != from)?;
            Some(Self { from, until: if until < from { until + DAY_MIN } else { until } })
        };
        parse().ok_or_else(|| NoSpan::Clock(text.to_owned()))
    }
}

impl fmt::Display for MinuteSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from % DAY_MIN;
        let until = if self.until == DAY_MIN { DAY_MIN } else { self.until % DAY_MIN };
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

impl FromStr for HalfHours {
    type Err = NoSpan;

    fn from_str(text: &str) -> Result<Self, NoSpan> {
        let parse = || {
            let span: MinuteSpan = text.parse().ok()?;
            let on_grid =
                span.from.is_multiple_of(HALF_HOUR_MIN) && span.until.is_multiple_of(HALF_HOUR_MIN);
            if !on_grid || span.until > DAY_MIN {
                return None;
            }
            let at = |minute: u32| HalfHour::new(u8::try_from(minute / HALF_HOUR_MIN).ok()?);
            Some(Self::between(at(span.from)?, at(span.until - HALF_HOUR_MIN)?))
        };
        parse().ok_or_else(|| NoSpan::HalfHours(text.to_owned()))
    }
}

/// Minutes from 00:00; 24:00 is the end of the day.
fn minute_of(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let two = |digits: &str| -> Option<u32> {
        let right = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| right)
    };
    let minute = two(hour)? * 60 + two(minute).filter(|minute| *minute < 60)?;
    Some(minute).filter(|minute| *minute <= DAY_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_and_written_the_same() {
        for (text, from, until) in [
            ("08:00-12:00", 480, 720),
            ("22:00-06:30", 1_320, 1_830),
            ("18:00-24:00", 1_080, 1_440),
            ("18:00-00:00", 1_080, 1_440),
        ] {
            let span: MinuteSpan = text.parse().unwrap();
            assert_eq!(span, MinuteSpan { from, until });
            assert_eq!(span.to_string().parse(), Ok(span), "{text}");
        }
        for text in
            ["", "8:00-12:00", "08:00", "08:00-08:00", "24:00-01:00", "08:60-09:00", "+8:00-09:00"]
        {
            assert!(text.parse::<MinuteSpan>().is_err(), "{text}");
        }
    }

    #[test]
    fn half_hours_lie_on_their_grid_inside_one_day() {
        let lunch: HalfHours = "11:30-13:00".parse().unwrap();
        assert_eq!((lunch.first().index(), lunch.last().index()), (23, 25));
        assert_eq!(lunch.to_string(), "11:30-13:00");
        assert_eq!("00:00-24:00".parse(), Ok(HalfHours::DAY));
        for text in ["11:15-13:00", "22:00-06:00", "11:30"] {
            assert!(text.parse::<HalfHours>().is_err(), "{text}");
        }
    }
}
