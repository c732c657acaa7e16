//! Floors at a steady load, on which each decision of the distributor is timed on its own: how long it takes by
//! agents, waiting callers and skill groups, and what the polling, scan-all design takes for the same.
//!
//! Pure: the floor's time is its own, every choice follows from a seed, and the clock that times the decisions is an
//! argument.

mod draw;
mod floor;
mod load;
mod polling;
mod timing;

pub use load::Load;
pub use polling::rounds_us;
pub use timing::{Clock, Plan, Timed, time_decisions};
