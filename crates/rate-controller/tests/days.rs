//! The controller against whole days: bad ones are saved, normal ones left alone, nothing flaps.

#![expect(clippy::unwrap_used, reason = "a test ends where its world breaks")]

#[path = "../examples/bad_days/day.rs"]
mod day;
#[path = "../examples/bad_days/floor.rs"]
mod floor;
#[path = "../examples/bad_days/play.rs"]
mod play;
#[path = "../examples/bad_days/scenario.rs"]
mod scenario;
#[path = "../examples/bad_days/theory.rs"]
mod theory;

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use rate_controller::{Choice, Config, Decision, LeverId, Levers, Mode, What};
use types::Timestamp;

use crate::day::Day;
use crate::floor::CoreFloor;
use crate::play::{config, play, play_off, play_with};
use crate::scenario::{Kind, Scenario};

fn files() -> Vec<(String, Scenario)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../loadtest/bad-days");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, Scenario::parse(&text).unwrap())
        })
        .collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

fn file(start: &str) -> Scenario {
    files().into_iter().find(|(name, _)| name.starts_with(start)).unwrap().1
}

/// A small centre, so that three days are played in a moment.
fn centre() -> Scenario {
    file("01")
}

fn automatic(scenario: &Scenario) -> Config {
    config(&Config::default(), scenario, Mode::Automatic)
}

/// Whether each change of a lever by the controller keeps its hold.
fn holds(decisions: &[Decision], config: &Config) -> Result<(), String> {
    let mut changed: BTreeMap<LeverId, Timestamp> = BTreeMap::new();
    for of in decisions.iter().filter(|of| of.what.is_change()) {
        let hold = Duration::from_secs(u64::from(config.rule(of.lever).hold_s));
        let before = changed.insert(of.lever, of.at);
        let by_itself = matches!(of.what, What::Pull(_) | What::Undo(_));
        if by_itself && before.is_some_and(|before| of.at.since(before) < hold) {
            return Err(format!("{:?} at {} and {}", of.lever, before.unwrap(), of.at));
        }
    }
    Ok(())
}

#[test]
fn the_bound_of_every_file_is_erlang_a() {
    let files = files();
    assert_eq!(files.len(), 20);
    for (name, scenario) in files.iter().filter(|(_, of)| of.calls.iter().sum::<f64>() < 2_000.0) {
        let (off, on) = (
            theory::k1_minimum(scenario, Levers::NONE),
            theory::k1_minimum(scenario, Levers::all()),
        );
        let of = scenario.bound;
        assert!((off - of.k1_minimum_levers_off).abs() < 0.006, "{name}: {off}");
        assert!((on - of.k1_minimum_levers_on).abs() < 0.006, "{name}: {on}");
        assert!(!scenario.title.is_empty());
    }
    for kind in [Kind::Storm, Kind::Sickness, Kind::DeadTrunk, Kind::MassOutage, Kind::SlowWrapUp] {
        let days = files.iter().filter(|(_, of)| of.disturbance.iter().any(|of| of.kind == kind));
        assert!(days.count() >= 3, "{kind:?}");
    }
}

#[test]
fn sickness_that_would_miss_the_target_by_far_is_held() {
    let scenario = file("06");
    let config = automatic(&scenario);
    for seed in [501, 502] {
        let off = play_off::<Day>(&scenario, seed);
        let on = play::<Day>(&scenario, true, seed, &config);
        assert!(
            off.k1_minimum < 90.0 && on.figures.k1_minimum >= 95.0,
            "{seed}: {}",
            on.figures.k1_minimum
        );
        assert!(on.figures.in_time > off.in_time + 5.0);
        assert!(on.at_end.is_empty(), "a calm day later nothing is pulled: {:?}", on.at_end);
    }
}

#[test]
fn the_real_distributor_holds_the_target_on_a_day_of_sickness_with_the_levers_on() {
    let scenario = file("06");
    let off = play_off::<CoreFloor>(&scenario, 501);
    let on = play::<CoreFloor>(&scenario, true, 501, &automatic(&scenario));
    assert!(off.k1_minimum < 90.0, "{}", off.k1_minimum);
    assert!(on.figures.k1_minimum >= 95.0, "{}", on.figures.k1_minimum);
    assert!(on.at_end.is_empty(), "a calm day later nothing is pulled: {:?}", on.at_end);
}

#[test]
fn a_storm_costs_far_fewer_calls_and_every_effect_is_told() {
    let scenario = centre();
    let on = play::<Day>(&scenario, true, 503, &automatic(&scenario));
    let off = play_off::<Day>(&scenario, 503);
    assert!(
        on.figures.k1_minimum > off.k1_minimum + 2.0,
        "{} {}",
        on.figures.k1_minimum,
        off.k1_minimum
    );
    let measured = on.decisions.iter().filter_map(|of| match of.what {
        What::Measured(effect) => Some(effect),
        _ => None,
    });
    let measured: Vec<_> = measured.collect();
    assert!(!measured.is_empty() && measured.len() >= on.pulls(), "{measured:?}");
    let (lost, without) =
        measured.iter().fold((0, 0), |sum, of| (sum.0 + of.lost, sum.1 + of.lost_without));
    assert!(lost < without, "lost {lost}, without the levers {without}");
}

