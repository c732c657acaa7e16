//! Spans of the calendar in Qingyuan's time (Asia/Shanghai), and how they are cut into days and
//! half-hours.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use types::{SHANGHAI_OFFSET_S, Timestamp};

/// Microseconds of an hour.
pub(crate) const HOUR_US: i64 = 3_600_000_000;
/// Microseconds of a civil day; none is longer or shorter, for China keeps one time all year.
pub(crate) const DAY_US: i64 = 24 * HOUR_US;
const HALF_HOUR_US: i64 = HOUR_US / 2;
const OFFSET_US: i64 = SHANGHAI_OFFSET_S as i64 * 1_000_000;
/// The longest that one report covers: a leap year.
const PERIOD_DAYS_MAX: i64 = 366;
/// 9999-12-31, the end of what RFC 3339 can write.
const LAST_US: i64 = 253_402_214_400_000_000;

/// `[from, until)`: never empty, at most 366 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Ends", into = "Ends")]
pub struct Period {
    from: Timestamp,
    until: Timestamp,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Ends {
    from: Timestamp,
    until: Timestamp,
}

/// Why two instants are no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PeriodError {
    #[error("a period ends after it begins: {from} is not before {until}")]
    Empty { from: Timestamp, until: Timestamp },
    #[error("a period lasts {PERIOD_DAYS_MAX} days at most: ask for {from} to {until} in parts")]
    TooLong { from: Timestamp, until: Timestamp },
    #[error("a period lies between 1970 and 9999")]
    OutOfCalendar,
}

impl Period {
    /// # Errors
    /// [`PeriodError`].
    pub fn new(from: Timestamp, until: Timestamp) -> Result<Self, PeriodError> {
        if from.as_micros() < 0 || until.as_micros() > LAST_US {
            return Err(PeriodError::OutOfCalendar);
        }
        if from >= until {
            return Err(PeriodError::Empty { from, until });
        }
        if until.as_micros() - from.as_micros() > PERIOD_DAYS_MAX * DAY_US {
            return Err(PeriodError::TooLong { from, until });
        }
        Ok(Self { from, until })
    }

    /// The local day that `at` lies in.
    ///
    /// # Errors
    /// [`PeriodError::OutOfCalendar`].
    pub fn day_of(at: Timestamp) -> Result<Self, PeriodError> {
        let start = start_of(at, DAY_US);
        Self::new(start, plus(start, DAY_US))
    }

    #[must_use]
    pub const fn from(self) -> Timestamp {
        self.from
    }

    /// The first instant that is not in it.
    #[must_use]
    pub const fn until(self) -> Timestamp {
        self.until
    }

    #[must_use]
    pub fn contains(self, at: Timestamp) -> bool {
        (self.from..self.until).contains(&at)
    }

    /// Its parts from one local midnight to the next.
    #[must_use]
    pub fn days(self) -> Vec<Self> {
        self.cut(DAY_US)
    }

    /// Its parts from one local half-hour mark to the next.
    #[must_use]
    pub fn half_hours(self) -> Vec<Self> {
        self.cut(HALF_HOUR_US)
    }

    /// Microseconds of `[from, until)` that lie in it.
    #[must_use]
    pub fn overlap_us(self, from: Timestamp, until: Timestamp) -> u64 {
        let (from, until) = (from.max(self.from), until.min(self.until));
        u64::try_from(until.as_micros().saturating_sub(from.as_micros())).unwrap_or(0)
    }

    /// The same, beginning earlier; it may become longer than a report.
    pub(crate) fn reaching_back(self, span_us: i64) -> Self {
        Self { from: plus(self.from, -span_us), until: self.until }
    }

    fn cut(self, step_us: i64) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut from = self.from;
        while from < self.until {
            let until = plus(start_of(from, step_us), step_us).min(self.until);
            parts.push(Self { from, until });
            from = until;
        }
        parts
    }
}

/// The last local mark of a grid of `step_us` at or before `at`.
pub(crate) const fn start_of(at: Timestamp, step_us: i64) -> Timestamp {
    let local = at.as_micros().saturating_add(OFFSET_US);
    Timestamp::from_micros(
        local.saturating_sub(local.rem_euclid(step_us)).saturating_sub(OFFSET_US),
    )
}

/// Local midnight before `at`.
pub(crate) const fn day_start(at: Timestamp) -> Timestamp {
    start_of(at, DAY_US)
}

pub(crate) const fn plus(at: Timestamp, span_us: i64) -> Timestamp {
    Timestamp::from_micros(at.as_micros().saturating_add(span_us))
}

impl TryFrom<Ends> for Period {
    type Error = PeriodError;

    fn try_from(ends: Ends) -> Result<Self, PeriodError> {
        Self::new(ends.from, ends.until)
    }
}

impl From<Period> for Ends {
    fn from(period: Period) -> Self {
        Self { from: period.from, until: period.until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_the_local_one_and_has_48_half_hours() {
        let day = Period::day_of(at("2026-02-13T23:59:59.999999+08:00")).unwrap();
        assert_eq!(day.from(), at("2026-02-13T00:00:00+08:00"));
        assert_eq!(day.until(), at("2026-02-14T00:00:00+08:00"));
        assert_eq!((day.days().len(), day.half_hours().len()), (1, 48));
        assert_eq!(day.half_hours()[17].from(), at("2026-02-13T08:30:00+08:00"));
    }

    #[test]
    fn the_parts_of_a_crooked_period_meet_and_fill_it() {
        let whole =
            Period::new(at("2026-02-13T08:10:00+08:00"), at("2026-02-14T00:20:00+08:00")).unwrap();
        for parts in [whole.days(), whole.half_hours()] {
            assert_eq!(parts.first().unwrap().from(), whole.from());
            assert_eq!(parts.last().unwrap().until(), whole.until());
            assert!(parts.windows(2).all(|pair| pair[0].until() == pair[1].from()));
        }
        assert_eq!(whole.half_hours().len(), 33);
    }

    #[test]
    fn what_is_no_period_is_refused() {
        let (early, late) = (at("2026-01-01T00:00:00+08:00"), at("2027-01-02T00:00:01+08:00"));
        assert!(matches!(Period::new(late, early), Err(PeriodError::Empty { .. })));
        assert!(matches!(Period::new(early, early), Err(PeriodError::Empty { .. })));
        assert!(matches!(Period::new(early, late), Err(PeriodError::TooLong { .. })));
        let end = Timestamp::from_micros(i64::MAX);
        assert_eq!(Period::day_of(end), Err(PeriodError::OutOfCalendar));
        assert_eq!(
            Period::day_of(Timestamp::from_micros(i64::MIN)),
            Err(PeriodError::OutOfCalendar)
        );
    }
}
