//! Statutory calendar of Asia/Shanghai (domain 7.3): which day is a workday, when N working days or
//! N working hours have passed.
//!
//! Owns: the holiday table as data and the arithmetic on it. Must not do: guess a year it has no
//! data for; a missing year is an error (rule 2).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Iso8601;
use time::{Date, Month, Time, UtcOffset, Weekday};
use types::{SHANGHAI_OFFSET_S, Timestamp};

use crate::table::{Faults, Report, rows, version_of};

/// A year without data (rule 2), or a limit beyond what dates can express.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("工作日历缺少 {0} 年的节假日安排，请导入国务院办公厅公布的安排（county/holidays.csv）")]
pub struct MissingYear(pub i32);

/// How "N working days" end (rule 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkdayMode {
    /// At 24:00 of the N-th workday, that is 00:00 of the next day.
    #[default]
    EndOfDay,
    /// At the clock time of the start, on the N-th workday.
    ExactClock,
}

/// One span of office hours: `from` inclusive, `to` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfficeHours {
    pub from: Time,
    pub to: Time,
}

/// Workdays and office hours. Built from `holidays.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    exceptions: BTreeMap<Date, bool>,
    years: BTreeSet<i32>,
    /// Ordered, not overlapping, never empty.
    office_hours: Vec<OfficeHours>,
    mode: WorkdayMode,
    version: String,
}

const COLUMNS: &[&str] = &["date", "name", "is_workday", "kind"];

impl Calendar {
    /// Reads `holidays.csv`: `date,name,is_workday,kind`. A year is known when it has a row.
    ///
    /// # Errors
    /// Every faulty line; the file is refused whole.
    pub fn parse(file: &str, text: &str) -> Result<Self, Faults> {
        let mut report = Report::new(file);
        let mut exceptions = BTreeMap::new();
        for row in rows(text, COLUMNS, &mut report) {
            let Ok(date) = Date::parse(row.get("date"), &Iso8601::DATE) else {
                report.add(row.line, format!("日期 \"{}\" 应写作 2026-01-01", row.get("date")));
                continue;
            };
            let workday = match (row.get("is_workday"), row.get("kind")) {
                ("1", "makeup_workday") => true,
                ("0", "holiday" | "holiday_in_lieu") => false,
                (flag, kind) => {
                    report.add(
                        row.line,
                        format!(
                            "is_workday \"{flag}\" 与 kind \"{kind}\" 不匹配，请写 1,makeup_workday 或 0,holiday 或 0,holiday_in_lieu"
                        ),
                    );
                    continue;
                }
            };
            if exceptions.insert(date, workday).is_some() {
                report.add(row.line, format!("日期 {date} 重复，请只保留一行"));
            }
        }
        let years = exceptions.keys().map(|date: &Date| date.year()).collect();
        report.finish(Self {
            exceptions,
            years,
            office_hours: default_office_hours(),
            mode: WorkdayMode::EndOfDay,
            version: version_of(text),
        })
    }

    /// The same calendar with another reading of "N working days" (rule 4).
    #[must_use]
    pub fn with_mode(mut self, mode: WorkdayMode) -> Self {
        self.mode = mode;
        self
    }

    /// The same calendar with other office hours (rule 5, seasonal tables). Spans that are empty or
    /// overlap are refused by returning `None`.
    #[must_use]
    pub fn with_office_hours(mut self, hours: Vec<OfficeHours>) -> Option<Self> {
        let whole = hours.iter().all(|span| span.from < span.to);
        let ordered = hours.iter().zip(hours.iter().skip(1)).all(|(a, b)| a.to <= b.from);
        (whole && ordered && !hours.is_empty()).then(|| {
            self.office_hours = hours;
            self
        })
    }

    /// Fingerprint of the table, stored with every dispatch.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The year whose table must be loaded now: from 1 December the next year's, at any time the
    /// current one's (rule 2). `None` when nothing is missing.
    #[must_use]
    pub fn alarm(&self, now: Timestamp) -> Option<MissingYear> {
        let today = now.to_local().date();
        let wanted = if today.month() == Month::December { today.year() + 1 } else { today.year() };
        [today.year(), wanted].into_iter().find(|year| !self.years.contains(year)).map(MissingYear)
    }

