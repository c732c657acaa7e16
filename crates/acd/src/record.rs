//! What goes into the event tables: the only source of every reported figure.
//!
//! An inbound call gives exactly one `CallArrived`, then exactly one of `CallAnswered` and
//! `CallAbandoned`, and after `CallAnswered` exactly one `CallEnded`. The only exception is marked:
//! `CallResumed` takes back the `CallAbandoned` or `CallEnded` of a gateway that was thought dead.
//! Between `CallAnswered` and `CallEnded` a talk that loses its agent gives `CallReturned`, and
//! `CallTakenOver` once another agent has it: neither counts the call, or its wait, again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, GatewayId, LegId, Phone, QueueCode, SkillCode, Timestamp};

use crate::announcement::Announcement;
use crate::effect::WithdrawReason;
use crate::input::{BreakReason, DialPurpose, EndCause, FailureCause};
use crate::screening::ScreenedBy;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    CallArrived {
        call: CallId,
        gateway: GatewayId,
        leg: LegId,
        caller: Option<Phone>,
        dialled: String,
        skills: BTreeSet<SkillCode>,
        priority: u8,
        arrived_at: Timestamp,
        rang_at: Timestamp,
        /// `None`: the centre's default queue.
        #[serde(default)]
        queue: Option<QueueCode>,
    },
    OfferMade {
        call: CallId,
        leg: LegId,
        agent: AgentId,
        step: GuardStep,
    },
    /// The agent's phone rings, `delay_us` after the order.
    OfferRinging {
        call: CallId,
        leg: LegId,
        agent: AgentId,
        delay_us: u64,
    },
    /// The caller waits. What the core records of this wait (offers, steps of the guard) is by its own clock: by that
    /// clock the ring started at `ring_started`.
    CallQueued {
        call: CallId,
        ring_started: Timestamp,
    },
    /// For so long, until now, the call waited for the agent it would rather have, and nobody else was asked.
    PreferredAwaited {
        call: CallId,
        agent: AgentId,
        for_us: u64,
    },
    /// The agent did not answer within the ring limit, but nobody else is there: her phone rings on.
    OfferRingsOn {
        call: CallId,
        leg: LegId,
        agent: AgentId,
        rang_for_us: u64,
    },
    /// She did not answer within the ring limit, nor as long as her phone rang on after it.
    OfferLapsed {
        call: CallId,
        leg: LegId,
        agent: AgentId,
        /// Until it stopped ringing.
        rang_for_us: u64,
    },
    OfferRefused {
        call: CallId,
        leg: LegId,
        agent: AgentId,
    },
    OfferFailed {
        call: CallId,
        leg: LegId,
        agent: AgentId,
        cause: FailureCause,
    },
    OfferWithdrawn {
        call: CallId,
        leg: LegId,
        agent: AgentId,
        reason: WithdrawReason,
    },
    /// The 15-second guard has taken its next step for this call.
    GuardStepTaken {
        call: CallId,
        step: GuardStep,
    },
    /// The bridge of caller and agent failed; the caller waits again at the original place (R14).
    BridgeFailed {
        call: CallId,
        agent: AgentId,
    },
    CallAnswered {
        call: CallId,
        agent: AgentId,
        rang_at: Timestamp,
        answered_at: Timestamp,
        /// `answered_at - rang_at`, one clock.
        wait_us: u64,
        /// The step of the guard whose offer was answered.
        saved_by: GuardStep,
    },
    CallAbandoned {
        call: CallId,
        rang_at: Timestamp,
        waited_us: u64,
        cause: AbandonCause,
    },
    /// The wait was longer than `answer_target_ms`; follows `CallAnswered` or `CallAbandoned`.
    AnswerTargetMissed {
        call: CallId,
        waited_us: u64,
        causes: Vec<BreachCause>,
    },
    CallHeld {
        call: CallId,
        agent: AgentId,
    },
    CallRetrieved {
        call: CallId,
        agent: AgentId,
    },
    /// The agent says that the caller abuses her.
    AbuseReported {
        call: CallId,
        agent: AgentId,
    },
    /// The agent (who talked last) and the caller do not hear each other any more. A caller who had
    /// lost the agent and gave up waiting again ends with `AgentLost`.
    CallEnded {
        call: CallId,
        agent: AgentId,
        /// All talks of the call together; waiting again between them is not talking.
        talked_us: u64,
        cause: CallEndCause,
    },
    /// The agent's side of a talk is lost: its caller waits again, before everybody else.
    CallReturned {
        call: CallId,
        agent: AgentId,
        /// This talk alone, until her media was lost or her leg ended.
        talked_us: u64,
        cause: ReturnCause,
    },
    /// The caller of a `CallReturned` and the next agent hear each other.
    CallTakenOver {
        call: CallId,
        agent: AgentId,
        /// Who lost it.
        from: AgentId,
        /// Since the `CallReturned`.
        waited_us: u64,
    },
    /// The agent talks on with another phone: her page was reloaded, or taken over by another one.
    CallRejoined {
        call: CallId,
        agent: AgentId,
        /// The new one.
        leg: LegId,
    },
    /// The phone that rang for her to come back to her talk was not answered.
    RejoinFailed {
        call: CallId,
        agent: AgentId,
        leg: LegId,
    },
    /// A call that had been recorded as lost with its gateway lives: takes back that record.
    CallResumed {
        call: CallId,
        takes_back: TakenBack,
    },
    /// 漏接回拨 is owed to this number.
    MissedCallReturnOwed {
        call: CallId,
        caller: Phone,
        cause: OwedCause,
    },
    AgentStateChanged {
        agent: AgentId,
        from: AgentStateName,
        to: AgentStateName,
        cause: StateCause,
    },
    WrapUpStarted {
        agent: AgentId,
        call: CallId,
    },
    WrapUpEnded {
        agent: AgentId,
        call: CallId,
        lasted_us: u64,
    },
    OutboundStarted {
        call: CallId,
        agent: AgentId,
        number: Phone,
        purpose: DialPurpose,
    },
    /// The called person and the clerk hear each other.
    OutboundAnswered {
        call: CallId,
        agent: AgentId,
    },
    OutboundFailed {
        call: CallId,
        agent: AgentId,
        cause: OutboundFailure,
    },
    OutboundEnded {
        call: CallId,
        agent: AgentId,
        talked_us: u64,
        cause: CallEndCause,
    },
    MediaLost {
        call: CallId,
        leg: LegId,
    },
    MediaBack {
        call: CallId,
        leg: LegId,
    },
    /// Stopped by the screen list, and no `CallArrived`: no request (X of `domain.md` 3.1), shown beside K1.
    CallScreened {
        call: CallId,
        gateway: GatewayId,
        leg: LegId,
        caller: Phone,
        dialled: String,
        arrived_at: Timestamp,
        rang_at: Timestamp,
        set_by: ScreenedBy,
        until: Timestamp,
    },
    /// A screened caller has pressed the emergency key; `CallArrived` with the original ring follows.
    ScreenedCallAdmitted {
        call: CallId,
    },
    /// The caller redialled: this call stands in the queue where `earlier` stood. Nothing else of it changes.
    PlaceKept {
        call: CallId,
        earlier: CallId,
        place_at: Timestamp,
    },
    /// A notice about a mass event was ordered for a waiting caller.
    SurgeNoticePlayed {
        call: CallId,
        notice: String,
    },
    WaitAnnounced {
        call: CallId,
        announcement: Announcement,
    },
    QueueCallbackOffered {
        call: CallId,
    },
    QueueCallbackRefused {
        call: CallId,
        reason: QueueCallbackRefusal,
    },
    /// The call ends as `CallAbandoned` by `QueueCallback`; its place stays in the queue.
    QueueCallbackPromised {
        call: CallId,
        caller: Phone,
        place_at: Timestamp,
        /// By the core's clock: it is kept until then or a return is owed. `None` in records of older releases.
        #[serde(default)]
        expires_at: Option<Timestamp>,
    },
    /// Its turn has come: the agent's own phone rings, as the call `outbound`.
    QueueCallbackStarted {
        call: CallId,
        outbound: CallId,
        agent: AgentId,
    },
    /// The number is dialled; 1 is the first time.
    QueueCallbackAttempted {
        call: CallId,
        attempt: u32,
    },
    /// Exactly one follows every `QueueCallbackPromised`.
    QueueCallbackEnded {
        call: CallId,
        outcome: QueueCallbackOutcome,
        /// Since the promise.
        waited_us: u64,
    },
}

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
