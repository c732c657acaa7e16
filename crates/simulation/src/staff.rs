//! The people of a simulation and their turns, ready to be played.

use std::time::Duration;

use acd::{AgentCommand, AgentStateName, BreakReason};
use types::{AgentId, CallId, DeviceId, Timestamp};

use crate::draw::Spans;

/// How a phone is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answers {
    pub(crate) after: Spans,
    /// Share of offers that are never answered.
    pub(crate) unanswered: f64,
    /// The page answers by itself.
    pub(crate) auto: bool,
}

/// One stretch of work.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    pub(crate) from: Timestamp,
    /// `None`: to the end of the simulation.
    pub(crate) until: Option<Timestamp>,
    pub(crate) rests: Vec<Rest>,
    /// When her phone dies.
    pub(crate) phone_dies: Vec<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Rest {
    pub(crate) at: Timestamp,
    pub(crate) lasts: Duration,
    pub(crate) reason: BreakReason,
}

/// One agent: what she is like, and how she is now.
#[derive(Debug, Clone)]
pub(crate) struct Clerk {
    pub(crate) answers: Answers,
    /// Rings only for callers who wait long.
    pub(crate) reserve: bool,
    pub(crate) turns: Vec<Turn>,
    /// How she signs in, where it is known; as her shift says otherwise.
    pub(crate) signs_in: Option<AgentCommand>,
    pub(crate) on_duty: bool,
    pub(crate) state: AgentStateName,
    pub(crate) since: Timestamp,
    /// How long the break lasts that she takes as soon as she can.
    pub(crate) rest: Duration,
    pub(crate) wraps_up: Option<CallId>,
    /// Counts the deaths of her phone; `phone_works` between them.
    pub(crate) outage: u32,
    pub(crate) phone_works: bool,
}

impl Clerk {
    pub(crate) fn new(answers: Answers, reserve: bool, turns: Vec<Turn>) -> Self {
        Self {
            answers,
            reserve,
            turns,
            signs_in: None,
            on_duty: false,
            state: AgentStateName::SignedOut,
            since: Timestamp::default(),
            rest: Duration::ZERO,
            wraps_up: None,
            outage: 0,
            phone_works: true,
        }
    }
}

/// Agents are numbered by their place in the list; their ids begin at 1.
pub(crate) fn agent_of(index: usize) -> AgentId {
    AgentId::from_u128(index as u128 + 1)
}

pub(crate) fn device_of(index: usize) -> DeviceId {
    DeviceId::from_u128(index as u128 + 1)
}

pub(crate) fn index_of(agent: AgentId) -> usize {
    usize::try_from(agent.as_uuid().as_u128().wrapping_sub(1)).unwrap_or(usize::MAX)
}
