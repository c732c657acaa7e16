//! What is known of every gateway, connected or not. Shared by connections and host; nobody holds
//! its locks across an await (R09).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateway_protocol::{
    Command, CommandNumber, DigestCredential, EventNumber, FencingNumber, Hello, NumberedCommand,
    NumberedEvent, PROTOCOL_VERSION, Snapshot, Welcome,
};
use tokio::sync::{Notify, mpsc};
use types::{CentreId, GatewayId, GatewayInstanceId, Timestamp};

use super::inbox::{Admission, Inbox};
use super::nonces::Nonces;
use super::outbox::Outbox;
use crate::acd_host::HostMessage;
use crate::acd_host::journal::EventSource;
use crate::clock::Clock;
use crate::service::{LinkGauge, LinkMark};

/// A link that is down for longer counts as lost.
const LOST_AFTER: Duration = Duration::from_secs(2);
/// Most commands handed to a connection at once.
const SEND_LEN_MAX: usize = 256;

/// Who this server is towards gateways.
#[derive(Clone)]
pub struct LinkIdentity {
    pub centre: CentreId,
    /// The key that server and gateways share.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for LinkIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkIdentity").field("centre", &self.centre).finish_non_exhaustive()
    }
}

/// All gateways of the centre. Cheap to clone.
#[derive(Debug, Clone)]
pub struct GatewayLinks {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    identity: LinkIdentity,
    clock: Clock,
    host: mpsc::Sender<HostMessage>,
    gauge: LinkGauge,
    state: Mutex<State>,
    nonces: Mutex<Nonces>,
}

#[derive(Debug, Default)]
struct State {
    gateways: BTreeMap<GatewayId, Gateway>,
    /// What the journal holds of each gateway, until it connects.
    recovered: BTreeMap<GatewayId, EventSource>,
    credentials: Vec<DigestCredential>,
    credentials_version: u64,
    /// The fencing number while this server owns the centre; without it no gateway is taken.
    fencing: Option<FencingNumber>,
}

#[derive(Debug)]
struct Gateway {
    outbox: Outbox,
    inbox: Option<Inbox>,
    /// Rises with every connection; only the newest counts.
    generation: u64,
    connected: bool,
    since: Timestamp,
    software: String,
    wake: Arc<Notify>,
}

/// A gateway's link as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStatus {
    pub gateway: GatewayId,
    pub connected: bool,
    pub since: Timestamp,
    pub software: String,
    /// Commands the gateway has not reported done.
    pub commands_open: usize,
    pub events_taken: EventNumber,
    pub events_stored: EventNumber,
}

/// What a connection needs after its Hello was accepted.
#[derive(Debug)]
pub(super) struct Greeting {
    pub(super) generation: u64,
    pub(super) welcome: Welcome,
    pub(super) sent: CommandNumber,
    pub(super) credentials_version: u64,
    pub(super) wake: Arc<Notify>,
}

/// What a connection has to send next.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) commands: Vec<NumberedCommand>,
    /// More commands wait than are handed over at once.
    pub(super) behind: bool,
    pub(super) stored: EventNumber,
    /// Where they changed: version and content.
    pub(super) credentials: Option<(u64, Vec<DigestCredential>)>,
}

/// Why a connection must end. The text reaches the gateway and its log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LinkFault {
    #[error(
        "this server speaks protocol version {ours}, the gateway {theirs}: install the same release of both"
    )]
    Version { ours: u32, theirs: u32 },
    #[error("the proof names gateway {proved}, the Hello {said}: they must be the same")]
    OtherGateway { proved: GatewayId, said: GatewayId },
    #[error(transparent)]
    FencedOff(#[from] super::outbox::FencedOff),
    #[error("a newer connection of the same gateway has taken over")]
    Replaced,
    #[error("event {found:?} came where {expected:?} was due: connect again to have it resent")]
    Gap { expected: EventNumber, found: EventNumber },
    #[error(
        "the gateway's last event {last:?} is older than {taken:?}, which it has sent before: restart the gateway"
    )]
    WentBack { last: EventNumber, taken: EventNumber },
    #[error("the snapshot covers events up to {found:?}, {expected:?} were sent")]
    Snapshot { expected: EventNumber, found: EventNumber },
    #[error("this node does not own the centre, or is stopping: try the next one")]
    NotOwner,
    #[error("not a message of this protocol: {0}")]
    NotUnderstood(String),
    #[error("the first message must be hello, and hello comes once")]
    Order,
    #[error("nothing was heard for {0:?}")]
    Silent(Duration),
}

