//! The distributor alone, in this process: no server, no phones. How long its decisions take by the size of the floor,
//! what the copies for the live pages cost them, and a model of the polling design beside it.

use std::fs;

use acd_bench::{Load, Plan, Timed, rounds_us, time_decisions};
use serde::Serialize;

use super::{Bench, tell};
use crate::ceiling::float;
use crate::clock;
use crate::figure::{Figure, Peer, PeerRun};
use crate::stats::{Summary, median};

/// Decisions of one run; of a look.
const DECISIONS: usize = 50_000;
const QUICK_DECISIONS: usize = 5_000;
/// Rounds of the polling model in one run.
const ROUNDS: usize = 50;
/// Pairs of runs with and without the live pages' copies, for each run of the others.
const WALLBOARD_PAIRS: usize = 5;
/// What `--loads` calls this part.
const NAME: &str = "acd";
const POLLING: &str = "polling, scan-all (own model)";
const BOUND: &str = "skill groups x log2 n";
const SMALLEST: Load = Load { agents: 50, waiting: 0, groups: 1 };
const LARGEST: Load = Load { agents: 10_000, waiting: 5_000, groups: 50 };

/// One run at one load, as it goes into the raw report. Microseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Run {
    decision_us: Summary,
    decisions_per_s: f64,
    /// Copies of the floor, where they were made.
    copy_us: Option<Summary>,
    polling_round_us: Option<Summary>,
    clock_ns: u64,
    waiting: (usize, usize),
    rules_broken: u64,
}

/// What a load came to: the median of its runs.
struct Measured {
    load: Load,
    p99_us: Option<f64>,
}

pub(super) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let mut measured = Vec::new();
    for load in bench.floors() {
        measured.push(decisions(bench, load)?);
        if load == Load::GOAL {
            wallboard(bench, load)?;
        }
    }
    for (words, small, large) in growths() {
        growth(bench, words, at(&measured, small), at(&measured, large))?;
    }
    Ok(())
}

