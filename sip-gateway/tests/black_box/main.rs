//! The running gateway, from outside: SIPp is carrier and desk phone, a script is the server's end
//! of the link.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests read what the test itself has made"
)]

mod bad_input;
mod caller;
mod calls;
mod gateway;
mod refusals;
mod restarts;
mod server;
mod softphone;
