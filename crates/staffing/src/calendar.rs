//! What kind of day a date is for the people who call. The statutory calendar itself is the caller's.

use time::{Date, Weekday};

/// How a date behaves. Holidays and swapped workdays are days of their own: neither brings the calls of its weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind {
    /// Follows the week: Monday to Friday work, Saturday and Sunday rest.
    Ordinary(Weekday),
    /// 法定节假日 with the days off that were moved to it.
    PublicHoliday,
    /// 调休: a Saturday or Sunday on which people work.
    MakeupWorkday,
}

/// The statutory calendar (`domain.md` 7.3).
pub trait Calendar {
    /// The kind of a date; `None` for a year whose arrangement is not known (rule 2: never guessed).
    fn kind(&self, date: Date) -> Option<DayKind>;
}

impl DayKind {
    /// The kind from the calendar's two answers: whether the date has an arrangement of its own, and whether it
    /// is a workday.
    #[must_use]
    pub const fn of(date: Date, is_exception: bool, is_workday: bool) -> Self {
        match (is_exception, is_workday) {
            (false, _) => Self::Ordinary(date.weekday()),
            (true, true) => Self::MakeupWorkday,
            (true, false) => Self::PublicHoliday,
        }
    }

    /// Whether `other` serves where too few like days are on record: a workday for a swapped one, a day of the
    /// weekend for a holiday. No other day stands in for an ordinary weekday.
    #[must_use]
    pub fn is_stood_in_by(self, other: Self) -> bool {
        match (self, other) {
            (Self::MakeupWorkday, Self::Ordinary(day)) => !is_weekend(day),
            (Self::PublicHoliday, Self::Ordinary(day)) => is_weekend(day),
            (Self::Ordinary(_) | Self::MakeupWorkday | Self::PublicHoliday, _) => false,
        }
    }
}

const fn is_weekend(day: Weekday) -> bool {
    matches!(day, Weekday::Saturday | Weekday::Sunday)
}
