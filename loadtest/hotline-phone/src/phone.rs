//! The telephone: one transport, the calls on it by Call-ID, and what it answers to requests that
//! belong to no call. It must not know how a call proceeds.

pub mod call;
mod dialog;
mod exchange;
mod incoming;
mod leg;
pub mod options;
mod outgoing;
pub mod register;
mod requests;
mod talk;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use self::call::Call;
use self::options::{CallOptions, PhoneConfig};
use crate::entropy;
use crate::error::PhoneError;
use crate::media::heard::HeardSamples;
use crate::sip::message::{Message, StartLine, param};
use crate::sip::transport::{Received, Transport, local_ip_towards};
use crate::sip::uri::SipUri;

/// Most calls and registrations of one phone at once.
const CALLS_MAX: usize = 20_000;
/// Calls that ring and have not been taken by [`Phone::next_call`] yet.
const INCOMING_MAX: usize = 1024;
/// Messages of one call that wait for its task.
const INBOX_MAX: usize = 64;
/// What the phone understands, for Allow and 405.
const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, NOTIFY";
const AGENT: &str = concat!("hotline-phone/", env!("CARGO_PKG_VERSION"));

/// A SIP telephone on one socket.
#[derive(Debug)]
pub struct Phone {
    ua: Arc<Ua>,
    incoming: tokio::sync::Mutex<mpsc::Receiver<Call>>,
}

/// What calls share with their phone.
#[derive(Debug)]
pub(crate) struct Ua {
    pub config: PhoneConfig,
    pub transport: Arc<Transport>,
    inboxes: Mutex<HashMap<String, mpsc::Sender<Received>>>,
    incoming: mpsc::Sender<Call>,
}

impl Phone {
    /// Binds the socket and listens.
    ///
    /// # Errors
    /// [`PhoneError::Bind`] when the port is taken.
    pub async fn bind(config: PhoneConfig) -> Result<Self, PhoneError> {
        let transport = Transport::bind(config.transport, config.bind).await?;
        let (incoming_sender, incoming) = mpsc::channel(INCOMING_MAX);
        let ua = Arc::new(Ua {
            config,
            transport: Arc::clone(&transport),
            inboxes: Mutex::default(),
            incoming: incoming_sender,
        });
        let router = Arc::downgrade(&ua);
        transport.start(move |received| {
            if let Some(ua) = router.upgrade() {
                ua.route(received);
            }
        });
        Ok(Self { ua, incoming: tokio::sync::Mutex::new(incoming) })
    }

    /// The address bound, with its real port.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.ua.transport.local()
    }

    /// Dials. Returns as soon as the INVITE is on its way; the call's events tell the rest.
    ///
    /// # Errors
    /// A wrong address, a host without address, a file that cannot be written, too many calls.
    pub async fn call(&self, to: &str, options: CallOptions) -> Result<Call, PhoneError> {
        outgoing::start(&self.ua, to, options).await
    }

    /// The next call that comes in, ringing nowhere yet: [`Call::ring`], [`Call::answer`] or
    /// [`Call::reject`] it. `None` after [`Phone::close`].
    pub async fn next_call(&self) -> Option<Call> {
        self.incoming.lock().await.recv().await
    }

    /// Registers and keeps registered until the handle is dropped or
    /// [`register::Registration::unregister`] is called.
    ///
    /// # Errors
    /// [`PhoneError::Register`] with the registrar's status, 408 when it is silent.
    pub async fn register(
        &self,
        options: register::RegisterOptions,
    ) -> Result<register::Registration, PhoneError> {
        register::register(&self.ua, options).await
    }

    /// Whether anybody listens at the address.
    ///
    /// # Errors
    /// [`PhoneError::Unreachable`], or the address is wrong.
    pub async fn probe(&self, to: &str) -> Result<(), PhoneError> {
        let address = to.parse::<SipUri>()?.resolve().await?;
        self.ua.transport.probe(address).await
    }

    /// Stops listening; calls still up lose their signalling.
    pub fn close(&self) {
        self.ua.close();
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.ua.close();
    }
}

