//! Erlang A (Palm): callers have a patience and hang up when it ends.
//!
//! With `N` agents of rate `mu` and hanging up at rate `theta`, a caller who finds all of them busy and `k` callers before
//! her waits for `k + 1` events of rates `N mu + j theta`, `j = k..0`. Such a sum is `-ln(B) / theta` with `B` from
//! the beta distribution of `N mu / theta` and `k + 1` (Rényi's representation), which gives shares within a limit
//! as sums of positive terms.

use crate::load::{Load, LoadError, span};

/// States of the queue whose weight is `exp` of this below the highest are left out.
const NEGLIGIBLE_LOG: f64 = 45.0;

/// A bound on the states of the queue, far above any that counts.
const QUEUE_LEN_MAX: usize = 1_000_000;

/// A pool of agents under a load whose callers hang up.
#[derive(Debug, Clone, PartialEq)]
pub struct ErlangA {
    load: Load,
    agents: u32,
    patience_s: f64,
    /// Probability that an agent is free.
    free_share: f64,
    /// Probability of all agents busy and `k` callers waiting, by `k`.
    queue: Vec<f64>,
    /// Mean number of busy agents.
    busy: f64,
}

impl ErlangA {
    /// The pool in balance; `patience_s` is the mean.
    ///
    /// # Errors
    /// [`LoadError::Span`] for a patience that is none.
    pub fn of(load: Load, agents: u32, patience_s: f64) -> Result<Self, LoadError> {
        let patience_s = span("patience", patience_s)?;
        let erlangs = load.erlangs();
        let n = f64::from(agents);
        let hang_up = load.handling_s / patience_s;
        // Logarithms of the weights of all states, relative to all agents busy and nobody waiting: those themselves
        // would outgrow any number under a heavy load.
        let mut log = 0.0;
        let mut free: Vec<(f64, f64)> = Vec::new();
        for busy in (0..agents).rev() {
            log += (f64::from(busy + 1) / erlangs).ln();
            free.push((log, f64::from(busy)));
        }
        let (mut log, mut highest) = (0.0, 0.0_f64);
        let mut queue = vec![log];
        while log > highest - NEGLIGIBLE_LOG && queue.len() < QUEUE_LEN_MAX {
            log += (erlangs / (n + queue.len() as f64 * hang_up)).ln();
            highest = highest.max(log);
            queue.push(log);
        }
        let highest = free.iter().fold(highest, |most, (log, _)| most.max(*log));
        free.iter_mut().for_each(|(log, _)| *log = (*log - highest).exp());
        queue.iter_mut().for_each(|log| *log = (*log - highest).exp());
        let (not_busy, behind): (f64, f64) =
            (free.iter().map(|(w, _)| w).sum(), queue.iter().sum());
        let total = not_busy + behind;
        let busy = free.iter().map(|(weight, busy)| weight * busy).sum::<f64>() + behind * n;
        queue.iter_mut().for_each(|weight| *weight /= total);
        let (free_share, busy) = (not_busy / total, busy / total);
        Ok(Self { load, agents, patience_s, free_share, queue, busy })
    }

    /// Share of callers who are answered at once.
    #[must_use]
    pub const fn at_once_share(&self) -> f64 {
        self.free_share
    }

    /// Share of callers who are answered.
    #[must_use]
    pub fn answered_share(&self) -> f64 {
        self.busy / self.load.erlangs()
    }

    /// Share of callers who hang up.
    #[must_use]
    pub fn abandoned_share(&self) -> f64 {
        1.0 - self.answered_share()
    }

    /// Share of all callers who are answered within `limit_s`.
    #[must_use]
    pub fn answered_within(&self, limit_s: f64) -> f64 {
        let slots = self.slots();
        let kept = (-limit_s.max(0.0) / self.patience_s).exp();
        // 1 - I_kept(slots + 1, k + 1), where I is the regularised incomplete beta function.
        let mut term = kept.powf(slots + 1.0);
        let mut late = term;
        let mut share = self.free_share;
        for (ahead, probability) in (0..).map(f64::from).zip(&self.queue) {
            share += probability * slots / (slots + ahead + 1.0) * (1.0 - late).max(0.0);
            term *= (slots + 1.0 + ahead) / (ahead + 1.0) * (1.0 - kept);
            late += term;
        }
        share
    }

    /// Mean time from ringing to the answer or to hanging up, of all callers, in seconds.
    #[must_use]
    pub fn mean_wait_s(&self) -> f64 {
        self.abandoned_share() * self.patience_s
    }

