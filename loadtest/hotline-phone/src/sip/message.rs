//! One SIP message: reading it from bytes without ever panicking, looking at its headers, writing
//! it. Header names are kept in their long form. It must not know transactions or dialogs.

/// Most headers read from one message; a peer that sends more is refused.
const HEADERS_MAX: usize = 200;
/// Longest message read, in bytes: the largest UDP datagram.
pub const MESSAGE_MAX_BYTES: usize = 65_535;

/// First line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartLine {
    Request { method: String, uri: String },
    Response { status: u16, reason: String },
}

/// A SIP message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub start: StartLine,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Why bytes are no SIP message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageFault {
    #[error("the message is too long")]
    TooLong,
    #[error("the message has no end of headers")]
    NoEnd,
    #[error("the first line is neither a SIP/2.0 request nor a response")]
    StartLine,
    #[error("a header has no colon or there are too many headers")]
    Header,
    #[error("Content-Length is missing its number, contradicts itself or exceeds the message")]
    ContentLength,
}

impl Message {
    /// A request with no headers yet.
    #[must_use]
    pub fn request(method: &str, uri: &str) -> Self {
        let start = StartLine::Request { method: method.to_owned(), uri: uri.to_owned() };
        Self { start, headers: Vec::new(), body: Vec::new() }
    }

    /// The response to `request` that repeats what RFC 3261 8.2.6.2 says it must repeat.
    /// `tag` is added to To where the request has none.
    #[must_use]
    pub fn response(request: &Self, status: u16, tag: &str) -> Self {
        let start = StartLine::Response { status, reason: reason_phrase(status).to_owned() };
        let mut response = Self { start, headers: Vec::new(), body: Vec::new() };
        for name in ["Via", "Record-Route", "From", "To", "Call-ID", "CSeq"] {
            for value in request.all(name) {
                let needs_tag = name == "To" && status > 100 && param(value, "tag").is_none();
                let value = if needs_tag { format!("{value};tag={tag}") } else { value.to_owned() };
                response.push(name, value);
            }
        }
        response
    }

    /// Reads a datagram. Bytes that are not UTF-8 (GBK display names) become U+FFFD, so that one
    /// odd header does not cost the others.
    ///
    /// # Errors
    /// [`MessageFault`] says what is wrong; the caller drops the message.
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageFault> {
        if bytes.len() > MESSAGE_MAX_BYTES {
            return Err(MessageFault::TooLong);
        }
        let (head_end, body_start) = end_of_head(bytes).ok_or(MessageFault::NoEnd)?;
        let head = String::from_utf8_lossy(bytes.get(..head_end).unwrap_or_default());
        let mut lines = head.lines();
        let start = parse_start(lines.next().unwrap_or_default()).ok_or(MessageFault::StartLine)?;
        let headers = parse_headers(lines)?;
        let body = bytes.get(body_start..).unwrap_or_default();
        let mut message = Self { start, headers, body: Vec::new() };
        let length = message.content_length()?.unwrap_or(body.len());
        message.body = body.get(..length).ok_or(MessageFault::ContentLength)?.to_vec();
        Ok(message)
    }

    /// The value of Content-Length, `None` where it is absent.
    ///
    /// # Errors
    /// [`MessageFault::ContentLength`] when it is no number, too large, or given twice differently.
    pub fn content_length(&self) -> Result<Option<usize>, MessageFault> {
        let mut found = None;
        for value in self.all("Content-Length") {
            let length: usize = value.trim().parse().map_err(|_| MessageFault::ContentLength)?;
            if length > MESSAGE_MAX_BYTES || found.is_some_and(|known| known != length) {
                return Err(MessageFault::ContentLength);
            }
            found = Some(length);
        }
        Ok(found)
    }

