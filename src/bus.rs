//! Hints to whoever listens, inside this process and to other nodes.
//!
//! Owns: fan-out. Must not do: carry anything that is nowhere else. A listener that misses a hint reads
//! the store from its last number; losing Redis makes things slower, never wrong.

mod redis;

use tokio::sync::broadcast;
use types::CentreId;

pub use self::redis::RedisBus;

/// Hints a slow listener may lag behind before it loses the oldest.
const BACKLOG_MAX: usize = 4_096;

/// One hint.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BusMessage {
    pub centre: CentreId,
    pub topic: String,
    /// Number of the outbox event it tells of, where it tells of one.
    pub number: Option<i64>,
    /// JSON.
    pub payload: String,
}

/// The bus of this node.
#[derive(Debug, Clone)]
pub enum Bus {
    Memory(broadcast::Sender<BusMessage>),
    Redis(RedisBus),
}

impl Bus {
    /// For one node alone.
    #[must_use]
    pub fn memory() -> Self {
        Self::Memory(broadcast::channel(BACKLOG_MAX).0)
    }

    /// Sends a hint to everyone who listens now. Never waits, never fails.
    pub fn publish(&self, message: BusMessage) {
        match self {
            // No listener is no fault.
            Self::Memory(local) => drop(local.send(message)),
            Self::Redis(redis) => redis.publish(message),
        }
    }

    /// Hints from now on, of all centres.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        match self {
            Self::Memory(local) => local.subscribe(),
            Self::Redis(redis) => redis.subscribe(),
        }
    }
}

#[cfg(test)]
mod tests;