#[test]
fn normal_days_are_left_alone_but_for_little() {
    let (mut cost, mut days) = (0.0, 0);
    for start in ["01", "06"] {
        let scenario = file(start).normal();
        let config = automatic(&scenario);
        for seed in 601..604 {
            cost += play::<Day>(&scenario, true, seed, &config).cost(&config);
            days += 3;
        }
    }
    let all_levers =
        24.0 * Config::default().levers.values().map(|of| of.cost_per_hour).sum::<f64>();
    assert!(cost / f64::from(days) < all_levers / 40.0, "{cost} in {days} days");
}

#[test]
fn calls_that_a_dead_trunk_keeps_away_are_told_apart_and_calm_nobody() {
    let scenario = file("11");
    let on = play::<Day>(&scenario, true, 504, &automatic(&scenario));
    let within = |of: &&Decision| {
        let hour = of.at.to_local().hour();
        of.at.to_local().day() == 1 && (14..16).contains(&hour)
    };
    assert!(on.figures.unseen > 100, "{}", on.figures.unseen);
    let undone = on.decisions.iter().filter(within).any(|of| matches!(of.what, What::Undo(_)));
    assert!(!undone, "fewer calls arrive, not fewer are made: {:?}", on.decisions);
}

#[test]
fn manual_levers_are_never_pulled_and_advised_ones_only_by_a_person() {
    let scenario = centre();
    let manual = config(&Config::default(), &scenario, Mode::Manual);
    assert_eq!(play::<Day>(&scenario, true, 505, &manual).decisions, []);
    let advisory = config(&Config::default(), &scenario, Mode::Advisory);
    let ignored = play::<Day>(&scenario, true, 505, &advisory);
    assert!(ignored.decisions.iter().any(|of| matches!(of.what, What::AdvisePull(_))));
    assert!(!ignored.decisions.iter().any(|of| of.what.is_change()));
    let follows = |of: &Decision| match of.what {
        What::AdvisePull(_) => Some(Choice::Pull),
        What::AdviseUndo(_) => Some(Choice::Undo),
        _ => None,
    };
    let followed = play_with::<Day>(&scenario, true, 505, &advisory, |_, _| None, follows);
    assert!(followed.figures.k1_minimum > ignored.figures.k1_minimum + 1.0);
    assert!(followed.at_end.is_empty(), "undoing is advised as well");
    assert!(!followed.decisions.iter().any(|of| matches!(of.what, What::Pull(_) | What::Undo(_))));
}

#[test]
fn a_controller_that_is_replaced_by_its_written_state_each_minute_decides_the_same() {
    let scenario = centre();
    let config = automatic(&scenario);
    let whole = play::<Day>(&scenario, true, 506, &config);
    let through_text = |_: usize, state: &rate_controller::State| {
        let text = serde_json::to_string(state).unwrap();
        Some(serde_json::from_str(&text).unwrap())
    };
    let handed = play_with::<Day>(&scenario, true, 506, &config, through_text, |_| None);
    assert!(whole.pulls() > 0);
    assert_eq!(whole.decisions, handed.decisions);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any disturbance of any size: holds are kept, and a calm day later nothing that was pulled by itself is.
    #[test]
    fn nothing_flaps_and_all_is_undone_in_the_end(
        seed in 0_u64..1_000,
        from_h in 0.0..18.0_f64,
        lasts_h in 0.5..6.0_f64,
        arrivals in 0.3..4.0_f64,
        agents in 0.3..1.0_f64,
        wrap_up_s in 0.0..240.0_f64,
        unseen_share in 0.0..0.9_f64,
        event_share in 0.0..0.8_f64,
    ) {
        let mut scenario = centre();
        // Two more at every hour: then the day after is calm by any chance, and nothing may stay pulled on it.
        scenario.agents.iter_mut().for_each(|of| *of += 2);
        for of in &mut scenario.disturbance {
            (of.from_h, of.until_h) = (from_h, from_h + lasts_h);
            (of.arrivals, of.agents, of.wrap_up_s) = (arrivals, agents, wrap_up_s);
            (of.unseen_share, of.event_share) = (unseen_share, event_share);
        }
        let config = automatic(&scenario);
        let played = play::<Day>(&scenario, true, seed, &config);
        prop_assert_eq!(holds(&played.decisions, &config), Ok(()));
        prop_assert!(played.at_end.is_empty(), "{:?}", played.at_end);
        let (pulls, undone) = played.decisions.iter().fold((0, 0), |sum, of| match of.what {
            What::Pull(_) => (sum.0 + 1, sum.1),
            What::Undo(_) => (sum.0, sum.1 + 1),
            _ => sum,
        });
        prop_assert_eq!(pulls, undone);
    }
}
