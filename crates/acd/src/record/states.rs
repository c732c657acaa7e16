//! States of agents as records name them, and what moved them.

use serde::{Deserialize, Serialize};

use crate::input::BreakReason;

/// A state of an agent without its data, with the reason where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AgentStateName {
    SignedOut,
    NotReady {
        reason: NotReadyReason,
    },
    Ready,
    /// Ready again in a moment: she did not answer, or refused.
    Warned,
    Offered,
    Talking,
    Outbound,
    WrapUp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum NotReadyReason {
    /// Her shift has just begun.
    SignedIn,
    Break {
        kind: BreakReason,
    },
    /// She did not answer `lapses_max` times in a row.
    NoAnswer,
    /// Her phone could not be rung.
    DeviceFailed,
    /// Her phone is not registered.
    DeviceLost,
    /// Her phone is registered, its headset is not proved.
    NotProved,
    MicrophoneSilent,
    NoMedia,
    /// 小休 that the rules give her after hard work or an abusive call; it ends by itself.
    MicroBreak,
}

/// What moved an agent from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateCause {
    /// She (or a leader) asked for it.
    Chosen,
    Offered,
    Answered,
    /// The offer ended without her: withdrawn, answered elsewhere, caller gone.
    OfferOver,
    NoAnswer,
    Refused,
    DeviceFailed,
    WarningOver,
    CallEnded,
    BridgeFailed,
    WrapUpOver,
    /// She is above the occupancy ceiling.
    Occupancy,
    /// Her caller was abusive.
    AbusiveCall,
    MicroBreakOver,
    DialStarted,
    DialOver,
    DeviceLost,
    ProofFailed,
    /// Her gateway is gone, or its snapshot does not know her leg.
    GatewayLost,
    /// A gateway's snapshot shows her in a call.
    Snapshot,
    Repaired,
}
