//! The same-day feedback duty (D3, domain 8.1): opens with a result, ends when the petitioner
//! herself has been told, is due by midnight of the result's local date, holidays included.
//!
//! Owns: the duty, which means are allowed in the evening, the alarms, the rate K7/A13. Must not do:
//! send or dial.

use serde::{Deserialize, Serialize};
use time::{Date, Time};
use types::Timestamp;

use crate::calendar::{at_local, start_of_next_day};
use crate::profile::FeedbackRules;
use crate::{By, DemandType, FeedbackMeans, FeedbackOutcome, FeedbackTry, Intake, Telling};
use crate::{FeedbackExemption, ResultKind};

/// The duty to tell one result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeedbackDuty {
    /// 1 for the first result of the order, 2 for the next.
    pub number: u32,
    pub kind: ResultKind,
    /// When the result existed (domain 8.1).
    pub result_at: Timestamp,
    /// 24:00 of the result's local date, exclusive: 00:00 of the next day is late.
    pub due_at: Timestamp,
    pub status: DutyStatus,
    pub tries: Vec<RecordedTry>,
}

/// Where a duty stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DutyStatus {
    Open,
    /// `same_day` is the local date of the telling equal to the local date of the result.
    Told {
        at: Timestamp,
        means: FeedbackMeans,
        same_day: bool,
    },
    /// Outside the denominator.
    Exempt {
        exemption: FeedbackExemption,
    },
    /// The review sent the reply back (T13): the result is no result any more.
    Cancelled {
        at: Timestamp,
    },
}

/// A try and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordedTry {
    pub attempt: FeedbackTry,
    pub by: By,
}

impl FeedbackDuty {
    /// Opens a duty for a result that exists since `result_at`.
    #[must_use]
    pub fn open(number: u32, kind: ResultKind, result_at: Timestamp) -> Self {
        Self {
            number,
            kind,
            result_at,
            due_at: feedback_due_at(result_at),
            status: DutyStatus::Open,
            tries: Vec::new(),
        }
    }

    /// Exempts results that need no feedback: anonymous without contact, declined at intake, praise
    /// (domain 8.1).
    pub(crate) fn exempt_if_due(&mut self, intake: &Intake) {
        let petitioner = &intake.petitioner;
        let exemption = if petitioner.anonymous && !petitioner.contactable() {
            FeedbackExemption::AnonymousWithoutContact
        } else if petitioner.feedback_declined {
            FeedbackExemption::Declined
        } else if intake.demand.demand_type == Some(DemandType::Praise) {
            FeedbackExemption::Praise
        } else {
            return;
        };
        self.status = DutyStatus::Exempt { exemption };
    }

    /// Takes over what was said at submission. A telling of an earlier date told a result that was
    /// not approved yet: it is kept, but the duty stays open (D3 asks for the result's own date).
    pub(crate) fn take_over(&mut self, feedback: &Telling, by: By) {
        let Telling::Told { means, told_at } = feedback else { return };
        let attempt = FeedbackTry {
            means: *means,
            outcome: FeedbackOutcome::Told,
            at: *told_at,
            proof: None,
            note: String::new(),
        };
        if same_day(self.result_at, *told_at) {
            self.record(attempt, by);
        } else {
            self.tries.push(RecordedTry { attempt, by });
        }
    }

