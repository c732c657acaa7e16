//! The gateway's call machine: from facts of signalling and orders of the server to orders for the
//! signalling and media rooms and facts for the server.
//!
//! `Machine::handle(now, Input) -> Vec<Output>` and `Machine::next_deadline()`; the host feeds
//! facts, carries the outputs out in their order, and calls `handle(now, Input::Tick)` at the
//! deadline. The machine owns which legs exist, and that each leg ends exactly once.
//!
//! Must not do: I/O, clocks, randomness, SIP texts, SDP.

mod input;
mod leg;
mod lost;
mod machine;
mod orders;
mod output;
mod snapshot;

pub use input::{AnswerMode, Input, Offer, Order, Target, Treatment};
pub use leg::{LegKind, LegState};
pub use machine::{Machine, Settings};
pub use output::{EndCause, Fact, FailureCause, Output, Source};
pub use snapshot::{CallView, LegView};
