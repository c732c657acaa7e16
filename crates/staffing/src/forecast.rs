//! Calls per half-hour of a day, from the days before it (`domain.md` 11.1).
//!
//! The same half-hour of the last like days, without the highest and the lowest, recent days weighing more; raised to
//! the present level; times the day's events. Past events are taken out before anything is averaged. The level of a
//! weekday is that of the last two weeks beside the weeks before; holidays and swapped workdays, which lie months back,
//! are raised by what the workdays around them were and are.

use time::Date;

use crate::calendar::{Calendar, DayKind};
use crate::events::{Event, EventFactors, EventKind};
use crate::half_hour::{DayCurve, HalfHour};

/// Like days that are averaged.
const LIKE_DAYS: usize = 6;

/// Fewer like days than this are helped out by days that stand in for them.
const LIKE_DAYS_MIN: usize = 3;

/// Like days are looked for so far back, in days: two years, because holidays are rare.
const LOOK_BACK_DAYS: i64 = 730;

/// What each week of age leaves of a day's weight.
const WEIGHT_PER_WEEK: f64 = 0.85;

/// The trend is that of so many days ...
const TREND_DAYS: i64 = 14;

/// ... and needs so many of them; fewer say nothing.
const TREND_DAYS_MIN: usize = 5;

/// The level of a time is that of its workdays so many days before.
const LEVEL_DAYS: i64 = 28;

/// Bounds of the trend: what lies beyond is an event or an error of the record.
const TREND: (f64, f64) = (0.5, 2.0);

/// Calls that the morning's deviation must outweigh before the rest of the day follows it by half.
const SURPRISE_CALLS: f64 = 100.0;

/// The calls of a past day.
#[derive(Debug, Clone, PartialEq)]
pub struct PastDay {
    pub date: Date,
    /// Calls offered (K1's R), by the half-hour they rang in.
    pub calls: DayCurve<u32>,
    pub events: Vec<Event>,
}

/// Why no forecast is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoForecast {
    #[error("the calendar has no arrangement for {0}; import that year's holidays")]
    UnknownDay(Date),
    #[error("no day before {0} is like it; at least one of the last two years is needed")]
    NoHistory(Date),
}

/// The calls that a day is expected to bring.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    pub date: Date,
    /// Expected calls per half-hour.
    pub calls: DayCurve<f64>,
    /// The past days it rests on, newest first.
    pub from: Vec<Date>,
    /// By how much those days were raised to the present level (below 1: lowered), as a mean.
    pub trend: f64,
}

/// A past day without its events.
struct Plain {
    date: Date,
    kind: DayKind,
    calls: DayCurve<f64>,
}

/// The forecast of `date` with the events that are expected, from the days before it in any order.
///
/// # Errors
/// [`NoForecast`] where the calendar or the record does not reach. Past days of years that the calendar does not know
/// are passed over.
pub fn forecast(
    date: Date,
    events: &[Event],
    history: &[PastDay],
    calendar: &impl Calendar,
    factors: &EventFactors,
) -> Result<Forecast, NoForecast> {
    let kind = calendar.kind(date).ok_or(NoForecast::UnknownDay(date))?;
    let past = plain_days(date, history, calendar, factors);
    let basis = like_days(kind, &past);
    if basis.is_empty() {
        return Err(NoForecast::NoHistory(date));
    }
    let raised = raised_by(date, kind, &basis, &past);
    let factor = factors.over(events);
    let calls = DayCurve::from_fn(|half_hour| {
        let like = basis.iter().zip(&raised);
        let usual = trimmed_mean(
            like.map(|(day, by)| (day.calls.get(half_hour) * by, weight(day.date, date))),
        );
        usual * factor.get(half_hour)
    });
    let trend = raised.iter().sum::<f64>() / raised.len() as f64;
    Ok(Forecast { date, calls, from: basis.iter().map(|day| day.date).collect(), trend })
}

impl Forecast {
    /// What the rest of the day brings, after the half-hours before `now` brought `so_far`: a day that began higher
    /// goes on higher, by as much as its calls outweigh chance. Half-hours before `now` stay as they were.
    #[must_use]
    pub fn updated(&self, now: HalfHour, so_far: &DayCurve<u32>) -> Self {
        let before = || HalfHour::all().take_while(|half_hour| *half_hour < now);
        let came: f64 = before().map(|half_hour| f64::from(*so_far.get(half_hour))).sum();
        let expected: f64 = before().map(|half_hour| self.calls.get(half_hour)).sum();
        let ratio = (came + SURPRISE_CALLS) / (expected + SURPRISE_CALLS);
        let calls = DayCurve::from_fn(|half_hour| {
            let expected = *self.calls.get(half_hour);
            if half_hour < now { expected } else { expected * ratio }
        });
        Self { calls, ..self.clone() }
    }
}

