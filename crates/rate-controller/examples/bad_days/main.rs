//! Plays the bad days of `loadtest/bad-days/` with the levers off and on, and normal days for false alarms:
//! `cargo run --release -p rate-controller --example bad_days [RUNS [NAME [CONFIG.toml]]]`. One NAME tells every decision; a
//! configuration tries other thresholds.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example that prints a table")]

mod day;
mod play;
mod scenario;
mod theory;

use std::path::{Path, PathBuf};

use rate_controller::{Config, Levers, Mode, Need, What, words};

use crate::play::{Played, config, play, play_off};
use crate::scenario::Scenario;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../loadtest/bad-days");
/// Per cent of K1 that the national standard asks for.
const TARGET: f64 = 95.0;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let runs = arguments.next().map_or(9, |runs| runs.parse().unwrap());
    let wanted = arguments.next().filter(|name| name != "all");
    let base: Config = arguments.next().map_or_else(Config::default, |path| {
        toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    });
    let mut names: Vec<_> = std::fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .filter(|path| wanted.as_ref().is_none_or(|name| path.to_string_lossy().contains(name)))
        .collect();
    names.sort();
    println!(
        "{runs} runs of each day; medians. K1: lowest of any 24 h on the bad day and the day after, %"
    );
    println!(
        "{:<27}{:>7}{:>7}{:>7}{:>9}{:>7}{:>9}{:>8}{:>8}{:>8}",
        "day", "off", "on", "bound", "(off)", ">=95", "K2b off", "on", "cost", "unseen"
    );
    let (mut possible, mut reached) = (0, 0);
    for path in &names {
        let scenario = Scenario::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        let median = bad_day(path, &scenario, &base, (runs, wanted.is_some()));
        if scenario.bound.k1_minimum_levers_on >= TARGET {
            possible += 1;
            reached += u32::from(median >= TARGET);
        }
    }
    println!("bad_days_reached {reached} of {possible} days on which the bound allows it\n");
    normal_days(&names, &base, runs);
}

/// Prints one day; the median of K1 with the controller.
fn bad_day(path: &Path, scenario: &Scenario, base: &Config, (runs, tell): (u64, bool)) -> f64 {
    let config = config(base, scenario, Mode::Automatic);
    let off: Vec<Played> = seeds(runs).map(|seed| play_off(scenario, true, seed)).collect();
    let on: Vec<Played> = seeds(runs).map(|seed| play(scenario, true, seed, &config)).collect();
    let held = on.iter().filter(|of| of.k1_minimum >= TARGET).count();
    let cost = on.iter().map(|of| of.cost(&config)).sum::<f64>() / runs as f64;
    println!(
        "{:<27}{:>7.2}{:>7.2}{:>7.2}{:>9.2}{:>7}{:>9.1}{:>8.1}{:>8.1}{:>8.0}",
        path.file_stem().unwrap().to_string_lossy(),
        median(&off, |of| of.k1_minimum),
        median(&on, |of| of.k1_minimum),
        scenario.bound.k1_minimum_levers_on,
        scenario.bound.k1_minimum_levers_off,
        format!("{held}/{runs}"),
        median(&off, |of| of.in_time),
        median(&on, |of| of.in_time),
        cost,
        median(&on, |of| of.unseen as f64)
    );
    if tell {
        let kinds: Vec<_> = scenario.disturbance.iter().map(|of| of.kind).collect();
        println!("  {} {kinds:?}", scenario.title);
        println!(
            "  bound again: {:.2} {:.2}",
            theory::k1_minimum(scenario, Levers::NONE),
            theory::k1_minimum(scenario, Levers::all())
        );
        for of in on.first().into_iter().flat_map(|played| &played.decisions) {
            println!("  {} {}", of.at, words::decision(of));
        }
    }
    median(&on, |of| of.k1_minimum)
}

/// The same centres on two days without any disturbance: what the controller does there is a false alarm.
fn normal_days(names: &[PathBuf], base: &Config, runs: u64) {
    let (mut days, mut alarmed, mut needed, mut pulls, mut cost) = (0, 0, 0, 0, 0.0);
    let mut in_danger = 0;
    let (mut lowest_off, mut lowest_on) = (100.0_f64, 100.0_f64);
    for path in names {
        let scenario = Scenario::parse(&std::fs::read_to_string(path).unwrap()).unwrap().normal();
        let config = config(base, &scenario, Mode::Automatic);
        for seed in seeds(runs) {
            let played = play(&scenario, true, seed, &config);
            days += 3;
            let off = play_off(&scenario, true, seed).k1_minimum;
            alarmed += usize::from(played.pulls() > 0);
            needed += usize::from(played.pulls() > 0 && off < TARGET);
            pulls += played.pulls();
            in_danger += played.decisions.iter().filter(|of| is_danger(&of.what)).count();
            cost += played.cost(&config);
            lowest_on = lowest_on.min(played.k1_minimum);
            lowest_off = lowest_off.min(off);
        }
    }
    let all: f64 = base.levers.values().map(|of| of.cost_per_hour * 24.0).sum();
    println!(
        "normal days: {days}, three in a run; {pulls} pulls in {alarmed} runs, of which {needed} would have missed the target"
    );
    println!(
        "  {in_danger} pulls because the target was in danger, the others because calls were being lost"
    );
    println!(
        "cost per normal day: {:.2} of {all:.0} for all levers all day",
        cost / f64::from(days)
    );
    println!("lowest K1: off {lowest_off:.2}, on {lowest_on:.2}");
}

const fn is_danger(what: &What) -> bool {
    matches!(what, What::Pull(Need::TargetInDanger { .. }))
}

/// Not those with which thresholds were tried (1 to 3, 101 to 103, 1,001 to 1,005).
fn seeds(runs: u64) -> impl Iterator<Item = u64> {
    2_001..=2_000 + runs
}

fn median(of: &[Played], figure: impl Fn(&Played) -> f64) -> f64 {
    let mut figures: Vec<f64> = of.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