    /// Takes one try into account. The first telling decides; later tries are kept as record.
    pub(crate) fn record(&mut self, attempt: FeedbackTry, by: By) {
        if matches!(self.status, DutyStatus::Open) {
            match attempt.outcome {
                FeedbackOutcome::Told => {
                    self.status = DutyStatus::Told {
                        at: attempt.at,
                        means: attempt.means,
                        same_day: same_day(self.result_at, attempt.at),
                    };
                }
                FeedbackOutcome::Declined => {
                    self.status = DutyStatus::Exempt { exemption: FeedbackExemption::Declined };
                }
                FeedbackOutcome::NoAnswer
                | FeedbackOutcome::Machine
                | FeedbackOutcome::OtherPerson
                | FeedbackOutcome::WrongNumber
                | FeedbackOutcome::Undelivered => {}
            }
        }
        self.tries.push(RecordedTry { attempt, by });
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.status, DutyStatus::Open)
    }

    /// When a call is still owed next morning: the result came in the evening and the petitioner
    /// knows it by message alone (domain 8.1).
    #[must_use]
    pub fn morning_call_from(&self, rules: &FeedbackRules) -> Option<Timestamp> {
        let DutyStatus::Told { means: FeedbackMeans::Sms | FeedbackMeans::InApp, .. } = self.status
        else {
            return None;
        };
        let called = self.tries.iter().any(|one| {
            one.attempt.means == FeedbackMeans::Phone
                && one.attempt.outcome == FeedbackOutcome::Told
        });
        (evening_result(self.result_at, rules) && !called)
            .then(|| morning_after(self.result_at, rules))
    }

    /// The fact from which the rate is computed.
    #[must_use]
    pub fn fact(&self) -> FeedbackFact {
        match &self.status {
            DutyStatus::Open => FeedbackFact::Untold,
            DutyStatus::Told { same_day: true, .. } => FeedbackFact::SameDay,
            DutyStatus::Told { same_day: false, .. } => FeedbackFact::Late,
            DutyStatus::Exempt { .. } | DutyStatus::Cancelled { .. } => FeedbackFact::NotCounted,
        }
    }
}

/// Feedback due: 24:00 of the result's local date (D3).
#[must_use]
pub fn feedback_due_at(result_at: Timestamp) -> Timestamp {
    start_of_next_day(result_at)
}

/// D3: local date of the telling = local date of the result.
#[must_use]
pub fn same_day(result_at: Timestamp, feedback_at: Timestamp) -> bool {
    local_date(result_at) == local_date(feedback_at)
}

/// By which means the petitioner may be told at `now`. A result of the evening (after 20:30) is not
/// told by telephone before next morning; a message may go at once and meets the rule (domain 8.1).
#[must_use]
pub fn feedback_means_allowed(
    result_at: Timestamp,
    now: Timestamp,
    rules: &FeedbackRules,
) -> &'static [FeedbackMeans] {
    if evening_result(result_at, rules) && now < morning_after(result_at, rules) {
        &[FeedbackMeans::Sms, FeedbackMeans::InApp, FeedbackMeans::InPerson, FeedbackMeans::Letter]
    } else {
        FeedbackMeans::ALL
    }
}

/// Alarms of the centre's feedback list on the result's date: 17:00, 19:00, 20:00 by default, those
/// that lie after the result (domain 8.1).
#[must_use]
pub fn feedback_alarms(result_at: Timestamp, rules: &FeedbackRules) -> Vec<Timestamp> {
    let date = local_date(result_at);
    rules.alarms.iter().map(|time| at_local(date, *time)).filter(|at| *at > result_at).collect()
}

fn evening_result(result_at: Timestamp, rules: &FeedbackRules) -> bool {
    result_at > at_local(local_date(result_at), rules.no_call_after)
}

fn morning_after(result_at: Timestamp, rules: &FeedbackRules) -> Timestamp {
    let midnight = start_of_next_day(result_at);
    let morning: Time = rules.call_again_from;
    at_local(local_date(midnight), morning)
}

pub(crate) fn local_date(at: Timestamp) -> Date {
    at.to_local().date()
}

/// What one duty adds to K7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeedbackFact {
    SameDay,
    Late,
    Untold,
    /// Exempt or cancelled: outside the denominator.
    NotCounted,
}

/// Numerator and denominator of a rate; never a bare percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rate {
    pub met: u64,
    pub of: u64,
}

impl Rate {
    /// The rate in hundredths of a percent, rounded half up; `None` when nothing counts.
    #[must_use]
    pub fn basis_points(self) -> Option<u32> {
        let scaled = self.met.checked_mul(20_000)?.checked_add(self.of)?;
        u32::try_from(scaled.checked_div(self.of.checked_mul(2)?)?).ok()
    }
}

/// K7 / A13: results fed back on their local date ÷ results that need feedback.
#[must_use]
pub fn same_day_feedback_rate(facts: impl IntoIterator<Item = FeedbackFact>) -> Rate {
    facts.into_iter().fold(Rate::default(), |rate, fact| match fact {
        FeedbackFact::SameDay => Rate { met: rate.met + 1, of: rate.of + 1 },
        FeedbackFact::Late | FeedbackFact::Untold => Rate { of: rate.of + 1, ..rate },
        FeedbackFact::NotCounted => rate,
    })
}
