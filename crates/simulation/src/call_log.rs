//! Calls that really happened, from a table that a telephone system has written (CSV).

use std::io::Read;
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;
use time::macros::format_description;
use time::{Date, Time};
use types::Timestamp;

use crate::arrivals::LoggedCall;
use crate::civil;

/// How many rows that cannot be read are shown.
const SHOWN_MAX: usize = 20;
/// Longest talk that is believed, in seconds: a day.
const TALK_MAX_S: f64 = 86_400.0;

/// Which columns of a table say what. The default is the table of `scenarios/sample_calls.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Columns {
    /// When the call arrived: RFC 3339, or `2026-03-02 08:15:00` of Shanghai; only `8:15:00` beside `date`.
    pub arrived_at: String,
    /// A column of its own for the date: `2026-03-02`, `20260302` or `260302`.
    pub date: Option<String>,
    /// Seconds of talk; empty, 0 or less where nobody talked. A table without this column has none.
    pub talk_s: Option<String>,
    /// Rows to leave out: a column and its value.
    pub leave_out: Option<(String, String)>,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            arrived_at: "arrived_at".to_owned(),
            date: None,
            talk_s: Some("talk_s".to_owned()),
            leave_out: None,
        }
    }
}

impl Columns {
    /// The published log of a bank's centre (Technion, "Anonymous Bank"): from leaving the voice unit on, callers
    /// want a person; its test rows are called PHANTOM.
    #[must_use]
    pub fn anonymous_bank() -> Self {
        Self {
            arrived_at: "vru_exit".to_owned(),
            date: Some("date".to_owned()),
            talk_s: Some("ser_time".to_owned()),
            leave_out: Some(("outcome".to_owned(), "PHANTOM".to_owned())),
        }
    }
}

/// The calls of a table, in order of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallLog {
    pub calls: Vec<LoggedCall>,
    /// Rows left out because they were marked so.
    pub left_out: u64,
    /// Rows that could not be read.
    pub unreadable: u64,
    /// The first of them.
    pub shown: Vec<Unreadable>,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Line of the file; the heading is line 1.
    pub line: u64,
    pub why: String,
}

/// Why a table is no call log.
#[derive(Debug, Error)]
pub enum CallLogError {
    #[error("话务记录不是合法的 CSV：{0}")]
    Csv(#[from] csv::Error),
    #[error("话务记录没有“{wanted}”一列；文件中的列：{found}")]
    Column { wanted: String, found: String },
    #[error("话务记录没有一行能读懂；第 {line} 行：{why}")]
    Nothing { line: u64, why: String },
}

/// Where the columns are.
struct Places<'a> {
    arrived_at: usize,
    date: Option<usize>,
    talk_s: Option<usize>,
    leave_out: Option<(usize, &'a str)>,
}

impl CallLog {
    /// Reads a table. Single rows may be broken; they are counted and left out.
    ///
    /// # Errors
    /// [`CallLogError`] for what is no CSV, lacks a column, or has no row that can be read.
    pub fn read(table: impl Read, columns: &Columns) -> Result<Self, CallLogError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(table);
        let places = Places::of(reader.headers()?, columns)?;
        let mut log = Self::default();
        for row in reader.records() {
            let row = row?;
            let line = row.position().map_or(0, csv::Position::line);
            log.take(line, &row, &places);
        }
        if let (true, Some(first)) = (log.calls.is_empty(), log.shown.first()) {
            return Err(CallLogError::Nothing { line: first.line, why: first.why.clone() });
        }
        log.calls.sort_by_key(|call| call.at);
        Ok(log)
    }

    fn take(&mut self, line: u64, row: &csv::StringRecord, places: &Places<'_>) {
        let marked = |(place, value): (usize, &str)| row.get(place) == Some(value);
        if places.leave_out.is_some_and(marked) {
            self.left_out += 1;
            return;
        }
        match call_of(row, places) {
            Ok(call) => self.calls.push(call),
            Err(why) => {
                self.unreadable += 1;
                if self.shown.len() < SHOWN_MAX {
                    self.shown.push(Unreadable { line, why });
                }
            }
        }
    }
}

impl<'a> Places<'a> {
    fn of(heading: &csv::StringRecord, columns: &'a Columns) -> Result<Self, CallLogError> {
        let place = |wanted: &str| heading.iter().position(|name| name.trim() == wanted);
        let needed = |wanted: &str| {
            place(wanted).ok_or_else(|| {
                let found = heading.iter().collect::<Vec<_>>().join(", ");
                CallLogError::Column { wanted: wanted.to_owned(), found }
            })
        };
        Ok(Self {
            arrived_at: needed(&columns.arrived_at)?,
            date: columns.date.as_deref().map(needed).transpose()?,
            talk_s: columns.talk_s.as_deref().and_then(place),
            leave_out: match &columns.leave_out {
                Some((column, value)) => Some((needed(column)?, value.as_str())),
                None => None,
            },
        })
    }
}

