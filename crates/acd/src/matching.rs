//! Matching: which waiting call and which ready agent belong together, and their places in the indexes. Owns
//! the order in which wishes are granted; making the offer is `offers`.

use std::collections::BTreeSet;
use std::sync::Arc;

use types::{AgentId, CallId};

use crate::agent::{Agent, AgentState, Choice};
use crate::call::{Call, Inbound};
use crate::config::Config;
use crate::core::Acd;
use crate::index::{Group, Lane, Merit, Place, ReadyIndex, Rest, Slot, Want, Wish};
use crate::promises::Promise;
use crate::queue::QueuePolicy;
use crate::record::{GuardStep, NotReadyReason};
use crate::skills::{SkillLevel, levelled};
use crate::tiers::Tiers;

/// Agents that ring at once for one call from the second step of the guard.
const SECOND_STEP_AGENTS: usize = 2;

impl Config {
    /// What the strategies in force look at.
    pub(crate) fn merits(&self) -> BTreeSet<Merit> {
        let policies = std::iter::once(&self.queue).chain(self.queues.values());
        policies.map(|policy| Merit::of(policy.strategy)).collect()
    }
}

impl Acd {
    /// Offers until no wish can be granted: k ready agents and k callers give k offers (R22).
    pub(crate) fn match_calls(&mut self) {
        for lane in Lane::ALL {
            while let Some((call, agent)) = self.best_match(lane) {
                self.take_back(agent);
                if !self.keep_promise(call, agent) {
                    self.make_offer(call, agent, lane);
                }
            }
        }
        self.ring_several();
    }

    /// The first call of a lane, in order of place, that has an agent; and that agent.
    pub(crate) fn best_match(&self, lane: Lane) -> Option<(CallId, AgentId)> {
        self.waiting
            .lane(lane)
            .filter_map(|(want, calls)| {
                let ready = self.match_want(&self.ready, lane, want, calls);
                // Who has no phone at all gets one that rings beside another.
                ready.or_else(|| match lane {
                    Lane::First => self.match_want(&self.lent, Lane::More, want, calls),
                    _ => None,
                })
            })
            .min()
            .map(|(place, agent)| (place.call, agent))
    }

    fn match_want(
        &self,
        ready: &ReadyIndex,
        lane: Lane,
        want: &Want,
        calls: &BTreeSet<Place>,
    ) -> Option<(Place, AgentId)> {
        let anybody = ready.best(want, |_| false)?.agent;
        for place in calls {
            let avoided = self.avoided(place.call)?;
            let inbound = self.inbound(place.call);
            if let Some(agent) = inbound.and_then(|it| self.preferred_ready(ready, it, want)) {
                return Some((*place, agent));
            }
            if avoided.is_empty() {
                return Some((*place, anybody));
            }
            let avoids = |agent| avoided.get(&agent).is_some_and(|until| *until > self.now);
            let best = ready.best(want, avoids);
            match best {
                Some(fit) => return Some((*place, fit.agent)),
                // She has refused this call, but nobody else is ready (R18, R06).
                None if lane.nobody_rings() => return Some((*place, anybody)),
                None => {}
            }
        }
        None
    }

    /// The agent a call would rather have, if she can be rung for it and is not on a micro-break: that ends for those
    /// alone for whom nobody else is there.
    fn preferred_ready(
        &self,
        ready: &ReadyIndex,
        inbound: &Inbound,
        want: &Want,
    ) -> Option<AgentId> {
        let agent = inbound.routing.preferred.filter(|of| !inbound.avoids(*of, self.now))?;
        let fit = ready.fit_of(agent, want).filter(|fit| fit.rest() != Rest::OnBreak)?;
        Some(fit.agent)
    }

    // --- places in the indexes ------------------------------------------------------------------

    pub(crate) fn rebuild_indexes(&mut self) {
        self.ready = ReadyIndex::ordered_by(self.config.merits());
        self.lent = self.ready.clone();
        let agents: Vec<AgentId> = self.agents.keys().copied().collect();
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for agent in agents {
            self.ready.set(agent, self.ready_slot(agent));
            self.lent.set(agent, self.lent_slot(agent));
        }
        for call in calls {
            self.waiting.set(call, self.waiting_slot(call));
        }
        for call in self.promises.calls() {
            self.waiting.set(call, self.waiting_slot(call));
        }
    }

    /// Another strategy looks at other things.
    pub(crate) fn order_by_strategies(&mut self) {
        if *self.ready.merits() != self.config.merits() {
            self.rebuild_indexes();
        }
    }

    /// Puts an agent where she belongs in the index, and watches over her phone.
    pub(crate) fn reindex_agent(&mut self, id: AgentId) {
        self.touched_agents.insert(id);
        self.ready.set(id, self.ready_slot(id));
        self.lent.set(id, self.lent_slot(id));
        self.watch_device(id);
    }

    pub(crate) fn reindex_call(&mut self, call: CallId) {
        self.touched_calls.insert(call);
        self.waiting.set(call, self.waiting_slot(call));
        self.reindex_lent(call);
    }

