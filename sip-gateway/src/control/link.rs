//! Opens the link and carries messages both ways; opens it again when it breaks. It understands
//! nothing of what it carries: the handshake's messages are the run loop's.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gateway_protocol::link::MESSAGE_LEN_MAX;
use gateway_protocol::proof::{GATEWAY_PROOF_HEADER, GatewayProof, SERVER_PROOF_HEADER};
use gateway_protocol::{GatewayMessage, ServerMessage};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use types::GatewayId;

use crate::net::{clock, random};

/// Messages on their way to the server; the outbox keeps the rest.
const QUEUE_LEN: usize = 1_024;
const BACKOFF_MS: (u64, u64) = (100, 2_000);
/// Nothing heard for this long: the link counts as dead. Both sides ping well below it.
const SILENCE: Duration = Duration::from_secs(6);
const PING: Duration = Duration::from_secs(2);

/// What the link tells the run loop.
#[derive(Debug)]
pub enum LinkEvent {
    /// Both proofs are good: say hello by this sender.
    Open(mpsc::Sender<GatewayMessage>),
    Message(Box<ServerMessage>),
    Closed,
}

/// Where the server is and how we prove ourselves.
#[derive(Clone)]
pub struct LinkConfig {
    pub url: String,
    pub key: Vec<u8>,
    pub gateway: GatewayId,
}

impl std::fmt::Debug for LinkConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkConfig").field("url", &self.url).finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error("{0}")]
    WebSocket(#[from] tungstenite::Error),
    #[error("no answer within 5 s")]
    Timeout,
    #[error(
        "the server did not prove that it knows the link key: compare secrets/link.key of both"
    )]
    Unproven,
}

/// Keeps the link open for ever.
pub async fn run(config: LinkConfig, events: mpsc::Sender<LinkEvent>) {
    let mut pause_ms = BACKOFF_MS.0;
    let mut last_error = String::new();
    loop {
        match once(&config, &events).await {
            Ok(()) => pause_ms = BACKOFF_MS.0,
            Err(error) => {
                let text = error.to_string();
                if text != last_error {
                    tracing::warn!(url = %config.url, error = %text, "no link to the server");
                }
                last_error = text;
            }
        }
        if events.is_closed() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        pause_ms = (pause_ms * 2).min(BACKOFF_MS.1);
    }
}

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn once(config: &LinkConfig, events: &mpsc::Sender<LinkEvent>) -> Result<(), LinkError> {
    let connecting = connect(config);
    let socket = tokio::time::timeout(Duration::from_secs(5), connecting)
        .await
        .map_err(|_| LinkError::Timeout)??;
    let (sender, queue) = mpsc::channel(QUEUE_LEN);
    if events.send(LinkEvent::Open(sender)).await.is_err() {
        return Ok(());
    }
    carry(socket, queue, events).await;
    let _ = events.send(LinkEvent::Closed).await;
    Ok(())
}

async fn connect(config: &LinkConfig) -> Result<Socket, LinkError> {
    let proof =
        GatewayProof::make(&config.key, config.gateway.clone(), clock::now(), random::bytes16());
    let mut request = config.url.as_str().into_client_request()?;
    let value = proof.header().parse().map_err(|_| LinkError::Unproven)?;
    request.headers_mut().insert(GATEWAY_PROOF_HEADER, value);
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_LEN_MAX))
        .max_frame_size(Some(MESSAGE_LEN_MAX));
    let (socket, response) =
        tokio_tungstenite::connect_async_with_config(request, Some(limits), true).await?;
    let answer = response.headers().get(SERVER_PROOF_HEADER).and_then(|v| v.to_str().ok());
    if answer.is_some_and(|answer| proof.answered_by(&config.key, answer)) {
        Ok(socket)
    } else {
        Err(LinkError::Unproven)
    }
}

async fn carry(
    socket: Socket,
    mut queue: mpsc::Receiver<GatewayMessage>,
    events: &mpsc::Sender<LinkEvent>,
) {
    let (mut sink, mut stream) = socket.split();
    let mut ping = tokio::time::interval(PING);
    loop {
        tokio::select! {
            received = tokio::time::timeout(SILENCE, stream.next()) => {
                let Ok(Some(Ok(frame))) = received else { return };
                let Frame::Text(text) = frame else { continue };
                match serde_json::from_str(text.as_str()) {
                    Ok(message) => {
                        if events.send(LinkEvent::Message(Box::new(message))).await.is_err() {
                            return;
                        }
                    }
                    Err(error) => {
                        tracing::error!(%error, "the server sent what this version does not know");
                        return;
                    }
                }
            }
            message = queue.recv() => {
                let Some(message) = message else { return };
                let Ok(text) = serde_json::to_string(&message) else { continue };
                if sink.send(Frame::text(text)).await.is_err() {
                    return;
                }
            }
            _ = ping.tick() => {
                if sink.send(Frame::Ping(bytes::Bytes::new())).await.is_err() {
                    return;
                }
            }
        }
    }
}
