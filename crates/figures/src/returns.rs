//! K12: missed calls are called back (漏接回拨), all of them within 2 h in daytime. One duty per number
//! and local day (R24). Calling back never makes the missed call an answered one.

use std::collections::BTreeMap;

use acd::rates::Rate;
use acd::{FailureCause, OutboundFailure, Record};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use types::{AgentId, CallId, Phone, Timestamp};

use crate::event::{AsOf, Event, Ledger};
use crate::period::{DAY_US, HOUR_US, Period, day_start, plus};

/// The limit of K12.
const LIMIT_US: i64 = 2 * HOUR_US;
const MINUTE_US: i64 = 60_000_000;
const MINUTES_OF_DAY: u16 = 24 * 60;

/// When people may be called back: minutes after local midnight. The limit runs within it alone: a
/// call missed at 03:00 is due 2 h after it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Minutes", into = "Minutes")]
pub struct Daytime {
    from_min: u16,
    until_min: u16,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Minutes {
    from_min: u16,
    until_min: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "daytime begins before it ends, at minutes 0 to {MINUTES_OF_DAY} of the day, not {from_min} to {until_min}"
)]
pub struct DaytimeError {
    pub from_min: u16,
    pub until_min: u16,
}

impl Default for Daytime {
    /// 08:00 to 20:00.
    fn default() -> Self {
        Self { from_min: 8 * 60, until_min: 20 * 60 }
    }
}

impl Daytime {
    /// # Errors
    /// [`DaytimeError`].
    pub const fn new(from_min: u16, until_min: u16) -> Result<Self, DaytimeError> {
        if from_min < until_min && until_min <= MINUTES_OF_DAY {
            return Ok(Self { from_min, until_min });
        }
        Err(DaytimeError { from_min, until_min })
    }

    /// From when on people may be called: `at` itself within daytime, else when it begins next.
    #[must_use]
    pub fn open_from(self, at: Timestamp) -> Timestamp {
        let day = day_start(at);
        let opens = plus(day, i64::from(self.from_min) * MINUTE_US);
        if at < plus(day, i64::from(self.until_min) * MINUTE_US) {
            return opens.max(at);
        }
        plus(opens, DAY_US)
    }

    /// When 2 h of daytime have passed since `owed_at`.
    #[must_use]
    pub fn due_at(self, owed_at: Timestamp) -> Timestamp {
        let (mut left_us, mut day) = (LIMIT_US, day_start(owed_at));
        // Each day takes a minute of the limit at least.
        while left_us > 0 {
            let opens = plus(day, i64::from(self.from_min) * MINUTE_US).max(owed_at);
            let closes = plus(day, i64::from(self.until_min) * MINUTE_US);
            let open_us = closes.as_micros().saturating_sub(opens.as_micros()).max(0);
            if left_us <= open_us || day.as_micros() > i64::MAX - DAY_US {
                return plus(opens, left_us);
            }
            left_us -= open_us;
            day = plus(day, DAY_US);
        }
        day
    }
}

impl TryFrom<Minutes> for Daytime {
    type Error = DaytimeError;

    fn try_from(minutes: Minutes) -> Result<Self, DaytimeError> {
        Self::new(minutes.from_min, minutes.until_min)
    }
}

impl From<Daytime> for Minutes {
    fn from(daytime: Daytime) -> Self {
        Self { from_min: daytime.from_min, until_min: daytime.until_min }
    }
}

/// The duty to call one number back whose calls of one local day were missed. A further miss opens it
/// again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// The missed calls; the first names the duty.
    pub missed: Vec<CallId>,
    pub owed_at: Timestamp,
    /// Of the oldest miss that has not been settled.
    pub due_at: Timestamp,
    /// When the number was first rung in vain.
    pub tried_at: Option<Timestamp>,
    /// A settlement came after its limit.
    pub late: bool,
    pub state: DutyState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DutyState {
    Open,
    /// We called, and both heard each other.
    Returned {
        at: Timestamp,
        by: AgentId,
    },
    /// The citizen called again and was answered: nobody called back.
    Redialled {
        at: Timestamp,
    },
}

