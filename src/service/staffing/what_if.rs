//! What a change to a day would bring: agents moved, reserve opened, more calls than forecast.

use ::staffing::{
    Change, DayPlan, Expected, HalfHour, HalfHours, Impossible, LoadError, Planned, WhatIf,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::blocking;
use super::day_plan::reserve;
use super::forecast::Without;
use super::outlook::{Requirements, presence, requirements};
use super::words::{Day, half_hours};
use crate::service::{Context, FieldFault, ServiceError};

const CHANGES_LEN_MAX: usize = 20;
/// Agents of one change.
const AGENTS_MAX: u32 = 1_000;
/// Expected calls, in per cent of the forecast.
const CALLS_PERCENT: std::ops::RangeInclusive<u32> = 10..=500;
const WRAP_UP_S_MAX: u32 = 3_600;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfWish {
    pub day: Day,
    /// From this half-hour on, as `10:30`; null: from now on, or the whole of a day ahead.
    pub from: Option<String>,
    /// Calls in per cent of the forecast, 10 to 500; null: as forecast.
    pub calls_percent: Option<u32>,
    /// Made in their order.
    #[serde(default)]
    pub changes: Vec<ChangeWish>,
}

/// A lever.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum ChangeWish {
    /// Agents work in other half-hours than planned.
    MoveAgents { agents: u32, from: String, to: String },
    /// People of the reserve take calls.
    OpenReserve { agents: u32, during: String },
    /// Wrap-up is cut to at most so many seconds.
    ShortenWrapUp { to_s: u32, during: String },
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WhatIfView {
    pub day: Day,
    /// The first half-hour that is weighed.
    pub from: String,
    pub before: Expectation,
    pub after: Expectation,
    /// Those that change, in order.
    pub half_hours: Vec<WhatIfHalfHour>,
}

/// A half-hour before and after.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WhatIfHalfHour {
    pub at: String,
    pub before: Expectation,
    pub after: Expectation,
}

/// Expected rates. Each half-hour is a pool in balance (Erlang A): an overload of many half-hours ends worse.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Expectation {
    pub calls: f64,
    /// K1; null without calls.
    pub connection_ppm: Option<u64>,
    /// K2b; null without calls.
    pub in_time_ppm: Option<u64>,
    /// Calls that nobody answers.
    pub lost: f64,
    /// Share of the agents' time that is spent on calls; null without agents.
    pub occupancy_ppm: Option<u64>,
    /// Agent-hours on the line.
    pub staffed_h: f64,
}

/// Answers a question; under 100 ms.
///
/// # Errors
/// [`ServiceError::Fields`] for what cannot be weighed, [`ServiceError::Refused`] (`no_forecast`).
pub async fn what_if(ctx: &Context, wish: WhatIfWish) -> Result<WhatIfView, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let reserve = reserve(ctx, &mut tx).await?;
    let (from, changes) = checked(ctx, &wish, reserve)?;
    let needs = requirements(ctx, &mut tx, wish.day).await?;
    let present = presence(ctx, &mut tx, wish.day).await?.map(|presence| presence.present);
    drop(tx);
    let takes_calls = needs.outlook(wish.day.0, present).on_line();
    let calls = needs.calls().ok_or_else(|| no_forecast(&needs))?;
    let more = f64::from(wish.calls_percent.unwrap_or(100)) / 100.0;
    let planned = |at: HalfHour, more: f64| Planned {
        calls: calls.get(at) * more,
        handling: *needs.handling.get(at),
        agents: *takes_calls.get(at),
    };
    let plan = |more: f64| DayPlan {
        half_hours: ::staffing::DayCurve::from_fn(|at| planned(at, more)),
        patience_s: needs.standard.patience_s,
        limit_s: needs.standard.target.limit_s,
    };
    let (as_forecast, changed) = (plan(1.0), plan(more));
    let answer = blocking(move || weigh(&as_forecast, changed, &changes, from)).await?;
    let answer = answer.map_err(|why| ServiceError::Fields(vec![fault_of(&why)]))?;
    Ok(view(wish.day, from, &answer))
}

/// The day as forecast beside the day with its changes.
fn weigh(
    as_forecast: &DayPlan,
    mut changed: DayPlan,
    changes: &[Change],
    from: HalfHour,
) -> Result<WhatIf, Impossible> {
    for change in changes {
        changed.apply(*change)?;
    }
    Ok(WhatIf { before: as_forecast.outlook(from)?, after: changed.outlook(from)? })
}

fn no_forecast(needs: &Requirements) -> ServiceError {
    let detail = needs.forecast.as_ref().err().map(Without::detail).unwrap_or_default();
    ServiceError::Refused { code: "no_forecast", detail }
}

