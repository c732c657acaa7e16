//! Connection rate, 15-second share, missed calls returned, the day's breaches, who waits, who is ready:
//! the board.
//!
//! Owns: which figures are shown and how a recomputation from the event tables is compared with
//! them. Must not do: count; `acd::rates` and `figures` count, from records alone.

mod board;
mod figures;
mod k12;
mod recount;

pub use board::{AgentCounts, Board, Breach, WaitingCall, board, measure};
pub use figures::{Figures, K1, K2a, K2b};
pub use k12::K12;
pub use recount::{Recount, recount};
