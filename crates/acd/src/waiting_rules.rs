//! What a centre has decided about people who wait: the call back by key, the place of a redial, surge notices,
//! screening. Part of [`crate::Config`]; hot like all of it (R20).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use types::{Phone, Timestamp};

use crate::effect::AnswerMode;

const MINUTE_US: i64 = 60_000_000;
const DAY_US: i64 = 1_440 * MINUTE_US;
/// A day in minutes.
const DAY_MIN: u16 = 1_440;
/// Nobody leaves the queue by key before this: a wait below 5 s would count among the short abandons of K1a, and a
/// key must not better a figure (`domain.md` 3.1).
const OFFER_AFTER_MS_MIN: u64 = 6_000;
/// Longest farewell prompt, and longest time in which a screened caller may press the key.
const FAREWELL_MS_MAX: u64 = 60_000;
const MINUTE_MS: u64 = 60_000;
const WEEK_MS: u64 = 7 * 24 * 60 * MINUTE_MS;
/// Attempts of one promise: more would be a nuisance of our own.
const ATTEMPTS_MAX: u32 = 10;

/// The call back offered to a waiting caller (排队回呼, `queue_callback`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueCallbackRules {
    /// Whether it is offered at all; the rate controller's lever sets it.
    pub offered: bool,
    /// By dialled number, in place of `offered`.
    pub numbers: BTreeMap<String, bool>,
    /// Offered to who has waited this long (at least 6 s).
    pub after_ms: u64,
    /// The key that takes the offer.
    pub key: char,
    /// What happens to a leg that still rings when the offer is made: carriers pass keys of answered calls only.
    pub answer: AnswerMode,
    pub offer_prompts: Vec<String>,
    /// Heard before the call is ended.
    pub confirmed_prompts: Vec<String>,
    /// Heard, before the music, where the key is refused.
    pub refused_prompts: Vec<String>,
    /// Heard by both when the promised call is connected.
    pub notice: Vec<String>,
    /// How long `confirmed_prompts` take.
    pub confirmed_ms: u64,
    /// Times the number is dialled; a return is owed after the last one in vain.
    pub attempts_max: u32,
    /// From an attempt in vain to the next one.
    pub retry_after_ms: u64,
    /// A promise that could not be kept for so long becomes a missed-call return (K12: 2 h).
    pub keep_ms: u64,
    /// Promises at one time; one more is refused.
    pub promises_max: u32,
}

impl Default for QueueCallbackRules {
    fn default() -> Self {
        Self {
            offered: false,
            numbers: BTreeMap::new(),
            after_ms: 30_000,
            key: '1',
            answer: AnswerMode::Answer,
            offer_prompts: words(&["callback_offer"]),
            confirmed_prompts: words(&["callback_confirmed"]),
            refused_prompts: words(&["please_hold"]),
            notice: words(&["missed_call_return"]),
            confirmed_ms: 7_000,
            attempts_max: 3,
            retry_after_ms: 5 * MINUTE_MS,
            keep_ms: 120 * MINUTE_MS,
            promises_max: 500,
        }
    }
}

impl QueueCallbackRules {
    /// Whether callers of `dialled` are offered a call back.
    #[must_use]
    pub fn is_offered_on(&self, dialled: &str) -> bool {
        self.numbers.get(dialled).copied().unwrap_or(self.offered)
    }

    pub(crate) fn bound(&mut self) {
        self.after_ms = self.after_ms.clamp(OFFER_AFTER_MS_MIN, WEEK_MS);
        self.confirmed_ms = self.confirmed_ms.clamp(1, FAREWELL_MS_MAX);
        self.attempts_max = self.attempts_max.clamp(1, ATTEMPTS_MAX);
        self.retry_after_ms = self.retry_after_ms.clamp(1_000, WEEK_MS);
        self.keep_ms = self.keep_ms.clamp(1_000, WEEK_MS);
        if !is_phone_key(self.key) {
            self.key = Self::default().key;
        }
    }
}

/// When people may be called back: minutes after local midnight. At night nobody is promised or rung a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReturnHours {
    pub from_min: u16,
    /// At most 1,440; not within.
    pub until_min: u16,
}

impl Default for ReturnHours {
    /// 08:00 to 20:00.
    fn default() -> Self {
        Self { from_min: 8 * 60, until_min: 20 * 60 }
    }
}

impl ReturnHours {
    #[must_use]
    pub fn includes(self, at: Timestamp) -> bool {
        let us = since_midnight_us(at);
        (self.opens_us()..self.closes_us()).contains(&us)
    }

    /// The next opening or closing after `at`.
    pub(crate) fn next_change(self, at: Timestamp) -> Timestamp {
        let us = since_midnight_us(at);
        let next = if us < self.opens_us() {
            self.opens_us()
        } else if us < self.closes_us() {
            self.closes_us()
        } else {
            DAY_US + self.opens_us()
        };
        Timestamp::from_micros(at.as_micros().saturating_add(next - us))
    }

    fn opens_us(self) -> i64 {
        i64::from(self.from_min) * MINUTE_US
    }

    fn closes_us(self) -> i64 {
        i64::from(self.until_min) * MINUTE_US
    }

    pub(crate) fn bound(&mut self) {
        if self.until_min > DAY_MIN || self.from_min >= self.until_min {
            *self = Self::default();
        }
    }
}

fn since_midnight_us(at: Timestamp) -> i64 {
    let (hour, minute, second, micro) = at.to_local().time().as_hms_micro();
    let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    seconds * 1_000_000 + i64::from(micro)
}

