//! `hotline-phone`: a telephone without a telephone. A SIP user agent over UDP or TCP with G.711
//! sound, for tests that need a citizen or a desk phone, for loads of many of them, and, as a
//! program, for people.
//!
//! ```no_run
//! # async fn example() -> Result<(), hotline_phone::PhoneError> {
//! use hotline_phone::{CallEvent, CallOptions, Phone, PhoneConfig};
//!
//! let phone = Phone::bind(PhoneConfig::default()).await?;
//! let mut call = phone.call("sip:12345@127.0.0.1:5060", CallOptions::default()).await?;
//! while let Some(event) = call.next_event().await {
//!     if event == CallEvent::Answered {
//!         call.send_digit('1').await;
//!         call.hangup().await;
//!     }
//! }
//! let report = call.finish().await;
//! # Ok(())
//! # }
//! ```
//!
//! One [`Phone`] is one socket and as many calls as one likes; keep it until its calls have ended.
//! It shares no code with the gateway: it is the peer that proves it.

pub mod cli;
pub mod clock;
mod entropy;
mod error;
pub mod media;
mod phone;
mod report;
mod sdp;
pub mod sip;
#[cfg(feature = "sound")]
mod sound;

pub use error::PhoneError;
pub use media::codec::Codec;
pub use media::decode::read_sound;
pub use media::heard::Hear;
pub use media::source::{LiveSound, SampleQueue, Say};
pub use phone::Phone;
pub use phone::call::{Call, CallEvent};
pub use phone::options::{CallOptions, PhoneConfig};
pub use phone::register::{RegisterOptions, Registration};
pub use report::{CallDirection, CallReport, EndedBy, Outcome, Packets, Timings};
pub use sip::digest::Credentials;
pub use sip::transport::TransportKind;
