//! The benchmarks: starts the systems under test and their peers, puts loads on them, writes
//! `results.jsonl`, raw reports and plots.

mod acd;
mod collect;
mod import;
mod kamailio;
mod media;
mod plot;
mod process;
mod queue;
mod recorded;
mod rtpengine;
mod signalling;
mod sipp;
mod storm;
mod system;

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::figure::Figure;
use crate::run::RunReport;
use crate::scenario::Scenario;
use crate::{ceiling, figure};

/// Which part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    Acd,
    Queue,
    /// A county's storm: what is missed is called back.
    Storm,
    Media,
    Signalling,
}

/// What is to be measured, with which programs.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// One part alone
    #[arg(long)]
    only: Option<Part>,
    /// One run of the small steps: a look, not a result
    #[arg(long)]
    quick: bool,
    /// Runs of each load; figures are their medians
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// The project's folder
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Folder with `hotline` and `sip-gateway`
    #[arg(long, default_value = "target/release")]
    bin: PathBuf,
    /// Where figures, raw reports and plots go
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// A PostgreSQL with syncs on that may be filled; without it only SQLite is measured
    #[arg(long, env = "BENCH_DATABASE_URL", hide_env_values = true)]
    postgres: Option<String>,
    /// Its first process
    #[arg(long, env = "BENCH_DATABASE_PID", requires = "postgres")]
    postgres_pid: Option<u32>,
    /// Only these steps of each load
    #[arg(long, value_delimiter = ',')]
    steps: Vec<u32>,
    /// Only these loads, by the names of their scenario files
    #[arg(long, value_delimiter = ',')]
    loads: Vec<String>,
}

/// The last figure of the generator's limits.
const CEILING_LAST: &str = "generator_packets_per_s";

/// A benchmark under way.
#[derive(Debug)]
pub(crate) struct Bench {
    options: Options,
    figures: Vec<Figure>,
    /// Lines of an earlier run that this one does not measure again.
    kept: Vec<Line>,
}

/// A line of `results.jsonl` as it stands there.
#[derive(Debug)]
struct Line {
    name: String,
    load: String,
    text: String,
}

/// The lines of a file of figures; what is no figure is left out.
fn lines_of(text: &str) -> Vec<Line> {
    let line = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        let word = |key: &str| Some(value.get(key)?.as_str()?.to_owned());
        Some(Line { name: word("name")?, load: word("load")?, text: text.to_owned() })
    };
    text.lines().filter_map(line).collect()
}

/// Measures. False when something was saturated.
///
/// # Errors
/// A program that does not start, a load that cannot be put on, a file that cannot be written.
pub fn run(options: &Options) -> anyhow::Result<bool> {
    fs::create_dir_all(options.out.join("raw"))?;
    let mut options = options.clone();
    for path in [&mut options.root, &mut options.bin, &mut options.out] {
        *path = path.canonicalize().with_context(|| path.display().to_string())?;
    }
    // A part measured alone joins what is there; a whole run begins anew.
    let partial = options.only.is_some() || !options.steps.is_empty() || !options.loads.is_empty();
    let there = fs::read_to_string(options.out.join("results.jsonl")).unwrap_or_default();
    let kept = if partial { lines_of(&there) } else { Vec::new() };
    let mut bench = Bench { options, figures: Vec::new(), kept };
    let wants = |part| bench.options.only.is_none_or(|only| only == part);
    let (acd, queue, media, signalling) =
        (wants(Part::Acd), wants(Part::Queue), wants(Part::Media), wants(Part::Signalling));
    let storm = wants(Part::Storm);
    // The generator's limits hold for all parts that are measured into one folder; the distributor alone needs none.
    let generates = queue || media || signalling;
    if generates && !bench.kept.iter().any(|line| line.name == CEILING_LAST) {
        bench.ceiling()?;
    }
    if acd {
        acd::measure(&mut bench)?;
    }
    if media {
        media::measure(&mut bench)?;
    }
    if signalling {
        signalling::measure(&mut bench)?;
    }
    if queue {
        queue::measure(&mut bench)?;
    }
    if storm {
        storm::measure(&mut bench)?;
    }
    plot::draw(&bench.figures, &bench.options.out)?;
    Ok(bench.figures.iter().all(|figure| !figure.saturated))
}

