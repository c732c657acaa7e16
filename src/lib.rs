//! The server of a 12345 government service hotline. This page is the map of the crate.
//!
//! | module | owns |
//! | --- | --- |
//! | [`app`] | wiring: opens the store, starts bus, jobs and listeners, ends them in order |
//! | [`config`] | every key, its layers, all its faults at once |
//! | [`clock`] | the only reader of time and randomness |
//! | [`api`] | the HTTP edge: router, problem+json, sign-in, pages |
//! | [`service`] | use cases: one transaction, a pure core, store, publish |
//! | [`store`] | `Db`, `Tx` and all SQL, SQLite and PostgreSQL |
//! | [`acd_host`] | the distributor's task, its journal, its shipping, its lease |
//! | [`gateway_link`] | call control: one WebSocket per gateway |
//! | [`bus`] | hints to whoever listens: memory or Redis |
//! | [`jobs`] | what must happen at a due time, from a table |
//! | [`cli`] | the commands of the program `hotline` |
//!
//! Arrows: `api -> service -> {cores, store, bus}`; `app` and `cli` know everyone. `store` knows
//! neither `service` nor `api`; `api` never sees `sqlx` or `store`. `cargo xtask tidy` checks them.

#[cfg(test)]
#[macro_use]
mod testing;

pub mod acd_host;
pub mod api;
pub mod app;
pub mod bus;
pub mod cli;
pub mod clock;
pub mod config;
pub mod gateway_link;
pub mod jobs;
pub mod service;
pub mod store;
