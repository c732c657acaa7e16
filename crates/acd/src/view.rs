//! What the live pages show of the core at one moment. A projection: nothing here decides.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, DeviceId, GatewayId, LegId, Phone, SkillCode, Timestamp};

use crate::input::DialPurpose;
use crate::record::{AgentStateName, GuardStep};

/// All of the floor. Times are the core's clock, except where a field says the gateway's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub now: Timestamp,
    pub agents: Vec<AgentView>,
    /// In the order in which they are served.
    pub waiting: Vec<WaitingView>,
    pub offers: Vec<OfferView>,
    pub talking: Vec<TalkingView>,
    pub outbound: Vec<OutboundView>,
    pub gateways: Vec<GatewayView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentView {
    pub agent: AgentId,
    pub state: AgentStateName,
    /// Since when she is in this state.
    pub since: Timestamp,
    pub skills: BTreeSet<SkillCode>,
    pub reserve: bool,
    /// The call and leg she holds.
    pub call: Option<CallId>,
    pub leg: Option<LegId>,
    /// End of a wrap-up or of a warning.
    pub until: Option<Timestamp>,
    /// A registered, proved phone on a gateway that is in reach.
    pub reachable: bool,
    pub device: Option<DeviceId>,
    /// What she has chosen for after the call.
    pub afterwards: AgentStateName,
    /// Time in Ready since her last offered call.
    pub idle_us: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingView {
    pub call: CallId,
    pub gateway: GatewayId,
    pub caller: Option<Phone>,
    pub dialled: String,
    pub skills: BTreeSet<SkillCode>,
    pub priority: u8,
    /// By the gateway's clock.
    pub rang_at: Timestamp,
    /// The same moment by the core's clock: `now - ring_started` is the wait so far.
    pub ring_started: Timestamp,
    pub offers: u32,
    /// The last step of the 15-second guard and the next one with its time.
    pub step: GuardStep,
    pub next_step: Option<(GuardStep, Timestamp)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferView {
    pub call: CallId,
    pub leg: LegId,
    pub agent: AgentId,
    pub since: Timestamp,
    pub lapses_at: Timestamp,
    pub ringing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkingView {
    pub call: CallId,
    pub agent: AgentId,
    pub caller: Option<Phone>,
    pub dialled: String,
    pub caller_leg: LegId,
    pub agent_leg: LegId,
    pub since: Timestamp,
    pub held: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboundView {
    pub call: CallId,
    pub agent: AgentId,
    pub number: Phone,
    pub purpose: DialPurpose,
    pub stage: OutboundStageName,
    pub since: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboundStageName {
    /// The clerk's own phone rings.
    OwnPhone,
    Dialling,
    Connecting,
    Talking,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayView {
    pub gateway: GatewayId,
    pub connected: bool,
}
