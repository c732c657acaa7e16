//! One record after the other makes a call's row. The same fold feeds the tables (by the shipper)
//! and the live pages, so that both say the same.

use crate::store::Json;
use acd::{AbandonCause, Record, TakenBack};
use serde::Serialize;
use types::{AgentId, CallId, Timestamp};

use crate::store::call::{Call, CallDirection, CallOutcome, CallState};

/// A call's row after its first record, or `None` if the record begins no call.
#[must_use]
pub fn begin(at: Timestamp, record: &Record) -> Option<Call> {
    match record {
        Record::CallArrived {
            call,
            gateway,
            caller,
            dialled,
            priority,
            arrived_at,
            rang_at,
            ..
        } => Some(Call {
            gateway: Some(gateway.clone()),
            party: caller.clone(),
            dialled: dialled.clone(),
            priority: i64::from(*priority),
            arrived_at: *arrived_at,
            ..blank(*call, CallDirection::Inbound, *rang_at)
        }),
        Record::OutboundStarted { call, agent, number, purpose } => Some(Call {
            party: Some(number.clone()),
            purpose: Some(word(purpose)),
            agent: Some(*agent),
            state: CallState::Ringing,
            ..blank(*call, CallDirection::Outbound, at)
        }),
        _ => None,
    }
}

fn blank(id: CallId, direction: CallDirection, at: Timestamp) -> Call {
    Call {
        id,
        direction,
        gateway: None,
        trunk: None,
        sip_call_id: None,
        party: None,
        dialled: String::new(),
        purpose: None,
        priority: 0,
        arrived_at: at,
        rang_at: at,
        answered_at: None,
        ended_at: None,
        wait_us: None,
        talked_us: None,
        agent: None,
        state: CallState::Waiting,
        open_offers: 0,
        outcome: None,
        end_cause: None,
        guard: word(&acd::GuardStep::First),
        breach: None,
    }
}

/// Carries one further record into the row.
pub fn apply(call: &mut Call, at: Timestamp, record: &Record) {
    match record {
        Record::OfferMade { .. } => offers(call, 1),
        Record::OfferLapsed { .. }
        | Record::OfferRefused { .. }
        | Record::OfferFailed { .. }
        | Record::OfferWithdrawn { .. } => offers(call, -1),
        // The guard of a second wait says nothing about the answer.
        Record::GuardStepTaken { step, .. } if call.outcome.is_none() => call.guard = word(step),
        Record::CallAnswered { agent, answered_at, wait_us, saved_by, .. } => {
            answered(call, *agent, *answered_at);
            call.wait_us = Some(micros(*wait_us));
            call.guard = word(saved_by);
        }
        Record::CallAbandoned { waited_us, cause, .. } => abandoned(call, at, *waited_us, *cause),
        Record::AnswerTargetMissed { causes, .. } => call.breach = Some(Json(causes.clone())),
        Record::BridgeFailed { .. } => call.state = CallState::Waiting,
        Record::CallHeld { .. } => call.state = CallState::Held,
        Record::CallRetrieved { .. } | Record::CallRejoined { .. } => {
            call.state = CallState::Talking;
        }
        // Answered all the same: the caller waits again for the next agent.
        Record::CallReturned { .. } => call.state = CallState::Waiting,
        Record::CallTakenOver { agent, .. } => {
            call.agent = Some(*agent);
            call.open_offers = 0;
            call.state = CallState::Talking;
        }
        Record::CallEnded { talked_us, cause, .. }
        | Record::OutboundEnded { talked_us, cause, .. } => {
            ended(call, at, word(cause));
            call.talked_us = Some(micros(*talked_us));
        }
        Record::CallResumed { takes_back, .. } => resumed(call, *takes_back),
        Record::OutboundAnswered { agent, .. } => answered(call, *agent, at),
        Record::OutboundFailed { cause, .. } => {
            ended(call, at, word_of_tagged(cause, "failure"));
            call.outcome = Some(CallOutcome::Failed);
        }
        _ => {}
    }
}

fn offers(call: &mut Call, change: i64) {
    call.open_offers = (call.open_offers + change).max(0);
    if matches!(call.state, CallState::Waiting | CallState::Ringing) {
        call.state = if call.open_offers > 0 { CallState::Ringing } else { CallState::Waiting };
    }
}

fn answered(call: &mut Call, agent: AgentId, at: Timestamp) {
    call.agent = Some(agent);
    call.answered_at = Some(at);
    call.open_offers = 0;
    call.outcome = Some(CallOutcome::Answered);
    call.state = CallState::Talking;
}

fn abandoned(call: &mut Call, at: Timestamp, waited_us: u64, cause: AbandonCause) {
    ended(call, at, word(&cause));
    call.wait_us = Some(micros(waited_us));
    call.outcome = Some(CallOutcome::Abandoned);
}

fn ended(call: &mut Call, at: Timestamp, cause: String) {
    call.open_offers = 0;
    call.ended_at = Some(at);
    call.end_cause = Some(cause);
    call.state = CallState::Ended;
}

fn resumed(call: &mut Call, takes_back: TakenBack) {
    call.ended_at = None;
    call.end_cause = None;
    call.talked_us = None;
    match takes_back {
        TakenBack::Abandoned => {
            call.outcome = None;
            call.wait_us = None;
            call.breach = None;
            call.state = CallState::Waiting;
        }
        TakenBack::Ended => call.state = CallState::Talking,
        TakenBack::EndedInQueue => call.state = CallState::Waiting,
    }
}

