//! One WebSocket of one gateway, from its Hello to its end.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use gateway_protocol::{CommandNumber, EventNumber, GatewayMessage, Hello, ServerMessage};
use types::GatewayId;

use super::GatewayLinks;
use super::registry::{Greeting, LinkFault};

/// How often the gateway is pinged.
const PING_INTERVAL: Duration = Duration::from_secs(1);
/// A gateway that says nothing for so long, not even a pong, is gone.
const SILENCE_MAX: Duration = Duration::from_secs(4);
/// How long a new connection may take to say Hello.
const HELLO_MAX: Duration = Duration::from_secs(5);
/// Longest reason in a close frame (RFC 6455 section 5.5: 125 bytes with the code).
const REASON_LEN_MAX: usize = 120;

type Sink = SplitSink<WebSocket, Message>;
type Stream = SplitStream<WebSocket>;

/// Serves a proved gateway until either side ends the link.
pub(super) async fn serve(socket: WebSocket, links: GatewayLinks, gateway: GatewayId) {
    let (mut sink, mut stream) = socket.split();
    let greeted = match receive_hello(&mut stream).await {
        Ok(hello) => links.greet(&gateway, &hello).inspect(|_| {
            tracing::info!(%gateway, instance = %hello.instance, software = hello.software, "gateway linked");
        }),
        Err(fault) => Err(fault),
    };
    match greeted {
        Ok(greeting) => {
            let generation = greeting.generation;
            let _linked = links.mark();
            let fault = run(&mut sink, &mut stream, &links, &gateway, greeting).await;
            links.ended(&gateway, generation);
            close(sink, &gateway, fault).await;
        }
        Err(fault) => close(sink, &gateway, Some(fault)).await,
    }
}

async fn receive_hello(stream: &mut Stream) -> Result<Hello, LinkFault> {
    let first = async {
        loop {
            match stream.next().await {
                // Signs of life say nothing yet.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => return other,
            }
        }
    };
    match tokio::time::timeout(HELLO_MAX, first).await {
        Ok(Some(Ok(Message::Text(text)))) => match read(text.as_str())? {
            GatewayMessage::Hello(hello) => Ok(hello),
            _ => Err(LinkFault::Order),
        },
        Ok(_) => Err(LinkFault::Order),
        Err(_) => Err(LinkFault::Silent(HELLO_MAX)),
    }
}

/// Both directions at once; returns why the link ended, `None` where the gateway closed it.
async fn run(
    sink: &mut Sink,
    stream: &mut Stream,
    links: &GatewayLinks,
    gateway: &GatewayId,
    greeting: Greeting,
) -> Option<LinkFault> {
    let generation = greeting.generation;
    tokio::select! {
        ended = receive_all(stream, links, gateway, generation) => ended.err(),
        ended = send_all(sink, links, gateway, greeting) => ended.err(),
    }
}

async fn receive_all(
    stream: &mut Stream,
    links: &GatewayLinks,
    gateway: &GatewayId,
    generation: u64,
) -> Result<(), LinkFault> {
    loop {
        let next = tokio::time::timeout(SILENCE_MAX, stream.next()).await;
        let message = match next {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(_)) | None) => return Ok(()),
            Err(_) => return Err(LinkFault::Silent(SILENCE_MAX)),
        };
        match message {
            Message::Text(text) => {
                receive(read(text.as_str())?, links, gateway, generation).await?;
            }
            Message::Binary(_) => return Err(LinkFault::NotUnderstood("binary".to_owned())),
            Message::Close(_) => return Ok(()),
            Message::Ping(_) | Message::Pong(_) => {}
        }
    }
}

async fn receive(
    message: GatewayMessage,
    links: &GatewayLinks,
    gateway: &GatewayId,
    generation: u64,
) -> Result<(), LinkFault> {
    match message {
        GatewayMessage::Hello(_) => Err(LinkFault::Order),
        GatewayMessage::Event(event) => links.take_event(gateway, generation, event).await,
        GatewayMessage::Snapshot(snapshot) => {
            links.take_snapshot(gateway, generation, snapshot).await
        }
        GatewayMessage::CommandsDone { fencing, up_to } => {
            links.done(gateway, generation, fencing, up_to)
        }
    }
}

/// Sends the Welcome and then whatever becomes due. Ends without a fault where the socket broke.
async fn send_all(
    sink: &mut Sink,
    links: &GatewayLinks,
    gateway: &GatewayId,
    greeting: Greeting,
) -> Result<(), LinkFault> {
    let mut position = Position {
        commands: greeting.sent,
        stored: greeting.welcome.events_stored,
        credentials: greeting.credentials_version,
        behind: false,
    };
    let generation = greeting.generation;
    if send(sink, &ServerMessage::Welcome(greeting.welcome)).await.is_err() {
        return Ok(());
    }
    let mut pings = tokio::time::interval(PING_INTERVAL);
    loop {
        for message in position.advance(links, gateway, generation)? {
            if send(sink, &message).await.is_err() {
                return Ok(());
            }
        }
        if position.behind {
            continue;
        }
        tokio::select! {
            () = greeting.wake.notified() => {}
            _ = pings.tick() => {
                if sink.send(Message::Ping(bytes::Bytes::new())).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// What this connection has sent so far.
struct Position {
    commands: CommandNumber,
    stored: EventNumber,
    credentials: u64,
    /// More commands wait than were handed over at once.
    behind: bool,
}

impl Position {
    /// The messages that are due now; counts them as sent.
    fn advance(
        &mut self,
        links: &GatewayLinks,
        gateway: &GatewayId,
        generation: u64,
    ) -> Result<Vec<ServerMessage>, LinkFault> {
        let outgoing = links.outgoing(gateway, generation, self.commands, self.credentials)?;
        let mut messages = Vec::with_capacity(outgoing.commands.len() + 2);
        if let Some((version, credentials)) = outgoing.credentials {
            self.credentials = version;
            messages.push(ServerMessage::Credentials { credentials });
        }
        self.behind = outgoing.behind;
        for command in outgoing.commands {
            self.commands = command.number;
            messages.push(ServerMessage::Command(command));
        }
        if outgoing.stored > self.stored {
            self.stored = outgoing.stored;
            messages.push(ServerMessage::EventsStored { up_to: outgoing.stored });
        }
        Ok(messages)
    }
}

fn read(text: &str) -> Result<GatewayMessage, LinkFault> {
    serde_json::from_str(text).map_err(|error| LinkFault::NotUnderstood(error.to_string()))
}

async fn send(sink: &mut Sink, message: &ServerMessage) -> Result<(), axum::Error> {
    let text = serde_json::to_string(message).map_err(axum::Error::new)?;
    sink.send(Message::Text(text.into())).await
}

/// Says why, so that the gateway's log has it, and closes. The peer may be gone: then nobody hears.
async fn close(mut sink: Sink, gateway: &GatewayId, fault: Option<LinkFault>) {
    let Some(fault) = fault else {
        tracing::warn!(%gateway, "the gateway's link has ended");
        return;
    };
    tracing::warn!(%gateway, reason = %fault, "the gateway's link is closed");
    let mut reason = fault.to_string();
    let _ = send(&mut sink, &ServerMessage::Refused { reason: reason.clone() }).await;
    while reason.len() > REASON_LEN_MAX {
        reason.pop();
    }
    let frame = CloseFrame { code: close_code::POLICY, reason: reason.into() };
    let _ = sink.send(Message::Close(Some(frame))).await;
}
