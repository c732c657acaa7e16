//! Why a caller waited as long as she did: every answered or lost call, step by step.

use serde::Serialize;
use types::{AgentId, CallId, Timestamp};
use utoipa::ToSchema;

use super::fold::word;
use crate::service::{Context, ServiceError};
use crate::store;
use crate::store::call::{CallDirection, CallOutcome};

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
    /// Further steps of a very long wait, which are left out.
    pub left_out: u64,
}

/// One step; what its cause does not have is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExplainedStep {
    /// Since ringback began, milliseconds. Where nobody was ready, or asked: from when on.
    pub at_ms: u64,
    pub cause: StepWord,
    pub agent: Option<ExplainedAgent>,
    /// How long her phone had rung, or nobody was ready, milliseconds.
    pub for_ms: Option<u64>,
    /// `phone_failed`: the fault (`unreachable rejected …`); `given_up`: how she was lost (`hung_up vanished
    /// fault gateway_lost queue_full queue_callback repaired`).
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepWord {
    /// Her phone began to ring, alone.
    Rang,
    /// Her phone began to ring beside another one.
    RangBeside,
    NoAnswer,
    /// Her phone rang on past its limit, beside the next one, and stopped unanswered.
    RangOnInVain,
    Refused,
    AgentLeft,
    PhoneFailed,
    OfferLost,
    NobodyReady,
    /// The call was kept for the agent whom its caller knows, and nobody else was asked.
    KeptForPreferred,
    SecondAgentSought,
    ReserveOpened,
    /// The reserve's last tier: the neighbouring centre's number is called.
    NeighbourCalled,
    BridgeFailed,
    Answered,
    GivenUp,
}

/// An agent as she is named in an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExplainedAgent {
    pub id: AgentId,
    pub name: String,
    /// 工号; empty where she has none.
    pub staff_no: String,
    /// No person but a line to a neighbouring centre.
    pub neighbour: bool,
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
    let records = events.iter().map(|event| (event.at, &event.body.0));
    let told = acd::explain(id, records).ok_or(ServiceError::NotFound("来电"))?;
    let mut steps = Vec::with_capacity(told.steps.len());
    for step in steps_of(&told) {
        steps.push(named(ctx, step).await);
    }
    Ok(Explanation {
        call: id,
        caller: call.party.as_ref().map(types::Phone::masked),
        dialled: call.dialled,
        rang_at: call.rang_at,
        wait_ms: call.wait_us.map(|wait_us| wait_us / 1_000),
        outcome: call.outcome,
        steps,
        left_out: told.left_out,
    })
}

async fn named(ctx: &Context, step: Step) -> ExplainedStep {
    let agent = match step.agent {
        Some(agent) => {
            let name = ctx.directory.name(ctx, agent).await;
            let (neighbour, staff_no) = (name.neighbour, name.staff_no);
            Some(ExplainedAgent { id: agent, name: name.name, staff_no, neighbour })
        }
        None => None,
    };
    ExplainedStep {
        at_ms: step.at_us / 1_000,
        cause: step.cause,
        agent,
        for_ms: step.for_us.map(|for_us| for_us / 1_000),
        detail: step.detail,
    }
}

/// A step before its agent has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    at_us: u64,
    cause: StepWord,
    agent: Option<AgentId>,
    for_us: Option<u64>,
    detail: Option<String>,
}

/// The causes, and between them whose phone began to ring when, in order of time.
fn steps_of(told: &acd::Explanation) -> Vec<Step> {
    let mut steps: Vec<Step> = told.steps.iter().map(step_of).collect();
    let mut before: &[AgentId] = &[];
    for span in &told.spans {
        // A line that is called is a step of its own.
        let fresh = span
            .ringing
            .iter()
            .filter(|agent| !before.contains(agent) && !told.lines.contains(agent));
        steps.extend(fresh.map(|agent| {
            let beside = span.ringing.first() != Some(agent);
            let cause = if beside { StepWord::RangBeside } else { StepWord::Rang };
            Step { agent: Some(*agent), ..plain(span.from_us, cause) }
        }));
        before = &span.ringing;
    }
    // What ended a ring is told before the ring that follows it, and the end of the wait last of all.
    steps.sort_by_key(|step| {
        let is_end = matches!(step.cause, StepWord::Answered | StepWord::GivenUp);
        (step.at_us, is_end)
    });
    steps
}

fn plain(at_us: u64, cause: StepWord) -> Step {
    Step { at_us, cause, agent: None, for_us: None, detail: None }
}

fn step_of(step: &acd::ExplainedStep) -> Step {
    use acd::StepCause as Cause;
    let at_us = step.after_us;
    let hers = |cause, agent, rang_us| Step {
        agent: Some(agent),
        for_us: Some(rang_us),
        ..plain(at_us, cause)
    };
    match step.cause {
        Cause::NobodyReady { for_us } => Step {
            for_us: Some(for_us),
            ..plain(at_us.saturating_sub(for_us), StepWord::NobodyReady)
        },
        Cause::KeptForPreferred { agent, for_us } => Step {
            agent: Some(agent),
            for_us: Some(for_us),
            ..plain(at_us.saturating_sub(for_us), StepWord::KeptForPreferred)
        },
        Cause::NoAnswer { agent, rang_us } => hers(StepWord::NoAnswer, agent, rang_us),
        Cause::RangOnInVain { agent, rang_us } => hers(StepWord::RangOnInVain, agent, rang_us),
        Cause::Refused { agent, rang_us } => hers(StepWord::Refused, agent, rang_us),
        Cause::AgentLeft { agent, rang_us } => hers(StepWord::AgentLeft, agent, rang_us),
        Cause::PhoneFailed { agent, rang_us, failure } => {
            Step { detail: Some(word(&failure)), ..hers(StepWord::PhoneFailed, agent, rang_us) }
        }
        Cause::OfferLost { agent, rang_us } => hers(StepWord::OfferLost, agent, rang_us),
        Cause::SecondAgentSought => plain(at_us, StepWord::SecondAgentSought),
        Cause::ReserveOpened => plain(at_us, StepWord::ReserveOpened),
        Cause::NeighbourCalled { line } => {
            Step { agent: Some(line), ..plain(at_us, StepWord::NeighbourCalled) }
        }
        Cause::BridgeFailed { agent } => {
            Step { agent: Some(agent), ..plain(at_us, StepWord::BridgeFailed) }
        }
        Cause::Answered { agent, rang_us } => hers(StepWord::Answered, agent, rang_us),
        Cause::GivenUp { end } => {
            Step { detail: Some(word(&end)), ..plain(at_us, StepWord::GivenUp) }
        }
    }
}

#[cfg(test)]
mod tests;
