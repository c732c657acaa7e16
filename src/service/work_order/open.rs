//! T1: an agent opens a draft, usually by answering a call.

use types::{CallId, Phone, WorkOrderId};
use work_order::{Channel, Demand, Intake, Occasion, OpenDraft, Petitioner, Source, WorkOrder};

use super::{Context, ServiceError, WorkOrderView, actor, after_change, next_clock, view};
use crate::service::county;
use crate::service::session::Person;
use crate::store;

/// What is known when a draft is opened.
#[derive(Debug, Clone)]
pub struct Opening {
    pub channel: Channel,
    /// The call in which it is told.
    pub call: Option<TellingCall>,
}

/// A call in which a demand is told.
#[derive(Debug, Clone)]
pub struct TellingCall {
    pub id: CallId,
    pub caller: Option<Phone>,
    /// The public number that was called (D5).
    pub dialled: String,
}

/// The call in which a demand is told, as the records have it.
///
/// # Errors
/// [`ServiceError::NotFound`].
pub async fn telling_call(ctx: &Context, id: CallId) -> Result<TellingCall, ServiceError> {
    // A call of this moment may not have reached the tables yet.
    let now = ctx.live.with_state(|state| state.call(id).cloned()).flatten();
    let call = match now {
        Some(call) => Some(call),
        None => {
            let mut tx = ctx.db.read().await?;
            store::call::find(&mut tx, &ctx.centre, id).await?
        }
    };
    let call = call.ok_or(ServiceError::NotFound("通话"))?;
    Ok(TellingCall { id, caller: call.party, dialled: call.dialled })
}

/// Opens a draft; a second opening for the same call gives the first one's draft.
///
/// # Errors
/// [`ServiceError::Forbidden`] for a person who does not register demands.
pub async fn open(
    ctx: &Context,
    person: &Person,
    opening: Opening,
) -> Result<WorkOrderView, ServiceError> {
    let rules = county::rules(ctx).await?;
    let now = ctx.clock.business_now();
    let mut tx = ctx.db.begin().await?;
    let date = now.to_local().date();
    let day = work_order::order_no(date, 0)[..6].to_owned();
    // Before the look at the call: drawing a number makes openings wait for one another, so that a
    // second one for the same call finds what the first has stored.
    let sequence = store::work_order::next_number(&mut tx, &ctx.centre, &day).await?;
    if let Some(call) = &opening.call
        && let Some(id) = store::work_order::of_call(&mut tx, &ctx.centre, call.id).await?
    {
        drop(tx);
        return super::show(ctx, person, id).await;
    }
    let draft = OpenDraft {
        id: WorkOrderId::new(ctx.clock.now(), ctx.random.number()),
        order_no: work_order::order_no(date, u32::try_from(sequence).unwrap_or(u32::MAX)),
        query_code: query_code(ctx),
        intake: intake(opening),
    };
    let actor = actor(person);
    let occasion = Occasion { now, actor: &actor, rules: &rules, expected_version: None };
    let event = work_order::open(&occasion, draft)?;
    let order =
        WorkOrder::opened(&event).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let events = [event];
    let next = next_clock(&order);
    store::work_order::insert(&mut tx, &ctx.centre, &order, next, &events).await?;
    after_change(ctx, &mut tx, &order, &events).await?;
    tx.commit().await?;
    if let Some(call) = order.intake.source.call_id {
        ctx.live.note_work_order(call, order.id);
    }
    Ok(view::of(&order, &events, &occasion, person))
}

fn intake(opening: Opening) -> Intake {
    let call = opening.call;
    Intake {
        source: Source {
            channel: opening.channel,
            call_id: call.as_ref().map(|call| call.id),
            dialled_no: call.as_ref().and_then(|call| call.dialled.parse().ok()),
            upstream_no: None,
            upstream_system: None,
            upstream_due_at: None,
        },
        petitioner: Petitioner {
            phones: call.and_then(|call| call.caller).into_iter().collect(),
            ..Petitioner::default()
        },
        demand: Demand::default(),
    }
}

/// Six digits for the petitioner (D26).
pub(in crate::service) fn query_code(ctx: &Context) -> String {
    format!("{:06}", ctx.random.number() % 1_000_000)
}
