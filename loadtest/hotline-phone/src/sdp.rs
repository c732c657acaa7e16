//! Session descriptions (RFC 8866) and offer/answer (RFC 3264) for one G.711 audio stream with
//! telephone events. Other streams in an offer are refused with port 0. It must not know sockets.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use crate::media::codec::Codec;

const LINES_MAX: usize = 500;
const STREAMS_MAX: usize = 16;
/// Payload type that our offers give to telephone events.
const EVENT_PAYLOAD_TYPE: u8 = 101;

/// Who may send (RFC 3264 5.1), from the describing side's point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// What the other side answers when it agrees to everything.
    #[must_use]
    pub fn answer(self) -> Self {
        match self {
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            same => same,
        }
    }

    /// Whether the described side wants to receive.
    #[must_use]
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }
}

/// The audio stream of a peer that we can talk to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteAudio {
    pub address: SocketAddr,
    pub codec: Codec,
    /// Payload type of telephone events, where the peer takes them.
    pub event_payload_type: Option<u8>,
    pub direction: Direction,
}

/// A parsed description.
#[derive(Debug, Clone)]
pub struct Session {
    streams: Vec<Stream>,
}

#[derive(Debug, Clone)]
struct Stream {
    kind: String,
    protocol: String,
    port: u16,
    formats: Vec<String>,
    address: Option<IpAddr>,
    direction: Direction,
    event_payload_type: Option<u8>,
}

impl Session {
    /// Reads a description; `None` when it has no stream at all.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(body);
        let (mut address, mut direction) = (None, Direction::SendRecv);
        let mut streams: Vec<Stream> = Vec::new();
        for line in text.lines().take(LINES_MAX) {
            let Some((key, value)) = line.trim_end().split_once('=') else { continue };
            if key == "m" {
                if streams.len() == STREAMS_MAX {
                    break;
                }
                streams.push(parse_stream(value, address, direction)?);
                continue;
            }
            match (key, streams.last_mut()) {
                ("c", Some(stream)) => stream.address = parse_connection(value).or(stream.address),
                ("c", None) => address = parse_connection(value),
                ("a", Some(stream)) => stream.attribute(value),
                ("a", None) => direction = parse_direction(value).unwrap_or(direction),
                _ => {}
            }
        }
        (!streams.is_empty()).then_some(Self { streams })
    }

    /// The first audio stream with a codec we know; codecs in the peer's order of preference.
    #[must_use]
    pub fn audio(&self) -> Option<RemoteAudio> {
        let stream = self.streams.get(self.audio_index()?)?;
        Some(RemoteAudio {
            address: SocketAddr::new(stream.address?, stream.port),
            codec: stream.codec()?,
            event_payload_type: stream.event_payload_type,
            direction: stream.direction,
        })
    }

    fn audio_index(&self) -> Option<usize> {
        self.streams.iter().position(Stream::is_usable)
    }

    /// Our answer: the stream of [`Session::audio`] accepted, all others refused.
    #[must_use]
    pub fn answer(&self, ours: SocketAddr, id: u64, version: u64) -> Option<String> {
        let (chosen, audio) = (self.audio_index()?, self.audio()?);
        let mut text = head(ours, id, version);
        for (index, stream) in self.streams.iter().enumerate() {
            if index == chosen {
                let codecs = [audio.codec];
                push_audio(
                    &mut text,
                    ours,
                    &codecs,
                    audio.event_payload_type,
                    audio.direction.answer(),
                );
            } else {
                let format = stream.formats.first().map_or("0", String::as_str);
                let _ = write!(text, "m={} 0 {} {format}\r\n", stream.kind, stream.protocol);
            }
        }
        Some(text)
    }
}

impl Stream {
    fn attribute(&mut self, value: &str) {
        if let Some(direction) = parse_direction(value) {
            self.direction = direction;
        } else if let Some(map) = value.strip_prefix("rtpmap:")
            && let Some((payload_type, name)) = map.split_once(' ')
            && name.to_ascii_lowercase().starts_with("telephone-event/8000")
        {
            self.event_payload_type = payload_type.parse().ok().filter(|p| *p < 128);
        }
    }

    fn codec(&self) -> Option<Codec> {
        self.formats.iter().find_map(|format| Codec::from_payload_type(format.parse().ok()?))
    }

    fn is_usable(&self) -> bool {
        let plain = matches!(self.protocol.as_str(), "RTP/AVP" | "RTP/AVPF");
        self.kind == "audio" && plain && self.port != 0 && self.codec().is_some()
    }
}

