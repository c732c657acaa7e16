//! All SQL of the server, for SQLite and PostgreSQL.
//!
//! Owns: [`Db`], [`Tx`], migrations, one module per aggregate with its statements as named constants.
//! Must not do: decide, publish, know `service` or `api`. A `&mut Tx` is the proof that a transaction is
//! open; only `service` (and the hosts) begin and commit one.

#[macro_use]
mod db;
mod error;
mod migrate;
mod rows;

pub mod acd_event;
pub mod agent_log;
pub mod audit;
pub mod call;
pub mod call_day;
pub mod centre;
pub mod day_forecast;
pub mod desk_phone;
pub mod dial_attempt;
pub mod elder_caller;
pub mod event_day;
pub mod exclusion;
pub mod figure_event;
pub mod import_run;
pub mod job;
pub mod known_caller;
pub mod lease;
pub mod missed_call_return;
pub mod offer_log;
pub mod outbox;
pub mod rate_controller;
pub mod recording;
pub mod reference_data;
pub mod roster;
pub mod screening;
pub mod session;
pub mod setting;
pub mod shift_template;
pub mod shown_figures;
pub mod sign_in_failure;
pub mod unit;
pub mod user;
pub mod work_order;

#[cfg(test)]
mod tests;

pub use db::{Db, DbOptions, Tx};
pub use error::StoreError;
/// A column that holds a typed value as JSON.
pub use sqlx::types::Json;
