//! What arrives is judged here, before the transaction library sees it: framing, mandatory and
//! duplicate headers, version, method, URI scheme. Broken requests are answered, not dropped.

use std::net::SocketAddr;

use crate::sip::address::{param, split_host};
use crate::sip::message::{Message, Start};

/// Methods that are understood; the value of `Allow`.
pub const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, INFO, UPDATE, PRACK, NOTIFY";

/// Methods of other RFCs that are known and not allowed here (405 rather than 501).
const NOT_ALLOWED: [&str; 4] = ["SUBSCRIBE", "PUBLISH", "MESSAGE", "REFER"];

/// Longest message, in bytes: a UDP datagram cannot be longer.
pub const MESSAGE_LEN_MAX: usize = 65_535;

/// The verdict on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// A request that must be answered with this status.
    Refuse {
        status: u16,
        reason: &'static str,
    },
    /// Nothing can be answered: no Via to send it to, a broken response or ACK.
    Drop(&'static str),
}

/// Judges a message whose head and body have been read.
#[must_use]
pub fn judge(message: &Message, other_version: bool) -> Verdict {
    if message.header("Via").is_empty() || top_via(message).is_none() {
        return Verdict::Drop("no_via");
    }
    let Start::Request { method, uri } = &message.start else {
        return judge_response(message);
    };
    let refuse = |status, reason| {
        if method == "ACK" { Verdict::Drop(reason) } else { Verdict::Refuse { status, reason } }
    };
    if other_version {
        return refuse(505, "version");
    }
    if let Some(reason) = header_fault(message) {
        return refuse(400, reason);
    }
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    if !matches!(scheme.as_str(), "sip" | "sips" | "tel") {
        return refuse(416, "uri_scheme");
    }
    if !ALLOW.split(", ").any(|known| known == method) {
        let known = NOT_ALLOWED.contains(&method.as_str());
        return refuse(if known { 405 } else { 501 }, "method");
    }
    if message.header("Max-Forwards") == "0" {
        return refuse(483, "max_forwards");
    }
    if message.all("Require").any(|value| !value.is_empty()) && method != "CANCEL" {
        return refuse(420, "require");
    }
    Verdict::Good
}

fn judge_response(message: &Message) -> Verdict {
    match header_fault(message) {
        Some(reason) => Verdict::Drop(reason),
        None => Verdict::Good,
    }
}

/// What is wrong with the headers every message needs (RFC 3261 section 8.1.1).
fn header_fault(message: &Message) -> Option<&'static str> {
    if !message.header("X-Broken").is_empty() {
        return Some("content_length");
    }
    for (name, missing, doubled) in [
        ("From", "from_missing", "from_doubled"),
        ("To", "to_missing", "to_doubled"),
        ("Call-ID", "call_id_missing", "call_id_doubled"),
        ("CSeq", "cseq_missing", "cseq_doubled"),
    ] {
        match message.all(name).take(2).filter(|value| !value.is_empty()).count() {
            0 => return Some(missing),
            1 => {}
            _ => return Some(doubled),
        }
    }
    if param(message.header("From"), "tag").is_none_or(str::is_empty) {
        return Some("from_tag_missing");
    }
    match message.cseq() {
        Some((_, method)) if method == message.method() => None,
        Some(_) => Some("cseq_method"),
        None => Some("cseq_number"),
    }
}

/// The topmost Via: transport, sent-by and the text of its parameters.
#[must_use]
pub fn top_via(message: &Message) -> Option<(&str, &str, &str)> {
    let first = message.header("Via").split(',').next()?.trim();
    let (protocol, rest) = first.split_once(char::is_whitespace)?;
    let transport = protocol.rsplit('/').next()?.trim();
    let (sent_by, params) = rest.split_once(';').unwrap_or((rest, ""));
    split_host(sent_by.trim())?;
    Some((transport, sent_by.trim(), params))
}

