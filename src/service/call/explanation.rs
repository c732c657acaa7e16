//! Why a caller waited as long as she did: every answered or lost call, step by step.

mod fold;

use serde::Serialize;
use types::{AgentId, CallId, Timestamp};
use utoipa::ToSchema;

use super::fold::word;
use crate::service::{Context, ServiceError};
use crate::store;
use crate::store::call::{CallDirection, CallOutcome};
use fold::{Cause, Step};

/// What a leader reads about one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Explanation {
    pub call: CallId,
    /// Masked: who explains a miss need not ring anybody.
    pub caller: Option<String>,
    pub dialled: String,
    pub rang_at: Timestamp,
    /// Until the answer, or the caller's end; null while she waits.
    pub wait_ms: Option<i64>,
    pub outcome: Option<CallOutcome>,
    /// In order of time.
    pub steps: Vec<ExplainedStep>,
}

/// One step; what its cause does not have is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExplainedStep {
    /// Since ringback began, milliseconds.
    pub at_ms: i64,
    pub cause: StepCause,
    pub agent: Option<ExplainedAgent>,
    /// How long it rang (`unanswered`), or nobody was ready (`nobody_ready`), milliseconds.
    pub for_ms: Option<i64>,
    /// `rang`: the guard's step that asked her (`first next second_agent reserve`); `phone_failed`: the
    /// fault; `given_up`: how (`hung_up vanished fault repaired`).
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepCause {
    Rang,
    Unanswered,
    Refused,
    PhoneFailed,
    Withdrew,
    OfferLost,
    NobodyReady,
    SecondAgentAsked,
    ReserveOpened,
    BridgeFailed,
    Answered,
    GivenUp,
    QueueFull,
    GatewayLost,
}

/// An agent as she is named in an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExplainedAgent {
    pub id: AgentId,
    pub name: String,
    /// 工号; empty where she has none.
    pub staff_no: String,
}

/// The explanation of a citizen's call, as far as its events have reached the tables.
///
/// # Errors
/// [`ServiceError::NotFound`] for a call that no citizen made, or that is not there.
pub async fn explain(ctx: &Context, id: CallId) -> Result<Explanation, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let call = store::call::find(&mut tx, &ctx.centre, id).await?;
    let call = call.filter(|call| call.direction == CallDirection::Inbound);
    let call = call.ok_or(ServiceError::NotFound("来电"))?;
    let events = store::acd_event::of_call(&mut tx, &ctx.centre, id).await?;
    drop(tx);
    let steps = fold::explain(events.iter().map(|event| (event.at, &event.body.0)));
    let mut explained = Vec::with_capacity(steps.len());
    for step in steps {
        explained.push(explained_step(ctx, step).await);
    }
    Ok(Explanation {
        call: id,
        caller: call.party.as_ref().map(types::Phone::masked),
        dialled: call.dialled,
        rang_at: call.rang_at,
        wait_ms: call.wait_us.map(|wait_us| wait_us / 1_000),
        outcome: call.outcome,
        steps: explained,
    })
}

async fn explained_step(ctx: &Context, step: Step) -> ExplainedStep {
    let Parts { cause, agent, for_ms, detail } = parts_of(step.cause);
    let agent = match agent {
        Some(agent) => {
            let name = ctx.directory.name(ctx, agent).await;
            Some(ExplainedAgent { id: agent, name: name.name, staff_no: name.staff_no })
        }
        None => None,
    };
    ExplainedStep { at_ms: step.at_us / 1_000, cause, agent, for_ms, detail }
}

/// A cause as the interface has it, before its agent has a name.
struct Parts {
    cause: StepCause,
    agent: Option<AgentId>,
    for_ms: Option<i64>,
    detail: Option<String>,
}

fn parts_of(cause: Cause) -> Parts {
    let of = |cause, agent| Parts { cause, agent, for_ms: None, detail: None };
    match cause {
        Cause::Rang { agent, asked } => {
            Parts { detail: Some(word(&asked)), ..of(StepCause::Rang, Some(agent)) }
        }
        Cause::Unanswered { agent, rang_for_us } => Parts {
            for_ms: Some(i64::try_from(rang_for_us / 1_000).unwrap_or(i64::MAX)),
            ..of(StepCause::Unanswered, Some(agent))
        },
        Cause::Refused { agent } => of(StepCause::Refused, Some(agent)),
        Cause::PhoneFailed { agent, why } => {
            Parts { detail: Some(word(&why)), ..of(StepCause::PhoneFailed, Some(agent)) }
        }
        Cause::Withdrew { agent } => of(StepCause::Withdrew, Some(agent)),
        Cause::OfferLost { agent } => of(StepCause::OfferLost, Some(agent)),
        Cause::NobodyReady { for_us } => {
            Parts { for_ms: Some(for_us / 1_000), ..of(StepCause::NobodyReady, None) }
        }
        Cause::SecondAgentAsked => of(StepCause::SecondAgentAsked, None),
        Cause::ReserveOpened => of(StepCause::ReserveOpened, None),
        Cause::BridgeFailed { agent } => of(StepCause::BridgeFailed, Some(agent)),
        Cause::Answered { agent } => of(StepCause::Answered, Some(agent)),
        Cause::GivenUp { why } => Parts { detail: Some(word(&why)), ..of(StepCause::GivenUp, None) },
        Cause::QueueFull => of(StepCause::QueueFull, None),
        Cause::GatewayLost => of(StepCause::GatewayLost, None),
    }
}
