//! What pages see of a call.

use serde::Serialize;
use types::{CallId, Phone, RecordingId, Timestamp, WorkOrderId};
use utoipa::ToSchema;

use crate::service::Context;
use crate::service::agent::AgentName;
use crate::store::call::{Call, CallDirection, CallOutcome, CallState};

/// A call as pages see it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CallView {
    pub call: CallId,
    pub direction: CallDirection,
    /// The citizen's number; null where the carrier withholds it.
    pub caller: Option<Phone>,
    pub dialled: String,
    pub agent: Option<AgentName>,
    pub rang_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub wait_ms: Option<i64>,
    pub state: CallState,
    pub outcome: Option<CallOutcome>,
    pub recording: Option<RecordingView>,
    pub work_order: Option<WorkOrderId>,
    /// How far the 15-second guard has gone: `none second_agent reserve`.
    pub guard: &'static str,
    /// What a call of ours is for: `feedback follow_up missed_call_return queue_callback other`; null for citizens' calls.
    pub purpose: Option<String>,
}

/// A complete recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecordingView {
    pub id: RecordingId,
    pub duration_ms: u64,
}

/// What belongs to a call and stands in other tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Beside {
    pub recording: Option<RecordingView>,
    pub work_order: Option<WorkOrderId>,
}

/// A call of now, or one that ended moments ago. Asks no database but for a name not met before:
/// the live pages must not wait for one that is away.
pub async fn current(ctx: &Context, id: CallId) -> Option<CallView> {
    let (row, beside) = ctx.live.with_state(|state| {
        let row = state.call(id)?.clone();
        let recording = state.recording(id);
        let recording = recording.map(|(id, duration_ms)| RecordingView { id, duration_ms });
        Some((row, Beside { recording, work_order: state.work_order(id) }))
    })??;
    Some(of_row(ctx, row, beside).await)
}

/// The view of a row.
pub async fn of_row(ctx: &Context, call: Call, beside: Beside) -> CallView {
    let agent = match call.agent {
        Some(agent) => Some(ctx.directory.name(ctx, agent).await),
        None => None,
    };
    CallView {
        call: call.id,
        direction: call.direction,
        caller: call.party,
        dialled: call.dialled,
        agent,
        rang_at: call.rang_at,
        answered_at: call.answered_at,
        ended_at: call.ended_at,
        wait_ms: call.wait_us.map(|wait_us| wait_us / 1_000),
        state: call.state,
        outcome: call.outcome,
        recording: beside.recording,
        work_order: beside.work_order,
        guard: guard_of(&call.guard),
        purpose: call.purpose,
    }
}

/// The page's word for a step of the guard.
pub(crate) fn guard_of(step: &str) -> &'static str {
    match step {
        "second_agent" => "second_agent",
        "reserve" => "reserve",
        _ => "none",
    }
}

/// The page's word for a step of the guard.
#[must_use]
pub const fn guard_word(step: acd::GuardStep) -> &'static str {
    match step {
        acd::GuardStep::SecondAgent => "second_agent",
        acd::GuardStep::Reserve => "reserve",
        acd::GuardStep::First | acd::GuardStep::Next => "none",
    }
}