impl GatewayLinks {
    /// Takes no gateway before [`GatewayLinks::own`].
    #[must_use]
    pub fn new(
        identity: LinkIdentity,
        clock: Clock,
        host: mpsc::Sender<HostMessage>,
        gauge: LinkGauge,
    ) -> Self {
        let shared = Shared {
            identity,
            clock,
            host,
            gauge,
            state: Mutex::new(State::default()),
            nonces: Mutex::new(Nonces::default()),
        };
        Self { shared: Arc::new(shared) }
    }

    /// This server has become the owner of the centre, with `fencing`. `recovered` is what the
    /// journal holds of each gateway's events. Gateways of `expected` have [`LOST_AFTER`] to come
    /// back before they count as lost.
    pub fn own(
        &self,
        fencing: FencingNumber,
        recovered: BTreeMap<GatewayId, EventSource>,
        expected: impl IntoIterator<Item = GatewayId>,
    ) {
        let mut state = self.state();
        state.gateways.clear();
        state.recovered = recovered;
        state.fencing = Some(fencing);
        drop(state);
        for gateway in expected {
            self.watch_loss(gateway, 0);
        }
    }

    /// Whether this server owns the centre now.
    #[must_use]
    pub fn owns(&self) -> bool {
        self.state().fencing.is_some()
    }

    /// This server owns the centre no longer, or stops: every connection ends, none is taken.
    pub fn disown(&self) {
        let mut state = self.state();
        state.fencing = None;
        state.gateways.values().for_each(|gateway| gateway.wake.notify_one());
    }

    /// Orders `gateway` to do something: at once, or when it is back.
    pub fn send(&self, gateway: &GatewayId, command: Command) {
        let mut state = self.state();
        let Some(fencing) = state.fencing else { return };
        let now = self.shared.clock.now();
        let known = state.gateways.entry(gateway.clone());
        let known = known.or_insert_with(|| Gateway::unmet(fencing, now));
        known.outbox.push(command);
        known.wake.notify_one();
    }

    /// The same order to every gateway.
    pub fn send_all(&self, command: &Command) {
        let names: Vec<GatewayId> = self.state().gateways.keys().cloned().collect();
        for gateway in names {
            self.send(&gateway, command.clone());
        }
    }

    /// The journal has synced the entry that carries this event.
    pub fn stored(&self, source: &EventSource) {
        let mut state = self.state();
        if let Some(gateway) = state.gateways.get_mut(&source.gateway)
            && let Some(inbox) = &mut gateway.inbox
        {
            inbox.store(source.instance, source.number);
            gateway.wake.notify_one();
        }
    }

    /// The desk phones that may register from now on, all of them.
    pub fn set_credentials(&self, credentials: Vec<DigestCredential>) {
        let mut state = self.state();
        state.credentials = credentials;
        state.credentials_version += 1;
        state.gateways.values().for_each(|gateway| gateway.wake.notify_one());
    }

    #[must_use]
    pub fn status(&self) -> Vec<LinkStatus> {
        let state = self.state();
        let status = |(name, gateway): (&GatewayId, &Gateway)| LinkStatus {
            gateway: name.clone(),
            connected: gateway.connected,
            since: gateway.since,
            software: gateway.software.clone(),
            commands_open: gateway.outbox.len(),
            events_taken: gateway.inbox.map_or(EventNumber(0), |inbox| inbox.taken),
            events_stored: gateway.inbox.map_or(EventNumber(0), |inbox| inbox.stored),
        };
        state.gateways.iter().map(status).collect()
    }

    pub(super) fn identity(&self) -> &LinkIdentity {
        &self.shared.identity
    }

