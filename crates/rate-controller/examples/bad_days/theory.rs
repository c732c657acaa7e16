//! What Erlang A says of one moment under a set of levers, and of a whole day with all of them.

use rate_controller::{LeverId, Levers};
use staffing::{ErlangA, Load};

use crate::scenario::{Conditions, Scenario};

/// The window of K1, in steps.
const DAY_STEPS: usize = 288;
const STEP_H: f64 = 1.0 / 12.0;
/// Mean time until somebody who got nobody calls again.
pub const REDIAL_AFTER_H: f64 = 0.25;

/// What becomes of the calls that reach the centre, as shares of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// Satisfied by the announcement: outside the base of K1.
    pub self_served: f64,
    /// Keyed for a call back: inside the base, not answered.
    pub called_back: f64,
    pub answered: f64,
    pub in_time: f64,
    /// Mean of all who queue.
    pub wait_s: f64,
}

impl Shares {
    /// Neither answered nor served in another way.
    pub fn lost(&self) -> f64 {
        (1.0 - self.self_served - self.called_back - self.answered).max(0.0)
    }
}

/// Agents on the line while `pulled`, those called up having come.
pub fn agents(scenario: &Scenario, now: Conditions, pulled: Levers) -> u32 {
    let when = |lever, agents| if pulled.contains(lever) { agents } else { 0 };
    now.agents
        + when(LeverId::CallUpReserve, scenario.levers.reserve_agents)
        + when(LeverId::SuspendTraining, now.in_training)
}

/// Mean wrap-up while `pulled`.
pub fn wrap_up_s(scenario: &Scenario, now: Conditions, pulled: Levers) -> f64 {
    if pulled.contains(LeverId::ShortenWrapUp) {
        now.wrap_up_s.min(scenario.levers.wrap_up_short_s)
    } else {
        now.wrap_up_s
    }
}

/// The balance under `calls_per_hour` with `agents`.
pub fn shares(
    scenario: &Scenario,
    now: Conditions,
    calls_per_hour: f64,
    agents: u32,
    pulled: Levers,
) -> Shares {
    let effects = scenario.levers;
    let handling_s = scenario.talk_s + wrap_up_s(scenario, now, pulled);
    let (mut self_served, mut hung_up) = (0.0, 0.0);
    if pulled.contains(LeverId::SurgeAnnouncement) {
        self_served = now.event_share * effects.announcement_satisfies_share;
        hung_up = (1.0 - self_served) * effects.announcement_hang_up_share;
    }
    let queue = 1.0 - self_served - hung_up;
    let pool = |share: f64| {
        let load = Load::new((calls_per_hour * share).max(0.01), handling_s).unwrap();
        ErlangA::of(load, agents, scenario.patience_s).unwrap()
    };
    let mut called_back = 0.0;
    if pulled.contains(LeverId::OfferCallback) {
        let after = effects.callback_after_s;
        let waiting =
            (1.0 - pool(queue).answered_within(after)) * (-after / scenario.patience_s).exp();
        called_back = queue * waiting * effects.callback_accepted_share;
    }
    let served = queue - called_back;
    let pool = pool(served);
    Shares {
        self_served,
        called_back,
        answered: served * pool.answered_share(),
        in_time: served * pool.answered_within(15.0),
        wait_s: pool.mean_wait_s(),
    }
}

/// The lowest expected K1 of 24 h, in per cent, that end on the bad day or on the normal day after it; `pulled` all
/// through the bad day, those of them that harm at a moment left out there.
pub fn k1_minimum(scenario: &Scenario, pulled: Levers) -> f64 {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    let mut redialling = 0.0;
    for step in 0..3 * DAY_STEPS {
        let bad = step / DAY_STEPS == 1;
        let now = scenario.conditions((step % DAY_STEPS) as f64 * STEP_H, bad);
        let demand = now.calls_per_hour * STEP_H + redialling * STEP_H / REDIAL_AFTER_H;
        redialling -= redialling * STEP_H / REDIAL_AFTER_H;
        let seen = demand * (1.0 - now.unseen_share);
        let of = choices(if bad { pulled } else { Levers::NONE })
            .map(|levers| {
                let agents = agents(scenario, now, levers);
                shares(scenario, now, seen / STEP_H, agents, levers)
            })
            .max_by(|a, b| spare(*a).total_cmp(&spare(*b)))
            .unwrap();
        redialling += scenario.redial_share * (seen * of.lost() + demand * now.unseen_share);
        steps.push((seen * of.answered, seen * (1.0 - of.self_served)));
    }
    let window = |end: usize| {
        let of = &steps[end - DAY_STEPS..end];
        let (answered, requests) =
            of.iter().fold((0.0, 0.0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
        answered / requests * 100.0
    };
    (DAY_STEPS + 1..=3 * DAY_STEPS).map(window).fold(100.0, f64::min)
}

/// Answered beyond 95 % of the requests.
fn spare(of: Shares) -> f64 {
    of.answered - 0.95 * (1.0 - of.self_served)
}

/// `pulled`, and the same without the levers that can harm.
fn choices(pulled: Levers) -> impl Iterator<Item = Levers> {
    let (offer, announce) = (LeverId::OfferCallback, LeverId::SurgeAnnouncement);
    [
        pulled,
        pulled.without(offer),
        pulled.without(announce),
        pulled.without(offer).without(announce),
    ]
    .into_iter()
}
