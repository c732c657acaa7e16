//! Expected waits against those that came (R23): `cargo run --release -p simulation --example waits [folder] [seeds]`.
//!
//! Plays busy days of a county and of a city through the real distributor, prints the table, writes `waits.jsonl`,
//! `waits.md` and `expected_waits.svg` into the folder (`target/bench`). Fails if a caller was told worse than before.

use std::path::PathBuf;

use anyhow::Context as _;
use simulation::waits::{Waits, Watched, figures, markdown, picture, rows, watch};
use simulation::{BuiltIn, Days, DaysError, Span};

/// Every scene is played with seeds from 1 on.
const SEEDS: u64 = 20;

/// A place of the scenario files with more callers than its staff is planned for: queues form only then.
struct Scene {
    name: &'static str,
    built_in: BuiltIn,
    busier: f64,
    /// Other callers than those of the file.
    patience: Option<Span>,
    /// Of one seed; what was learned on one day is known on the next.
    days: u32,
}

/// The predictor was made with the first two in sight; the others it had never met.
const SCENES: [Scene; 6] = [
    Scene { name: "county", built_in: BuiltIn::County, busier: 1.9, patience: None, days: 31 },
    Scene { name: "city", built_in: BuiltIn::City, busier: 1.3, patience: None, days: 7 },
    Scene { name: "city, a storm", built_in: BuiltIn::City, busier: 1.8, patience: None, days: 2 },
    Scene {
        name: "county, patient",
        built_in: BuiltIn::County,
        busier: 1.6,
        patience: Some(Span::LogNormal { mean_s: 240.0, p95_s: 720.0 }),
        days: 31,
    },
    Scene {
        name: "city, exponential",
        built_in: BuiltIn::City,
        busier: 1.3,
        patience: Some(Span::Exponential { mean_s: 120.0 }),
        days: 7,
    },
    Scene { name: "beijing", built_in: BuiltIn::Beijing, busier: 1.3, patience: None, days: 3 },
];

impl Scene {
    fn days(&self, seed: u64) -> Result<Days, DaysError> {
        let days = self.built_in.days()?;
        let mut demand = days.demand.clone();
        demand.per_day *= self.busier;
        demand.patience = self.patience.unwrap_or(demand.patience);
        let (events, faults) = (Vec::new(), simulation::Faults::default());
        Ok(Days { seed, days: self.days, demand, events, faults, ..days })
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is what it is for")]
fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/bench".to_owned()));
    let seeds = arguments.next().map_or(Ok(SEEDS), |seeds| seeds.parse()).context("seeds")?;
    let only = arguments.next();
    let scenes =
        || SCENES.iter().filter(|scene| only.as_ref().is_none_or(|only| *only == scene.name));
    let (mut all, mut lines) = (Vec::new(), Vec::new());
    for scene in scenes() {
        eprintln!("{}", scene.name);
        let played: Vec<Waits> = (1..=seeds)
            .map(|seed| Ok(watch(&scene.days(seed)?)?))
            .collect::<anyhow::Result<_>>()?;
        let watched: Vec<Watched> =
            played.iter().flat_map(|waits| waits.watched.iter().copied()).collect();
        let found = rows(scene.name, &watched);
        for figure in figures(scene.name, &found, &played) {
            lines.push(serde_json::to_string(&figure)?);
        }
        let worse: u64 = played.iter().map(|waits| waits.worse).sum();
        anyhow::ensure!(worse == 0, "{}: {worse} callers were told worse than before", scene.name);
        all.extend(found);
    }
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("waits.jsonl"), lines.join("\n") + "\n")?;
    std::fs::write(folder.join("waits.md"), markdown(&all))?;
    if let Some(picture) = picture(&all) {
        std::fs::write(folder.join(format!("{}.svg", picture.name)), picture.svg)?;
    }
    println!("{}", markdown(&all));
    Ok(())
}
