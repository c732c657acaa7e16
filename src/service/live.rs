//! What pages are told as it happens: numbered messages for those who may see them.
//!
//! Owns: the hub (numbers, the ring of the last messages, who may see what), the feed that turns the
//! host's changes and the bus's hints into messages, the calls and figures of now. Must not do: know
//! sockets; decide. A message is a hint with its content: a page that missed some loads by HTTP again.

mod feed;
mod floor_state;
mod hub;
mod messages;
mod start;

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

pub use floor_state::{FIGURES_SPAN, FloorState};
pub use hub::{Audience, FLOOR_ROLES, LiveHub, LiveMessage, Resumed, frame};
pub use start::{FloorError, RunningFloor, start};

use crate::clock::Clock;

/// The live side of this node. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Live {
    pub hub: LiveHub,
    state: Arc<RwLock<Option<FloorState>>>,
    floor: Arc<OnceLock<RunningFloor>>,
}

impl Live {
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { hub: LiveHub::new(clock), state: Arc::default(), floor: Arc::default() }
    }

    /// The running distributor, where this node runs one.
    #[must_use]
    pub fn floor(&self) -> Option<&RunningFloor> {
        self.floor.get()
    }

    /// Looks at calls and figures of now; `None` until they have been loaded from the tables.
    pub fn with_state<T>(&self, look: impl FnOnce(&FloorState) -> T) -> Option<T> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.as_ref().map(look)
    }

    fn change_state<T>(&self, change: impl FnOnce(&mut Option<FloorState>) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }
}