/// By how much an event multiplied the calls of its half-hours, as the middle of the days that had it and nothing else;
/// `None` with fewer than three of them.
#[must_use]
pub fn learned_factor(
    event: EventKind,
    history: &[PastDay],
    calendar: &impl Calendar,
    factors: &EventFactors,
) -> Option<f64> {
    let mut ratios = Vec::new();
    for day in history {
        let [only] = day.events.as_slice() else { continue };
        if only.kind != event {
            continue;
        }
        let Ok(usual) = forecast(day.date, &[], history, calendar, factors) else { continue };
        let during = || only.during.iter();
        let expected: f64 = during().map(|half_hour| usual.calls.get(half_hour)).sum();
        let came: f64 = during().map(|half_hour| f64::from(*day.calls.get(half_hour))).sum();
        if expected > 0.0 {
            ratios.push(came / expected);
        }
    }
    if ratios.len() < LIKE_DAYS_MIN { None } else { middle(&mut ratios) }
}

/// The days before `date` that the calendar knows, newest first, each once, without their events.
fn plain_days(
    date: Date,
    history: &[PastDay],
    calendar: &impl Calendar,
    factors: &EventFactors,
) -> Vec<Plain> {
    let mut days: Vec<Plain> = history
        .iter()
        .filter(|day| day.date < date && (date - day.date).whole_days() <= LOOK_BACK_DAYS)
        .filter_map(|day| {
            let kind = calendar.kind(day.date)?;
            let factor = factors.over(&day.events);
            let calls = DayCurve::from_fn(|half_hour| {
                f64::from(*day.calls.get(half_hour)) / factor.get(half_hour)
            });
            Some(Plain { date: day.date, kind, calls })
        })
        .collect();
    days.sort_by_key(|day| std::cmp::Reverse(day.date));
    days.dedup_by_key(|day| day.date);
    days
}

/// The days that tell what a day of this kind brings, newest first.
fn like_days(kind: DayKind, past: &[Plain]) -> Vec<&Plain> {
    let newest = |wanted: &dyn Fn(DayKind) -> bool| -> Vec<&Plain> {
        past.iter().filter(|day| wanted(day.kind)).take(LIKE_DAYS).collect()
    };
    let like = newest(&|other| kind == other);
    if like.len() >= LIKE_DAYS_MIN {
        return like;
    }
    let helped = newest(&|other| kind == other || kind.is_stood_in_by(other));
    if helped.len() > like.len() { helped } else { like }
}

/// What each of the past days is multiplied by to stand at the level of `date`.
fn raised_by(date: Date, kind: DayKind, basis: &[&Plain], past: &[Plain]) -> Vec<f64> {
    match kind {
        DayKind::Ordinary(_) => vec![trend(date, past); basis.len()],
        DayKind::PublicHoliday | DayKind::MakeupWorkday => {
            let now = level(date, past);
            let since = |day: &&Plain| Some(now? / level(day.date, past)?);
            let bounded = |by: Option<f64>| by.unwrap_or(1.0).clamp(TREND.0, TREND.1);
            basis.iter().map(|day| bounded(since(day))).collect()
        }
    }
}

/// The middle of the workdays in the four weeks before a date; `None` without any call.
fn level(date: Date, past: &[Plain]) -> Option<f64> {
    let before = past.iter().filter(|day| {
        let age = (date - day.date).whole_days();
        (1..=LEVEL_DAYS).contains(&age) && DayKind::MakeupWorkday.is_stood_in_by(day.kind)
    });
    middle(&mut before.map(|day| day.calls.sum()).collect::<Vec<_>>()).filter(|level| *level > 0.0)
}

/// The middle of what each ordinary day of the last two weeks was, measured by the like days that a forecast would
/// rest on: one odd day does not move it.
fn trend(date: Date, past: &[Plain]) -> f64 {
    let mut ratios: Vec<f64> = Vec::new();
    let recent = past.iter().filter(|day| (date - day.date).whole_days() <= TREND_DAYS);
    for day in recent.filter(|day| matches!(day.kind, DayKind::Ordinary(_))) {
        let usual = trimmed_mean(
            like_days(day.kind, past)
                .iter()
                .map(|like| (like.calls.sum(), weight(like.date, date))),
        );
        if usual > 0.0 {
            ratios.push(day.calls.sum() / usual);
        }
    }
    if ratios.len() < TREND_DAYS_MIN {
        return 1.0;
    }
    middle(&mut ratios).unwrap_or(1.0).clamp(TREND.0, TREND.1)
}

/// How much a past day counts in the forecast of another.
fn weight(past: Date, of: Date) -> f64 {
    WEIGHT_PER_WEEK.powf((of - past).whole_days() as f64 / 7.0)
}

/// The weighted mean without the highest and the lowest value; of fewer than four values, of all. 0 of none.
fn trimmed_mean(values: impl Iterator<Item = (f64, f64)>) -> f64 {
    let mut values: Vec<(f64, f64)> = values.collect();
    values.sort_by(|one, other| one.0.total_cmp(&other.0));
    let kept = match values.as_slice() {
        [_, kept @ .., _] if kept.len() >= 2 => kept,
        all => all,
    };
    let weights: f64 = kept.iter().map(|(_, weight)| weight).sum();
    if weights > 0.0 {
        kept.iter().map(|(value, weight)| value * weight).sum::<f64>() / weights
    } else {
        0.0
    }
}

/// The median; of an even number, the mean of the two in the middle.
pub fn middle(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    let lower = values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}
