//! What the core orders. An order that fails comes back as a fact; an effect may be carried out
//! twice after a restart, so executors treat `(entry number, index)` as its key.

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, GatewayId, LegId, Phone, Timestamp};

use crate::input::RequestId;
use crate::invariant::Broken;
use crate::record::Record;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Effect {
    /// For one gateway.
    Order { gateway: GatewayId, order: Order },
    /// The one answer to an [`crate::Input::Agent`].
    Answer { agent: AgentId, request: RequestId, result: Result<(), Refusal> },
    /// For the event tables. `at` is the gateway's clock for what a gateway has reported of a call,
    /// the core's own for everything else.
    Record { at: Timestamp, record: Record },
    /// The core has found itself in a state that must not be, and has repaired it. For the log, the
    /// alarm and a bug report; in tests there is none.
    InvariantBroken { broken: Broken },
}

/// One command of `gateway-protocol`, word for word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    Treat {
        call: CallId,
        leg: LegId,
        treatment: Treatment,
        answer: AnswerMode,
    },
    Offer {
        call: CallId,
        /// New, derived by the core.
        leg: LegId,
        agent: AgentId,
        caller: Option<Phone>,
        dialled: String,
        /// A little longer than the core's own limit: the core withdraws first.
        ring_limit_ms: u32,
        auto_answer: bool,
    },
    Withdraw {
        call: CallId,
        leg: LegId,
        reason: WithdrawReason,
    },
    Connect {
        call: CallId,
        /// The citizen's leg.
        first: LegId,
        /// The agent's leg.
        second: LegId,
        record: bool,
        /// Ids of prompts, played to both at the start.
        notice: Vec<String>,
    },
    Hold {
        call: CallId,
        leg: LegId,
    },
    Retrieve {
        call: CallId,
        leg: LegId,
    },
    Originate {
        call: CallId,
        leg: LegId,
        to: Destination,
        caller_id: String,
        ring_limit_ms: u32,
        auto_answer: bool,
    },
    End {
        call: CallId,
        leg: LegId,
        reason: EndReason,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Treatment {
    /// Hold music without end.
    Music,
    /// Once, then music.
    Prompts { prompts: Vec<String> },
}

/// What may happen to a caller's leg that still rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerMode {
    KeepRinging,
    EarlyMedia,
    Answer,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Destination {
    Agent { agent: AgentId },
    Number { number: Phone },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawReason {
    CallerGone,
    AnsweredElsewhere,
    RingLimit,
    AgentUnavailable,
    Stale,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    AgentHungUp,
    PeerGone,
    Stale,
    /// The queue is full.
    Refused,
    /// The agent talks on with another leg.
    Replaced,
    /// Nothing has come from the agent's phone for too long; her caller waits again.
    MediaLost,
}
