//! Forecast, roster, adherence and what-if over both databases, with the sample county's calendar.
//!
//! All begins on Friday 13 February 2026, 09:00. The day after is a swapped workday, 15 to 23 February are holidays.

use std::time::Duration;

use time::Weekday;
use types::{AgentId, CallId, Timestamp, UserId};

use super::*;
use crate::cli::SAMPLE;
use crate::service::county;
use crate::service::user::{NewUser, add};
use crate::store::agent_log::AgentChange;
use crate::store::call::{Call, CallDirection, CallOutcome, CallState};
use crate::store::call_day::{CallDay, HandlingSums};
use crate::store::{Db, Json, agent_log, call, call_day};
use crate::testing::{TestApp, centre, start};

mod forecasts;
mod rosters;
mod what_ifs;

pub const TODAY: &str = "2026-02-13";

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A context with the sample county and nobody in it.
pub async fn county_of(db: Db) -> Context {
    let ctx = TestApp::context(db);
    county::load(&ctx, "test", &SAMPLE).await.unwrap();
    ctx
}

/// Adds somebody who takes calls.
pub async fn agent(ctx: &Context, username: &str, reserve: bool) -> AgentId {
    let new = NewUser {
        username: username.to_owned(),
        display_name: format!("{username} 同志"),
        staff_no: String::new(),
        unit: None,
        roles: vec![types::Role::Agent],
        reserve,
        password: "correct horse".to_owned(),
    };
    add(ctx, "test", new).await.unwrap().into()
}

/// Whoever changes something.
pub fn leader() -> Person {
    Person {
        session: types::SessionId::from_u128(1),
        user_id: UserId::from_u128(1),
        username: "leader01".to_owned(),
        display_name: "吴霞".to_owned(),
        roles: vec![types::Role::TeamLeader],
        unit: None,
        machine: false,
    }
}

/// Seven weeks before today: `busy` calls in each half-hour of a workday's 8:00 to 18:00, 4 of other days', 1 at night.
pub async fn history(ctx: &Context, busy: u32) {
    let mut tx = ctx.db.begin().await.unwrap();
    for back in 1..=49 {
        let of = day(TODAY).plus(-back);
        let weekend = matches!(of.0.weekday(), Weekday::Saturday | Weekday::Sunday);
        let swapped = of == day("2026-01-04");
        let holiday = of >= day("2026-01-01") && of <= day("2026-01-03");
        let by_day = if (weekend && !swapped) || holiday { 4 } else { busy };
        let calls = (0..48).map(|at| if (16..36).contains(&at) { by_day } else { 1 }).collect();
        let handling = vec![HandlingSums::default(); 48];
        let counted = CallDay { day: of.0, calls: Json(calls), handling: Json(handling) };
        call_day::put(&mut tx, &centre(), &counted, start()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A citizen's call that was answered after 5 s and talked 150 s.
pub fn answered(number: u128, rang_at: Timestamp) -> Call {
    Call {
        id: CallId::from_u128(number),
        direction: CallDirection::Inbound,
        gateway: None,
        trunk: None,
        sip_call_id: None,
        party: None,
        dialled: "12345".to_owned(),
        purpose: None,
        priority: 0,
        arrived_at: rang_at,
        rang_at,
        answered_at: Some(rang_at + Duration::from_secs(5)),
        ended_at: Some(rang_at + Duration::from_secs(155)),
        wait_us: Some(5_000_000),
        talked_us: Some(150_000_000),
        agent: None,
        state: CallState::Ended,
        open_offers: 0,
        outcome: Some(CallOutcome::Answered),
        end_cause: None,
        guard: "none".to_owned(),
        breach: None,
    }
}

/// Stores calls.
pub async fn took_place(ctx: &Context, calls: &[Call]) {
    let mut tx = ctx.db.begin().await.unwrap();
    for one in calls {
        call::save(&mut tx, &centre(), one).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Stores changes of an agent's state: (minute of today, from, to, reason).
pub async fn was(ctx: &Context, agent: AgentId, changes: &[(u64, &str, &str, Option<&str>)]) {
    let journal = agent.as_uuid();
    let changes: Vec<AgentChange> = (1..)
        .zip(changes)
        .map(|(entry, (minute, from, to, reason))| AgentChange {
            journal,
            entry,
            item: 0,
            agent,
            at: day(TODAY).start() + Duration::from_secs(minute * 60),
            from_state: (*from).to_owned(),
            to_state: (*to).to_owned(),
            reason: reason.map(str::to_owned),
            cause: "chosen".to_owned(),
        })
        .collect();
    let mut tx = ctx.db.begin().await.unwrap();
    agent_log::add(&mut tx, &centre(), &changes).await.unwrap();
    tx.commit().await.unwrap();
}

/// Gives shifts to people who had none.
pub async fn rostered(ctx: &Context, of: &str, shift: &str, agents: &[AgentId]) {
    let wish = |agent: &AgentId| RosterWish {
        agent: *agent,
        day: day(of),
        was: None,
        shift: Some(shift.to_owned()),
    };
    let wishes: Vec<RosterWish> = agents.iter().map(wish).collect();
    set_roster(ctx, &leader(), "", &wishes).await.unwrap();
}

/// The half-hour of a plan.
pub fn half_hour<'a>(plan: &'a DayPlanView, at: &str) -> &'a PlannedHalfHour {
    plan.half_hours.iter().find(|half_hour| half_hour.at == at).unwrap()
}
