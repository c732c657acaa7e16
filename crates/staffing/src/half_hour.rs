//! The grid that a day is planned on: 48 half-hours of local time, and curves over them.

use std::fmt;

/// Half-hours of a day.
pub const HALF_HOURS: usize = 48;

/// Length of one, in minutes.
pub const HALF_HOUR_MIN: u32 = 30;

/// One half-hour of a day, from 00:00 local time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HalfHour(u8);

impl HalfHour {
    /// The half-hour from 00:00 on.
    pub const FIRST: Self = Self(0);

    /// `None` from 48 on.
    #[must_use]
    pub const fn new(index: u8) -> Option<Self> {
        if (index as usize) < HALF_HOURS { Some(Self(index)) } else { None }
    }

    /// The half-hour that contains a clock time; `None` where it is none.
    #[must_use]
    pub const fn at(hour: u8, minute: u8) -> Option<Self> {
        if hour < 24 && minute < 60 { Some(Self(hour * 2 + minute / 30)) } else { None }
    }

    /// 0 to 47.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Minutes from 00:00 to its start.
    #[must_use]
    pub const fn start_min(self) -> u32 {
        self.0 as u32 * HALF_HOUR_MIN
    }

    /// All of a day, in order.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> + Clone {
        (0..48).map(Self)
    }

    /// This one and those after it.
    pub fn and_after(self) -> impl Iterator<Item = Self> {
        Self::all().skip(self.index())
    }
}

impl fmt::Display for HalfHour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 2, self.0 % 2 * 30)
    }
}

/// A run of half-hours of one day, first and last inside; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HalfHours {
    first: HalfHour,
    last: HalfHour,
}

impl fmt::Display for HalfHours {
    /// From the start of the first to the end of the last: `11:30-13:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end_min = self.last.start_min() + HALF_HOUR_MIN;
        write!(f, "{}-{:02}:{:02}", self.first, end_min / 60, end_min % 60)
    }
}

impl HalfHours {
    /// The whole day.
    pub const DAY: Self = Self { first: HalfHour(0), last: HalfHour(47) };

    /// From one to another, both inside, in either order.
    #[must_use]
    pub const fn between(one: HalfHour, other: HalfHour) -> Self {
        if one.0 <= other.0 {
            Self { first: one, last: other }
        } else {
            Self { first: other, last: one }
        }
    }

    #[must_use]
    pub const fn one(half_hour: HalfHour) -> Self {
        Self { first: half_hour, last: half_hour }
    }

    #[must_use]
    pub const fn first(self) -> HalfHour {
        self.first
    }

    #[must_use]
    pub const fn last(self) -> HalfHour {
        self.last
    }

    #[must_use]
    pub const fn contains(self, half_hour: HalfHour) -> bool {
        self.first.0 <= half_hour.0 && half_hour.0 <= self.last.0
    }

    pub fn iter(self) -> impl Iterator<Item = HalfHour> {
        (self.first.0..=self.last.0).map(HalfHour)
    }
}

/// A value for each half-hour of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCurve<T>([T; HALF_HOURS]);

impl<T> DayCurve<T> {
    #[must_use]
    pub const fn new(values: [T; HALF_HOURS]) -> Self {
        Self(values)
    }

    pub fn from_fn(mut value: impl FnMut(HalfHour) -> T) -> Self {
        let mut half_hours = 0..;
        Self([(); HALF_HOURS].map(|()| value(HalfHour(half_hours.next().unwrap_or(47)))))
    }

    pub fn get(&self, half_hour: HalfHour) -> &T {
        // A half-hour is always below 48.
        &self.0[half_hour.index()]
    }

    pub fn get_mut(&mut self, half_hour: HalfHour) -> &mut T {
        &mut self.0[half_hour.index()]
    }

    /// The curve of what each value gives.
    pub fn map<U>(&self, mut of: impl FnMut(&T) -> U) -> DayCurve<U> {
        DayCurve::from_fn(|half_hour| of(self.get(half_hour)))
    }

    /// The values with their half-hours, in order.
    pub fn iter(&self) -> impl Iterator<Item = (HalfHour, &T)> {
        HalfHour::all().zip(&self.0)
    }
}

impl DayCurve<f64> {
    /// The day's total.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.0.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_time_lies_in_its_half_hour() {
        let morning = HalfHour::at(9, 59).unwrap();
        assert_eq!((morning.index(), morning.start_min()), (19, 570));
        assert_eq!(morning.to_string(), "09:30");
        assert_eq!(
            (HalfHour::at(24, 0), HalfHour::at(9, 60), HalfHour::new(48)),
            (None, None, None)
        );
    }

    #[test]
    fn a_curve_knows_its_half_hours() {
        let curve = DayCurve::from_fn(|half_hour| half_hour.index() as f64);
        assert_eq!(curve.sum(), 1_128.0);
        assert!(curve.iter().all(|(half_hour, value)| *value == half_hour.index() as f64));
        let run = HalfHours::between(HalfHour(20), HalfHour(18));
        assert_eq!(run.iter().collect::<Vec<_>>(), [HalfHour(18), HalfHour(19), HalfHour(20)]);
        assert!(run.contains(HalfHour(20)) && !run.contains(HalfHour(21)));
    }
}
