//! What the machine is told: facts of the signalling and media rooms, orders of the server.

use types::{AgentId, CallId, LegId, Phone, RecordingId, Timestamp, TrunkName};

use crate::output::{EndCause, FailureCause};

/// One input. Facts about legs the machine does not know (any more) are harmless.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A trunk's INVITE has passed every check and its media offer has been understood.
    CallerArrived {
        call: CallId,
        leg: LegId,
        caller: Option<Phone>,
        dialled: String,
        trunk: TrunkName,
        sip_call_id: String,
        arrived_at: Timestamp,
    },
    /// 180 or 183 from the far end; `early_media` when it carried an SDP answer.
    Ringing {
        leg: LegId,
        early_media: bool,
    },
    /// 200 from the far end, acknowledged, media agreed.
    Answered {
        leg: LegId,
    },
    /// The far end (or our own side) refused the leg.
    Refused {
        leg: LegId,
        cause: FailureCause,
        sip_status: Option<u16>,
    },
    /// BYE, CANCEL, a lost dialog.
    Gone {
        leg: LegId,
        cause: EndCause,
    },
    /// The phone's own hold: a re-INVITE whose direction stops (or resumes) what it receives.
    PhoneHold {
        leg: LegId,
        held: bool,
    },
    /// A key was pressed.
    Digit {
        leg: LegId,
        digit: char,
    },
    /// No RTP from the leg for 2 s.
    MediaLost {
        leg: LegId,
    },
    MediaBack {
        leg: LegId,
    },
    /// An order of the server.
    Order(Order),
    /// The link to the server is gone (for the time the host tolerates), or back.
    ServerLost,
    ServerBack,
    /// The gateway stops: every leg is ended.
    Stop,
    /// A deadline has passed.
    Tick,
}

/// The server's commands that concern legs, in the machine's own words.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    Treat {
        call: CallId,
        leg: LegId,
        treatment: Treatment,
        answer: AnswerMode,
    },
    Offer(Offer),
    Withdraw {
        call: CallId,
        leg: LegId,
    },
    Connect {
        call: CallId,
        first: LegId,
        second: LegId,
        /// The id of the recording to start, if the conversation is to be recorded.
        record: Option<RecordingId>,
        /// Prompt ids played to both on top of the conversation.
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
        to: Target,
        caller_id: String,
        ring_limit_ms: u32,
        auto_answer: bool,
    },
    End {
        call: CallId,
        leg: LegId,
        /// Whether a connected peer is ended with it; otherwise the peer waits with music.
        with_peer: bool,
        /// The leg is refused rather than ended: a caller who still rings hears busy.
        refused: bool,
    },
}

/// Ring an agent's phone for a waiting caller.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    pub call: CallId,
    pub leg: LegId,
    pub agent: AgentId,
    pub caller: Option<Phone>,
    pub dialled: String,
    pub ring_limit_ms: u32,
    pub auto_answer: bool,
}

/// Whom an originated leg rings.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    Agent(AgentId),
    Number(Phone),
}

/// What a leg hears that is connected to nobody.
#[derive(Debug, Clone, PartialEq)]
pub enum Treatment {
    Ringback,
    Music,
    Prompts(Vec<String>),
    Silence,
}

/// What may happen to a caller's leg that still rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerMode {
    KeepRinging,
    EarlyMedia,
    Answer,
}
