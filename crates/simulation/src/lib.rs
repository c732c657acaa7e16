//! Days of a hotline through the real distributor: callers with a patience, agents with habits, shifts and phones that
//! fail, one gateway that does what it is told while it lives. What happens is drawn from a seed; who rings when is
//! decided by the crate `acd` alone.
//!
//! Four ways in: [`simulate`] plays one steady load, [`play`] the days of a TOML scenario ([`Days`]), [`play_log`]
//! the calls of a CSV table ([`CallLog`]) on a scenario's staff, [`Watched`] a floor whose levers somebody pulls. [`Report`]
//! makes tables and pictures of days; [`theory`] holds the distributor against Erlang A, [`guard`] measures what its
//! 15-second guard is worth.
//!
//! Pure: time is the simulation's own, every random number follows from the seed, files are the caller's to read.

mod arrivals;
mod call_log;
mod civil;
mod comparison;
mod days;
mod draw;
pub mod guard;
mod habits;
mod ledger;
mod outcome;
mod patience;
mod phones;
mod play;
mod plot;
mod recorded;
mod report;
mod staff;
mod steady;
pub mod theory;
pub mod waits;
mod watched;
mod world;

pub use arrivals::LoggedCall;
pub use call_log::{CallLog, CallLogError, Columns, Unreadable};
pub use civil::ClockTime;
pub use comparison::{Comparison, Side, chance, table};
pub use days::{
    Answering, Break, BuiltIn, Days, DaysError, Demand, Faults, Habits, Outage, Shift, Surge,
};
pub use habits::{Agents, Callers, HabitError, PickUp, Scenario, Span};
pub use ledger::{Ledger, StaffTime};
pub use outcome::Outcome;
pub use play::{Played, Progress, play, play_log};
pub use plot::Picture;
pub use recorded::{Recorded, Recorder, Replayed, play_recorded};
pub use report::{Figures, Happening, Report, Slot, What};
pub use steady::simulate;
pub use watched::{Conditions, Counted, Seen, Watched, WatchedCentre, Working};
