//! Signalling: messages, sockets, transactions, dialogs, the registrar. SDP is opaque here.
//!
//! The types of the transaction library stay in this room. What a call means is decided in the
//! crate `call`; what ties both together is `net::gateway`.

pub mod address;
pub mod clean;
pub mod datagrams;
pub mod dialog;
pub mod digest;
pub mod engine;
pub mod flow;
pub mod message;
pub mod rate;
pub mod registrar;
pub mod sockets;
pub mod trunk;
pub mod websocket;