/// The call of a row, or what is wrong with it.
fn call_of(row: &csv::StringRecord, places: &Places<'_>) -> Result<LoggedCall, String> {
    let field = |place: usize| row.get(place).map_or("", str::trim);
    let arrived = field(places.arrived_at);
    let at = match places.date.map(field) {
        Some(date) => date_of(date).zip(time_of(arrived)).map(|(date, time)| civil::at(date, time)),
        None => moment_of(arrived),
    };
    let at = at.ok_or_else(|| {
        let date = places.date.map_or("", field);
        format!("没有来电时间：{:?}", format!("{date} {arrived}").trim())
    })?;
    let talk = match places.talk_s.map_or("", field) {
        "" => None,
        text => {
            let seconds: f64 = text.parse().map_err(|_| format!("通话秒数不是数字：{text:?}"))?;
            if seconds.is_nan() || seconds > TALK_MAX_S {
                return Err(format!("通话时长应不超过一天：{text:?} 秒"));
            }
            (seconds > 0.0).then(|| Duration::from_secs_f64(seconds))
        }
    };
    Ok(LoggedCall { at, talk })
}

fn moment_of(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let (date, time) = text.split_once([' ', 'T'])?;
        Some(civil::at(date_of(date)?, time_of(time)?))
    })
}

fn date_of(text: &str) -> Option<Date> {
    if text.len() == 10 {
        return Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    }
    let number: u32 = text.parse().ok()?;
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let year = match text.len() {
        8 => year,
        // Two figures of the year: telephone systems are younger than 1970.
        6 => year + if year < 70 { 2_000 } else { 1_900 },
        _ => return None,
    };
    let month = u8::try_from(month).ok()?.try_into().ok()?;
    Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()
}

fn time_of(text: &str) -> Option<Time> {
    let mut parts = text.split(':').map(|part| part.parse::<u8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    parts.next().is_none().then(|| Time::from_hms(hour, minute, second).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, columns: &Columns) -> Result<CallLog, CallLogError> {
        CallLog::read(text.as_bytes(), columns)
    }

    #[test]
    fn times_of_several_hands_are_the_same_moment() {
        let text = "arrived_at,talk_s\n2026-03-02T08:15:00+08:00,12.5\n2026-03-02 8:15:00,\n\
                    2026-03-02T00:15:00Z,0\n20260302 08:15,-3\n";
        let log = read(text, &Columns::default()).unwrap();
        let at: Timestamp = "2026-03-02T08:15:00+08:00".parse().unwrap();
        assert_eq!(log.calls.iter().filter(|call| call.at == at).count(), 4, "{log:?}");
        assert_eq!(log.calls[0].talk, Some(Duration::from_millis(12_500)));
        assert!(log.calls[1..].iter().all(|call| call.talk.is_none()));
    }

    #[test]
    fn dirty_rows_are_counted_and_shown() {
        let text = "arrived_at,talk_s\n2026-03-02 08:15:00,60\nyesterday,60\n2026-02-30 08:00:00,1\n\
                    2026-03-02 08:00:00,long\n2026-03-02 07:00:00,NaN\n2026-03-01 07:00:00\n";
        let log = read(text, &Columns::default()).unwrap();
        assert_eq!((log.calls.len(), log.unreadable), (2, 4));
        assert_eq!(log.shown[0].line, 3);
        assert!(log.calls[0].at < log.calls[1].at, "in order of time");
        assert!(log.shown[2].why.contains("long"), "{:?}", log.shown);
    }

    #[test]
    fn what_is_no_log_says_what_it_lacks() {
        let error = read("when,talk\n1,2\n", &Columns::default()).unwrap_err().to_string();
        assert!(error.contains("“arrived_at”") && error.contains("when, talk"), "{error}");
        let error = read("arrived_at\nnoon\n", &Columns::default()).unwrap_err().to_string();
        assert!(error.contains("第 2 行") && error.contains("noon"), "{error}");
        assert!(read("arrived_at\n", &Columns::default()).unwrap().calls.is_empty());
    }

    #[test]
    fn the_banks_columns_are_known() {
        let text = "date,vru_exit,outcome,ser_time\n990201,7:02:56,AGENT,166\n\
                    990201,7:03:00,PHANTOM,4\n990201,8:09:22,HANG,0\n";
        let log = read(text, &Columns::anonymous_bank()).unwrap();
        assert_eq!((log.calls.len(), log.left_out, log.unreadable), (2, 1, 0));
        assert_eq!(log.calls[0].at, "1999-02-01T07:02:56+08:00".parse().unwrap());
        assert_eq!(log.calls[0].talk, Some(Duration::from_secs(166)));
    }
}
