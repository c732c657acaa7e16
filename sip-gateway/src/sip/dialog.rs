//! A dialog of ours (RFC 3261 section 12): who we are in it, who the peer is, by which route.

use crate::sip::address::{param, socket_of, split_list, uri_of};
use crate::sip::engine::SOFTWARE;
use crate::sip::flow::{Flow, Transport};
use crate::sip::message::Message;

/// One dialog, early or confirmed.
#[derive(Debug, Clone)]
pub struct Dialog {
    pub call_id: String,
    /// Our `From` value (with tag) in requests that we send.
    pub local: String,
    /// Their value (with tag once known).
    pub remote: String,
    pub remote_target: String,
    pub route_set: Vec<String>,
    pub local_seq: u32,
    pub remote_seq: u32,
    /// Where the peer's messages come from.
    pub flow: Flow,
    /// Send to the flow whatever Contact says: a registered phone behind NAT, a browser.
    pub flow_is_the_way: bool,
    pub contact: String,
}

impl Dialog {
    /// The dialog that answering `invite` creates.
    #[must_use]
    pub fn of_incoming(invite: &Message, tag: &str, contact: String, flow: Flow) -> Self {
        let to = invite.header("To");
        let local =
            if param(to, "tag").is_some() { to.to_owned() } else { format!("{to};tag={tag}") };
        Self {
            call_id: invite.call_id().to_owned(),
            local,
            remote: invite.header("From").to_owned(),
            remote_target: uri_of(invite.header("Contact")).to_owned(),
            route_set: routes(invite, "Record-Route"),
            local_seq: 0,
            remote_seq: invite.cseq().map_or(0, |(seq, _)| seq),
            flow_is_the_way: flow.transport != Transport::Udp,
            flow,
            contact,
        }
    }

    /// Learns from a response to our INVITE: tag, target, route set.
    pub fn learn(&mut self, response: &Message) {
        if param(response.header("To"), "tag").is_some() {
            response.header("To").clone_into(&mut self.remote);
        }
        let contact = uri_of(response.header("Contact"));
        if !contact.is_empty() {
            contact.clone_into(&mut self.remote_target);
        }
        let mut recorded = routes(response, "Record-Route");
        recorded.reverse();
        if response.status() < 300 && !recorded.is_empty() {
            self.route_set = recorded;
        }
    }

    /// A new request inside the dialog, without Via.
    #[must_use]
    pub fn request(&mut self, method: &str) -> Message {
        self.local_seq += 1;
        self.request_with(method, self.local_seq)
    }

    /// The ACK of a 2xx to the INVITE with number `seq`.
    #[must_use]
    pub fn ack(&self, seq: u32) -> Message {
        self.request_with("ACK", seq)
    }

    fn request_with(&self, method: &str, seq: u32) -> Message {
        let target =
            if self.remote_target.is_empty() { uri_of(&self.remote) } else { &self.remote_target };
        let mut request = Message::request(method, target);
        for route in &self.route_set {
            request = request.with("Route", route.as_str());
        }
        request
            .with("Max-Forwards", "70")
            .with("From", self.local.as_str())
            .with("To", self.remote.as_str())
            .with("Call-ID", self.call_id.as_str())
            .with("CSeq", format!("{seq} {method}"))
            .with("Contact", self.contact.as_str())
            .with("User-Agent", SOFTWARE)
    }

    /// By which flow a request of this dialog goes: the first route, else the target, where those
    /// are addresses; else where the peer's messages came from.
    #[must_use]
    pub fn way(&self) -> Flow {
        if self.flow_is_the_way {
            return self.flow.clone();
        }
        let next = self.route_set.first().map_or(self.remote_target.as_str(), |r| uri_of(r));
        socket_of(next).map_or_else(|| self.flow.clone(), |addr| self.flow.towards(addr))
    }

    /// Whether a request belongs to this dialog.
    #[must_use]
    pub fn matches(&self, request: &Message) -> bool {
        request.call_id() == self.call_id
            && param(request.header("To"), "tag") == param(&self.local, "tag")
            && param(request.header("From"), "tag") == param(&self.remote, "tag")
    }

    /// Takes the number of a request of the peer; `false` for one out of order.
    pub fn advance(&mut self, request: &Message) -> bool {
        let seq = request.cseq().map_or(0, |(seq, _)| seq);
        let ahead = seq > self.remote_seq;
        if ahead {
            self.remote_seq = seq;
        }
        ahead
    }
}

fn routes(message: &Message, name: &str) -> Vec<String> {
    message.all(name).flat_map(split_list).map(str::to_owned).collect()
}