    /// Counts a linked gateway for as long as the mark lives.
    pub(super) fn mark(&self) -> LinkMark {
        self.shared.gauge.mark()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    pub(super) fn take_nonce(&self, nonce: &str) -> bool {
        let mut nonces = self.shared.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.take(nonce, self.shared.clock.now())
    }

    /// Accepts a Hello; an older connection of the gateway ends.
    pub(super) fn greet(&self, proved: &GatewayId, hello: &Hello) -> Result<Greeting, LinkFault> {
        check_hello(proved, hello)?;
        let now = self.now();
        let mut state = self.state();
        let fencing = state.fencing.ok_or(LinkFault::NotOwner)?;
        let recovered = state.recovered.get(&hello.gateway).cloned();
        let (credentials, credentials_version) =
            (state.credentials.clone(), state.credentials_version);
        let gateway = state.gateways.entry(hello.gateway.clone());
        let gateway = gateway.or_insert_with(|| Gateway::unmet(fencing, now));
        let inbox = gateway.meet(hello, recovered.as_ref(), fencing)?;
        let sent = gateway.outbox.resume(hello)?;
        let wake = gateway.take_over(hello, now);
        let welcome = Welcome {
            protocol: PROTOCOL_VERSION,
            centre: self.shared.identity.centre.clone(),
            fencing,
            events_stored: inbox.stored,
            business_time_offset_us: self.shared.clock.business_offset_us(),
            credentials,
        };
        let generation = gateway.generation;
        Ok(Greeting { generation, welcome, sent, credentials_version, wake })
    }

    /// Hands a new event to the host; a repeated one is dropped. Waits while the host is busy.
    pub(super) async fn take_event(
        &self,
        gateway: &GatewayId,
        generation: u64,
        event: NumberedEvent,
    ) -> Result<(), LinkFault> {
        // First the place in the host's inbox, then, without an await between, the decision and the
        // hand-over: an event that counts as taken is with the host.
        let place = self.shared.host.reserve().await.map_err(|_| LinkFault::NotOwner)?;
        let mut state = self.state();
        let inbox = current_inbox(&mut state, gateway, generation)?;
        match inbox.admit(event.number) {
            Admission::Take => {}
            Admission::Repeated => return Ok(()),
            Admission::Gap { expected } => {
                return Err(LinkFault::Gap { expected, found: event.number });
            }
        }
        let source = EventSource {
            gateway: gateway.clone(),
            instance: inbox.instance,
            number: event.number,
        };
        place.send(HostMessage::Event { source, event });
        Ok(())
    }

    /// Hands a snapshot to the host.
    pub(super) async fn take_snapshot(
        &self,
        gateway: &GatewayId,
        generation: u64,
        snapshot: Snapshot,
    ) -> Result<(), LinkFault> {
        let place = self.shared.host.reserve().await.map_err(|_| LinkFault::NotOwner)?;
        let mut state = self.state();
        let expected = current_inbox(&mut state, gateway, generation)?.taken;
        if snapshot.up_to != expected {
            return Err(LinkFault::Snapshot { expected, found: snapshot.up_to });
        }
        place
            .send(HostMessage::Snapshot { gateway: gateway.clone(), snapshot: Box::new(snapshot) });
        Ok(())
    }

    pub(super) fn done(
        &self,
        gateway: &GatewayId,
        generation: u64,
        fencing: FencingNumber,
        up_to: CommandNumber,
    ) -> Result<(), LinkFault> {
        let mut state = self.state();
        current(&mut state, gateway, generation)?.outbox.done(fencing, up_to);
        Ok(())
    }

    /// What this connection has not sent yet.
    pub(super) fn outgoing(
        &self,
        gateway: &GatewayId,
        generation: u64,
        sent: CommandNumber,
        credentials_sent: u64,
    ) -> Result<Outgoing, LinkFault> {
        let mut state = self.state();
        state.fencing.ok_or(LinkFault::NotOwner)?;
        // Hundreds of them: copied only where they changed.
        let version = state.credentials_version;
        let changed = version != credentials_sent;
        let credentials = changed.then(|| (version, state.credentials.clone()));
        let gateway = current(&mut state, gateway, generation)?;
        let commands = gateway.outbox.after(sent, SEND_LEN_MAX);
        Ok(Outgoing {
            behind: commands.len() == SEND_LEN_MAX,
            commands,
            stored: gateway.inbox.map_or(EventNumber(0), |inbox| inbox.stored),
            credentials,
        })
    }

    /// A connection has ended; unless another has taken over, the loss is reported in a while.
    pub(super) fn ended(&self, gateway: &GatewayId, generation: u64) {
        let mut state = self.state();
        let Ok(known) = current(&mut state, gateway, generation) else { return };
        known.connected = false;
        known.since = self.shared.clock.now();
        link_up_gauge(gateway, false);
        drop(state);
        self.watch_loss(gateway.clone(), generation);
    }

    fn watch_loss(&self, gateway: GatewayId, generation: u64) {
        let links = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(LOST_AFTER).await;
            let back = {
                let state = links.state();
                let known = state.gateways.get(&gateway);
                state.fencing.is_none()
                    || known.is_some_and(|known| known.connected || known.generation != generation)
            };
            if !back {
                tracing::warn!(%gateway, "the link to the gateway is lost");
                metrics::counter!("hotline_gateway_losses_total").increment(1);
                // The host is gone only when the server stops.
                let _ = links.shared.host.send(HostMessage::GatewayLost { gateway }).await;
            }
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    fn unmet(fencing: FencingNumber, now: Timestamp) -> Self {
        Self {
            outbox: Outbox::new(fencing),
            inbox: None,
            generation: 0,
            connected: false,
            since: now,
            software: String::new(),
            wake: Arc::new(Notify::new()),
        }
    }

    /// Takes up the run of the gateway that `hello` names: the one we know, or a new one.
    fn meet(
        &mut self,
        hello: &Hello,
        recovered: Option<&EventSource>,
        fencing: FencingNumber,
    ) -> Result<Inbox, LinkFault> {
        let inbox = match self.inbox {
            Some(inbox) if inbox.instance == hello.instance => inbox,
            Some(_) => {
                // Its legs died with the former run, and so did what we ordered about them.
                self.outbox = Outbox::new(fencing);
                Inbox::new(hello.instance, EventNumber(0))
            }
            None => Inbox::new(hello.instance, stored_of(recovered, hello.instance)),
        };
        if hello.last_event < inbox.stored {
            return Err(LinkFault::WentBack { last: hello.last_event, taken: inbox.stored });
        }
        self.inbox = Some(inbox);
        Ok(inbox)
    }

    fn take_over(&mut self, hello: &Hello, now: Timestamp) -> Arc<Notify> {
        if self.connected {
            tracing::warn!(gateway = %hello.gateway, "a second connection of the gateway replaces the first");
        }
        // The old connection wakes, finds itself replaced and ends.
        self.wake.notify_one();
        self.wake = Arc::new(Notify::new());
        self.generation += 1;
        self.connected = true;
        self.since = now;
        self.software.clone_from(&hello.software);
        link_up_gauge(&hello.gateway, true);
        Arc::clone(&self.wake)
    }
}

fn check_hello(proved: &GatewayId, hello: &Hello) -> Result<(), LinkFault> {
    if hello.protocol != PROTOCOL_VERSION {
        return Err(LinkFault::Version { ours: PROTOCOL_VERSION, theirs: hello.protocol });
    }
    if hello.gateway != *proved {
        return Err(LinkFault::OtherGateway {
            proved: proved.clone(),
            said: hello.gateway.clone(),
        });
    }
    Ok(())
}

fn stored_of(recovered: Option<&EventSource>, instance: GatewayInstanceId) -> EventNumber {
    recovered
        .filter(|source| source.instance == instance)
        .map_or(EventNumber(0), |source| source.number)
}

fn current<'a>(
    state: &'a mut State,
    gateway: &GatewayId,
    generation: u64,
) -> Result<&'a mut Gateway, LinkFault> {
    let known = state.gateways.get_mut(gateway);
    known.filter(|known| known.generation == generation).ok_or(LinkFault::Replaced)
}

fn current_inbox<'a>(
    state: &'a mut State,
    gateway: &GatewayId,
    generation: u64,
) -> Result<&'a mut Inbox, LinkFault> {
    current(state, gateway, generation)?.inbox.as_mut().ok_or(LinkFault::Order)
}

fn link_up_gauge(gateway: &GatewayId, up: bool) {
    metrics::gauge!("hotline_gateway_linked", "gateway" => gateway.to_string()).set(if up {
        1.0
    } else {
        0.0
    });
}
