//! The rate controller: it watches the connection rate of the last 24 hours (K1) and the 15-second share (K2b), says how many
//! calls may still be lost, when the target is missed at this pace and which lever helps most, and pulls levers or
//! advises them (`domain.md` 3.2, architecture section 7).
//!
//! Owns the estimate of the day and the decisions about levers; carries none of them out. Pure: no clock, no
//! randomness, no I/O. The host calls [`Controller::observe`] every few seconds with what it counted and does what the
//! decisions say; a person's word comes by [`Controller::answer`]. The state is data: taken out at any moment and
//! put back, the same decisions follow.
//!
//! * [`situation`]: what the host tells; * [`config`]: every threshold; * [`decision`]: what comes out, with its reason;
//! * [`outlook`]: figures for the supervisor's page; * [`words`]: all of it in Chinese.

mod act;
pub mod config;
mod controller;
pub mod decision;
mod effect;
mod judge;
mod lever;
mod limits;
mod micro;
pub mod outlook;
mod pace;
mod projection;
pub mod situation;
mod state;
mod window;
pub mod words;

pub use config::{Config, ConfigError, Mode};
pub use controller::Controller;
pub use decision::{Calm, Choice, Decision, Need, Refusal, What};
pub use effect::Effect;
pub use lever::{LeverId, Levers};
pub use outlook::{Aim, Outlook};
pub use situation::{Counters, Floor, Forecast, HalfHour, Situation};
pub use state::{By, LeverState, State};
