//! What somebody asks of the figures, checked.

use std::time::Duration;

use figures::{AsOf, EventNumber, Period, Reading};
use serde::{Deserialize, Serialize};
use types::Timestamp;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::service::{FieldFault, ServiceError};

/// Seconds of a day.
const DAY_S: u64 = 86_400;
/// Longest span of one question, in days.
const DAYS_MAX: u64 = 92;
/// Longest span by half-hours: a month has 1,488 of them.
const HALF_HOUR_DAYS_MAX: u64 = 31;
/// Longest text of an event number: a centre has one journal for each machine it ever ran on.
const EVENT_NUMBER_LEN_MAX: usize = 4_096;

/// In what parts figures are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Slice {
    /// The whole span alone.
    #[default]
    Total,
    Day,
    HalfHour,
    /// A call that asks for two skills is in both.
    Skill,
    /// By the number that was dialled (D5).
    Number,
    Agent,
    DialTest,
}

/// A span and, where somebody wants figures as they were, the moment they were taken.
#[derive(Debug, Clone)]
pub struct Span {
    pub from: Timestamp,
    pub until: Timestamp,
    /// `journal:entry`, separated by commas.
    pub event_number: Option<String>,
    pub at: Option<Timestamp>,
}

/// A question that can be answered.
#[derive(Debug, Clone)]
pub struct Question {
    pub period: Period,
    /// `None`: as they are now.
    pub as_of: Option<AsOf>,
    pub slice: Slice,
    /// The reading that rows are shown by.
    pub reading: Reading,
}

impl Question {
    /// # Errors
    /// [`ServiceError::Fields`].
    pub fn new(span: &Span, slice: Slice, reading: Reading) -> Result<Self, ServiceError> {
        let period = period(span.from, span.until)?;
        let days_max = if slice == Slice::HalfHour { HALF_HOUR_DAYS_MAX } else { DAYS_MAX };
        if span.until.since(span.from) > Duration::from_secs(days_max * DAY_S) {
            let detail = format!("时间段最长 {days_max} 天，请缩短或分段查询。");
            return Err(fault("until", detail));
        }
        Ok(Self { period, as_of: as_of(span)?, slice, reading })
    }
}

/// # Errors
/// [`ServiceError::Fields`].
pub(super) fn period(from: Timestamp, until: Timestamp) -> Result<Period, ServiceError> {
    Period::new(from, until)
        .map_err(|_| fault("until", "时间段有误：结束时间须晚于开始时间，且最长一年。".to_owned()))
}

fn as_of(span: &Span) -> Result<Option<AsOf>, ServiceError> {
    match (&span.event_number, span.at) {
        (None, None) => Ok(None),
        (Some(text), Some(at)) => Ok(Some(AsOf { events: parse(text)?, at })),
        (Some(_), None) => Err(fault("at", "给出事件编号时，须同时给出截至时间 at。".to_owned())),
        (None, Some(_)) => {
            let detail = "给出截至时间时，须同时给出事件编号 event_number。".to_owned();
            Err(fault("event_number", detail))
        }
    }
}

fn parse(text: &str) -> Result<EventNumber, ServiceError> {
    let wrong = || {
        let detail = "事件编号有误：格式为“日志编号:序号”，多个以逗号分隔。请从报表中复制。";
        fault("event_number", detail.to_owned())
    };
    if text.len() > EVENT_NUMBER_LEN_MAX {
        return Err(wrong());
    }
    let mut number = EventNumber::default();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (journal, entry) = part.split_once(':').ok_or_else(wrong)?;
        let journal: Uuid = journal.parse().map_err(|_| wrong())?;
        number = number.and(journal, entry.parse().map_err(|_| wrong())?);
    }
    Ok(number)
}

/// As [`Span::event_number`] reads it.
pub(super) fn event_number_text(events: &EventNumber) -> String {
    let parts = events.journals().map(|(journal, entry)| format!("{journal}:{entry}"));
    parts.collect::<Vec<_>>().join(",")
}

pub(super) fn fault(field: &str, detail: String) -> ServiceError {
    ServiceError::Fields(vec![FieldFault::new(field, detail)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_number_is_read_as_it_is_written() {
        let one = EventNumber::new(Uuid::from_u128(1), 7).and(Uuid::from_u128(2), 9);
        assert_eq!(parse(&event_number_text(&one)).unwrap(), one);
        assert_eq!(parse("").unwrap(), EventNumber::default());
        for wrong in ["7", "x:7", "00000000-0000-0000-0000-000000000001:-1", &"1,".repeat(3_000)] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_span_that_is_too_long_or_turned_round_is_refused() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let ask = |from, until, slice| {
            let span = Span { from: at(from), until: at(until), event_number: None, at: None };
            Question::new(&span, slice, Reading::Strict).is_ok()
        };
        let (first, month) = ("2026-01-01T00:00:00+08:00", "2026-02-01T00:00:00+08:00");
        assert!(ask(first, month, Slice::HalfHour));
        assert!(!ask(month, first, Slice::Total));
        assert!(!ask(first, "2026-02-01T00:00:00.000001+08:00", Slice::HalfHour));
        assert!(ask(first, "2026-04-03T00:00:00+08:00", Slice::Agent));
        assert!(!ask(first, "2026-04-04T00:00:00+08:00", Slice::Agent));
    }
}
