//! 工单: use cases of a work order's life. The rules are those of `crates/work-order`.
//!
//! Owns: one transaction per use case: load, decide, fold, store with version, clock, outbox. Must not
//! do: decide anything itself.

mod board;
mod caller;
mod clock;
mod command;
mod list;
mod open;
mod show;
mod view;

use serde_json::json;
use types::{Role, Timestamp};
use work_order::{Actor, Event, Refusal, StateCode, WorkOrder, clocks};

use super::session::Person;
use super::{Context, ServiceError};
use crate::jobs::{self, JobKind};
use crate::store::work_order::NextClock;
use crate::store::{self, Tx};

pub use board::{FeedbackToday, OrdersBoard, OrdersToday, board};
pub use caller::{CallerOrders, LastPlace, dialled_number, of_caller};
pub use clock::{announce_feedback_due, strike};
pub use command::command;
pub use list::{ListBox, Page, list};
pub(super) use open::query_code;
pub use open::{Opening, TellingCall, open, telling_call};
pub use show::show;
pub use view::{
    CategoryName, ClockView, EventView, IntakeView, PetitionerView, ReplyView, SuggestionView,
    UnitName, WorkOrderSummary, WorkOrderView,
};

/// Topic of the hint that an order has changed.
const CHANGED: &str = "work_order";

/// Roles of the centre that may read every order.
const CENTRE_READERS: &[Role] = &[
    Role::Agent,
    Role::LeaderOnAir,
    Role::TeamLeader,
    Role::QualityInspector,
    Role::Dispatcher,
    Role::Reviewer,
    Role::FollowUpClerk,
    Role::Supervisor,
    Role::InspectionOffice,
    Role::CountyLeader,
];

/// The person as the core sees her.
fn actor(person: &Person) -> Actor {
    Actor::Person(work_order::Person {
        user: person.user_id,
        name: person.display_name.clone(),
        roles: person.roles.clone(),
        unit: person.unit.as_ref().map(|unit| unit.code.clone()),
    })
}

/// Whether the person may see the order: the centre sees all, a unit its own.
fn may_see(person: &Person, order: &WorkOrder) -> bool {
    match &person.unit {
        None => person.has_any(CENTRE_READERS),
        Some(unit) => {
            let assists =
                order.handling().is_some_and(|it| it.dispatch.assist_units.contains(&unit.code));
            order.lead_unit() == Some(&unit.code) || assists
        }
    }
}

/// What every change of an order stores beside it: its next limit as a job, and the hint to pages.
pub(super) async fn after_change(
    ctx: &Context,
    tx: &mut Tx,
    order: &WorkOrder,
    events: &[Event],
) -> Result<(), ServiceError> {
    let key = order.id.to_string();
    let now = ctx.clock.now();
    store::job::cancel(tx, &ctx.centre, JobKind::ORDER_CLOCK, &key, now).await?;
    if let Some(due_at) = clocks::next_check_at(order) {
        jobs::schedule(ctx, tx, &JobKind::OrderClock { order: order.id }, due_at).await?;
    }
    clock::schedule_alarms(ctx, tx, order, events).await?;
    let change = events.last().map(|event| event.change.kind());
    let payload = json!({
        "id": order.id,
        "order_no": order.order_no,
        "state": order.state_code(),
        "version": order.version,
        "unit": order.lead_unit(),
        "change": change,
    });
    store::outbox::add(tx, &ctx.centre, CHANGED, &payload.to_string(), now).await?;
    Ok(())
}

/// The limit a list shows: the soonest that runs, struck or not.
pub(super) fn next_clock(order: &WorkOrder) -> Option<NextClock> {
    clocks::running(order)
        .first()
        .map(|running| NextClock { clock: running.clock, due_at: running.limit_at })
}

/// The order after `events`.
fn folded(order: &WorkOrder, events: &[Event]) -> Result<WorkOrder, ServiceError> {
    let mut folded = order.clone();
    for event in events {
        folded.apply(event).map_err(|error| ServiceError::Internal(error.to_string()))?;
    }
    Ok(folded)
}

impl From<Refusal> for ServiceError {
    fn from(refusal: Refusal) -> Self {
        match refusal.code {
            work_order::RefusalCode::VersionConflict => Self::VersionConflict,
            work_order::RefusalCode::RoleMissing | work_order::RefusalCode::NotYourUnit => {
                Self::Forbidden(refusal.detail)
            }
            code => Self::Refused { code: code.as_str(), detail: refusal.detail },
        }
    }
}

/// Midnight that began the local day of `now`.
fn start_of_day(now: Timestamp) -> Timestamp {
    work_order::calendar::at_local(now.to_local().date(), time::Time::MIDNIGHT)
}

/// Whether nothing can happen to the order any more.
fn is_over(state: StateCode) -> bool {
    matches!(state, StateCode::Closed | StateCode::Rejected)
}
