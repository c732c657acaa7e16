//! `hotline-load`: callers and agents by the thousand, from one thread and one clock, and the
//! benchmarks made with them. It shares no code with the gateway or the server.
//!
//! Pure parts: [`scenario`], [`plan`], [`stats`], [`figure`], [`verdict`], [`sip`] and [`webrtc`] (state machines that
//! are told the time), [`srtp`]. The rim: [`net`] (sockets), [`clock`], [`measure`] (`/proc`), [`bench`] (other
//! processes), [`page`] (what an agent's browser asks of the server).

pub mod bench;
pub mod ceiling;
pub mod cli;
pub mod clock;
pub mod engine;
pub mod figure;
pub mod measure;
pub mod media;
pub mod net;
pub mod outcome;
pub mod page;
pub mod plan;
pub mod probe;
pub mod run;
pub mod scenario;
pub mod sip;
pub mod srtp;
pub mod stats;
pub mod usage;
pub mod verdict;
pub mod webrtc;
