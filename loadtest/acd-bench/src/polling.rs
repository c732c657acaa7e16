//! The design of several call centres, for the ratio: a timer turns, each round walks all waiting callers in their
//! order and for each of them all agents, and takes the one who has been ready longest. In memory and without records,
//! checks, or a data base: faster than any of those who do so.

use crate::Load;
use crate::draw::Draw;
use crate::timing::Clock;

struct Agent {
    skill: usize,
    ready_since: Option<usize>,
}

/// Callers by the skill they want in order of their place, and all agents.
struct Polling {
    waiting: Vec<usize>,
    agents: Vec<Agent>,
}

impl Polling {
    /// Everybody talks while callers wait; else half of the agents are ready.
    fn new(load: Load, draw: &mut Draw) -> Self {
        let groups = load.groups as usize;
        let agent = |number: usize| Agent {
            skill: number % groups,
            ready_since: (load.waiting == 0 && (number / groups).is_multiple_of(2))
                .then_some(number),
        };
        Self {
            waiting: (0..load.waiting).map(|_| draw.one_of(groups)).collect(),
            agents: (0..load.agents as usize).map(agent).collect(),
        }
    }

    /// One round: how many callers were offered to an agent, who is ready no more.
    fn round(&mut self) -> usize {
        let (agents, before) = (&mut self.agents, self.waiting.len());
        self.waiting.retain(|skill| {
            let free =
                agents.iter_mut().filter(|it| it.skill == *skill && it.ready_since.is_some());
            match free.min_by_key(|it| it.ready_since) {
                Some(agent) => {
                    agent.ready_since = None;
                    false
                }
                None => true,
            }
        });
        before - self.waiting.len()
    }
}

/// How long rounds take, in microseconds, in each of which one agent has become ready, or one caller has come.
#[must_use]
pub fn rounds_us(load: Load, seed: u64, rounds: usize, clock: Clock) -> Vec<f64> {
    let mut draw = Draw::new(seed);
    let mut floor = Polling::new(load, &mut draw);
    let one_round = |turn: usize| {
        let picked = draw.one_of(floor.agents.len());
        if let Some(agent) = floor.agents.get_mut(picked) {
            agent.ready_since = Some(load.agents as usize + turn);
            floor.waiting.push(agent.skill);
        }
        let before_ns = clock();
        let offered = floor.round();
        let took_ns = clock().saturating_sub(before_ns);
        debug_assert!(offered > 0, "the agent has the skill of the caller who came last");
        took_ns as f64 / 1e3
    };
    (0..rounds).map(one_round).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_serves_the_first_caller_of_a_skill_with_the_agent_who_was_ready_first() {
        let agent = |skill, ready_since| Agent { skill, ready_since };
        let agents = vec![agent(0, Some(7)), agent(1, None), agent(0, Some(3))];
        let mut floor = Polling { waiting: vec![1, 0, 1], agents };
        assert_eq!(floor.round(), 1);
        assert_eq!(floor.waiting, [1, 1]);
        let left: Vec<_> = floor.agents.iter().map(|agent| agent.ready_since).collect();
        assert_eq!(left, [Some(7), None, None]);
    }
}
