//! Telling a waiting caller how many are before her and how long it takes (R23). The figures are the host's (crate
//! `staffing`); here they become prompts, and an order if she still waits.

use serde::{Deserialize, Serialize};
use types::CallId;

use crate::core::Acd;
use crate::effect::{AnswerMode, Treatment};
use crate::record::Record;

/// Prompts go to sixty, for callers before her as for minutes.
const SPOKEN_MAX: u64 = 60;
const MINUTE_MS: u64 = 60_000;

/// What one caller is told. A host tells nobody a worse one than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Callers before her.
    pub ahead: u32,
    /// Half of those at her place are answered within it.
    pub middle_ms: u64,
    /// 80 of 100 are answered within it: what is spoken.
    pub late_ms: u64,
}

impl Announcement {
    /// Ids of `prompts/prompts.csv`, in the order in which they make sentences. Minutes are rounded up.
    #[must_use]
    pub fn prompts(self) -> Vec<String> {
        let mut ids = match u64::from(self.ahead) {
            0 => vec!["queue_position_next".to_owned()],
            2 => sentence("queue_position_prefix", "num_liang", "queue_position_suffix"),
            ahead @ 1..=SPOKEN_MAX => {
                let number = format!("num_{ahead:02}");
                sentence("queue_position_prefix", &number, "queue_position_suffix")
            }
            _ => vec!["queue_position_many".to_owned()],
        };
        if self.ahead > 0 {
            ids.push("wait_prefix".to_owned());
            ids.push(match self.late_ms.div_ceil(MINUTE_MS) {
                0 => "wait_under_one".to_owned(),
                1 if self.late_ms < MINUTE_MS => "wait_under_one".to_owned(),
                minutes @ 1..=SPOKEN_MAX => format!("min_{minutes:02}"),
                _ => "wait_over_sixty".to_owned(),
            });
        }
        ids
    }
}

fn sentence(before: &str, number: &str, after: &str) -> Vec<String> {
    [before, number, after].map(str::to_owned).to_vec()
}

impl Acd {
    /// Plays an announcement to a caller who still waits and hears our sound; music goes on after it. Phones that
    /// ring for her go on ringing.
    pub(crate) fn announce(&mut self, call: CallId, announcement: Announcement) {
        let Some(inbound) = self.inbound(call) else { return };
        let mode = self.config.waiting_for(&inbound.dialled).answer;
        let heard = inbound.leg_answered || mode != AnswerMode::KeepRinging;
        if !(heard && inbound.treated && inbound.offers().is_some()) {
            return;
        }
        self.record(Record::WaitAnnounced { call, announcement });
        let prompts = announcement.prompts();
        self.order_treatment(call, Treatment::Prompts { prompts }, mode);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(ahead: u32, late_ms: u64) -> String {
        Announcement { ahead, middle_ms: 0, late_ms }.prompts().join(" ")
    }

    #[test]
    fn place_and_wait_are_put_together_from_prompts() {
        assert_eq!(spoken(0, 90_000), "queue_position_next");
        let (front, back) = ("queue_position_prefix", "queue_position_suffix wait_prefix");
        assert_eq!(spoken(1, 59_999), format!("{front} num_01 {back} wait_under_one"));
        assert_eq!(spoken(2, 60_000), format!("{front} num_liang {back} min_01"));
        assert_eq!(spoken(12, 60_001), format!("{front} num_12 {back} min_02"));
        assert_eq!(spoken(60, 3_600_000), format!("{front} num_60 {back} min_60"));
        assert_eq!(spoken(61, 3_600_001), "queue_position_many wait_prefix wait_over_sixty");
    }
}
