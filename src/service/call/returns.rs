//! 漏接回拨: who is owed a call, and the draft that was interrupted with theirs.

use serde::Serialize;
use types::{CallId, Phone, Role, Timestamp, WorkOrderId};
use utoipa::ToSchema;

use crate::service::session::Person;
use crate::service::{Context, ServiceError};
use crate::store;
use crate::store::missed_call_return::{MissedCallReturn, ReturnState};

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

/// A caller who is owed a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissedCallReturnView {
    /// The first missed call of the number and day; names the duty.
    pub call: CallId,
    pub caller: Phone,
    pub masked: String,
    /// `abandoned queue_full gateway_lost agent_lost`.
    pub cause: String,
    pub owed_at: Timestamp,
    /// Missed calls of the number that day.
    pub missed: i64,
    pub last_call: CallId,
    pub last_at: Timestamp,
    pub state: ReturnState,
    /// The draft that was begun with this caller and is not accepted yet.
    pub work_order: Option<WorkOrderId>,
}

/// Who is owed a call, oldest first.
///
/// # Errors
/// [`ServiceError::Forbidden`].
pub async fn owed(
    ctx: &Context,
    person: &Person,
) -> Result<Vec<MissedCallReturnView>, ServiceError> {
    if !person.has_any(ROLES) {
        return Err(ServiceError::Forbidden("您没有查看漏接回拨的权限。".to_owned()));
    }
    let mut tx = ctx.db.read().await?;
    let since = Timestamp::default();
    let open = store::missed_call_return::open(&mut tx, &ctx.centre, since, LIST_LEN_MAX).await?;
    let mut views = Vec::with_capacity(open.len());
    for duty in open {
        let (caller, since) = (&duty.caller, duty.call);
        let draft = store::work_order::draft_with(&mut tx, &ctx.centre, caller, since).await?;
        views.push(view(duty, draft));
    }
    Ok(views)
}

fn view(duty: MissedCallReturn, work_order: Option<WorkOrderId>) -> MissedCallReturnView {
    MissedCallReturnView {
        call: duty.call,
        masked: duty.caller.masked(),
        caller: duty.caller,
        cause: duty.cause,
        owed_at: duty.owed_at,
        missed: duty.missed,
        last_call: duty.last_call,
        last_at: duty.last_at,
        state: duty.state,
        work_order,
    }
}
