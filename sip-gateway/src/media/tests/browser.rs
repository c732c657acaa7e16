//! Browser legs: a str0m client stands for the browser.

use std::net::SocketAddr;
use std::time::Duration;

use str0m::change::{SdpAnswer, SdpOffer};
use str0m::media::{Direction as Str0mDirection, MediaKind as Str0mKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpWrite, SeqNo};
use str0m::{Candidate, Event, Input, Output, Rtc};
use test_support::correlate;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::super::g711::{Codec, FRAME_SAMPLES, alaw};
use super::*;
use crate::net::clock;

struct Browser {
    rtc: Rtc,
    socket: UdpSocket,
    address: SocketAddr,
    mid: Option<Mid>,
    connected: bool,
    sequence: u64,
    heard: Vec<i16>,
    base: Option<u32>,
}

impl Browser {
    async fn open() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_pcma(true, false)
            .enable_pcmu(true, false)
            .build(now());
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        let (mid, connected, base) = (None, false, None);
        Self { rtc, socket, address, mid, connected, sequence: 100, heard: Vec::new(), base }
    }

    /// Talks (silence after the end of the sound) and listens for `ms`.
    async fn talk(&mut self, sound: &[i16], ms: u64) {
        let until = now() + Duration::from_millis(ms);
        let mut next = now();
        let mut frames = sound.chunks(FRAME_SAMPLES);
        while now() < until {
            let due = self.drain().await.min(next);
            let wait = due.saturating_duration_since(now()).min(Duration::from_millis(20));
            let mut datagram = [0; 2_000];
            let received = timeout(wait, self.socket.recv_from(&mut datagram)).await;
            let input = match &received {
                Ok(Ok((length, from))) => {
                    let bytes = &datagram[..*length];
                    Input::Receive(
                        now(),
                        Receive::new(Protocol::Udp, *from, self.address, bytes).unwrap(),
                    )
                }
                _ => Input::Timeout(now()),
            };
            self.rtc.handle_input(input).unwrap();
            while next <= now() {
                next += Duration::from_millis(20);
                if self.connected {
                    self.say(frames.next().unwrap_or_default()).await;
                }
            }
        }
    }

    async fn say(&mut self, frame: &[i16]) {
        let mut codes = vec![alaw(0); FRAME_SAMPLES];
        codes.iter_mut().zip(frame).for_each(|(code, sample)| *code = alaw(*sample));
        let sequence = self.sequence;
        self.sequence += 1;
        let mid = self.mid.unwrap();
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, None).unwrap();
        let (pt, time) = (Pt::new_with_value(8), (sequence * 160) as u32);
        stream.write_rtp(RtpWrite::new(pt, SeqNo::from(sequence), time, now(), codes));
        self.drain().await;
    }

    async fn drain(&mut self) -> std::time::Instant {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(due) => return due,
                Output::Transmit(transmit) => {
                    self.socket.send_to(&transmit.contents, transmit.destination).await.unwrap();
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::RtpPacket(packet)) => {
                    let base = *self.base.get_or_insert(packet.header.timestamp);
                    let at = packet.header.timestamp.wrapping_sub(base) as usize;
                    if self.heard.len() < at + packet.payload.len() {
                        self.heard.resize(at + packet.payload.len(), 0);
                    }
                    let codes = packet.payload.iter();
                    for (slot, code) in self.heard[at..].iter_mut().zip(codes) {
                        *slot = Codec::Pcma.decode(*code);
                    }
                }
                Output::Event(_) => {}
            }
        }
    }

    /// Answers the gateway's offer.
    fn answer(&mut self, offer: &[u8]) -> Bytes {
        self.mid = sdp::parse(offer).unwrap().media[0].mid.as_deref().map(Mid::from);
        let offer = SdpOffer::from_sdp_string(std::str::from_utf8(offer).unwrap()).unwrap();
        Bytes::from(self.rtc.sdp_api().accept_offer(offer).unwrap().to_sdp_string())
    }
}

fn now() -> std::time::Instant {
    clock::instant_of(clock::now()).into_std()
}

async fn both_ways(stage: &Stage, leg: LegId, browser: &mut Browser) {
    let (trunk, mut caller) = stage.phone(1).await;
    browser.talk(&[], 700).await;
    assert!(browser.connected, "ICE or DTLS did not come up");
    stage.media.connect(trunk, leg, Vec::new());
    let (said, replied) = (
        voice("callers/call_07_medical_reimbursement.wav", 4),
        voice("callers/call_08_street_lamp.wav", 4),
    );
    tokio::join!(caller.talk(&said, 4_200), browser.talk(&replied, 4_200));
    let (there, back) =
        (correlate(&said, &browser.heard, 8_000), correlate(&replied, &caller.heard, 8_000));
    assert!(there.peak > 0.95 && back.peak > 0.95, "to the browser {there:?}, from it {back:?}");
}