    /// Mean wait of those who are answered, in seconds.
    #[must_use]
    pub fn mean_answered_wait_s(&self) -> f64 {
        let slots = self.slots();
        let (mut sum, mut stages) = (0.0, 0.0);
        for (ahead, probability) in (0..).map(f64::from).zip(&self.queue) {
            stages += 1.0 / (slots + 1.0 + ahead);
            sum += probability * slots / (slots + ahead + 1.0) * stages;
        }
        sum * self.patience_s / self.answered_share()
    }

    /// Share of the agents' time that is spent on calls.
    #[must_use]
    pub fn occupancy(&self) -> f64 {
        if self.agents == 0 { 0.0 } else { self.busy / f64::from(self.agents) }
    }

    /// States of the pool that were weighed: what it cost.
    #[must_use]
    pub fn states(&self) -> usize {
        self.agents as usize + self.queue.len()
    }

    /// `N mu / theta`.
    fn slots(&self) -> f64 {
        f64::from(self.agents) * self.patience_s / self.load.handling_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErlangC;

    fn pool(calls_per_hour: f64, agents: u32) -> ErlangA {
        ErlangA::of(Load::new(calls_per_hour, 240.0).unwrap(), agents, 120.0).unwrap()
    }

    /// Answered within 15 s, abandoned, mean wait: computed elsewhere, cross-checked there by simulation.
    #[test]
    fn the_known_points_come_out() {
        for (calls, agents, within, abandoned, wait) in [
            (300.0, 20, 66.9, 10.4, 12.5),
            (300.0, 22, 79.4, 6.1, 7.3),
            (300.0, 24, 88.6, 3.2, 3.9),
            (600.0, 40, 72.6, 7.4, 8.8),
            (600.0, 42, 80.7, 5.1, 6.1),
            (600.0, 46, 92.1, 2.1, 2.5),
            (1_200.0, 80, 79.1, 5.2, 6.3),
            (1_200.0, 84, 88.2, 3.0, 3.6),
            (1_200.0, 88, 94.1, 1.6, 1.9),
        ] {
            let pool = pool(calls, agents);
            let found = (
                pool.answered_within(15.0) * 100.0,
                pool.abandoned_share() * 100.0,
                pool.mean_wait_s(),
            );
            assert!((found.0 - within).abs() < 0.051, "{calls} {agents}: {found:?}");
            assert!((found.1 - abandoned).abs() < 0.051, "{calls} {agents}: {found:?}");
            assert!((found.2 - wait).abs() < 0.051, "{calls} {agents}: {found:?}");
        }
    }

    #[test]
    fn who_is_not_answered_hangs_up_and_nobody_else() {
        let pool = pool(600.0, 40);
        let ever = pool.answered_within(1e6);
        assert!((ever - pool.answered_share()).abs() < 1e-12, "{ever}");
        assert!((pool.answered_within(0.0) - pool.at_once_share()).abs() < 1e-12);
        let served_and_lost =
            pool.answered_share() * pool.mean_answered_wait_s() <= pool.mean_wait_s();
        assert!(served_and_lost, "those who hang up have waited too");
    }

    #[test]
    fn great_patience_is_erlang_c() {
        let load = Load::new(600.0, 240.0).unwrap();
        let (patient, endless) =
            (ErlangA::of(load, 46, 86_400.0).unwrap(), ErlangC::of(load, 46).unwrap());
        for limit_s in [0.0, 15.0, 60.0] {
            let apart = patient.answered_within(limit_s) - endless.answered_within(limit_s);
            assert!(apart.abs() < 2e-3, "{limit_s}: {apart}");
        }
    }

    #[test]
    fn the_extremes_have_figures() {
        let load = Load::new(60.0, 240.0).unwrap();
        let nobody = ErlangA::of(load, 0, 120.0).unwrap();
        assert_eq!((nobody.answered_share(), nobody.occupancy()), (0.0, 0.0));
        assert_eq!(nobody.answered_within(15.0), 0.0);
        let beijing = ErlangA::of(Load::new(6_000.0, 300.0).unwrap(), 350, 60.0).unwrap();
        let within = beijing.answered_within(15.0);
        assert!((0.0..beijing.answered_share()).contains(&within), "{within}");
        let flood = ErlangA::of(Load::new(90_000.0, 240.0).unwrap(), 1_000, 120.0).unwrap();
        assert!((flood.answered_share() - 1.0 / 6.0).abs() < 1e-9, "{}", flood.answered_share());
        assert!(flood.answered_within(15.0) < 1e-6, "the queue is far longer than 15 s");
        assert!(ErlangA::of(load, 4, 0.0).is_err());
    }
}
