//! One agent: her state, her choice, her phones. Owns what can be said of her alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, DeviceId, GatewayId, LegId, SkillCode, Timestamp};

use crate::input::{ProofOutcome, RequestId};
use crate::lines::Line;
use crate::record::{AgentStateName, NotReadyReason};
use crate::refusal::Refusal;
use crate::skills::{SkillLevel, SkillLevels, levelled};
use crate::strain::Strain;
use crate::tiers::Tier;

/// Answers remembered per agent, so that a repeated request does nothing twice.
const ANSWERS_MAX: usize = 32;
/// Phones remembered per agent; a page that reloads brings a new one.
const DEVICES_MAX: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agent {
    /// Shared with every copy of the floor.
    pub(crate) skills: Arc<BTreeSet<SkillCode>>,
    /// All of `skills` with their levels; empty in states of older releases.
    #[serde(default)]
    pub(crate) levels: Arc<SkillLevels>,
    pub(crate) reserve: bool,
    /// `None` in states of older releases.
    #[serde(default)]
    pub(crate) tier: Option<Tier>,
    pub(crate) auto_answer: bool,
    pub(crate) state: AgentState,
    pub(crate) since: Timestamp,
    /// Her last explicit choice: where she goes when her call or wrap-up is over (R18).
    pub(crate) afterwards: Choice,
    /// Time in Ready since her last offered call, without the present stretch (R21).
    pub(crate) idle_us: u64,
    /// Offers in a row that she did not answer.
    pub(crate) lapses: u32,
    #[serde(default)]
    pub(crate) strain: Strain,
    /// Not a person but a channel of this line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<Line>,
    pub(crate) devices: BTreeMap<DeviceId, Device>,
    answers: VecDeque<(RequestId, Result<(), Refusal>)>,
}

/// A state that is not idle names the leg it depends on (its lease, R01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum AgentState {
    SignedOut,
    NotReady { reason: NotReadyReason },
    Ready,
    Warned { until: Timestamp },
    Offered { call: CallId, leg: LegId },
    Talking { call: CallId, leg: LegId },
    Outbound { call: CallId, leg: LegId },
    WrapUp { call: CallId, until: Timestamp, extensions: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "choice", rename_all = "snake_case")]
pub(crate) enum Choice {
    SignedOut,
    NotReady { reason: NotReadyReason },
    Ready,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) gateway: GatewayId,
    pub(crate) registered: bool,
    /// By the gateway's clock; an older fact about this device changes nothing.
    pub(crate) changed_at: Timestamp,
    pub(crate) proof: Proof,
}

/// The last headset check counts, whatever the one before it showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "proof", rename_all = "snake_case")]
pub(crate) enum Proof {
    None,
    /// By the core's clock.
    Good {
        at: Timestamp,
    },
    MicrophoneSilent,
    NoMedia,
}

impl Proof {
    pub(crate) const fn of(outcome: ProofOutcome, at: Timestamp) -> Self {
        match outcome {
            ProofOutcome::Proved => Self::Good { at },
            ProofOutcome::MicrophoneSilent => Self::MicrophoneSilent,
            ProofOutcome::NoMedia => Self::NoMedia,
        }
    }
}

impl AgentState {
    pub(crate) const fn name(self) -> AgentStateName {
        match self {
            Self::SignedOut => AgentStateName::SignedOut,
            Self::NotReady { reason } => AgentStateName::NotReady { reason },
            Self::Ready => AgentStateName::Ready,
            Self::Warned { .. } => AgentStateName::Warned,
            Self::Offered { .. } => AgentStateName::Offered,
            Self::Talking { .. } => AgentStateName::Talking,
            Self::Outbound { .. } => AgentStateName::Outbound,
            Self::WrapUp { .. } => AgentStateName::WrapUp,
        }
    }

    /// The call and leg she holds.
    pub(crate) const fn lease(self) -> Option<(CallId, LegId)> {
        match self {
            Self::Offered { call, leg }
            | Self::Talking { call, leg }
            | Self::Outbound { call, leg } => Some((call, leg)),
            Self::SignedOut
            | Self::NotReady { .. }
            | Self::Ready
            | Self::Warned { .. }
            | Self::WrapUp { .. } => None,
        }
    }

    pub(crate) const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Warned { until } | Self::WrapUp { until, .. } => Some(until),
            _ => None,
        }
    }
}

