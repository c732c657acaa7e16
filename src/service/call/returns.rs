//! 漏接回拨 as a work list: who is owed a call, whose turn is first, who is at it, and the draft that was
//! interrupted with theirs.

pub mod rules;
mod work;

use std::sync::Arc;

use serde::Serialize;
use types::{AgentId, CallId, Phone, Role, Timestamp, WorkOrderId};
use utoipa::ToSchema;

use crate::service::agent::AgentName;
use crate::service::session::Person;
use crate::service::{Context, ServiceError};
use crate::store::Tx;
use crate::store::missed_call_return::ReturnState;
use crate::store::missed_call_return::work::{OpenDuty, open};
use rules::{ReturnPriority, ReturnRules};

pub use work::{claim, claim_next, dial, give_up, release};

/// Those who call back, and those who watch that it is done.
const ROLES: &[Role] = &[
    Role::Agent,
    Role::FollowUpClerk,
    Role::TeamLeader,
    Role::Supervisor,
    Role::InspectionOffice,
    Role::CountyLeader,
];

/// Most duties in one answer.
const LIST_LEN_MAX: i64 = 500;

/// Who is owed a call, those first who are to be called first, and what that amounts to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WorkList {
    pub items: Vec<MissedCallReturnView>,
    pub counts: ReturnCounts,
    /// At night: from when citizens may be called again.
    pub calls_from: Option<Timestamp>,
}

/// Open duties by what they wait for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReturnCounts {
    pub open: u64,
    /// The two hours of K12 have run out.
    pub overdue: u64,
    pub emergency: u64,
    pub elder: u64,
    pub repeat: u64,
    /// Somebody is at it.
    pub claimed: u64,
    /// Rung in vain, not to be called yet.
    pub resting: u64,
}

/// A caller who is owed a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissedCallReturnView {
    /// The first missed call of the number and day; names the duty.
    pub call: CallId,
    /// The whole number, for whoever has taken the duty up; null for others.
    pub caller: Option<Phone>,
    pub masked: String,
    /// `abandoned queue_full gateway_lost agent_lost queue_callback`.
    pub cause: String,
    pub owed_at: Timestamp,
    /// K12: two hours of daytime after the miss.
    pub due_at: Timestamp,
    pub overdue: bool,
    /// Missed calls of the number that day.
    pub missed: i64,
    pub last_call: CallId,
    pub last_at: Timestamp,
    pub state: ReturnState,
    pub priority: ReturnPriority,
    /// How often the number was rung in vain.
    pub attempts: i64,
    pub tried_at: Option<Timestamp>,
    /// Not to be called before.
    pub next_at: Option<Timestamp>,
    pub claim: Option<ClaimView>,
    /// The draft that was begun with this caller and is not accepted yet.
    pub work_order: Option<WorkOrderId>,
}

/// Who is at a duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClaimView {
    pub agent: AgentName,
    pub until: Timestamp,
    pub mine: bool,
}

/// Who is owed a call: emergencies, elderly callers, who called more than once, the others; in each
/// of these, who is due first.
///
/// # Errors
/// [`ServiceError::Forbidden`].
pub async fn owed(ctx: &Context, person: &Person) -> Result<WorkList, ServiceError> {
    if !person.has_any(ROLES) {
        return Err(ServiceError::Forbidden("您没有查看漏接回拨的权限。".to_owned()));
    }
    let now = ctx.clock.now();
    let mut tx = ctx.db.read().await?;
    let ordered = in_order(&mut tx, ctx).await?;
    drop(tx);
    let mut items = Vec::with_capacity(ordered.len());
    for (priority, open) in ordered {
        let claim = claim_of(ctx, &open, now, person.user_id.into()).await;
        items.push(view(open, priority, claim, now));
    }
    let counts = counts(&items);
    Ok(WorkList { items, counts, calls_from: rules(ctx).night_until(now) })
}

fn rules(ctx: &Context) -> ReturnRules {
    ReturnRules::of(&ctx.config.missed_call_returns)
}

/// The open duties as they are to be worked off.
async fn in_order(
    tx: &mut Tx,
    ctx: &Context,
) -> Result<Vec<(ReturnPriority, OpenDuty)>, ServiceError> {
    let duties = open(tx, &ctx.centre, LIST_LEN_MAX).await?;
    let in_force = ctx.live.floor().map(|floor| Arc::clone(&floor.handle.floor().config));
    let acd = in_force.as_deref().unwrap_or(&ctx.config.acd);
    let numbers = &acd.screening.emergency_numbers;
    let mut duties: Vec<_> =
        duties.into_iter().map(|open| (ReturnPriority::of(&open, numbers), open)).collect();
    duties.sort_by_key(|(priority, OpenDuty { duty, .. })| {
        (*priority, duty.due_at, duty.owed_at, duty.call)
    });
    Ok(duties)
}

async fn claim_of(
    ctx: &Context,
    open: &OpenDuty,
    now: Timestamp,
    me: AgentId,
) -> Option<ClaimView> {
    let (agent, until) = open.duty.work.claim(now)?;
    let name = ctx.directory.name(ctx, agent).await;
    Some(ClaimView { agent: name, until, mine: agent == me })
}

fn view(
    open: OpenDuty,
    priority: ReturnPriority,
    claim: Option<ClaimView>,
    now: Timestamp,
) -> MissedCallReturnView {
    let duty = open.duty;
    let mine = claim.as_ref().is_some_and(|claim| claim.mine);
    MissedCallReturnView {
        call: duty.call,
        masked: duty.caller.masked(),
        caller: Some(duty.caller).filter(|_| mine),
        cause: duty.cause,
        owed_at: duty.owed_at,
        due_at: duty.due_at,
        overdue: duty.due_at < now,
        missed: duty.missed,
        last_call: duty.last_call,
        last_at: duty.last_at,
        state: duty.state,
        priority,
        attempts: duty.work.attempts,
        tried_at: duty.work.tried_at,
        next_at: duty.work.next_at.filter(|next_at| now < *next_at),
        claim,
        work_order: open.draft,
    }
}

fn counts(items: &[MissedCallReturnView]) -> ReturnCounts {
    let count = |is: &dyn Fn(&MissedCallReturnView) -> bool| {
        items.iter().filter(|item| is(item)).count() as u64
    };
    let of = |priority| count(&|item| item.priority == priority);
    ReturnCounts {
        open: items.len() as u64,
        overdue: count(&|item| item.overdue),
        emergency: of(ReturnPriority::Emergency),
        elder: of(ReturnPriority::Elder),
        repeat: of(ReturnPriority::Repeat),
        claimed: count(&|item| item.claim.is_some()),
        resting: count(&|item| item.next_at.is_some()),
    }
}
