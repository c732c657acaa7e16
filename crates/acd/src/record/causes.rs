//! Why things came as they did: the closed words of records about calls.

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId};

use crate::input::{EndCause, FailureCause};

/// Why the key of the offer was refused; the caller goes on waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueCallbackRefusal {
    /// Outside the hours in which people may be called.
    Night,
    /// The queue, or the list of promises, is full.
    QueueFull,
    /// The number is promised a call already.
    PromisedAlready,
}

/// What became of a promised call back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum QueueCallbackOutcome {
    /// Citizen and agent heard each other.
    Kept { outbound: CallId, agent: AgentId },
    /// The citizen called again, and has the place.
    Redialled { by: CallId },
    /// Dialled `attempts_max` times in vain; a missed-call return is owed.
    NotReached,
    /// Not kept within `keep_ms`; a missed-call return is owed.
    Expired,
}

/// Which step of the 15-second guard made an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardStep {
    /// The first agent who was free.
    First,
    /// The next agent after one who did not answer, refused or failed.
    Next,
    /// Two ring at once.
    SecondAgent,
    Reserve,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbandonCause {
    /// The caller hung up.
    HungUp,
    /// Neither signalling nor media of the caller lived.
    Vanished,
    /// Fault of the far side.
    Fault,
    /// The gateway stopped, died, or is out of reach.
    GatewayLost,
    /// More than `queue_len_max` were waiting.
    QueueFull,
    /// The caller took the offer of a call back by key.
    QueueCallback,
    /// The core had to repair itself.
    Repaired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEndCause {
    CitizenHungUp,
    AgentHungUp,
    CitizenLost,
    /// The agent's leg vanished or failed.
    AgentLost,
    GatewayLost,
    Repaired,
}

/// What a [`Record::CallResumed`] takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenBack {
    Abandoned,
    Ended,
    /// The end of a call that had lost its agent and was waiting again: it goes on waiting.
    EndedInQueue,
}

/// How the agent's side of a talk was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnCause {
    /// Nothing came from her phone for `media_return_ms`.
    MediaLost,
    /// Her leg vanished or failed.
    LegLost,
}

/// Why a missed-call return is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwedCause {
    Abandoned,
    /// The gateway dropped the call, waiting or talking.
    GatewayLost,
    /// The agent's side was lost in the middle of the talk.
    AgentLost,
    QueueFull,
    /// A promised call back was not kept.
    QueueCallback,
}

/// Why a call waited longer than the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum BreachCause {
    /// For so long no matching agent was ready.
    NobodyReady {
        for_us: u64,
    },
    AgentDidNotAnswer {
        agent: AgentId,
        rang_for_us: u64,
    },
    AgentRefused {
        agent: AgentId,
    },
    AgentWithdrew {
        agent: AgentId,
    },
    DeviceFailed {
        agent: AgentId,
    },
    BridgeFailed {
        agent: AgentId,
    },
    /// For so long the call waited for the agent it would rather have, and nobody else was asked.
    PreferredBusy {
        agent: AgentId,
        for_us: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "failure", rename_all = "snake_case")]
pub enum OutboundFailure {
    /// The clerk's own phone was not answered.
    OwnPhone {
        cause: FailureCause,
    },
    /// The called number was not reached.
    Number {
        cause: FailureCause,
    },
    /// The clerk's leg ended before an answer.
    ClerkGone {
        cause: EndCause,
    },
    /// The called person's leg ended before both were connected.
    CitizenGone {
        cause: EndCause,
    },
    BridgeFailed,
    GatewayLost,
    Repaired,
}
