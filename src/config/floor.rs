//! Sections about calls: the distributor's settings, its journal, dialled numbers, softphones.

use std::collections::BTreeSet;
use std::time::Duration;

use acd::SkillLevels;
use serde::Deserialize;
use types::{QueueCode, SkillCode};

use super::Fault;

/// `[journal]`
#[derive(Debug, Clone, Deserialize)]
pub struct Journal {
    pub rotate_entries: u64,
    pub keep_files: usize,
    pub stuck_exit_s: u64,
}

impl Journal {
    #[must_use]
    pub fn stuck_exit(&self) -> Duration {
        Duration::from_secs(self.stuck_exit_s)
    }

    pub(super) fn validate(&self, faults: &mut Vec<Fault>) {
        if !(100..=10_000_000).contains(&self.rotate_entries) {
            faults.push(Fault::new("journal.rotate_entries", "must be from 100 to 10000000"));
        }
        if self.keep_files < 2 {
            faults.push(Fault::new("journal.keep_files", "must be at least 2"));
        }
    }
}

/// `[calls]`
#[derive(Debug, Clone, Deserialize)]
pub struct Calls {
    pub numbers: Vec<NumberSetting>,
    /// Registering a desk phone is all an agent has to do to be Ready.
    pub desk_phones_ready: bool,
}

/// What callers of one dialled number ask for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberSetting {
    pub number: String,
    /// An agent must have all of them.
    #[serde(default)]
    pub skills: BTreeSet<SkillCode>,
    /// 0 is served first.
    #[serde(default)]
    pub priority: u8,
    /// Whose rules hold (`acd.queues`); none: those of `acd.queue`.
    #[serde(default)]
    pub queue: Option<QueueCode>,
    /// The least level (1 to 5) of a skill; one that is not named: any.
    #[serde(default)]
    pub min_levels: SkillLevels,
}

impl Calls {
    pub(super) fn validate(&self, faults: &mut Vec<Fault>) {
        for route in &self.numbers {
            if route.number.is_empty() || !route.number.bytes().all(|byte| byte.is_ascii_digit()) {
                let what = format!("{:?} is no dialled number: digits only", route.number);
                faults.push(Fault::new("calls.numbers", what));
            }
        }
    }
}

/// `[softphone]`
#[derive(Debug, Clone, Deserialize)]
pub struct Softphone {
    pub domain: String,
    pub host: String,
    pub ws_port: u16,
    pub wss_port: u16,
}

impl Softphone {
    pub(super) fn validate(&self, faults: &mut Vec<Fault>) {
        if self.domain.trim().is_empty() {
            faults.push(Fault::new("softphone.domain", "must be the gateway's `gateway.domain`"));
        }
    }
}
