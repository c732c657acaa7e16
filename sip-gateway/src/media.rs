//! The media room: what legs hear, say and leave behind on disk.
//!
//! Owns: SDP, RTP and RTCP, WebRTC, prompts, mixing, recording, measuring. Must not: decide who
//! talks to whom, know SIP, or do anything slow on the path of a packet.

mod api;
mod g711;
mod inbox;
mod leg;
mod measure;
mod pacer;
mod player;
mod ports;
mod prompts;
mod recording;
mod room;
mod roster;
mod rtp;
mod rtp_wire;
mod sdp;
#[cfg(test)]
mod tests;
mod threads;
mod webrtc;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway_protocol::PromptId;
use tokio::sync::mpsc;
use types::{CallId, LegId, RecordingId, Timestamp};

pub use api::{
    Direction, MediaConfig, MediaError, MediaEvent, MediaKind, Negotiated, RecordingOrder, Source,
};
use prompts::Library;
use recording::Label;
use room::Room;

/// Events that may wait for their reader; more are dropped with a metric.
const EVENTS_WAITING_MAX: usize = 4_096;

/// Handle to the media room; cheap to clone. Orders take effect at once, in the order of the calls.
/// The room ends with its last handle; open recordings are completed then.
#[derive(Clone, Debug)]
pub struct Media {
    room: Arc<Room>,
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
        let folder = config.prompts_dir.clone();
        let library = tokio::task::spawn_blocking(move || Library::load(&folder))
            .await
            .map_err(|error| MediaError::Io(error.to_string()))??;
        let (events, receiver) = mpsc::channel(EVENTS_WAITING_MAX);
        let room = Arc::new(Room::start(config, library, events)?);
        room.start_pacers();
        Ok((Self { room }, receiver))
    }

    /// The UDP port of all browsers, as really bound.
    #[must_use]
    pub fn webrtc_port(&self) -> u16 {
        self.room.webrtc_port()
    }

    /// Tasks that live in the threads of sound.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.room.tasks()
    }

    /// Answers a remote offer for a new or an existing leg (re-INVITE: the same leg again).
    ///
    /// # Errors
    /// Unusable SDP, no common codec, no free port; a new leg is not kept then.
    pub async fn answer(
        &self,
        leg: LegId,
        kind: MediaKind,
        offer: Bytes,
    ) -> Result<Negotiated, MediaError> {
        self.room.answer(leg, kind, &offer)
    }

    /// Makes our offer for a new leg (or again for an existing one); [`Self::accept`] completes it.
    ///
    /// # Errors
    /// No free port.
    pub async fn offer(&self, leg: LegId, kind: MediaKind) -> Result<Bytes, MediaError> {
        self.room.offer(leg, kind)
    }

    /// Completes our offer with the remote answer of a 183 or 200; the same answer twice is fine.
    ///
    /// # Errors
    /// Unusable SDP, no common codec, unknown leg.
    pub async fn accept(&self, leg: LegId, answer: Bytes) -> Result<Direction, MediaError> {
        self.room.accept(leg, &answer)
    }

    /// What a leg hears from now on; replaces what it heard. Unknown legs are ignored.
    pub fn hear(&self, leg: LegId, source: Source) {
        self.room.hear(leg, source);
    }

    /// Two legs hear each other; the prompts of `notice` are mixed over the conversation for both.
    #[expect(clippy::needless_pass_by_value, reason = "the list's owner is done with it")]
    pub fn connect(&self, a: LegId, b: LegId, notice: Vec<PromptId>) {
        self.room.connect(a, b, &notice);
    }

    /// Starts a two-channel recording: channel 1 is what `first` says, channel 2 what `second`
    /// says, each while another leg hears it. A running recording of the call is completed first.
    pub fn start_recording(
        &self,
        recording: RecordingId,
        call: CallId,
        first: LegId,
        second: LegId,
        started_at: Timestamp,
    ) {
        self.room.start_recording(RecordingOrder { recording, call, first, second, started_at });
    }

    /// Ends the recording of a call; [`MediaEvent::RecordingReady`] follows when the file is whole, and
    /// [`MediaEvent::RecordingOver`] in any case.
    pub fn stop_recording(&self, call: CallId) {
        self.room.stop_recording(call);
    }

    /// The server has stored the report of a complete recording: it need not be made again after a
    /// restart.
    pub fn recording_reported(&self, call: CallId, recording: RecordingId, started_at: Timestamp) {
        self.room.recording_reported(Label { call, recording, started_at });
    }

    /// Measures what arrives on the leg from now; [`MediaEvent::Measured`] after `listen_ms`.
    pub fn measure(&self, leg: LegId, listen_ms: u32) {
        self.room.measure(leg, Duration::from_millis(u64::from(listen_ms)));
    }

    /// Sends a key press outward (RFC 4733); other characters are ignored.
    pub fn send_digit(&self, leg: LegId, digit: char) {
        if let Some(code) = rtp::event::code_of(digit) {
            self.room.press(leg, code);
        }
    }

    /// Ends a leg's media. Its port drains for a while before it is used again.
    pub fn close(&self, leg: LegId) {
        self.room.close(leg);
    }
}
