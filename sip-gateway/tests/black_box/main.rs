//! The running gateway, from outside: SIPp is carrier and desk phone, a script is the server's end
//! of the link.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests read what the test itself has made"
)]

mod calls;
mod gateway;
mod refusals;
mod server;
mod softphone;