#[tokio::test]
async fn a_browser_that_is_called_talks_both_ways() {
    let stage = Stage::open().await;
    let leg = LegId::from_u128(5);
    let mut browser = Browser::open().await;
    let offer = stage.media.offer(leg, MediaKind::WebRtc).await.unwrap();
    let text = String::from_utf8_lossy(&offer).into_owned();
    assert!(text.contains("a=setup:actpass") && text.contains("a=ice-lite"), "{text}");
    assert!(text.contains("telephone-event/8000") && !text.contains("opus"), "{text}");
    let answer = browser.answer(&offer);
    assert_eq!(stage.media.accept(leg, answer.clone()).await.unwrap(), Direction::SendRecv);
    assert_eq!(stage.media.accept(leg, answer).await.unwrap(), Direction::SendRecv);
    both_ways(&stage, leg, &mut browser).await;
}

#[tokio::test]
async fn a_browser_that_calls_talks_both_ways_and_can_hold() {
    let stage = Stage::open().await;
    let leg = LegId::from_u128(5);
    let mut browser = Browser::open().await;
    let mut api = browser.rtc.sdp_api();
    let mid = api.add_media(Str0mKind::Audio, Str0mDirection::SendRecv, None, None, None);
    let (offer, pending) = api.apply().unwrap();
    browser.mid = Some(mid);
    let offer = Bytes::from(offer.to_sdp_string());
    let answered = stage.media.answer(leg, MediaKind::WebRtc, offer).await.unwrap();
    let text = std::str::from_utf8(&answered.sdp).unwrap();
    assert!(text.contains("a=setup:passive"), "{text}");
    let answer = SdpAnswer::from_sdp_string(text).unwrap();
    browser.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    both_ways(&stage, leg, &mut browser).await;
    let mut api = browser.rtc.sdp_api();
    api.set_direction(mid, Str0mDirection::SendOnly);
    let (hold, _) = api.apply().unwrap();
    let hold = Bytes::from(hold.to_sdp_string());
    let held = stage.media.answer(leg, MediaKind::WebRtc, hold).await.unwrap();
    assert_eq!(held.direction, Direction::SendOnly);
    assert!(String::from_utf8_lossy(&held.sdp).contains("a=recvonly"));
}

#[tokio::test]
async fn a_browser_that_never_comes_is_told_after_five_seconds() {
    let mut stage = Stage::open().await;
    let leg = LegId::from_u128(5);
    let mut browser = Browser::open().await;
    let offer = stage.media.offer(leg, MediaKind::WebRtc).await.unwrap();
    stage.media.accept(leg, browser.answer(&offer)).await.unwrap();
    let failed = |event: &MediaEvent| (*event == MediaEvent::WebRtcFailed { leg }).then_some(());
    assert_eq!(stage.event(4_700, failed).await, None);
    assert_eq!(stage.event(800, failed).await, Some(()));
}

#[tokio::test]
async fn a_lost_browser_is_told_and_so_is_its_return_from_another_address() {
    let mut stage = Stage::open().await;
    let leg = LegId::from_u128(5);
    let mut browser = Browser::open().await;
    let offer = stage.media.offer(leg, MediaKind::WebRtc).await.unwrap();
    stage.media.accept(leg, browser.answer(&offer)).await.unwrap();
    browser.talk(&[], 900).await;
    assert!(browser.connected);
    let lost = |event: &MediaEvent| (*event == MediaEvent::MediaLost { leg }).then_some(());
    let back = |event: &MediaEvent| (*event == MediaEvent::MediaBack { leg }).then_some(());
    assert_eq!(stage.event(1_850, lost).await, None);
    assert_eq!(stage.event(650, lost).await, Some(()));
    browser.talk(&[], 300).await;
    assert_eq!(stage.event(500, back).await, Some(()));
    // Another network: a new socket, new ICE credentials in a re-INVITE.
    browser.socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let old = Candidate::host(browser.address, "udp").unwrap();
    browser.address = browser.socket.local_addr().unwrap();
    let mut api = browser.rtc.sdp_api();
    api.ice_restart(false);
    let (offer, pending) = api.apply().unwrap();
    let offer = Bytes::from(offer.to_sdp_string());
    let answered = stage.media.answer(leg, MediaKind::WebRtc, offer).await.unwrap();
    let answer = SdpAnswer::from_sdp_string(std::str::from_utf8(&answered.sdp).unwrap()).unwrap();
    browser.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    browser.rtc.direct_api().invalidate_candidate(&old);
    let new = Candidate::host(browser.address, "udp").unwrap();
    browser.rtc.add_local_candidate(new);
    let music = voice("system/hold_music.wav", 2);
    stage.media.hear(leg, Source::Music);
    browser.heard.clear();
    browser.base = None;
    browser.talk(&[], 2_500).await;
    let music = correlate(&music[8_000..], &browser.heard, 8_000);
    assert!(music.peak > 0.9, "{} {music:?}", browser.heard.len());
}
