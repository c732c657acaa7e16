//! How large a floor is.

use std::fmt;

const AGENTS: [u32; 4] = [50, 500, 2_000, 10_000];
const WAITING: [u32; 3] = [0, 1_000, 5_000];
const GROUPS: [u32; 3] = [1, 10, 50];

/// One point of the grid. As text: `agents=2000 waiting=5000 groups=10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    pub agents: u32,
    /// Callers who wait, kept at this number; 0: whoever calls finds an agent of the group free.
    pub waiting: u32,
    /// Skill groups: each call wants one of them, each agent serves one.
    pub groups: u32,
}

impl Load {
    /// The load that the goal of 100 us at p99 is set for.
    pub const GOAL: Self = Self { agents: 2_000, waiting: 5_000, groups: 10 };

    /// All loads that are measured, by agents, then waiting callers, then groups.
    #[must_use]
    pub fn grid() -> Vec<Self> {
        let mut all = Vec::new();
        for agents in AGENTS {
            for waiting in WAITING {
                all.extend(GROUPS.map(|groups| Self { agents, waiting, groups }));
            }
        }
        all
    }

    /// What a decision may grow with: skill groups x log2 of agents and callers. Without unit.
    #[must_use]
    pub fn bound(self) -> f64 {
        f64::from(self.groups) * f64::from(self.agents + self.waiting).log2()
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { agents, waiting, groups } = self;
        write!(f, "agents={agents} waiting={waiting} groups={groups}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_has_36_loads_and_the_goal_is_one_of_them() {
        let grid = Load::grid();
        assert_eq!((grid.len(), grid.contains(&Load::GOAL)), (36, true));
        assert_eq!(Load::GOAL.to_string(), "agents=2000 waiting=5000 groups=10");
    }

    /// R03.
    #[test]
    fn the_bound_is_groups_times_the_logarithm() {
        assert_eq!(Load { agents: 1_024, waiting: 0, groups: 10 }.bound(), 100.0);
        assert_eq!(Load { agents: 1_000, waiting: 3_096, groups: 1 }.bound(), 12.0);
    }
}
