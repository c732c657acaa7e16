//! RTP (RFC 3550): packets, streams that stay continuous, sources that cannot be hijacked, key
//! presses, reports. Pure: no sockets, no clock.

pub mod event;
pub mod latch;
pub mod outbound;
pub mod packet;
pub mod report;
