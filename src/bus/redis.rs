//! The bus between nodes. A hint goes to the listeners of this node at once and to the other nodes by
//! Redis publish/subscribe; while Redis is away only this node hears it.

use std::time::Duration;

use futures_util::StreamExt;
use redis::AsyncCommands;
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{BACKLOG_MAX, BusMessage};
use crate::clock::Random;

/// One channel for all centres: every node serves every centre.
const CHANNEL: &str = "hotline:bus";
/// Pause before the next attempt to reach Redis.
const RETRY: Duration = Duration::from_millis(500);
/// Longest wait for one answer of Redis.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// The envelope on the wire.
#[derive(serde::Serialize, serde::Deserialize)]
struct Envelope {
    /// A node skips what it sent itself.
    node: String,
    message: BusMessage,
}

/// The bus of a node among several.
#[derive(Debug, Clone)]
pub struct RedisBus {
    local: broadcast::Sender<BusMessage>,
    out: mpsc::Sender<BusMessage>,
    connected: watch::Receiver<bool>,
}

impl RedisBus {
    /// Starts the two tasks that talk to Redis; they end with `stop`.
    ///
    /// # Errors
    /// When `url` is no Redis URL. An unreachable Redis is no error: the tasks keep trying.
    pub fn start(
        url: &str,
        random: &Random,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, redis::RedisError> {
        let client = redis::Client::open(url)?;
        let (local, _) = broadcast::channel(BACKLOG_MAX);
        let (out, queue) = mpsc::channel(BACKLOG_MAX);
        let (connected_set, connected) = watch::channel(false);
        let node = hex::encode(random.bytes::<8>());
        let receive = receive(client.clone(), node.clone(), local.clone(), connected_set);
        let send = send(client, node, queue);
        let stopped = stop.clone();
        tasks.spawn(async move {
            tokio::select! { () = receive => {}, () = stopped.cancelled() => {} }
        });
        tasks.spawn(async move {
            tokio::select! { () = send => {}, () = stop.cancelled() => {} }
        });
        Ok(Self { local, out, connected })
    }

    pub(super) fn publish(&self, message: BusMessage) {
        if self.out.try_send(message.clone()).is_err() {
            metrics::counter!("hotline_bus_hints_lost_total").increment(1);
        }
        // No listener is no fault.
        drop(self.local.send(message));
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.local.subscribe()
    }

    /// Turns true when the subscription stands, false when it breaks.
    #[must_use]
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.connected.clone()
    }
}

async fn receive(
    client: redis::Client,
    node: String,
    local: broadcast::Sender<BusMessage>,
    connected: watch::Sender<bool>,
) {
    loop {
        match subscribe(&client).await {
            Ok(pubsub) => {
                connected.send_replace(true);
                let mut messages = pubsub.into_on_message();
                while let Some(message) = messages.next().await {
                    hand_on(&message, &node, &local);
                }
                connected.send_replace(false);
                tracing::warn!("the subscription at redis.url broke; trying again");
            }
            Err(error) => tracing::warn!(%error, "redis.url does not answer; trying again"),
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn subscribe(client: &redis::Client) -> Result<redis::aio::PubSub, redis::RedisError> {
    let mut pubsub = client.get_async_pubsub().await?;
    pubsub.subscribe(CHANNEL).await?;
    Ok(pubsub)
}

fn hand_on(message: &redis::Msg, node: &str, local: &broadcast::Sender<BusMessage>) {
    match serde_json::from_slice::<Envelope>(message.get_payload_bytes()) {
        Ok(envelope) if envelope.node == node => {}
        Ok(envelope) => drop(local.send(envelope.message)),
        Err(error) => tracing::warn!(%error, "a hint on the bus was not understood"),
    }
}

async fn send(client: redis::Client, node: String, mut queue: mpsc::Receiver<BusMessage>) {
    let mut connection: Option<redis::aio::MultiplexedConnection> = None;
    while let Some(message) = queue.recv().await {
        if connection.is_none() {
            connection = client.get_multiplexed_async_connection().await.ok();
        }
        let envelope = Envelope { node: node.clone(), message };
        let sent = match (&mut connection, serde_json::to_string(&envelope)) {
            (Some(connection), Ok(text)) => {
                let publish = connection.publish::<_, _, ()>(CHANNEL, text);
                matches!(tokio::time::timeout(ANSWER_MAX, publish).await, Ok(Ok(())))
            }
            _ => false,
        };
        if !sent {
            connection = None;
            metrics::counter!("hotline_bus_hints_lost_total").increment(1);
        }
    }
}
