//! The requests and responses that the generator writes, as text.

use std::net::SocketAddrV4;

use hotline_phone::sip::message::Message;

/// The parts of a request that do not change within a call.
#[derive(Debug, Clone)]
pub struct Dialog {
    /// Transport as Via names it.
    pub transport: &'static str,
    pub local: SocketAddrV4,
    /// `From` of our requests, with its tag.
    pub from: String,
    /// `To` of our requests; its tag comes with the answer.
    pub to: String,
    pub call_id: String,
    pub contact: String,
    /// Request-URI: the first address, then the peer's Contact.
    pub target: String,
    pub route: Vec<String>,
}

impl Dialog {
    /// A request; `branch` tells transactions apart, `more` are whole header lines.
    #[must_use]
    pub fn request(
        &self,
        method: &str,
        cseq: u32,
        branch: &str,
        more: &str,
        body: &str,
    ) -> Vec<u8> {
        let Self { transport, local, from, to, call_id, contact, target, route } = self;
        // A CANCEL and an ACK of a refusal carry the method of the transaction they belong to.
        let mut text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/{transport} {local};branch=z9hG4bK{branch};rport\r\n\
             Max-Forwards: 70\r\n"
        );
        for one in route {
            text.push_str("Route: ");
            text.push_str(one);
            text.push_str("\r\n");
        }
        text.push_str(&format!(
            "From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <{contact}>\r\n{more}"
        ));
        if !body.is_empty() {
            text.push_str("Content-Type: application/sdp\r\n");
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        text.into_bytes()
    }

    /// Takes tag, target and route from the answer to our INVITE.
    pub fn confirm(&mut self, answer: &Message) {
        if let Some(to) = answer.get("To") {
            self.to = to.to_owned();
        }
        if let Some(contact) = answer.get("Contact") {
            self.target = uri_of(contact).to_owned();
        }
        self.route = answer.list("Record-Route");
        self.route.reverse();
    }
}

/// A response with our Contact and perhaps SDP.
#[must_use]
pub fn response(request: &Message, status: u16, tag: &str, contact: &str, body: &str) -> Vec<u8> {
    let mut response = Message::response(request, status, tag);
    response.push("Contact", format!("<{contact}>"));
    if !body.is_empty() {
        response.set_body("application/sdp", body.to_owned());
    }
    response.to_bytes()
}

/// The address in a header value, without brackets, name and parameters.
#[must_use]
pub fn uri_of(value: &str) -> &str {
    let open = value.find('<').map_or(0, |at| at + 1);
    let rest = value.get(open..).unwrap_or_default();
    let end = if open > 0 { rest.find('>') } else { rest.find(';') };
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().trim()
}

/// The user part of the address in a header value.
#[must_use]
pub fn user_of(value: &str) -> &str {
    let uri = uri_of(value);
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    rest.split_once('@').map_or("", |(user, _)| user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_header_values() {
        assert_eq!(uri_of("\"x\" <sip:a@b;lr>;tag=1"), "sip:a@b;lr");
        assert_eq!(uri_of("sip:a@b;tag=1"), "sip:a@b");
        assert_eq!(user_of("<sip:13800000001@h:5060>;tag=1"), "13800000001");
        assert_eq!(user_of("<sip:h>"), "");
        assert_eq!(user_of(""), "");
    }

    #[test]
    fn a_request_can_be_read_by_the_telephones_parser() {
        let dialog = Dialog {
            transport: "UDP",
            local: "127.0.0.1:5070".parse().unwrap(),
            from: "<sip:1@h>;tag=a".to_owned(),
            to: "<sip:2@h>".to_owned(),
            call_id: "c".to_owned(),
            contact: "sip:1@127.0.0.1:5070".to_owned(),
            target: "sip:2@h".to_owned(),
            route: vec!["<sip:p;lr>".to_owned()],
        };
        let bytes = dialog.request("INVITE", 1, "b", "Allow: BYE\r\n", "v=0\r\n");
        let message = Message::parse(&bytes).unwrap();
        assert!(message.is_addressable());
        assert_eq!(message.get("Route"), Some("<sip:p;lr>"));
        assert_eq!(message.body, b"v=0\r\n");
    }
}
