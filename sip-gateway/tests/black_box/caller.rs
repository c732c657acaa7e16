//! A telephone in a few lines: SIP over UDP as caller or as called phone, and RTP whose every packet
//! says by its bytes who sent it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sip_gateway::net::clock;
use tokio::net::UdpSocket;
use types::Timestamp;

/// Payload of one packet: 20 ms of A-law.
const PAYLOAD_LEN: usize = 160;

pub fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("u{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The value of a header, by its full name.
pub fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

pub fn status(response: &str) -> u16 {
    response.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// One telephone.
pub struct Telephone {
    pub sip: UdpSocket,
    pub rtp: UdpSocket,
    pub gateway: SocketAddr,
    call_id: String,
    invite: String,
    answer: String,
    /// Where the gateway wants our sound.
    pub sound_to: Option<SocketAddr>,
    sequence: u16,
}

impl Telephone {
    pub async fn open(gateway: &str, port: u16) -> Self {
        Self {
            sip: UdpSocket::bind(("127.0.0.1", port)).await.unwrap(),
            rtp: UdpSocket::bind("127.0.0.1:0").await.unwrap(),
            gateway: gateway.parse().unwrap(),
            call_id: unique(),
            invite: String::new(),
            answer: String::new(),
            sound_to: None,
            sequence: 0,
        }
    }

    fn description(&self) -> String {
        let port = self.rtp.local_addr().unwrap().port();
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\n"
        )
    }

    /// An INVITE of ours, with a description.
    pub fn invitation(&self) -> String {
        let ours = self.sip.local_addr().unwrap();
        let (sdp, call_id) = (self.description(), &self.call_id);
        format!(
            "INVITE sip:12345@{0} SIP/2.0\r\nVia: SIP/2.0/UDP {ours};rport;branch=z9hG4bK{call_id}\r\n\
             From: <sip:13800138000@{ours}>;tag=f{call_id}\r\nTo: <sip:12345@{0}>\r\nCall-ID: {call_id}\r\n\
             CSeq: 1 INVITE\r\nContact: <sip:13800138000@{ours}>\r\nMax-Forwards: 70\r\n\
             Content-Type: application/sdp\r\nContent-Length: {1}\r\n\r\n{sdp}",
            self.gateway,
            sdp.len(),
        )
    }

    pub async fn send(&self, message: &str) {
        self.sip.send_to(message.as_bytes(), self.gateway).await.unwrap();
    }

    /// The next SIP message, within 10 s.
    pub async fn receive(&self) -> String {
        let mut buffer = vec![0; 65_535];
        let received = tokio::time::timeout(Duration::from_secs(10), self.sip.recv(&mut buffer));
        let length = received.await.expect("a SIP message within 10 s").unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    /// The next response at or above `least`.
    pub async fn response(&self, least: u16) -> String {
        loop {
            let message = self.receive().await;
            if message.starts_with("SIP/2.0") && status(&message) >= least {
                return message;
            }
        }
    }

    pub async fn dial(&mut self) {
        self.invite = self.invitation();
        self.send(&self.invite).await;
    }

    /// Waits for the 200 and acknowledges it.
    pub async fn answered(&mut self) {
        self.answer = self.response(200).await;
        assert_eq!(status(&self.answer), 200, "{}", self.answer);
        self.sound_to = Some(sound_of(&self.answer));
        self.send(&self.in_dialog("ACK", 1)).await;
    }

    /// ACK or BYE of the caller.
    fn in_dialog(&self, method: &str, number: u32) -> String {
        let ours = self.sip.local_addr().unwrap();
        let copied = |name| format!("{name}: {}\r\n", header(&self.answer, name).unwrap());
        format!(
            "{method} sip:12345@{} SIP/2.0\r\nVia: SIP/2.0/UDP {ours};rport;branch=z9hG4bK{}\r\n{}{}{}\
             CSeq: {number} {method}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
            self.gateway,
            unique(),
            copied("From"),
            copied("To"),
            copied("Call-ID"),
        )
    }

    pub async fn hang_up(&self) {
        self.send(&self.in_dialog("BYE", 2)).await;
        loop {
            let response = self.response(200).await;
            if header(&response, "CSeq") == Some("2 BYE") {
                return;
            }
        }
    }

    /// Waits for an INVITE and answers it.
    pub async fn answers(&mut self) {
        let invite = loop {
            let message = self.receive().await;
            if message.starts_with("INVITE") {
                break message;
            }
        };
        self.sound_to = Some(sound_of(&invite));
        let sdp = self.description();
        let ours = self.sip.local_addr().unwrap();
        let copied = |name| format!("{name}: {}\r\n", header(&invite, name).unwrap());
        let answer = format!(
            "SIP/2.0 200 OK\r\n{}{}To: {};tag=phone\r\n{}{}Contact: <sip:desk01@{ours}>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            copied("Via"),
            copied("From"),
            header(&invite, "To").unwrap(),
            copied("Call-ID"),
            copied("CSeq"),
            sdp.len(),
        );
        self.send(&answer).await;
    }

    /// Says packets made of `byte` at the true pace for so long, and gives what came in meanwhile.
    pub async fn talk(&mut self, byte: u8, ms: u64) -> Heard {
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        let mut heard = Heard::default();
        let to = self.sound_to.expect("the call is answered");
        let ssrc = u32::from(self.rtp.local_addr().unwrap().port());
        let mut buffer = [0; 2_048];
        for _ in 0..ms / 20 {
            pace.tick().await;
            self.sequence = self.sequence.wrapping_add(1);
            let packet = packet(ssrc, self.sequence, byte);
            self.rtp.send_to(&packet, to).await.unwrap();
            while let Ok((length, _)) = self.rtp.try_recv_from(&mut buffer) {
                heard.take(&buffer[..length]);
            }
        }
        heard
    }
}

/// What has come in.
#[derive(Debug, Default)]
pub struct Heard {
    pub packets: u32,
    /// By the byte of which a payload is made whole; other payloads are not here.
    pub by_byte: BTreeMap<u8, u32>,
    first: Option<u16>,
    last: u16,
    latest: Option<Timestamp>,
    pub longest_gap: Duration,
}

impl Heard {
    fn take(&mut self, datagram: &[u8]) {
        // RTCP has types from 200 on in the second byte.
        let [_, kind, high, low, rest @ ..] = datagram else { return };
        if (200..=207).contains(kind) {
            return;
        }
        self.packets += 1;
        self.last = u16::from_be_bytes([*high, *low]);
        self.first.get_or_insert(self.last);
        let now = clock::now();
        if let Some(latest) = self.latest.replace(now) {
            self.longest_gap = self.longest_gap.max(now.since(latest));
        }
        let payload = &rest[8..];
        if let Some(byte) = payload.first().filter(|byte| payload.iter().all(|b| b == *byte)) {
            *self.by_byte.entry(*byte).or_default() += 1;
        }
    }

    /// Packets between the first and the last that did not come.
    pub fn lost(&self) -> u32 {
        let sent = self.first.map_or(0, |first| u32::from(self.last.wrapping_sub(first)) + 1);
        sent.saturating_sub(self.packets)
    }

    pub fn of(&self, byte: u8) -> u32 {
        self.by_byte.get(&byte).copied().unwrap_or(0)
    }
}

/// An RTP packet of PCMA whose payload is `byte` throughout.
pub fn packet(ssrc: u32, sequence: u16, byte: u8) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 160).to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend([byte; PAYLOAD_LEN]);
    packet
}

/// The address of a description's sound.
fn sound_of(message: &str) -> SocketAddr {
    let field = |name: &str, index| {
        let line = message.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split(' ').nth(index).unwrap().trim().to_owned()
    };
    format!("{}:{}", field("c=IN ", 1), field("m=audio ", 0)).parse().unwrap()
}
