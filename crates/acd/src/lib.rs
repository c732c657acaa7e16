//! The distributor: which waiting caller rings which agent, and when.
//!
//! Pure: no clock, no randomness, no I/O. Inputs are facts, effects are orders; a day's journal can
//! be replayed into a new build. The one mutation is `Acd::handle(now, Input) -> Vec<Effect>`; the host
//! sends `Input::Tick` when `Acd::next_deadline() -> Option<Timestamp>` is due and reads `Acd::show()`.

mod agent;
mod announcement;
mod blocks;
mod board;
mod call;
mod check;
mod commands;
mod config;
mod core;
mod devices;
mod effect;
mod ended;
mod endings;
mod explanation;
mod farewell;
mod gateways;
mod guard;
mod inbound;
mod index;
mod input;
mod invariant;
mod journal;
mod lent;
mod lines;
mod matching;
mod offers;
mod outbound;
mod preferred;
mod promises;
mod queue;
mod queue_callback;
mod queues;
pub mod rates;
mod record;
mod redial;
mod refusal;
mod rejoin;
mod return_order;
mod returning;
mod screening;
mod skills;
mod strain;
mod tiers;
mod timers;
mod treatment;
mod view;
mod waiting_rules;

pub use crate::core::{Acd, Counts};

pub use announcement::{Announcement, Heard};
pub use blocks::{Blocks, Keyed};
pub use config::{Config, WaitingTreatment};
pub use effect::{AnswerMode, Destination, Effect, EndReason, Order, Treatment, WithdrawReason};
pub use explanation::{
    ExplainedStep, Explanation, SPANS_MAX, STEPS_MAX, StepCause, WaitEnding, WaitSpan, explain,
};
pub use input::{
    AgentCommand, Arrival, BreakReason, CallSnapshot, DeviceSnapshot, DialPurpose, EndCause,
    FailureCause, GatewayFact, Input, LegKind, LegSnapshot, LegState, ProofOutcome, RequestId,
    Routing,
};
pub use invariant::{Broken, Rule};
pub use journal::{Difference, JournalEntry, replay, replay_into};
pub use lines::{CHANNELS_MAX, Line};
pub use queue::{Ageing, QueuePolicy, Strategy};
pub use queues::Queue;
pub use record::{
    AbandonCause, AgentStateName, BreachCause, CallEndCause, GuardStep, NotReadyReason,
    OutboundFailure, OwedCause, QueueCallbackOutcome, QueueCallbackRefusal, Record, ReturnCause,
    StateCause, TakenBack,
};
pub use refusal::Refusal;
pub use return_order::{OwedReturn, ReturnTurn};
pub use screening::{ScreenedBy, ScreenedNumber};
pub use skills::{SkillLevel, SkillLevels};
pub use strain::OccupancyCeiling;
pub use tiers::Tier;
pub use view::{
    AgentView, GatewayView, OfferView, OutboundStageName, OutboundView, QueueCallbackView,
    TalkingView, View, WaitingView,
};
pub use waiting_rules::{
    AnnouncementRules, QueueCallbackRules, ReturnHours, ScreeningRules, SurgeNotice,
};
