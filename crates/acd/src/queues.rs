//! Queues as a view shows them: who waits for the same agents, in which order, and how many of those agents there
//! are. What expected waits are computed from.

use std::collections::{BTreeMap, BTreeSet};

use types::{CallId, GatewayId, SkillCode, Timestamp};

use crate::index::Place;
use crate::record::AgentStateName;
use crate::view::{AgentView, View};

/// Callers of one gateway who ask for the same skills.
///
/// Agents of several queues count in each of them, and so does nobody who waits in another one: where queues share
/// their agents, a place is the place within the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    pub gateway: GatewayId,
    pub skills: BTreeSet<SkillCode>,
    /// Agents with these skills who take calls: neither on a break nor of the reserve.
    pub agents: u32,
    /// Of these, who is Ready.
    pub ready: u32,
    /// Agents of the reserve with these skills who take calls, and who of them is Ready.
    pub reserve: u32,
    pub reserve_ready: u32,
    /// In the order in which they are served. For whom a phone rings, or who is connected just now, is not among them;
    /// promised calls back (`queue_callback`) are.
    pub waiting: Vec<CallId>,
    /// When each of `waiting` began to ring, by the core's clock; who is called back: when that was promised.
    pub since: Vec<Timestamp>,
}

impl View {
    /// The queues in which somebody waits. O(n log n) with the agents times the queues.
    #[must_use]
    pub fn queues(&self) -> Vec<Queue> {
        let mut queues: BTreeMap<_, Vec<(Place, Timestamp)>> = BTreeMap::new();
        for waiting in self.waiting.iter().filter(|it| !it.connecting && it.offers == 0) {
            let queue = queues.entry((&waiting.gateway, &waiting.skills)).or_default();
            queue.push((waiting.place(), waiting.ring_started));
        }
        for promise in self.queue_callbacks.iter().filter(|promise| !promise.dialling) {
            let queue = queues.entry((&promise.gateway, &promise.skills)).or_default();
            queue.push((promise.place(), promise.promised_at));
        }
        let queue =
            |((gateway, skills), mut places): ((&GatewayId, &BTreeSet<_>), Vec<(Place, _)>)| {
                places.sort_unstable();
                let serve =
                    |agent: &&AgentView| is_on_line(agent) && skills.is_subset(&agent.skills);
                let (reserve, agents): (Vec<&AgentView>, Vec<&AgentView>) =
                    self.agents.iter().filter(serve).partition(|agent| agent.reserve);
                let count = |agents: &[&AgentView]| u32::try_from(agents.len()).unwrap_or(u32::MAX);
                let ready = |agents: &[&AgentView]| {
                    let ready = agents.iter().filter(|agent| agent.state == AgentStateName::Ready);
                    u32::try_from(ready.count()).unwrap_or(u32::MAX)
                };
                Queue {
                    gateway: gateway.clone(),
                    skills: skills.clone(),
                    agents: count(&agents),
                    ready: ready(&agents),
                    reserve: count(&reserve),
                    reserve_ready: ready(&reserve),
                    waiting: places.iter().map(|(place, _)| place.call).collect(),
                    since: places.iter().map(|(_, since)| *since).collect(),
                }
            };
        queues.into_iter().map(queue).collect()
    }
}

const fn is_on_line(agent: &AgentView) -> bool {
    match agent.state {
        AgentStateName::SignedOut | AgentStateName::NotReady { .. } => false,
        AgentStateName::Ready
        | AgentStateName::Warned
        | AgentStateName::Offered
        | AgentStateName::Talking
        | AgentStateName::Outbound
        | AgentStateName::WrapUp => true,
    }
}
