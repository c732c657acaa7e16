//! Events that bring more calls: noted by a supervisor with where they are known from.

use ::staffing::HalfHours;
use serde::{Deserialize, Serialize};
use types::Timestamp;
use utoipa::ToSchema;

use super::words::{Day, Days, EventWord, half_hours};
use super::{forecast, history, note};
use crate::service::session::Person;
use crate::service::{Context, FieldFault, ServiceError};
use crate::store::event_day::{self, EventDay};

/// An event may be noted so many days ahead, and as long after as it still teaches.
const AHEAD_DAYS_MAX: i64 = 366;
const BEHIND_DAYS_MAX: i64 = 730;
const SOURCE_LEN_MAX: usize = 200;

/// An event to note.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEventDay {
    /// `14:00-18:00`; null: the whole day.
    pub during: Option<String>,
    /// By how much it multiplies the calls, in per cent (10 to 500); null: as learned from such days, or the usual one.
    pub factor_percent: Option<i32>,
    /// Where it is known from.
    pub source: String,
}

/// An event of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventDayView {
    pub day: Day,
    pub kind: EventWord,
    pub during: String,
    pub factor_percent: Option<i32>,
    pub source: String,
    pub noted_at: Timestamp,
    pub noted_by: String,
}

/// The events of these days.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn events(ctx: &Context, days: Days) -> Result<Vec<EventDayView>, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let noted = event_day::between(&mut tx, &ctx.centre, days.first.0, days.last.0).await?;
    let view = |noted: &EventDay| {
        Some(EventDayView {
            day: Day(noted.day),
            kind: EventWord::named(&noted.kind)?,
            during: history::event_of(noted)?.during.to_string(),
            factor_percent: noted.factor_percent,
            source: noted.source.clone(),
            noted_at: noted.noted_at,
            noted_by: noted.noted_by.clone(),
        })
    };
    Ok(noted.iter().filter_map(view).collect())
}

/// Notes an event in place of the one of its kind that was noted for the day, and makes the day's forecast anew where
/// the day is not over.
///
/// # Errors
/// [`ServiceError::Fields`].
pub async fn note_event(
    ctx: &Context,
    person: &Person,
    source: &str,
    (day, kind): (Day, EventWord),
    new: NewEventDay,
) -> Result<(), ServiceError> {
    let event = checked(ctx, person, (day, kind), &new)?;
    let mut tx = ctx.db.begin().await?;
    event_day::put(&mut tx, &ctx.centre, &event).await?;
    let value = format!("{:?}% {}", event.factor_percent, event.source);
    let subject = format!("{day} {}", event.kind);
    note(ctx, &mut tx, person, source, ("event_noted", &subject, &value)).await?;
    tx.commit().await?;
    remake(ctx, day).await
}

/// Takes a noted event back.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub async fn withdraw_event(
    ctx: &Context,
    person: &Person,
    source: &str,
    (day, kind): (Day, EventWord),
) -> Result<(), ServiceError> {
    let mut tx = ctx.db.begin().await?;
    if !event_day::remove(&mut tx, &ctx.centre, day.0, kind.as_str()).await? {
        return Err(ServiceError::NotFound("事件"));
    }
    let subject = format!("{day} {}", kind.as_str());
    note(ctx, &mut tx, person, source, ("event_withdrawn", &subject, "")).await?;
    tx.commit().await?;
    remake(ctx, day).await
}

async fn remake(ctx: &Context, day: Day) -> Result<(), ServiceError> {
    let today = Day::of(ctx.clock.now());
    if day >= today {
        forecast::keep(ctx, Days { first: day, last: day }).await?;
    }
    Ok(())
}

fn checked(
    ctx: &Context,
    person: &Person,
    (day, kind): (Day, EventWord),
    new: &NewEventDay,
) -> Result<EventDay, ServiceError> {
    let mut faults = Vec::new();
    let now = ctx.clock.now();
    let today = Day::of(now);
    if day > today.plus(AHEAD_DAYS_MAX) || day < today.plus(-BEHIND_DAYS_MAX) {
        let detail = "只能登记过去两年内和今后一年内的事件，请核对日期";
        faults.push(FieldFault::new("day", detail));
    }
    if new.factor_percent.is_some_and(|percent| !(10..=500).contains(&percent)) {
        faults.push(FieldFault::new(
            "factor_percent",
            "请填 10 至 500 的整数，190 表示来电为平日的 1.9 倍",
        ));
    }
    let told = new.source.trim();
    if told.is_empty() || told.chars().count() > SOURCE_LEN_MAX {
        let detail = format!("请写明依据，如预警编号或通知文号，不超过 {SOURCE_LEN_MAX} 字");
        faults.push(FieldFault::new("source", detail));
    }
    let during = match new.during.as_deref().map(|text| half_hours("during", text)) {
        None => HalfHours::DAY,
        Some(Ok(during)) => during,
        Some(Err(fault)) => {
            faults.push(fault);
            HalfHours::DAY
        }
    };
    if !faults.is_empty() {
        return Err(ServiceError::Fields(faults));
    }
    let index = |index: usize| i32::try_from(index).unwrap_or(0);
    Ok(EventDay {
        day: day.0,
        kind: kind.as_str().to_owned(),
        first_half_hour: index(during.first().index()),
        last_half_hour: index(during.last().index()),
        factor_percent: new.factor_percent,
        source: told.to_owned(),
        noted_at: now,
        noted_by: person.username.clone(),
    })
}
