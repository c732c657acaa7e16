//! One leg: what arrives on its wire is counted, recorded, measured and passed to its listeners;
//! what it shall hear goes out as one continuous stream.
//!
//! Locks are short, never held across an await, and taken in the order: sending, then wire. The
//! receiving side holds none of them while it hands a packet to a listener.

mod receiving;
mod sending;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use types::{LegId, Timestamp};

use super::api::MediaEvent;
use super::g711::Codec;
use super::measure::Measure;
use super::player::Playing;
use super::recording::{RecordingSlot, Tap};
use super::rtp::outbound::{Place, StreamKey};
use super::rtp::packet::Header;
use super::rtp_wire::RtpWire;
use super::sdp::Agreement;
use super::webrtc::WebRtcWire;
use receiving::Receiving;
pub use sending::PAYLOAD_MAX;
use sending::Sending;

/// Locks; a panic of another holder does not poison a call.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where events go. They are dropped, with a metric, where nobody reads them.
#[derive(Debug, Clone)]
pub struct Teller(pub mpsc::Sender<MediaEvent>);

impl Teller {
    pub fn tell(&self, event: MediaEvent) {
        if self.0.try_send(event).is_err() {
            metrics::counter!("gateway_media_events_dropped_total").increment(1);
        }
    }
}

/// How a leg's packets travel.
#[derive(Debug)]
pub enum Wire {
    /// Boxed, as the other is: a leg is small to move.
    Rtp(Box<RtpWire>),
    WebRtc(Box<WebRtcWire>),
}

impl Wire {
    fn is_ready(&self) -> bool {
        match self {
            Self::Rtp(wire) => wire.is_ready(),
            Self::WebRtc(wire) => wire.is_connected(),
        }
    }
}

/// A leg of the room.
#[derive(Debug)]
pub struct Leg {
    pub id: LegId,
    pub wire: Wire,
    sending: Mutex<Sending>,
    receiving: Mutex<Receiving>,
    listeners: Mutex<Arc<[Arc<Leg>]>>,
    /// It only passes packets on: a look now and then is enough. Changed while `sending` is held.
    calm: AtomicBool,
    /// In which rounds it is looked at while it is calm.
    turn: usize,
    tell: Teller,
}

/// Rounds of the pacer (20 ms) between two looks at a calm leg.
const CALM_ROUNDS: usize = 5;

impl Leg {
    pub fn new(id: LegId, wire: Wire, random: u64, tell: Teller, lost_after: Duration) -> Self {
        Self {
            id,
            wire,
            sending: Mutex::new(Sending::new(random)),
            receiving: Mutex::new(Receiving::new(lost_after)),
            listeners: Mutex::new(Arc::from([])),
            calm: AtomicBool::new(false),
            turn: (random % CALM_ROUNDS as u64) as usize,
            tell,
        }
    }

    /// Applies what offer and answer have settled.
    pub fn agree(&self, now: Timestamp, agreed: &Agreement) {
        lock(&self.sending).agree(agreed);
        lock(&self.receiving).agree(now, agreed);
        if let Wire::Rtp(wire) = &self.wire {
            wire.signal(agreed.rtp, agreed.rtcp);
        }
    }

    /// Replaces what the leg hears; the leg whose packets were needed before.
    pub fn play(&self, playing: Playing) -> Option<LegId> {
        let mut sending = lock(&self.sending);
        self.calm.store(false, Ordering::Relaxed);
        std::mem::replace(&mut sending.playing, playing).from()
    }

    pub fn add_listener(&self, listener: &Arc<Self>) {
        let mut listeners = lock(&self.listeners);
        let others = listeners.iter().filter(|known| known.id != listener.id);
        *listeners = others.chain([listener]).cloned().collect();
    }

    pub fn remove_listener(&self, listener: LegId) {
        let mut listeners = lock(&self.listeners);
        *listeners = listeners.iter().filter(|known| known.id != listener).cloned().collect();
    }

    /// Everybody who hears this leg.
    pub fn listeners(&self) -> Arc<[Arc<Self>]> {
        Arc::clone(&lock(&self.listeners))
    }

    pub fn record(&self, tap: Tap) {
        lock(&self.receiving).tap = Some(tap);
    }

    pub fn stop_recording(&self, slot: RecordingSlot) {
        let mut receiving = lock(&self.receiving);
        if receiving.tap.as_ref().is_some_and(|tap| tap.slot() == slot) {
            receiving.tap = None;
        }
    }

    pub fn measure(&self, until: Timestamp) {
        lock(&self.receiving).measure = Some(Measure::until(until));
    }

    /// Sends a key press outward, where the remote side understands them.
    pub fn press(&self, code: u8) {
        let mut sending = lock(&self.sending);
        self.calm.store(false, Ordering::Relaxed);
        sending.presses.press(code);
    }

    /// Takes a packet that the wire has accepted as this leg's own.
    pub fn arrived(&self, now: Timestamp, header: &Header, payload: &[u8]) {
        let listeners = self.listeners();
        let heard = listeners.iter().any(|listener| listener.id != self.id);
        let arrival = lock(&self.receiving).arrived(self.id, now, header, payload, heard);
        if arrival.media_back {
            self.tell.tell(MediaEvent::MediaBack { leg: self.id });
        }
        if let Some((digit, code)) = arrival.pressed {
            self.tell.tell(MediaEvent::Digit { leg: self.id, digit });
            listeners
                .iter()
                .filter(|other| other.id != self.id)
                .for_each(|other| other.press(code));
        }
        let Some(codec) = arrival.sound else { return };
        let place = Place {
            key: StreamKey { leg: self.id, ssrc: header.ssrc },
            sequence: header.sequence,
            timestamp: header.timestamp,
            marker: header.marker,
            samples: u32::try_from(payload.len()).unwrap_or(u32::MAX),
        };
        for listener in listeners.iter() {
            listener.forward(now, &place, codec, payload);
        }
    }

    fn forward(&self, now: Timestamp, place: &Place, codec: Codec, payload: &[u8]) {
        lock(&self.sending).forward(&self.wire, now, place, codec, payload);
    }

    /// Everything that is due in a round of the pacer, every 20 ms.
    pub fn tick(self: &Arc<Self>, now: Timestamp, round: usize) {
        if self.calm.load(Ordering::Relaxed) && round % CALM_ROUNDS != self.turn {
            return;
        }
        match &self.wire {
            Wire::Rtp(wire) => wire.tick(now, || lock(&self.sending).media_time(now)),
            Wire::WebRtc(wire) => wire.tick(self, now),
        }
        if self.wire.is_ready() && self.send_next(now) {
            self.tell.tell(MediaEvent::PromptsFinished { leg: self.id });
        }
        let due = lock(&self.receiving).due(self.id, now);
        due.into_iter().flatten().for_each(|event| self.tell.tell(event));
    }

    fn send_next(&self, now: Timestamp) -> bool {
        let mut sending = lock(&self.sending);
        let ended = sending.tick(&self.wire, now);
        self.calm.store(sending.is_calm(), Ordering::Relaxed);
        ended
    }

    /// The wire has come up: from now on sound is expected.
    pub fn connected(&self, now: Timestamp) {
        lock(&self.receiving).expect_from(now);
    }

    /// The wire could not be brought up, or broke down.
    pub fn failed(&self) {
        self.tell.tell(MediaEvent::WebRtcFailed { leg: self.id });
    }
}
