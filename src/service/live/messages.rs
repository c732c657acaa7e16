//! The content of messages about offers and recordings.

use acd::{FailureCause, Record, WithdrawReason};
use gateway_protocol::RecordingFault;
use serde::Serialize;
use types::{AgentId, CallId, LegId, Phone, Timestamp};

use crate::service::call::fold::word;

/// A call rings at the agent's phone.
#[derive(Debug, Serialize)]
pub(super) struct OfferMessage<'a> {
    pub call: CallId,
    pub leg: LegId,
    pub caller: Option<&'a Phone>,
    pub dialled: &'a str,
    pub rang_at: Option<Timestamp>,
    pub waited_ms: u64,
    pub ring_limit_ms: u32,
    pub auto_answer: bool,
    /// Another phone rings for the same call.
    pub second_offer: bool,
    /// The caller has talked already and lost the agent.
    pub returned: bool,
}

/// It rings there no longer.
#[derive(Debug, Serialize)]
pub(super) struct OfferEnded {
    pub call: CallId,
    pub leg: Option<LegId>,
    /// `answered lapsed refused`, why it was withdrawn, or why the phone failed.
    pub reason: String,
}

/// Sound is missing from the recording of a call; the call itself goes on.
#[derive(Debug, Serialize)]
pub(super) struct RecordingFailed {
    pub call: CallId,
    pub fault: RecordingFault,
}

/// The agent whose phone stops ringing by this record.
pub(super) fn offer_ended(record: &Record) -> Option<(AgentId, OfferEnded)> {
    let ended = |call: &CallId, leg: Option<LegId>, reason: &str| OfferEnded {
        call: *call,
        leg,
        reason: reason.to_owned(),
    };
    match record {
        Record::OfferLapsed { call, leg, agent, .. } => {
            Some((*agent, ended(call, Some(*leg), "lapsed")))
        }
        Record::OfferRefused { call, leg, agent } => {
            Some((*agent, ended(call, Some(*leg), "refused")))
        }
        Record::OfferFailed { call, leg, agent, cause } => {
            Some((*agent, ended(call, Some(*leg), &failed(*cause))))
        }
        Record::OfferWithdrawn { call, leg, agent, reason } => {
            Some((*agent, ended(call, Some(*leg), &withdrawn(*reason))))
        }
        Record::CallAnswered { call, agent, .. } | Record::CallTakenOver { call, agent, .. } => {
            Some((*agent, ended(call, None, "answered")))
        }
        Record::CallRejoined { call, agent, leg } => {
            Some((*agent, ended(call, Some(*leg), "answered")))
        }
        Record::RejoinFailed { call, agent, leg } => {
            Some((*agent, ended(call, Some(*leg), "lapsed")))
        }
        _ => None,
    }
}

fn failed(cause: FailureCause) -> String {
    word(&cause)
}

fn withdrawn(reason: WithdrawReason) -> String {
    word(&reason)
}