/// From where to where growth is looked at: along each axis at the goal's other values, and across everything.
fn growths() -> [(&'static str, Load, Load); 4] {
    let goal = Load::GOAL;
    [
        (
            "from=50 to=10000 axis=agents",
            Load { agents: SMALLEST.agents, ..goal },
            Load { agents: LARGEST.agents, ..goal },
        ),
        ("from=1000 to=5000 axis=waiting", Load { waiting: 1_000, ..goal }, goal),
        (
            "from=1 to=50 axis=groups",
            Load { groups: SMALLEST.groups, ..goal },
            Load { groups: LARGEST.groups, ..goal },
        ),
        ("from=smallest to=largest axis=all", SMALLEST, LARGEST),
    ]
}

fn at(measured: &[Measured], load: Load) -> Option<&Measured> {
    measured.iter().find(|one| one.load == load)
}

/// How much longer the slow decisions of a larger floor take, beside what they may.
fn growth(
    bench: &mut Bench,
    words: &str,
    small: Option<&Measured>,
    large: Option<&Measured>,
) -> anyhow::Result<()> {
    let (Some(small), Some(large)) = (small, large) else { return Ok(()) };
    let (Some(least_us), Some(most_us)) = (small.p99_us, large.p99_us) else { return Ok(()) };
    let mut figure = Figure::new("acd_decision_p99_growth", "x", words);
    figure.value = (least_us > 0.0).then(|| most_us / least_us);
    figure.runs = bench.runs();
    let value = large.load.bound() / small.load.bound();
    bench.add(figure.beside(Some(Peer { name: BOUND.to_owned(), value, run: PeerRun::Same })))
}

fn decisions(bench: &mut Bench, load: Load) -> anyhow::Result<Measured> {
    let name = format!("{NAME} {load}");
    let mut runs = Vec::new();
    for turn in 0..bench.runs() {
        tell(&format!("{name} ({} of {})", turn + 1, bench.runs()));
        let seed = turn as u64 + 1;
        runs.extend(time(bench, load, seed, false).map(|mut run| {
            run.polling_round_us = Summary::of(rounds_us(load, seed, ROUNDS, clock::now_ns));
            run
        }));
    }
    keep(bench, &name, &runs)?;
    let words = load.to_string();
    let polling = |of: fn(&Summary) -> f64| {
        let value =
            median(runs.iter().filter_map(|run| run.polling_round_us.as_ref()).map(of).collect())?;
        Some(Peer { name: POLLING.to_owned(), value, run: PeerRun::Same })
    };
    let p50 = figure("acd_decision_p50_us", "us", &words, &runs, |run| Some(run.decision_us.p50));
    let p99 = figure("acd_decision_p99_us", "us", &words, &runs, |run| Some(run.decision_us.p99));
    let per_s =
        figure("acd_decisions_per_s", "1/s", &words, &runs, |run| Some(run.decisions_per_s));
    let p99_us = p99.value;
    bench.add(p50.beside(polling(|round| round.p50)))?;
    bench.add(p99.beside(polling(|round| round.p99)))?;
    bench.add(per_s)?;
    Ok(Measured { load, p99_us })
}

/// Pairs of runs without and with the copies that the live pages read, each pair of one seed and in turns: a difference of a
/// few percent is smaller than what a machine changes from one minute to the next.
fn wallboard(bench: &mut Bench, load: Load) -> anyhow::Result<()> {
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for pair in 0..bench.runs() * WALLBOARD_PAIRS {
        tell(&format!("{NAME} {load} wallboard=off, on ({})", pair + 1));
        let seed = pair as u64 + 1;
        let mut of = |wallboard: bool| {
            let runs = if wallboard { &mut with } else { &mut without };
            runs.extend(time(bench, load, seed, wallboard));
        };
        // Whichever comes second finds a warmer machine.
        let first = pair % 2 == 1;
        of(first);
        of(!first);
    }
    keep(bench, &format!("{NAME} {load} wallboard=off"), &without)?;
    keep(bench, &format!("{NAME} {load} wallboard=on"), &with)?;
    let words = format!("{load} wallboard=on");
    let after = figure("acd_decision_p99_us", "us", &words, &with, |run| Some(run.decision_us.p99));
    let mut change = Figure::new("acd_wallboard_p99_change_percent", "%", load.to_string());
    let pairs = without.iter().zip(&with);
    let changes = pairs.map(|(off, on)| (on.decision_us.p99 / off.decision_us.p99 - 1.0) * 100.0);
    change.value = after.value.and_then(|_| median(changes.collect()));
    change.saturated = change.value.is_none();
    change.because.clone_from(&after.because);
    change.runs = after.runs;
    bench.add(after)?;
    bench.add(change)?;
    let copy = |of: fn(&Summary) -> f64| move |run: &Run| run.copy_us.as_ref().map(of);
    let p50 = figure("acd_floor_copy_p50_us", "us", &load.to_string(), &with, copy(|it| it.p50));
    let p99 = figure("acd_floor_copy_p99_us", "us", &load.to_string(), &with, copy(|it| it.p99));
    bench.add(p50)?;
    bench.add(p99)
}

fn keep(bench: &Bench, name: &str, runs: &[Run]) -> anyhow::Result<()> {
    let file = format!("{}.json", name.replace([' ', '='], "-"));
    Ok(fs::write(bench.options.out.join("raw").join(file), serde_json::to_string_pretty(runs)?)?)
}

fn time(bench: &Bench, load: Load, seed: u64, wallboard: bool) -> Option<Run> {
    let decisions = if bench.options.quick { QUICK_DECISIONS } else { DECISIONS };
    Run::of(&time_decisions(Plan { load, seed, decisions, wallboard }, clock::now_ns))
}

impl Run {
    /// `None` without a decision.
    fn of(timed: &Timed) -> Option<Self> {
        let us = |ns: &[u64]| Summary::of(ns.iter().map(|ns| float(*ns) / 1e3).collect());
        let whole_s = float(timed.decisions_ns.iter().sum()) / 1e9;
        Some(Self {
            decision_us: us(&timed.decisions_ns)?,
            decisions_per_s: float(timed.decisions_ns.len() as u64) / whole_s,
            copy_us: us(&timed.views_ns),
            polling_round_us: None,
            clock_ns: timed.clock_ns,
            waiting: timed.waiting,
            rules_broken: timed.broken,
        })
    }
}

/// The median of the runs; no value where a rule of the distributor did not hold.
fn figure(
    name: &'static str,
    unit: &'static str,
    load: &str,
    runs: &[Run],
    value: impl Fn(&Run) -> Option<f64>,
) -> Figure {
    let mut figure = Figure::new(name, unit, load);
    let broken: u64 = runs.iter().map(|run| run.rules_broken).sum();
    if broken > 0 {
        figure.saturated = true;
        figure.because = format!("{broken} times a rule of the distributor did not hold");
        return figure;
    }
    figure.value = median(runs.iter().filter_map(value).collect());
    figure.runs = runs.len();
    figure
}

impl Bench {
    /// The floors that are wanted now.
    fn floors(&self) -> Vec<Load> {
        let Self { options, .. } = self;
        if !(options.loads.is_empty() || options.loads.iter().any(|load| load == NAME)) {
            return Vec::new();
        }
        let wanted = |load: &Load| {
            let step = options.steps.is_empty() || options.steps.contains(&load.agents);
            step && (!options.quick || [SMALLEST, Load::GOAL].contains(load))
        };
        Load::grid().into_iter().filter(wanted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed(decisions_ns: Vec<u64>, broken: u64) -> Timed {
        Timed { decisions_ns, broken, ..Timed::default() }
    }

    #[test]
    fn decisions_per_second_are_the_reciprocal_of_their_mean() {
        let run = Run::of(&timed(vec![1_000, 3_000], 0)).unwrap();
        assert_eq!((run.decision_us.p50, run.decision_us.p99), (1.0, 3.0));
        assert!((run.decisions_per_s - 500_000.0).abs() < 1e-6);
        assert_eq!(Run::of(&Timed::default()), None);
    }

    #[test]
    fn a_rule_that_does_not_hold_leaves_no_figure() {
        let runs =
            [Run::of(&timed(vec![1_000], 0)).unwrap(), Run::of(&timed(vec![1_000], 2)).unwrap()];
        let none = figure("x", "us", "", &runs, |run| Some(run.decision_us.p50));
        assert_eq!((none.value, none.saturated), (None, true));
        assert!(none.because.contains("2 times"));
    }

    #[test]
    fn growth_is_looked_at_between_loads_of_the_grid() {
        let grid = Load::grid();
        for (words, small, large) in growths() {
            assert!(grid.contains(&small) && grid.contains(&large), "{words}");
            assert!(small.bound() < large.bound(), "{words}");
        }
    }
}
