//! K4: an inspector's batch of test calls (拨测). They are tagged afterwards and stay in the base of
//! every other figure.

use std::collections::BTreeMap;

use acd::rates::{ANSWER_TARGET_US, Outcome, Rate};
use serde::{Deserialize, Serialize};
use types::{CallId, Timestamp};

use crate::calls::Calls;
use crate::period::Period;

/// One attempt, as the inspector found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialAttempt {
    pub batch: String,
    /// Its number within the batch; of two with one number the first handed in stands.
    pub number: u32,
    pub dialled: String,
    pub dialled_at: Timestamp,
    /// When the finding was handed in.
    pub recorded_at: Timestamp,
    pub outcome: DialOutcome,
    /// Our record of it, once it has been found.
    pub call: Option<CallId>,
}

/// What the inspector met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum DialOutcome {
    /// A person of the hotline answered.
    Connected {
        wait_us: u64,
    },
    WrongUnit,
    HungUp,
    NoAnswer,
    Busy,
    EmptyNumber,
}

/// One batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialTest {
    pub batch: String,
    pub attempts: u64,
    pub connected: u64,
    pub connected_15s: u64,
    /// Findings that our records contradict: connected there and not answered here, or the reverse.
    pub contradicted: u64,
}

impl DialTest {
    /// K4: connected by attempts. Read against more than 80 % (seed) and at least 95 % (standard).
    #[must_use]
    pub const fn rate(&self) -> Rate {
        Rate { part: self.connected, whole: self.attempts }
    }

    fn add(&mut self, attempt: &DialAttempt, calls: &Calls) {
        self.attempts += 1;
        let connected = match attempt.outcome {
            DialOutcome::Connected { wait_us } => {
                self.connected_15s += u64::from(wait_us <= ANSWER_TARGET_US.unsigned_abs());
                true
            }
            _ => false,
        };
        self.connected += u64::from(connected);
        let ours = calls.all().iter().find(|call| Some(call.call) == attempt.call);
        let answered = ours.map(|call| matches!(call.fact.outcome, Outcome::Answered { .. }));
        self.contradicted += u64::from(answered.is_some_and(|answered| answered != connected));
    }
}

/// The batches of `period`, by name, as far as findings had been handed in at `known_at`.
#[must_use]
pub fn dial_tests(
    attempts: &[DialAttempt],
    calls: &Calls,
    period: Period,
    known_at: Timestamp,
) -> Vec<DialTest> {
    let mut batches: BTreeMap<&str, DialTest> = BTreeMap::new();
    for attempt in standing(attempts, period, known_at) {
        let batch = batches.entry(&attempt.batch).or_insert_with(|| DialTest {
            batch: attempt.batch.clone(),
            attempts: 0,
            connected: 0,
            connected_15s: 0,
            contradicted: 0,
        });
        batch.add(attempt, calls);
    }
    batches.into_values().collect()
}

/// The attempts of `period` that count, each number of a batch once.
pub(crate) fn standing(
    attempts: &[DialAttempt],
    period: Period,
    known_at: Timestamp,
) -> Vec<&DialAttempt> {
    let mut known: Vec<&DialAttempt> =
        attempts.iter().filter(|attempt| attempt.recorded_at <= known_at).collect();
    known.sort_by_key(|attempt| attempt.recorded_at);
    let mut once: BTreeMap<(&str, u32), &DialAttempt> = BTreeMap::new();
    for attempt in known {
        once.entry((&attempt.batch, attempt.number)).or_insert(attempt);
    }
    once.into_values().filter(|attempt| period.contains(attempt.dialled_at)).collect()
}
