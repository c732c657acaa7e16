//! The transaction library behind a narrow door: messages of our own go in and out, its types stay
//! here. It is fed from our sockets; one task drives each transaction, because its `receive` must
//! not be dropped half-way.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bytes::Bytes;
use rsipstack::EndpointBuilder;
use rsipstack::sip::SipMessage;
use rsipstack::transaction::endpoint::{EndpointInnerRef, EndpointOption};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::transaction::{Transaction, TransactionEvent, TransactionEventSender};
use rsipstack::transport::SipAddr;
use tokio::sync::mpsc;

use crate::net::random;
use crate::sip::address::param;
use crate::sip::clean::{self, ALLOW, Verdict};
use crate::sip::flow::{Flow, FlowId};
use crate::sip::message::Message;

/// Carries the flow of a request through the library; never on the wire.
const FLOW_HEADER: &str = "X-Hotline-Flow";
/// Name in `User-Agent` and `Server`.
pub const SOFTWARE: &str = concat!("hotline-gateway/", env!("CARGO_PKG_VERSION"));

/// Number of a transaction that we started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientTx(pub u64);

/// A request that waits for our answer.
#[derive(Clone)]
pub struct ServerTx {
    pub id: u64,
    sender: TransactionEventSender,
}

impl std::fmt::Debug for ServerTx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServerTx({})", self.id)
    }
}

/// What the signalling room tells the run loop.
#[derive(Debug)]
pub enum SipEvent {
    Request {
        tx: ServerTx,
        request: Message,
        flow: Flow,
    },
    /// The ACK of our 2xx.
    Acknowledged {
        tx: u64,
        ack: Message,
    },
    /// CANCEL of an INVITE that has no final answer yet; it has been answered 200.
    Cancelled {
        tx: u64,
    },
    /// The transaction is over; for an INVITE that we accepted without `Acknowledged` before, the
    /// ACK never came.
    ServerTxOver {
        tx: u64,
    },
    Response {
        tx: ClientTx,
        response: Message,
        flow: Flow,
    },
    ClientTxOver {
        tx: ClientTx,
    },
    FlowOpened(Flow),
    FlowClosed(FlowId),
}

/// The signalling engine, shared by the sockets and the run loop.
#[derive(Debug)]
pub struct Engine {
    endpoint: Endpoint,
    events: mpsc::Sender<SipEvent>,
    flows: RwLock<HashMap<FlowId, Flow>>,
    /// ACKs of 2xx answers, to be repeated when the 2xx is (RFC 3261 section 13.2.2.4).
    acks: Mutex<HashMap<AckKey, (SipMessage, Flow)>>,
    next: AtomicU64,
    advertise: SocketAddr,
}

/// Call-ID, CSeq number and To tag of an answered INVITE.
type AckKey = (String, u32, String);

/// The library's endpoint is not `Debug`.
struct Endpoint(EndpointInnerRef);

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Endpoint")
    }
}

impl Engine {
    /// Starts the transaction timers. `advertise` is the host and port of our Via and Contact.
    #[must_use]
    pub fn start(advertise: SocketAddr, events: mpsc::Sender<SipEvent>) -> Arc<Self> {
        let option = EndpointOption {
            callid_suffix: Some("hotline".to_owned()),
            auto_ack_2xx: false,
            ..EndpointOption::default()
        };
        let endpoint = EndpointBuilder::new().with_user_agent(SOFTWARE).with_option(option).build();
        let engine = Arc::new(Self {
            endpoint: Endpoint(Arc::clone(&endpoint.inner)),
            events,
            flows: RwLock::default(),
            acks: Mutex::default(),
            next: AtomicU64::new(1),
            advertise,
        });
        let timers = Arc::clone(&endpoint.inner);
        tokio::spawn(async move { timers.process_timer().await });
        if let Ok(incoming) = endpoint.incoming_transactions() {
            tokio::spawn(Arc::clone(&engine).accept(incoming));
        }
        engine
    }

    #[must_use]
    pub fn advertise(&self) -> SocketAddr {
        self.advertise
    }

    /// How many transactions the library holds: running, and finished ones kept for repeats.
    #[must_use]
    pub fn transactions(&self) -> (usize, usize) {
        let stats = self.endpoint.0.get_stats();
        (stats.running_transactions, stats.finished_transactions)
    }

    pub async fn open(&self, flow: Flow) {
        self.flows.write().unwrap_or_else(PoisonError::into_inner).insert(flow.id, flow.clone());
        let _ = self.events.send(SipEvent::FlowOpened(flow)).await;
    }

