//! A SIP dialog (RFC 3261 12): names, numbers, route and target; builds its requests and says
//! where they go. It must not know why a request is sent.

use std::net::{IpAddr, SocketAddr};

use super::{AGENT, Ua};
use crate::sip::message::{Message, address, param};
use crate::sip::uri::SipUri;

/// One side of a dialog, early or confirmed.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    pub call_id: String,
    /// From of our requests, with our tag.
    pub local: String,
    pub local_tag: String,
    /// To of our requests, with the peer's tag once known.
    pub remote: String,
    pub local_seq: u32,
    pub remote_seq: Option<u32>,
    /// Where the peer wants its requests (its Contact).
    target: String,
    routes: Vec<String>,
    /// The address of the peer's flow.
    peer: SocketAddr,
    /// Our address as the peer sees it.
    pub ours: SocketAddr,
    /// Our Contact header.
    pub contact: String,
}

impl Dialog {
    /// Before an outgoing INVITE.
    pub fn outgoing(ua: &Ua, user: &str, to: &SipUri, peer: SocketAddr) -> Self {
        let ours = ua.address_towards(peer);
        let local_tag = crate::entropy::token();
        Self {
            call_id: format!("{}@{}", crate::entropy::token(), ours.ip()),
            local: format!("<{}>;tag={local_tag}", SipUri::at(user, ours)),
            local_tag,
            remote: format!("<{to}>"),
            local_seq: 0,
            remote_seq: None,
            target: to.to_string(),
            routes: Vec::new(),
            peer,
            ours,
            contact: ua.contact(user, ours),
        }
    }

    /// After an incoming INVITE.
    pub fn incoming(ua: &Ua, invite: &Message, peer: SocketAddr) -> Self {
        let ours = ua.address_towards(peer);
        let local_tag = crate::entropy::token();
        let header = |name: &str| invite.get(name).unwrap_or_default().to_owned();
        let user = address(&header("To"))
            .parse::<SipUri>()
            .map_or_else(|_| ua.config.user.clone(), |u| u.user);
        Self {
            call_id: header("Call-ID"),
            local: format!("{};tag={local_tag}", header("To")),
            local_tag,
            remote: header("From"),
            local_seq: 0,
            remote_seq: invite.cseq().map(|(number, _)| number),
            target: address(&header("Contact")).to_owned(),
            routes: invite.list("Record-Route"),
            peer,
            ours,
            contact: ua.contact(&user, ours),
        }
    }

    /// Takes tag, target and route from a response to our INVITE (12.1.2).
    pub fn learn(&mut self, response: &Message) {
        if let Some(to) = response.get("To").filter(|to| param(to, "tag").is_some()) {
            self.remote = to.to_owned();
        }
        self.learn_target(response);
        let mut routes = response.list("Record-Route");
        if !routes.is_empty() {
            routes.reverse();
            self.routes = routes;
        }
    }

    /// Takes a new target from a target refresh (12.2).
    pub fn learn_target(&mut self, message: &Message) {
        if let Some(contact) = message.get("Contact").map(address).filter(|c| !c.is_empty()) {
            self.target = contact.to_owned();
        }
    }

    /// A new request; ACK keeps the number of the INVITE it acknowledges.
    pub fn request(&mut self, ua: &Ua, method: &str) -> Message {
        if method != "ACK" {
            self.local_seq += 1;
        }
        self.numbered_request(ua, method, self.local_seq)
    }

    /// The same with a number of the caller's choice.
    pub fn numbered_request(&self, ua: &Ua, method: &str, seq: u32) -> Message {
        let mut request = Message::request(method, &self.target);
        request.push("Via", ua.via(self.ours));
        for route in &self.routes {
            request.push("Route", route.clone());
        }
        request.push("Max-Forwards", "70");
        request.push("From", self.local.clone());
        request.push("To", self.remote.clone());
        request.push("Call-ID", self.call_id.clone());
        request.push("CSeq", format!("{seq} {method}"));
        request.push("User-Agent", AGENT);
        request
    }

    /// Where requests go: the first route or the target where they are addresses of their own, the
    /// peer's flow otherwise (names, `.invalid`, and the peer's own host over TCP).
    pub fn next_hop(&self, reliable: bool) -> SocketAddr {
        let hop = self.routes.first().map_or(self.target.as_str(), |route| address(route));
        let Ok(uri) = hop.parse::<SipUri>() else { return self.peer };
        let Ok(ip) = uri.host.parse::<IpAddr>() else { return self.peer };
        if reliable && ip == self.peer.ip() {
            return self.peer;
        }
        SocketAddr::new(ip, uri.port.unwrap_or(5060))
    }

    /// Whether a request carries this dialog's tags; the peer's counts once it is known.
    pub fn owns(&self, request: &Message) -> bool {
        let tag = |name: &str| request.get(name).and_then(|value| param(value, "tag"));
        let remote_tag = param(&self.remote, "tag");
        tag("To") == Some(self.local_tag.as_str())
            && (remote_tag.is_none() || tag("From") == remote_tag)
    }
}
