//! Writing SDP for plain RTP.

use std::fmt::Write;
use std::net::IpAddr;

use super::super::g711::Codec;
use super::{Agreement, MediaLine, Session, TELEPHONE_EVENT};

/// Our end of a plain RTP stream.
#[derive(Debug, Clone, Copy)]
pub struct Local {
    /// Address and port written into the description.
    pub address: IpAddr,
    pub port: u16,
    /// `o=`: the same for the life of the leg.
    pub session_id: u64,
    /// `o=`: one more for every description that we send (RFC 3264 section 8).
    pub version: u64,
}

/// Our offer: PCMA, PCMU, telephone events, 20 ms.
pub fn offer(local: &Local) -> String {
    let mut text = head(local);
    let port = local.port;
    let _ = write!(text, "m=audio {port} RTP/AVP 8 0 {TELEPHONE_EVENT}\r\n");
    codec_lines(&mut text, &[Codec::Pcma, Codec::Pcmu], Some(TELEPHONE_EVENT));
    text.push_str("a=ptime:20\r\na=sendrecv\r\n");
    text
}

/// Our answer: the agreed audio line, every other line declined with port 0 (RFC 3264 section 6).
pub fn answer(local: &Local, offered: &Session, accepted: usize, agreed: &Agreement) -> String {
    let mut text = head(local);
    for (index, line) in offered.media.iter().enumerate() {
        if index == accepted {
            accept(&mut text, local, line, agreed);
        } else {
            decline(&mut text, line);
        }
    }
    text
}

fn head(local: &Local) -> String {
    let family = if local.address.is_ipv4() { "IP4" } else { "IP6" };
    let Local { address, session_id, version, .. } = local;
    format!(
        "v=0\r\no=- {session_id} {version} IN {family} {address}\r\ns=-\r\n\
         c=IN {family} {address}\r\nt=0 0\r\n"
    )
}

fn accept(text: &mut String, local: &Local, line: &MediaLine, agreed: &Agreement) {
    let (port, protocol) = (local.port, &line.protocol);
    let _ = write!(text, "m=audio {port} {protocol} {}", agreed.codec.payload_type());
    if let Some(event) = agreed.event {
        let _ = write!(text, " {event}");
    }
    text.push_str("\r\n");
    codec_lines(text, &[agreed.codec], agreed.event);
    if line.rtcp_mux {
        text.push_str("a=rtcp-mux\r\n");
    }
    if let Some(mid) = &line.mid {
        let _ = write!(text, "a=mid:{mid}\r\n");
    }
    let direction = agreed.direction.mirrored().attribute();
    let _ = write!(text, "a=ptime:20\r\na={direction}\r\n");
}

fn codec_lines(text: &mut String, codecs: &[Codec], event: Option<u8>) {
    for codec in codecs {
        let _ = write!(text, "a=rtpmap:{} {}/8000\r\n", codec.payload_type(), codec.name());
    }
    if let Some(event) = event {
        let _ = write!(text, "a=rtpmap:{event} telephone-event/8000\r\na=fmtp:{event} 0-15\r\n");
    }
}

fn decline(text: &mut String, line: &MediaLine) {
    let formats = line.formats.join(" ");
    let _ = write!(text, "m={} 0 {} {formats}\r\n", line.kind, line.protocol);
    if let Some(mid) = &line.mid {
        let _ = write!(text, "a=mid:{mid}\r\n");
    }
}