    pub async fn close(&self, id: FlowId) {
        self.flows.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let _ = self.events.send(SipEvent::FlowClosed(id)).await;
    }

    pub fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes a message that a socket has framed. Broken requests are answered here.
    pub async fn receive(&self, flow: &Flow, mut message: Message, other_version: bool) {
        let is_request = !message.uri().is_empty();
        if is_request {
            clean::mark_source(&mut message, flow.remote);
        }
        match clean::judge(&message, other_version) {
            Verdict::Good => {}
            Verdict::Drop(reason) => {
                metrics::counter!("gateway_sip_dropped_total", "reason" => reason).increment(1);
                return;
            }
            Verdict::Refuse { status, reason } => {
                metrics::counter!("gateway_sip_refused_total", "reason" => reason).increment(1);
                self.send(flow, refusal(&message, status)).await;
                return;
            }
        }
        if !is_request && self.repeat_ack(&message).await {
            return;
        }
        if is_request {
            message.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(FLOW_HEADER));
            let place = format!("{} {}", flow.id.0, flow.remote);
            message.headers.push((FLOW_HEADER.to_owned(), place));
        }
        let Ok(parsed) = rsipstack::sip::parser::parse_message(&message.to_bytes()) else {
            metrics::counter!("gateway_sip_dropped_total", "reason" => "unparsable").increment(1);
            if is_request && message.method() != "ACK" {
                self.send(flow, refusal(&message, 400)).await;
            }
            return;
        };
        let from = SipAddr::new(rsipstack::sip::Transport::Udp, flow.remote.into());
        if let Err(error) =
            self.endpoint.0.on_received_message(parsed, flow.connection.clone(), &from).await
        {
            tracing::debug!(%error, "message not taken by a transaction");
        }
    }

    /// Sends a message outside any transaction.
    pub async fn send(&self, flow: &Flow, message: Message) {
        if let Ok(parsed) = rsipstack::sip::parser::parse_message(&message.to_bytes())
            && let Err(error) = flow.connection.send(parsed, flow.destination().as_ref()).await
        {
            tracing::debug!(%error, ?flow, "not sent");
        }
    }

    /// Answers a request. A To tag is added where the response creates or belongs to no dialog.
    pub fn respond(&self, tx: &ServerTx, mut response: Message) {
        let to = response.header("To").to_owned();
        if response.status() > 100 && param(&to, "tag").is_none() {
            response.set("To", format!("{to};tag={:016x}", random::random_u64()));
        }
        if !response.headers.iter().any(|(name, _)| name == "Server") {
            response.headers.push(("Server".to_owned(), SOFTWARE.to_owned()));
        }
        match rsipstack::sip::parser::parse_message(&response.to_bytes()) {
            Ok(SipMessage::Response(parsed)) => {
                let _ = tx.sender.send(TransactionEvent::Respond(parsed));
            }
            _ => tracing::warn!(status = response.status(), "our own response cannot be read"),
        }
    }

    /// The Via of a new request on a flow.
    #[must_use]
    pub fn via(&self, flow: &Flow) -> String {
        let branch = random::random_u64();
        format!(
            "SIP/2.0/{} {};branch=z9hG4bK{branch:016x};rport",
            flow.transport.via(),
            self.advertise
        )
    }

    /// Sends a request (which has its Via already); what comes back is told as events of `tx`.
    pub fn request(self: &Arc<Self>, tx: ClientTx, flow: Flow, request: Message) {
        let engine = Arc::clone(self);
        tokio::spawn(async move {
            engine.drive_client(tx, flow, request).await;
            let _ = engine.events.send(SipEvent::ClientTxOver { tx }).await;
        });
    }

    /// Sends the ACK of a 2xx and keeps it for repeats of that 2xx.
    pub fn acknowledge(self: &Arc<Self>, flow: Flow, ack: &Message) {
        let Some(key) = ack_key(ack) else { return };
        let Ok(parsed) = rsipstack::sip::parser::parse_message(&ack.to_bytes()) else { return };
        let mut acks = self.acks.lock().unwrap_or_else(PoisonError::into_inner);
        acks.insert(key.clone(), (parsed.clone(), flow.clone()));
        let engine = Arc::clone(self);
        tokio::spawn(async move {
            let _ = flow.connection.send(parsed, flow.destination().as_ref()).await;
            // 64*T1: after that no 2xx is repeated any more.
            tokio::time::sleep(std::time::Duration::from_secs(32)).await;
            engine.acks.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        });
    }

    async fn repeat_ack(&self, message: &Message) -> bool {
        if !(200..300).contains(&message.status()) || message.method() != "INVITE" {
            return false;
        }
        let Some(key) = ack_key(message) else { return false };
        let kept = self.acks.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let Some((ack, flow)) = kept else { return false };
        let _ = flow.connection.send(ack, flow.destination().as_ref()).await;
        true
    }

    async fn drive_client(&self, tx: ClientTx, flow: Flow, request: Message) {
        let parsed = match rsipstack::sip::parser::parse_message(&request.to_bytes()) {
            Ok(SipMessage::Request(parsed)) => parsed,
            _ => {
                tracing::warn!(method = request.method(), "our own request cannot be read");
                return;
            }
        };
        let Ok(key) = TransactionKey::from_request(&parsed, TransactionRole::Client) else {
            return;
        };
        let connection = Some(flow.connection.clone());
        let mut transaction =
            Transaction::new_client(key, parsed, Arc::clone(&self.endpoint.0), connection);
        transaction.destination = flow.destination();
        if let Err(error) = transaction.send().await {
            tracing::debug!(%error, "request not sent");
            return;
        }
        while let Some(received) = transaction.receive().await {
            let SipMessage::Response(response) = received else { continue };
            let Some(response) = read_back(&response.to_bytes()) else { continue };
            let is_final = response.status() >= 200;
            let event = SipEvent::Response { tx, response, flow: flow.clone() };
            if self.events.send(event).await.is_err() || (is_final && transaction.is_terminated()) {
                return;
            }
        }
    }

    async fn accept(self: Arc<Self>, mut incoming: rsipstack::transaction::TransactionReceiver) {
        while let Some(transaction) = incoming.recv().await {
            tokio::spawn(Arc::clone(&self).drive_server(transaction));
        }
    }

    async fn drive_server(self: Arc<Self>, mut transaction: Transaction) {
        let id = self.next_id();
        let Some(mut request) = read_back(&transaction.original.to_bytes()) else { return };
        let Some(flow) = self.flow_of(&request) else { return };
        request.headers.retain(|(name, _)| name != FLOW_HEADER);
        transaction.destination = response_destination(&flow, &request);
        let tx = ServerTx { id, sender: transaction.tu_sender.clone() };
        if self.events.send(SipEvent::Request { tx, request, flow }).await.is_err() {
            return;
        }
        while let Some(received) = transaction.receive().await {
            let SipMessage::Request(received) = received else { continue };
            let Some(message) = read_back(&received.to_bytes()) else { continue };
            let event = match message.method() {
                "CANCEL" => SipEvent::Cancelled { tx: id },
                "ACK" => SipEvent::Acknowledged { tx: id, ack: message },
                _ => continue,
            };
            if self.events.send(event).await.is_err() {
                return;
            }
        }
        let _ = self.events.send(SipEvent::ServerTxOver { tx: id }).await;
    }

    fn flow_of(&self, request: &Message) -> Option<Flow> {
        let (id, remote) = request.header(FLOW_HEADER).split_once(' ')?;
        let id = FlowId(id.parse().ok()?);
        let flows = self.flows.read().unwrap_or_else(PoisonError::into_inner);
        Some(flows.get(&id)?.towards(remote.parse().ok()?))
    }
}

