//! A plain RTP phone for tests: says a sound at the true pace, keeps what it hears in place.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{interval, timeout};

use super::super::g711::{Codec, FRAME_SAMPLES, alaw, transcode};
use super::super::rtp::event::{PressReader, PressWriter, code_of};
use super::super::rtp::packet::{self, Header};

pub struct Phone {
    pub socket: UdpSocket,
    pub codec: Codec,
    to: Option<SocketAddr>,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    presses: PressWriter,
    pub keys: Vec<char>,
    reader: PressReader,
    /// Sound heard, by timestamp.
    pub heard: Vec<i16>,
    base: Option<u32>,
    pub stamps: Vec<(u16, u32)>,
}

impl Phone {
    pub async fn open() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let ssrc = u32::from(socket.local_addr().unwrap().port());
        Self {
            socket,
            codec: Codec::Pcma,
            to: None,
            sequence: 65_500,
            timestamp: u32::MAX - 4_000,
            ssrc,
            presses: PressWriter::default(),
            keys: Vec::new(),
            reader: PressReader::default(),
            heard: Vec::new(),
            base: None,
            stamps: Vec::new(),
        }
    }

    pub fn description(&self, formats: &str) -> String {
        let port = self.socket.local_addr().unwrap().port();
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP {formats}\r\na=rtpmap:101 telephone-event/8000\r\n"
        )
    }

    pub fn talks_to(&mut self, sdp: &[u8]) {
        self.to = Some(super::target(sdp));
    }

    pub fn press(&mut self, key: char) {
        self.presses.press(code_of(key).unwrap());
    }

    /// Says the sound at 20 ms pace (silence after its end) while listening, for `ms`.
    pub async fn talk(&mut self, sound: &[i16], ms: u64) {
        let mut pace = interval(Duration::from_millis(20));
        let mut frames = sound.chunks(FRAME_SAMPLES);
        for _ in 0..ms / 20 {
            pace.tick().await;
            let mut codes = [alaw(0); FRAME_SAMPLES];
            let frame = frames.next().unwrap_or_default();
            codes.iter_mut().zip(frame).for_each(|(code, sample)| *code = alaw(*sample));
            transcode(Codec::Pcma, self.codec, &mut codes);
            self.send(self.codec.payload_type(), &codes, self.timestamp).await;
            if let Some(press) = self.presses.next(self.timestamp) {
                // Each packet twice, as a nervous network would.
                self.send(101, &press.payload, press.timestamp).await;
                self.sequence = self.sequence.wrapping_sub(1);
                self.send(101, &press.payload, press.timestamp).await;
            }
            self.timestamp = self.timestamp.wrapping_add(160);
            self.listen();
        }
    }

    /// Listens without saying anything.
    pub async fn hush(&mut self, ms: u64) {
        let mut pace = interval(Duration::from_millis(20));
        for _ in 0..ms / 20 {
            pace.tick().await;
            self.listen();
        }
    }

    pub async fn send(&mut self, payload_type: u8, payload: &[u8], timestamp: u32) {
        let header = Header {
            marker: false,
            payload_type,
            sequence: self.sequence,
            timestamp,
            ssrc: self.ssrc,
        };
        self.sequence = self.sequence.wrapping_add(1);
        let datagram = [&packet::write(&header)[..], payload].concat();
        if let Some(to) = self.to {
            self.socket.send_to(&datagram, to).await.unwrap();
        }
    }

    /// Waits for one packet.
    pub async fn hears_something(&mut self, ms: u64) -> bool {
        let ready = self.socket.readable();
        let came = timeout(Duration::from_millis(ms), ready).await.is_ok();
        self.listen();
        came
    }

    fn listen(&mut self) {
        let mut datagram = [0; 1_500];
        while let Ok((length, _)) = self.socket.try_recv_from(&mut datagram) {
            let Some((header, payload)) = packet::parse(&datagram[..length]) else { continue };
            if packet::is_rtcp(&datagram[..length]) {
                continue;
            }
            if header.payload_type == 101 {
                self.keys.extend(self.reader.read(header.timestamp, payload));
                continue;
            }
            let codec = Codec::of_payload_type(header.payload_type).unwrap();
            assert_eq!(codec, self.codec, "a codec that was not agreed");
            self.stamps.push((header.sequence, header.timestamp));
            let base = *self.base.get_or_insert(header.timestamp);
            let at = header.timestamp.wrapping_sub(base) as usize;
            assert!(at < 8_000 * 120, "the timestamp jumped: {at}");
            if self.heard.len() < at + payload.len() {
                self.heard.resize(at + payload.len(), 0);
            }
            for (slot, code) in self.heard[at..].iter_mut().zip(payload) {
                *slot = codec.decode(*code);
            }
        }
    }
}
