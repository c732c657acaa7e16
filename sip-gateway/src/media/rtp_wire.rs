//! The wire of a plain RTP leg: two sockets, the latched source, reports.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::UdpSocket;
use types::Timestamp;

use super::api::MediaError;
use super::inbox;
use super::leg::{Leg, PAYLOAD_MAX, Wire, lock};
use super::ports::SocketPair;
use super::rtp::latch::Latch;
use super::rtp::outbound::Stamp;
use super::rtp::packet::{self, HEADER_BYTES, Header};
use super::rtp::report::{self, Reception, Sent};
use crate::net::clock;

/// Reports go out so often (RFC 3550 section 6.2: at least 5 s).
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Largest datagram we send.
const DATAGRAM_MAX: usize = HEADER_BYTES + PAYLOAD_MAX;

/// Sockets and their state.
#[derive(Debug)]
pub struct RtpWire {
    pub port: u16,
    pub ssrc: u32,
    /// For `o=` of our descriptions.
    pub session_id: u64,
    rtp: UdpSocket,
    rtcp: UdpSocket,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    latch: Latch,
    rtcp_to: Option<SocketAddr>,
    /// RTCP shares the RTP port.
    mux: bool,
    versions: u64,
    sent: Sent,
    reception: Option<Reception>,
    reported_at: Timestamp,
}

impl RtpWire {
    /// Hands bound sockets to the runtime.
    ///
    /// # Errors
    /// The runtime refuses them.
    pub fn new(pair: SocketPair, ssrc: u32, session_id: u64) -> Result<Self, MediaError> {
        let open =
            |socket| UdpSocket::from_std(socket).map_err(|error| MediaError::Io(error.to_string()));
        Ok(Self {
            port: pair.port,
            ssrc,
            session_id,
            rtp: open(pair.rtp)?,
            rtcp: open(pair.rtcp)?,
            state: Mutex::default(),
        })
    }

    /// Number of our next description.
    pub fn next_version(&self) -> u64 {
        let mut state = lock(&self.state);
        state.versions += 1;
        state.versions
    }

    pub fn signal(&self, rtp: Option<SocketAddr>, rtcp: Option<SocketAddr>) {
        let mut state = lock(&self.state);
        // A hold with 0.0.0.0 names nobody: the known source stays.
        if rtp.is_some() {
            state.latch.signal(rtp);
            state.mux = rtp == rtcp;
            state.rtcp_to = rtcp;
        }
    }

    pub fn is_ready(&self) -> bool {
        lock(&self.state).latch.destination().is_some()
    }

    /// Sends one packet; a full socket buffer drops it, as a network would.
    pub fn send(&self, stamp: Stamp, payload_type: u8, payload: &[u8]) {
        let mut datagram = [0; DATAGRAM_MAX];
        let length = HEADER_BYTES + payload.len();
        let Some(filled) = datagram.get_mut(..length) else { return };
        let header = Header {
            marker: stamp.marker,
            payload_type,
            sequence: stamp.sequence as u16,
            timestamp: stamp.timestamp,
            ssrc: self.ssrc,
        };
        let (head, body) = filled.split_at_mut(HEADER_BYTES);
        head.copy_from_slice(&packet::write(&header));
        body.copy_from_slice(payload);
        let mut state = lock(&self.state);
        let Some(to) = state.latch.destination() else { return };
        state.sent.packets = state.sent.packets.wrapping_add(1);
        state.sent.octets = state.sent.octets.wrapping_add(payload.len() as u32);
        drop(state);
        if self.rtp.try_send_to(filled, to).is_err() {
            metrics::counter!("gateway_rtp_send_failures_total").increment(1);
        }
    }

    /// Reports every five seconds.
    pub fn tick(&self, now: Timestamp, media_time: impl FnOnce() -> u32) {
        if now.since(lock(&self.state).reported_at) >= REPORT_EVERY {
            self.report(now, media_time());
        }
    }

    fn report(&self, now: Timestamp, media_time: u32) {
        let mut state = lock(&self.state);
        let first = state.reported_at == Timestamp::default();
        state.reported_at = now;
        let State { sent, reception, rtcp_to, mux, .. } = &mut *state;
        let Some(to) = rtcp_to.filter(|_| !first) else { return };
        let report = report::compose(now, self.ssrc, media_time, sent, reception.as_mut());
        let socket = if *mux { &self.rtp } else { &self.rtcp };
        // A lost report is replaced by the next one.
        let _ = socket.try_send_to(&report, to);
    }

    fn read_report(&self, now: Timestamp, datagram: &[u8]) {
        if let Some((ssrc, middle)) = report::sender_report(datagram)
            && let Some(reception) = &mut lock(&self.state).reception
        {
            reception.reported(now, ssrc, middle);
        }
    }

    /// The header and payload of a datagram of this leg's true source.
    fn admit<'a>(
        &self,
        now: Timestamp,
        from: SocketAddr,
        datagram: &'a [u8],
    ) -> Option<(Header, &'a [u8])> {
        if packet::is_rtcp(datagram) {
            self.read_report(now, datagram);
            return None;
        }
        let (header, payload) = packet::parse(datagram)?;
        let mut state = lock(&self.state);
        if !state.latch.admits(now, from, header.ssrc, header.sequence) {
            drop(state);
            metrics::counter!("gateway_rtp_refused_total").increment(1);
            return None;
        }
        match &mut state.reception {
            Some(reception) if reception.is_of(&header) => reception.arrived(now, &header),
            other => other.insert(Reception::new(&header)).arrived(now, &header),
        }
        Some((header, payload))
    }
}

/// Receives a leg's packets and reports until its task is ended.
pub async fn listen(leg: Arc<Leg>) {
    let Wire::Rtp(wire) = &leg.wire else { return };
    let packets = inbox::receive(&wire.rtp, |from, datagram| {
        let now = clock::now();
        if let Some((header, payload)) = wire.admit(now, from, datagram) {
            leg.arrived(now, &header, payload);
        }
    });
    let reports =
        inbox::receive(&wire.rtcp, |_, datagram| wire.read_report(clock::now(), datagram));
    tokio::join!(packets, reports);
}
