//! All that a gateway has, at one moment. It replaces what the server remembers.

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, DeviceId, LegId, Phone, Timestamp, TrunkName};

use crate::event::DeviceKind;
use crate::link::EventNumber;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The snapshot includes every event up to this number and none after.
    pub up_to: EventNumber,
    /// When it was taken, by the gateway's clock; also when it was sent.
    pub at: Timestamp,
    pub calls: Vec<CallSnapshot>,
    pub devices: Vec<DeviceSnapshot>,
    /// The gateway is draining ([`crate::Event::GatewayDraining`]).
    #[serde(default)]
    pub draining: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallSnapshot {
    pub call: CallId,
    pub caller: Option<Phone>,
    /// Empty for calls that we started.
    pub dialled: String,
    /// `t_ring`: a waiting caller keeps the original place. `None` for calls that we started.
    pub rang_at: Option<Timestamp>,
    pub legs: Vec<LegSnapshot>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// A citizen who called.
    Caller { trunk: TrunkName },
    /// An agent's phone.
    Agent { agent: AgentId },
    /// Somebody we called by the outbound trunk.
    Outbound { number: Phone },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LegState {
    /// INVITE sent or received, nobody has answered.
    Ringing,
    /// Answered, connected to nobody: waiting with music, or an agent before `Connect`.
    Waiting,
    /// Talking with `peer`; `held` if this leg has put its peer on hold, `media_lost` if it is an
    /// agent's and sends nothing.
    Connected {
        peer: LegId,
        held: bool,
        #[serde(default)]
        media_lost: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceSnapshot {
    pub agent: AgentId,
    pub device: DeviceId,
    pub kind: DeviceKind,
    pub registered_at: Timestamp,
    /// When microphone and loop were last proved on this registration.
    pub proved_at: Option<Timestamp>,
}