/// Where responses of a UDP request go (RFC 3581 section 4): back to the source when the peer asked
/// for that, else to the port it named.
fn response_destination(flow: &Flow, request: &Message) -> Option<SipAddr> {
    let (_, sent_by, params) = clean::top_via(request)?;
    let symmetric = params.split(';').any(|p| p.trim().starts_with("rport"));
    let port = crate::sip::address::split_host(sent_by).and_then(|(_, port)| port);
    let port = if symmetric { flow.remote.port() } else { port.unwrap_or(5060) };
    flow.towards(SocketAddr::new(flow.remote.ip(), port)).destination()
}

fn refusal(request: &Message, status: u16) -> Message {
    let mut response = Message::response(request, status).with("Server", SOFTWARE);
    let to = response.header("To").to_owned();
    if !to.is_empty() && param(&to, "tag").is_none() {
        response.set("To", format!("{to};tag={:016x}", random::random_u64()));
    }
    match status {
        405 | 501 => response.set("Allow", ALLOW),
        420 => response.set("Unsupported", request.header("Require").to_owned()),
        _ => {}
    }
    response
}

fn ack_key(message: &Message) -> Option<AckKey> {
    let tag = param(message.header("To"), "tag")?.to_owned();
    Some((message.call_id().to_owned(), message.cseq()?.0, tag))
}

fn read_back(bytes: &[u8]) -> Option<Message> {
    let (message, _) = crate::sip::message::read_datagram(bytes).ok()?;
    Some(Message { body: Bytes::copy_from_slice(&message.body), ..message })
}
