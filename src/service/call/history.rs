//! Calls of the past and what is known of a caller.

use serde::Serialize;
use types::{AgentId, CallId, Phone};
use utoipa::ToSchema;

use super::view::{Beside, CallView, RecordingView, current, of_row};
use crate::service::live::FLOOR_ROLES;
use crate::service::session::Person;
use crate::service::work_order::{self, CallerOrders, LastPlace, WorkOrderSummary};
use crate::service::{Context, ServiceError, known_callers};
use crate::store::call::Call;
use crate::store::{self, Tx};

/// Calls and orders shown of a caller.
const HISTORY_LEN: i64 = 5;

/// A page of calls, newest first.
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    /// Older than this one.
    pub after: Option<CallId>,
    pub limit: i64,
    /// Of the asking person alone.
    pub mine: bool,
}

/// What is known of a caller.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CallerView {
    pub caller: Option<Phone>,
    pub masked: Option<String>,
    /// Noted as elderly: called back before others.
    pub elder: bool,
    pub last_place: Option<LastPlace>,
    /// The last orders of this number.
    pub work_orders: Vec<WorkOrderSummary>,
    /// The last calls with this number.
    pub calls: Vec<CallView>,
}

/// The calls `person` may see.
///
/// # Errors
/// [`ServiceError::Forbidden`] for all calls without a role that watches the floor.
pub async fn list(
    ctx: &Context,
    person: &Person,
    listing: Listing,
) -> Result<(Vec<CallView>, Option<CallId>), ServiceError> {
    if !listing.mine && !person.has_any(FLOOR_ROLES) {
        return Err(ServiceError::Forbidden("您只能查看自己的通话（agent=me）。".to_owned()));
    }
    let agent = listing.mine.then(|| AgentId::from(person.user_id));
    let before = listing.after.unwrap_or(CallId::from_u128(u128::MAX));
    let mut tx = ctx.db.read().await?;
    let rows = store::call::newest(&mut tx, &ctx.centre, before, agent, listing.limit).await?;
    let full = i64::try_from(rows.len()).unwrap_or(0) == listing.limit;
    let next = rows.last().filter(|_| full).map(|call| call.id);
    let calls = views(ctx, &mut tx, rows).await?;
    Ok((calls, next))
}

/// One call.
///
/// # Errors
/// [`ServiceError::NotFound`] for a call that is not the person's to see.
pub async fn show(ctx: &Context, person: &Person, id: CallId) -> Result<CallView, ServiceError> {
    if let Some(call) = current(ctx, id).await {
        return may_see(ctx, person, call);
    }
    let row = find(ctx, id).await?.ok_or(ServiceError::NotFound("通话"))?;
    let mut tx = ctx.db.read().await?;
    let mut views = views(ctx, &mut tx, vec![row]).await?;
    let call = views.pop().ok_or(ServiceError::NotFound("通话"))?;
    may_see(ctx, person, call)
}

/// The caller of a call that is the person's: number, last place, last orders, last calls.
///
/// # Errors
/// As [`show`].
pub async fn caller_of(
    ctx: &Context,
    person: &Person,
    id: CallId,
) -> Result<CallerView, ServiceError> {
    let call = show(ctx, person, id).await?;
    let Some(caller) = call.caller else {
        return Ok(CallerView {
            caller: None,
            masked: None,
            elder: false,
            last_place: None,
            work_orders: Vec::new(),
            calls: Vec::new(),
        });
    };
    let mut tx = ctx.db.read().await?;
    let rows = store::call::of_party(&mut tx, &ctx.centre, &caller, id, HISTORY_LEN).await?;
    let calls = views(ctx, &mut tx, rows).await?;
    let elder = store::elder_caller::is_noted(&mut tx, &ctx.centre, &caller).await?;
    drop(tx);
    let CallerOrders { last_place, work_orders } = orders_of(ctx, person, &caller).await;
    Ok(CallerView {
        masked: Some(caller.masked()),
        elder,
        caller: Some(caller),
        last_place,
        work_orders,
        calls,
    })
}

/// Notes whether the caller of a call that is the person's is elderly, and shows her anew.
///
/// # Errors
/// As [`show`]; [`ServiceError::Refused`] where the carrier withheld the number.
pub async fn note_elder(
    ctx: &Context,
    person: &Person,
    id: CallId,
    elder: bool,
) -> Result<CallerView, ServiceError> {
    let call = show(ctx, person, id).await?;
    let caller = call.caller.ok_or_else(|| ServiceError::Refused {
        code: "no_number",
        detail: "来电没有显示号码，无法登记。".to_owned(),
    })?;
    let mut tx = ctx.db.begin().await?;
    if elder {
        let now = ctx.clock.now();
        store::elder_caller::note(&mut tx, &ctx.centre, &caller, &person.username, now).await?;
    } else {
        store::elder_caller::forget(&mut tx, &ctx.centre, &caller).await?;
    }
    tx.commit().await?;
    known_callers::note_elder(ctx, &caller, elder);
    caller_of(ctx, person, id).await
}

/// What the caller asked before. Whoever answers must see the number even if the orders cannot be read.
async fn orders_of(ctx: &Context, person: &Person, caller: &Phone) -> CallerOrders {
    match work_order::of_caller(ctx, person, caller).await {
        Ok(orders) => orders,
        Err(error) => {
            tracing::warn!(%error, "the caller's orders cannot be read");
            CallerOrders { last_place: None, work_orders: Vec::new() }
        }
    }
}

/// The row of a call, wherever it is.
async fn find(ctx: &Context, id: CallId) -> Result<Option<Call>, ServiceError> {
    let mut tx = ctx.db.read().await?;
    Ok(store::call::find(&mut tx, &ctx.centre, id).await?)
}

/// An agent sees calls that are hers, or that ring at her phone; who watches the floor sees all.
fn may_see(ctx: &Context, person: &Person, call: CallView) -> Result<CallView, ServiceError> {
    let agent = AgentId::from(person.user_id);
    let own = call.agent.as_ref().is_some_and(|name| name.id == agent);
    let offered = || {
        let floor = ctx.floor().ok()?.handle.floor();
        floor.agent(agent)?.call
    };
    if own || person.has_any(FLOOR_ROLES) || offered() == Some(call.call) {
        return Ok(call);
    }
    Err(ServiceError::NotFound("通话"))
}

async fn views(ctx: &Context, tx: &mut Tx, rows: Vec<Call>) -> Result<Vec<CallView>, ServiceError> {
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let recording = store::recording::of_call(tx, &ctx.centre, row.id).await?;
        let recording = recording.map(|recording| RecordingView {
            id: recording.id,
            duration_ms: u64::try_from(recording.duration_ms).unwrap_or(0),
        });
        let work_order = store::work_order::of_call(tx, &ctx.centre, row.id).await?;
        views.push(of_row(ctx, row, Beside { recording, work_order }).await);
    }
    Ok(views)
}
