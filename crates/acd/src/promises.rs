//! Promised calls back (`queue_callback`) as data: who is to be called, at which place of the queue, since when.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use types::{AgentId, CallId, GatewayId, Phone, SkillCode, Timestamp};

use crate::input::Routing;

/// A place in the queue without a leg: its citizen has hung up and is to be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Promise {
    /// Where the call came in: through this gateway its citizen is called.
    pub(crate) gateway: GatewayId,
    pub(crate) caller: Phone,
    pub(crate) dialled: String,
    pub(crate) skills: BTreeSet<SkillCode>,
    pub(crate) priority: u8,
    /// What the host knew of the call: the promise stands by the rules of the same queue.
    #[serde(default)]
    pub(crate) routing: Routing,
    /// The ring by which it stands in the queue.
    pub(crate) place_at: Timestamp,
    /// By the core's clock, as all that follow.
    pub(crate) promised_at: Timestamp,
    /// A return is owed instead from then on.
    pub(crate) expires_at: Timestamp,
    /// Nobody is offered it before this.
    pub(crate) not_before: Timestamp,
    /// Times the number has been dialled.
    pub(crate) attempts: u32,
    /// Agents who shall not ring for it again before the time given (R18).
    pub(crate) avoid: BTreeMap<AgentId, Timestamp>,
    /// The call out that is about to keep it.
    pub(crate) dialling: Option<Dialling>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dialling {
    pub(crate) call: CallId,
    /// The agent has answered her own phone and the number has been dialled.
    pub(crate) dialled: bool,
}

/// By the call that was promised one; at most one per number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Promises {
    by_call: BTreeMap<CallId, Promise>,
    by_number: BTreeMap<Phone, CallId>,
}

impl Promises {
    pub(crate) fn len(&self) -> usize {
        self.by_call.len()
    }

    pub(crate) fn insert(&mut self, call: CallId, promise: Promise) {
        self.by_number.insert(promise.caller.national(), call);
        self.by_call.insert(call, promise);
    }

    pub(crate) fn remove(&mut self, call: CallId) -> Option<Promise> {
        let promise = self.by_call.remove(&call)?;
        self.by_number.remove(&promise.caller.national());
        Some(promise)
    }

    pub(crate) fn get(&self, call: CallId) -> Option<&Promise> {
        self.by_call.get(&call)
    }

    pub(crate) fn get_mut(&mut self, call: CallId) -> Option<&mut Promise> {
        self.by_call.get_mut(&call)
    }

    /// `number` in its national spelling.
    pub(crate) fn of_number(&self, number: &Phone) -> Option<CallId> {
        self.by_number.get(number).copied()
    }

    pub(crate) fn calls(&self) -> Vec<CallId> {
        self.by_call.keys().copied().collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (CallId, &Promise)> {
        self.by_call.iter().map(|(call, promise)| (*call, promise))
    }
}
