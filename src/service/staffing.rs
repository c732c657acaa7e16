//! 排班与预测: what a day will bring, how many people it needs, who will be there (`domain.md` 11.1).
//!
//! Owns: forecasts as they were made and their errors, shifts and roster, what a change would bring. Must not do:
//! compute; the crate `staffing` does. People alone count: a line to a neighbouring centre is nobody on a roster.

mod adherence;
mod day_plan;
mod events;
mod forecast;
mod history;
mod outlook;
mod roster;
mod roster_faults;
mod shifts;
mod standard;
mod turns;
mod what_if;
mod words;

use types::AuditId;

use super::session::Person;
use super::{Context, ServiceError};
use crate::store::audit::AuditLine;
use crate::store::{self, Tx};

pub use adherence::{AdherenceView, AgentAdherence, DeviationView, adherence};
pub use day_plan::{DayForecastView, DayPlanView, PlannedHalfHour, RosterGap, day_plan};
pub use events::{EventDayView, NewEventDay, events, note_event, withdraw_event};
pub use forecast::{ForecastErrors, JudgedForecast, errors, plan_ahead};
pub use outlook::{DayOutlook, day_outlook, people_present};
pub use roster::{RosterDay, RosterPerson, RosterView, RosterWish, set_roster, week};
pub use roster_faults::RosterFaultView;
pub use shifts::{ShiftView, ShiftWish, put_shift, shifts};
pub use standard::{InForce, in_force, set as set_standard};
pub use turns::{HolidayTurn, holiday_turns, stagger};
pub use what_if::{ChangeWish, Expectation, WhatIfHalfHour, WhatIfView, WhatIfWish, what_if};
pub use words::{Day, Days, EventWord};

/// Runs what may take milliseconds of arithmetic away from the threads that serve everybody.
pub(in crate::service) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ServiceError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| ServiceError::Internal(format!("a computation ended early: {error}")))
}

/// Writes down who changed what.
async fn note(
    ctx: &Context,
    tx: &mut Tx,
    person: &Person,
    source: &str,
    (action, subject, value): (&str, &str, &str),
) -> Result<(), ServiceError> {
    let now = ctx.clock.now();
    let line = AuditLine {
        id: AuditId::new(now, ctx.random.number()),
        at: now,
        user_id: Some(person.user_id),
        actor: person.username.clone(),
        source: source.to_owned(),
        action: action.to_owned(),
        subject_kind: "staffing".to_owned(),
        subject: subject.to_owned(),
        value_from: None,
        value_to: Some(value.to_owned()),
        note: String::new(),
    };
    Ok(store::audit::append(tx, &ctx.centre, &line).await?)
}

#[cfg(test)]
mod tests;
