//! The sending half of a leg: one continuous stream out of whatever the leg shall hear.

use types::Timestamp;

use super::super::g711::{Codec, FRAME_SAMPLES, transcode};
use super::super::player::{Played, Playing};
use super::super::rtp::event::PressWriter;
use super::super::rtp::outbound::{Outbound, Place, Stamp};
use super::super::sdp::Agreement;
use super::Wire;

/// Largest payload that is passed on: 120 ms of G.711.
pub const PAYLOAD_MAX: usize = 960;

/// State of what goes out.
#[derive(Debug)]
pub struct Sending {
    pub playing: Playing,
    pub presses: PressWriter,
    out: Outbound,
    codec: Codec,
    event: Option<u8>,
    /// The remote side listens.
    open: bool,
}

impl Sending {
    pub fn new(random: u64) -> Self {
        Self {
            playing: Playing::Silence,
            presses: PressWriter::default(),
            out: Outbound::new(random),
            codec: Codec::Pcma,
            event: None,
            open: true,
        }
    }

    pub fn agree(&mut self, agreed: &Agreement) {
        self.codec = agreed.codec;
        self.event = agreed.event;
        self.open = agreed.direction.listens();
    }

    pub fn media_time(&self, now: Timestamp) -> u32 {
        self.out.present(now)
    }

    /// Passes a packet of the leg that is heard on.
    pub fn forward(
        &mut self,
        wire: &Wire,
        now: Timestamp,
        place: &Place,
        codec: Codec,
        payload: &[u8],
    ) {
        match &mut self.playing {
            Playing::Forward { from } if *from == place.key.leg => {}
            Playing::Mix { from, speech, .. } if *from == place.key.leg => {
                speech.add(codec, payload);
                return;
            }
            _ => return,
        }
        if !self.open || payload.len() > PAYLOAD_MAX {
            return;
        }
        let Some(stamp) = self.out.forwarded(now, place) else { return };
        if codec == self.codec {
            send(wire, now, stamp, codec.payload_type(), payload);
            return;
        }
        let mut copy = [0; PAYLOAD_MAX];
        if let Some(copy) = copy.get_mut(..payload.len()) {
            copy.copy_from_slice(payload);
            transcode(codec, self.codec, copy);
            send(wire, now, stamp, self.codec.payload_type(), copy);
        }
    }

    /// Nothing is paced: packets are passed on as they come.
    pub fn is_calm(&self) -> bool {
        matches!(self.playing, Playing::Forward { .. }) && !self.presses.is_busy()
    }

    /// Sends the next 20 ms where the source is paced; whether a list of prompts ended with it.
    pub fn tick(&mut self, wire: &Wire, now: Timestamp) -> bool {
        self.press(wire, now);
        let mut frame = [0; FRAME_SAMPLES];
        let played = self.playing.next(&mut frame);
        if played == Played::Nothing {
            return false;
        }
        if self.open {
            let stamp = self.out.own(now, FRAME_SAMPLES as u32);
            transcode(Codec::Pcma, self.codec, &mut frame);
            send(wire, now, stamp, self.codec.payload_type(), &frame);
        }
        played == Played::LastFrame
    }

    fn press(&mut self, wire: &Wire, now: Timestamp) {
        if !self.presses.is_busy() {
            return;
        }
        let Some(packet) = self.presses.next(self.out.present(now)) else { return };
        if let Some(event) = self.event.filter(|_| self.open) {
            let stamp = Stamp {
                sequence: self.out.inserted(),
                timestamp: packet.timestamp,
                marker: packet.marker,
            };
            send(wire, now, stamp, event, &packet.payload);
        }
    }
}

fn send(wire: &Wire, now: Timestamp, stamp: Stamp, payload_type: u8, payload: &[u8]) {
    match wire {
        Wire::Rtp(wire) => wire.send(stamp, payload_type, payload),
        Wire::WebRtc(wire) => wire.send(now, stamp, payload_type, payload),
    }
}
