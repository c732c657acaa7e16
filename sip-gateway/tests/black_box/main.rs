//! The running gateway, from outside: SIPp is carrier and desk phone, a script is the server's end
//! of the link.

mod calls;
mod gateway;
mod refusals;
mod server;
mod softphone;