    /// Appends a header. Line breaks in the value are taken out, so that no value can add headers.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        let mut value: String = value.into();
        value.retain(|c| c != '\r' && c != '\n');
        self.headers.push((name.to_owned(), value));
    }

    /// Sets the body with its type.
    pub fn set_body(&mut self, content_type: &str, body: String) {
        self.push("Content-Type", content_type);
        self.body = body.into_bytes();
    }

    /// The first value of a header, by its long name, in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Every value of a header in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// Every element of a header that may be a comma-separated list (Record-Route, Require).
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        self.all(name).flat_map(split_list).collect()
    }

    /// The method of a request, or the one that a response answers.
    #[must_use]
    pub fn method(&self) -> &str {
        match &self.start {
            StartLine::Request { method, .. } => method,
            StartLine::Response { .. } => self.cseq().map_or("", |(_, method)| method),
        }
    }

    /// The status of a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.start {
            StartLine::Response { status, .. } => Some(status),
            StartLine::Request { .. } => None,
        }
    }

    /// Number and method of CSeq.
    #[must_use]
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let (number, method) = self.get("CSeq")?.trim().split_once(char::is_whitespace)?;
        Some((number.parse().ok()?, method.trim()))
    }

    /// The headers without which no message can be told apart (RFC 3261 8.1.1).
    #[must_use]
    pub fn is_addressable(&self) -> bool {
        let present = |name| self.get(name).is_some_and(|value| !value.trim().is_empty());
        self.cseq().is_some() && ["Via", "From", "To", "Call-ID"].into_iter().all(present)
    }

    /// The message on the wire, with its Content-Length.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = match &self.start {
            StartLine::Request { method, uri } => format!("{method} {uri} SIP/2.0\r\n"),
            StartLine::Response { status, reason } => format!("SIP/2.0 {status} {reason}\r\n"),
        };
        for (name, value) in &self.headers {
            if !name.eq_ignore_ascii_case("Content-Length") {
                text.push_str(name);
                text.push_str(": ");
                text.push_str(value);
                text.push_str("\r\n");
            }
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// End of the header part and start of the body.
pub(super) fn end_of_head(bytes: &[u8]) -> Option<(usize, usize)> {
    let strict = bytes.windows(4).position(|w| w == b"\r\n\r\n").map(|at| (at, at + 4));
    strict.or_else(|| bytes.windows(2).position(|w| w == b"\n\n").map(|at| (at, at + 2)))
}

fn parse_start(line: &str) -> Option<StartLine> {
    if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let status: u16 = status.parse().ok().filter(|s| (100..700).contains(s))?;
        return Some(StartLine::Response { status, reason: reason.to_owned() });
    }
    let mut parts = line.split(' ');
    let (method, uri, version) = (parts.next()?, parts.next()?, parts.next()?);
    let is_token = !method.is_empty() && method.chars().all(|c| c.is_ascii_uppercase());
    (is_token && version == "SIP/2.0" && !uri.is_empty() && parts.next().is_none())
        .then(|| StartLine::Request { method: method.to_owned(), uri: uri.to_owned() })
}

fn parse_headers<'a>(
    lines: impl Iterator<Item = &'a str>,
) -> Result<Vec<(String, String)>, MessageFault> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with([' ', '\t']) {
            let (_, value) = headers.last_mut().ok_or(MessageFault::Header)?;
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let (name, value) = line.split_once(':').ok_or(MessageFault::Header)?;
        if headers.len() == HEADERS_MAX || name.trim().is_empty() {
            return Err(MessageFault::Header);
        }
        headers.push((long_name(name.trim()).to_owned(), value.trim().to_owned()));
    }
    Ok(headers)
}

/// Compact forms (RFC 3261 7.3.3 and later ones).
fn long_name(name: &str) -> &str {
    let mut chars = name.chars();
    let (Some(letter), None) = (chars.next(), chars.next()) else { return name };
    match letter.to_ascii_lowercase() {
        'v' => "Via",
        'f' => "From",
        't' => "To",
        'i' => "Call-ID",
        'm' => "Contact",
        'l' => "Content-Length",
        'c' => "Content-Type",
        'k' => "Supported",
        's' => "Subject",
        'x' => "Session-Expires",
        'e' => "Content-Encoding",
        'r' => "Refer-To",
        _ => name,
    }
}

