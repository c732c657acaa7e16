//! What came of a simulation, from the records of the distributor alone.

use acd::rates::{ANSWER_TARGET_US, Rate};
use acd::{AbandonCause, AgentStateName, NotReadyReason, Record};
use types::Timestamp;

/// Counts over the callers after the warm-up, and over the whole time what offers cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    pub requests: u64,
    pub answered: u64,
    /// Within 15.000 s of ringing.
    pub answered_in_time: u64,
    pub abandoned: u64,
    /// Callers who were lost while they waited: their gateway died, or the queue was full.
    pub dropped: u64,
    /// Calls that no gateway took: they are requests that nobody answered.
    pub blocked: u64,
    /// Talks that lost their agent; the caller waited again.
    pub returned: u64,
    /// Sum over answered callers.
    pub answered_wait_us: u64,
    /// Sum over those who hung up.
    pub abandoned_wait_us: u64,
    pub offers: u64,
    pub lapses: u64,
    /// Time in which two phones or more rang for one caller, beyond the first.
    pub double_ring_us: u64,
    /// Agents put Not-Ready because they did not answer.
    pub put_not_ready: u64,
    /// Rules of the distributor that did not hold: none, ever.
    pub broken_rules: u64,
}

impl Outcome {
    /// K1.
    #[must_use]
    pub const fn answered_share(&self) -> Rate {
        Rate { part: self.answered, whole: self.requests }
    }

    /// K2b.
    #[must_use]
    pub const fn in_time_share(&self) -> Rate {
        Rate { part: self.answered_in_time, whole: self.requests }
    }

    /// Mean wait of all callers, in seconds.
    #[must_use]
    pub fn mean_wait_s(&self) -> f64 {
        let sum_us = self.answered_wait_us + self.abandoned_wait_us;
        sum_us as f64 / 1e6 / self.requests.max(1) as f64
    }

    /// The counts of both.
    pub const fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.answered += other.answered;
        self.answered_in_time += other.answered_in_time;
        self.abandoned += other.abandoned;
        self.dropped += other.dropped;
        self.blocked += other.blocked;
        self.returned += other.returned;
        self.answered_wait_us += other.answered_wait_us;
        self.abandoned_wait_us += other.abandoned_wait_us;
        self.offers += other.offers;
        self.lapses += other.lapses;
        self.double_ring_us += other.double_ring_us;
        self.put_not_ready += other.put_not_ready;
        self.broken_rules += other.broken_rules;
    }

    /// A call that reached no gateway.
    pub(crate) const fn blocks(&mut self) {
        self.requests += 1;
        self.blocked += 1;
    }

    /// Takes a record in; callers who rang before `from` count for nothing.
    pub(crate) fn take(&mut self, from: Timestamp, record: &Record) {
        match record {
            Record::CallAnswered { rang_at, wait_us, .. } if *rang_at >= from => {
                self.requests += 1;
                self.answered += 1;
                self.answered_in_time += u64::from(*wait_us <= ANSWER_TARGET_US.unsigned_abs());
                self.answered_wait_us += wait_us;
            }
            Record::CallAbandoned { rang_at, waited_us, cause, .. } if *rang_at >= from => {
                self.requests += 1;
                let hung_up = *cause == AbandonCause::HungUp;
                self.abandoned += u64::from(hung_up);
                self.dropped += u64::from(!hung_up);
                self.abandoned_wait_us += waited_us;
            }
            Record::CallReturned { .. } => self.returned += 1,
            Record::OfferMade { .. } => self.offers += 1,
            Record::OfferLapsed { .. } => self.lapses += 1,
            Record::AgentStateChanged {
                to: AgentStateName::NotReady { reason: NotReadyReason::NoAnswer },
                ..
            } => self.put_not_ready += 1,
            _ => {}
        }
    }
}
