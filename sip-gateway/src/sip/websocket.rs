//! SIP over WebSocket (RFC 7118) for browsers: the page is authenticated at the upgrade by a
//! single-use token and its `Origin`; after that its flow is its identity.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{SinkExt, StreamExt};
use gateway_protocol::token::SoftphoneClaims;
use rsipstack::transport::TransportEvent;
use serde::Deserialize;
use tokio::sync::mpsc;
use types::Timestamp;

use crate::net::clock;
use crate::sip::clean::MESSAGE_LEN_MAX;
use crate::sip::engine::Engine;
use crate::sip::flow::{Flow, Transport};
use crate::sip::message;
use crate::sip::rate::Limiter;
use crate::sip::sockets::channel_flow;

const PING: Duration = Duration::from_secs(20);
/// A page that answers no ping for so long is gone.
const SILENCE: Duration = Duration::from_secs(45);
const SEND_LIMIT: Duration = Duration::from_secs(10);

/// A page asks by this whether the connection is alive, and is answered (RFC 5626 section 3.5.1).
const PING_OF_PAGE: &[u8] = b"\r\n\r\n";
const PONG: &str = "\r\n";

/// What the route needs.
#[derive(Debug)]
pub struct Door {
    pub engine: Arc<Engine>,
    pub limiter: Arc<Limiter>,
    pub token_key: Vec<u8>,
    pub allowed_origins: Vec<String>,
    used: Mutex<HashMap<String, Timestamp>>,
}

impl Door {
    #[must_use]
    pub fn new(
        engine: Arc<Engine>,
        limiter: Arc<Limiter>,
        token_key: Vec<u8>,
        allowed_origins: Vec<String>,
    ) -> Self {
        Self { engine, limiter, token_key, allowed_origins, used: Mutex::default() }
    }

    /// Whether a token's nonce is new; it is not afterwards.
    fn use_up(&self, claims: &SoftphoneClaims, now: Timestamp) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, expires| *expires >= now);
        used.insert(claims.nonce.clone(), claims.expires_at).is_none()
    }

    /// A browser always names its origin: one of the list, or a page of the host it connects to.
    fn origin_allowed(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(origin) = text("origin") else { return false };
        if self.allowed_origins.iter().any(|allowed| allowed.trim_end_matches('/') == origin) {
            return true;
        }
        let host_of = |authority: &str| -> String {
            match authority.rsplit_once(':') {
                Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host.to_owned(),
                _ => authority.to_owned(),
            }
        };
        let own = text("host").map(host_of);
        origin.split_once("://").map(|(_, authority)| host_of(authority)) == own
    }
}

#[derive(Debug, Deserialize)]
struct UpgradeQuery {
    #[serde(default)]
    token: String,
}

/// The route `/sip`; `transport` says whether TLS lies below.
pub fn router(door: Arc<Door>, transport: Transport) -> Router {
    Router::new().route("/sip", get(upgrade)).with_state((door, transport))
}

async fn upgrade(
    State((door, transport)): State<(Arc<Door>, Transport)>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    Query(query): Query<UpgradeQuery>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let refuse = |status: StatusCode, why: &'static str| {
        metrics::counter!("gateway_softphones_refused_total", "reason" => why).increment(1);
        (status, why).into_response()
    };
    if !door.origin_allowed(&headers) {
        return refuse(StatusCode::FORBIDDEN, "origin");
    }
    let now = clock::now();
    let claims = match SoftphoneClaims::verify(&query.token, &door.token_key, now) {
        Ok(claims) => claims,
        Err(error) => {
            tracing::info!(%remote, %error, "softphone refused");
            return refuse(StatusCode::UNAUTHORIZED, "token");
        }
    };
    if !door.use_up(&claims, now) {
        return refuse(StatusCode::UNAUTHORIZED, "token_used");
    }
    let upgrade = upgrade.protocols(["sip"]).max_message_size(MESSAGE_LEN_MAX);
    if upgrade.selected_protocol().is_none() {
        return refuse(StatusCode::BAD_REQUEST, "subprotocol");
    }
    upgrade.on_upgrade(move |socket| serve(door, socket, remote, transport, claims))
}