/// Splits at commas that stand outside quotes and angle brackets.
fn split_list(value: &str) -> Vec<String> {
    let (mut quoted, mut angled, mut items) = (false, false, vec![String::new()]);
    for c in value.chars() {
        match c {
            '"' => quoted = !quoted,
            '<' if !quoted => angled = true,
            '>' if !quoted => angled = false,
            ',' if !quoted && !angled => {
                items.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = items.last_mut() {
            last.push(c);
        }
    }
    items.into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// A parameter of a name-addr header (`;tag=`), looked for behind the address.
#[must_use]
pub fn param<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let behind = value.rsplit_once('>').map_or(value, |(_, rest)| rest);
    behind.split(';').skip(1).find_map(|part| {
        let (key, val) = part.split_once('=').unwrap_or((part, ""));
        key.trim().eq_ignore_ascii_case(name).then(|| val.trim())
    })
}

/// The address inside a name-addr or addr-spec header.
#[must_use]
pub fn address(value: &str) -> &str {
    match value.find('<') {
        Some(open) => {
            let rest = value.get(open + 1..).unwrap_or_default();
            rest.split('>').next().unwrap_or_default()
        }
        None => value.split(';').next().unwrap_or_default().trim(),
    }
}

fn reason_phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        420 => "Bad Extension",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        503 => "Service Unavailable",
        600 => "Busy Everywhere",
        603 => "Decline",
        _ => "Response",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &[u8] = b"INVITE sip:12345@h SIP/2.0\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1\r\n\
        f: \"\xd0\xc2, x\" <sip:1@a;x=y>;tag=abc\r\nTo: <sip:12345@h>\r\ni: c1\r\nCSeq: 7 INVITE\r\n\
        Record-Route: <sip:p1;lr>,\r\n <sip:p2;lr>\r\n\r\nbody";

    #[test]
    fn compact_folded_and_non_utf8_headers_are_read() {
        let message = Message::parse(INVITE).unwrap();
        assert!(message.is_addressable());
        assert_eq!(message.cseq(), Some((7, "INVITE")));
        assert_eq!(message.list("record-route"), ["<sip:p1;lr>", "<sip:p2;lr>"]);
        assert_eq!(param(message.get("From").unwrap(), "tag"), Some("abc"));
        assert_eq!(address(message.get("From").unwrap()), "sip:1@a;x=y");
        assert_eq!(message.body, b"body", "without Content-Length the datagram's end counts");
    }

    #[test]
    fn a_response_repeats_the_request_and_adds_a_tag() {
        let request = Message::parse(INVITE).unwrap();
        let back = Message::parse(&Message::response(&request, 486, "t1").to_bytes()).unwrap();
        assert_eq!(back.status(), Some(486));
        assert_eq!(back.get("To"), Some("<sip:12345@h>;tag=t1"));
        assert_eq!((back.get("Via"), back.get("CSeq")), (request.get("Via"), request.get("CSeq")));
    }

    #[test]
    fn hostile_lengths_and_lines_are_faults() {
        let with = |header: &str| {
            Message::parse(format!("BYE sip:a SIP/2.0\r\nVia: x\r\n{header}\r\n\r\n").as_bytes())
        };
        for header in ["l: 18446744073709551615", "l: -1", "l: 5", "l: 0\r\nl: 1"] {
            assert_eq!(with(header).unwrap_err(), MessageFault::ContentLength, "{header}");
        }
        assert_eq!(with("no colon").unwrap_err(), MessageFault::Header);
        assert_eq!(
            Message::parse(b"BYE sip:a SIP/7.0\r\n\r\n").unwrap_err(),
            MessageFault::StartLine
        );
        assert_eq!(Message::parse(b"BYE").unwrap_err(), MessageFault::NoEnd);
    }

    #[test]
    fn a_value_cannot_smuggle_a_header() {
        let mut message = Message::request("OPTIONS", "sip:a");
        message.push("Subject", "x\r\nEvil: y");
        assert!(Message::parse(&message.to_bytes()).unwrap().get("Evil").is_none());
    }

    #[test]
    fn mutated_messages_never_panic() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            let mut bytes = INVITE.to_vec();
            for _ in 0..4 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = usize::try_from(state >> 33).unwrap() % bytes.len();
                bytes[at] = (state >> 20) as u8;
            }
            if let Ok(message) = Message::parse(&bytes) {
                assert!(Message::parse(&message.to_bytes()).is_ok() || !message.is_addressable());
            }
        }
    }
}
