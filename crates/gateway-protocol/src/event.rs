//! What a gateway reports: facts about legs, devices and recordings. Names are in the past tense.
//!
//! Fields are only ever added, with a default: journals of older releases must still replay.

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, DeviceId, LegId, Phone, RecordingId, Timestamp, TrunkName};

/// A fact. When it happened stands in [`crate::NumberedEvent::at`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A citizen's call has been let in from a trunk and hears ringback.
    CallArrived {
        call: CallId,
        leg: LegId,
        /// `None` where the carrier withholds the number.
        caller: Option<Phone>,
        /// The number that was called, as digits: `12345`, `12319`.
        dialled: String,
        trunk: TrunkName,
        /// SIP Call-ID of the trunk leg, to find the call in a carrier's records.
        sip_call_id: String,
        /// First signalling of the call (`t_arrival`).
        arrived_at: Timestamp,
        /// Ringback starts (`t_ring`): the 15 seconds run from here.
        rang_at: Timestamp,
    },
    /// A leg that the server asked for rings at its far end.
    LegRinging {
        call: CallId,
        leg: LegId,
    },
    /// A person (or the carrier, for the caller's own leg) has been answered: 200 sent or received.
    LegAnswered {
        call: CallId,
        leg: LegId,
    },
    /// Two legs hear each other from now on. For an inbound call with an agent this is `t_answer`.
    LegsConnected {
        call: CallId,
        first: LegId,
        second: LegId,
    },
    /// A leg that the server asked for never came to be.
    LegFailed {
        call: CallId,
        leg: LegId,
        cause: FailureCause,
        /// The SIP status that said so, where one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sip_status: Option<u16>,
    },
    /// A leg is over. A leg ends exactly once and never after `LegFailed`.
    LegEnded {
        call: CallId,
        leg: LegId,
        cause: EndCause,
    },
    /// A leg has been put on hold: its peer hears music. Sent for the server's own `Hold` and for a
    /// re-INVITE of the phone (RFC 3264 section 8.4).
    LegHeld {
        call: CallId,
        leg: LegId,
    },
    LegRetrieved {
        call: CallId,
        leg: LegId,
    },
    /// A key was pressed (RFC 4733), reported once per press: `0`-`9`, `*`, `#`, `A`-`D`.
    Digit {
        call: CallId,
        leg: LegId,
        digit: char,
    },
    /// An agent's phone can be rung.
    DeviceRegistered {
        agent: AgentId,
        device: DeviceId,
        kind: DeviceKind,
    },
    /// An agent's phone can no longer be rung.
    DeviceLost {
        agent: AgentId,
        device: DeviceId,
        cause: DeviceLostCause,
    },
    /// An agent's headset check has ended: what the gateway heard of her microphone and loop.
    DeviceProved {
        agent: AgentId,
        device: DeviceId,
        outcome: ProofOutcome,
    },
    /// No RTP from a browser leg for 2 s.
    LegMediaLost {
        call: CallId,
        leg: LegId,
    },
    LegMediaBack {
        call: CallId,
        leg: LegId,
    },
    /// The recording of a call is complete on the gateway's disk. For one that a killed gateway has
    /// left, this comes from the gateway that started after it.
    RecordingReady {
        call: CallId,
        recording: RecordingId,
        /// Path below the recordings folder, with `/`.
        file: String,
        started_at: Timestamp,
        duration_ms: u64,
        bytes: u64,
    },
    /// Sound of a call is missing from its recording; what there is follows as `RecordingReady`. The
    /// call itself goes on.
    RecordingFailed {
        call: CallId,
        recording: RecordingId,
        fault: RecordingFault,
    },
    /// The gateway takes no new calls and ends what is left of the others at `until`.
    GatewayDraining {
        until: Timestamp,
    },
}

/// Why sound is missing from a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingFault {
    DiskFull,
    /// The disk does not keep up.
    DiskSlow,
    /// Anything else that the disk refuses.
    DiskFailed,
}

/// Why a leg never came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// The agent's phone is not registered, or its connection is gone.
    Unreachable,
    /// 486, 600.
    Busy,
    /// 603 and other refusals of a person.
    Declined,
    /// The ring limit passed, or 408, 480.
    NoAnswer,
    /// Withdrawn before anybody answered (a 487 after our CANCEL).
    Withdrawn,
    /// 404, 484, 604: the trunk does not know the number.
    UnknownNumber,
    /// 5xx of the far side, or no common codec (488).
    Rejected,
    /// No route, no RTP port, no memory: our own side.
    GatewayFault,
    /// The command named a call, leg or agent that does not exist (any more).
    UnknownTarget,
}

/// Why a leg is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// The person at the far end hung up (BYE), or gave up before an answer (CANCEL).
    HungUp,
    /// Its peer hung up and the gateway ended this leg with it.
    PeerHungUp,
    /// The server's `End` or `Withdraw`.
    Ordered,
    /// Neither signalling nor media lives (R15: silence alone never ends a call).
    Vanished,
    /// The gateway is stopping.
    GatewayStopping,
    /// A protocol fault of the far side.
    Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// SIP over WebSocket, WebRTC media.
    Browser,
    /// A phone that registers by digest over UDP or TCP, plain RTP.
    DeskPhone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceLostCause {
    /// REGISTER with `Expires: 0`.
    Unregistered,
    /// The registration ran out.
    Expired,
    /// The WebSocket closed.
    ConnectionClosed,
    /// The same agent took over from another page.
    TakenOver,
    /// Signed out, or revoked by an administrator.
    Revoked,
}

/// What a headset check showed. Levels are RMS over the speaking time, in dB below full scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ProofOutcome {
    /// The microphone was heard and the loop carried packets both ways.
    Proved { microphone_dbfs: i16, packets_received: u32 },
    /// Packets came, the microphone was silent.
    MicrophoneSilent { microphone_dbfs: i16, packets_received: u32 },
    /// No (or hardly any) packets came through: blocked network, refused microphone.
    NoMedia { packets_received: u32 },
}
