//! `GET /live`: the live WebSocket of a signed-in page.
//!
//! Owns: the socket; the hub numbers and chooses. A page that does not read is dropped, not waited for.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use types::Timestamp;
use utoipa_axum::router::OpenApiRouter;

use super::{AppState, Params, SignedIn};
use crate::service::live::{LiveMessage, Resumed, frame};
use crate::service::session::Person;

/// How often a silent page is pinged.
const PING_INTERVAL: Duration = Duration::from_secs(15);
/// A page that says nothing for so long, not even a pong, is gone.
const SILENCE_MAX: Duration = Duration::from_secs(45);
/// Longest a page may take to accept a message.
const SEND_MAX: Duration = Duration::from_secs(10);
/// Longest message of a page; it has nothing to say but `ping`.
const MESSAGE_LEN_MAX: usize = 1_024;

type Sink = SplitSink<WebSocket, Message>;
type Stream = SplitStream<WebSocket>;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().route("/live", axum::routing::get(open))
}

#[derive(Debug, Deserialize)]
struct LiveQuery {
    after: Option<u64>,
}

#[derive(Serialize)]
struct Hello {
    business_now: Timestamp,
    /// Numbers after this one can be had again.
    oldest: u64,
}

async fn open(
    State(state): State<AppState>,
    SignedIn(person): SignedIn,
    Params(query): Params<LiveQuery>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .max_message_size(MESSAGE_LEN_MAX)
        .on_upgrade(move |socket| serve(socket, state, person, query.after))
}

async fn serve(socket: WebSocket, state: AppState, person: Person, after: Option<u64>) {
    metrics::gauge!("hotline_live_pages").increment(1.0);
    let (mut sink, mut stream) = socket.split();
    let resumed = state.ctx.live.hub.listen(after);
    let ended = tokio::select! {
        ended = send_all(&mut sink, &state, &person, resumed) => ended,
        () = receive_all(&mut stream) => End::Gone,
    };
    if let End::Slow = ended {
        metrics::counter!("hotline_live_pages_dropped_total").increment(1);
        let reason = "too slow: connect again".into();
        let frame = CloseFrame { code: close_code::AGAIN, reason };
        let _ = tokio::time::timeout(SEND_MAX, sink.send(Message::Close(Some(frame)))).await;
    }
    metrics::gauge!("hotline_live_pages").decrement(1.0);
}

/// Why a page is served no longer.
enum End {
    Gone,
    /// It did not take what it was sent.
    Slow,
}

async fn send_all(sink: &mut Sink, state: &AppState, person: &Person, resumed: Resumed) -> End {
    let Resumed { last, oldest, missed, mut following } = resumed;
    let hello = Hello { business_now: state.ctx.clock.business_now(), oldest };
    let mut first = vec![frame(last, state.ctx.clock.now(), "hello", hello)];
    match missed {
        Some(missed) => first.extend(missed.iter().filter_map(|message| visible(message, person))),
        None => first.push(frame(last, state.ctx.clock.now(), "resync", ())),
    }
    for text in first {
        if let Err(end) = send(sink, Message::Text(text.into())).await {
            return end;
        }
    }
    let mut pings = tokio::time::interval(PING_INTERVAL);
    loop {
        let message = tokio::select! {
            message = following.recv() => match message {
                Ok(message) => match visible(&message, person) {
                    Some(text) => Message::Text(text.into()),
                    None => continue,
                },
                Err(RecvError::Lagged(_)) => return End::Slow,
                Err(RecvError::Closed) => return End::Gone,
            },
            _ = pings.tick() => Message::Ping(bytes::Bytes::new()),
        };
        if let Err(end) = send(sink, message).await {
            return end;
        }
    }
}

fn visible(message: &LiveMessage, person: &Person) -> Option<String> {
    message.audience.includes(person).then(|| message.text.clone())
}

async fn send(sink: &mut Sink, message: Message) -> Result<(), End> {
    match tokio::time::timeout(SEND_MAX, sink.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Gone),
        Err(_) => Err(End::Slow),
    }
}

/// Until the page closes or falls silent; what it says (`ping`) only shows that it lives.
async fn receive_all(stream: &mut Stream) {
    while let Ok(Some(Ok(message))) = tokio::time::timeout(SILENCE_MAX, stream.next()).await {
        if matches!(message, Message::Close(_)) {
            return;
        }
    }
}
