//! What programs used over a stretch of time: differences of `/proc` counters.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::Serialize;

use crate::ceiling::{float, ratio};
use crate::clock;
use crate::measure::{self, Watched};
use crate::outcome::ms;

/// Use of processor and memory over a stretch of time.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Usage {
    pub seconds: f64,
    pub cpu_ms: BTreeMap<String, u64>,
    pub generator_cpu_ms: u64,
    pub machine_busy_share: f64,
    /// Cores used by programs that have nothing to do with the load.
    pub others_cores: f64,
}

impl Usage {
    /// Of one core.
    #[must_use]
    pub fn generator_share(&self) -> f64 {
        ratio(self.generator_cpu_ms, self.seconds * 1_000.0)
    }
}

/// Counters at an instant.
#[derive(Debug)]
pub(crate) struct Mark {
    at_ns: u64,
    cpu_ms: BTreeMap<String, u64>,
    own_ms: u64,
    machine_ms: (u64, u64),
}

impl Mark {
    pub(crate) fn now(watched: &[Watched]) -> anyhow::Result<Self> {
        let mut cpu_ms = BTreeMap::new();
        for one in watched {
            let used = one.cpu_ms().with_context(|| format!("{} (pid {})", one.name, one.pid))?;
            *cpu_ms.entry(one.name.clone()).or_default() += used;
        }
        let (own_ms, _) = measure::own_cpu_ms()?;
        Ok(Self { at_ns: clock::now_ns(), cpu_ms, own_ms, machine_ms: measure::machine_ms()? })
    }

    pub(crate) fn usage_since(&self, before: &Self) -> Usage {
        let used = |(name, after): (&String, &u64)| {
            let before = before.cpu_ms.get(name).copied().unwrap_or(0);
            (name.clone(), after.saturating_sub(before))
        };
        let busy = self.machine_ms.0.saturating_sub(before.machine_ms.0);
        let all = self.machine_ms.1.saturating_sub(before.machine_ms.1);
        let seconds = ms(self.at_ns - before.at_ns) / 1_000.0;
        let cpu_ms: BTreeMap<String, u64> = self.cpu_ms.iter().map(used).collect();
        let generator_cpu_ms = self.own_ms.saturating_sub(before.own_ms);
        let ours = cpu_ms.values().sum::<u64>() + generator_cpu_ms;
        Usage {
            seconds,
            cpu_ms,
            generator_cpu_ms,
            machine_busy_share: ratio(busy, float(all)),
            others_cores: ratio(busy.saturating_sub(ours), seconds * 1_000.0),
        }
    }
}

/// Memory of each watched program; one that cannot be read is left out.
pub(crate) fn memory(watched: &[Watched]) -> BTreeMap<String, u64> {
    watched.iter().filter_map(|one| Some((one.name.clone(), one.pss_kib().ok()?))).collect()
}
