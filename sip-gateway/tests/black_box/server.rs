//! The server's end of the link, by script.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use gateway_protocol::proof::{GATEWAY_PROOF_HEADER, GatewayProof, SERVER_PROOF_HEADER};
use gateway_protocol::{
    Command, CommandNumber, DigestCredential, Event, EventNumber, FencingNumber, GatewayMessage,
    NumberedCommand, ServerMessage, Snapshot, Welcome,
};
use tokio::sync::mpsc;
use types::{AgentId, GatewayInstanceId};

use crate::gateway::LINK_KEY;

pub const DESK_AGENT: AgentId = AgentId::from_u128(0xDE5C);

#[derive(Clone)]
struct Shared {
    heard: mpsc::UnboundedSender<Heard>,
    orders: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Order>>>,
    stored: Arc<Mutex<Stored>>,
}

/// What has been stored of which run of the gateway.
#[derive(Default)]
struct Stored {
    instance: Option<GatewayInstanceId>,
    up_to: u64,
}

enum Order {
    Command(Box<Command>),
    /// Repeat the last command as it was.
    Repeat,
    /// Drop the link.
    Cut,
}

#[derive(Debug)]
pub enum Heard {
    Event(Event),
    Snapshot(Snapshot),
}

/// A scripted server.
pub struct Server {
    pub url: String,
    heard: mpsc::UnboundedReceiver<Heard>,
    orders: mpsc::UnboundedSender<Order>,
}

impl Server {
    pub async fn start() -> Self {
        let (heard_sender, heard) = mpsc::unbounded_channel();
        let (orders, orders_receiver) = mpsc::unbounded_channel();
        let shared = Shared {
            heard: heard_sender,
            orders: Arc::new(tokio::sync::Mutex::new(orders_receiver)),
            stored: Arc::default(),
        };
        let router = Router::new().route("/api/v1/gateway-link", get(link)).with_state(shared);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/api/v1/gateway-link", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, heard, orders }
    }

    pub async fn next(&mut self) -> Heard {
        let heard = tokio::time::timeout(Duration::from_secs(10), self.heard.recv()).await;
        heard.expect("something is heard from the gateway within 10 s").unwrap()
    }

    /// The next event for which `pick` gives something; others are passed over.
    pub async fn event<T>(&mut self, pick: impl Fn(&Event) -> Option<T>) -> T {
        loop {
            if let Heard::Event(event) = self.next().await
                && let Some(found) = pick(&event)
            {
                return found;
            }
        }
    }

    /// Waits for the snapshot that ends a handshake.
    pub async fn linked(&mut self) -> Snapshot {
        loop {
            if let Heard::Snapshot(snapshot) = self.next().await {
                return snapshot;
            }
        }
    }

    /// Nothing but what `allowed` lets through is heard for a while.
    pub async fn quiet(&mut self, span: Duration) {
        if let Ok(Some(heard)) = tokio::time::timeout(span, self.heard.recv()).await {
            panic!("unexpected: {heard:?}");
        }
    }

    pub fn order(&self, command: Command) {
        self.orders.send(Order::Command(Box::new(command))).unwrap();
    }

    pub fn repeat(&self) {
        self.orders.send(Order::Repeat).unwrap();
    }

    pub fn cut(&self) {
        self.orders.send(Order::Cut).unwrap();
    }
}

async fn link(
    State(shared): State<Shared>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let proof: GatewayProof =
        headers[GATEWAY_PROOF_HEADER].to_str().unwrap().parse().expect("a readable proof");
    let answer = proof.answer(&LINK_KEY);
    let mut response = upgrade.on_upgrade(|socket| serve(shared, socket)).into_response();
    response.headers_mut().insert(SERVER_PROOF_HEADER, answer.parse().unwrap());
    response
}

async fn serve(shared: Shared, mut socket: WebSocket) {
    let mut orders = shared.orders.lock().await;
    let (mut number, mut last) = (0, None);
    loop {
        let reply = tokio::select! {
            frame = socket.recv() => {
                let Some(Ok(frame)) = frame else { return };
                let Frame::Text(text) = frame else { continue };
                match serde_json::from_str(text.as_str()).unwrap() {
                    GatewayMessage::Hello(hello) => {
                        number = hello.last_command.0;
                        let mut stored = shared.stored.lock().unwrap();
                        if stored.instance.replace(hello.instance) != Some(hello.instance) {
                            stored.up_to = 0;
                        }
                        ServerMessage::Welcome(welcome(stored.up_to))
                    }
                    GatewayMessage::Event(event) => {
                        let new = {
                            let mut stored = shared.stored.lock().unwrap();
                            let new = event.number.0 == stored.up_to + 1;
                            assert!(event.number.0 <= stored.up_to + 1, "a gap in the events");
                            stored.up_to = stored.up_to.max(event.number.0);
                            new
                        };
                        let up_to = event.number;
                        if new {
                            let _ = shared.heard.send(Heard::Event(event.event));
                        }
                        ServerMessage::EventsStored { up_to }
                    }
                    GatewayMessage::Snapshot(snapshot) => {
                        let _ = shared.heard.send(Heard::Snapshot(snapshot));
                        continue;
                    }
                    GatewayMessage::CommandsDone { .. } => continue,
                }
            }
            order = orders.recv() => match order {
                None | Some(Order::Cut) => return,
                Some(Order::Command(command)) => {
                    number += 1;
                    let numbered = NumberedCommand {
                        fencing: FencingNumber(1),
                        number: CommandNumber(number),
                        command: *command,
                    };
                    last = Some(numbered.clone());
                    ServerMessage::Command(numbered)
                }
                Some(Order::Repeat) => ServerMessage::Command(last.clone().unwrap()),
            },
        };
        let text = serde_json::to_string(&reply).unwrap();
        if socket.send(Frame::text(text)).await.is_err() {
            return;
        }
    }
}

fn welcome(stored: u64) -> Welcome {
    Welcome {
        protocol: gateway_protocol::PROTOCOL_VERSION,
        centre: "qingyuan".parse().unwrap(),
        fencing: FencingNumber(1),
        events_stored: EventNumber(stored),
        business_time_offset_us: 0,
        credentials: vec![DigestCredential::of_password(
            DESK_AGENT,
            "desk01",
            "hotline.local",
            "secret",
        )],
    }
}
