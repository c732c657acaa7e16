//! Telling a waiting caller how many are before her and how long it takes (R23). The figures are the host's (crate
//! `staffing`); here they become prompts, and an order if she still waits.

use serde::{Deserialize, Serialize};
use types::{CallId, Timestamp};

use crate::config::{Config, millis};
use crate::core::Acd;
use crate::effect::{AnswerMode, Treatment};
use crate::record::Record;
use crate::view::WaitingView;
use crate::waiting_rules::AnnouncementRules;

/// Prompts go to sixty, for callers before her as for minutes.
const SPOKEN_MAX: u64 = 60;
const MINUTE_MS: u64 = 60_000;

/// What one caller is told. Nobody is told a worse one than before.
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
    fn no_worse_than(self, before: Option<Self>) -> Self {
        before.map_or(self, |before| Self {
            ahead: self.ahead.min(before.ahead),
            middle_ms: self.middle_ms.min(before.middle_ms),
            late_ms: self.late_ms.min(before.late_ms),
        })
    }

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

/// What a waiting caller has heard of ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heard {
    /// Music or prompts of ours, not the carrier's tone alone.
    pub sound: bool,
    /// When prompts were ordered last.
    pub prompts_at: Option<Timestamp>,
    /// When she was told last what to expect, and what: she is never told anything worse.
    pub announced_at: Option<Timestamp>,
    pub announced: Option<Announcement>,
}

impl Heard {
    /// Whether the last prompts may still be heard.
    fn prompts(self, now: Timestamp, rules: AnnouncementRules) -> bool {
        self.prompts_at.is_some_and(|at| now.since(at) < millis(rules.apart_ms))
    }
}

impl WaitingView {
    /// Whether it is time to tell her place and expected wait.
    #[must_use]
    pub fn announcement_is_due(&self, now: Timestamp, config: &Config) -> bool {
        let (rules, callback) = (config.announcements, &config.queue_callback);
        let (heard, waited) = (self.heard, now.since(self.ring_started));
        let told_long_ago =
            heard.announced_at.is_none_or(|at| now.since(at) >= millis(rules.every_ms));
        let offer_is_near = callback.is_offered_on(&self.dialled) && {
            let offered_after = millis(callback.after_ms);
            waited < offered_after && offered_after - waited < millis(rules.apart_ms)
        };
        rules.every_ms > 0
            && waited >= millis(rules.after_ms)
            && told_long_ago
            && !offer_is_near
            && heard.sound
            && !heard.prompts(now, rules)
            && self.offers == 0
            && !self.connecting
    }
}

impl Acd {
    /// Plays an announcement to a caller who still waits and hears our sound; music goes on after it. Phones that
    /// ring for her go on ringing. Other prompts are heard to their end, and nothing is worse than what she was told
    /// before, whatever the host expects now (R23).
    pub(crate) fn announce(&mut self, call: CallId, announcement: Announcement) {
        let (now, rules) = (self.now, self.config.announcements);
        let Some(inbound) = self.inbound(call) else { return };
        let mode = self.config.waiting_for(&inbound.dialled).answer;
        let heard = inbound.leg_answered || mode != AnswerMode::KeepRinging;
        let waits = inbound.treated && inbound.offers().is_some();
        if !(heard && waits) || inbound.heard.prompts(now, rules) {
            return;
        }
        let announcement = announcement.no_worse_than(inbound.heard.announced);
        if let Some(inbound) = self.inbound_mut(call) {
            inbound.heard.announced_at = Some(now);
            inbound.heard.announced = Some(announcement);
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

    #[test]
    fn every_word_that_is_spoken_has_its_sound() {
        let list = include_str!("../../../prompts/prompts.csv");
        let known: Vec<&str> = list.lines().filter_map(|line| line.split(',').next()).collect();
        for number in 0..=61 {
            for word in spoken(u32::try_from(number).unwrap(), number * MINUTE_MS).split(' ') {
                assert!(known.contains(&word), "prompts.csv has no {word}");
            }
        }
    }
}
