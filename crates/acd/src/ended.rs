//! Calls that are over, remembered for a while, so that late and repeated facts do nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, Timestamp};

use crate::call::Returned;

/// How a call left the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub(crate) enum How {
    Over,
    /// Its caller's end came before its arrival; `at` by the gateway's clock.
    BeforeArrival {
        at: Timestamp,
    },
    /// Its gateway was thought dead while it waited.
    LostWaiting,
    /// Its gateway was thought dead while it talked.
    LostTalking {
        answered_at: Timestamp,
        /// Who talked; `None` in states of older releases.
        #[serde(default)]
        agent: Option<AgentId>,
        #[serde(default)]
        returned: Option<Returned>,
    },
    /// Its gateway was thought dead while it waited again, after a talk that lost its agent.
    LostReturned {
        returned: Returned,
    },
}

impl How {
    /// What of its earlier talks must not be forgotten if it lives.
    pub(crate) const fn returned(self) -> Option<Returned> {
        match self {
            Self::LostReturned { returned } => Some(returned),
            Self::LostTalking { returned, .. } => returned,
            Self::Over | Self::BeforeArrival { .. } | Self::LostWaiting => None,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndedCalls {
    calls: BTreeMap<CallId, (Timestamp, How)>,
    order: BTreeSet<(Timestamp, CallId)>,
}

impl EndedCalls {
    pub(crate) fn insert(&mut self, call: CallId, until: Timestamp, how: How) {
        self.remove(call);
        self.calls.insert(call, (until, how));
        self.order.insert((until, call));
    }

    pub(crate) fn get(&self, call: CallId) -> Option<How> {
        self.calls.get(&call).map(|(_, how)| *how)
    }

    pub(crate) fn remove(&mut self, call: CallId) -> Option<How> {
        let (until, how) = self.calls.remove(&call)?;
        self.order.remove(&(until, call));
        Some(how)
    }

    pub(crate) fn forget_until(&mut self, now: Timestamp) {
        while self.order.first().is_some_and(|(until, _)| *until <= now) {
            if let Some((_, call)) = self.order.pop_first() {
                self.calls.remove(&call);
            }
        }
    }
}
