//! Lunch cover and holiday duty: meals one after another, holidays in turn.

use ::staffing::{Duty, HolidayNeed, holiday_turns as turns, holidays_worked, stagger_meals};
use serde::Serialize;
use types::AgentId;
use utoipa::ToSchema;

use super::forecast::Statutory;
use super::outlook::requirements;
use super::words::{Day, Days};
use super::{blocking, note, roster, standard};
use crate::service::session::Person;
use crate::service::{Context, FieldFault, ServiceError, county};
use crate::store::Json;
use crate::store::roster::{self as table, RosterEntry};

/// Holidays worked in so many days before count for the turns.
const TURNS_LOOK_BACK_DAYS: i64 = 366;
const AGENTS_MAX: u32 = 1_000;

/// Who works on a public holiday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HolidayTurn {
    pub day: Day,
    pub agents: Vec<AgentId>,
}

/// Lays the meals of a day one after another, each where the most people are left over what is required, and keeps
/// them. Says how many found no room in their shift.
///
/// # Errors
/// [`ServiceError::VersionConflict`] where somebody changed the roster meanwhile; [`ServiceError::Fields`] for a day that
/// is over: what was planned for it is what adherence is measured by.
pub async fn stagger(
    ctx: &Context,
    person: &Person,
    source: &str,
    day: Day,
) -> Result<usize, ServiceError> {
    if day < Day::of(ctx.clock.now()) {
        let detail = "已过去的日期不能再安排轮流用餐，请选择今天或以后的日期";
        return Err(ServiceError::Fields(vec![FieldFault::new("day", detail)]));
    }
    let mut tx = ctx.db.read().await?;
    let planned = roster::duties(ctx, &mut tx, Days { first: day, last: day }).await?;
    let needs = requirements(ctx, &mut tx, day).await?;
    let plans = standard::in_force_in(ctx, &mut tx).await?.meal_plans();
    drop(tx);
    let (entries, mut duties): (Vec<RosterEntry>, Vec<Duty>) = planned.into_iter().unzip();
    let (duties, without) = blocking(move || {
        // Without a forecast meals are spread evenly: the most people are left everywhere.
        let required = needs.to_roster().unwrap_or_else(|_| ::staffing::DayCurve::from_fn(|_| 0));
        let without =
            plans.iter().map(|plan| stagger_meals(&mut duties, day.0, *plan, &required)).sum();
        (duties, without)
    })
    .await?;
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    for (entry, duty) in entries.into_iter().zip(duties).filter(|(entry, _)| entry.day == day.0) {
        let meals = duty.meals.iter().map(|meal| (meal.from, meal.until)).collect();
        let entry = RosterEntry { meals: Some(Json(meals)), ..entry };
        table::set_meals(&mut tx, &ctx.centre, &entry, now, &person.username).await?;
    }
    let subject = day.to_string();
    note(ctx, &mut tx, person, source, ("meals_staggered", &subject, "")).await?;
    tx.commit().await?;
    Ok(without)
}

/// Proposes who works on the public holidays of these days: who has worked on the fewest of the last year.
///
/// # Errors
/// [`ServiceError::Away`] without a calendar, [`ServiceError::Fields`].
pub async fn holiday_turns(
    ctx: &Context,
    days: Days,
    agents: u32,
) -> Result<Vec<HolidayTurn>, ServiceError> {
    if !(1..=AGENTS_MAX).contains(&agents) {
        let detail = format!("每天值班人数请填 1 至 {AGENTS_MAX} 的整数");
        return Err(ServiceError::Fields(vec![FieldFault::new("agents", detail)]));
    }
    let rules = county::rules(ctx).await?;
    let calendar = Statutory(&rules.calendar);
    let mut tx = ctx.db.read().await?;
    let people = roster::people(ctx, &mut tx).await?;
    let before = Days { first: days.first.plus(-TURNS_LOOK_BACK_DAYS), last: days.first.plus(-1) };
    let duties = roster::duties(ctx, &mut tx, before).await?;
    drop(tx);
    let duties: Vec<Duty> = duties.into_iter().map(|(_, duty)| duty).collect();
    let is_holiday = |day: &Day| {
        let kind = ::staffing::Calendar::kind(&calendar, day.0);
        kind == Some(::staffing::DayKind::PublicHoliday)
    };
    let needs: Vec<HolidayNeed> =
        days.iter().filter(is_holiday).map(|day| HolidayNeed { date: day.0, agents }).collect();
    let takers: Vec<AgentId> =
        people.iter().filter(|person| !person.reserve).map(|person| person.id.into()).collect();
    let plan = turns(&needs, &takers, &holidays_worked(&duties, &calendar));
    Ok(plan.into_iter().map(|(date, agents)| HolidayTurn { day: Day(date), agents }).collect())
}
