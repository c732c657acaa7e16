//! SIP as seen by a phone (RFC 3261): addresses, messages, digest, transports. It must not know
//! calls or media. Written for this phone alone, so that it judges the gateway independently.

pub mod digest;
pub mod frame;
pub mod message;
pub mod resend;
pub mod transport;
pub mod uri;
