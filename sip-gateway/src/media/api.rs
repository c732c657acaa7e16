//! What the media room is told and what it tells: the vocabulary of its handle. No behaviour.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use gateway_protocol::{PromptId, RecordingFault};
use types::{CallId, LegId, RecordingId, Timestamp};

/// Where the room binds, what it advertises, where its files are.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// Local address of the RTP sockets.
    pub rtp_bind: IpAddr,
    /// Address written into SDP for plain RTP.
    pub rtp_advertise: IpAddr,
    /// Ports for plain RTP; a leg takes an even one and the odd one above it (RTCP).
    pub rtp_ports: RangeInclusive<u16>,
    /// The one UDP port of all WebRTC legs; port 0 takes any free one.
    pub webrtc_bind: SocketAddr,
    /// Host candidates given to browsers, all with the WebRTC port.
    pub webrtc_advertise: Vec<IpAddr>,
    /// The folder that holds `prompts.csv`.
    pub prompts_dir: PathBuf,
    /// Recordings go to `YYYY/MM/DD/<call>.wav` below it.
    pub recordings_dir: PathBuf,
    /// Threads that carry sound.
    pub threads: usize,
    /// Silence on the wire after which [`MediaEvent::MediaLost`] is told (1.9 s by default).
    pub media_lost_after: Duration,
}

/// How a leg carries sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// Plain RTP: carriers, desk phones.
    Rtp,
    /// ICE, DTLS, SRTP: browsers.
    WebRtc,
}

/// What the REMOTE side may do with the leg's media (RFC 3264 section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    SendRecv,
    /// It sends and does not listen: it has put us on hold.
    SendOnly,
    /// It listens and does not send.
    RecvOnly,
    Inactive,
}

/// Our answer to an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negotiated {
    pub sdp: Bytes,
    /// What the remote side may do from now on.
    pub direction: Direction,
}

/// What a leg hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Silence,
    /// Ringing tone: 450 Hz, 1 s on, 4 s off (GB/T 3380).
    Ringback,
    /// The common hold music, without end.
    Music,
    /// Prompts one after another, once; then [`MediaEvent::PromptsFinished`] and music or silence.
    /// Unknown ids are left out with a warning.
    Prompts {
        ids: Vec<PromptId>,
        then_music: bool,
    },
    /// What another leg says, one way.
    Peer(LegId),
    /// Its own voice back (headset check).
    Echo,
}

/// A recording to be made: channel 1 is what `first` says, channel 2 what `second` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordingOrder {
    pub recording: RecordingId,
    pub call: CallId,
    pub first: LegId,
    pub second: LegId,
    pub started_at: Timestamp,
}

/// Why an order about media could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("no RTP port is free in the configured range: widen gateway.media.rtp_ports")]
    NoPort,
    #[error("the SDP cannot be used: {0}")]
    BadSdp(String),
    #[error("no common codec: this gateway speaks PCMA and PCMU")]
    NoCommonCodec,
    #[error("no such leg in the media room")]
    UnknownLeg,
    #[error("prompt {id:?} ({file}) cannot be used: {cause}")]
    Prompt { id: String, file: String, cause: String },
    #[error("{0}")]
    Io(String),
}

/// A fact about media. Each is told once.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaEvent {
    /// A key was pressed (RFC 4733): `0`-`9`, `*`, `#`, `A`-`D`.
    Digit {
        leg: LegId,
        digit: char,
    },
    /// Nothing has arrived for `media_lost_after` although the remote side may send.
    MediaLost {
        leg: LegId,
    },
    MediaBack {
        leg: LegId,
    },
    /// The list of prompts has been played to its end (not told when it is replaced).
    PromptsFinished {
        leg: LegId,
    },
    /// End of a [`crate::media::Media::measure`]: RMS over the frames with speech, dB below full scale.
    Measured {
        leg: LegId,
        packets_received: u32,
        microphone_dbfs: i16,
    },
    /// The file is complete: at the end of its call, when the disk refused more, or, for one that a
    /// killed gateway has left, at the start. `file` is relative to the recordings folder, with `/`.
    RecordingReady {
        call: CallId,
        recording: RecordingId,
        file: String,
        started_at: Timestamp,
        duration_ms: u64,
        bytes: u64,
    },
    /// The disk refuses or lags: sound is missing from the recording (told once per recording and
    /// cause). The call is not touched.
    RecordingFailed {
        call: CallId,
        recording: RecordingId,
        fault: RecordingFault,
    },
    /// Nothing more will be told of this recording; always the last word about one that was started.
    RecordingOver {
        recording: RecordingId,
    },
    /// ICE or DTLS did not come up within 5 s of the answer, or broke down.
    WebRtcFailed {
        leg: LegId,
    },
}
