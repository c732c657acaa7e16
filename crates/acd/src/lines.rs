//! Lines to a neighbouring centre: the last tier of the reserve. A line is a number on a gateway's outbound trunk that
//! takes so many calls at once; each of its channels stands where an agent stands, so that a call that is offered,
//! answered or ended there is so by somebody, and every rule of the floor holds for it. It is no person: it has no phone of
//! ours, no shift, no wrap-up, and its states are no figures.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use types::{AgentId, GatewayId, Phone, SkillCode};

use crate::agent::{Agent, AgentState, Choice};
use crate::config::millis;
use crate::core::Acd;
use crate::input::{CallSnapshot, LegKind};
use crate::record::StateCause;
use crate::skills::SkillLevels;
use crate::tiers::Tier;

/// Most calls that one line takes at once.
pub const CHANNELS_MAX: u16 = 100;

/// A neighbour's number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// How the neighbour is called where a wait is explained; empty: by its number, masked.
    #[serde(default)]
    pub name: String,
    pub number: Phone,
    /// On whose outbound trunk it is called: callers of another gateway are not offered to it.
    pub gateway: GatewayId,
    /// Calls it takes at once, at most [`CHANNELS_MAX`].
    #[serde(default = "one")]
    pub channels: u16,
    /// What its people know of what our callers may want.
    #[serde(default)]
    pub skills: BTreeSet<SkillCode>,
    /// How long it rings; longer than an agent's phone, for nobody there waits for us alone.
    #[serde(default = "ring_limit_ms")]
    pub ring_limit_ms: u32,
}

const fn one() -> u16 {
    1
}

const fn ring_limit_ms() -> u32 {
    30_000
}

impl Line {
    /// The names under which records speak of its channels: nobody's accounts, the same ones wherever the same number is
    /// on the same gateway.
    pub fn channel_ids(&self) -> impl Iterator<Item = AgentId> {
        let line = fnv1a([self.gateway.as_str(), "/", self.number.reveal()]);
        (0..u64::from(self.channels)).map(move |channel| AgentId::derived(line, channel))
    }

    fn is_same(&self, other: &Self) -> bool {
        self.gateway == other.gateway && self.number == other.number
    }
}

/// FNV-1a of 64 bits: the ids stand in journals, so that no release may number them otherwise.
fn fnv1a<'a>(parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let bytes = parts.into_iter().flat_map(str::bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

impl Acd {
    /// The lines as the configuration has them now; a channel that is left out ends its call first. What is somebody's
    /// account stays that.
    pub(crate) fn set_lines(&mut self) {
        let lines = self.config.lines.iter();
        let mut wanted: BTreeMap<AgentId, Line> =
            lines.flat_map(|line| line.channel_ids().map(|id| (id, line.clone()))).collect();
        let had = |(id, agent): (&AgentId, &Agent)| agent.line.is_some().then_some(*id);
        let left_out: Vec<AgentId> =
            self.agents.iter().filter_map(had).filter(|id| !wanted.contains_key(id)).collect();
        for id in left_out {
            self.line_is(id, Choice::SignedOut);
        }
        wanted.retain(|id, _| self.agents.get(id).is_none_or(|agent| agent.line.is_some()));
        for (id, line) in wanted {
            let agent = self.agent_entry(id);
            agent.set_skills(line.skills.clone(), &SkillLevels::new());
            agent.tier = Some(Tier::Neighbour);
            agent.reserve = true;
            agent.line = Some(line);
            self.line_is(id, Choice::Ready);
        }
    }

    fn line_is(&mut self, id: AgentId, choice: Choice) {
        let Some(agent) = self.agents.get_mut(&id) else { return };
        agent.afterwards = choice;
        let pauses = matches!(agent.state, AgentState::Warned { .. }) && choice == Choice::Ready;
        if agent.state.lease().is_none() && !pauses {
            self.rest(id, StateCause::Chosen);
        }
        self.reindex_agent(id);
    }

    pub(crate) fn line(&self, id: AgentId) -> Option<&Line> {
        self.agents.get(&id).and_then(|agent| agent.line.as_ref())
    }

    /// Through which gateway somebody can be rung now.
    pub(crate) fn rings_through(&self, agent: &Agent) -> Option<GatewayId> {
        match &agent.line {
            Some(line) => {
                let open = self.in_reach(&line.gateway) && !self.draining.contains(&line.gateway);
                open.then(|| line.gateway.clone())
            }
            None => agent.reachable(&self.gateways).map(|(device, _)| device.gateway.clone()),
        }
    }

    pub(crate) fn reindex_lines_of(&mut self, gateway: &GatewayId) {
        for id in self.channels_where(|line, _| line.gateway == *gateway) {
            self.reindex_agent(id);
        }
    }

    fn channels_where(&self, wanted: impl Fn(&Line, &Agent) -> bool) -> Vec<AgentId> {
        let of = |agent: &Agent| agent.line.as_ref().is_some_and(|line| wanted(line, agent));
        self.agents.iter().filter(|(_, agent)| of(agent)).map(|(id, _)| *id).collect()
    }

    /// A line that did not answer, refused or could not be called is tried again after a while, by none of its channels
    /// before: nobody sits there who could choose Ready again. Says whether it is one.
    pub(crate) fn line_pauses(&mut self, id: AgentId, cause: StateCause) -> bool {
        let Some(line) = self.line(id).cloned() else { return false };
        let is_free = |agent: &Agent| agent.state == AgentState::Ready;
        let mut pausing = self.channels_where(|of, agent| of.is_same(&line) && is_free(agent));
        pausing.push(id);
        let until = self.now + millis(self.config.warn_pause_ms);
        for id in pausing {
            if self.agents.get(&id).is_some_and(|agent| agent.afterwards == Choice::Ready) {
                self.move_agent(id, AgentState::Warned { until }, cause);
            } else {
                self.rest(id, cause);
            }
        }
        true
    }

    /// The channel that a citizen's call talks on which this core does not know: any of the number's that is free.
    pub(crate) fn channel_of(&self, found: &CallSnapshot, kind: &LegKind) -> Option<AgentId> {
        let LegKind::Outbound { number } = kind else { return None };
        let is_citizens = found.legs.iter().any(|leg| leg.kind == LegKind::Caller);
        let free =
            |line: &Line, agent: &Agent| line.number == *number && agent.state.lease().is_none();
        self.channels_where(free).into_iter().next().filter(|_| is_citizens)
    }
}
