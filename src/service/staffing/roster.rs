//! 排班表: who has which shift, a week at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ::staffing::{Calendar, DayKind, Duty, RosterRules, Shift, check, coverage, gaps};
use serde::{Deserialize, Serialize};
use types::{AgentId, Role};
use utoipa::ToSchema;

use super::forecast::Statutory;
use super::outlook::{Requirements, requirements};
use super::roster_faults::RosterFaultView;
use super::shifts::{self, ShiftView};
use super::words::{Day, Days};
use super::{blocking, note};
use crate::service::session::Person;
use crate::service::{Context, FieldFault, ServiceError, county};
use crate::store::roster::{self as table, RosterChange, RosterEntry};
use crate::store::shift_template::{self, ShiftTemplate};
use crate::store::user::User;
use crate::store::{self, Json, StoreError, Tx};

/// Entries of one request.
const WISHES_LEN_MAX: usize = 500;
/// Duties may be set so many days ahead, and so many days behind to put the record right.
const AHEAD_DAYS_MAX: i64 = 366;
const BEHIND_DAYS_MAX: i64 = 31;

/// One entry as it shall be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RosterWish {
    pub agent: AgentId,
    pub day: Day,
    /// The shift that was seen; null: none.
    pub was: Option<String>,
    /// Code of the shift to have; null: none.
    pub shift: Option<String>,
}

/// The roster of a week.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RosterView {
    pub days: Vec<RosterDay>,
    pub people: Vec<RosterPerson>,
    pub shifts: Vec<ShiftView>,
    /// What is wrong with it.
    pub faults: Vec<RosterFaultView>,
}

/// A day of a roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RosterDay {
    pub day: Day,
    /// `workday rest_day public_holiday makeup_workday`; null for a year that the calendar does not know.
    pub kind: Option<&'static str>,
    /// People who lack in the worst half-hour; null without a forecast.
    pub short_max: Option<u32>,
    /// When they lack, as `10:00-11:30`.
    pub short_during: Vec<String>,
}

/// Somebody who takes calls, and her shifts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RosterPerson {
    pub agent: AgentId,
    pub name: String,
    pub username: String,
    /// Called up in a surge only.
    pub reserve: bool,
    /// Code of the shift of each day; null: none.
    pub shifts: Vec<Option<String>>,
}

/// Everyone who takes calls: agents, team leaders, the reserve; by name. People, never lines.
pub(super) async fn people(ctx: &Context, tx: &mut Tx) -> Result<Vec<User>, ServiceError> {
    let mut people: BTreeMap<String, User> = BTreeMap::new();
    for role in [Role::Agent, Role::TeamLeader] {
        for user in store::user::by_role(tx, &ctx.centre, role).await? {
            people.insert(user.username.clone(), user);
        }
    }
    Ok(people.into_values().collect())
}

/// The duties of these days, and of the day before: its nights reach in.
pub(super) async fn duties(
    ctx: &Context,
    tx: &mut Tx,
    days: Days,
) -> Result<Vec<(RosterEntry, Duty)>, ServiceError> {
    let first = days.first.plus(-1);
    let entries = table::between(tx, &ctx.centre, first.0, days.last.0).await?;
    let mut known: BTreeMap<String, (ShiftTemplate, Arc<Shift>)> = BTreeMap::new();
    for template in shift_template::list(tx, &ctx.centre).await? {
        let shift = shifts::shift_of(&template)?;
        known.insert(template.code.clone(), (template, shift));
    }
    let duty = |entry: RosterEntry| {
        let (template, shift) = known.get(&entry.shift)?;
        let frozen = entry.spells.as_ref().map(|spells| frozen(template, spells));
        // A frozen one that is no shift cannot be: it was one when it was the template's.
        let shift = &frozen.and_then(Result::ok).unwrap_or_else(|| Arc::clone(shift));
        let mut duty = Duty::new(entry.agent, entry.day, shift);
        if let Some(meals) = &entry.meals {
            let meals = meals.iter().copied().map(shifts::span);
            // A template may have changed since: a meal outside its spells is none.
            duty.meals = meals
                .filter(|meal| shift.spells().iter().any(|spell| spell.holds(*meal)))
                .collect();
        }
        Some((entry, duty))
    };
    Ok(entries.into_iter().filter_map(duty).collect())
}

/// The shift as it was when the day of its entry began; its meals are the entry's own.
fn frozen(
    template: &ShiftTemplate,
    spells: &Json<Vec<(u32, u32)>>,
) -> Result<Arc<Shift>, StoreError> {
    let (spells, meals) = (spells.clone(), Json(Vec::new()));
    shifts::shift_of(&ShiftTemplate { spells, meals, ..template.clone() })
}

/// The roster of the week around a day, with what it lacks and what is wrong with it.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn week(ctx: &Context, day: Day) -> Result<RosterView, ServiceError> {
    let days = Days::week_of(day);
    let mut tx = ctx.db.read().await?;
    let people = people(ctx, &mut tx).await?;
    // A week before, for rests and days in a row that reach in.
    let wide = Days { first: days.first.plus(-6), last: days.last };
    let duties = duties(ctx, &mut tx, wide).await?;
    let mut needs = Vec::new();
    for day in days.iter() {
        needs.push((
            day,
            kind_of(ctx, &mut tx, day).await?,
            requirements(ctx, &mut tx, day).await?,
        ));
    }
    drop(tx);
    let names: BTreeMap<AgentId, String> =
        people.iter().map(|user| (user.id.into(), user.display_name.clone())).collect();
    let given: Given = duties
        .iter()
        .map(|(entry, _)| ((entry.agent, Day(entry.day)), entry.shift.clone()))
        .collect();
    let people = people.into_iter().map(|user| person(user, days, &given)).collect();
    let (days, faults) = blocking(move || {
        let duties: Vec<Duty> = duties.into_iter().map(|(_, duty)| duty).collect();
        let faults = check(&duties, days.first.0, days.last.0, &RosterRules::default());
        let days = needs.iter().map(|(day, kind, needs)| roster_day(*day, *kind, needs, &duties));
        (days.collect(), faults)
    })
    .await?;
    let faults = RosterFaultView::all(&faults, &names);
    let shifts = shifts::shifts(ctx).await?;
    Ok(RosterView { days, people, shifts, faults })
}

