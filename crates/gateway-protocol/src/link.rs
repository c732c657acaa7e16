//! What frames every message: numbers, acknowledgements, the opening handshake.

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use types::{AgentId, CentreId, GatewayId, GatewayInstanceId, Timestamp};

use crate::command::Command;
use crate::event::Event;
use crate::snapshot::Snapshot;

/// Version of these messages. A side that meets another version closes the link and says so.
pub const PROTOCOL_VERSION: u32 = 1;

/// Longest JSON message either side accepts, in bytes; a snapshot of a full gateway fits.
pub const MESSAGE_LEN_MAX: usize = 4 * 1024 * 1024;

/// Number of an event within one run of a gateway; the first is 1, no number is left out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EventNumber(pub u64);

/// Number of a command below one fencing number; the first is 1, no number is left out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct CommandNumber(pub u64);

/// Rises each time a server node takes over a centre; a gateway obeys the highest it has seen.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct FencingNumber(pub u64);

/// Gateway to server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum GatewayMessage {
    Hello(Hello),
    Event(NumberedEvent),
    Snapshot(Snapshot),
    /// Every command up to this number (of the highest fencing number seen) has been carried out or
    /// has been answered by an event that says why not.
    CommandsDone {
        fencing: FencingNumber,
        up_to: CommandNumber,
    },
}

/// Server to gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum ServerMessage {
    Welcome(Welcome),
    Command(NumberedCommand),
    /// Every event up to this number is on the server's disk: the gateway may forget it.
    EventsStored {
        up_to: EventNumber,
    },
    /// The desk phones that may register, all of them: replaces what was sent before.
    Credentials {
        credentials: Vec<DigestCredential>,
    },
    /// The server closes the link after this; `reason` says what to do.
    Refused {
        reason: String,
    },
}

/// First message of a gateway on a new link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u32,
    pub gateway: GatewayId,
    /// Changes with every start of the gateway: its event numbers begin at 1 again.
    pub instance: GatewayInstanceId,
    /// Version of the program, for people.
    pub software: String,
    /// Last event the gateway has numbered so far.
    pub last_event: EventNumber,
    /// Highest fencing number the gateway has obeyed, and the last command done below it.
    pub fencing: FencingNumber,
    pub last_command: CommandNumber,
}

/// The server's answer to [`Hello`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    pub protocol: u32,
    pub centre: CentreId,
    pub fencing: FencingNumber,
    /// Last event of this instance that the server has stored; 0 for an instance it has never met.
    pub events_stored: EventNumber,
    /// What business time is ahead of the clock, in microseconds: 0 except in test builds.
    #[serde(default)]
    pub business_time_offset_us: i64,
    pub credentials: Vec<DigestCredential>,
}

/// One event under its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberedEvent {
    pub number: EventNumber,
    /// When it happened, by the gateway's clock. Waits are differences of these alone.
    pub at: Timestamp,
    /// When this copy of the message left the gateway, by the same clock: `sent_at - at` is the age
    /// of the fact, whatever the server's clock says.
    pub sent_at: Timestamp,
    pub event: Event,
}

/// One command under its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberedCommand {
    pub fencing: FencingNumber,
    pub number: CommandNumber,
    pub command: Command,
}

/// What lets one desk phone register by digest (RFC 8760). Hashes only: the password stays with the
/// administrator who issued it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestCredential {
    pub agent: AgentId,
    pub username: String,
    pub realm: String,
    /// Hex of `MD5(username:realm:password)`, for phones that know nothing newer.
    pub ha1_md5: String,
    /// Hex of `SHA-256(username:realm:password)`.
    pub ha1_sha256: String,
}

impl DigestCredential {
    /// The hashes of a password. SHA-256 is what newer phones use; MD5 is RFC 3261's own.
    #[must_use]
    pub fn of_password(agent: AgentId, username: &str, realm: &str, password: &str) -> Self {
        let secret = format!("{username}:{realm}:{password}");
        Self {
            agent,
            username: username.to_owned(),
            realm: realm.to_owned(),
            ha1_md5: hex::encode(Md5::digest(&secret)),
            ha1_sha256: hex::encode(Sha256::digest(&secret)),
        }
    }
}

impl std::fmt::Debug for DigestCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DigestCredential")
            .field("agent", &self.agent)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}
