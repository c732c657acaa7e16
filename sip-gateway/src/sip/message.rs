//! A SIP message as text: start line, headers in order, opaque body. Reading is strict where a
//! wrong guess would hurt (framing, duplicate single headers) and lenient elsewhere.

use std::fmt::Write as _;

use bytes::Bytes;

/// First line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    Request { method: String, uri: String },
    Response { status: u16, reason: String },
}

/// One message. Header names are in their long form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub start: Start,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error("no SIP start line")]
    StartLine,
    #[error("a version other than SIP/2.0")]
    Version,
    #[error("a header line without a colon")]
    Header,
    #[error("Content-Length is not the length of the body")]
    Length,
}

/// The part of a message before its body, split off but not judged.
pub(crate) struct Head {
    pub message: Message,
    /// Set where the start line names another version.
    pub other_version: bool,
    /// Bytes of the head with its blank line.
    pub len: usize,
}

impl Message {
    #[must_use]
    pub fn request(method: &str, uri: &str) -> Self {
        let start = Start::Request { method: method.to_owned(), uri: uri.to_owned() };
        Self { start, headers: Vec::new(), body: Bytes::new() }
    }

    /// A response to `request` with what every response repeats (RFC 3261 section 8.2.6.2).
    #[must_use]
    pub fn response(request: &Self, status: u16) -> Self {
        let start = Start::Response { status, reason: reason_of(status).to_owned() };
        let mut response = Self { start, headers: Vec::new(), body: Bytes::new() };
        for (name, value) in &request.headers {
            let copied = matches!(name.as_str(), "Via" | "From" | "To" | "Call-ID" | "CSeq")
                || (name == "Record-Route" && (101..300).contains(&status));
            if copied {
                response.headers.push((name.clone(), value.clone()));
            }
        }
        response
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    #[must_use]
    pub fn with_body(mut self, content_type: &str, body: Bytes) -> Self {
        self.headers.push(("Content-Type".to_owned(), content_type.to_owned()));
        self.body = body;
        self
    }

    #[must_use]
    pub fn method(&self) -> &str {
        match &self.start {
            Start::Request { method, .. } => method,
            Start::Response { .. } => self.cseq().map_or("", |(_, method)| method),
        }
    }

    /// Zero for a request.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self.start {
            Start::Response { status, .. } => status,
            Start::Request { .. } => 0,
        }
    }

    #[must_use]
    pub fn uri(&self) -> &str {
        match &self.start {
            Start::Request { uri, .. } => uri,
            Start::Response { .. } => "",
        }
    }

    /// The first header of that name, or an empty text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.headers.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.headers.push((name.to_owned(), value)),
        }
    }

    /// Number and method of CSeq.
    #[must_use]
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let (number, method) = self.header("CSeq").split_once(char::is_whitespace)?;
        Some((number.trim().parse().ok()?, method.trim()))
    }

    #[must_use]
    pub fn call_id(&self) -> &str {
        self.header("Call-ID")
    }

    /// The message as it goes on the wire, with its Content-Length.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = String::with_capacity(512 + self.body.len());
        let _ = match &self.start {
            Start::Request { method, uri } => write!(text, "{method} {uri} SIP/2.0\r\n"),
            Start::Response { status, reason } => write!(text, "SIP/2.0 {status} {reason}\r\n"),
        };
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "Content-Length") {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let _ = write!(text, "Content-Length: {}\r\n\r\n", self.body.len());
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Where the head of a message ends in `bytes`: after the blank line.
pub(crate) fn head_len(bytes: &[u8]) -> Option<usize> {
    let crlf = bytes.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4);
    let lf = bytes.windows(2).position(|w| w == b"\n\n").map(|at| at + 2);
    match (crlf, lf) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Reads start line and headers. Text that is not UTF-8 (GBK display names of some trunks) is read
/// byte by byte, so that no header behind it is lost; only the name itself shows garbled.
///
/// # Errors
/// [`MessageError::StartLine`] where no start line is found, [`MessageError::Header`].
pub(crate) fn read_head(bytes: &[u8]) -> Result<Head, MessageError> {
    let len = head_len(bytes).unwrap_or(bytes.len());
    let head = bytes.get(..len).unwrap_or(bytes);
    let text = match std::str::from_utf8(head) {
        Ok(text) => text.to_owned(),
        Err(_) => head.iter().map(|&b| char::from(b)).collect(),
    };
    let mut lines = unfold(&text).into_iter();
    let (start, other_version) = read_start(&lines.next().ok_or(MessageError::StartLine)?)?;
    let mut headers = Vec::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once(':').ok_or(MessageError::Header)?;
        headers.push((long_name(name.trim()), value.trim().to_owned()));
    }
    Ok(Head { message: Message { start, headers, body: Bytes::new() }, other_version, len })
}

/// Reads a whole datagram: the body is what follows the head, cut to Content-Length where that is
/// given.
///
/// # Errors
/// [`MessageError`].
pub(crate) fn read_datagram(bytes: &[u8]) -> Result<(Message, bool), MessageError> {
    let Head { mut message, other_version, len } = read_head(bytes)?;
    let rest = bytes.get(len..).unwrap_or_default();
    let body_len = match content_length(&message)? {
        None => rest.len(),
        Some(n) if n <= rest.len() => n,
        Some(_) => {
            message.headers.push(("X-Broken".to_owned(), "length".to_owned()));
            rest.len()
        }
    };
    message.body = Bytes::copy_from_slice(rest.get(..body_len).unwrap_or_default());
    Ok((message, other_version))
}

