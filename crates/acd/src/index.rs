//! Two indexes over the state, so that matching costs O(skill groups x log n): ready agents by
//! skill group and by what their queues' strategies look at, waiting calls by what they want and their place.
//!
//! Derived data: rebuilt from the state after a restore, never decides by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use types::{AgentId, CallId, GatewayId, SkillCode, Timestamp};

use crate::queue::Strategy;
use crate::skills::{SkillLevels, fitness, serves};
use crate::tiers::{Tier, Tiers};

/// Agents that are alike for matching.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group {
    pub(crate) gateway: GatewayId,
    pub(crate) tier: Tier,
    pub(crate) rest: Rest,
    pub(crate) skills: Arc<SkillLevels>,
}

/// How much an agent has to be spared: of two who may take a call the fresher one gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rest {
    Fresh,
    /// Above the occupancy ceiling: only while nobody else is ready.
    Tired,
    /// On a micro-break: for the emergency queue alone.
    OnBreak,
}

/// Where one ready agent stands in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) group: Group,
    /// The moment from which she has been idle without a break, in microseconds since 1970.
    pub(crate) rank: i64,
    /// Calls taken today.
    pub(crate) calls: u32,
}

/// What the agents of a group differ in for a strategy. What they share, their levels, is added per group: so the best of
/// a group is the first of an ordered set, whatever the strategy. Idle time is a difference from the same `now` for all of
/// them, so it is ordered by its beginning, and the order stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Merit {
    Idle,
    Calls,
    Points { idle: u32, calls: u32 },
}

/// Points are counted in thousandths, for idle time is looked at in milliseconds.
const POINT: i64 = 1_000;

impl Merit {
    pub(crate) const fn of(strategy: Strategy) -> Self {
        match strategy {
            Strategy::LongestReady | Strategy::MostSkilled => Self::Idle,
            Strategy::FewestCalls => Self::Calls,
            Strategy::Weighted { idle, calls, .. } => Self::Points { idle, calls },
        }
    }

    /// Lowest first; equal ones by their rank.
    fn score(self, slot: &Slot) -> i64 {
        match self {
            Self::Idle => 0,
            Self::Calls => i64::from(slot.calls),
            Self::Points { idle, calls } => {
                let since_ms = slot.rank.div_euclid(1_000).saturating_mul(i64::from(idle));
                let taken = i64::from(slot.calls).saturating_mul(i64::from(calls));
                since_ms.saturating_add(taken.saturating_mul(POINT))
            }
        }
    }
}

/// What a group as a whole is worth to a call; lowest first.
fn group_score(strategy: Strategy, has: &SkillLevels, wanted: &SkillLevels) -> i64 {
    match strategy {
        Strategy::LongestReady | Strategy::FewestCalls => 0,
        Strategy::MostSkilled => -fitness(has, wanted),
        Strategy::Weighted { skill, .. } => {
            -fitness(has, wanted).saturating_mul(i64::from(skill)).saturating_mul(POINT)
        }
    }
}

/// How well a ready agent suits a call; the least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fit {
    rest: Rest,
    tier: Tier,
    score: i64,
    rank: i64,
    pub(crate) agent: AgentId,
}

impl Fit {
    pub(crate) const fn rest(&self) -> Rest {
        self.rest
    }
}

type Ranked = BTreeMap<Merit, BTreeSet<(i64, i64, AgentId)>>;

/// Ready agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReadyIndex {
    /// What the queues' strategies look at: each group is ordered by all of these.
    merits: BTreeSet<Merit>,
    groups: BTreeMap<Group, Ranked>,
    /// The groups that have a skill: where half of the groups wait and the other half is idle, looking at each for each
    /// would cost their product.
    having: BTreeMap<SkillCode, BTreeSet<Group>>,
    slots: BTreeMap<AgentId, Slot>,
}

impl ReadyIndex {
    /// An empty index.
    pub(crate) const fn ordered_by(merits: BTreeSet<Merit>) -> Self {
        Self { merits, groups: BTreeMap::new(), having: BTreeMap::new(), slots: BTreeMap::new() }
    }

    pub(crate) const fn merits(&self) -> &BTreeSet<Merit> {
        &self.merits
    }

    pub(crate) fn set(&mut self, agent: AgentId, slot: Option<Slot>) {
        if self.slots.get(&agent) == slot.as_ref() {
            return;
        }
        if let Some(old) = self.slots.remove(&agent) {
            self.take_out(agent, &old);
        }
        if let Some(slot) = slot {
            self.put_in(agent, &slot);
            self.slots.insert(agent, slot);
        }
    }

    fn take_out(&mut self, agent: AgentId, old: &Slot) {
        let Some(ranked) = self.groups.get_mut(&old.group) else { return };
        for (merit, agents) in ranked.iter_mut() {
            agents.remove(&(merit.score(old), old.rank, agent));
        }
        if ranked.values().all(BTreeSet::is_empty) {
            self.groups.remove(&old.group);
            for skill in old.group.skills.keys() {
                remove_from(&mut self.having, skill, &old.group);
            }
        }
    }