/// Changes entries, all or none.
///
/// # Errors
/// [`ServiceError::Fields`]; [`ServiceError::VersionConflict`] where an entry is not what was seen.
pub async fn set_roster(
    ctx: &Context,
    person: &Person,
    source: &str,
    wishes: &[RosterWish],
) -> Result<(), ServiceError> {
    let now = ctx.clock.now();
    let mut tx = ctx.db.begin().await?;
    check_wishes(ctx, &mut tx, wishes).await?;
    for wish in wishes {
        let change = RosterChange {
            agent: wish.agent,
            day: wish.day.0,
            was: wish.was.as_deref(),
            shift: wish.shift.as_deref(),
            at: now,
            by: &person.username,
        };
        table::set(&mut tx, &ctx.centre, change).await?;
        let subject = format!("{} {}", wish.day, wish.agent);
        let told = |shift: &Option<String>| shift.clone().unwrap_or_else(|| "-".to_owned());
        let value = format!("{} > {}", told(&wish.was), told(&wish.shift));
        note(ctx, &mut tx, person, source, ("roster_set", &subject, &value)).await?;
    }
    Ok(tx.commit().await?)
}

async fn check_wishes(
    ctx: &Context,
    tx: &mut Tx,
    wishes: &[RosterWish],
) -> Result<(), ServiceError> {
    if wishes.is_empty() || wishes.len() > WISHES_LEN_MAX {
        let detail = format!("一次请提交 1 至 {WISHES_LEN_MAX} 条排班");
        return Err(ServiceError::Fields(vec![FieldFault::new("entries", detail)]));
    }
    let today = Day::of(ctx.clock.now());
    let people: BTreeSet<AgentId> =
        people(ctx, tx).await?.iter().map(|user| user.id.into()).collect();
    let templates = shift_template::list(tx, &ctx.centre).await?;
    let in_use: BTreeSet<&str> = templates
        .iter()
        .filter(|template| template.retired_at.is_none())
        .map(|template| template.code.as_str())
        .collect();
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for (at, wish) in wishes.iter().enumerate() {
        let mut fault = |field: &str, detail: String| {
            faults.push(FieldFault::new(format!("entries[{at}].{field}"), detail));
        };
        if !people.contains(&wish.agent) {
            fault("agent", "没有这名话务员，或账号已停用".to_owned());
        }
        if wish.day > today.plus(AHEAD_DAYS_MAX) || wish.day < today.plus(-BEHIND_DAYS_MAX) {
            fault("day", format!("只能修改过去 {BEHIND_DAYS_MAX} 天至今后一年的排班"));
        }
        if let Some(shift) = wish.shift.as_deref().filter(|shift| !in_use.contains(shift)) {
            fault("shift", format!("没有代码为“{shift}”的班次，或班次已停用"));
        }
        if !seen.insert((wish.agent, wish.day)) {
            fault("day", "同一人同一天只能提交一条".to_owned());
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(ServiceError::Fields(faults)) }
}

/// Codes of shifts by who has them on which day.
type Given = BTreeMap<(AgentId, Day), String>;

fn person(user: User, days: Days, given: &Given) -> RosterPerson {
    let agent: AgentId = user.id.into();
    RosterPerson {
        agent,
        name: user.display_name,
        username: user.username,
        reserve: user.reserve,
        shifts: days.iter().map(|day| given.get(&(agent, day)).cloned()).collect(),
    }
}

fn roster_day(
    day: Day,
    kind: Option<&'static str>,
    needs: &Requirements,
    duties: &[Duty],
) -> RosterDay {
    let Ok(required) = needs.to_roster() else {
        return RosterDay { day, kind, short_max: None, short_during: Vec::new() };
    };
    let gaps = gaps(&coverage(day.0, duties), &required);
    RosterDay {
        day,
        kind,
        short_max: Some(gaps.iter().map(|gap| gap.short_max).max().unwrap_or(0)),
        short_during: gaps.iter().map(|gap| gap.during.to_string()).collect(),
    }
}

/// What the statutory calendar says of a day.
pub(super) async fn kind_of(
    ctx: &Context,
    tx: &mut Tx,
    day: Day,
) -> Result<Option<&'static str>, ServiceError> {
    let rules = match county::rules_in(ctx, tx).await {
        Ok(rules) => rules,
        Err(ServiceError::Away(_)) => return Ok(None),
        Err(other) => return Err(other),
    };
    Ok(Statutory(&rules.calendar).kind(day.0).map(|kind| match kind {
        DayKind::PublicHoliday => "public_holiday",
        DayKind::MakeupWorkday => "makeup_workday",
        DayKind::Ordinary(time::Weekday::Saturday | time::Weekday::Sunday) => "rest_day",
        DayKind::Ordinary(_) => "workday",
    }))
}
