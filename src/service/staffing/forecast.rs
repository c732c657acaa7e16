//! Forecasts: made from the days before, kept as they were made, judged once their day is over.

use std::sync::Arc;

use ::staffing::{
    Calendar, DayCurve, DayKind, Event, EventFactors, ForecastAccuracy, NoForecast, PastDay,
    forecast, learned_factor,
};
use serde::Serialize;
use time::Date;
use types::Timestamp;
use utoipa::ToSchema;
use work_order::Rules;

use super::history;
use super::words::{Day, Days, EventWord};
use super::{blocking, shifts};
use crate::service::{Context, ServiceError, county};
use crate::store::call_day;
use crate::store::day_forecast::{self, Basis, BasisEvent, DayForecast, ForecastError};
use crate::store::event_day::{self, EventDay};
use crate::store::{Json, Tx};

/// Forecasts are made for today and so many days ahead.
const AHEAD_DAYS: i64 = 7;

/// The statutory calendar as forecasts ask it.
#[derive(Debug, Clone, Copy)]
pub struct Statutory<'a>(pub &'a work_order::Calendar);

impl Calendar for Statutory<'_> {
    fn kind(&self, date: Date) -> Option<DayKind> {
        let is_exception = self.0.is_exception(date).ok()?;
        Some(DayKind::of(date, is_exception, self.0.is_workday(date).ok()?))
    }
}

/// Why a day has no forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Without {
    Calendar,
    Forecast(NoForecast),
}

impl Without {
    /// What to do about it, in Chinese.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Calendar => "尚未导入工作日历，无法预测。请运行 hotline init 导入。".to_owned(),
            Self::Forecast(NoForecast::UnknownDay(date)) => {
                format!("工作日历缺少 {} 年的节假日安排，无法预测，请先导入。", date.year())
            }
            Self::Forecast(NoForecast::NoHistory(_)) => {
                "还没有同类日子的来电记录，暂时无法预测。运行一周后每天自动预测。".to_owned()
            }
        }
    }
}

/// What forecasts are made from.
struct Makings {
    rules: Option<Arc<Rules>>,
    history: Vec<PastDay>,
    noted: Vec<EventDay>,
    made_at: Timestamp,
}

/// The daily round: counts the days that are over, judges their forecasts, makes those of today and the week ahead.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn plan_ahead(ctx: &Context) -> Result<(), ServiceError> {
    let today = Day::of(ctx.clock.now());
    shifts::add_usual(ctx).await?;
    let counted = history::catch_up(ctx, today).await?;
    let judged = judge(ctx, today, &counted).await?;
    let kept = keep(ctx, Days { first: today, last: today.plus(AHEAD_DAYS) }).await?;
    tracing::info!(counted = counted.len(), judged, kept, "forecasts made");
    Ok(())
}

/// Makes the forecasts of these days anew and keeps them; says how many could be made.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn keep(ctx: &Context, days: Days) -> Result<usize, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let makings = makings(ctx, &mut tx, days).await?;
    drop(tx);
    let made = blocking(move || {
        let factors = makings.factors();
        days.iter().filter_map(|day| makings.make(day, &factors).ok()).collect::<Vec<_>>()
    })
    .await?;
    let mut tx = ctx.db.begin().await?;
    for forecast in &made {
        day_forecast::put(&mut tx, &ctx.centre, forecast).await?;
    }
    tx.commit().await?;
    Ok(made.len())
}

/// The newest forecast kept for a day, else one made now and not kept.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn of_day(
    ctx: &Context,
    tx: &mut Tx,
    day: Day,
) -> Result<Result<DayForecast, Without>, ServiceError> {
    if let Some(kept) = day_forecast::newest(tx, &ctx.centre, day.0).await? {
        return Ok(Ok(kept));
    }
    let makings = makings(ctx, tx, Days { first: day, last: day }).await?;
    blocking(move || makings.make(day, &makings.factors())).await
}

