//! A day of the simulation is read as a journal would be and played again.

use super::*;
use crate::days::{BuiltIn, Days, Faults, setup};

/// Some days of the county, and what a journal of them would tell.
fn journal(distributor: &str) -> (Recorded, Outcome) {
    let county = BuiltIn::County.days().unwrap();
    let days = Days {
        days: 6,
        events: Vec::new(),
        faults: Faults::default(),
        distributor: distributor.parse().unwrap(),
        ..county
    };
    let mut world = World::open(setup(&days, None).unwrap());
    while world.step() {}
    let mut recorder = Recorder::default();
    recorder.begin(Timestamp::default(), &Acd::default());
    for (at, input, effects) in &world.told {
        recorder.take(*at, input, effects);
    }
    (recorder.finish(7), world.close().0)
}

fn rate(of: acd::rates::Rate) -> f64 {
    of.part as f64 / of.whole as f64
}

#[test]
fn what_is_read_is_what_happened() {
    let (recorded, outcome) = journal("");
    let counted = Outcome { double_ring_us: 0, ..outcome.clone() };
    assert_eq!(recorded.outcome, counted);
    assert_eq!(recorded.calls.len() as u64, outcome.requests);
    assert_eq!(recorded.agents, 12, "everybody of the county's shifts");
    let patience = |call: &NextCall| call.patience.unwrap();
    let known = recorded.upcoming.iter().zip(&recorded.calls);
    for (call, fact) in known {
        match fact.outcome {
            acd::rates::Outcome::Abandoned { waited_us } => {
                assert_eq!(patience(call), Duration::from_micros(waited_us));
            }
            acd::rates::Outcome::Answered { wait_us } => {
                assert!(patience(call) >= Duration::from_micros(wait_us), "{call:?}");
            }
            acd::rates::Outcome::Unresolved => {}
        }
    }
}

#[test]
fn the_same_rules_give_nearly_the_same_rates() {
    let (recorded, _) = journal("");
    let replayed = play_recorded(&recorded, &recorded.config, 3);
    assert_eq!(replayed.outcome.requests, recorded.outcome.requests);
    for of in [Outcome::answered_share, Outcome::in_time_share] {
        let (then, now) = (rate(of(&recorded.outcome)), rate(of(&replayed.outcome)));
        assert!((then - now).abs() < 0.03, "{then} then, {now} now");
    }
    assert_eq!(play_recorded(&recorded, &recorded.config, 3), replayed, "the same seed");
}

#[test]
fn a_worse_rule_is_seen_as_worse() {
    let (recorded, _) = journal("");
    let naive =
        Config { ring_limit_ms: 30_000, second_agent_after_ms: 600_000, ..recorded.config.clone() };
    let now = play_recorded(&recorded, &recorded.config, 3);
    let other = play_recorded(&recorded, &naive, 3);
    let (now, other) = (rate(now.outcome.in_time_share()), rate(other.outcome.in_time_share()));
    assert!(other < now - 0.005, "{now} now, {other} with a ring of 30 s");
}
