//! The real distributor beside queueing theory: where nobody fails to answer, it must lose nothing.

#![expect(clippy::unwrap_used, reason = "helpers of tests read what the test itself has made")]

use simulation::theory::{points, row, scenario};
use simulation::{PickUp, Scenario, Span, simulate};

/// The point of this place and load.
fn point(place: &str, load: f64) -> simulation::theory::Point {
    points().into_iter().find(|point| point.place == place && point.load == load).unwrap()
}

/// Forty agents at the load of Erlang A's world that a test changes.
fn instant(seed: u64, calls: u64) -> Scenario {
    let city = point("city", 0.95);
    scenario(simulation::theory::Point { per_hour: 600.0, agents: 40, ..city }, seed, calls)
}

/// The example `theory` plays all twelve points with many more callers, and holds them to half a point as well.
#[test]
fn shares_lie_inside_the_band_of_erlang_a() {
    for (place, load, calls) in [("county", 0.95, 1_000), ("city", 0.85, 1_000)] {
        let row = row(point(place, load), calls).unwrap();
        assert!(row.answered.is_in_band() && row.in_time.is_in_band(), "{row:?}");
        assert!(row.in_time.half_band < 0.08, "a band that says nothing: {row:?}");
        assert!(row.calls > calls * 19 && row.faults == 0, "{row:?}");
    }
}

#[test]
fn everybody_is_answered_or_hangs_up() {
    let outcome = simulate(&instant(1, 5_000)).unwrap();
    assert_eq!((outcome.broken_rules, outcome.lapses, outcome.dropped), (0, 0, 0), "{outcome:?}");
    assert!(outcome.abandoned > 0);
    assert_eq!(outcome.answered + outcome.abandoned, outcome.requests);
}

#[test]
fn the_same_seed_plays_the_same_day() {
    let scenario = instant(3, 2_000);
    assert_eq!(simulate(&scenario), simulate(&scenario));
    assert_ne!(simulate(&scenario), simulate(&Scenario { seed: 4, ..scenario.clone() }));
}

#[test]
fn unanswered_offers_cost_and_are_counted() {
    let mut scenario = instant(5, 5_000);
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
    let good = instant(1, 10);
    let mut none = good.clone();
    none.callers.calls = 0;
    assert!(simulate(&none).is_err());
    let mut never = good;
    never.agents.pick_up.unanswered = 1.0;
    assert!(simulate(&never).unwrap_err().to_string().contains("unanswered"));
}
