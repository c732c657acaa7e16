//! Facts that reach the core. Names are in the past tense; an agent's command is a fact too: she
//! has asked.
//!
//! Fields are only ever added, with a default: journals of older releases must still replay.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, DeviceId, GatewayId, LegId, Phone, QueueCode, SkillCode, Timestamp};

use crate::announcement::Announcement;
use crate::config::Config;
use crate::screening::ScreenedNumber;
use crate::skills::SkillLevels;
use crate::tiers::Tier;

/// One thing that has happened. Any of them may come twice, late, out of order, or name what the
/// core does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Input {
    /// The centre's configuration, first of all and at every change (R20: nothing is dropped).
    Configure { config: Box<Config> },
    /// A gateway has reported a fact. `at` is the gateway's clock.
    Gateway { gateway: GatewayId, at: Timestamp, fact: GatewayFact },
    /// The link to a gateway is down.
    GatewayLost { gateway: GatewayId },
    /// All that a gateway has, at one moment of its clock. Replaces what the core remembers of it.
    GatewaySnapshot {
        gateway: GatewayId,
        at: Timestamp,
        calls: Vec<CallSnapshot>,
        devices: Vec<DeviceSnapshot>,
        /// It takes nothing new any more.
        #[serde(default)]
        draining: bool,
    },
    /// An agent (or a leader for her) has asked for something. Answered by exactly one
    /// [`crate::Effect::Answer`] with the same `request`; a repeated `request` does nothing twice.
    Agent { agent: AgentId, request: RequestId, command: AgentCommand },
    /// Midnight of the centre is past: everybody's calls of the day count from zero. `day` rises from day to day (days since
    /// 1970, by the centre's calendar); one that does not does nothing.
    NewDay { day: u32 },
    /// The whole screen list (`domain.md` section 12), first of all and at every change.
    ScreeningList { numbers: Vec<ScreenedNumber> },
    /// A waiting caller shall be told the place and the expected wait (R23). Does nothing for who waits no more.
    Announce { call: CallId, announcement: Announcement },
    /// Time has passed: sent when [`crate::Acd::next_deadline`] is due.
    Tick,
}

/// Chosen by the host, unique per agent. Joins a command to its answer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RequestId(pub u64);

/// What a gateway reports (crate `gateway-protocol`, `Event`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum GatewayFact {
    CallArrived(Arrival),
    LegRinging {
        call: CallId,
        leg: LegId,
    },
    LegAnswered {
        call: CallId,
        leg: LegId,
    },
    /// Two legs hear each other. For an inbound call with an agent this is `t_answer`.
    LegsConnected {
        call: CallId,
        first: LegId,
        second: LegId,
    },
    LegFailed {
        call: CallId,
        leg: LegId,
        cause: FailureCause,
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
    DeviceRegistered {
        agent: AgentId,
        device: DeviceId,
    },
    DeviceLost {
        agent: AgentId,
        device: DeviceId,
    },
    DeviceProved {
        agent: AgentId,
        device: DeviceId,
        outcome: ProofOutcome,
    },
    LegMediaLost {
        call: CallId,
        leg: LegId,
    },
    LegMediaBack {
        call: CallId,
        leg: LegId,
    },
    /// A key was pressed: `0`-`9`, `*`, `#`, `A`-`D`. Those of callers who are offered a call back, or
    /// are screened, mean something.
    DigitPressed {
        call: CallId,
        leg: LegId,
        digit: char,
    },
    /// It takes nothing new and will end what is left: nobody is called through it any more. Its
    /// waiting callers are offered on, for they can be reached nowhere else.
    Draining,
}

/// A citizen's call has been let in. Skills and priority are resolved by the host from the dialled
/// number and the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    pub call: CallId,
    pub leg: LegId,
    /// `None` where the carrier withholds the number.
    pub caller: Option<Phone>,
    /// The number that was called.
    pub dialled: String,
    /// An agent must have all of them; empty: any agent.
    pub skills: BTreeSet<SkillCode>,
    /// 0 is served first.
    pub priority: u8,
    /// First signalling, by the gateway's clock.
    pub arrived_at: Timestamp,
    /// Ringback starts, by the gateway's clock: the 15 seconds run from here.
    pub rang_at: Timestamp,
    /// How old the ring was when this reached the core: the core's own deadlines start at
    /// `now - age`, so that no two clocks are ever compared.
    pub age_ms: u64,
    #[serde(default)]
    pub routing: Routing,
}