    /// Monday to Friday, minus holidays, plus make-up days (rule 2).
    ///
    /// # Errors
    /// [`MissingYear`] when the table has no row of that year.
    pub fn is_workday(&self, date: Date) -> Result<bool, MissingYear> {
        if !self.years.contains(&date.year()) {
            return Err(MissingYear(date.year()));
        }
        Ok(self
            .exceptions
            .get(&date)
            .copied()
            .unwrap_or_else(|| !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)))
    }

    /// Whether the table names the date: a holiday or a swapped workday, whatever its weekday.
    ///
    /// # Errors
    /// [`MissingYear`] when the table has no row of that year.
    pub fn is_exception(&self, date: Date) -> Result<bool, MissingYear> {
        if !self.years.contains(&date.year()) {
            return Err(MissingYear(date.year()));
        }
        Ok(self.exceptions.contains_key(&date))
    }

    /// Workdays of a whole year: 248 in 2026 (rule 3).
    ///
    /// # Errors
    /// [`MissingYear`].
    pub fn workdays_in(&self, year: i32) -> Result<u32, MissingYear> {
        let mut date =
            Date::from_calendar_date(year, Month::January, 1).map_err(|_| MissingYear(year))?;
        let mut count = 0;
        while date.year() == year {
            count += u32::from(self.is_workday(date)?);
            let Some(next) = date.next_day() else { break };
            date = next;
        }
        Ok(count)
    }

    /// The limit of `days` working days from `start`: the day of `start` is not counted; due at
    /// 24:00 of the last one, or at the same clock time in [`WorkdayMode::ExactClock`] (rule 4).
    ///
    /// # Errors
    /// [`MissingYear`] when the limit runs into a year without data.
    pub fn workdays_after(&self, start: Timestamp, days: u32) -> Result<Timestamp, MissingYear> {
        let local = start.to_local();
        let mut date = local.date();
        for _ in 0..days {
            date = self.next_workday(date)?;
        }
        Ok(match self.mode {
            WorkdayMode::EndOfDay => at_local(date, Time::MIDNIGHT) + DAY,
            WorkdayMode::ExactClock => at_local(date, local.time()),
        })
    }

    /// The limit of a span of working time from `start`, counted in office hours of workdays only
    /// (rule 5).
    ///
    /// # Errors
    /// [`MissingYear`].
    pub fn working_time_after(
        &self,
        start: Timestamp,
        span: Duration,
    ) -> Result<Timestamp, MissingYear> {
        let mut at = start;
        let mut left = span;
        loop {
            let (open, close) = self.next_office_span(at)?;
            let room = close.since(open);
            if left <= room {
                return Ok(open + left);
            }
            left -= room;
            at = close;
        }
    }

    /// A day's limit of a normal order that rolls over non-working time (T7, Henan rules): the clock
    /// starts at the first working instant at or after `start` and ends at the same clock time on
    /// the next workday.
    ///
    /// # Errors
    /// [`MissingYear`].
    pub fn rolling_day_after(&self, start: Timestamp) -> Result<Timestamp, MissingYear> {
        let (begin, _) = self.next_office_span(start)?;
        let local = begin.to_local();
        Ok(at_local(self.next_workday(local.date())?, local.time()))
    }

    /// Whether `at` lies in office hours of a workday.
    ///
    /// # Errors
    /// [`MissingYear`].
    pub fn is_working_time(&self, at: Timestamp) -> Result<bool, MissingYear> {
        Ok(self.next_office_span(at)?.0 == at)
    }

    fn next_workday(&self, date: Date) -> Result<Date, MissingYear> {
        let mut date = date;
        loop {
            date = date.next_day().ok_or(MissingYear(date.year()))?;
            if self.is_workday(date)? {
                return Ok(date);
            }
        }
    }

    /// What is left of the office span that contains `at`, or the next whole one.
    fn next_office_span(&self, at: Timestamp) -> Result<(Timestamp, Timestamp), MissingYear> {
        let mut date = at.to_local().date();
        if !self.is_workday(date)? {
            date = self.next_workday(date)?;
        }
        loop {
            for hours in &self.office_hours {
                let close = at_local(date, hours.to);
                if at < close {
                    return Ok((at_local(date, hours.from).max(at), close));
                }
            }
            date = self.next_workday(date)?;
        }
    }
}

const DAY: Duration = Duration::from_secs(86_400);

/// 08:30-12:00 and 14:30-17:30 (rule 5).
fn default_office_hours() -> Vec<OfficeHours> {
    let span = |from: (u8, u8), to: (u8, u8)| {
        Some(OfficeHours {
            from: Time::from_hms(from.0, from.1, 0).ok()?,
            to: Time::from_hms(to.0, to.1, 0).ok()?,
        })
    };
    [span((8, 30), (12, 0)), span((14, 30), (17, 30))].into_iter().flatten().collect()
}

/// The instant of a local date and time.
#[must_use]
pub fn at_local(date: Date, time: Time) -> Timestamp {
    let offset = UtcOffset::from_whole_seconds(SHANGHAI_OFFSET_S).unwrap_or(UtcOffset::UTC);
    Timestamp::from_local(date.with_time(time).assume_offset(offset))
}

/// 00:00 of the local day after `at`.
#[must_use]
pub fn start_of_next_day(at: Timestamp) -> Timestamp {
    at_local(at.to_local().date(), Time::MIDNIGHT) + DAY
}
