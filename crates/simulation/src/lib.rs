//! Days of a hotline through the real distributor: callers with a patience, agents with habits, one gateway that
//! does what it is told. What happens is drawn from a seed; who rings when is decided by the crate `acd` alone.
//!
//! Pure: time is the simulation's own, every random number follows from the seed.

mod draw;
mod habits;
mod outcome;
mod phones;
mod world;

pub use habits::{Agents, Callers, HabitError, PickUp, Scenario, Span};
pub use outcome::Outcome;
pub use world::simulate;
