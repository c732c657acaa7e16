//! The real distributor beside Erlang A: `cargo run --release -p simulation --example theory [folder] [calls per seed]`.
//!
//! Prints the table; writes `theory.jsonl`, `theory.md` and `erlang_a.svg` into the folder (`target/bench`). Fails if a
//! point lies outside.

use std::path::PathBuf;

use anyhow::Context as _;
use simulation::theory::{Row, SEEDS, figures, inside, markdown, picture, points, row};

/// More than 200,000 callers a point, whatever falls into the warm-up. Five times as many make half a point more than chance everywhere, and take minutes.
const CALLS: u64 = 10_100;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is what it is for")]
fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/bench".to_owned()));
    let calls =
        arguments.next().map_or(Ok(CALLS), |calls| calls.parse()).context("calls per seed")?;
    let mut rows: Vec<Row> = Vec::new();
    for point in points() {
        eprintln!("{} {:.2}: {SEEDS} x {calls}", point.place, point.load);
        rows.push(row(point, calls)?);
    }
    std::fs::create_dir_all(&folder)?;
    let lines: Vec<String> =
        figures(&rows).iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    std::fs::write(folder.join("theory.jsonl"), lines.join("\n") + "\n")?;
    std::fs::write(folder.join("theory.md"), markdown(&rows))?;
    if let Some(picture) = picture(&rows) {
        std::fs::write(folder.join(format!("{}.svg", picture.name)), picture.svg)?;
    }
    println!("{}\n{} / {}", markdown(&rows), inside(&rows), rows.len());
    anyhow::ensure!(inside(&rows) == rows.len(), "a point lies outside its band");
    Ok(())
}