/// The duties that were known, oldest first.
#[must_use]
pub fn duties(ledger: &Ledger, as_of: &AsOf, daytime: Daytime) -> Vec<Duty> {
    let mut fold = Fold { daytime, parties: BTreeMap::new(), duties: BTreeMap::new() };
    for event in ledger.known(&as_of.events) {
        fold.take(event);
    }
    let mut duties: Vec<Duty> = fold.duties.into_values().collect();
    duties.sort_by_key(|duty| (duty.owed_at, duty.missed.first().copied()));
    duties
}

struct Fold {
    daytime: Daytime,
    /// The citizen of each call.
    parties: BTreeMap<CallId, Phone>,
    /// By number and local midnight.
    duties: BTreeMap<(Phone, Timestamp), Duty>,
}

impl Fold {
    fn take(&mut self, event: &Event) {
        let at = event.at;
        match &event.record {
            Record::CallArrived { call, caller: Some(party), .. }
            | Record::OutboundStarted { call, number: party, .. } => {
                self.parties.insert(*call, party.national());
            }
            Record::MissedCallReturnOwed { call, caller, .. } => self.owe(*call, caller, at),
            Record::CallResumed { call, .. } => self.take_back(*call),
            Record::CallAnswered { call, .. } => {
                self.settle(*call, at, DutyState::Redialled { at });
            }
            Record::OutboundAnswered { call, agent } => {
                self.settle(*call, at, DutyState::Returned { at, by: *agent });
            }
            Record::OutboundFailed { call, cause, .. } if number_rang(*cause) => {
                self.tried(*call, at);
            }
            _ => {}
        }
    }

    fn owe(&mut self, call: CallId, caller: &Phone, at: Timestamp) {
        let due_at = self.daytime.due_at(at);
        let duty = self.duties.entry((caller.national(), day_start(at))).or_insert_with(|| Duty {
            missed: Vec::new(),
            owed_at: at,
            due_at,
            tried_at: None,
            late: false,
            state: DutyState::Open,
        });
        if duty.state != DutyState::Open {
            (duty.state, duty.due_at, duty.tried_at) = (DutyState::Open, due_at, None);
        }
        if !duty.missed.contains(&call) {
            duty.missed.push(call);
        }
    }

    /// The call lives: it was never missed.
    fn take_back(&mut self, call: CallId) {
        self.duties.retain(|_, duty| {
            duty.missed.retain(|missed| *missed != call);
            !duty.missed.is_empty()
        });
    }

    fn settle(&mut self, call: CallId, at: Timestamp, state: DutyState) {
        for duty in self.open_with(call) {
            duty.late |= at > duty.due_at;
            duty.state = state;
        }
    }

    fn tried(&mut self, call: CallId, at: Timestamp) {
        for duty in self.open_with(call) {
            duty.tried_at.get_or_insert(at);
        }
    }

    /// The open duties to the citizen of this call.
    fn open_with(&mut self, call: CallId) -> impl Iterator<Item = &mut Duty> {
        let party = self.parties.get(&call).cloned();
        let range = party.map(|party| {
            let (first, last) =
                (Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));
            self.duties.range_mut((party.clone(), first)..=(party, last))
        });
        let of_party = range.into_iter().flatten().map(|(_, duty)| duty);
        of_party.filter(|duty| duty.state == DutyState::Open)
    }
}

/// The number was really called: its phone rang, was busy, declined, or is switched off.
#[must_use]
pub const fn number_rang(failure: OutboundFailure) -> bool {
    matches!(
        failure,
        OutboundFailure::Number {
            cause: FailureCause::NoAnswer
                | FailureCause::Busy
                | FailureCause::Declined
                | FailureCause::Unreachable
        }
    )
}

