//! Plays days and reports: `cargo run --release -p simulation --example days -- county|city|beijing|FILE.toml [folder] [log.csv]`.
//!
//! Writes `report.md`, `report.html`, `report.json` and the pictures into the folder (`target/simulation`).

use std::path::PathBuf;

use anyhow::Context as _;
use simulation::{BuiltIn, CallLog, Columns, Days, Faults, Progress, Report, play, play_log};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is what it is for")]
fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().context("name a scenario: county, city, beijing or a file")?;
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "target/simulation".to_owned()));
    let days = match BuiltIn::named(&name) {
        Some(built_in) => built_in.days()?,
        None => Days::from_toml(&std::fs::read_to_string(&name).context(name)?)?,
    };
    let mut percent = 0.0;
    let mut progress = |progress: Progress| {
        if progress.share >= percent + 0.1 {
            percent = progress.share;
            eprintln!("{:3.0} % {} {}", percent * 100.0, progress.at, progress.calls);
        }
    };
    let played = match arguments.next() {
        None => play(&days, &mut progress)?,
        Some(file) => {
            let log =
                CallLog::read(std::fs::File::open(&file).context(file)?, &Columns::default())?;
            eprintln!("a log has its own callers and days: events and faults are left out");
            let days = Days { events: Vec::new(), faults: Faults::default(), ..days };
            play_log(&days, &log, &mut progress)?
        }
    };
    let report = Report::of(&played);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("report.json"), serde_json::to_string_pretty(&report)?)?;
    std::fs::write(folder.join("report.md"), report.markdown())?;
    std::fs::write(folder.join("report.html"), report.html())?;
    for picture in report.plots() {
        std::fs::write(folder.join(format!("{}.svg", picture.name)), picture.svg)?;
    }
    println!("{}", report.markdown());
    Ok(())
}
