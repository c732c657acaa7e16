//! Limits that strike: automatic signature, breach records, alarms of the feedback list.

use serde_json::json;
use types::WorkOrderId;
use work_order::feedback::feedback_alarms;
use work_order::{Actor, Command, Event, Occasion, WorkOrder};

use super::{Context, ServiceError, command};
use crate::jobs::{self, JobKind};
use crate::service::county;
use crate::store::{self, Tx};

/// Topic of the alarm that a petitioner has not been told yet.
const FEEDBACK_DUE: &str = "feedback_due";

/// Does what the system does by itself when a limit of the order has passed (D16, T7).
///
/// # Errors
/// [`ServiceError`]; the job is tried again.
pub async fn strike(ctx: &Context, id: WorkOrderId) -> Result<(), ServiceError> {
    let rules = county::rules(ctx).await?;
    let now = ctx.clock.business_now();
    let actor = Actor::System;
    let occasion = Occasion { now, actor: &actor, rules: &rules, expected_version: None };
    let mut tx = ctx.db.begin().await?;
    let Some(order) = store::work_order::load(&mut tx, &ctx.centre, id).await? else {
        return Ok(());
    };
    let events = work_order::decide(&order, &occasion, Command::CheckClocks)?;
    command::save(ctx, &mut tx, &order, &events).await?;
    tx.commit().await?;
    Ok(())
}

/// Schedules the alarms of every duty that `events` opened (`domain.md` 8.1).
pub(super) async fn schedule_alarms(
    ctx: &Context,
    tx: &mut Tx,
    order: &WorkOrder,
    events: &[Event],
) -> Result<(), ServiceError> {
    let opened = events.iter().any(|event| event.change.kind() == "reply_approved");
    let Some(duty) = order.duty().filter(|duty| opened && duty.is_open()) else { return Ok(()) };
    // Not `rules`: it would wait for a second connection while this one is held.
    let rules = county::rules_in(ctx, tx).await?;
    for alarm_at in feedback_alarms(duty.result_at, &rules.profile.feedback) {
        let job = JobKind::FeedbackAlarm { order: order.id, duty: duty.number, alarm_at };
        jobs::schedule(ctx, tx, &job, alarm_at).await?;
    }
    Ok(())
}

/// Tells the desk that an order's petitioner has not been told yet.
///
/// # Errors
/// [`ServiceError`]; the job is tried again.
pub async fn announce_feedback_due(
    ctx: &Context,
    id: WorkOrderId,
    duty: u32,
    alarm_at: types::Timestamp,
) -> Result<(), ServiceError> {
    let mut tx = ctx.db.begin().await?;
    let Some(order) = store::work_order::load(&mut tx, &ctx.centre, id).await? else {
        return Ok(());
    };
    let Some(open) = order.duty().filter(|it| it.number == duty && it.is_open()) else {
        return Ok(());
    };
    let local = alarm_at.to_local();
    let payload = json!({
        "work_order": order.id,
        "order_no": order.order_no,
        "due_at": open.due_at,
        "alarm": format!("{:02}:{:02}", local.hour(), local.minute()),
    });
    let now = ctx.clock.now();
    store::outbox::add(&mut tx, &ctx.centre, FEEDBACK_DUE, &payload.to_string(), now).await?;
    tx.commit().await?;
    Ok(())
}