/// The call a record is about.
#[must_use]
pub fn call_of(record: &Record) -> Option<CallId> {
    match record {
        Record::CallArrived { call, .. }
        | Record::OfferMade { call, .. }
        | Record::CallQueued { call, .. }
        | Record::OfferRinging { call, .. }
        | Record::OfferRingsOn { call, .. }
        | Record::OfferLapsed { call, .. }
        | Record::OfferRefused { call, .. }
        | Record::OfferFailed { call, .. }
        | Record::OfferWithdrawn { call, .. }
        | Record::GuardStepTaken { call, .. }
        | Record::BridgeFailed { call, .. }
        | Record::CallAnswered { call, .. }
        | Record::CallAbandoned { call, .. }
        | Record::AnswerTargetMissed { call, .. }
        | Record::CallHeld { call, .. }
        | Record::CallRetrieved { call, .. }
        | Record::AbuseReported { call, .. }
        | Record::CallEnded { call, .. }
        | Record::CallReturned { call, .. }
        | Record::CallTakenOver { call, .. }
        | Record::CallRejoined { call, .. }
        | Record::RejoinFailed { call, .. }
        | Record::CallResumed { call, .. }
        | Record::MissedCallReturnOwed { call, .. }
        | Record::WrapUpStarted { call, .. }
        | Record::WrapUpEnded { call, .. }
        | Record::OutboundStarted { call, .. }
        | Record::OutboundAnswered { call, .. }
        | Record::OutboundFailed { call, .. }
        | Record::OutboundEnded { call, .. }
        | Record::MediaLost { call, .. }
        | Record::MediaBack { call, .. }
        | Record::CallScreened { call, .. }
        | Record::ScreenedCallAdmitted { call }
        | Record::PlaceKept { call, .. }
        | Record::PreferredAwaited { call, .. }
        | Record::SurgeNoticePlayed { call, .. }
        | Record::WaitAnnounced { call, .. }
        | Record::QueueCallbackOffered { call }
        | Record::QueueCallbackRefused { call, .. }
        | Record::QueueCallbackPromised { call, .. }
        | Record::QueueCallbackStarted { call, .. }
        | Record::QueueCallbackAttempted { call, .. }
        | Record::QueueCallbackEnded { call, .. } => Some(*call),
        Record::AgentStateChanged { .. } => None,
    }
}

/// The agent a record is about.
#[must_use]
pub fn agent_of(record: &Record) -> Option<AgentId> {
    match record {
        Record::OfferMade { agent, .. }
        | Record::OfferRinging { agent, .. }
        | Record::OfferRingsOn { agent, .. }
        | Record::OfferLapsed { agent, .. }
        | Record::OfferRefused { agent, .. }
        | Record::OfferFailed { agent, .. }
        | Record::OfferWithdrawn { agent, .. }
        | Record::BridgeFailed { agent, .. }
        | Record::CallAnswered { agent, .. }
        | Record::CallHeld { agent, .. }
        | Record::CallRetrieved { agent, .. }
        | Record::AbuseReported { agent, .. }
        | Record::CallEnded { agent, .. }
        | Record::CallReturned { agent, .. }
        | Record::CallTakenOver { agent, .. }
        | Record::CallRejoined { agent, .. }
        | Record::RejoinFailed { agent, .. }
        | Record::AgentStateChanged { agent, .. }
        | Record::WrapUpStarted { agent, .. }
        | Record::WrapUpEnded { agent, .. }
        | Record::QueueCallbackStarted { agent, .. }
        | Record::PreferredAwaited { agent, .. }
        | Record::OutboundStarted { agent, .. }
        | Record::OutboundAnswered { agent, .. }
        | Record::OutboundFailed { agent, .. }
        | Record::OutboundEnded { agent, .. } => Some(*agent),
        Record::CallArrived { .. }
        | Record::CallQueued { .. }
        | Record::GuardStepTaken { .. }
        | Record::CallAbandoned { .. }
        | Record::AnswerTargetMissed { .. }
        | Record::CallResumed { .. }
        | Record::MissedCallReturnOwed { .. }
        | Record::MediaLost { .. }
        | Record::MediaBack { .. }
        | Record::CallScreened { .. }
        | Record::ScreenedCallAdmitted { .. }
        | Record::PlaceKept { .. }
        | Record::SurgeNoticePlayed { .. }
        | Record::WaitAnnounced { .. }
        | Record::QueueCallbackOffered { .. }
        | Record::QueueCallbackRefused { .. }
        | Record::QueueCallbackPromised { .. }
        | Record::QueueCallbackAttempted { .. }
        | Record::QueueCallbackEnded { .. } => None,
    }
}

/// The word by which JSON and tables name a value of a plain enum.
#[must_use]
pub fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The word of an enum that serialises as an object with a `tag`.
#[must_use]
pub fn word_of_tagged(value: &impl Serialize, tag: &str) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.get(tag).and_then(|word| word.as_str()).unwrap_or_default().to_owned()
}

fn micros(span_us: u64) -> i64 {
    i64::try_from(span_us).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
