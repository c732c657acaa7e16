//! The reserve in tiers: who helps when the regular agents do not suffice, and from when. A tier opens with the age of a
//! ring, or by command for every call at once.

use serde::{Deserialize, Serialize};
use types::{CallId, Timestamp};

use crate::call::Inbound;
use crate::config::{Config, millis};
use crate::core::Acd;
use crate::queue::QueuePolicy;
use crate::record::GuardStep;
use crate::timers::Timer;

/// To which part of the staff somebody belongs. Of two who could help the lower tier is asked first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    #[default]
    Regular,
    /// 班长.
    TeamLeader,
    /// Who answers calls only when it is needed.
    BackOffice,
    /// Another centre, by a number on the outbound trunk.
    Neighbour,
}

impl Tier {
    /// Those that have to be opened.
    pub const RESERVE: [Self; 3] = [Self::TeamLeader, Self::BackOffice, Self::Neighbour];

    const fn bit(self) -> u8 {
        match self {
            Self::Regular => 1,
            Self::TeamLeader => 2,
            Self::BackOffice => 4,
            Self::Neighbour => 8,
        }
    }
}

/// A set of tiers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tiers(u8);

impl Tiers {
    pub(crate) const REGULAR: Self = Self(1);

    pub(crate) const fn contains(self, tier: Tier) -> bool {
        self.0 & tier.bit() != 0
    }

    pub(crate) const fn with(self, tier: Tier) -> Self {
        Self(self.0 | tier.bit())
    }

    /// One line at a time is called for a caller.
    pub(crate) const fn without_lines(self, line_rings: bool) -> Self {
        if line_rings { Self(self.0 & !Tier::Neighbour.bit()) } else { self }
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Tier> for Tiers {
    fn from_iter<I: IntoIterator<Item = Tier>>(tiers: I) -> Self {
        tiers.into_iter().fold(Self::default(), Self::with)
    }
}

impl Config {
    /// From which age of the ring a tier helps a queue.
    fn opens_after_ms(&self, policy: &QueuePolicy, tier: Tier) -> u64 {
        let own = policy.reserve_after_ms.get(&tier).copied();
        own.map_or(self.reserve_after_ms, |own| own.max(self.second_agent_after_ms))
    }

    /// When the reserve's step of the guard is taken: with its first tier.
    pub(crate) fn reserve_step_after_ms(&self, policy: &QueuePolicy) -> u64 {
        let tiers = Tier::RESERVE.into_iter();
        let first = tiers.map(|tier| self.opens_after_ms(policy, tier)).min();
        first.unwrap_or(self.reserve_after_ms)
    }
}

impl Acd {
    /// The tiers of the reserve that may ring for a waiting call. A command goes before the clock, either way.
    pub(crate) fn open_tiers(&self, inbound: &Inbound, policy: &QueuePolicy) -> Tiers {
        let open = |tier: &Tier| match self.config.reserve_open.get(tier) {
            Some(open) => *open,
            None => self.is_of_age(inbound, policy, *tier),
        };
        Tier::RESERVE.into_iter().filter(open).collect()
    }

    fn is_of_age(&self, inbound: &Inbound, policy: &QueuePolicy, tier: Tier) -> bool {
        // Without thresholds of its own a queue opens all of them with the step of the guard, as ever.
        inbound.step == GuardStep::Reserve
            && (policy.reserve_after_ms.is_empty()
                || self.opens_at(inbound, policy, tier) <= self.now)
    }

    fn opens_at(&self, inbound: &Inbound, policy: &QueuePolicy, tier: Tier) -> Timestamp {
        inbound.ring_started + millis(self.config.opens_after_ms(policy, tier))
    }

    /// Sets the deadline at which the next tier opens to a call; the first one is the guard's own step.
    pub(crate) fn plan_tier(&mut self, call: CallId) {
        self.timers.cancel(&Timer::Tier(call));
        let Some(inbound) = self.inbound(call) else { return };
        if inbound.offers().is_none() || inbound.step != GuardStep::Reserve {
            return;
        }
        let policy = self.config.policy(inbound.routing.queue.as_ref());
        let tiers = Tier::RESERVE.into_iter();
        let opens = tiers.map(|tier| self.opens_at(inbound, policy, tier));
        if let Some(at) = opens.filter(|at| *at > self.now).min() {
            self.timers.set(Timer::Tier(call), at);
        }
    }

    pub(crate) fn tier_opens(&mut self, call: CallId) {
        self.plan_tier(call);
        self.reindex_call(call);
    }
}