impl Ua {
    fn close(&self) {
        self.transport.close();
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Opens the inbox for a Call-ID; `None` when there are too many or it is taken.
    pub fn open_inbox(&self, call_id: &str) -> Option<mpsc::Receiver<Received>> {
        let mut inboxes = self.inboxes.lock().unwrap_or_else(PoisonError::into_inner);
        if inboxes.len() >= CALLS_MAX || inboxes.contains_key(call_id) {
            return None;
        }
        let (sender, inbox) = mpsc::channel(INBOX_MAX);
        inboxes.insert(call_id.to_owned(), sender);
        Some(inbox)
    }

    pub fn close_inbox(&self, call_id: &str) {
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner).remove(call_id);
    }

    /// Gives a message to its call, or answers it. Never blocks: a full inbox loses the message, as
    /// the network might.
    fn route(self: &Arc<Self>, received: Received) {
        let call_id = received.message.get("Call-ID").unwrap_or_default().to_owned();
        let inbox = {
            let inboxes = self.inboxes.lock().unwrap_or_else(PoisonError::into_inner);
            inboxes.get(&call_id).cloned()
        };
        if let Some(inbox) = inbox {
            drop(inbox.try_send(received));
        } else if let StartLine::Request { method, .. } = &received.message.start {
            let method = method.clone();
            self.stray_request(&method, &call_id, received);
        }
    }

    fn stray_request(self: &Arc<Self>, method: &str, call_id: &str, received: Received) {
        let to = received.message.get("To").unwrap_or_default();
        let in_dialog = param(to, "tag").is_some();
        match method {
            "ACK" => {}
            "INVITE" if !in_dialog => self.ring_in(call_id, received),
            "OPTIONS" if !in_dialog => self.reply(&received, 200),
            "INVITE" | "BYE" | "CANCEL" | "INFO" | "UPDATE" | "PRACK" | "NOTIFY" | "OPTIONS" => {
                self.reply(&received, 481);
            }
            _ => self.reply(&received, 405),
        }
    }

    fn ring_in(self: &Arc<Self>, call_id: &str, received: Received) {
        let Ok(place) = self.incoming.clone().try_reserve_owned() else {
            self.reply(&received, 486);
            return;
        };
        let Some(inbox) = self.open_inbox(call_id) else {
            self.reply(&received, 503);
            return;
        };
        let memory = HeardSamples::default();
        place.send(incoming::start(Arc::clone(self), inbox, received, memory));
    }

    /// A response outside any call.
    fn reply(&self, received: &Received, status: u16) {
        let mut response = Message::response(&received.message, status, &entropy::token());
        response.push("Allow", ALLOW);
        response.push("Accept", "application/sdp");
        response.push("User-Agent", AGENT);
        self.transport.reply(response.to_bytes(), received.peer);
    }

    /// This phone's address as `peer` sees it.
    pub fn address_towards(&self, peer: SocketAddr) -> SocketAddr {
        let bound = self.transport.local();
        let ip = local_ip_towards(bound, peer).unwrap_or_else(|_| bound.ip());
        SocketAddr::new(ip, bound.port())
    }

    /// A Via with a fresh branch.
    pub fn via(&self, ours: SocketAddr) -> String {
        let transport = self.transport.kind().via();
        format!("SIP/2.0/{transport} {ours};branch=z9hG4bK{};rport", entropy::token())
    }

    /// The Contact for `user` on this phone.
    pub fn contact(&self, user: &str, ours: SocketAddr) -> String {
        let suffix = self.transport.kind().contact_suffix();
        format!("<{}{suffix}>", SipUri::at(user, ours))
    }

    pub fn is_reliable(&self) -> bool {
        self.transport.kind() == crate::TransportKind::Tcp
    }
}
