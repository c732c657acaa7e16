//! Orders and telephone numbers: what a caller asked before, and whom a clerk may dial.

use serde::Serialize;
use types::{Phone, Role, UnitCode, WorkOrderId};
use utoipa::ToSchema;

use super::{Context, ServiceError, WorkOrderSummary, view};
use crate::service::county;
use crate::service::session::Person;
use crate::store;

/// Orders shown when a call rings (T1).
const ORDERS_SHOWN: i64 = 5;

/// Where the caller's last matter was.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LastPlace {
    pub town: Option<UnitCode>,
    pub address: String,
}

/// What is known of a caller.
#[derive(Debug, Clone)]
pub struct CallerOrders {
    pub last_place: Option<LastPlace>,
    /// Newest first.
    pub work_orders: Vec<WorkOrderSummary>,
}

/// The last orders of a number, and the place of the newest.
///
/// # Errors
/// [`ServiceError`].
pub async fn of_caller(
    ctx: &Context,
    person: &Person,
    caller: &Phone,
) -> Result<CallerOrders, ServiceError> {
    let rules = county::rules(ctx).await?;
    let mut tx = ctx.db.read().await?;
    let lines = store::work_order::by_phone(&mut tx, &ctx.centre, caller, ORDERS_SHOWN).await?;
    let mut last_place = None;
    for line in &lines {
        let order = store::work_order::load(&mut tx, &ctx.centre, line.id).await?;
        if let Some(place) = order.map(|it| it.intake.demand.place).filter(|it| it.known()) {
            last_place = Some(LastPlace { town: place.town, address: place.address });
            break;
        }
    }
    drop(tx);
    let work_orders = lines.into_iter().map(|line| view::summary(line, &rules, person)).collect();
    Ok(CallerOrders { last_place, work_orders })
}

/// The petitioner's number, for a clerk who is about to tell or to ask: it is never typed by hand.
///
/// # Errors
/// [`ServiceError::Forbidden`] for others, [`ServiceError::Refused`] when the order is over or has no number.
pub async fn dialled_number(
    ctx: &Context,
    person: &Person,
    id: WorkOrderId,
) -> Result<Phone, ServiceError> {
    if !person.has_any(&[Role::FollowUpClerk, Role::Agent, Role::LeaderOnAir, Role::TeamLeader]) {
        return Err(ServiceError::Forbidden(
            "只有话务员和回访员可以通过系统致电诉求人。".to_owned(),
        ));
    }
    let mut tx = ctx.db.read().await?;
    let order = store::work_order::load(&mut tx, &ctx.centre, id)
        .await?
        .ok_or(ServiceError::NotFound("工单"))?;
    if super::is_over(order.state_code()) && !order.duty().is_some_and(|duty| duty.is_open()) {
        return Err(ServiceError::Refused {
            code: "wrong_state",
            detail: "工单已办结，无需再致电。".to_owned(),
        });
    }
    order.intake.petitioner.phones.first().cloned().ok_or_else(|| ServiceError::Refused {
        code: "no_number",
        detail: "工单没有诉求人的电话号码，请改用其他方式告知。".to_owned(),
    })
}
