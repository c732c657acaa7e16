//! Keeps the centre's distributor (`acd::Acd`) running: one task owns it (R09).
//!
//! Owns: the order of inputs, the journal, carrying effects out, what pages see of the floor, the
//! shipping of the journal into the event tables. Must not do: decide about calls (that is `acd`),
//! answer HTTP.
//!
//! The way of a fact: gateway or page -> bounded inbox -> [`run`] hands it to the core in batches ->
//! orders go to the gateways at once, the entry goes to the [`journal`]'s own thread -> after the sync
//! the gateway's event is acknowledged and the [`shipper`] may move the entry into the tables.

pub mod journal;
pub mod replay;
pub mod translate;

mod callers;
mod day;
mod devices;
mod floor;
mod floor_check;
mod handle;
mod lease;
mod run;
mod shipper;
mod start;
mod watchdog;

#[cfg(test)]
mod tests;

pub use callers::{CallerBook, KnownCallers};
pub use devices::{DeviceFace, HeadsetCheck};
pub use floor::{Floor, FloorChange, OfferOrder};
pub use handle::{CommandError, HostHandle};
pub use shipper::{Shipper, ShipperStatus};
pub use start::{HostConfig, HostParts, RunningHost, StartError, start};

use acd::{AgentCommand, Announcement, Config, Refusal, ScreenedNumber};
use gateway_protocol::{NumberedEvent, Snapshot};
use tokio::sync::oneshot;
use types::{AgentId, CallId, GatewayId};

use journal::{EntryNumber, EventSource};

/// The distributor's answer to a command, and the entry that carries it.
pub type Answered = (Result<(), Refusal>, EntryNumber);

/// What reaches the host's inbox.
#[derive(Debug)]
pub enum HostMessage {
    /// A gateway's event that was not there before.
    Event { source: EventSource, event: NumberedEvent },
    /// All that a gateway has; replaces what the distributor remembers of it.
    Snapshot { gateway: GatewayId, snapshot: Box<Snapshot> },
    /// A gateway's link has been down for 2 s.
    GatewayLost { gateway: GatewayId },
    /// An agent, or a leader for her, asks for something.
    Agent { agent: AgentId, command: AgentCommand, answer: oneshot::Sender<Answered> },
    /// The centre's settings have changed.
    Configure { config: Box<Config> },
    /// The screen list has changed; all of it.
    ScreeningList { numbers: Vec<ScreenedNumber> },
    /// A waiting caller shall be told place and expected wait.
    Announce { call: CallId, announcement: Announcement },
}
