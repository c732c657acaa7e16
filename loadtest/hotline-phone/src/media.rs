//! Sound: RTP both ways, what is said, what is heard, how good it was. It must not know SIP.

pub mod codec;
pub mod decode;
pub mod heard;
pub mod quality;
pub mod receive;
pub mod rtp;
pub mod send;
pub mod source;
pub mod task;
pub mod timeline;

/// Samples per second of every sound in this crate.
pub const RATE_HZ: u32 = 8000;
/// Samples per packet: 20 ms.
pub const FRAME_SAMPLES: usize = 160;
/// Pause between packets, in milliseconds.
pub const FRAME_MS: u64 = 20;
