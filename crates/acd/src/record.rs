//! What goes into the event tables: the only source of every reported figure.
//!
//! An inbound call gives exactly one `CallArrived`, then exactly one of `CallAnswered` and
//! `CallAbandoned`, and after `CallAnswered` exactly one `CallEnded`. The only exception is marked:
//! `CallResumed` takes back the `CallAbandoned` or `CallEnded` of a gateway that was thought dead.
//! Between `CallAnswered` and `CallEnded` a talk that loses its agent gives `CallReturned`, and
//! `CallTakenOver` once another agent has it: neither counts the call, or its wait, again.

mod causes;
mod states;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, GatewayId, LegId, Phone, QueueCode, SkillCode, Timestamp};

use crate::announcement::Announcement;
use crate::effect::WithdrawReason;
use crate::input::{DialPurpose, FailureCause};
use crate::screening::ScreenedBy;

pub use causes::{
    AbandonCause, BreachCause, CallEndCause, GuardStep, OutboundFailure, OwedCause,
    QueueCallbackOutcome, QueueCallbackRefusal, ReturnCause, TakenBack,
};
pub use states::{AgentStateName, NotReadyReason, StateCause};

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
        /// `agent` is a channel of a neighbour's line.
        #[serde(default)]
        line: bool,
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
        /// `agent` is a channel of a neighbour's line.
        #[serde(default)]
        line: bool,
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
