//! 漏接回拨 as a work list: who is owed a call, whose turn is first, who is at it, and the draft that was
//! interrupted with theirs.

pub mod rules;
mod work;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use types::{AgentId, CallId, Phone, Role, Timestamp, WorkOrderId};
use utoipa::ToSchema;

use crate::service::agent::AgentName;
use crate::service::session::Person;
use crate::service::{Context, ServiceError};
use crate::store::missed_call_return::ReturnState;
use crate::store::missed_call_return::work::{OpenCounts, OpenDuty, open, open_counts};
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
    let emergencies = emergency_numbers(ctx);
    let mut tx = ctx.db.read().await?;
    let ordered = open(&mut tx, &ctx.centre, &emergencies, LIST_LEN_MAX).await?;
    let counts = open_counts(&mut tx, &ctx.centre, &emergencies, now).await?;
    drop(tx);
    let mut items = Vec::with_capacity(ordered.len());
    for open in ordered {
        let claim = claim_of(ctx, &open, now, person.user_id.into()).await;
        items.push(view(open, claim, now));
    }
    Ok(WorkList { items, counts: counts.into(), calls_from: rules(ctx).night_until(now) })
}

/// Dialled numbers for emergencies, as they are in force.
fn emergency_numbers(ctx: &Context) -> BTreeSet<String> {
    let in_force = ctx.live.floor().map(|floor| Arc::clone(&floor.handle.floor().config));
    let acd = in_force.as_deref().unwrap_or(&ctx.config.acd);
    acd.screening.emergency_numbers.clone()
}

fn rules(ctx: &Context) -> ReturnRules {
    ReturnRules::of(&ctx.config.missed_call_returns)
}

/// The open duties as they are to be worked off.
async fn in_order(ctx: &Context) -> Result<Vec<OpenDuty>, ServiceError> {
    let mut tx = ctx.db.read().await?;
    Ok(open(&mut tx, &ctx.centre, &emergency_numbers(ctx), LIST_LEN_MAX).await?)
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

fn view(open: OpenDuty, claim: Option<ClaimView>, now: Timestamp) -> MissedCallReturnView {
    let priority = ReturnPriority::of(&open);
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

impl From<OpenCounts> for ReturnCounts {
    fn from(of: OpenCounts) -> Self {
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        Self {
            open: count(of.open),
            overdue: count(of.overdue),
            emergency: count(of.emergency),
            elder: count(of.elder),
            repeat: count(of.repeat),
            claimed: count(of.claimed),
            resting: count(of.resting),
        }
    }
}
