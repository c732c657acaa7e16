//! A day beside its plan: forecast, what came, requirement, roster, gaps, by half-hour.

use ::staffing::{DayCurve, Forecast, HalfHour, Presence, Requirement, gaps};
use serde::Serialize;
use types::Timestamp;
use utoipa::ToSchema;

use super::outlook::{Requirements, presence, requirements};
use super::words::{Day, EventWord};
use super::{blocking, history, roster};
use crate::service::{Context, ServiceError};
use crate::store::{Tx, call_day, user};

/// One day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DayPlanView {
    pub day: Day,
    /// `workday rest_day public_holiday makeup_workday`; null for a year that the calendar does not know.
    pub kind: Option<&'static str>,
    pub half_hours: Vec<PlannedHalfHour>,
    pub forecast: Option<DayForecastView>,
    /// Why there is no forecast or no requirement, in Chinese.
    pub without: Option<String>,
    pub gaps: Vec<RosterGap>,
    /// Calls that came so far; null for a day ahead.
    pub came: Option<u64>,
    pub patience_s: f64,
    /// People of the reserve; lines to a neighbouring centre are not among them.
    pub reserve_people: usize,
}

/// One half-hour.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PlannedHalfHour {
    /// `08:30`
    pub at: String,
    pub expected: Option<f64>,
    /// Expected after what the day has brought so far; today's half-hours to come only.
    pub updated: Option<f64>,
    /// Null until it has begun.
    pub came: Option<u32>,
    /// Ready or with a call.
    pub on_line: Option<u32>,
    /// With those on a short break.
    pub on_duty: Option<u32>,
    /// With those in training and ill: the number of people to roster.
    pub to_roster: Option<u32>,
    /// People on the roster who are there and not at a meal.
    pub present: u32,
    pub at_meal: u32,
    /// Of those present, how many take calls after shrinkage.
    pub takes_calls: u32,
    /// People who lack.
    pub short: Option<u32>,
    /// Mean talk and wrap-up, in seconds.
    pub handling_s: f64,
}

/// The forecast the plan rests on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DayForecastView {
    pub made_at: Timestamp,
    /// Calls of the whole day.
    pub expected: f64,
    /// The past days it rests on.
    pub from: Vec<String>,
    /// By how much they were raised to the present level, in per cent.
    pub trend_percent: f64,
    pub events: Vec<ForecastEvent>,
}

/// An event in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ForecastEvent {
    pub kind: EventWord,
    pub during: String,
    pub factor_percent: u32,
    /// `given learned usual`
    pub factor_from: String,
    pub source: String,
}

/// A run of half-hours with too few people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RosterGap {
    pub during: String,
    pub short_max: u32,
    /// Person-half-hours.
    pub short_sum: u32,
}

/// A day beside its plan.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn day_plan(ctx: &Context, day: Day) -> Result<DayPlanView, ServiceError> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.read().await?;
    let needs = requirements(ctx, &mut tx, day).await?;
    let present = presence(ctx, &mut tx, day).await?;
    let came = came(ctx, &mut tx, day, now).await?;
    let kind = roster::kind_of(ctx, &mut tx, day).await?;
    let reserve_people = reserve(ctx, &mut tx).await?;
    drop(tx);
    let (required, needs) = blocking(move || (needs.of_day(), needs)).await?;
    let sheet = Sheet { day, now, needs, present, came, required };
    Ok(DayPlanView {
        day,
        kind,
        half_hours: sheet.half_hours(),
        forecast: sheet.forecast(),
        without: sheet.required.as_ref().err().cloned(),
        gaps: sheet.gaps(),
        came: came.map(|came| came.iter().map(|(_, calls)| u64::from(*calls)).sum()),
        patience_s: sheet.needs.standard.patience_s,
        reserve_people,
    })
}

/// People of the reserve.
pub(super) async fn reserve(ctx: &Context, tx: &mut Tx) -> Result<usize, ServiceError> {
    let people = roster::people(ctx, tx).await?;
    Ok(people.iter().filter(|person: &&user::User| person.reserve).count())
}

