//! One order, as the person may see it.

use types::WorkOrderId;
use work_order::Occasion;

use super::{Context, ServiceError, WorkOrderView, actor, may_see, view};
use crate::service::county;
use crate::service::session::Person;
use crate::store;

/// The order with its history, its clocks and what the person may do now.
///
/// # Errors
/// [`ServiceError::NotFound`] when it is not there or not the person's to see.
pub async fn show(
    ctx: &Context,
    person: &Person,
    id: WorkOrderId,
) -> Result<WorkOrderView, ServiceError> {
    let rules = county::rules(ctx).await?;
    let mut tx = ctx.db.read().await?;
    let order = store::work_order::load(&mut tx, &ctx.centre, id)
        .await?
        .filter(|order| may_see(person, order))
        .ok_or(ServiceError::NotFound("工单"))?;
    let history = store::work_order::events(&mut tx, &ctx.centre, id).await?;
    drop(tx);
    let actor = actor(person);
    let now = ctx.clock.business_now();
    let occasion = Occasion { now, actor: &actor, rules: &rules, expected_version: None };
    Ok(view::of(&order, &history, &occasion, person))
}
