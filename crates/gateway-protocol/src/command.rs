//! What the server orders. Names are imperative. A command that cannot be carried out is answered
//! by `LegFailed` or `LegEnded`, never by silence.

use std::fmt;

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, LegId, Phone, SessionId};

/// An order to a gateway. Every one names the call and the leg it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// What a leg hears that is connected to nobody. Replaces what it hears now.
    Treat {
        call: CallId,
        leg: LegId,
        treatment: Treatment,
        answer: AnswerMode,
    },
    /// Ring an agent's phone for a waiting caller. `leg` is new, chosen by the server.
    Offer {
        call: CallId,
        leg: LegId,
        agent: AgentId,
        /// Shown on the phone.
        caller: Option<Phone>,
        dialled: String,
        /// The gateway gives up by itself after this; the server withdraws earlier.
        ring_limit_ms: u32,
        /// Ask the softphone to answer at once.
        auto_answer: bool,
    },
    /// Stop ringing (CANCEL); a leg that has answered meanwhile is ended.
    Withdraw {
        call: CallId,
        leg: LegId,
        reason: WithdrawReason,
    },
    /// Let two answered legs hear each other. A caller's leg that still rings is answered (200) now.
    Connect {
        call: CallId,
        first: LegId,
        second: LegId,
        /// Start the two-channel recording: channel 1 is `first`, channel 2 is `second`.
        record: bool,
        /// Played to both at the start; the conversation is audible below it.
        notice: Vec<PromptId>,
    },
    /// This leg puts its peer on hold: the peer hears music, the leg's packets go nowhere.
    Hold {
        call: CallId,
        leg: LegId,
    },
    Retrieve {
        call: CallId,
        leg: LegId,
    },
    /// Start a leg outward: the clerk's own phone first, then the citizen by the outbound trunk.
    Originate {
        call: CallId,
        leg: LegId,
        to: Destination,
        /// The number shown to the called person: the hotline's own.
        caller_id: String,
        ring_limit_ms: u32,
        auto_answer: bool,
    },
    /// End a leg, whatever its state.
    End {
        call: CallId,
        leg: LegId,
        reason: EndReason,
    },
    /// Forget the registrations of an agent that were made with this session, or all of them.
    RevokeDevice {
        agent: AgentId,
        session: Option<SessionId>,
    },
}

/// What a leg hears while it is connected to nobody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Treatment {
    /// Ringing tone (450 Hz, 1 s on, 4 s off: GB/T 3380).
    Ringback,
    /// Hold music without end, from the common loop.
    Music,
    /// Prompts one after another, once, then music.
    Prompts {
        prompts: Vec<PromptId>,
    },
    Silence,
}

/// What may happen to a caller's leg that still rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerMode {
    /// 180 only: the carrier makes the tone, `treatment` is not heard until the leg is answered.
    KeepRinging,
    /// 183 with our own media.
    EarlyMedia,
    /// 200: the carrier starts charging, the treatment is heard.
    Answer,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Destination {
    /// The phone an agent has registered.
    Agent { agent: AgentId },
    /// A citizen or a unit, by the outbound trunk.
    Number { number: Phone },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawReason {
    /// The caller hung up.
    CallerGone,
    /// Another agent answered.
    AnsweredElsewhere,
    /// The ring limit passed.
    RingLimit,
    /// The agent refused, or is not ready any more.
    AgentUnavailable,
    /// The server no longer knows this offer (after a restart).
    Stale,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The agent pressed hang-up.
    AgentHungUp,
    /// The other party of the call is gone.
    PeerGone,
    /// Signed out or forced by a leader.
    Forced,
    /// Nobody knows this leg any more.
    Stale,
    /// The queue is full or the centre is closed.
    Refused,
    /// The agent talks on with another leg.
    Replaced,
    /// Nothing has come from the agent's phone for too long: her caller waits for another one.
    MediaLost,
}

/// Name of a prompt: the `id` of `prompts/prompts.csv` (`greeting`, `hold_music`, `num_12`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromptId(String);

impl PromptId {
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PromptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PromptId({})", self.0)
    }
}

impl fmt::Display for PromptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