async fn makings(ctx: &Context, tx: &mut Tx, days: Days) -> Result<Makings, ServiceError> {
    let rules = match county::rules_in(ctx, tx).await {
        Ok(rules) => Some(rules),
        Err(ServiceError::Away(_)) => None,
        Err(other) => return Err(other),
    };
    // A day that is not over is no history, and neither is the day itself or what came after it.
    let now = ctx.clock.now();
    let until = Day::of(now).min(days.first);
    let first = history::first_day(until);
    let noted = event_day::between(tx, &ctx.centre, first.0, days.last.0).await?;
    let history = history::past_days(ctx, tx, until, &noted).await?;
    Ok(Makings { rules, history, noted, made_at: now })
}

impl Makings {
    /// The usual factors, and in place of them those that enough days have taught.
    fn factors(&self) -> (EventFactors, Vec<EventWord>) {
        let usual = EventFactors::default();
        let (mut factors, mut learned) = (usual.clone(), Vec::new());
        let Some(rules) = &self.rules else { return (factors, learned) };
        for word in EventWord::ALL {
            let calendar = Statutory(&rules.calendar);
            let found = learned_factor(word.kind(), &self.history, &calendar, &usual);
            if let Some(factor) = found {
                factors.set(word.kind(), factor);
                learned.push(word);
            }
        }
        (factors, learned)
    }

    fn make(
        &self,
        day: Day,
        (factors, learned): &(EventFactors, Vec<EventWord>),
    ) -> Result<DayForecast, Without> {
        let rules = self.rules.as_ref().ok_or(Without::Calendar)?;
        let calendar = Statutory(&rules.calendar);
        let plain = forecast(day.0, &[], &self.history, &calendar, factors);
        let plain = plain.map_err(Without::Forecast)?;
        let mut of_day = factors.clone();
        let mut events: Vec<Event> = Vec::new();
        let mut told = Vec::new();
        for noted in self.noted.iter().filter(|noted| noted.day == day.0) {
            let (Some(event), Some(word)) =
                (history::event_of(noted), EventWord::named(&noted.kind))
            else {
                continue;
            };
            let factor_from = match noted.factor_percent {
                Some(percent) => {
                    of_day.set(event.kind, f64::from(percent) / 100.0);
                    "given"
                }
                None if learned.contains(&word) => "learned",
                None => "usual",
            };
            told.push(BasisEvent {
                kind: noted.kind.clone(),
                during: event.during.to_string(),
                factor_percent: percent(of_day.of(event.kind)),
                factor_from: factor_from.to_owned(),
                source: noted.source.clone(),
            });
            events.push(event);
        }
        let by = of_day.over(&events);
        let calls =
            plain.calls.iter().map(|(half_hour, calls)| calls * by.get(half_hour)).collect();
        let days = plain.from.iter().map(ToString::to_string).collect();
        let basis = Basis { days, trend: plain.trend, events: told };
        Ok(DayForecast {
            day: day.0,
            made_at: self.made_at,
            calls: Json(calls),
            basis: Json(basis),
            error: None,
        })
    }
}

fn percent(factor: f64) -> u32 {
    // Factors lie between 0 and 5.
    (factor * 100.0).round() as u32
}

/// Judges the forecasts of days that are over, and again those of days that were counted anew; says how many.
async fn judge(ctx: &Context, today: Day, counted: &[Day]) -> Result<usize, ServiceError> {
    let mut tx = ctx.db.begin().await?;
    let mut forecasts = day_forecast::unjudged(&mut tx, &ctx.centre, today.0).await?;
    for day in counted {
        let of_day = day_forecast::between(&mut tx, &ctx.centre, day.0, day.0).await?;
        forecasts.extend(of_day.into_iter().filter(|forecast| forecast.error.is_some()));
    }
    let mut judged = 0;
    for forecast in &forecasts {
        let Some(day) = call_day::find(&mut tx, &ctx.centre, forecast.day).await? else { continue };
        let error = error_of(&history::curve(&forecast.calls.0), &history::curve(&day.calls.0));
        let now = ctx.clock.now();
        day_forecast::judge(&mut tx, &ctx.centre, forecast, error, now).await?;
        judged += 1;
    }
    tx.commit().await?;
    Ok(judged)
}