/// The calls of a day that has begun.
async fn came(
    ctx: &Context,
    tx: &mut Tx,
    day: Day,
    now: Timestamp,
) -> Result<Option<DayCurve<u32>>, ServiceError> {
    if now < day.start() {
        return Ok(None);
    }
    let kept = if day.end() <= now { call_day::find(tx, &ctx.centre, day.0).await? } else { None };
    let counted = match kept {
        Some(kept) => kept,
        None => history::count(ctx, tx, day).await?,
    };
    Ok(Some(history::curve(&counted.calls.0)))
}

/// Everything of a day, before it is written out.
struct Sheet {
    day: Day,
    now: Timestamp,
    needs: Requirements,
    present: DayCurve<Presence>,
    came: Option<DayCurve<u32>>,
    required: Result<DayCurve<Requirement>, String>,
}

impl Sheet {
    fn half_hours(&self) -> Vec<PlannedHalfHour> {
        let present = self.present.map(|presence| presence.present);
        let takes_calls = self.needs.outlook(self.day.0, present).on_line();
        let (expected, updated) = (self.needs.calls(), self.updated());
        let view = |at: HalfHour| {
            let required = self.required.as_ref().ok().map(|required| *required.get(at));
            let presence = self.present.get(at);
            let short = |required: Requirement| required.to_roster.saturating_sub(presence.present);
            PlannedHalfHour {
                at: at.to_string(),
                expected: expected.map(|calls| tenth(*calls.get(at))),
                updated: updated.and_then(|calls| *calls.get(at)).map(tenth),
                came: self.came.map(|calls| *calls.get(at)).filter(|_| self.has_begun(at)),
                on_line: required.map(|required| required.on_line),
                on_duty: required.map(|required| required.on_duty),
                to_roster: required.map(|required| required.to_roster),
                present: presence.present,
                at_meal: presence.at_meal,
                takes_calls: *takes_calls.get(at),
                short: required.map(short),
                handling_s: tenth(self.needs.handling.get(at).total_s()),
            }
        };
        HalfHour::all().map(view).collect()
    }

    fn has_begun(&self, at: HalfHour) -> bool {
        let begins = std::time::Duration::from_secs(u64::from(at.start_min()) * 60);
        self.day.start() + begins <= self.now
    }

    /// What the rest of today brings after what it has brought.
    fn updated(&self) -> Option<DayCurve<Option<f64>>> {
        let running = self.day == Day::of(self.now);
        let (calls, so_far) = (self.needs.calls().filter(|_| running)?, self.came?);
        let now = HalfHour::all().rfind(|at| self.has_begun(*at))?;
        let forecast = Forecast { date: self.day.0, calls, from: Vec::new(), trend: 1.0 };
        let updated = forecast.updated(now, &so_far).calls;
        Some(DayCurve::from_fn(|at| (at >= now).then(|| *updated.get(at))))
    }

    fn forecast(&self) -> Option<DayForecastView> {
        let forecast = self.needs.forecast.as_ref().ok()?;
        let basis = &forecast.basis.0;
        let event = |event: &crate::store::day_forecast::BasisEvent| {
            Some(ForecastEvent {
                kind: EventWord::named(&event.kind)?,
                during: event.during.clone(),
                factor_percent: event.factor_percent,
                factor_from: event.factor_from.clone(),
                source: event.source.clone(),
            })
        };
        Some(DayForecastView {
            made_at: forecast.made_at,
            expected: tenth(forecast.calls.iter().sum()),
            from: basis.days.clone(),
            trend_percent: tenth(basis.trend * 100.0),
            events: basis.events.iter().filter_map(event).collect(),
        })
    }

    fn gaps(&self) -> Vec<RosterGap> {
        let Ok(required) = &self.required else { return Vec::new() };
        let gaps = gaps(&self.present, &required.map(|required| required.to_roster));
        let view = |gap: &::staffing::Gap| RosterGap {
            during: gap.during.to_string(),
            short_max: gap.short_max,
            short_sum: gap.short_sum,
        };
        gaps.iter().map(view).collect()
    }
}

/// As many digits as a plan is worth.
fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
