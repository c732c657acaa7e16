//! Two indexes over the state, so that matching costs O(skill groups x log n): ready agents by
//! skill group and idle time, waiting calls by what they want and their place.
//!
//! Derived data: rebuilt from the state after a restore, never decides by itself.

use std::collections::{BTreeMap, BTreeSet};

use types::{AgentId, CallId, GatewayId, SkillCode, Timestamp};

/// Agents or calls that are alike for matching.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group {
    pub(crate) gateway: GatewayId,
    pub(crate) reserve: bool,
    pub(crate) skills: BTreeSet<SkillCode>,
}

/// Ready agents. The rank is the moment from which she has been idle without a break.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReadyIndex {
    groups: BTreeMap<Group, BTreeSet<(i64, AgentId)>>,
    /// The groups that have a skill: where half of the groups wait and the other half is idle, looking at each for each
    /// would cost their product.
    having: BTreeMap<SkillCode, BTreeSet<Group>>,
    slots: BTreeMap<AgentId, (Group, i64)>,
}

impl ReadyIndex {
    pub(crate) fn set(&mut self, agent: AgentId, slot: Option<(Group, i64)>) {
        if self.slots.get(&agent) == slot.as_ref() {
            return;
        }
        if let Some((group, rank)) = self.slots.remove(&agent) {
            remove_from(&mut self.groups, &group, &(rank, agent));
            if !self.groups.contains_key(&group) {
                group.skills.iter().for_each(|skill| remove_from(&mut self.having, skill, &group));
            }
        }
        if let Some((group, rank)) = slot {
            let agents = self.groups.entry(group.clone()).or_default();
            if agents.is_empty() {
                for skill in &group.skills {
                    self.having.entry(skill.clone()).or_default().insert(group.clone());
                }
            }
            agents.insert((rank, agent));
            self.slots.insert(agent, (group, rank));
        }
    }

    pub(crate) fn slot(&self, agent: AgentId) -> Option<&(Group, i64)> {
        self.slots.get(&agent)
    }

    /// The longest-ready agent who has all `wanted.skills`, passing over those who are `avoided`.
    pub(crate) fn best(
        &self,
        wanted: &Group,
        avoided: impl Fn(AgentId) -> bool,
    ) -> Option<(i64, AgentId)> {
        let best_of = |group: &Group, agents: &BTreeSet<(i64, AgentId)>| {
            let serves = group.gateway == wanted.gateway
                && group.reserve == wanted.reserve
                && wanted.skills.is_subset(&group.skills);
            let best = || agents.iter().find(|(_, agent)| !avoided(*agent));
            serves.then(best).flatten().copied()
        };
        match wanted.skills.first() {
            Some(skill) => {
                let having = self.having.get(skill)?.iter();
                having.filter_map(|group| best_of(group, self.groups.get(group)?)).min()
            }
            None => self.groups.iter().filter_map(|(group, agents)| best_of(group, agents)).min(),
        }
    }
}

impl ReadyIndex {
    /// How many ready agents have all `wanted.skills`.
    pub(crate) fn count(&self, wanted: &Group) -> usize {
        let serving = |(group, agents): (&Group, &BTreeSet<(i64, AgentId)>)| {
            let serves = group.gateway == wanted.gateway
                && group.reserve == wanted.reserve
                && wanted.skills.is_subset(&group.skills);
            if serves { agents.len() } else { 0 }
        };
        self.groups.iter().map(serving).sum()
    }
}

/// What a waiting call wants. In the order in which wishes are granted: whoever has no phone
/// ringing comes before a second phone for anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// A first agent.
    First,
    /// A reserve agent, nobody at all rings.
    ReserveFirst,
    /// One more agent beside those who ring.
    More,
    /// One more reserve agent beside those who ring.
    ReserveMore,
}

impl Lane {
    pub(crate) const ALL: [Self; 4] =
        [Self::First, Self::ReserveFirst, Self::More, Self::ReserveMore];

    pub(crate) const fn reserve(self) -> bool {
        matches!(self, Self::ReserveFirst | Self::ReserveMore)
    }

    /// Nobody rings for the call: anybody is better than nobody.
    pub(crate) const fn nobody_rings(self) -> bool {
        matches!(self, Self::First | Self::ReserveFirst)
    }
}

/// The place of a call. Whoever talked already and lost the agent comes before everybody else; then
/// priority (0 first), original ring, id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub(crate) newcomer: bool,
    pub(crate) priority: u8,
    pub(crate) rang_at: Timestamp,
    pub(crate) call: CallId,
}

/// Calls that want an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WaitingIndex {
    lanes: Lanes,
    slots: BTreeMap<CallId, Wish>,
}

/// By what is wished, then by group: a decision looks at each lane by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Lanes {
    first: Queues,
    reserve_first: Queues,
    more: Queues,
    reserve_more: Queues,
}

type Queues = BTreeMap<Group, BTreeSet<Place>>;

impl Lanes {
    const fn of(&self, lane: Lane) -> &Queues {
        match lane {
            Lane::First => &self.first,
            Lane::ReserveFirst => &self.reserve_first,
            Lane::More => &self.more,
            Lane::ReserveMore => &self.reserve_more,
        }
    }

    const fn of_mut(&mut self, lane: Lane) -> &mut Queues {
        match lane {
            Lane::First => &mut self.first,
            Lane::ReserveFirst => &mut self.reserve_first,
            Lane::More => &mut self.more,
            Lane::ReserveMore => &mut self.reserve_more,
        }
    }
}

/// Where one call stands in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) place: Place,
    pub(crate) keys: Vec<(Lane, Group)>,
}

impl WaitingIndex {
    pub(crate) fn set(&mut self, call: CallId, wish: Option<Wish>) {
        if self.slots.get(&call) == wish.as_ref() {
            return;
        }
        if let Some(old) = self.slots.remove(&call) {
            for (lane, group) in &old.keys {
                remove_from(self.lanes.of_mut(*lane), group, &old.place);
            }
        }
        if let Some(wish) = wish {
            for (lane, group) in &wish.keys {
                self.lanes.of_mut(*lane).entry(group.clone()).or_default().insert(wish.place);
            }
            self.slots.insert(call, wish);
        }
    }

    pub(crate) fn slot(&self, call: CallId) -> Option<&Wish> {
        self.slots.get(&call)
    }

    /// The groups of a lane with their calls in order of place.
    pub(crate) fn lane(&self, lane: Lane) -> impl Iterator<Item = (&Group, &BTreeSet<Place>)> {
        self.lanes.of(lane).iter()
    }
}

fn remove_from<K: Ord, V: Ord>(map: &mut BTreeMap<K, BTreeSet<V>>, key: &K, value: &V) {
    if let Some(set) = map.get_mut(key) {
        set.remove(value);
        if set.is_empty() {
            map.remove(key);
        }
    }
}