/// What else the host has found out about a call before it waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Routing {
    /// Whose rules hold; `None`: those of the centre's default queue.
    pub queue: Option<QueueCode>,
    /// The least level of a wanted skill; one that is not named: any.
    pub min_levels: SkillLevels,
    /// Who talked with this caller last, or has the caller's open order.
    pub preferred: Option<AgentId>,
    pub elder: bool,
    /// Has called before without being served.
    pub repeat_caller: bool,
}

/// Why a leg never came to be (the words of `gateway-protocol`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// Why a leg is over (the words of `gateway-protocol`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    HungUp,
    PeerHungUp,
    Ordered,
    Vanished,
    GatewayStopping,
    Fault,
}

/// What a headset check showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofOutcome {
    Proved,
    MicrophoneSilent,
    NoMedia,
}

/// A call as a gateway has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallSnapshot {
    pub call: CallId,
    pub caller: Option<Phone>,
    /// Empty for calls that we started.
    pub dialled: String,
    /// Resolved by the host, as for an arrival; used if the core does not know the call.
    #[serde(default)]
    pub skills: BTreeSet<SkillCode>,
    #[serde(default)]
    pub priority: u8,
    /// `None` for calls that we started.
    pub rang_at: Option<Timestamp>,
    pub legs: Vec<LegSnapshot>,
    /// As for an arrival.
    #[serde(default)]
    pub routing: Routing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegSnapshot {
    pub leg: LegId,
    pub kind: LegKind,
    pub state: LegState,
    /// Since when it is in this state.
    pub since: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LegKind {
    Caller,
    Agent { agent: AgentId },
    Outbound { number: Phone },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LegState {
    /// Nobody has answered.
    Ringing,
    /// Answered, connected to nobody.
    Waiting,
    /// Talking with `peer`.
    Connected {
        peer: LegId,
        held: bool,
        /// An agent's phone that sends nothing.
        #[serde(default)]
        media_lost: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceSnapshot {
    pub agent: AgentId,
    pub device: DeviceId,
    /// When microphone and loop were last proved on this registration, by the gateway's clock.
    pub proved_at: Option<Timestamp>,
}

/// What an agent asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum AgentCommand {
    /// Starts a shift, Not-Ready. While signed in: changes skills and flags, nothing else.
    SignIn {
        skills: BTreeSet<SkillCode>,
        /// How well; a skill that is not named: [`crate::SkillLevel::USUAL`].
        #[serde(default)]
        levels: SkillLevels,
        /// Rings only for calls that wait longer than `reserve_after_ms`.
        reserve: bool,
        /// `None`: a team leader if `reserve`, else regular.
        #[serde(default)]
        tier: Option<Tier>,
        auto_answer: bool,
    },
    /// During a call: takes effect after it, without wrap-up.
    SignOut,
    /// During a call: what follows the wrap-up. In wrap-up: ends it.
    Ready,
    /// During a call: what follows the wrap-up. During an offer: gives the offer back.
    NotReady {
        reason: BreakReason,
    },
    FinishWrapUp,
    ExtendWrapUp,
    HangUp,
    Hold,
    Retrieve,
    /// The caller abuses her: a break follows the wrap-up (`abuse_break_ms`), then she is Ready again by herself.
    ReportAbuse,
    RejectOffer,
    /// The page's answer key; the phone itself answers, so this only checks that an offer rings.
    Answer,
    /// Calls a number: her own phone first, then the number. `call` is new, chosen by the host.
    Dial {
        call: CallId,
        number: Phone,
        purpose: DialPurpose,
    },
}

/// 小休 and busy reasons that an agent chooses (domain 11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakReason {
    Busy,
    Meal,
    Rest,
    Training,
    Meeting,
}

/// Why a clerk calls somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DialPurpose {
    /// 反馈.
    Feedback,
    /// 回访.
    FollowUp,
    /// 漏接回拨.
    MissedCallReturn,
    /// 排队回呼: the distributor's own, for a promise that it keeps.
    QueueCallback,
    Other,
}
