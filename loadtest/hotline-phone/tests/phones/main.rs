//! The phone against another phone, against SIPp, and against nonsense; all over loopback.

mod common;
mod hostile_peer;
mod phone_to_phone;
mod sipp;
