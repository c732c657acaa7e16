//! Session descriptions of browsers: one audio stream of PCMA with telephone events, one candidate.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::{LocalEnd, RemoteEnd};

/// Our offer: the other side chooses its role in DTLS.
#[must_use]
pub fn offer(local: &LocalEnd, session: u64) -> String {
    body(local, session, "0", "actpass")
}

/// Our answer: we begin the handshake, as browsers do.
#[must_use]
pub fn answer(local: &LocalEnd, remote: &RemoteEnd, session: u64) -> String {
    body(local, session, &remote.mid, "active")
}

fn body(local: &LocalEnd, session: u64, mid: &str, setup: &str) -> String {
    let (ip, port) = (local.address.ip(), local.address.port());
    let (ufrag, pwd, fingerprint) = (&local.ufrag, &local.pwd, hex(&local.fingerprint));
    format!(
        "v=0\r\no=- {session} 1 IN IP4 {ip}\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mid}\r\n\
         m=audio {port} UDP/TLS/RTP/SAVPF 8 101\r\nc=IN IP4 {ip}\r\n\
         a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\na=end-of-candidates\r\n\
         a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\na=fingerprint:sha-256 {fingerprint}\r\n\
         a=setup:{setup}\r\na=mid:{mid}\r\na=sendrecv\r\na=rtcp-mux\r\n\
         a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
    )
}

/// The other side's description; `None` where it is none of WebRTC, or gives no IPv4 address.
#[must_use]
pub fn read(body: &[u8]) -> Option<RemoteEnd> {
    let text = std::str::from_utf8(body).ok()?;
    let value = |name: &str| text.lines().find_map(|line| line.trim_end().strip_prefix(name));
    let fingerprint =
        value("a=fingerprint:sha-256 ").or_else(|| value("a=fingerprint:SHA-256 "))?;
    Some(RemoteEnd {
        address: text.lines().find_map(candidate)?,
        ufrag: value("a=ice-ufrag:")?.to_owned(),
        pwd: value("a=ice-pwd:")?.to_owned(),
        fingerprint: unhex(fingerprint)?,
        lite: value("a=ice-lite").is_some(),
        mid: value("a=mid:").unwrap_or("0").to_owned(),
    })
}

/// `a=candidate:foundation component transport priority address port typ host`, of RTP over UDP.
fn candidate(line: &str) -> Option<SocketAddrV4> {
    let words: Vec<&str> = line.trim().strip_prefix("a=candidate:")?.split(' ').collect();
    let [_, "1", transport, _, ip, port, ..] = words[..] else { return None };
    let ip: Ipv4Addr = ip.parse().ok()?;
    transport.eq_ignore_ascii_case("udp").then_some(SocketAddrV4::new(ip, port.parse().ok()?))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        // Writing to a string cannot fail.
        let _written = write!(text, "{}{byte:02X}", if at == 0 { "" } else { ":" });
    }
    text
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let byte = |pair: &str| u8::from_str_radix(pair, 16).ok();
    text.trim().split(':').map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::local;
    use super::*;

    #[test]
    fn an_own_offer_is_read_back() {
        let remote = read(offer(&local(), 1).as_bytes()).unwrap();
        assert_eq!(remote, local().seen());
    }

    #[test]
    fn an_answer_repeats_the_name_of_the_stream_and_begins_the_handshake() {
        let mut remote = read(offer(&local(), 1).as_bytes()).unwrap();
        remote.mid = "x7".to_owned();
        let text = answer(&local(), &remote, 2);
        assert!(text.contains("a=mid:x7\r\n") && text.contains("a=group:BUNDLE x7\r\n"), "{text}");
        assert!(text.contains("a=setup:active\r\n"), "{text}");
    }

    #[test]
    fn the_candidate_of_rtp_by_udp_counts_and_a_plain_description_is_none() {
        let text = "a=ice-lite\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\n\
            a=candidate:1 2 udp 1 10.0.0.1 1 typ host\r\na=candidate:1 1 tcp 1 10.0.0.1 9 typ host\r\n\
            a=candidate:1 1 UDP 1 ::1 9 typ host\r\na=candidate:1 1 UDP 1 10.0.0.2 5000 typ host\r\n";
        let print = format!("a=fingerprint:sha-256 {}\r\n", hex(&[1; 32]));
        let remote = read(format!("{text}{print}").as_bytes()).unwrap();
        assert_eq!((remote.address.to_string(), remote.lite), ("10.0.0.2:5000".to_owned(), true));
        assert_eq!(read(text.as_bytes()), None, "no fingerprint");
        assert_eq!(read(b"m=audio 5000 RTP/AVP 8\r\n"), None);
        assert_eq!(read(&[0xff]), None);
    }
}