/// The Content-Length of a head, if it has one.
///
/// # Errors
/// [`MessageError::Length`] for one that is no number, or two that differ.
pub(crate) fn content_length(message: &Message) -> Result<Option<usize>, MessageError> {
    let mut found = None;
    for value in message.all("Content-Length") {
        let len: usize = value.parse().map_err(|_| MessageError::Length)?;
        if found.is_some_and(|other| other != len) {
            return Err(MessageError::Length);
        }
        found = Some(len);
    }
    Ok(found)
}

fn unfold(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        if lines.is_empty() && line.is_empty() {
            continue;
        }
        let folded = line.starts_with([' ', '\t']);
        match lines.last_mut() {
            Some(last) if folded => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn read_start(line: &str) -> Result<(Start, bool), MessageError> {
    if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let status: u16 = status.parse().map_err(|_| MessageError::StartLine)?;
        if !(100..700).contains(&status) {
            return Err(MessageError::StartLine);
        }
        return Ok((Start::Response { status, reason: reason.to_owned() }, false));
    }
    let mut parts = line.split(' ').filter(|part| !part.is_empty());
    let (Some(method), Some(uri), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(MessageError::StartLine);
    };
    let token = |b: u8| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&b);
    if !method.bytes().all(token) || !version.to_ascii_uppercase().starts_with("SIP/") {
        return Err(MessageError::StartLine);
    }
    let start = Start::Request { method: method.to_owned(), uri: uri.to_owned() };
    Ok((start, !version.eq_ignore_ascii_case("SIP/2.0")))
}

/// Long form and usual spelling of a header's name (RFC 3261 section 7.3.3).
fn long_name(name: &str) -> String {
    const KNOWN: [&str; 34] = [
        "Via",
        "From",
        "To",
        "Call-ID",
        "CSeq",
        "Contact",
        "Max-Forwards",
        "Content-Length",
        "Content-Type",
        "Route",
        "Record-Route",
        "Require",
        "Proxy-Require",
        "Supported",
        "Unsupported",
        "Expires",
        "Authorization",
        "WWW-Authenticate",
        "Allow",
        "User-Agent",
        "P-Asserted-Identity",
        "P-Preferred-Identity",
        "Privacy",
        "Session-Expires",
        "Min-SE",
        "RSeq",
        "RAck",
        "Event",
        "Subject",
        "Content-Encoding",
        "Reason",
        "Retry-After",
        "Proxy-Authorization",
        "Proxy-Authenticate",
    ];
    let long = match name.to_ascii_lowercase().as_str() {
        "v" => "Via",
        "f" => "From",
        "t" => "To",
        "i" => "Call-ID",
        "m" => "Contact",
        "l" => "Content-Length",
        "c" => "Content-Type",
        "e" => "Content-Encoding",
        "s" => "Subject",
        "k" => "Supported",
        "o" => "Event",
        "x" => "Session-Expires",
        _ => KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(&name),
    };
    long.to_owned()
}

/// The usual reason phrase of a status.
#[must_use]
pub fn reason_of(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        603 => "Decline",
        _ if status < 200 => "Progress",
        _ if status < 300 => "Accepted",
        _ => "Refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INVITE: &[u8] =
        b"INVITE sip:12345@h SIP/2.0\r\nv: SIP/2.0/UDP a\r\nf: <sip:x@y>;tag=1\r\n\
        To:\r\n <sip:12345@h>\r\ni: abc\r\nCSEQ: 1 INVITE\r\n\r\nv=0";

    #[test]
    fn compact_and_folded_headers_are_read_and_the_body_is_what_is_left() {
        let (message, _) = read_datagram(INVITE).unwrap();
        assert_eq!(message.header("From"), "<sip:x@y>;tag=1");
        assert_eq!(message.header("To"), "<sip:12345@h>");
        assert_eq!(message.cseq(), Some((1, "INVITE")));
        assert_eq!(&message.body[..], b"v=0");
    }

    #[test]
    fn a_name_in_gbk_costs_no_header_behind_it() {
        let mut bytes = b"OPTIONS sip:h SIP/2.0\r\nFrom: \"".to_vec();
        bytes.extend_from_slice(&[0xD6, 0xD0, 0xB9, 0xFA]);
        bytes.extend_from_slice(b"\" <sip:x@y>;tag=9\r\nCall-ID: z\r\n\r\n");
        let (message, _) = read_datagram(&bytes).unwrap();
        assert!(message.header("From").ends_with("<sip:x@y>;tag=9"));
        assert_eq!(message.call_id(), "z");
    }

    #[test]
    fn contradicting_lengths_are_refused() {
        let text = b"OPTIONS sip:h SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\nab";
        assert_eq!(read_datagram(text), Err(MessageError::Length));
        let text = b"OPTIONS sip:h SIP/2.0\r\nContent-Length: -1\r\n\r\n";
        assert_eq!(read_datagram(text), Err(MessageError::Length));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read_datagram(&bytes);
        }

        #[test]
        fn a_message_survives_the_wire(body in "[a-z=\r\n]{0,40}", value in "[ -~]{0,20}") {
            let message = Message::request("INFO", "sip:x@y").with("Subject", value.trim());
            let message = Message { body: Bytes::from(body), ..message };
            let (mut read, _) = read_datagram(&message.to_bytes()).unwrap();
            read.headers.retain(|(name, _)| name != "Content-Length");
            prop_assert_eq!(read, message);
        }
    }
}
