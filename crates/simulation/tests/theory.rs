//! The real distributor beside queueing theory: where nobody fails to answer, it must lose nothing.

use acd::Config;
use acd::rates::Rate;
use simulation::{Agents, Callers, PickUp, Scenario, Span, simulate};
use staffing::{ErlangA, Load};

/// 99.9 of 100 counts lie within so many deviations.
const BAND: f64 = 3.29;
const WEEK_MS: u64 = 7 * 24 * 3_600_000;

/// Agents who pick up at once, have no wrap-up, and callers who hang up at exponential times: Erlang A's world.
fn instant(
    seed: u64,
    calls: u64,
    per_hour: f64,
    agents: u32,
    talk_s: f64,
    patience_s: f64,
) -> Scenario {
    let at_once = Span::Fixed { s: 0.0 };
    Scenario {
        seed,
        callers: Callers { calls, per_hour, patience: Span::Exponential { mean_s: patience_s } },
        agents: Agents {
            count: agents,
            talk: Span::Exponential { mean_s: talk_s },
            pick_up: PickUp { after: at_once, unanswered: 0.0 },
            returns_after: at_once,
        },
        warm_up_s: 3_600.0,
        config: Config { wrap_up_ms: 1, proof_valid_ms: WEEK_MS, ..Config::default() },
    }
}

fn value(share: Rate) -> f64 {
    share.part as f64 / share.whole as f64
}

/// Half the width of the band in which the true share lies.
fn half_band(share: Rate) -> f64 {
    let value = value(share);
    BAND * (value * (1.0 - value) / share.whole as f64).sqrt()
}

#[test]
fn shares_lie_inside_the_band_of_erlang_a() {
    for (per_hour, agents, talk_s, patience_s) in
        [(60.0, 5, 240.0, 60.0), (600.0, 40, 240.0, 120.0)]
    {
        let outcome = simulate(&instant(1, 20_000, per_hour, agents, talk_s, patience_s)).unwrap();
        let theory = ErlangA::of(Load::new(per_hour, talk_s).unwrap(), agents, patience_s).unwrap();
        let pairs = [
            (outcome.answered_share(), theory.answered_share()),
            (outcome.in_time_share(), theory.answered_within(15.0)),
        ];
        for (simulated, expected) in pairs {
            let apart = value(simulated) - expected;
            // Successive waits depend on each other: the band of independent ones is doubled here.
            assert!(
                apart.abs() < 2.0 * half_band(simulated),
                "{per_hour}/h {agents}: {apart} {outcome:?}"
            );
        }
        assert_eq!((outcome.broken_rules, outcome.lapses), (0, 0), "{outcome:?}");
        assert_eq!(outcome.answered + outcome.abandoned, outcome.requests);
    }
}

#[test]
fn the_same_seed_plays_the_same_day() {
    let scenario = instant(3, 2_000, 600.0, 40, 240.0, 120.0);
    assert_eq!(simulate(&scenario), simulate(&scenario));
    assert_ne!(simulate(&scenario), simulate(&Scenario { seed: 4, ..scenario.clone() }));
}

#[test]
fn unanswered_offers_cost_and_are_counted() {
    let mut scenario = instant(5, 5_000, 600.0, 50, 240.0, 120.0);
    scenario.agents.pick_up =
        PickUp { after: Span::LogNormal { mean_s: 4.0, p95_s: 8.0 }, unanswered: 0.1 };
    scenario.agents.returns_after = Span::Fixed { s: 15.0 };
    let outcome = simulate(&scenario).unwrap();
    assert!(outcome.lapses > 400 && outcome.offers > outcome.requests, "{outcome:?}");
    assert!(outcome.put_not_ready > 0 && outcome.double_ring_us > 0, "{outcome:?}");
    assert_eq!(outcome.broken_rules, 0);
    assert_eq!(outcome.answered + outcome.abandoned, outcome.requests);
}

#[test]
fn figures_that_cannot_be_played_are_refused() {
    let good = instant(1, 10, 60.0, 5, 240.0, 60.0);
    let mut none = good.clone();
    none.callers.calls = 0;
    assert!(simulate(&none).is_err());
    let mut never = good;
    never.agents.pick_up.unanswered = 1.0;
    assert!(simulate(&never).unwrap_err().to_string().contains("unanswered"));
}
