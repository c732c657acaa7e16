//! The gateway's contact with the machine: clock, randomness, sockets, the run loop.
//!
//! The only room that reads the clock or draws random numbers; everyone else is given them.

pub mod clock;
pub mod gateway;
pub mod http;
pub mod random;
pub mod startup;
