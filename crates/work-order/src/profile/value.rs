//! The values a profile is written in.
//!
//! Owns: `30 min`, `24 h`, `4 working hours`, `2 workdays`, `1 rolling day`, `20:30`,
//! `09:00-11:30`. Must not do: know which item has which.

use std::time::Duration;

use time::Time;

/// A limit as written, before a calendar makes it an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Day and night, holidays included (domain 7.3 rule 6).
    Natural(Duration),
    /// In office hours only (rule 5).
    Working(Duration),
    /// N working days (rule 4).
    Workdays(u32),
    /// 24 h of a normal order that roll over non-working time (T7).
    RollingDay,
}

/// A span of the day, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    pub from: Time,
    pub to: Time,
}

pub(super) fn parse_span(text: &str) -> Result<Span, String> {
    let fault = || {
        format!(
            "时限 \"{text}\" 写法不对，请写 30 min、24 h、4 working hours、2 workdays 或 1 rolling day"
        )
    };
    let (number, unit) = text.split_once(' ').ok_or_else(fault)?;
    let number: u32 = number.parse().map_err(|_| fault())?;
    match unit.trim() {
        "min" => Ok(Span::Natural(minutes(number))),
        "h" => Ok(Span::Natural(minutes(number) * 60)),
        "working hours" => Ok(Span::Working(minutes(number) * 60)),
        "workdays" if number >= 1 => Ok(Span::Workdays(number)),
        "rolling day" if number == 1 => Ok(Span::RollingDay),
        _ => Err(fault()),
    }
}

pub(super) fn parse_natural(text: &str) -> Result<Duration, String> {
    match parse_span(text) {
        Ok(Span::Natural(span)) => Ok(span),
        _ => Err(format!("时长 \"{text}\" 写法不对，请写 30 min 或 2 h")),
    }
}

pub(super) fn parse_count(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("\"{text}\" 应为整数"))
}

pub(super) fn parse_time(text: &str) -> Result<Time, String> {
    let fault = || format!("时刻 \"{text}\" 应写作 20:30");
    let (hour, minute) = text.split_once(':').ok_or_else(fault)?;
    let hour = hour.parse().map_err(|_| fault())?;
    let minute = minute.parse().map_err(|_| fault())?;
    Time::from_hms(hour, minute, 0).map_err(|_| fault())
}

pub(super) fn parse_times(text: &str) -> Result<Vec<Time>, String> {
    text.split('|').map(parse_time).collect()
}

pub(super) fn parse_bands(text: &str) -> Result<Vec<Band>, String> {
    text.split('|').map(parse_band).collect()
}

fn parse_band(text: &str) -> Result<Band, String> {
    let fault = || format!("时段 \"{text}\" 应写作 09:00-11:30，先早后晚");
    let (from, to) = text.split_once('-').ok_or_else(fault)?;
    let band = Band { from: parse_time(from)?, to: parse_time(to)? };
    if band.from < band.to { Ok(band) } else { Err(fault()) }
}

fn minutes(number: u32) -> Duration {
    Duration::from_secs(u64::from(number) * 60)
}
