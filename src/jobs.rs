//! What must happen at a due time: jobs from the store's table, claimed, run, tried again.
//!
//! Owns: [`JobKind`], the loop, the outbox relay's loop. Must not do: hold anything in memory that a
//! restart would lose. Due times are business time; claims and retries go by the real clock.

mod kind;
mod runner;

pub use kind::{HousekeepingPayload, JobKind, schedule};
pub use runner::{Jobs, run_due};
