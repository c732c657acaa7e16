//! Matching: which waiting call and which ready agent belong together, and their places in the indexes. Owns
//! the order in which wishes are granted; making the offer is `offers`.

use types::{AgentId, CallId};

use crate::agent::AgentState;
use crate::call::Call;
use crate::core::Acd;
use crate::index::{Group, Lane, Place, Wish};
use crate::record::GuardStep;

/// Agents that ring at once for one call from the second step of the guard.
const SECOND_STEP_AGENTS: usize = 2;

impl Acd {
    /// Offers until no wish can be granted: k ready agents and k callers give k offers (R22).
    pub(crate) fn match_calls(&mut self) {
        for lane in Lane::ALL {
            while let Some((call, agent)) = self.best_match(lane) {
                if !self.keep_promise(call, agent) {
                    self.make_offer(call, agent, lane);
                }
            }
        }
    }

    /// The first call of a lane, in order of place, that has an agent; and that agent.
    pub(crate) fn best_match(&self, lane: Lane) -> Option<(CallId, AgentId)> {
        self.waiting
            .lane(lane)
            .filter_map(|(group, calls)| self.match_group(lane, group, calls.iter()))
            .min()
            .map(|(place, agent)| (place.call, agent))
    }

    fn match_group<'a>(
        &self,
        lane: Lane,
        group: &Group,
        calls: impl Iterator<Item = &'a Place>,
    ) -> Option<(Place, AgentId)> {
        let (_, anybody) = self.ready.best(group, |_| false)?;
        for place in calls {
            let avoided = self.avoided(place.call)?;
            if avoided.is_empty() {
                return Some((*place, anybody));
            }
            let avoids = |agent| avoided.get(&agent).is_some_and(|until| *until > self.now);
            let best = self.ready.best(group, avoids);
            match best {
                Some((_, agent)) => return Some((*place, agent)),
                // She has refused this call, but nobody else is ready (R18, R06).
                None if lane.nobody_rings() => return Some((*place, anybody)),
                None => {}
            }
        }
        None
    }

    // --- places in the indexes ------------------------------------------------------------------

    pub(crate) fn rebuild_indexes(&mut self) {
        let agents: Vec<AgentId> = self.agents.keys().copied().collect();
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for agent in agents {
            self.ready.set(agent, self.ready_slot(agent));
        }
        for call in calls {
            self.waiting.set(call, self.waiting_slot(call));
        }
        for call in self.promises.calls() {
            self.waiting.set(call, self.waiting_slot(call));
        }
    }

    /// Puts an agent where she belongs in the index, and watches over her phone.
    pub(crate) fn reindex_agent(&mut self, id: AgentId) {
        self.touched_agents.insert(id);
        self.ready.set(id, self.ready_slot(id));
        self.watch_device(id);
    }

    pub(crate) fn reindex_call(&mut self, call: CallId) {
        self.touched_calls.insert(call);
        self.waiting.set(call, self.waiting_slot(call));
    }

    pub(crate) fn ready_slot(&self, id: AgentId) -> Option<(Group, i64)> {
        let agent = self.agents.get(&id)?;
        if agent.state != AgentState::Ready {
            return None;
        }
        let (device, _) = agent.reachable(&self.gateways)?;
        let gateway = device.gateway.clone();
        let group = Group { gateway, reserve: agent.reserve, skills: (*agent.skills).clone() };
        Some((group, agent.rank()))
    }

    pub(crate) fn waiting_slot(&self, call: CallId) -> Option<Wish> {
        let Some(known) = self.calls.get(&call) else { return self.promise_slot(call) };
        let Call::Inbound(inbound) = known else { return None };
        let offers = inbound.offers()?;
        if !self.gateways.get(&inbound.gateway).copied().unwrap_or(false) {
            return None;
        }
        let reserve = offers.values().filter(|offer| offer.step == GuardStep::Reserve).count();
        let regular = offers.len() - reserve;
        let mut lanes = Vec::new();
        if offers.is_empty() {
            lanes.push(Lane::First);
        } else if regular == 0
            || (inbound.step >= GuardStep::SecondAgent && regular < SECOND_STEP_AGENTS)
        {
            lanes.push(Lane::More);
        }
        let reserve_max = usize::try_from(self.config.reserve_at_once).unwrap_or(usize::MAX);
        if inbound.step == GuardStep::Reserve && reserve < reserve_max {
            lanes.push(if offers.is_empty() { Lane::ReserveFirst } else { Lane::ReserveMore });
        }
        let keys = lanes
            .into_iter()
            .map(|lane| {
                let (gateway, skills) = (inbound.gateway.clone(), inbound.skills.clone());
                (lane, Group { gateway, reserve: lane.reserve(), skills })
            })
            .collect();
        Some(Wish { place: inbound.place(call), keys })
    }
}