async fn serve(
    door: Arc<Door>,
    socket: WebSocket,
    remote: SocketAddr,
    transport: Transport,
    claims: SoftphoneClaims,
) {
    let claims = Some(Arc::new(claims));
    let Some((flow, outbox)) = channel_flow(&door.engine, transport, remote, claims).await else {
        return;
    };
    door.engine.open(flow.clone()).await;
    carry(&door, socket, &flow, outbox).await;
    door.engine.close(flow.id).await;
}

async fn carry(
    door: &Door,
    socket: WebSocket,
    flow: &Flow,
    mut outbox: mpsc::Receiver<TransportEvent>,
) {
    let (mut sink, mut stream) = socket.split();
    let mut ping = tokio::time::interval(PING);
    let closer = flow.closer.clone().unwrap_or_default();
    // Incoming messages are read by a part of this task that sending cannot hold up.
    let (heard, mut inbox) = mpsc::channel::<Frame>(64);
    let reading = tokio::spawn(async move {
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(SILENCE, stream.next()).await {
            if heard.send(frame).await.is_err() {
                return;
            }
        }
    });
    loop {
        let frame = tokio::select! {
            received = inbox.recv() => match received {
                None | Some(Frame::Close(_)) => break,
                Some(frame) if is_ping(&frame) => Frame::text(PONG),
                Some(frame) => {
                    receive(door, flow, &frame).await;
                    continue;
                }
            },
            event = outbox.recv() => match event {
                Some(TransportEvent::Incoming(message, ..)) => text_of(&message.to_bytes()),
                Some(_) => continue,
                None => break,
            },
            _ = ping.tick() => Frame::Ping(bytes::Bytes::new()),
            (code, reason) = closer.closed() => {
                // What is queued (a BYE, a last answer) still goes out.
                while let Ok(TransportEvent::Incoming(message, ..)) = outbox.try_recv() {
                    let _ = sink.send(text_of(&message.to_bytes())).await;
                }
                let close = CloseFrame { code, reason: reason.into() };
                let _ = sink.send(Frame::Close(Some(close))).await;
                break;
            }
        };
        let sent = tokio::time::timeout(SEND_LIMIT, sink.send(frame)).await;
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
    }
    reading.abort();
}

fn is_ping(frame: &Frame) -> bool {
    matches!(frame, Frame::Text(text) if text.as_bytes() == PING_OF_PAGE)
}

async fn receive(door: &Door, flow: &Flow, frame: &Frame) {
    let bytes = match frame {
        Frame::Text(text) => text.as_bytes(),
        Frame::Binary(bytes) => bytes,
        _ => return,
    };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return;
    }
    if !door.limiter.admit(flow.remote.ip(), clock::now()) {
        metrics::counter!("gateway_sip_dropped_total", "reason" => "rate").increment(1);
        return;
    }
    match message::read_datagram(bytes) {
        Ok((message, other_version)) => door.engine.receive(flow, message, other_version).await,
        Err(error) => {
            metrics::counter!("gateway_sip_garbage_total").increment(1);
            tracing::debug!(%error, ?flow, "unreadable message");
        }
    }
}

/// JsSIP reads text frames; a body that is not UTF-8 goes as binary.
fn text_of(bytes: &[u8]) -> Frame {
    match std::str::from_utf8(bytes) {
        Ok(text) => Frame::text(text),
        Err(_) => Frame::Binary(bytes.to_vec().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> Door {
        let (events, _) = mpsc::channel(1);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let engine =
            runtime.block_on(async { Engine::start("127.0.0.1:5060".parse().unwrap(), events) });
        let limiter = Arc::new(Limiter::new(1, 1));
        Door::new(engine, limiter, vec![1], vec!["https://hotline.example".into()])
    }

    #[test]
    fn a_page_of_the_list_or_of_the_same_host_may_connect() {
        let door = door();
        let cases = [
            ("https://hotline.example", "10.0.0.1:5066", true),
            ("http://10.0.0.1:12345", "10.0.0.1:5066", true),
            ("https://evil.example", "10.0.0.1:5066", false),
            ("null", "10.0.0.1:5066", false),
        ];
        for (origin, host, allowed) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("origin", origin.parse().unwrap());
            headers.insert("host", host.parse().unwrap());
            assert_eq!(door.origin_allowed(&headers), allowed, "{origin} {host}");
        }
        assert!(!door.origin_allowed(&HeaderMap::new()));
    }
}
