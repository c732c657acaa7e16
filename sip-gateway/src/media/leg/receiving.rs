//! The receiving half of a leg: key presses, silence on the wire, measuring, recording.

use std::time::Duration;

use types::{LegId, Timestamp};

use super::super::api::MediaEvent;
use super::super::g711::Codec;
use super::super::measure::Measure;
use super::super::recording::Tap;
use super::super::rtp::event::{PressReader, code_of};
use super::super::rtp::packet::Header;
use super::super::sdp::Agreement;

/// State of what arrives.
#[derive(Debug)]
pub struct Receiving {
    /// The remote side may send.
    open: bool,
    event: Option<u8>,
    ssrc: Option<u32>,
    presses: PressReader,
    watch: Watch,
    pub measure: Option<Measure>,
    pub tap: Option<Tap>,
}

/// Looks for silence on the wire.
#[derive(Debug)]
struct Watch {
    lost_after: Duration,
    /// Last packet, or when the first one began to be expected.
    heard_at: Option<Timestamp>,
    lost: bool,
}

/// What a packet was.
#[derive(Debug, Default)]
pub struct Arrival {
    pub media_back: bool,
    pub pressed: Option<(char, u8)>,
    pub sound: Option<Codec>,
}

impl Receiving {
    pub fn new(lost_after: Duration) -> Self {
        Self {
            open: true,
            event: None,
            ssrc: None,
            presses: PressReader::default(),
            watch: Watch { lost_after, heard_at: None, lost: false },
            measure: None,
            tap: None,
        }
    }

    pub fn agree(&mut self, now: Timestamp, agreed: &Agreement) {
        self.open = agreed.direction.sends();
        self.event = agreed.event;
        if self.watch.heard_at.is_some() {
            self.watch.heard_at = Some(now);
        }
    }

    pub fn expect_from(&mut self, now: Timestamp) {
        self.watch.heard_at = Some(now);
    }

    /// Takes a packet; `heard` says whether another leg listens, for only a conversation is
    /// recorded: while a leg is on hold its channel is silent.
    pub fn arrived(
        &mut self,
        leg: LegId,
        now: Timestamp,
        header: &Header,
        payload: &[u8],
        heard: bool,
    ) -> Arrival {
        let mut arrival = Arrival::default();
        self.watch.heard_at = Some(now);
        if std::mem::take(&mut self.watch.lost) {
            tracing::debug!(leg.id = %leg, "media is back");
            arrival.media_back = true;
        }
        if !self.open {
            return arrival;
        }
        if self.ssrc.replace(header.ssrc) != Some(header.ssrc) {
            self.presses.reset();
        }
        if Some(header.payload_type) == self.event {
            let key = self.presses.read(header.timestamp, payload);
            arrival.pressed = key.and_then(|key| Some((key, code_of(key)?)));
            return arrival;
        }
        arrival.sound = Codec::of_payload_type(header.payload_type).filter(|_| !payload.is_empty());
        let Some(codec) = arrival.sound else { return arrival };
        if let Some(measure) = &mut self.measure {
            measure.add(codec, payload);
        }
        if let Some(tap) = self.tap.as_mut().filter(|_| heard) {
            tap.add(now, header.ssrc, header.timestamp, codec, payload);
        }
        arrival
    }

    /// What has become due: silence on the wire, the end of a measurement.
    pub fn due(&mut self, leg: LegId, now: Timestamp) -> [Option<MediaEvent>; 2] {
        let measured = self.measure.as_ref().and_then(|measure| measure.result(now, leg));
        if measured.is_some() {
            self.measure = None;
        }
        let silent = |at: Timestamp| now.since(at) >= self.watch.lost_after;
        let lost = self.open && !self.watch.lost && self.watch.heard_at.is_some_and(silent);
        self.watch.lost |= lost;
        [lost.then_some(MediaEvent::MediaLost { leg }), measured]
    }
}