/// Writes where a request really came from into its topmost Via (RFC 3261 section 18.2.1,
/// RFC 3581): every response then finds its way through NAT.
pub fn mark_source(message: &mut Message, source: SocketAddr) {
    let Some((transport, sent_by, params)) = top_via(message) else { return };
    let mut via = format!("SIP/2.0/{transport} {sent_by}");
    let wants_rport = params.split(';').any(|p| p.trim().eq_ignore_ascii_case("rport"));
    for part in params.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let name = part.split('=').next().unwrap_or("").trim().to_ascii_lowercase();
        if name != "received" && name != "rport" {
            via.push(';');
            via.push_str(part);
        }
    }
    via.push_str(&format!(";received={}", source.ip()));
    if wants_rport {
        via.push_str(&format!(";rport={}", source.port()));
    }
    let rest = message.header("Via").split_once(',').map(|(_, rest)| rest.trim().to_owned());
    message.set("Via", via);
    if let Some(rest) = rest
        && let Some(at) = message.headers.iter().position(|(name, _)| name == "Via")
    {
        message.headers.insert(at + 1, ("Via".to_owned(), rest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::message::read_datagram;

    fn verdict(text: &str) -> Verdict {
        let text = text.replace('\n', "\r\n");
        let (message, other_version) = read_datagram(text.as_bytes()).unwrap();
        judge(&message, other_version)
    }

    const REST: &str =
        "Via: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@h>;tag=1\nTo: <sip:b@h>\nCall-ID: c\n";

    #[test]
    fn each_fault_of_a_request_has_its_status() {
        let cases = [
            (format!("INVITE sip:b@h SIP/2.0\n{REST}CSeq: 1 INVITE\n\n"), 0),
            (format!("INVITE sip:b@h SIP/7.0\n{REST}CSeq: 1 INVITE\n\n"), 505),
            (format!("INVITE sip:b@h SIP/2.0\n{REST}CSeq: 1 BYE\n\n"), 400),
            (format!("INVITE sip:b@h SIP/2.0\n{REST}CSeq: x INVITE\n\n"), 400),
            (format!("INVITE sip:b@h SIP/2.0\n{REST}\n\n"), 400),
            (format!("INVITE sip:b@h SIP/2.0\n{REST}To: <sip:z@h>\nCSeq: 1 INVITE\n\n"), 400),
            (format!("INVITE sip:b@h SIP/2.0\n{REST}CSeq: 1 INVITE\nContent-Length: 9\n\nv"), 400),
            (format!("INVITE mailto:b@h SIP/2.0\n{REST}CSeq: 1 INVITE\n\n"), 416),
            (format!("INVITE sip:b@h SIP/2.0\n{REST}CSeq: 1 INVITE\nRequire: 100rel\n\n"), 420),
            (format!("INVITE sip:b@h SIP/2.0\n{REST}CSeq: 1 INVITE\nMax-Forwards: 0\n\n"), 483),
            (format!("DANCE sip:b@h SIP/2.0\n{REST}CSeq: 1 DANCE\n\n"), 501),
            (format!("MESSAGE sip:b@h SIP/2.0\n{REST}CSeq: 1 MESSAGE\n\n"), 405),
        ];
        for (text, expected) in cases {
            let status = match verdict(&text) {
                Verdict::Good => 0,
                Verdict::Refuse { status, .. } => status,
                Verdict::Drop(_) => 1,
            };
            assert_eq!(status, expected, "{text}");
        }
    }

    #[test]
    fn the_source_is_written_into_the_topmost_via_alone() {
        let text = "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP 1.1.1.1:9;rport;branch=z9hG4bKq, SIP/2.0/UDP b\r\n\r\n";
        let (mut message, _) = read_datagram(text.as_bytes()).unwrap();
        mark_source(&mut message, "10.0.0.9:5070".parse().unwrap());
        let vias: Vec<_> = message.all("Via").collect();
        assert_eq!(
            vias,
            ["SIP/2.0/UDP 1.1.1.1:9;branch=z9hG4bKq;received=10.0.0.9;rport=5070", "SIP/2.0/UDP b"]
        );
    }
}
