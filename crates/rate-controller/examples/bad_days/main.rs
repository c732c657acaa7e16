//! Plays the bad days of `loadtest/bad-days/` with the levers off and on, and normal days for false alarms:
//! `cargo run --release -p rate-controller --example bad_days [RUNS [DAY [CONFIG [core|model [FIRST_SEED]]]]]`.
//!
//! DAY is `all` or one name, and then every decision is told; CONFIG is `default` or a TOML file with other thresholds, which
//! are tried with other seeds than those that are reported. `core` plays through the real distributor, `model` through a
//! model of the day that is quicker. The figures of the bad days go into `target/bench/bad-days.jsonl` too.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example that prints a table")]

mod at_once;
mod day;
mod floor;
mod play;
mod scenario;
mod theory;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rate_controller::{Config, Levers, Mode, Need, What, words};
use serde_json::{Value, json};

use crate::at_once::play_at_once;
use crate::day::{Centre, Day, Figures};
use crate::floor::CoreFloor;
use crate::play::{Played, config, play, play_off};
use crate::scenario::Scenario;

const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/bench");
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../loadtest/bad-days");
/// Per cent of K1 that the national standard asks for.
const TARGET: f64 = 95.0;
/// Not among those with which thresholds were tried (1 to 3, 101 to 103, 1,001 to 1,020).
const FIRST_SEED: u64 = 2_001;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let runs = arguments.next().map_or(25, |runs| runs.parse().unwrap());
    let wanted = arguments.next().filter(|name| name != "all");
    let path = arguments.next().filter(|path| path != "default");
    let base: Config = path.map_or_else(Config::default, |path| {
        toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    });
    let model = arguments.next().is_some_and(|which| which == "model");
    let first_seed = arguments.next().map_or(FIRST_SEED, |seed| seed.parse().unwrap());
    let trial = Trial { base, runs, first_seed, tell: wanted.is_some() };
    if model {
        trial.table::<Day>("a model of the day", &names(wanted.as_deref()));
    } else {
        trial.table::<CoreFloor>("the distributor", &names(wanted.as_deref()));
    }
}

fn names(wanted: Option<&str>) -> Vec<PathBuf> {
    let mut names: Vec<_> = std::fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .filter(|path| wanted.is_none_or(|name| path.to_string_lossy().contains(name)))
        .collect();
    names.sort();
    names
}

/// What is tried, and how often.
struct Trial {
    base: Config,
    runs: u64,
    first_seed: u64,
    /// Every decision of the first run.
    tell: bool,
}

impl Trial {
    fn table<C: Centre>(&self, played_by: &str, names: &[PathBuf]) {
        let runs = self.runs;
        println!("{runs} runs of each day through {played_by}; medians.");
        println!("K1: lowest of any 24 h on the bad day and the day after, %");
        println!(
            "{:<27}{:>7}{:>7}{:>8}{:>7}{:>9}{:>7}{:>9}{:>8}{:>8}{:>8}",
            "day",
            "off",
            "on",
            "at once",
            "bound",
            "(off)",
            ">=95",
            "K2b off",
            "on",
            "cost",
            "unseen"
        );
        let (mut possible, mut reached) = (0, 0);
        let mut lines = String::new();
        for path in names {
            let scenario = Scenario::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
            let (median, line) = self.bad_day::<C>(path, &scenario);
            writeln!(lines, "{line}").unwrap();
            if scenario.bound.k1_minimum_levers_on >= TARGET {
                possible += 1;
                reached += u32::from(median >= TARGET);
            }
        }
        println!("bad_days_reached {reached} of {possible} days on which the bound allows it\n");
        let sum = json!({ "bad_days_reached": reached, "of": possible, "runs": runs, "played_by": played_by });
        writeln!(lines, "{sum}").unwrap();
        std::fs::create_dir_all(FIGURES).unwrap();
        std::fs::write(Path::new(FIGURES).join("bad-days.jsonl"), lines).unwrap();
        self.normal_days::<C>(names);
    }

