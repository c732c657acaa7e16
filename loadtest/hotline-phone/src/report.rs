//! The report of one call: the JSON object the program prints (documented in
//! `loadtest/README.md`). It only holds and derives figures.

use crate::media::codec::Codec;
use crate::media::heard::HeardFigures;
use crate::media::quality::mean_opinion_score;
use crate::media::task::MediaFigures;
use crate::sip::transport::TransportKind;

/// Who called whom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CallDirection {
    #[default]
    Out,
    In,
}

/// What became of the call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered, and later ended by somebody.
    Answered,
    /// A final response of 300 or more.
    Rejected,
    /// Given up by the caller before it was answered.
    Cancelled,
    /// No (final) response in time, or the transport failed.
    #[default]
    Failed,
}

/// Who ended it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EndedBy {
    Local,
    Remote,
    /// Nobody: a time-out or a transport that failed.
    #[default]
    Network,
}

/// Moments in milliseconds since the process's zero, one monotonic clock for all calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Timings {
    /// First INVITE sent (outgoing) or received (incoming).
    pub invite: Option<f64>,
    /// First response of any kind below 200, 100 included.
    pub first_provisional: Option<f64>,
    /// First 180.
    pub ringing: Option<f64>,
    /// First session description before the answer.
    pub early_media: Option<f64>,
    pub answered: Option<f64>,
    pub first_rtp: Option<f64>,
    /// BYE sent or received.
    pub bye: Option<f64>,
    pub ended: Option<f64>,
}

/// RTP packets of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Packets {
    pub sent: u64,
    pub received: u64,
    pub lost: u64,
    pub reordered: u64,
    pub duplicate: u64,
    pub foreign: u64,
}

/// Everything about one call.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct CallReport {
    pub call_id: String,
    pub direction: CallDirection,
    pub from: String,
    pub to: String,
    pub transport: TransportKind,
    pub outcome: Outcome,
    /// Final status of the INVITE; 408 where nobody answered, 0 where there was none.
    pub status: u16,
    pub reason: String,
    pub ended_by: EndedBy,
    pub timings_ms: Timings,
    /// From INVITE to answer, or to the end of a call that was not answered.
    pub wait_ms: Option<f64>,
    /// From answer to end.
    pub talk_ms: Option<f64>,
    pub codec: Option<Codec>,
    pub packets: Packets,
    /// RFC 3550 interarrival jitter; none when nothing was received.
    pub jitter_ms: Option<f64>,
    /// Estimate (see `media::quality`); none when nothing was received.
    pub mos: Option<f64>,
    pub digits_received: String,
    pub heard: HeardFigures,
    /// The wall clock at zero of `timings_ms`.
    pub zero_unix_ms: u64,
}

impl CallReport {
    pub(crate) fn take_media(&mut self, figures: MediaFigures) {
        let receive = figures.receive;
        self.packets = Packets {
            sent: figures.sent,
            received: receive.received,
            lost: receive.lost,
            reordered: receive.reordered,
            duplicate: receive.duplicate,
            foreign: figures.foreign,
        };
        if receive.received > 0 {
            let expected = receive.received + receive.lost;
            let loss_percent = receive.lost as f64 * 100.0 / expected as f64;
            self.jitter_ms = Some((receive.jitter_ms * 1000.0).round() / 1000.0);
            self.mos = Some(mean_opinion_score(loss_percent, receive.jitter_ms));
        }
        self.digits_received.insert_str(0, &figures.digits);
        self.heard = figures.heard;
    }

    pub(crate) fn close(&mut self, ended: f64) {
        let timings = &mut self.timings_ms;
        timings.ended = Some(ended);
        let tenth = |ms: f64| (ms * 10.0).round() / 10.0;
        let until = timings.answered.unwrap_or(ended);
        self.wait_ms = timings.invite.map(|invite| tenth(until - invite));
        self.talk_ms = timings.answered.map(|answered| tenth(ended - answered));
    }
}
