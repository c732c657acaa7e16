//! A gateway that does what a test tells it, over a real WebSocket.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gateway_protocol::proof::{GATEWAY_PROOF_HEADER, GatewayProof, SERVER_PROOF_HEADER};
use gateway_protocol::{
    Command, CommandNumber, Event, EventNumber, FencingNumber, GatewayMessage, Hello,
    NumberedEvent, PROTOCOL_VERSION, ServerMessage, Snapshot, Welcome,
};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use types::{AgentId, CallId, GatewayId, GatewayInstanceId, LegId, Timestamp};

use crate::clock::{Clock, Random};
use crate::gateway_link::LinkFault;

/// Longest wait for anything; the machine may be busy.
pub const WAIT_MAX: Duration = Duration::from_secs(15);

/// From one question for a link to the next one.
const ASK_AGAIN: Duration = Duration::from_millis(20);

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// One run of the gateway `gw1`, linked or not.
pub struct ScriptedGateway {
    pub instance: GatewayInstanceId,
    pub sent: Vec<NumberedEvent>,
    pub stored: EventNumber,
    socket: Option<Socket>,
    commands: VecDeque<Command>,
    fencing: FencingNumber,
    done: CommandNumber,
    key: Vec<u8>,
}

impl ScriptedGateway {
    pub fn new(key: &[u8]) -> Self {
        Self {
            instance: GatewayInstanceId::new(Clock::system().now(), Random::System.number()),
            sent: Vec::new(),
            stored: EventNumber(0),
            socket: None,
            commands: VecDeque::new(),
            fencing: FencingNumber(0),
            done: CommandNumber(0),
            key: key.to_vec(),
        }
    }

    /// Of the server's last welcome; every command carries it.
    pub fn fencing(&self) -> FencingNumber {
        self.fencing
    }

    pub fn id() -> GatewayId {
        "gw1".parse().unwrap()
    }