    pub(crate) fn ready_slot(&self, id: AgentId) -> Option<Slot> {
        let agent = self.agents.get(&id)?;
        let rest = match agent.state {
            AgentState::Ready if agent.strain.tired_until.is_some() => Rest::Tired,
            AgentState::Ready => Rest::Fresh,
            AgentState::NotReady { reason: NotReadyReason::MicroBreak }
                if agent.afterwards == Choice::Ready =>
            {
                Rest::OnBreak
            }
            _ => return None,
        };
        self.slot_of(agent, rest)
    }

    pub(crate) fn slot_of(&self, agent: &Agent, rest: Rest) -> Option<Slot> {
        let (gateway, skills) = (self.rings_through(agent)?, Arc::clone(&agent.levels));
        let group = Group { gateway, tier: agent.tier(), rest, skills };
        Some(Slot { group, rank: agent.rank(), calls: agent.strain.calls_today })
    }

    pub(crate) fn waiting_slot(&self, call: CallId) -> Option<Wish> {
        let Some(known) = self.calls.get(&call) else { return self.promise_slot(call) };
        let Call::Inbound(inbound) = known else { return None };
        let offers = inbound.offers()?;
        if !self.gateways.get(&inbound.gateway).copied().unwrap_or(false) {
            return None;
        }
        let policy = self.config.policy(inbound.routing.queue.as_ref());
        let place = self.place(call, inbound);
        let line_rings = offers.values().any(|offer| offer.line);
        let open = self.open_tiers(inbound, policy).without_lines(line_rings);
        if let Some(agent) = inbound.waits_for.filter(|_| offers.is_empty()) {
            let want = Want { only: Some(agent), ..want(inbound, policy, Tiers::REGULAR) };
            return Some(Wish { place, keys: vec![(Lane::First, want)] });
        }
        // A line that rings spares nobody of ours: whoever is ready is asked as if it did not ring.
        let in_time =
            || offers.values().filter(|offer| offer.overdue_since.is_none() && !offer.line);
        let reserve = in_time().filter(|offer| offer.step == GuardStep::Reserve).count();
        let regular = in_time().count() - reserve;
        let nobody_rings = regular + reserve == 0;
        let mut lanes = Vec::new();
        if nobody_rings {
            lanes.push(Lane::First);
        } else if regular == 0
            || (inbound.step >= GuardStep::SecondAgent && regular < SECOND_STEP_AGENTS)
        {
            lanes.push(Lane::More);
        }
        let reserve_max = usize::try_from(self.config.reserve_at_once).unwrap_or(usize::MAX);
        if !open.is_empty() && reserve < reserve_max {
            if nobody_rings {
                lanes.push(Lane::ReserveFirst);
            } else if inbound.step == GuardStep::Reserve {
                lanes.push(Lane::ReserveMore);
            }
        }
        let wanted = |lane: Lane| {
            want(inbound, policy, if lane.is_reserve() { open } else { Tiers::REGULAR })
        };
        let keys = lanes.into_iter().map(|lane| (lane, wanted(lane))).collect();
        Some(Wish { place, keys })
    }

    /// What a call wants of the agents who are no reserve.
    pub(crate) fn regular_want(&self, inbound: &Inbound) -> Want {
        let policy = self.config.policy(inbound.routing.queue.as_ref());
        want(inbound, policy, Tiers::REGULAR)
    }

    /// What a promised call back wants: its citizen waits for nobody in particular any more.
    pub(crate) fn promise_want(&self, promise: &Promise) -> Want {
        let policy = self.config.policy(promise.routing.queue.as_ref());
        Want {
            gateway: promise.gateway.clone(),
            tiers: Tiers::REGULAR,
            emergency: policy.emergency,
            strategy: policy.strategy,
            only: None,
            skills: levelled(&promise.skills, &promise.routing.min_levels, SkillLevel::LEAST),
        }
    }

    pub(crate) fn promise_place(&self, call: CallId, promise: &Promise) -> Place {
        let policy = self.config.policy(promise.routing.queue.as_ref());
        let (class, counts_from) =
            policy.rank(promise.priority, promise.place_at, &promise.routing);
        Place { newcomer: true, class, counts_from, call }
    }

    /// Where a call stands beside the others, by the rules of its queue.
    pub(crate) fn place(&self, call: CallId, inbound: &Inbound) -> Place {
        let policy = self.config.policy(inbound.routing.queue.as_ref());
        let (class, counts_from) =
            policy.rank(inbound.priority, inbound.place_at(), &inbound.routing);
        Place { newcomer: inbound.returned.is_none(), class, counts_from, call }
    }
}

fn want(inbound: &Inbound, policy: &QueuePolicy, tiers: Tiers) -> Want {
    Want {
        gateway: inbound.gateway.clone(),
        tiers,
        emergency: policy.emergency,
        strategy: policy.strategy,
        only: None,
        skills: inbound.wanted(),
    }
}

#[cfg(test)]
mod tests;
