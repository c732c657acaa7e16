//! `[missed_call_returns]`: how missed calls are called back (漏接回拨).

use std::time::Duration;

use acd::ReturnHours;
use figures::Daytime;
use serde::Deserialize;

use super::Fault;

const MINUTES_OF_HOUR: u16 = 60;

/// `[missed_call_returns]`
#[derive(Debug, Clone, Deserialize)]
pub struct MissedCallReturns {
    pub from_hour: u16,
    pub until_hour: u16,
    pub claim_s: u64,
    pub retry_after_s: u64,
    pub attempts_max: u32,
}

impl MissedCallReturns {
    /// When people may be called; 08:00 to 20:00 where the hours are none, which the check has refused.
    #[must_use]
    pub fn daytime(&self) -> Daytime {
        self.hours().unwrap_or_default()
    }

    #[must_use]
    pub fn claim(&self) -> Duration {
        Duration::from_secs(self.claim_s)
    }

    #[must_use]
    pub fn retry_after(&self) -> Duration {
        Duration::from_secs(self.retry_after_s)
    }

    fn hours(&self) -> Result<Daytime, figures::DaytimeError> {
        let minutes = |hour: u16| hour.saturating_mul(MINUTES_OF_HOUR);
        Daytime::new(minutes(self.from_hour), minutes(self.until_hour))
    }

    /// `distributor`: the hours in which the distributor promises and dials calls back. They are the same ones.
    pub(super) fn validate(&self, distributor: &ReturnHours, faults: &mut Vec<Fault>) {
        let minutes = |hour: u16| hour.saturating_mul(MINUTES_OF_HOUR);
        let (from_min, until_min) = (minutes(self.from_hour), minutes(self.until_hour));
        if *distributor != (ReturnHours { from_min, until_min }) {
            let what =
                format!("must be the hours of missed_call_returns: {from_min} to {until_min}");
            faults.push(Fault::new("acd.return_hours", what));
        }
        if self.hours().is_err() {
            faults.push(Fault::new(
                "missed_call_returns.until_hour",
                "must be after from_hour, at most 24",
            ));
        }
        if !(30..=86_400).contains(&self.claim_s) {
            faults.push(Fault::new("missed_call_returns.claim_s", "must be from 30 to 86400"));
        }
        if self.retry_after_s > 86_400 {
            faults.push(Fault::new("missed_call_returns.retry_after_s", "must be at most 86400"));
        }
        if !(1..=100).contains(&self.attempts_max) {
            faults.push(Fault::new("missed_call_returns.attempts_max", "must be from 1 to 100"));
        }
    }
}
