//! One call: a citizen's call in, or a clerk's call out. Owns what can be said of it alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, DeviceId, GatewayId, LegId, Phone, SkillCode, Timestamp};

use crate::announcement::Heard;
use crate::input::{DialPurpose, Routing};
use crate::record::{BreachCause, GuardStep};
use crate::redial::Earlier;
use crate::skills::{SkillLevel, SkillLevels, levelled};

/// Causes kept per call; the first ones explain a miss best.
const CAUSES_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Call {
    Inbound(Box<Inbound>),
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
    #[serde(default)]
    pub(crate) routing: Routing,
    /// The preferred agent, while nobody else is asked.
    #[serde(default)]
    pub(crate) waits_for: Option<AgentId>,
    /// By the gateway's clock: place in the queue and start of every reported wait.
    pub(crate) rang_at: Timestamp,
    /// The same moment by the core's clock: start of every deadline. For a caller who waits again,
    /// the moment of the return.
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
    /// The last talk that lost its agent: the caller waits again, before everybody else, or talks
    /// with the next one.
    #[serde(default)]
    pub(crate) returned: Option<Returned>,
    /// The earlier call whose place it has: its caller redialled.
    #[serde(default)]
    pub(crate) earlier: Option<Earlier>,
    /// The caller has been offered a call back by key.
    #[serde(default)]
    pub(crate) callback_offered: bool,
    /// Was screened and let in by the emergency key.
    #[serde(default)]
    pub(crate) emergency: bool,
    #[serde(default)]
    pub(crate) heard: Heard,
    pub(crate) state: InboundState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum InboundState {
    Waiting {
        offers: BTreeMap<LegId, Offer>,
        /// Since when no phone has rung for it within its limit, while none does.
        idle_since: Timestamp,
    },
    /// An agent has answered, the bridge is ordered.
    Connecting {
        agent: AgentId,
        leg: LegId,
        step: GuardStep,
        #[serde(default)]
        device: Option<DeviceId>,
    },
    Talking(Talk),
}

/// A caller and an agent hear each other, or shall again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Talk {
    pub(crate) agent: AgentId,
    /// Her leg: the lease of the talk. That of `resume` once the one she talked on has ended.
    pub(crate) leg: LegId,
    /// By the gateway's clock.
    pub(crate) answered_at: Timestamp,
    /// By the core's clock.
    pub(crate) since: Timestamp,
    pub(crate) held: bool,
    /// The phone that rang for this leg; `None` if the core was not there.
    #[serde(default)]
    pub(crate) device: Option<DeviceId>,
    /// Since when that phone carries the talk; `None`: since its beginning.
    #[serde(default)]
    pub(crate) device_since: Option<Timestamp>,
    /// Since when nothing comes from her phone, by the core's clock.
    #[serde(default)]
    pub(crate) media_lost_since: Option<Timestamp>,
    #[serde(default)]
    pub(crate) resume: Option<Resume>,
}

/// Another phone of the same agent that shall take the place of the lost one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resume {
    pub(crate) leg: LegId,
    pub(crate) device: DeviceId,
    /// The bridge is ordered.
    pub(crate) answered: bool,
}

/// A talk that lost its agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Returned {
    /// Who lost it.
    pub(crate) from: AgentId,
    /// By the core's clock.
    pub(crate) since: Timestamp,
    /// All talks of the call until then.
    pub(crate) talked_us: u64,
}

/// One ringing of one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offer {
    pub(crate) agent: AgentId,
    pub(crate) since: Timestamp,
    pub(crate) step: GuardStep,
    /// The gateway has said that the phone rings.
    pub(crate) ringing: bool,
    /// The phone it was meant for.
    #[serde(default)]
    pub(crate) device: Option<DeviceId>,
    /// Since when its limit has passed and it rings on.
    #[serde(default)]
    pub(crate) overdue_since: Option<Timestamp>,
    /// A neighbour's line rings: nobody of ours is asked.
    #[serde(default)]
    pub(crate) line: bool,
    /// One more phone from the beginning: whoever has none may have it.
    #[serde(default)]
    pub(crate) lent: bool,
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
    /// The call that was promised this one (`queue_callback`).
    #[serde(default)]
    pub(crate) promise: Option<CallId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(crate) enum Stage {
    OwnPhone,
    Dialling {
        far: LegId,
    },
    Connecting {
        far: LegId,
    },
    Talking {
        far: LegId,
        answered_at: Timestamp,
        held: bool,
        /// Since when nothing comes from the clerk's phone, by the core's clock.
        #[serde(default)]
        media_lost_since: Option<Timestamp>,
    },
}

impl Inbound {
    /// What an agent must have.
    pub(crate) fn wanted(&self) -> SkillLevels {
        levelled(&self.skills, &self.routing.min_levels, SkillLevel::LEAST)
    }

    /// The ring by which it stands in the queue.
    pub(crate) const fn place_at(&self) -> Timestamp {
        match self.earlier {
            Some(earlier) => earlier.place_at,
            None => self.rang_at,
        }
    }

    pub(crate) const fn talk(&self) -> Option<Talk> {
        match self.state {
            InboundState::Talking(talk) => Some(talk),
            _ => None,
        }
    }

    pub(crate) const fn talk_mut(&mut self) -> Option<&mut Talk> {
        match &mut self.state {
            InboundState::Talking(talk) => Some(talk),
            _ => None,
        }
    }

    /// Whether a phone rings on this leg for an agent who has not answered.
    pub(crate) fn rings_on(&self, leg: LegId) -> bool {
        match &self.state {
            InboundState::Waiting { offers, .. } => offers.contains_key(&leg),
            InboundState::Connecting { .. } => false,
            InboundState::Talking(talk) => {
                talk.resume.is_some_and(|resume| resume.leg == leg && !resume.answered)
            }
        }
    }

    /// What earlier talks of the call lasted.
    pub(crate) fn talked_before_us(&self) -> u64 {
        self.returned.map_or(0, |returned| returned.talked_us)
    }

    pub(crate) fn blame(&mut self, cause: BreachCause) {
        if self.causes.len() < CAUSES_MAX {
            self.causes.push(cause);
        }
    }

    /// It waits, and no phone rings for it within its limit.
    pub(crate) fn is_unoffered(&self) -> bool {
        self.offers().is_some_and(none_in_time)
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

/// Whether each of these offers has rung past its limit.
pub(crate) fn none_in_time(offers: &BTreeMap<LegId, Offer>) -> bool {
    offers.values().all(|offer| offer.overdue_since.is_some())
}

impl Talk {
    pub(crate) fn resume_leg(&self) -> Option<LegId> {
        self.resume.map(|resume| resume.leg)
    }

    pub(crate) fn has_leg(&self, leg: LegId) -> bool {
        self.leg == leg || self.resume_leg() == Some(leg)
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
                        InboundState::Connecting { leg: of, .. } => *of == leg,
                        InboundState::Talking(talk) => talk.has_leg(leg),
                    }
            }
            Self::Outbound(call) => call.own == leg || call.stage.far() == Some(leg),
        }
    }
}
