//! 漏接回拨: who is owed a call, and the draft that was interrupted with theirs.

use acd::{OwedReturn, ScreeningRules};
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
    /// `abandoned queue_full gateway_lost agent_lost queue_callback`.
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

/// Who is owed a call, in the order in which they are to be called: the urgent first, then those who tried more than
/// once, then whoever waits longest (K12).
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
        let missed = store::call::find(&mut tx, &ctx.centre, duty.last_call).await?;
        let dialled = missed.map(|call| call.dialled).unwrap_or_default();
        let turn = owed_return(&duty, &ctx.config.acd.screening, &dialled).turn();
        views.push((turn, view(duty, draft)));
    }
    views.sort_by_key(|(turn, _)| *turn);
    Ok(views.into_iter().map(|(_, view)| view).collect())
}

/// What decides about its turn. Whose talk was cut off is urgent: she had been speaking of something.
fn owed_return(duty: &MissedCallReturn, rules: &ScreeningRules, dialled: &str) -> OwedReturn {
    OwedReturn {
        emergency: rules.emergency_numbers.contains(dialled) || duty.cause == "agent_lost",
        // Nothing in the tables says who is old.
        elder: false,
        missed: u32::try_from(duty.missed).unwrap_or(u32::MAX),
        owed_at: duty.owed_at,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn duty(cause: &str, missed: i64, owed_s: i64) -> MissedCallReturn {
        let at = Timestamp::from_micros(owed_s * 1_000_000);
        MissedCallReturn {
            call: CallId::from_u128(1),
            caller: "13800138000".parse().unwrap(),
            cause: cause.to_owned(),
            owed_at: at,
            missed,
            last_call: CallId::from_u128(1),
            last_at: at,
            state: ReturnState::Open,
            done_at: None,
            done_by: None,
            done_call: None,
            note: String::new(),
        }
    }

    #[test]
    fn a_talk_that_was_cut_off_and_an_emergency_number_come_before_repeaters_and_these_before_the_oldest()
     {
        let mut rules = ScreeningRules::default();
        rules.emergency_numbers.insert("12349".to_owned());
        let of = |duty: &MissedCallReturn, dialled| owed_return(duty, &rules, dialled).turn();
        let emergency = of(&duty("abandoned", 1, 40), "12349");
        let cut_off = of(&duty("agent_lost", 1, 30), "12345");
        let twice = of(&duty("queue_callback", 2, 20), "12345");
        let once = of(&duty("abandoned", 1, 10), "12345");
        assert!(cut_off < emergency && emergency < twice && twice < once);
    }
}
