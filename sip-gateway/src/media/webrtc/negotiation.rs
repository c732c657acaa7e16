//! Offer and answer of a browser leg: str0m reads and writes the SDP, we read the few facts that
//! decide about packets (stream name, payload types, direction).

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use str0m::Candidate;
use str0m::Rtc;
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::format::{Codec as Format, FormatParams};
use str0m::media::{Direction as Str0mDirection, Frequency, MediaKind, Mid, Pt};
use types::Timestamp;

use super::super::api::{Direction, MediaError};
use super::super::g711::Codec;
use super::super::leg::lock;
use super::super::sdp::{self, Agreement, MediaLine, TELEPHONE_EVENT};
use super::{Hub, Phase, State, WebRtcWire, std_instant};

impl WebRtcWire {
    /// A new leg without a description.
    pub fn new(hub: &Arc<Hub>, now: Timestamp) -> Self {
        let mut config = Rtc::builder()
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .clear_extension_map()
            .set_stats_interval(None)
            .clear_codecs()
            .enable_pcma(true, false);
        config.codec_config().add_config(
            Pt::new_with_value(TELEPHONE_EVENT),
            None,
            Format::Tele,
            Frequency::EIGHT_KHZ,
            None,
            FormatParams::default(),
        );
        let mut rtc = config.build(std_instant(now));
        for address in hub.advertised() {
            match Candidate::host(address, "udp") {
                Ok(candidate) => {
                    rtc.add_local_candidate(candidate);
                }
                Err(error) => tracing::warn!(%error, %address, "not usable as a candidate"),
            }
        }
        let state = State {
            rtc,
            mid: None,
            phase: Phase::Open,
            due: std_instant(now),
            pending: None,
            local: Bytes::new(),
            learned: Vec::new(),
            arrived: Vec::new(),
            failure_told: false,
        };
        Self { hub: Arc::clone(hub), state: Mutex::new(state) }
    }

    /// The ICE user name that datagrams to this leg carry.
    pub fn ufrag(&self) -> String {
        lock(&self.state).rtc.direct_api().local_ice_credentials().ufrag
    }

    /// Answers a browser's offer; as the DTLS server where the browser lets us choose.
    pub fn answer(&self, now: Timestamp, offer: &Bytes) -> Result<(Bytes, Agreement), MediaError> {
        let session = sdp::parse(offer)?;
        let offered = audio_line(&session)?;
        let text = std::str::from_utf8(offer).map_err(|_| bad("not UTF-8"))?;
        let parsed = SdpOffer::from_sdp_string(text).map_err(|error| bad(&error.to_string()))?;
        let mut state = lock(&self.state);
        let answer =
            state.rtc.sdp_api().accept_offer(parsed).map_err(|error| bad(&error.to_string()))?;
        let answer = Bytes::from(answer.to_sdp_string());
        let answered = sdp::parse(&answer)?;
        let line = audio_line(&answered)?;
        let agreed = agreement(line, direction(offered, &session))?;
        state.settled(now, line, answer.clone());
        state.drain(&self.hub);
        Ok((answer, agreed))
    }

    /// Our offer: `a=setup:actpass`. Once made, the same again.
    pub fn offer(&self) -> Result<Bytes, MediaError> {
        let mut state = lock(&self.state);
        if state.phase != Phase::Open || state.pending.is_some() {
            return Ok(state.local.clone());
        }
        let mut api = state.rtc.sdp_api();
        api.add_media(MediaKind::Audio, Str0mDirection::SendRecv, None, None, None);
        let (offer, pending) = api.apply().ok_or_else(|| bad("nothing to offer"))?;
        state.pending = Some(pending);
        state.local = Bytes::from(offer.to_sdp_string());
        Ok(state.local.clone())
    }

    /// Completes our offer; a repeated answer only tells its direction.
    pub fn accept(&self, now: Timestamp, answer: &Bytes) -> Result<Agreement, MediaError> {
        let session = sdp::parse(answer)?;
        let line = audio_line(&session)?;
        let agreed = agreement(line, direction(line, &session))?;
        let mut state = lock(&self.state);
        let Some(pending) = state.pending.take() else { return Ok(agreed) };
        let text = std::str::from_utf8(answer).map_err(|_| bad("not UTF-8"))?;
        let parsed = SdpAnswer::from_sdp_string(text).map_err(|error| bad(&error.to_string()))?;
        state
            .rtc
            .sdp_api()
            .accept_answer(pending, parsed)
            .map_err(|error| bad(&error.to_string()))?;
        let local = state.local.clone();
        state.settled(now, line, local);
        state.drain(&self.hub);
        Ok(agreed)
    }
}

impl State {
    fn settled(&mut self, now: Timestamp, line: &MediaLine, local: Bytes) {
        self.mid = line.mid.as_deref().map(Mid::from);
        self.local = local;
        self.learned.clear();
        if self.phase == Phase::Open {
            self.phase = Phase::Waiting { since: now };
        }
    }
}

fn bad(why: &str) -> MediaError {
    MediaError::BadSdp(why.to_owned())
}

/// The audio line of a browser's description that is in use.
fn audio_line(session: &sdp::Session) -> Result<&MediaLine, MediaError> {
    let usable = |line: &&MediaLine| {
        line.kind == "audio" && line.port != 0 && line.codec() == Some(Codec::Pcma)
    };
    session.media.iter().find(usable).ok_or(MediaError::NoCommonCodec)
}

fn direction(line: &MediaLine, session: &sdp::Session) -> Direction {
    line.direction.or(session.direction).unwrap_or(Direction::SendRecv)
}

fn agreement(line: &MediaLine, direction: Direction) -> Result<Agreement, MediaError> {
    let codec = line.codec().ok_or(MediaError::NoCommonCodec)?;
    Ok(Agreement { codec, event: line.telephone_event(), rtp: None, rtcp: None, direction })
}