impl Choice {
    pub(crate) const fn state(self) -> AgentState {
        match self {
            Self::SignedOut => AgentState::SignedOut,
            Self::NotReady { reason } => AgentState::NotReady { reason },
            Self::Ready => AgentState::Ready,
        }
    }
}

impl Agent {
    pub(crate) fn signed_out(now: Timestamp) -> Self {
        Self {
            skills: Arc::default(),
            levels: Arc::default(),
            reserve: false,
            tier: None,
            auto_answer: false,
            state: AgentState::SignedOut,
            since: now,
            afterwards: Choice::SignedOut,
            idle_us: 0,
            lapses: 0,
            strain: Strain::default(),
            line: None,
            devices: BTreeMap::new(),
            answers: VecDeque::new(),
        }
    }

    /// What she can, and how well.
    pub(crate) fn set_skills(&mut self, skills: BTreeSet<SkillCode>, levels: &SkillLevels) {
        self.levels = Arc::new(levelled(&skills, levels, SkillLevel::USUAL));
        self.skills = Arc::new(skills);
    }

    /// Adds what a state of an older release does not have.
    pub(crate) fn complete(&mut self) {
        if self.levels.len() != self.skills.len() {
            self.levels = Arc::new(levelled(&self.skills, &self.levels, SkillLevel::USUAL));
        }
    }

    pub(crate) fn tier(&self) -> Tier {
        self.tier.unwrap_or(if self.reserve { Tier::TeamLeader } else { Tier::Regular })
    }

    pub(crate) fn answered(&self, request: RequestId) -> Option<Result<(), Refusal>> {
        self.answers.iter().find(|(of, _)| *of == request).map(|(_, result)| *result)
    }

    pub(crate) fn remember_answer(&mut self, request: RequestId, result: Result<(), Refusal>) {
        if self.answers.len() >= ANSWERS_MAX {
            self.answers.pop_front();
        }
        self.answers.push_back((request, result));
    }

    /// Idle in Ready without a break since, in microseconds since 1970: the rank of longest-ready.
    pub(crate) fn rank(&self) -> i64 {
        self.since.as_micros().saturating_sub(i64::try_from(self.idle_us).unwrap_or(i64::MAX))
    }

    /// Time in Ready since her last offered call, at `now`.
    pub(crate) fn idle_at(&self, now: Timestamp) -> u64 {
        match self.state {
            AgentState::Ready => self.idle_us.saturating_add(micros(now, self.since)),
            _ => self.idle_us,
        }
    }

    /// The registered phone with the youngest good proof on a gateway that is in reach.
    pub(crate) fn reachable(
        &self,
        gateways: &BTreeMap<GatewayId, bool>,
    ) -> Option<(&Device, DeviceId)> {
        self.registered(gateways)
            .filter_map(|(id, device)| match device.proof {
                Proof::Good { at } => Some((at, id, device)),
                _ => None,
            })
            .max_by_key(|(at, id, _)| (*at, *id))
            .map(|(_, id, device)| (device, id))
    }

    /// The registered phones on gateways that are in reach.
    pub(crate) fn registered(
        &self,
        gateways: &BTreeMap<GatewayId, bool>,
    ) -> impl Iterator<Item = (DeviceId, &Device)> {
        self.devices
            .iter()
            .filter(|(_, device)| {
                device.registered && gateways.get(&device.gateway).copied().unwrap_or(false)
            })
            .map(|(id, device)| (*id, device))
    }

    /// The device as an entry that exists, forgetting an old one if there are too many.
    pub(crate) fn device(
        &mut self,
        id: DeviceId,
        gateway: &GatewayId,
        at: Timestamp,
    ) -> &mut Device {
        if !self.devices.contains_key(&id) && self.devices.len() >= DEVICES_MAX {
            let old = self
                .devices
                .iter()
                .min_by_key(|(_, device)| (device.registered, device.changed_at))
                .map(|(id, _)| *id);
            if let Some(old) = old {
                self.devices.remove(&old);
            }
        }
        self.devices.entry(id).or_insert_with(|| Device {
            gateway: gateway.clone(),
            registered: false,
            changed_at: at,
            proof: Proof::None,
        })
    }
}

/// Microseconds from `earlier` to `later`; zero if it is the other way round.
pub(crate) fn micros(later: Timestamp, earlier: Timestamp) -> u64 {
    u64::try_from(later.as_micros().saturating_sub(earlier.as_micros())).unwrap_or(0)
}

/// Which agent, for maps keyed by her.
pub(crate) type Agents = BTreeMap<AgentId, Agent>;
