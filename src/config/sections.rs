//! One struct per section of `config.default.toml`, and what each finds wrong with its values.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use types::CentreId;

use super::{Fault, Secret};

/// `[data]`
#[derive(Debug, Clone, Deserialize)]
pub struct Data {
    pub dir: PathBuf,
}

/// `[centre]`
#[derive(Debug, Clone, Deserialize)]
pub struct Centre {
    pub id: CentreId,
    pub name: String,
}

impl Centre {
    pub(super) fn validate(&self, faults: &mut Vec<Fault>) {
        if self.name.trim().is_empty() {
            faults.push(Fault::new("centre.name", "must not be empty: it is shown on every page"));
        }
    }
}

/// `[http]`
#[derive(Debug, Clone, Deserialize)]
pub struct Http {
    pub bind: IpAddr,
    pub port: u16,
    pub tls_port: u16,
    pub tls: bool,
    pub pages_dir: PathBuf,
    pub public_origins: Vec<String>,
    pub trusted_proxies: Vec<IpAddr>,
    pub body_bytes_max: usize,
    pub drain_s: u64,
}

impl Http {
    pub(super) fn validate(&self, faults: &mut Vec<Fault>) {
        if self.tls && self.port != 0 && self.port == self.tls_port {
            faults.push(Fault::new("http.tls_port", "must differ from http.port"));
        }
        if !(1_024..=64 * 1_024 * 1_024).contains(&self.body_bytes_max) {
            faults.push(Fault::new("http.body_bytes_max", "must be from 1024 to 67108864"));
        }
        for origin in &self.public_origins {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            if host.is_none_or(|host| host.is_empty() || host.contains('/')) {
                let what = format!("{origin:?} is no origin; write it as https://host:port");
                faults.push(Fault::new("http.public_origins", what));
            }
        }
    }
}

/// `[tls]`
#[derive(Debug, Clone, Deserialize)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub names: Vec<String>,
}

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
pub struct Database {
    pub url: Secret,
    pub connections_max: u32,
    pub wait_ms_max: u64,
}

impl Database {
    #[must_use]
    pub fn wait_max(&self) -> Duration {
        Duration::from_millis(self.wait_ms_max)
    }

    pub(super) fn validate(&self, faults: &mut Vec<Fault>) {
        let url = self.url.reveal();
        let known = ["postgres://", "postgresql://", "sqlite:"];
        if !url.is_empty() && !known.iter().any(|scheme| url.starts_with(scheme)) {
            faults.push(Fault::new(
                "database.url",
                "must be empty, sqlite:<file> or postgres://user:password@host/name",
            ));
        }
        in_range("database.connections_max", u64::from(self.connections_max), 2, 500, faults);
        in_range("database.wait_ms_max", self.wait_ms_max, 100, 60_000, faults);
    }
}

/// `[redis]`
#[derive(Debug, Clone, Deserialize)]
pub struct Redis {
    pub url: Secret,
}

impl Redis {
    pub(super) fn validate(&self, faults: &mut Vec<Fault>) {
        let url = self.url.reveal();
        if !url.is_empty() && !url.starts_with("redis://") && !url.starts_with("rediss://") {
            faults.push(Fault::new("redis.url", "must be empty or redis://host:6379/0"));
        }
    }
}

/// `[auth]`
#[derive(Debug, Clone, Deserialize)]
pub struct Auth {
    pub session_idle_min: u64,
    pub session_life_h: u64,
    pub failures_max: u32,
    pub lock_out_min: u64,
    pub password_len_min: usize,
    pub argon2_memory_kib: u32,
    pub argon2_passes: u32,
    pub machine_token_life_days: u64,
}

impl Auth {
    #[must_use]
    pub fn session_idle(&self) -> Duration {
        Duration::from_secs(self.session_idle_min * 60)
    }

    #[must_use]
    pub fn session_life(&self) -> Duration {
        Duration::from_secs(self.session_life_h * 3_600)
    }

    #[must_use]
    pub fn lock_out(&self) -> Duration {
        Duration::from_secs(self.lock_out_min * 60)
    }

    #[must_use]
    pub fn machine_token_life(&self) -> Duration {
        Duration::from_secs(self.machine_token_life_days * 86_400)
    }

    pub(super) fn validate(&self, faults: &mut Vec<Fault>) {
        in_range("auth.session_idle_min", self.session_idle_min, 1, 7 * 24 * 60, faults);
        in_range("auth.session_life_h", self.session_life_h, 1, 7 * 24, faults);
        in_range("auth.failures_max", u64::from(self.failures_max), 1, 100, faults);
        in_range("auth.lock_out_min", self.lock_out_min, 1, 24 * 60, faults);
        in_range("auth.password_len_min", self.password_len_min as u64, 8, 128, faults);
        in_range("auth.argon2_memory_kib", u64::from(self.argon2_memory_kib), 64, 1 << 20, faults);
        in_range("auth.argon2_passes", u64::from(self.argon2_passes), 1, 100, faults);
        in_range("auth.machine_token_life_days", self.machine_token_life_days, 1, 3_650, faults);
    }
}

/// `[jobs]`
#[derive(Debug, Clone, Deserialize)]
pub struct Jobs {
    pub poll_ms: u64,
    pub claim_s: u64,
    pub attempts_max: u32,
}

impl Jobs {
    #[must_use]
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    #[must_use]
    pub fn claim(&self) -> Duration {
        Duration::from_secs(self.claim_s)
    }

    pub(super) fn validate(&self, faults: &mut Vec<Fault>) {
        in_range("jobs.poll_ms", self.poll_ms, 10, 60_000, faults);
        in_range("jobs.claim_s", self.claim_s, 5, 3_600, faults);
        in_range("jobs.attempts_max", u64::from(self.attempts_max), 1, 1_000, faults);
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
pub struct Log {
    pub format: LogFormat,
    pub filter: String,
}

impl Log {
    pub(super) fn validate(&self, faults: &mut Vec<Fault>) {
        if let Err(error) = self.filter.parse::<tracing_subscriber::EnvFilter>() {
            faults.push(Fault::new("log.filter", error.to_string()));
        }
    }
}

/// `[sample]`
#[derive(Debug, Clone, Deserialize)]
pub struct Sample {
    pub password: Secret,
}

/// `[test]`
#[derive(Debug, Clone, Deserialize)]
pub struct TestClock {
    pub business_time_offset_s: i64,
}

impl TestClock {
    pub(super) fn validate(&self, faults: &mut Vec<Fault>) {
        if self.business_time_offset_s != 0 && !cfg!(feature = "test-clock") {
            faults.push(Fault::new(
                "test.business_time_offset_s",
                "must be 0: this program was not built with the feature test-clock",
            ));
        }
    }
}

pub(super) fn in_range(key: &str, value: u64, least: u64, most: u64, faults: &mut Vec<Fault>) {
    if !(least..=most).contains(&value) {
        faults.push(Fault::new(key, format!("is {value}, must be from {least} to {most}")));
    }
}
