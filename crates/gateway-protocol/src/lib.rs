//! Call control between a SIP gateway and the server: versioned JSON messages over one WebSocket.
//!
//! The link, from the gateway's connection on:
//!
//! 1. The gateway opens `GET /api/v1/gateway-link` with [`proof::GatewayProof`] in its
//!    `Authorization` header; the server answers the upgrade with `Hotline-Link-Proof`.
//! 2. The gateway sends [`Hello`]; the server answers with [`Welcome`], which names the last event
//!    it has stored of this run of the gateway.
//! 3. The gateway sends every event after that again, in order, then one [`Snapshot`], which
//!    replaces what the server remembers of legs and devices, then goes on live.
//! 4. Each side numbers what it sends, without gaps, and treats a repeated number as already done.
//!    The gateway keeps an event until [`ServerMessage::EventsStored`] covers it (the server sends
//!    that after its journal is synced). The server keeps a command until
//!    [`GatewayMessage::CommandsDone`] covers it.
//! 5. A command carries the fencing number of the server's lease; a gateway refuses a lower one
//!    than it has seen, and a higher one restarts the numbering of commands at 1.
//!
//! Must not do: I/O, clocks, decisions.

pub mod command;
pub mod event;
pub mod link;
pub mod proof;
pub mod snapshot;
pub mod token;

pub use command::{
    AnswerMode, Command, Destination, EndReason, PromptId, Treatment, WithdrawReason,
};
pub use event::{
    DeviceKind, DeviceLostCause, EndCause, Event, FailureCause, ProofOutcome, RecordingFault,
};
pub use link::{
    CommandNumber, DigestCredential, EventNumber, FencingNumber, GatewayMessage, Hello,
    NumberedCommand, NumberedEvent, PROTOCOL_VERSION, ServerMessage, Welcome,
};
pub use snapshot::{CallSnapshot, DeviceSnapshot, LegKind, LegSnapshot, LegState, Snapshot};
