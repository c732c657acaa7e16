//! Every change of an order after its opening.

use types::WorkOrderId;
use work_order::{Command, Event, Occasion, WorkOrder};

use super::{
    Context, ServiceError, WorkOrderView, actor, after_change, folded, may_see, next_clock, view,
};
use crate::service::county;
use crate::service::session::Person;
use crate::store::{self, Tx};

/// Carries out one command; `expected_version` is what the person has seen.
///
/// # Errors
/// [`ServiceError::Refused`] with the core's reason, [`ServiceError::VersionConflict`],
/// [`ServiceError::NotFound`] for an order that is not the person's to see.
pub async fn command(
    ctx: &Context,
    person: &Person,
    id: WorkOrderId,
    expected_version: Option<u64>,
    command: Command,
) -> Result<WorkOrderView, ServiceError> {
    let rules = county::rules(ctx).await?;
    let actor = actor(person);
    let now = ctx.clock.business_now();
    let occasion = Occasion { now, actor: &actor, rules: &rules, expected_version };
    let mut tx = ctx.db.begin().await?;
    let order = store::work_order::load(&mut tx, &ctx.centre, id)
        .await?
        .ok_or(ServiceError::NotFound("工单"))?;
    if !may_see(person, &order) {
        return Err(out_of_sight(person));
    }
    let events = work_order::decide(&order, &occasion, command)?;
    let changed = save(ctx, &mut tx, &order, &events).await?;
    let history = store::work_order::events(&mut tx, &ctx.centre, id).await?;
    tx.commit().await?;
    // What she may do next is asked of the order as it is now, not of the version she had seen.
    let occasion = Occasion { expected_version: None, ..occasion };
    Ok(view::of(&changed, &history, &occasion, person))
}

/// Stores what `events` make of `order`; the order as it is then.
pub(super) async fn save(
    ctx: &Context,
    tx: &mut Tx,
    order: &WorkOrder,
    events: &[Event],
) -> Result<WorkOrder, ServiceError> {
    let changed = folded(order, events)?;
    if events.is_empty() {
        return Ok(changed);
    }
    let next = next_clock(&changed);
    store::work_order::update(tx, &ctx.centre, &changed, next, order.version, events).await?;
    after_change(ctx, tx, &changed, events).await?;
    Ok(changed)
}

/// A unit that asks for another's order is told so; what it is about, it does not learn.
fn out_of_sight(person: &Person) -> ServiceError {
    match person.unit {
        Some(_) => ServiceError::Forbidden(work_order::RefusalCode::NotYourUnit.label().to_owned()),
        None => ServiceError::NotFound("工单"),
    }
}
