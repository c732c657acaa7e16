//! The view kept from one look to the next, so that a look costs what has changed and not the whole floor.
//!
//! Derived data like the indexes: begun by the first look, gone with a restart, never decides.

use std::collections::{BTreeMap, BTreeSet};

use types::{AgentId, CallId, LegId};

use crate::core::Acd;
use crate::index::Place;
use crate::view::{CallViews, View, WaitingView};

/// After so many changes without a look nobody looks any more, and the next look begins anew.
const CHANGES_MAX: usize = 100_000;

#[derive(Debug, Default)]
pub(crate) struct Board {
    /// As it was shown last; `None` before the first look.
    view: Option<View>,
    calls: BTreeMap<CallId, Shown>,
    /// In the order in which they changed, some more than once.
    changed_agents: Vec<AgentId>,
    changed_calls: Vec<CallId>,
}

/// Where a call stands in the view.
#[derive(Debug, Default)]
struct Shown {
    place: Option<Place>,
    legs: Vec<LegId>,
    talking: bool,
    outbound: bool,
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
        if self.view.is_none() {
            return;
        }
        self.changed_agents.extend(agents);
        self.changed_calls.extend(calls);
        if self.changed_agents.len() + self.changed_calls.len() > CHANGES_MAX {
            *self = Self::default();
        }
    }
}

impl Acd {
    /// The floor at this moment, as [`Acd::view`] gives it, at the cost of what has changed since the last call of
    /// this. An agent's `idle_us` is of the moment she changed last.
    pub fn show(&mut self) -> View {
        let Board { view, mut calls, changed_agents, changed_calls } =
            std::mem::take(&mut self.board);
        let mut view = match view {
            Some(mut view) => {
                self.show_changes(&mut view, &mut calls, changed_agents, changed_calls);
                view
            }
            None => {
                let shown = |call: &CallId| (*call, Shown::of(&self.call_views(*call)));
                calls = self.calls.keys().map(shown).collect();
                self.view()
            }
        };
        view.now = self.now;
        view.queue_callbacks = self.queue_callback_views();
        view.gateways = self.gateway_views();
        self.board = Board { view: Some(view.clone()), calls, ..Board::default() };
        view
    }

    fn show_changes(
        &self,
        view: &mut View,
        calls: &mut BTreeMap<CallId, Shown>,
        mut changed_agents: Vec<AgentId>,
        mut changed_calls: Vec<CallId>,
    ) {
        changed_calls.sort_unstable();
        changed_calls.dedup();
        for call in changed_calls {
            // Whether her phone is heard is shown with her, too.
            changed_agents.extend(self.agent_in_call(call).map(|(agent, _)| agent));
            let views = self.call_views(call);
            let now = Shown::of(&views);
            if let Some(before) = calls.remove(&call) {
                before.leave(view, call, &now);
            }
            if self.calls.contains_key(&call) {
                calls.insert(call, now);
                view.add(views);
            }
        }
        changed_agents.sort_unstable();
        changed_agents.dedup();
        for agent in changed_agents {
            let seen = self.agent_view(agent);
            if let Some(seen) = seen.filter(|seen| view.agents.find(&agent) != Some(seen)) {
                view.agents.put(seen);
            }
        }
    }
}

impl Shown {
    fn of(views: &CallViews) -> Self {
        Self {
            place: views.waiting.as_ref().map(WaitingView::place),
            legs: views.offers.iter().map(|offer| offer.leg).collect(),
            talking: views.talking.is_some(),
            outbound: views.outbound.is_some(),
        }
    }

    /// Takes a call out of the view where it does not stand any more.
    fn leave(self, view: &mut View, call: CallId, now: &Self) {
        if let Some(place) = self.place.filter(|place| now.place != Some(*place)) {
            view.waiting.remove(&place);
        }
        for leg in self.legs.into_iter().filter(|leg| !now.legs.contains(leg)) {
            view.offers.remove(&(call, leg));
        }
        if self.talking && !now.talking {
            view.talking.remove(&call);
        }
        if self.outbound && !now.outbound {
            view.outbound.remove(&call);
        }
    }
}