    /// Prints one day; the median of K1 with the controller, and the line of figures.
    fn bad_day<C: Centre>(&self, path: &Path, scenario: &Scenario) -> (f64, Value) {
        let config = config(&self.base, scenario, Mode::Automatic);
        let off: Vec<_> = self.seeds().map(|seed| play_off::<C>(scenario, seed)).collect();
        let best: Vec<_> = self.seeds().map(|seed| play_at_once::<C>(scenario, seed)).collect();
        let played: Vec<Played> =
            self.seeds().map(|seed| play::<C>(scenario, true, seed, &config)).collect();
        let on: Vec<Figures> = played.iter().map(|of| of.figures).collect();
        let held = on.iter().filter(|of| of.k1_minimum >= TARGET).count();
        let cost = played.iter().map(|of| of.cost(&config)).sum::<f64>() / self.runs as f64;
        println!(
            "{:<27}{:>7.2}{:>7.2}{:>8.2}{:>7.2}{:>9.2}{:>7}{:>9.1}{:>8.1}{:>8.1}{:>8.0}",
            path.file_stem().unwrap().to_string_lossy(),
            median(&off, |of| of.k1_minimum),
            median(&on, |of| of.k1_minimum),
            median(&best, |of| of.k1_minimum),
            scenario.bound.k1_minimum_levers_on,
            scenario.bound.k1_minimum_levers_off,
            format!("{held}/{}", self.runs),
            median(&off, |of| of.in_time),
            median(&on, |of| of.in_time),
            cost,
            median(&on, |of| of.unseen as f64)
        );
        if self.tell {
            tell(scenario, played.first());
        }
        let day = path.file_stem().unwrap().to_string_lossy();
        let k1 = |of: &[Figures]| median(of, |of| of.k1_minimum);
        let line = json!({
            "day": day, "k1_minimum_off": k1(&off), "k1_minimum_on": k1(&on), "k1_minimum_at_once": k1(&best),
            "bound_on": scenario.bound.k1_minimum_levers_on, "bound_off": scenario.bound.k1_minimum_levers_off,
            "runs_held": held, "runs": self.runs, "cost": cost,
        });
        (k1(&on), line)
    }

    /// The same centres on three days without any disturbance: what the controller does there is a false alarm.
    fn normal_days<C: Centre>(&self, names: &[PathBuf]) {
        let (mut days, mut alarmed, mut needed, mut pulls, mut cost) = (0, 0, 0, 0, 0.0);
        let mut in_danger = 0;
        let (mut lowest_off, mut lowest_on) = (100.0_f64, 100.0_f64);
        for path in names {
            let text = std::fs::read_to_string(path).unwrap();
            let scenario = Scenario::parse(&text).unwrap().normal();
            let config = config(&self.base, &scenario, Mode::Automatic);
            for seed in self.seeds() {
                let played = play::<C>(&scenario, true, seed, &config);
                days += 3;
                let off = play_off::<C>(&scenario, seed).k1_minimum;
                alarmed += usize::from(played.pulls() > 0);
                needed += usize::from(played.pulls() > 0 && off < TARGET);
                pulls += played.pulls();
                in_danger += played.decisions.iter().filter(|of| is_danger(&of.what)).count();
                cost += played.cost(&config);
                lowest_on = lowest_on.min(played.figures.k1_minimum);
                lowest_off = lowest_off.min(off);
            }
        }
        let all: f64 = self.base.levers.values().map(|of| of.cost_per_hour * 24.0).sum();
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

    fn seeds(&self) -> impl Iterator<Item = u64> + use<> {
        self.first_seed..self.first_seed + self.runs
    }
}

fn tell(scenario: &Scenario, played: Option<&Played>) {
    let kinds: Vec<_> = scenario.disturbance.iter().map(|of| of.kind).collect();
    println!("  {} {kinds:?}", scenario.title);
    println!(
        "  bound again: {:.2} {:.2}",
        theory::k1_minimum(scenario, Levers::NONE),
        theory::k1_minimum(scenario, Levers::all())
    );
    for of in played.into_iter().flat_map(|played| &played.decisions) {
        println!("  {} {}", of.at, words::decision(of));
    }
}

const fn is_danger(what: &What) -> bool {
    matches!(what, What::Pull(Need::TargetInDanger { .. }))
}

fn median(of: &[Figures], figure: impl Fn(&Figures) -> f64) -> f64 {
    let mut figures: Vec<f64> = of.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
