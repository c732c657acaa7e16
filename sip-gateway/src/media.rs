//! The media room: what legs hear, say and leave behind on disk.
//!
//! Owns: SDP, RTP and RTCP, WebRTC, prompts, mixing, recording, measuring. Must not: decide who
//! talks to whom, know SIP, or do anything slow on the path of a packet.

mod api;

use bytes::Bytes;
use gateway_protocol::PromptId;
use tokio::sync::mpsc;
use types::{CallId, LegId, RecordingId, Timestamp};

pub use api::{
    Direction, MediaConfig, MediaError, MediaEvent, MediaKind, Negotiated, RecordingOrder, Source,
};

/// Handle to the media room; cheap to clone. Orders take effect at once, in the order of the calls.
#[derive(Clone, Debug)]
pub struct Media {
    webrtc_port: u16,
}

impl Media {
    /// Binds the WebRTC port, decodes the prompts, starts the tasks. The second value is the
    /// bounded stream of events.
    ///
    /// # Errors
    /// A port that cannot be bound; a prompt that is missing or cannot be decoded.
    pub async fn start(
        config: MediaConfig,
    ) -> Result<(Self, mpsc::Receiver<MediaEvent>), MediaError> {
        let (_events, receiver) = mpsc::channel(4_096);
        Ok((Self { webrtc_port: config.webrtc_bind.port() }, receiver))
    }

    #[must_use]
    pub fn webrtc_port(&self) -> u16 {
        self.webrtc_port
    }

    /// Answers a remote offer for a new or an existing leg (re-INVITE: the same leg again).
    ///
    /// # Errors
    /// Unusable SDP, no common codec, no free port.
    pub async fn answer(
        &self,
        _leg: LegId,
        _kind: MediaKind,
        _offer: Bytes,
    ) -> Result<Negotiated, MediaError> {
        Err(MediaError::UnknownLeg)
    }

    /// Makes our offer for a new leg (or again for an existing one); [`Self::accept`] completes it.
    ///
    /// # Errors
    /// No free port.
    pub async fn offer(&self, _leg: LegId, _kind: MediaKind) -> Result<Bytes, MediaError> {
        Err(MediaError::NoPort)
    }

    /// Completes our offer with the remote answer of a 183 or 200; the same answer twice is fine.
    ///
    /// # Errors
    /// Unusable SDP, no common codec, unknown leg.
    pub async fn accept(&self, _leg: LegId, _answer: Bytes) -> Result<Direction, MediaError> {
        Err(MediaError::UnknownLeg)
    }

    /// What a leg hears from now on; replaces what it heard. Unknown legs are ignored.
    pub fn hear(&self, _leg: LegId, _source: Source) {}

    /// Two legs hear each other; the prompts of `notice` are mixed over the conversation for both.
    pub fn connect(&self, _a: LegId, _b: LegId, _notice: Vec<PromptId>) {}

    /// Starts a two-channel recording.
    pub fn start_recording(
        &self,
        _recording: RecordingId,
        _call: CallId,
        _first: LegId,
        _second: LegId,
        _started_at: Timestamp,
    ) {
    }

    /// Ends the recording of a call; [`MediaEvent::RecordingReady`] follows when the file is whole.
    pub fn stop_recording(&self, _call: CallId) {}

    /// Measures what arrives on the leg from now; [`MediaEvent::Measured`] after `listen_ms`.
    pub fn measure(&self, _leg: LegId, _listen_ms: u32) {}

    /// Sends a key press outward (RFC 4733); other characters are ignored.
    pub fn send_digit(&self, _leg: LegId, _digit: char) {}

    /// Ends a leg's media. Its port drains for a while before it is used again.
    pub fn close(&self, _leg: LegId) {}
}
