//! Decisions, each timed on its own.

use acd::View;

use crate::Load;
use crate::floor::{Floor, WARM_UP_US};

/// Nanoseconds of a monotonic clock.
pub type Clock = fn() -> u64;

/// The server renews the floor's copy at most this often (`acd_host`).
const VIEW_INTERVAL_US: i64 = 50_000;
/// Pairs of readings by which the clock's own time is found.
const CLOCK_PAIRS: usize = 10_001;

/// What is to be timed.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub load: Load,
    pub seed: u64,
    /// How many decisions, after the warm-up.
    pub decisions: usize,
    /// The floor's copy for the live pages is renewed between decisions, as the server does.
    pub wallboard: bool,
}

/// What was timed.
#[derive(Debug, Clone, Default)]
pub struct Timed {
    /// Of each decision, in nanoseconds, without the clock's own time.
    pub decisions_ns: Vec<u64>,
    /// Of each copy of the floor.
    pub views_ns: Vec<u64>,
    /// Of two readings of the clock; taken off each decision.
    pub clock_ns: u64,
    /// Fewest and most callers who waited.
    pub waiting: (usize, usize),
    /// Rules that did not hold: none, ever.
    pub broken: u64,
}

/// Brings a floor to its load and times what the distributor decides from then on.
#[must_use]
pub fn time_decisions(plan: Plan, clock: Clock) -> Timed {
    let mut floor = Floor::open(plan.load, plan.seed);
    while floor.age_us() < WARM_UP_US {
        floor.step(|acd, now, input| acd.handle(now, input));
    }
    let mut timed = Timed {
        decisions_ns: Vec::with_capacity(plan.decisions),
        clock_ns: clock_ns(clock),
        waiting: (usize::MAX, 0),
        ..Timed::default()
    };
    let (mut shown, mut shown_us) = (None::<View>, floor.age_us());
    for _ in 0..plan.decisions {
        floor.step(|acd, now, input| {
            let before_ns = clock();
            let effects = acd.handle(now, input);
            let took_ns = clock().saturating_sub(before_ns);
            timed.decisions_ns.push(took_ns.saturating_sub(timed.clock_ns));
            effects
        });
        let waiting = floor.waiting();
        timed.waiting = (timed.waiting.0.min(waiting), timed.waiting.1.max(waiting));
        if plan.wallboard && floor.age_us() - shown_us >= VIEW_INTERVAL_US {
            shown_us = floor.age_us();
            let before_ns = clock();
            let view = floor.acd.show();
            timed.views_ns.push(clock().saturating_sub(before_ns));
            // The pages read the copy until the next one takes its place.
            drop(shown.replace(view));
        }
    }
    timed.broken = floor.broken;
    timed
}

/// The median of pairs of readings.
fn clock_ns(clock: Clock) -> u64 {
    let mut pairs: Vec<u64> = (0..CLOCK_PAIRS)
        .map(|_| {
            let before = clock();
            clock().saturating_sub(before)
        })
        .collect();
    pairs.sort_unstable();
    pairs.get(CLOCK_PAIRS / 2).copied().unwrap_or(0)
}
