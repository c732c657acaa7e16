//! Connection rate, 15-second share, the day's breaches, who waits, who is ready: the board.
//!
//! Owns: which figures are shown and how a recomputation from the event tables is compared with
//! them. Must not do: count; `acd::rates` counts, from records alone.

mod board;
mod figures;
mod recount;

pub use board::{AgentCounts, Board, Breach, WaitingCall, board, measure};
pub use figures::{Figures, K1, K2a, K2b};
pub use recount::{Recount, recount};
