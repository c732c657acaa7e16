//! The generator's callers and phones as state machines: they are told messages and the time, and say
//! what to send, when to be woken and what sound to start. They must not know sockets.

pub mod caller;
pub mod check;
pub mod phone;
pub mod registration;
pub mod sdp;
pub mod step;
pub mod text;
