//! How many agents a hotline needs, and what its callers must expect from those on duty.
//!
//! Pure: arithmetic alone, no clock, no randomness, no I/O. Arrivals are a Poisson stream, handling times and
//! patience are exponential: the models whose answers planners know as Erlang C (nobody hangs up) and Erlang A
//! (callers have a patience). Spans are seconds; shares are 0 to 1.

mod erlang_a;
mod erlang_c;
mod load;
mod requirement;

pub use erlang_a::ErlangA;
pub use erlang_c::ErlangC;
pub use load::{Load, LoadError};
pub use requirement::{Target, agents_needed};
