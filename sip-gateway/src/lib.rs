//! The SIP and WebRTC gateway: signalling, media, recording. It anchors legs and tells the server
//! what happens on them; who talks to whom is the server's decision.
//!
//! Rooms: `sip` (messages, transactions, dialogs, registrar), `media` (RTP, WebRTC, prompts,
//! recording; the only place that reads SDP), `control` (the link to the server), `net` (run loop,
//! sockets, clock, randomness). The call machine itself is the crate `call`.

pub mod config;
pub mod control;
pub mod media;
pub mod net;
pub mod sip;