    /// Opens a proved WebSocket; `Err` with the status where the server refuses.
    pub async fn open(
        address: SocketAddr,
        proof: &GatewayProof,
        key: &[u8],
    ) -> Result<Socket, u16> {
        let url = format!("ws://{address}/api/v1/gateway-link");
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert(GATEWAY_PROOF_HEADER, proof.header().parse().unwrap());
        match connect_async(request).await {
            Ok((socket, response)) => {
                let answer = response.headers()[SERVER_PROOF_HEADER].to_str().unwrap();
                assert!(proof.answered_by(key, answer), "the server does not know the key");
                Ok(socket)
            }
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => {
                Err(response.status().as_u16())
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub fn proof(key: &[u8]) -> GatewayProof {
        GatewayProof::make(key, Self::id(), Clock::system().now(), Random::System.bytes())
    }

    fn hello(&self) -> Hello {
        Hello {
            protocol: PROTOCOL_VERSION,
            gateway: Self::id(),
            instance: self.instance,
            software: "scripted".to_owned(),
            last_event: EventNumber(self.sent.len() as u64),
            fencing: self.fencing,
            last_command: self.done,
        }
    }

    /// Links, sends again what is not stored, then `snapshot`.
    pub async fn link(&mut self, address: SocketAddr, snapshot: Snapshot) -> Welcome {
        let welcomed = tokio::time::timeout(WAIT_MAX, self.welcomed(address));
        let welcome = welcomed.await.expect("the server owns its centre");
        if welcome.fencing > self.fencing {
            self.fencing = welcome.fencing;
            self.done = CommandNumber(0);
        }
        let missing: Vec<_> = self
            .sent
            .iter()
            .filter(|event| event.number > welcome.events_stored)
            .cloned()
            .collect();
        for event in missing {
            self.send(&GatewayMessage::Event(event)).await;
        }
        let up_to = EventNumber(self.sent.len() as u64);
        self.send(&GatewayMessage::Snapshot(Snapshot { up_to, ..snapshot })).await;
        welcome
    }

    /// Asks until it is welcome: a server that has just started does not hold the centre's lease yet.
    async fn welcomed(&mut self, address: SocketAddr) -> Welcome {
        let not_yet = LinkFault::NotOwner.to_string();
        loop {
            self.attach(address).await;
            let hello = self.hello();
            self.send(&GatewayMessage::Hello(hello)).await;
            match self.receive().await {
                ServerMessage::Welcome(welcome) => return welcome,
                ServerMessage::Refused { reason } if reason == not_yet => {
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                other => panic!("{other:?} instead of a welcome"),
            }
        }
    }

    /// Opens the WebSocket and says nothing yet.
    pub async fn attach(&mut self, address: SocketAddr) {
        let proof = Self::proof(&self.key);
        self.socket = Some(Self::open(address, &proof, &self.key).await.unwrap());
    }

    /// Leaves the connection open and forgets it.
    pub fn detach(&mut self) -> Socket {
        self.socket.take().unwrap()
    }

    pub fn unlink(&mut self) {
        self.socket = None;
    }

    /// Reports a fact, now.
    pub async fn event(&mut self, event: Event) {
        let at = Clock::system().now();
        self.event_at(at, event).await;
    }

    pub async fn event_at(&mut self, at: Timestamp, event: Event) {
        let number = EventNumber(self.sent.len() as u64 + 1);
        let numbered = NumberedEvent { number, at, sent_at: Clock::system().now(), event };
        self.sent.push(numbered.clone());
        if self.socket.is_some() {
            self.send(&GatewayMessage::Event(numbered)).await;
        }
    }

    pub async fn send(&mut self, message: &GatewayMessage) {
        let text = serde_json::to_string(message).unwrap();
        let socket = self.socket.as_mut().unwrap();
        socket.send(Message::Text(text.into())).await.unwrap();
    }

    pub async fn send_text(&mut self, text: &str) {
        let socket = self.socket.as_mut().unwrap();
        socket.send(Message::Text(text.to_owned().into())).await.unwrap();
    }

    /// The next message of the server.
    pub async fn receive(&mut self) -> ServerMessage {
        let socket = self.socket.as_mut().unwrap();
        let next = async {
            loop {
                match socket.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return serde_json::from_str(text.as_str()).unwrap();
                    }
                    Some(Ok(_)) => {}
                    other => panic!("the link ended: {other:?}"),
                }
            }
        };
        tokio::time::timeout(WAIT_MAX, next).await.expect("the server says nothing")
    }

    /// The next command; everything else is noted on the way.
    pub async fn command(&mut self) -> Command {
        loop {
            if let Some(command) = self.commands.pop_front() {
                return command;
            }
            self.take_one().await;
        }
    }

    /// Waits until the server has stored every event.
    pub async fn all_stored(&mut self) {
        while self.stored < EventNumber(self.sent.len() as u64) {
            self.take_one().await;
        }
    }

    /// Answers the server's pings while something else goes on: a gateway that says nothing for seconds is gone.
    pub async fn attend<T>(&mut self, other: impl Future<Output = T>) -> T {
        tokio::pin!(other);
        loop {
            let message = tokio::select! {
                done = &mut other => return done,
                message = self.receive() => message,
            };
            self.take(message).await;
        }
    }

    async fn take_one(&mut self) {
        let message = self.receive().await;
        self.take(message).await;
    }

    async fn take(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::Command(numbered) => {
                assert_eq!(numbered.fencing, self.fencing);
                assert_eq!(
                    numbered.number,
                    CommandNumber(self.done.0 + 1),
                    "commands have no gaps"
                );
                self.done = numbered.number;
                self.commands.push_back(numbered.command);
                let (fencing, up_to) = (self.fencing, self.done);
                self.send(&GatewayMessage::CommandsDone { fencing, up_to }).await;
            }
            ServerMessage::EventsStored { up_to } => self.stored = up_to,
            ServerMessage::Credentials { .. } => {}
            other => panic!("unexpected {other:?}"),
        }
    }

    /// An agent's phone registers and is proved.
    pub async fn phone(&mut self, agent: AgentId) {
        let device = types::DeviceId::from_u128(agent.as_uuid().as_u128() ^ 1);
        let kind = gateway_protocol::DeviceKind::Browser;
        self.event(Event::DeviceRegistered { agent, device, kind }).await;
        let outcome =
            gateway_protocol::ProofOutcome::Proved { microphone_dbfs: -20, packets_received: 150 };
        self.event(Event::DeviceProved { agent, device, outcome }).await;
    }

    /// A citizen calls and hears ringback.
    pub async fn call_in(&mut self, caller: &str) -> (CallId, LegId) {
        let now = Clock::system().now();
        let call = CallId::new(now, Random::System.number());
        let leg = LegId::new(now, Random::System.number());
        self.event_at(now, arrival(call, leg, caller, now)).await;
        (call, leg)
    }
}

/// A citizen's call as a gateway reports it.
pub fn arrival(call: CallId, leg: LegId, caller: &str, now: Timestamp) -> Event {
    Event::CallArrived {
        call,
        leg,
        caller: Some(caller.parse().unwrap()),
        dialled: "12345".to_owned(),
        trunk: "carrier-a".parse().unwrap(),
        sip_call_id: format!("{call}@carrier"),
        arrived_at: now,
        rang_at: now,
    }
}

/// A gateway that has nothing.
pub fn empty_snapshot() -> Snapshot {
    Snapshot {
        up_to: EventNumber(0),
        at: Clock::system().now(),
        calls: Vec::new(),
        devices: Vec::new(),
        draining: false,
    }
}
