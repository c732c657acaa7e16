//! One call: a citizen's call in, or a clerk's call out. Owns what can be said of it alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, GatewayId, LegId, Phone, SkillCode, Timestamp};

use crate::index::Place;
use crate::input::DialPurpose;
use crate::record::{BreachCause, GuardStep};

/// Causes kept per call; the first ones explain a miss best.
const CAUSES_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Call {
    Inbound(Inbound),
    Outbound(Outbound),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inbound {
    pub(crate) gateway: GatewayId,
    /// The caller's leg: the lease of the call.
    pub(crate) leg: LegId,
    pub(crate) caller: Option<Phone>,
    pub(crate) dialled: String,
    pub(crate) skills: BTreeSet<SkillCode>,
    pub(crate) priority: u8,
    /// By the gateway's clock: place in the queue and start of every reported wait.
    pub(crate) rang_at: Timestamp,
    /// The same moment by the core's clock: start of every deadline.
    pub(crate) ring_started: Timestamp,
    /// The carrier's leg has been answered (200).
    pub(crate) leg_answered: bool,
    /// The waiting treatment has been ordered.
    pub(crate) treated: bool,
    /// The last step of the guard.
    pub(crate) step: GuardStep,
    /// Agents who shall not ring for this call again before the time given (R18).
    pub(crate) avoid: BTreeMap<AgentId, Timestamp>,
    pub(crate) causes: Vec<BreachCause>,
    pub(crate) state: InboundState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum InboundState {
    Waiting {
        offers: BTreeMap<LegId, Offer>,
        /// Since when nobody has rung for it, while `offers` is empty.
        idle_since: Timestamp,
    },
    /// An agent has answered, the bridge is ordered.
    Connecting { agent: AgentId, leg: LegId, step: GuardStep },
    Talking {
        agent: AgentId,
        leg: LegId,
        /// By the gateway's clock.
        answered_at: Timestamp,
        /// By the core's clock.
        since: Timestamp,
        held: bool,
    },
}

/// One ringing of one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offer {
    pub(crate) agent: AgentId,
    pub(crate) since: Timestamp,
    pub(crate) step: GuardStep,
    /// The gateway has said that the phone rings.
    pub(crate) ringing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outbound {
    pub(crate) gateway: GatewayId,
    pub(crate) agent: AgentId,
    /// The clerk's leg: the lease of agent and call.
    pub(crate) own: LegId,
    pub(crate) number: Phone,
    pub(crate) purpose: DialPurpose,
    pub(crate) stage: Stage,
    /// Since when it is in this stage.
    pub(crate) since: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(crate) enum Stage {
    OwnPhone,
    Dialling { far: LegId },
    Connecting { far: LegId },
    Talking { far: LegId, answered_at: Timestamp, held: bool },
}

impl Inbound {
    pub(crate) const fn place(&self, call: CallId) -> Place {
        (self.priority, self.rang_at, call)
    }

    pub(crate) fn blame(&mut self, cause: BreachCause) {
        if self.causes.len() < CAUSES_MAX {
            self.causes.push(cause);
        }
    }

    pub(crate) fn avoids(&self, agent: AgentId, now: Timestamp) -> bool {
        self.avoid.get(&agent).is_some_and(|until| *until > now)
    }

    pub(crate) fn offers(&self) -> Option<&BTreeMap<LegId, Offer>> {
        match &self.state {
            InboundState::Waiting { offers, .. } => Some(offers),
            _ => None,
        }
    }

    pub(crate) fn offers_mut(&mut self) -> Option<&mut BTreeMap<LegId, Offer>> {
        match &mut self.state {
            InboundState::Waiting { offers, .. } => Some(offers),
            _ => None,
        }
    }
}

impl Stage {
    pub(crate) const fn far(self) -> Option<LegId> {
        match self {
            Self::OwnPhone => None,
            Self::Dialling { far } | Self::Connecting { far } | Self::Talking { far, .. } => {
                Some(far)
            }
        }
    }
}

impl Call {
    pub(crate) const fn gateway(&self) -> &GatewayId {
        match self {
            Self::Inbound(call) => &call.gateway,
            Self::Outbound(call) => &call.gateway,
        }
    }

    pub(crate) fn has_leg(&self, leg: LegId) -> bool {
        match self {
            Self::Inbound(call) => {
                call.leg == leg
                    || match &call.state {
                        InboundState::Waiting { offers, .. } => offers.contains_key(&leg),
                        InboundState::Connecting { leg: of, .. }
                        | InboundState::Talking { leg: of, .. } => *of == leg,
                    }
            }
            Self::Outbound(call) => call.own == leg || call.stage.far() == Some(leg),
        }
    }
}
