//! The phone against another phone, against SIPp, and against nonsense; all over loopback.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;
mod hostile_peer;
mod phone_to_phone;
mod sipp;
