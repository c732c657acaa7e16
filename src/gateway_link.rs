//! The server's side of call control: one WebSocket per gateway (`gateway_protocol`, R02).
//!
//! Owns: who may connect, numbering and acknowledgement both ways, commands kept over a break, the
//! moment a link counts as lost. Must not do: decide about calls; the distributor's host is told of
//! facts and gives the commands.

mod connection;
mod inbox;
mod nonces;
mod outbox;
mod registry;
mod upgrade;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use registry::LinkFault;
pub use registry::{GatewayLinks, LinkIdentity, LinkStatus};
pub use upgrade::router;