fn error_of(expected: &DayCurve<f64>, came: &DayCurve<u32>) -> ForecastError {
    let mut accuracy = ForecastAccuracy::default();
    accuracy.add(expected, came);
    ForecastError {
        expected: expected.sum(),
        came: came.iter().map(|(_, calls)| u64::from(*calls)).sum(),
        wape: accuracy.half_hours.wape(),
        mape: accuracy.half_hours.mape(),
        bias: accuracy.half_hours.bias(),
    }
}

/// How far off the forecast of a day was that was the last one made so many days before it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct JudgedForecast {
    pub day: Day,
    pub made_at: Timestamp,
    /// 0: made on the day itself.
    pub lead_days: i64,
    pub expected: f64,
    pub came: u64,
    /// Sum of the half-hours' errors by the calls that came; the aim is below 150,000. Null for a day without calls.
    pub wape_ppm: Option<i64>,
    pub mape_ppm: Option<i64>,
    /// Above 0: too high.
    pub bias_ppm: Option<i64>,
}

/// Errors of days that are over.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ForecastErrors {
    /// By day, then by when the forecast was made.
    pub items: Vec<JudgedForecast>,
    /// Over all days, of the last forecast made before each of them.
    pub wape_ppm: Option<i64>,
    pub bias_ppm: Option<i64>,
    pub days: usize,
}

/// The errors kept for these days.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn errors(ctx: &Context, days: Days) -> Result<ForecastErrors, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let made = day_forecast::between(&mut tx, &ctx.centre, days.first.0, days.last.0).await?;
    drop(tx);
    let mut items: Vec<JudgedForecast> = Vec::new();
    for (forecast, error) in made.iter().filter_map(|made| Some((made, made.error?.0))) {
        let judged = judged(forecast, error);
        // Of several made on one day the last one counts: an event was noted in between.
        match items.last_mut() {
            Some(last) if last.day == judged.day && last.lead_days == judged.lead_days => {
                *last = judged;
            }
            _ => items.push(judged),
        }
    }
    Ok(summed(items))
}

fn judged(forecast: &DayForecast, error: ForecastError) -> JudgedForecast {
    let day = Day(forecast.day);
    JudgedForecast {
        day,
        made_at: forecast.made_at,
        lead_days: (day.0 - Day::of(forecast.made_at).0).whole_days().max(0),
        expected: error.expected,
        came: error.came,
        wape_ppm: error.wape.map(ppm),
        mape_ppm: error.mape.map(ppm),
        bias_ppm: error.bias.map(ppm),
    }
}

fn summed(items: Vec<JudgedForecast>) -> ForecastErrors {
    let (mut came, mut off_by, mut too_high, mut days) = (0.0, 0.0, 0.0, 0);
    let ahead = |item: &&JudgedForecast| item.lead_days >= 1;
    for item in items.iter().filter(ahead) {
        let newer = |other: &JudgedForecast| {
            other.day == item.day && other.lead_days >= 1 && other.lead_days < item.lead_days
        };
        if items.iter().any(newer) {
            continue;
        }
        days += 1;
        came += item.came as f64;
        off_by += item.wape_ppm.unwrap_or(0) as f64 * item.came as f64;
        too_high += item.bias_ppm.unwrap_or(0) as f64 * item.came as f64;
    }
    let mean = |sum: f64| (came > 0.0).then(|| (sum / came).round() as i64);
    ForecastErrors { wape_ppm: mean(off_by), bias_ppm: mean(too_high), days, items }
}

/// Parts per million of a share.
fn ppm(share: f64) -> i64 {
    (share * 1e6).round() as i64
}
