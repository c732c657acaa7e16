//! The wire of a browser leg: ICE-lite, DTLS, SRTP by str0m, behind one shared UDP port.
//!
//! `hub` owns the port and finds the leg of a datagram; this file drives one leg's str0m instance.
//! After every input and every packet written, its output is drained until it names a timeout.

mod hub;
mod negotiation;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use str0m::change::SdpPendingOffer;
use str0m::media::{Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite, SeqNo, Ssrc};
use str0m::{Event, Input, Output, Rtc};
use types::Timestamp;

use super::leg::{Leg, lock};
use super::rtp::outbound::Stamp;
use super::rtp::packet::{self, Header};
use crate::net::clock;
pub use hub::Hub;

/// ICE and DTLS must be up so long after the answer.
const SETUP_LIMIT: Duration = Duration::from_secs(5);

/// Sources that the description did not name and that are listened to nevertheless.
const LEARNED_MAX: usize = 4;

/// A browser's leg on the hub.
#[derive(Debug)]
pub struct WebRtcWire {
    hub: Arc<Hub>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rtc: Rtc,
    mid: Option<Mid>,
    phase: Phase,
    /// When str0m wants to be called again.
    due: Instant,
    pending: Option<SdpPendingOffer>,
    /// Our last description, for an offer without changes.
    local: Bytes,
    learned: Vec<u32>,
    /// Packets that came out while sending; handed on with the next input.
    arrived: Vec<RtpPacket>,
    /// Whether the end was told: it may have come while sending.
    failure_told: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No answer yet.
    Open,
    Waiting {
        since: Timestamp,
    },
    Connected,
    Failed,
}

/// What an input led to, to be told without a lock.
#[derive(Default)]
struct Outcome {
    packets: Vec<RtpPacket>,
    connected: bool,
    failed: bool,
}

impl WebRtcWire {
    pub fn is_connected(&self) -> bool {
        lock(&self.state).phase == Phase::Connected
    }

    pub fn send(&self, now: Timestamp, stamp: Stamp, payload_type: u8, payload: &[u8]) {
        let mut state = lock(&self.state);
        let (Phase::Connected, Some(mid)) = (state.phase, state.mid) else { return };
        let mut api = state.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, None) else { return };
        let (pt, sequence) = (Pt::new_with_value(payload_type), SeqNo::from(stamp.sequence));
        let instant = std_instant(now);
        let packet = RtpWrite::new(pt, sequence, stamp.timestamp, instant, payload);
        stream.write_rtp(packet.marker(stamp.marker));
        // str0m sends what was written with its next input: without this one the packet waits for the
        // browser's own next packet, up to 20 ms.
        let result = state.rtc.handle_input(Input::Timeout(instant));
        state.settle(result, &self.hub);
    }

    /// Calls str0m when it wants to be called, and watches the set-up.
    pub fn tick(&self, leg: &Leg, now: Timestamp) {
        let mut state = lock(&self.state);
        let before = state.phase;
        let instant = std_instant(now);
        if state.due <= instant && before != Phase::Failed {
            let result = state.rtc.handle_input(Input::Timeout(instant));
            state.settle(result, &self.hub);
        }
        if let Phase::Waiting { since } = state.phase
            && now.since(since) >= SETUP_LIMIT
        {
            state.phase = Phase::Failed;
        }
        let outcome = state.outcome(before);
        drop(state);
        outcome.tell(leg, now);
    }

    /// Takes a datagram that the hub gives to this leg. Whether str0m knows the sender as its own.
    fn receive(
        &self,
        leg: &Leg,
        now: Timestamp,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
    ) -> bool {
        let Ok(receive) = Receive::new(Protocol::Udp, from, to, datagram) else { return false };
        let mut state = lock(&self.state);
        // Under the lock: str0m passes over what comes with an earlier instant than it has seen.
        let input = Input::Receive(std_instant(now), receive);
        if state.phase == Phase::Failed || !state.rtc.accepts(&input) {
            return false;
        }
        let before = state.phase;
        state.learn(datagram);
        let result = state.rtc.handle_input(input);
        state.settle(result, &self.hub);
        let outcome = state.outcome(before);
        drop(state);
        outcome.tell(leg, now);
        true
    }
}

impl State {
    /// Expects an SRTP source that no `a=ssrc` line has named.
    fn learn(&mut self, datagram: &[u8]) {
        let is_rtp = datagram.first().is_some_and(|first| first >> 6 == 2);
        let (Some(mid), true) = (self.mid, is_rtp && !packet::is_rtcp(datagram)) else { return };
        let Some((header, _)) = packet::parse(datagram) else { return };
        if self.learned.contains(&header.ssrc) || self.learned.len() >= LEARNED_MAX {
            return;
        }
        self.learned.push(header.ssrc);
        let ssrc = Ssrc::from(header.ssrc);
        let mut api = self.rtc.direct_api();
        if api.stream_rx(&ssrc).is_none() {
            api.expect_stream_rx(ssrc, None, mid, None);
        }
    }

    fn settle(&mut self, result: Result<(), str0m::RtcError>, hub: &Hub) {
        if let Err(error) = result {
            tracing::info!(%error, "a browser's media is given up");
            self.phase = Phase::Failed;
            return;
        }
        self.drain(hub);
    }

    fn drain(&mut self, hub: &Hub) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(due)) => {
                    self.due = due;
                    break;
                }
                Ok(Output::Transmit(transmit)) => hub.send(&transmit),
                Ok(Output::Event(Event::RtpPacket(packet))) => self.arrived.push(packet),
                Ok(Output::Event(Event::Connected)) => self.phase = Phase::Connected,
                Ok(Output::Event(_)) => {}
                Err(error) => {
                    tracing::info!(%error, "a browser's media broke down");
                    self.phase = Phase::Failed;
                    break;
                }
            }
        }
        if !self.rtc.is_alive() {
            self.phase = Phase::Failed;
        }
    }

    fn outcome(&mut self, before: Phase) -> Outcome {
        Outcome {
            packets: std::mem::take(&mut self.arrived),
            connected: before != Phase::Connected && self.phase == Phase::Connected,
            failed: self.phase == Phase::Failed && !std::mem::replace(&mut self.failure_told, true),
        }
    }
}

impl Outcome {
    fn tell(self, leg: &Leg, now: Timestamp) {
        if self.connected {
            leg.connected(now);
        }
        for packet in &self.packets {
            let header = Header {
                marker: packet.header.marker,
                payload_type: *packet.header.payload_type,
                sequence: packet.header.sequence_number,
                timestamp: packet.header.timestamp,
                ssrc: *packet.header.ssrc,
            };
            leg.arrived(now, &header, &packet.payload);
        }
        if self.failed {
            leg.failed();
        }
    }
}

/// str0m counts in monotonic instants.
fn std_instant(at: Timestamp) -> Instant {
    clock::instant_of(at).into_std()
}