fn parse_stream(value: &str, address: Option<IpAddr>, direction: Direction) -> Option<Stream> {
    let mut words = value.split_whitespace();
    let (kind, port, protocol) = (words.next()?, words.next()?, words.next()?);
    Some(Stream {
        kind: kind.to_owned(),
        protocol: protocol.to_owned(),
        port: port.split('/').next()?.parse().ok()?,
        formats: words.take(64).map(str::to_owned).collect(),
        address,
        direction,
        event_payload_type: None,
    })
}

fn parse_connection(value: &str) -> Option<IpAddr> {
    value.split_whitespace().nth(2)?.split('/').next()?.parse().ok()
}

fn parse_direction(value: &str) -> Option<Direction> {
    match value.trim() {
        "sendrecv" => Some(Direction::SendRecv),
        "sendonly" => Some(Direction::SendOnly),
        "recvonly" => Some(Direction::RecvOnly),
        "inactive" => Some(Direction::Inactive),
        _ => None,
    }
}

/// An offer of one audio stream.
#[must_use]
pub fn offer(ours: SocketAddr, codecs: &[Codec], id: u64, version: u64) -> String {
    let mut text = head(ours, id, version);
    push_audio(&mut text, ours, codecs, Some(EVENT_PAYLOAD_TYPE), Direction::SendRecv);
    text
}

fn family(address: SocketAddr) -> &'static str {
    if address.is_ipv4() { "IP4" } else { "IP6" }
}

fn head(ours: SocketAddr, id: u64, version: u64) -> String {
    let (net, ip) = (family(ours), ours.ip());
    // Session ids are at most 63 bits so that every peer can hold them.
    let id = id >> 1;
    format!(
        "v=0\r\no=- {id} {version} IN {net} {ip}\r\ns=hotline-phone\r\nc=IN {net} {ip}\r\nt=0 0\r\n"
    )
}

fn push_audio(
    text: &mut String,
    ours: SocketAddr,
    codecs: &[Codec],
    event: Option<u8>,
    direction: Direction,
) {
    let mut formats: Vec<u8> = codecs.iter().map(|codec| codec.payload_type()).collect();
    formats.extend(event);
    let list: Vec<String> = formats.iter().map(u8::to_string).collect();
    let _ = write!(text, "m=audio {} RTP/AVP {}\r\n", ours.port(), list.join(" "));
    for codec in codecs {
        let _ = write!(text, "a=rtpmap:{} {}/8000\r\n", codec.payload_type(), codec.name());
    }
    if let Some(event) = event {
        let _ = write!(text, "a=rtpmap:{event} telephone-event/8000\r\na=fmtp:{event} 0-15\r\n");
    }
    let _ = write!(text, "a=ptime:20\r\na={}\r\n", direction.name());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> SocketAddr {
        "127.0.0.1:4000".parse().unwrap()
    }

    #[test]
    fn our_offer_is_understood_by_ourselves() {
        let text = offer(ours(), &[Codec::Pcma, Codec::Pcmu], 7, 1);
        let audio = Session::parse(text.as_bytes()).unwrap().audio().unwrap();
        assert_eq!((audio.address, audio.codec), (ours(), Codec::Pcma));
        assert_eq!(audio.event_payload_type, Some(101));
    }

    #[test]
    fn an_answer_refuses_other_streams_and_mirrors_hold() {
        let offer = "v=0\r\nc=IN IP4 10.0.0.1\r\nm=video 5000 RTP/AVP 96\r\nm=audio 6000 RTP/AVP 18 0 97\r\n\
            a=rtpmap:97 telephone-event/8000\r\na=sendonly\r\n";
        let session = Session::parse(offer.as_bytes()).unwrap();
        let audio = session.audio().unwrap();
        assert_eq!(
            (audio.codec, audio.address.port(), audio.event_payload_type),
            (Codec::Pcmu, 6000, Some(97))
        );
        let answer = session.answer(ours(), 1, 2).unwrap();
        assert!(
            answer.contains("m=video 0 RTP/AVP 96\r\nm=audio 4000 RTP/AVP 0 97\r\n"),
            "{answer}"
        );
        assert!(answer.contains("a=recvonly"), "{answer}");
    }

    #[test]
    fn descriptions_without_our_codecs_or_with_nonsense_are_refused() {
        let only_g729 = "v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 6000 RTP/AVP 18\r\n";
        assert!(Session::parse(only_g729.as_bytes()).unwrap().audio().is_none());
        for text in ["", "v=0", "m=audio x RTP/AVP 8", "m=", "\u{0}\u{1}"] {
            assert!(Session::parse(text.as_bytes()).and_then(|s| s.audio()).is_none(), "{text}");
        }
    }
}
