//! What the 15-second guard is worth: `cargo run --release -p simulation --example guard [folder] [calls per seed]`.
//!
//! Prints the table; writes `guard.jsonl`, `guard.md` and `guard.svg` into the folder (`target/bench`). The plays without
//! one rule have a fifth of the calls, beside the whole guard with as many. Fails if a goal is missed.

use std::path::PathBuf;

use anyhow::Context as _;
use simulation::guard::{AGENTS, Case, Play, Row, SEEDS, figures, instant, markdown, picture, row};

/// 1,500,000 callers a row.
const CALLS: u64 = 300_000;
/// Most points that phones may cost which answer by themselves.
const AUTO_MAX: f64 = 1.0;

#[expect(clippy::print_stdout, reason = "this is what it is for")]
fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/bench".to_owned()));
    let calls =
        arguments.next().map_or(Ok(CALLS), |calls| calls.parse()).context("calls per seed")?;
    let rows: Vec<Row> = std::thread::scope(|scope| {
        let staffs = AGENTS.map(|agents| scope.spawn(move || staff(agents, calls)));
        let rows = staffs
            .into_iter()
            .map(|staff| staff.join().map_err(|_| anyhow::anyhow!("a play has failed"))?);
        rows.collect::<anyhow::Result<Vec<_>>>().map(|rows| rows.concat())
    })?;
    std::fs::create_dir_all(&folder)?;
    let lines: Vec<String> =
        figures(&rows).iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    std::fs::write(folder.join("guard.jsonl"), lines.join("\n") + "\n")?;
    std::fs::write(folder.join("guard.md"), markdown(&rows))?;
    if let Some(picture) = picture(&rows) {
        std::fs::write(folder.join(format!("{}.svg", picture.name)), picture.svg)?;
    }
    println!("{}", markdown(&rows));
    let missed: Vec<String> = rows.iter().filter_map(|row| missed(row, &rows)).collect();
    anyhow::ensure!(missed.is_empty(), "goals are missed: {}", missed.join("; "));
    Ok(())
}

/// Every case with one staff.
#[expect(clippy::print_stderr, reason = "this is what it is for")]
fn staff(agents: u32, calls: u64) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let whole = Case::ALL.map(|case| (case, vec![Play::Guard, Play::NobodyFails, Play::Naive]));
    let parts = Case::ALL.map(|case| {
        let without = case.rules().iter().map(|rule| Play::Without(*rule));
        (case, std::iter::once(Play::Guard).chain(without).collect::<Vec<_>>())
    });
    for (calls, plays) in [(calls, whole), (calls / 5, parts)] {
        let ideal = instant(agents, calls)?;
        for (case, plays) in plays {
            for play in plays {
                let played = row(case, agents, play, calls, &ideal)?;
                eprintln!("{SEEDS} x {calls}: {played:?}");
                rows.push(played);
            }
        }
    }
    Ok(rows)
}

/// What a row of the whole guard has missed of its goal.
fn missed(row: &Row, rows: &[Row]) -> Option<String> {
    if row.broken_rules > 0 {
        return Some(format!("{row:?} broke rules of the distributor"));
    }
    if row.play != Play::Guard {
        return None;
    }
    let same = |other: &&Row| {
        other.play == Play::NobodyFails
            && (other.case, other.agents, other.calls) == (row.case, row.agents, row.calls)
    };
    let most = match row.case {
        Case::Auto => AUTO_MAX,
        Case::LogNormal | Case::Exponential => rows.iter().find(same)?.loss,
    };
    (row.loss > most).then(|| format!("{:?} {}: {:.3} > {most:.3}", row.case, row.agents, row.loss))
}
