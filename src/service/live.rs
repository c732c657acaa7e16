//! What pages are told as it happens: numbered messages for those who may see them.
//!
//! Owns: the hub (numbers, the ring of the last messages, who may see what), the feed that turns the
//! host's changes and the bus's hints into messages, the calls and figures of now. Must not do: know
//! sockets; decide. A message is a hint with its content: a page that missed some loads by HTTP again.

mod board;
mod feed;
mod floor_state;
mod hub;
mod messages;
mod start;

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

pub use floor_state::{FIGURES_SPAN, FloorState};
pub use hub::{Audience, FLOOR_ROLES, LiveHub, LiveMessage, Resumed, frame};
pub use start::{FloorError, RunningFloor, start};

use std::time::Duration;

use tokio::sync::watch;
use types::{CallId, WorkOrderId};

use crate::clock::Clock;

/// The live side of this node. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Live {
    pub hub: LiveHub,
    state: Arc<RwLock<Option<FloorState>>>,
    floor: Arc<OnceLock<RunningFloor>>,
    loaded: Arc<watch::Sender<bool>>,
}

impl Live {
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            hub: LiveHub::new(clock),
            state: Arc::default(),
            floor: Arc::default(),
            loaded: Arc::new(watch::channel(false).0),
        }
    }

    /// The running distributor, where this node runs one.
    #[must_use]
    pub fn floor(&self) -> Option<&RunningFloor> {
        self.floor.get()
    }

    /// Waits, at most `wait_max`, until calls and figures have been loaded after a start.
    pub async fn wait_loaded(&self, wait_max: Duration) {
        let mut loaded = self.loaded.subscribe();
        let _ = tokio::time::timeout(wait_max, loaded.wait_for(|loaded| *loaded)).await;
    }

    fn set_loaded(&self) {
        self.loaded.send_replace(true);
    }

    /// Looks at calls and figures of now; `None` until they have been loaded from the tables.
    pub fn with_state<T>(&self, look: impl FnOnce(&FloorState) -> T) -> Option<T> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.as_ref().map(look)
    }

    /// An order was opened in a call: pages that show the call show it.
    pub fn note_work_order(&self, call: CallId, order: WorkOrderId) {
        self.change_state(|state| {
            if let Some(state) = state {
                state.note_work_order(call, order);
            }
        });
    }

    fn change_state<T>(&self, change: impl FnOnce(&mut Option<FloorState>) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }
}