    fn put_in(&mut self, agent: AgentId, slot: &Slot) {
        if !self.groups.contains_key(&slot.group) {
            for skill in slot.group.skills.keys() {
                self.having.entry(skill.clone()).or_default().insert(slot.group.clone());
            }
        }
        let ranked = self.groups.entry(slot.group.clone()).or_default();
        for merit in &self.merits {
            let key = (merit.score(slot), slot.rank, agent);
            ranked.entry(*merit).or_default().insert(key);
        }
    }

    pub(crate) fn slot(&self, agent: AgentId) -> Option<&Slot> {
        self.slots.get(&agent)
    }

    /// The agent who suits the call best, passing over those who are `avoided`.
    pub(crate) fn best(&self, want: &Want, avoided: impl Fn(AgentId) -> bool) -> Option<Fit> {
        if let Some(agent) = want.only {
            return self.fit_of(agent, want).filter(|_| !avoided(agent));
        }
        let best_of = |group: &Group, ranked: &Ranked| {
            if !want.takes(group) {
                return None;
            }
            let mut agents = ranked.get(&Merit::of(want.strategy))?.iter();
            let (score, rank, agent) = *agents.find(|(_, _, agent)| !avoided(*agent))?;
            Some(want.fit(group, score, rank, agent))
        };
        match want.skills.keys().next() {
            Some(skill) => {
                let having = self.having.get(skill)?.iter();
                having.filter_map(|group| best_of(group, self.groups.get(group)?)).min()
            }
            None => self.groups.iter().filter_map(|(group, agents)| best_of(group, agents)).min(),
        }
    }

    /// How many ready agents who need not be spared may take a call.
    pub(crate) fn count_fresh(&self, want: &Want) -> usize {
        let takes = |group: &Group| group.rest == Rest::Fresh && want.takes(group);
        let serving = self.groups.iter().filter(|(group, _)| takes(group));
        serving.map(|(_, ranked)| ranked.values().next().map_or(0, BTreeSet::len)).sum()
    }

    /// How one agent suits a call; `None` if she is not ready, or may not take it.
    pub(crate) fn fit_of(&self, agent: AgentId, want: &Want) -> Option<Fit> {
        let slot = self.slots.get(&agent).filter(|slot| want.takes(&slot.group))?;
        let score = Merit::of(want.strategy).score(slot);
        Some(want.fit(&slot.group, score, slot.rank, agent))
    }
}

/// Calls that are alike for matching.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Want {
    pub(crate) gateway: GatewayId,
    pub(crate) tiers: Tiers,
    /// Those on a micro-break may ring.
    pub(crate) emergency: bool,
    pub(crate) strategy: Strategy,
    /// Nobody but her, for now.
    pub(crate) only: Option<AgentId>,
    /// With the least level of each.
    pub(crate) skills: SkillLevels,
}

impl Want {
    fn takes(&self, group: &Group) -> bool {
        group.gateway == self.gateway
            && self.tiers.contains(group.tier)
            && (self.emergency || group.rest != Rest::OnBreak)
            && serves(&group.skills, &self.skills)
    }

    fn fit(&self, group: &Group, score: i64, rank: i64, agent: AgentId) -> Fit {
        let score = score.saturating_add(group_score(self.strategy, &group.skills, &self.skills));
        Fit { rest: group.rest, tier: group.tier, score, rank, agent }
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

    pub(crate) const fn is_reserve(self) -> bool {
        matches!(self, Self::ReserveFirst | Self::ReserveMore)
    }

    /// Nobody rings for the call: anybody is better than nobody.
    pub(crate) const fn nobody_rings(self) -> bool {
        matches!(self, Self::First | Self::ReserveFirst)
    }
}

/// The place of a call. Whoever talked already and lost the agent comes before everybody else; then its queue's rank
/// ([`crate::QueuePolicy`]: priority, 0 first, and original ring unless the queue has other rules), then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub(crate) newcomer: bool,
    pub(crate) class: u8,
    pub(crate) counts_from: Timestamp,
    pub(crate) call: CallId,
}

/// Calls that want an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WaitingIndex {
    lanes: Lanes,
    slots: BTreeMap<CallId, Wish>,
}

/// By what is wished, then by what is wanted: a decision looks at each lane by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Lanes {
    first: Queues,
    reserve_first: Queues,
    more: Queues,
    reserve_more: Queues,
}

type Queues = BTreeMap<Want, BTreeSet<Place>>;

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
    pub(crate) keys: Vec<(Lane, Want)>,
}

impl WaitingIndex {
    pub(crate) fn set(&mut self, call: CallId, wish: Option<Wish>) {
        if self.slots.get(&call) == wish.as_ref() {
            return;
        }
        if let Some(old) = self.slots.remove(&call) {
            for (lane, want) in &old.keys {
                remove_from(self.lanes.of_mut(*lane), want, &old.place);
            }
        }
        if let Some(wish) = wish {
            for (lane, want) in &wish.keys {
                self.lanes.of_mut(*lane).entry(want.clone()).or_default().insert(wish.place);
            }
            self.slots.insert(call, wish);
        }
    }

    pub(crate) fn slot(&self, call: CallId) -> Option<&Wish> {
        self.slots.get(&call)
    }

    /// What is wanted in a lane, with the calls in order of place.
    pub(crate) fn lane(&self, lane: Lane) -> impl Iterator<Item = (&Want, &BTreeSet<Place>)> {
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
