//! The configuration: `config.default.toml` <- file named by `--config` <- `HOTLINE__SECTION__KEY`.
//!
//! Owns: reading the layers once, finding *all* faults, one struct per section. Must not do: open
//! anything. Sections below `[gateway` belong to the other program and are not looked at.

mod fault;
mod floor;
mod layers;
mod lines;
mod returns;
mod secret;
mod sections;
mod staffing;

use std::path::{Path, PathBuf};

pub use self::staffing::Staffing;
pub use fault::{ConfigError, Fault};
pub use floor::{Calls, Journal, NumberSetting, Softphone};
pub use returns::MissedCallReturns;
pub use secret::Secret;
pub use sections::{
    Auth, Centre, Data, Database, Http, Jobs, Log, LogFormat, Redis, Sample, TestClock, Tls,
};

/// The built-in first layer, which documents every key.
pub const DEFAULT_TOML: &str = include_str!("../config.default.toml");

/// Everything the server was told. Built by [`Config::load`], which has checked it.
#[derive(Debug, Clone)]
pub struct Config {
    pub data: Data,
    pub centre: Centre,
    pub http: Http,
    pub tls: Tls,
    pub database: Database,
    pub redis: Redis,
    pub auth: Auth,
    pub jobs: Jobs,
    /// `[acd]`: the distributor's own settings, word for word.
    pub acd: acd::Config,
    pub journal: Journal,
    pub calls: Calls,
    pub missed_call_returns: MissedCallReturns,
    pub softphone: Softphone,
    pub staffing: Staffing,
    pub log: Log,
    pub test: TestClock,
    pub sample: Sample,
}

impl Config {
    /// Reads default, `file` and the process's environment.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault found, each with its key.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::from_layers(file, std::env::vars())
    }

    /// The same with an environment given by the caller.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_layers(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let (layers, mut faults) = layers::merge(file, environment);
        let config = (|| {
            Some(Self {
                data: layers.section("data", &mut faults)?,
                centre: layers.section("centre", &mut faults)?,
                http: layers.section("http", &mut faults)?,
                tls: layers.section("tls", &mut faults)?,
                database: layers.section("database", &mut faults)?,
                redis: layers.section("redis", &mut faults)?,
                auth: layers.section("auth", &mut faults)?,
                jobs: layers.section("jobs", &mut faults)?,
                acd: layers.section("acd", &mut faults)?,
                journal: layers.section("journal", &mut faults)?,
                calls: layers.section("calls", &mut faults)?,
                missed_call_returns: layers.section("missed_call_returns", &mut faults)?,
                softphone: layers.section("softphone", &mut faults)?,
                staffing: layers.section("staffing", &mut faults)?,
                log: layers.section("log", &mut faults)?,
                test: layers.section("test", &mut faults)?,
                sample: layers.section("sample", &mut faults)?,
            })
        })();
        if let Some(config) = &config {
            config.validate(&mut faults);
        }
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(ConfigError { faults }),
        }
    }

    /// Reports what each section finds wrong with its values.
    fn validate(&self, faults: &mut Vec<Fault>) {
        self.centre.validate(faults);
        self.http.validate(faults);
        self.database.validate(faults);
        self.redis.validate(faults);
        self.auth.validate(faults);
        self.jobs.validate(faults);
        for what in self.line_faults(&self.acd.lines) {
            faults.push(Fault::new("acd.lines", what));
        }
        self.journal.validate(faults);
        self.calls.validate(faults);
        self.missed_call_returns.validate(&self.acd.return_hours, faults);
        self.softphone.validate(faults);
        self.staffing.validate(faults);
        self.log.validate(faults);
        self.test.validate(faults);
    }

    /// What is wrong with lines to neighbouring centres.
    #[must_use]
    pub fn line_faults(&self, lines: &[acd::Line]) -> Vec<String> {
        let dialled = self.calls.numbers.iter().map(|route| route.number.as_str());
        lines::faults(lines, dialled.chain([self.acd.caller_id.as_str()]))
    }

    /// A path below the data folder.
    #[must_use]
    pub fn data_path(&self, below: &str) -> PathBuf {
        self.data.dir.join(below)
    }
}

#[cfg(test)]
mod tests;