/// K12 over the duties that arose in a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returns {
    pub daytime: Daytime,
    /// Numbers that are owed a call.
    pub owed: u64,
    /// Missed calls behind them.
    pub missed_calls: u64,
    pub returned: u64,
    /// Each time within the limit.
    pub returned_in_time: u64,
    /// The citizen was faster. Not a return.
    pub redialled: u64,
    /// Open, and rung in vain at least once.
    pub tried: u64,
    pub open: u64,
    /// Of the open ones, those whose limit has not run out.
    pub running: u64,
}

impl Returns {
    /// Counts the duties that arose in `period`, as they stand at `known_at`.
    #[must_use]
    pub fn of(duties: &[Duty], period: Period, known_at: Timestamp, daytime: Daytime) -> Self {
        let mut sum = Self { daytime, ..Self::default() };
        for duty in duties.iter().filter(|duty| period.contains(duty.owed_at)) {
            sum.owed += 1;
            sum.missed_calls += duty.missed.len() as u64;
            match duty.state {
                DutyState::Returned { .. } => {
                    sum.returned += 1;
                    sum.returned_in_time += u64::from(!duty.late);
                }
                DutyState::Redialled { .. } => sum.redialled += 1,
                DutyState::Open => {
                    sum.open += 1;
                    sum.tried += u64::from(duty.tried_at.is_some());
                    sum.running += u64::from(known_at <= duty.due_at && !duty.late);
                }
            }
        }
        sum
    }

    /// K12: called back by owed. Who redialled stays in the base.
    #[must_use]
    pub const fn rate(self) -> Rate {
        Rate { part: self.returned, whole: self.owed }
    }

    /// Called back within the limit by owed, once the limit has run out or the duty is settled.
    #[must_use]
    pub const fn in_time(self) -> Rate {
        Rate { part: self.returned_in_time, whole: self.owed.saturating_sub(self.running) }
    }

    /// For information: talked to at last, whoever called whom.
    #[must_use]
    pub const fn settled(self) -> Rate {
        Rate { part: self.returned + self.redialled, whole: self.owed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(owed_at: &str) -> String {
        Daytime::default().due_at(owed_at.parse().unwrap()).to_string()
    }

    #[test]
    fn two_hours_run_in_daytime_alone() {
        assert_eq!(due("2026-02-13T09:00:00+08:00"), "2026-02-13T11:00:00+08:00");
        assert_eq!(due("2026-02-13T18:00:00+08:00"), "2026-02-13T20:00:00+08:00");
        assert_eq!(due("2026-02-13T19:30:00+08:00"), "2026-02-14T09:30:00+08:00");
        assert_eq!(due("2026-02-13T20:00:00+08:00"), "2026-02-14T10:00:00+08:00");
        assert_eq!(due("2026-02-13T03:00:00+08:00"), "2026-02-13T10:00:00+08:00");
    }

    #[test]
    fn people_are_called_in_daytime_alone() {
        let from = |at: &str| Daytime::default().open_from(at.parse().unwrap()).to_string();
        assert_eq!(from("2026-02-13T07:59:59+08:00"), "2026-02-13T08:00:00+08:00");
        assert_eq!(from("2026-02-13T08:00:00+08:00"), "2026-02-13T08:00:00+08:00");
        assert_eq!(from("2026-02-13T19:59:59+08:00"), "2026-02-13T19:59:59+08:00");
        assert_eq!(from("2026-02-13T20:00:00+08:00"), "2026-02-14T08:00:00+08:00");
        assert_eq!(from("2026-02-13T23:30:00+08:00"), "2026-02-14T08:00:00+08:00");
    }

    #[test]
    fn a_daytime_of_one_minute_takes_120_days_and_no_daytime_is_refused() {
        let minute = Daytime::new(600, 601).unwrap();
        let owed_at = "2026-01-01T00:00:00+08:00".parse().unwrap();
        assert_eq!(minute.due_at(owed_at).to_string(), "2026-04-30T10:01:00+08:00");
        assert!(minute.due_at(Timestamp::from_micros(i64::MAX)) > owed_at);
        assert!(Daytime::new(600, 600).is_err());
        assert!(Daytime::new(0, 1441).is_err());
    }
}
