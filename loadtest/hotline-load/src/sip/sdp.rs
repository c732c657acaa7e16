//! The least of SDP: one audio stream of PCMA with telephone events.

use std::net::{Ipv4Addr, SocketAddrV4};

/// An offer, or the answer to one: the same body either way.
#[must_use]
pub fn body(local: SocketAddrV4, session: u64) -> String {
    let (ip, port) = (local.ip(), local.port());
    format!(
        "v=0\r\no=- {session} 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n\
         a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    )
}

/// Where the other side wants to hear; `None` where it wants nothing.
#[must_use]
pub fn destination(body: &[u8]) -> Option<SocketAddrV4> {
    let text = std::str::from_utf8(body).ok()?;
    let port: u16 = field(text, "m=audio ")?.parse().ok()?;
    // A media-level address, if there is one, comes after the m line and counts.
    let media = text.split("m=audio ").nth(1)?;
    let ip = field(media, "c=IN IP4 ").or_else(|| field(text, "c=IN IP4 "))?;
    let ip: Ipv4Addr = ip.parse().ok()?;
    (port != 0 && !ip.is_unspecified()).then(|| SocketAddrV4::new(ip, port))
}

fn field<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    let rest = text.split(before).nth(1)?;
    rest.split(|c: char| c.is_whitespace() || c == '/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_body_is_read_back() {
        let local = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 40_000);
        assert_eq!(destination(body(local, 1).as_bytes()), Some(local));
    }

    #[test]
    fn the_medias_own_address_counts_and_a_closed_port_does_not() {
        let two = b"c=IN IP4 10.0.0.1\r\nm=audio 5000 RTP/AVP 8\r\nc=IN IP4 10.0.0.2\r\n";
        assert_eq!(destination(two), Some("10.0.0.2:5000".parse().unwrap()));
        assert_eq!(destination(b"c=IN IP4 10.0.0.1\r\nm=audio 0 RTP/AVP 8\r\n"), None);
        assert_eq!(destination(b""), None);
        assert_eq!(destination(&[0xff, 0xfe]), None);
    }
}