impl Bench {
    /// The generator's own limits stand beside every figure.
    fn ceiling(&mut self) -> anyhow::Result<()> {
        let ceiling = ceiling::climb(self.options.quick)?;
        let file = self.options.out.join("ceiling.json");
        fs::write(file, serde_json::to_string_pretty(&ceiling)?)?;
        let steps = || {
            let sound = ceiling.sound_steps.iter().chain(&ceiling.srtp_steps);
            ceiling.call_steps.iter().chain(sound)
        };
        let because: Vec<String> = steps().flat_map(|step| step.because.clone()).collect();
        let line = |name, unit, value: Option<f64>| {
            let mut figure = Figure::new(name, unit, "peer=itself");
            figure.saturated = value.is_none();
            if value.is_none() {
                figure.because = because.join("; ");
            }
            figure.value = value;
            figure.runs = 1;
            figure
        };
        let packets = ceiling.packets_per_s.map(ceiling::float);
        self.add(line("generator_calls_per_s", "1/s", ceiling.calls_per_s.map(f64::from)))?;
        self.add(line("generator_sound_calls", "calls", ceiling.calls_with_sound.map(f64::from)))?;
        let secure = ceiling.calls_with_srtp.map(f64::from);
        self.add(line("generator_srtp_calls", "calls", secure))?;
        self.add(line(CEILING_LAST, "1/s", packets))
    }

    /// A scenario file of `loadtest/scenarios`.
    fn scenario(&self, name: &str) -> anyhow::Result<Scenario> {
        let path = self.options.root.join("loadtest/scenarios").join(format!("{name}.toml"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Scenario::parse(&text).with_context(|| path.display().to_string())
    }

    /// The steps of a load that are wanted now.
    fn steps(&self, scenario: &Scenario) -> Vec<u32> {
        let loads = &self.options.loads;
        if !loads.is_empty() && !loads.contains(&scenario.name) {
            return Vec::new();
        }
        if !self.options.steps.is_empty() {
            let wanted = |step: &&u32| self.options.steps.contains(step);
            return scenario.steps.iter().filter(wanted).copied().collect();
        }
        if self.options.quick { scenario.quick_steps.clone() } else { scenario.steps.clone() }
    }

    fn runs(&self) -> usize {
        if self.options.quick { 1 } else { self.options.runs.max(1) }
    }

    /// Puts the same load on several times, with another seed each; every raw report is kept, a load that failed
    /// gives no figure.
    fn repeat(
        &self,
        scenario: &Scenario,
        load: &str,
        mut once: impl FnMut(&Scenario) -> anyhow::Result<RunReport>,
    ) -> anyhow::Result<Vec<RunReport>> {
        let mut reports = Vec::new();
        for run in 0..self.runs() {
            tell(&format!("{} {load} ({} of {})", scenario.name, run + 1, self.runs()));
            let mut one = scenario.clone();
            one.seed = scenario.seed + run as u64;
            // One load that cannot be put on must not cost the figures of all others.
            let report = once(&one).unwrap_or_else(|error| RunReport::failed(&one, &error));
            let name = format!("{}-{}-{run}.json", scenario.name, load.replace([' ', '='], "-"));
            let file = self.options.out.join("raw").join(name);
            fs::write(file, serde_json::to_string_pretty(&report)?)?;
            for why in &report.because {
                tell(&format!("  no figure: {why}"));
            }
            reports.push(report);
        }
        Ok(reports)
    }

    /// Writes a figure at once: what was measured stays when a later part fails.
    fn add(&mut self, mut figure: Figure) -> anyhow::Result<()> {
        figure.value = figure.value.map(figure::rounded);
        self.kept.retain(|line| line.name != figure.name || line.load != figure.load);
        self.figures.push(figure);
        let mut text: String = self.kept.iter().map(|line| format!("{}\n", line.text)).collect();
        for one in &self.figures {
            text.push_str(&serde_json::to_string(one)?);
            text.push('\n');
        }
        let mut file = fs::File::create(self.options.out.join("results.jsonl"))?;
        file.write_all(text.as_bytes())?;
        Ok(())
    }
}

/// Progress, for who waits.
#[expect(clippy::print_stderr, reason = "a long command tells how far it is")]
pub(crate) fn tell(line: &str) {
    eprintln!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_an_earlier_run_are_known_by_name_and_load() {
        let text = "{\"name\":\"a\",\"load\":\"x=1\",\"value\":2}\nbroken\n{\"name\":\"b\"}\n";
        let lines = lines_of(text);
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].name.as_str(), lines[0].load.as_str()), ("a", "x=1"));
        assert!(lines[0].text.ends_with("2}"));
    }
}
