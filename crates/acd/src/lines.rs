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

/// A neighbour's number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub number: Phone,
    /// On whose outbound trunk it is called: callers of another gateway are not offered to it.
    pub gateway: GatewayId,
    /// What its people know of what our callers may want.
    #[serde(default)]
    pub skills: BTreeSet<SkillCode>,
    /// How long it rings; longer than an agent's phone, for nobody there waits for us alone.
    #[serde(default = "ring_limit_ms")]
    pub ring_limit_ms: u32,
    /// One for each call it takes at once: the name under which records speak of it. Nobody's account.
    pub channels: Vec<AgentId>,
}

const fn ring_limit_ms() -> u32 {
    30_000
}

impl Acd {
    /// The lines as the configuration has them now; a channel that is left out ends its call first. What is somebody's
    /// account stays that.
    pub(crate) fn set_lines(&mut self) {
        let lines = self.config.lines.iter();
        let mut wanted: BTreeMap<AgentId, Line> = lines
            .flat_map(|line| line.channels.iter().map(move |channel| (*channel, line.clone())))
            .collect();
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
        let of = |agent: &Agent| agent.line.as_ref().is_some_and(|line| line.gateway == *gateway);
        let lines: Vec<AgentId> =
            self.agents.iter().filter(|(_, agent)| of(agent)).map(|(id, _)| *id).collect();
        for id in lines {
            self.reindex_agent(id);
        }
    }

    /// A line that did not answer, refused or could not be called is tried again after a while: nobody sits there who
    /// could choose Ready again. Says whether it is one.
    pub(crate) fn line_pauses(&mut self, id: AgentId, cause: StateCause) -> bool {
        if self.line(id).is_none() {
            return false;
        }
        if self.agents.get(&id).is_some_and(|agent| agent.afterwards == Choice::Ready) {
            let until = self.now + millis(self.config.warn_pause_ms);
            self.move_agent(id, AgentState::Warned { until }, cause);
        } else {
            self.rest(id, cause);
        }
        true
    }

    /// The channel that a citizen's call talks on which this core does not know: any of the number's that is free.
    pub(crate) fn channel_of(&self, found: &CallSnapshot, kind: &LegKind) -> Option<AgentId> {
        let LegKind::Outbound { number } = kind else { return None };
        let is_citizens = found.legs.iter().any(|leg| leg.kind == LegKind::Caller);
        let free = |agent: &Agent| {
            let same = agent.line.as_ref().is_some_and(|line| line.number == *number);
            same && agent.state.lease().is_none()
        };
        let mut free = self.agents.iter().filter(|(_, agent)| free(agent)).map(|(id, _)| *id);
        free.next().filter(|_| is_citizens)
    }
}
