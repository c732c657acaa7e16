//! The rules that hold after every step. Owns their names.

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId};

/// What was found broken, and repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    pub rule: Rule,
    pub agent: Option<AgentId>,
    pub call: Option<CallId>,
}

/// The rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// An agent who is not idle names a live leg of a call that names her (the lease).
    AgentHoldsLiveLeg,
    /// A leg of a call that names an agent is the one she holds.
    CallHoldsItsAgent,
    /// An agent stands in the index of ready agents exactly if she can be rung.
    ReadyAgentIsIndexed,
    /// A call stands in the index of calls that want an agent exactly if it does.
    WaitingCallIsIndexed,
    /// Nobody waits unoffered while a matching agent is idle.
    NobodyWaitsBesideAnIdleAgent,
    /// Every deadline is in the future and belongs to something that lives.
    DeadlinesLieAhead,
    /// Arrived = answered + abandoned + unresolved; answered = ended + talking.
    CountsAddUp,
    /// A talk whose agent's media is lost, or that waits for another phone of hers, has a deadline:
    /// nobody hears music for ever.
    LostTalkHasDeadline,
    /// A micro-break, a time of being passed over, a wait for a preferred agent: each has a deadline.
    SparingHasEnd,
    /// A promised call back waits with a deadline, or a live call out is about to keep it.
    PromiseIsBounded,
}
