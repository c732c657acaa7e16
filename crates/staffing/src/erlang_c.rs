//! Erlang C: every caller waits until she is answered.

use crate::load::Load;

/// A pool of agents under a load without hanging up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErlangC {
    load: Load,
    agents: u32,
    wait_share: f64,
}

impl ErlangC {
    /// `None` where the agents cannot keep up: the queue would grow without end.
    #[must_use]
    pub fn of(load: Load, agents: u32) -> Option<Self> {
        let (erlangs, n) = (load.erlangs(), f64::from(agents));
        if n <= erlangs {
            return None;
        }
        let blocked = erlang_b(erlangs, agents);
        let wait_share = blocked / (1.0 - (erlangs / n) * (1.0 - blocked));
        Some(Self { load, agents, wait_share })
    }

    /// Share of callers who wait at all.
    #[must_use]
    pub const fn wait_share(&self) -> f64 {
        self.wait_share
    }

    /// Share of callers answered within `limit_s`.
    #[must_use]
    pub fn answered_within(&self, limit_s: f64) -> f64 {
        1.0 - self.wait_share * (-self.spare() * limit_s / self.load.handling_s).exp()
    }

    /// Mean wait of all callers, in seconds.
    #[must_use]
    pub fn mean_wait_s(&self) -> f64 {
        self.wait_share * self.load.handling_s / self.spare()
    }

    /// Share of the agents' time that is spent on calls.
    #[must_use]
    pub fn occupancy(&self) -> f64 {
        self.load.erlangs() / f64::from(self.agents)
    }

    fn spare(&self) -> f64 {
        f64::from(self.agents) - self.load.erlangs()
    }
}

/// Share of callers that `agents` lines without a queue would turn away (Erlang B), by the recursion that
/// never leaves 0 to 1.
fn erlang_b(erlangs: f64, agents: u32) -> f64 {
    (1..=agents).fold(1.0, |blocked, line| {
        let offered = erlangs * blocked;
        offered / (f64::from(line) + offered)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(calls_per_hour: f64, agents: u32) -> ErlangC {
        ErlangC::of(Load::new(calls_per_hour, 240.0).unwrap(), agents).unwrap()
    }

    #[test]
    fn the_textbook_case_comes_out() {
        // 10 erlangs on 14 agents: 17.41 % wait.
        let pool = pool(150.0, 14);
        assert!((pool.wait_share() - 0.174_132).abs() < 1e-6, "{}", pool.wait_share());
        assert!((pool.occupancy() - 10.0 / 14.0).abs() < 1e-12);
        let mean = pool.wait_share() * 240.0 / 4.0;
        assert!((pool.mean_wait_s() - mean).abs() < 1e-9);
    }

    #[test]
    fn agents_who_cannot_keep_up_have_no_figures() {
        let load = Load::new(60.0, 240.0).unwrap();
        assert_eq!(ErlangC::of(load, 4), None);
        assert!(ErlangC::of(load, 5).is_some());
    }
}
