//! The view kept from one look to the next, so that a look costs what has changed and not the whole floor.
//!
//! Derived data like the indexes: begun by the first look, gone with a restart, never decides.

use std::collections::{BTreeMap, BTreeSet};

use types::{AgentId, CallId, LegId};

use crate::core::Acd;
use crate::index::Place;
use crate::view::{CallViews, View};

#[derive(Debug, Default)]
pub(crate) struct Board {
    /// As it was shown last; `None` before the first look.
    view: Option<View>,
    /// Under which keys a call is shown.
    calls: BTreeMap<CallId, Shown>,
    changed_agents: BTreeSet<AgentId>,
    changed_calls: BTreeSet<CallId>,
}

#[derive(Debug, Default)]
struct Shown {
    place: Option<Place>,
    legs: Vec<LegId>,
}

/// A copy of the core shows nothing yet.
impl Clone for Board {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Two cores are the same whatever of them has been shown.
impl PartialEq for Board {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Board {
    /// These will look different. Nothing is kept before the first look.
    pub(crate) fn note(&mut self, agents: &BTreeSet<AgentId>, calls: &BTreeSet<CallId>) {
        if self.view.is_some() {
            self.changed_agents.extend(agents);
            self.changed_calls.extend(calls);
        }
    }
}

impl Acd {
    /// The floor at this moment, as [`Acd::view`] gives it, at the cost of what has changed since the last call of
    /// this. An agent's `idle_us` is of the moment she changed last.
    pub fn show(&mut self) -> View {
        let Board { view, mut calls, mut changed_agents, changed_calls } =
            std::mem::take(&mut self.board);
        let mut view = match view {
            Some(view) => view,
            None => {
                let view = self.view();
                let shown = |call: &CallId| (*call, Shown::of(&self.call_views(*call)));
                calls = self.calls.keys().map(shown).collect();
                view
            }
        };
        for call in changed_calls {
            // Whether her phone is heard is shown with her, too.
            changed_agents.extend(self.agent_in_call(call).map(|(agent, _)| agent));
            if let Some(shown) = calls.remove(&call) {
                shown.take_from(&mut view, call);
            }
            if self.calls.contains_key(&call) {
                let views = self.call_views(call);
                calls.insert(call, Shown::of(&views));
                view.add(views);
            }
        }
        for agent in changed_agents {
            if let Some(seen) = self.agent_view(agent) {
                view.agents.put(seen);
            }
        }
        view.now = self.now;
        view.gateways = self.gateway_views();
        self.board = Board { view: Some(view.clone()), calls, ..Board::default() };
        view
    }
}

impl Shown {
    fn of(views: &CallViews) -> Self {
        Self {
            place: views.waiting.as_ref().map(|waiting| waiting.place()),
            legs: views.offers.iter().map(|offer| offer.leg).collect(),
        }
    }

    fn take_from(self, view: &mut View, call: CallId) {
        if let Some(place) = self.place {
            view.waiting.remove(&place);
        }
        for leg in self.legs {
            view.offers.remove(&(call, leg));
        }
        view.talking.remove(&call);
        view.outbound.remove(&call);
    }
}