/// What is known about a mass event, heard once before the music by callers whom it concerns. Nobody is kept from an
/// agent by it, and every call counts as it would without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurgeNotice {
    /// Names it in records.
    pub id: String,
    pub prompts: Vec<String>,
    /// Numbers that were called; empty: all.
    #[serde(default)]
    pub dialled: BTreeSet<String>,
    /// Beginnings of callers' numbers, such as an area code `0371`; empty: all. A mobile number has no place.
    #[serde(default)]
    pub areas: Vec<String>,
    pub from: Timestamp,
    pub until: Timestamp,
}

impl SurgeNotice {
    /// Whether it is in force at `now` and concerns such a call.
    #[must_use]
    pub fn concerns(&self, now: Timestamp, dialled: &str, caller: Option<&Phone>) -> bool {
        let called = self.dialled.is_empty() || self.dialled.contains(dialled);
        let from_there = || {
            let caller = caller.map(Phone::national);
            let begins = |area: &String| {
                caller.as_ref().is_some_and(|caller| caller.reveal().starts_with(area.as_str()))
            };
            self.areas.is_empty() || self.areas.iter().any(begins)
        };
        (self.from..self.until).contains(&now) && called && from_there()
    }
}

/// When a waiting caller is told place and expected wait (R23). The figures are the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnnouncementRules {
    /// First told to who has waited this long.
    pub after_ms: u64,
    /// And again after each of these; 0: nobody is told anything.
    pub every_ms: u64,
    /// From other prompts to an announcement, and from one to the offer of a call back: nothing is cut short by it.
    pub apart_ms: u64,
}

impl Default for AnnouncementRules {
    fn default() -> Self {
        Self { after_ms: 20_000, every_ms: 60_000, apart_ms: 15_000 }
    }
}

impl AnnouncementRules {
    pub(crate) fn bound(&mut self) {
        self.after_ms = self.after_ms.min(WEEK_MS);
        self.apart_ms = self.apart_ms.clamp(1_000, FAREWELL_MS_MAX);
        if self.every_ms > 0 {
            self.every_ms = self.every_ms.clamp(self.apart_ms, WEEK_MS);
        }
    }
}

/// How callers on the screen list (`domain.md` section 12) are treated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScreeningRules {
    /// Dialled numbers for emergencies: their callers are never screened, and are called back before others.
    pub emergency_numbers: BTreeSet<String>,
    /// The key by which a screened caller gets into the queue.
    pub emergency_key: char,
    /// The place of who has pressed it; 0 is served first.
    pub emergency_priority: u8,
    /// Heard by a screened caller; says which key to press.
    pub prompts: Vec<String>,
    /// Heard by who has pressed the key and must wait.
    pub emergency_prompts: Vec<String>,
    /// How long the prompts take, and the time to press the key after them.
    pub hold_ms: u64,
}

impl Default for ScreeningRules {
    fn default() -> Self {
        Self {
            emergency_numbers: BTreeSet::new(),
            emergency_key: '1',
            emergency_priority: 0,
            prompts: words(&["nuisance_notice"]),
            emergency_prompts: words(&["emergency_route"]),
            hold_ms: 15_000,
        }
    }
}

impl ScreeningRules {
    pub(crate) fn bound(&mut self) {
        self.hold_ms = self.hold_ms.clamp(1_000, FAREWELL_MS_MAX);
        if !is_phone_key(self.emergency_key) {
            self.emergency_key = Self::default().emergency_key;
        }
    }
}

/// A key that every telephone has: another could be offered, and pressed by nobody.
const fn is_phone_key(key: char) -> bool {
    matches!(key, '0'..='9' | '*' | '#')
}

fn words(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn return_hours_open_and_close_to_the_microsecond() {
        let hours = ReturnHours::default();
        for (time, open, next) in [
            ("2026-02-13T07:59:59.999999+08:00", false, "2026-02-13T08:00:00+08:00"),
            ("2026-02-13T08:00:00+08:00", true, "2026-02-13T20:00:00+08:00"),
            ("2026-02-13T19:59:59.999999+08:00", true, "2026-02-13T20:00:00+08:00"),
            ("2026-02-13T20:00:00+08:00", false, "2026-02-14T08:00:00+08:00"),
            ("2026-02-13T23:30:00+08:00", false, "2026-02-14T08:00:00+08:00"),
        ] {
            assert_eq!(hours.includes(at(time)), open, "{time}");
            assert_eq!(hours.next_change(at(time)), at(next), "{time}");
        }
    }

    #[test]
    fn hours_that_are_none_become_the_default() {
        for (from_min, until_min) in [(600, 600), (700, 600), (0, 1_441)] {
            let mut hours = ReturnHours { from_min, until_min };
            hours.bound();
            assert_eq!(hours, ReturnHours::default());
        }
    }

    #[test]
    fn a_notice_concerns_its_place_its_number_and_its_time_alone() {
        let notice = SurgeNotice {
            id: "water".to_owned(),
            prompts: words(&["water_outage"]),
            dialled: ["12345".to_owned()].into(),
            areas: words(&["0371"]),
            from: at("2026-02-13T09:00:00+08:00"),
            until: at("2026-02-13T12:00:00+08:00"),
        };
        let (now, there) = (notice.from, "+86 371 61234567".parse().ok());
        assert!(notice.concerns(now, "12345", there.as_ref()));
        assert!(!notice.concerns(notice.until, "12345", there.as_ref()));
        assert!(!notice.concerns(now, "12319", there.as_ref()));
        assert!(!notice.concerns(now, "12345", "13800138000".parse().ok().as_ref()));
        assert!(!notice.concerns(now, "12345", None));
        let anywhere = SurgeNotice { areas: Vec::new(), dialled: BTreeSet::new(), ..notice };
        assert!(anywhere.concerns(now, "12319", None));
    }
}
