//! The link to the server: numbering, keeping, connecting. What a command means is decided
//! elsewhere.

pub mod inbox;
pub mod link;
pub mod outbox;
pub mod translate;
