//! Reading SDP: tolerant of unknown lines, strict about sizes.

use std::net::IpAddr;

use super::super::api::{Direction, MediaError};
use super::super::g711::Codec;

const BYTES_MAX: usize = 32_768;
const MEDIA_MAX: usize = 8;
const FORMATS_MAX: usize = 64;

/// The facts of a description that we use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    pub connection: Option<IpAddr>,
    pub direction: Option<Direction>,
    pub media: Vec<MediaLine>,
}

/// One `m=` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaLine {
    pub kind: String,
    pub port: u16,
    pub protocol: String,
    /// The formats as written (payload types for RTP).
    pub formats: Vec<String>,
    pub connection: Option<IpAddr>,
    pub direction: Option<Direction>,
    pub mid: Option<String>,
    pub rtcp_port: Option<u16>,
    pub rtcp_mux: bool,
    /// `a=rtpmap`: payload type, encoding name in lower case, clock rate in Hz.
    pub maps: Vec<(u8, String, u32)>,
}

impl MediaLine {
    /// Audio that plain RTP can carry.
    pub fn is_plain_audio(&self) -> bool {
        self.kind == "audio" && matches!(self.protocol.as_str(), "RTP/AVP" | "RTP/AVPF")
    }

    fn payload_types(&self) -> impl Iterator<Item = u8> {
        self.formats.iter().filter_map(|format| format.parse().ok())
    }

    fn encoding(&self, payload_type: u8) -> Option<(&str, u32)> {
        let map = self.maps.iter().find(|(of, _, _)| *of == payload_type)?;
        Some((map.1.as_str(), map.2))
    }

    /// PCMA if it is there, else PCMU; a static number may not have been mapped to something else.
    pub fn codec(&self) -> Option<Codec> {
        let is = |codec: Codec| {
            self.payload_types().any(|pt| pt == codec.payload_type())
                && self.encoding(codec.payload_type()).is_none_or(|(name, clock_hz)| {
                    clock_hz == 8_000 && name.eq_ignore_ascii_case(codec.name())
                })
        };
        [Codec::Pcma, Codec::Pcmu].into_iter().find(|codec| is(*codec))
    }

    /// Payload type of telephone events at 8 kHz (RFC 4733).
    pub fn telephone_event(&self) -> Option<u8> {
        self.payload_types()
            .find(|pt| *pt < 128 && self.encoding(*pt) == Some(("telephone-event", 8_000)))
    }
}

/// Reads a description.
///
/// # Errors
/// [`MediaError::BadSdp`] with the reason where it is no SDP or too large.
pub fn parse(bytes: &[u8]) -> Result<Session, MediaError> {
    let bad = |why: &str| MediaError::BadSdp(why.to_owned());
    if bytes.len() > BYTES_MAX {
        return Err(bad("longer than 32 KiB"));
    }
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines().map(|line| line.trim_end_matches('\r')).filter(|l| !l.is_empty());
    if lines.next() != Some("v=0") {
        return Err(bad("does not begin with v=0"));
    }
    let mut session = Session::default();
    for line in lines {
        let (name, value) = line.split_once('=').ok_or_else(|| bad("a line without ="))?;
        match name {
            "m" if session.media.len() >= MEDIA_MAX => return Err(bad("more than 8 media lines")),
            "m" => session.media.push(media_line(value).ok_or_else(|| bad("bad m= line"))?),
            "c" => {
                let address = connection(value).ok_or_else(|| bad("bad c= line"))?;
                match session.media.last_mut() {
                    Some(media) => media.connection = Some(address),
                    None => session.connection = Some(address),
                }
            }
            "a" => attribute(&mut session, value),
            _ => {}
        }
    }
    if session.media.is_empty() {
        return Err(bad("no media line"));
    }
    Ok(session)
}

/// `audio 49170 RTP/AVP 8 0 101`; the port may carry `/count`.
fn media_line(value: &str) -> Option<MediaLine> {
    let mut words = value.split_ascii_whitespace();
    let kind = words.next()?.to_owned();
    let port = words.next()?.split('/').next()?.parse().ok()?;
    let protocol = words.next()?.to_owned();
    let formats: Vec<String> = words.take(FORMATS_MAX).map(str::to_owned).collect();
    if formats.is_empty() {
        return None;
    }
    Some(MediaLine {
        kind,
        port,
        protocol,
        formats,
        connection: None,
        direction: None,
        mid: None,
        rtcp_port: None,
        rtcp_mux: false,
        maps: Vec::new(),
    })
}

/// `IN IP4 192.0.2.1`; a multicast suffix is cut off.
fn connection(value: &str) -> Option<IpAddr> {
    let mut words = value.split_ascii_whitespace();
    let (net, _family, address) = (words.next()?, words.next()?, words.next()?);
    if net != "IN" {
        return None;
    }
    address.split('/').next()?.parse().ok()
}

fn attribute(session: &mut Session, value: &str) {
    let (name, rest) = value.split_once(':').unwrap_or((value, ""));
    let direction = match name {
        "sendrecv" => Some(Direction::SendRecv),
        "sendonly" => Some(Direction::SendOnly),
        "recvonly" => Some(Direction::RecvOnly),
        "inactive" => Some(Direction::Inactive),
        _ => None,
    };
    let Some(media) = session.media.last_mut() else {
        session.direction = direction.or(session.direction);
        return;
    };
    match name {
        "rtpmap" if media.maps.len() < FORMATS_MAX => media.maps.extend(rtpmap(rest)),
        "rtcp-mux" => media.rtcp_mux = true,
        "rtcp" => media.rtcp_port = rest.split(' ').next().and_then(|port| port.parse().ok()),
        "mid" => media.mid = Some(rest.chars().take(64).collect()),
        _ => media.direction = direction.or(media.direction),
    }
}

/// `101 telephone-event/8000`.
fn rtpmap(value: &str) -> Option<(u8, String, u32)> {
    let (payload_type, encoding) = value.trim().split_once(' ')?;
    let mut parts = encoding.trim().split('/');
    let name = parts.next()?.to_ascii_lowercase();
    let clock_hz = parts.next()?.trim().parse().ok()?;
    Some((payload_type.parse().ok()?, name, clock_hz))
}