fn checked(
    ctx: &Context,
    wish: &WhatIfWish,
    reserve: usize,
) -> Result<(HalfHour, Vec<Change>), ServiceError> {
    let mut faults = Vec::new();
    if wish.calls_percent.is_some_and(|percent| !CALLS_PERCENT.contains(&percent)) {
        faults.push(FieldFault::new(
            "calls_percent",
            "请填 10 至 500 的整数，120 表示来电比预测多两成",
        ));
    }
    if wish.changes.len() > CHANGES_LEN_MAX {
        let detail = format!("一次最多比较 {CHANGES_LEN_MAX} 项调整");
        return Err(ServiceError::Fields(vec![FieldFault::new("changes", detail)]));
    }
    let from = first_of(ctx, wish).unwrap_or_else(|fault| {
        faults.push(fault);
        HalfHour::FIRST
    });
    let mut changes = Vec::new();
    for (at, change) in wish.changes.iter().enumerate() {
        match change_of(&format!("changes[{at}]"), change, reserve) {
            Ok(change) => changes.push(change),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok((from, changes)) } else { Err(ServiceError::Fields(faults)) }
}

/// The first half-hour that is asked for.
fn first_of(ctx: &Context, wish: &WhatIfWish) -> Result<HalfHour, FieldFault> {
    let Some(text) = &wish.from else {
        let now = ctx.clock.now().to_local();
        let running = HalfHour::at(now.hour(), now.minute()).filter(|_| wish.day.0 == now.date());
        return Ok(running.unwrap_or(HalfHour::FIRST));
    };
    let found = HalfHour::all().find(|half_hour| half_hour.to_string() == *text);
    let detail = || format!("“{text}”不是整点或半点，请写作 10:30");
    found.ok_or_else(|| FieldFault::new("from", detail()))
}

fn change_of(at: &str, wish: &ChangeWish, reserve: usize) -> Result<Change, FieldFault> {
    let run = |field: &str, text: &str| -> Result<HalfHours, FieldFault> {
        half_hours(&format!("{at}.{field}"), text)
    };
    let some = |agents: u32| {
        let right = (1..=AGENTS_MAX).contains(&agents);
        let detail = format!("人数请填 1 至 {AGENTS_MAX} 的整数");
        if right { Ok(agents) } else { Err(FieldFault::new(format!("{at}.agents"), detail)) }
    };
    Ok(match wish {
        ChangeWish::MoveAgents { agents, from, to } => Change::MoveAgents {
            agents: some(*agents)?,
            from: run("from", from)?,
            to: run("to", to)?,
        },
        ChangeWish::OpenReserve { agents, during } => {
            let agents = some(*agents)?;
            if usize::try_from(agents).unwrap_or(usize::MAX) > reserve {
                let detail =
                    format!("后备人员共 {reserve} 人，不足 {agents} 人；外线转接不计为人员");
                return Err(FieldFault::new(format!("{at}.agents"), detail));
            }
            Change::OpenReserve { agents, during: run("during", during)? }
        }
        ChangeWish::ShortenWrapUp { to_s, during } => {
            if *to_s > WRAP_UP_S_MAX {
                let detail = format!("话后处理时长请填 0 至 {WRAP_UP_S_MAX} 秒");
                return Err(FieldFault::new(format!("{at}.to_s"), detail));
            }
            Change::ShortenWrapUp { to_s: f64::from(*to_s), during: run("during", during)? }
        }
    })
}

fn fault_of(why: &Impossible) -> FieldFault {
    let detail = match why {
        Impossible::TooFewAgents { at, there, moved } => {
            format!("{at} 起的半小时只有 {there} 人可接听，不足 {moved} 人，请减少调动人数")
        }
        Impossible::Load(LoadError::CallsPerHour(_) | LoadError::Span { .. }) => {
            "来电量或处理时长超出可计算范围，请核对".to_owned()
        }
    };
    FieldFault::new("changes", detail)
}

fn view(day: Day, from: HalfHour, answer: &WhatIf) -> WhatIfView {
    let pairs = answer.before.half_hours.iter().zip(&answer.after.half_hours);
    let changed = pairs.filter(|((_, before), (_, after))| before != after);
    let half_hours = changed.map(|((at, before), (_, after))| WhatIfHalfHour {
        at: at.to_string(),
        before: Expectation::of(*before),
        after: Expectation::of(*after),
    });
    WhatIfView {
        day,
        from: from.to_string(),
        before: Expectation::of(answer.before.together),
        after: Expectation::of(answer.after.together),
        half_hours: half_hours.collect(),
    }
}

impl Expectation {
    fn of(expected: Expected) -> Self {
        let tenth = |value: f64| (value * 10.0).round() / 10.0;
        Self {
            calls: tenth(expected.calls),
            connection_ppm: expected.connection_rate().map(ppm),
            in_time_ppm: expected.in_time_share().map(ppm),
            lost: tenth(expected.calls - expected.answered),
            occupancy_ppm: expected.occupancy().map(ppm),
            staffed_h: tenth(expected.staffed_h),
        }
    }
}

/// Parts per million, rounded down: 99.99999 % is not 100 %.
fn ppm(share: f64) -> u64 {
    (share.clamp(0.0, 1.0) * 1e6) as u64
}
