//! What the machine orders and reports.

use types::{AgentId, CallId, LegId, Phone, RecordingId, Timestamp, TrunkName};

/// One output, to be carried out in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    // --- signalling ---
    /// 180 to the caller.
    Ring {
        leg: LegId,
    },
    /// 183 with our media answer to the caller.
    Progress {
        leg: LegId,
    },
    /// 200 to the caller.
    Answer {
        leg: LegId,
    },
    /// A final refusal to a caller who was not answered.
    Reject {
        leg: LegId,
        status: u16,
    },
    InviteAgent {
        call: CallId,
        leg: LegId,
        agent: AgentId,
        caller: Option<Phone>,
        dialled: String,
        auto_answer: bool,
    },
    InviteNumber {
        call: CallId,
        leg: LegId,
        number: Phone,
        caller_id: String,
    },
    /// CANCEL of our INVITE (or, where a 200 crosses it, ACK and BYE by the next inputs).
    Cancel {
        leg: LegId,
    },
    Bye {
        leg: LegId,
    },

    // --- media ---
    Hear {
        leg: LegId,
        source: Source,
    },
    Bridge {
        first: LegId,
        second: LegId,
        notice: Vec<String>,
    },
    StartRecording {
        call: CallId,
        recording: RecordingId,
        first: LegId,
        second: LegId,
    },
    StopRecording {
        call: CallId,
    },
    /// The leg's media is no longer needed; its recording has been stopped before.
    CloseMedia {
        leg: LegId,
    },

    // --- the server ---
    Report(Fact),
}

/// What a leg hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    Silence,
    Ringback,
    Music,
    /// Prompts once, then music.
    Prompts(Vec<String>),
    Peer(LegId),
}

/// A fact for the server, in the machine's own words.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    CallArrived {
        call: CallId,
        leg: LegId,
        caller: Option<Phone>,
        dialled: String,
        trunk: TrunkName,
        sip_call_id: String,
        arrived_at: Timestamp,
        rang_at: Timestamp,
    },
    LegRinging {
        call: CallId,
        leg: LegId,
    },
    LegAnswered {
        call: CallId,
        leg: LegId,
    },
    LegsConnected {
        call: CallId,
        first: LegId,
        second: LegId,
    },
    LegFailed {
        call: CallId,
        leg: LegId,
        cause: FailureCause,
        sip_status: Option<u16>,
    },
    LegEnded {
        call: CallId,
        leg: LegId,
        cause: EndCause,
    },
    LegHeld {
        call: CallId,
        leg: LegId,
    },
    LegRetrieved {
        call: CallId,
        leg: LegId,
    },
    Digit {
        call: CallId,
        leg: LegId,
        digit: char,
    },
    LegMediaLost {
        call: CallId,
        leg: LegId,
    },
    LegMediaBack {
        call: CallId,
        leg: LegId,
    },
}

/// Why a leg never came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureCause {
    Unreachable,
    Busy,
    Declined,
    NoAnswer,
    Withdrawn,
    UnknownNumber,
    Rejected,
    GatewayFault,
    UnknownTarget,
}

/// Why a leg is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCause {
    HungUp,
    PeerHungUp,
    Ordered,
    Vanished,
    GatewayStopping,
    Fault,
}

impl FailureCause {
    /// What a final SIP status of 300 and above says about a leg that we invited
    /// (RFC 3261 section 21).
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        match status {
            486 | 600 => Self::Busy,
            408 | 480 => Self::NoAnswer,
            404 | 410 | 484 | 485 | 604 => Self::UnknownNumber,
            487 => Self::Withdrawn,
            403 | 433 | 603 | 607 | 608 => Self::Declined,
            _ => Self::Rejected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_say_why_a_leg_failed() {
        let cases = [
            (486, FailureCause::Busy),
            (603, FailureCause::Declined),
            (480, FailureCause::NoAnswer),
            (404, FailureCause::UnknownNumber),
            (487, FailureCause::Withdrawn),
            (488, FailureCause::Rejected),
            (503, FailureCause::Rejected),
        ];
        for (status, cause) in cases {
            assert_eq!(FailureCause::of_status(status), cause, "{status}");
        }
    }
}
