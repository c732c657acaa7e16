//! What citizens do: they call, wait as long as their patience lasts, talk, hang up.

use std::collections::BTreeSet;
use std::time::Duration;

use acd::rates::Outcome as CallOutcome;
use acd::{Arrival, EndCause, GatewayFact, Record};
use types::{CallId, LegId, Timestamp};

use super::{Event, World};
use crate::arrivals::NextCall;

/// Leaves room for the ids of agents and devices below those of calls.
const FIRST_CALL: u128 = 1 << 40;
const FIRST_LEG: u128 = 1 << 80;

/// A citizen on the line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    /// How long she will talk.
    talk: Duration,
    /// How often she has begun to wait: what was planned for an earlier wait or talk means nothing any more.
    wait: u32,
}

impl World {
    pub(super) fn next_call(&mut self) {
        if let Some(call) = self.arrivals.next(self.now, &mut self.caller_draw) {
            self.at(call.at, Event::Call);
            self.upcoming = Some(call);
        }
    }

    pub(super) fn calls(&mut self) {
        let Some(call) = self.upcoming.take() else { return };
        self.next_call();
        self.comes(Some(call));
    }

    /// A citizen calls, for the first time or, with nothing known of her, again.
    pub(super) fn comes(&mut self, known: Option<NextCall>) {
        let (talk, patience, asks) =
            known.map_or((None, None, None), |call| (call.talk, call.patience, call.asks));
        // Both are drawn for everybody, so that another staff meets the same citizens.
        let likely = self.caller_draw.span(self.habits.patience);
        let drawn = self.caller_draw.span(self.habits.talk);
        let Some(patience) = self.comes_through(patience.unwrap_or(likely)) else { return };
        let number = self.called;
        self.called += 1;
        if let Some(ledger) = &mut self.ledger {
            ledger.rings(self.now);
        }
        if !self.gateway_lives {
            return self.blocked();
        }
        self.callers.insert(number, Caller { talk: talk.unwrap_or(drawn), wait: 0 });
        self.at(self.now + patience, Event::Patience { number, wait: 0 });
        let (call, leg) = (call_of(number), leg_of(number));
        self.phones.caller(call, leg);
        let now = self.now;
        let asks = asks.map_or_else(|| anybody(call, leg, now), |asks| *asks);
        let arrival = Arrival { call, leg, arrived_at: now, rang_at: now, age_ms: 0, ..asks };
        self.report([GatewayFact::CallArrived(arrival)]);
        self.tell_waiting();
    }

    /// No gateway takes the call: a request that nobody answers (`domain.md` 3.1, B stays in R).
    fn blocked(&mut self) {
        if self.now >= self.counted_from {
            self.outcome.blocks();
        }
    }

    pub(super) fn patience_ends(&mut self, number: u64, wait: u32) {
        if self.waits_or_talks(number, wait) && !self.phones.is_connected(leg_of(number)) {
            self.ends(leg_of(number), EndCause::HungUp);
        }
    }

    pub(super) fn talked(&mut self, number: u64, wait: u32) {
        if !self.waits_or_talks(number, wait) {
            return;
        }
        if self.loses_bye() {
            let noticed = self.staff_draw.span(self.habits.lost_bye_noticed);
            return self.at(self.now + noticed, Event::GoneNoticed { number, wait });
        }
        self.ends(leg_of(number), EndCause::HungUp);
    }

    /// Without this fault nothing is drawn.
    fn loses_bye(&mut self) -> bool {
        self.habits.lost_bye > 0.0 && self.staff_draw.happens(self.habits.lost_bye)
    }

    pub(super) fn gone_noticed(&mut self, number: u64, wait: u32) {
        if self.waits_or_talks(number, wait) {
            self.ends(leg_of(number), EndCause::Vanished);
        }
    }

    fn waits_or_talks(&self, number: u64, wait: u32) -> bool {
        self.callers.get(&number).is_some_and(|caller| caller.wait == wait)
    }

    fn ends(&mut self, leg: LegId, cause: EndCause) {
        let facts = self.phones.end(leg, cause);
        self.report(facts);
    }

    /// What a record means for a citizen, and for what is written down about her.
    pub(super) fn note_of_caller(&mut self, record: &Record) {
        match record {
            Record::CallAnswered { call, wait_us, .. } => {
                self.resolve(*call, CallOutcome::Answered { wait_us: *wait_us });
                self.talks(*call);
            }
            Record::CallTakenOver { call, .. } => self.talks(*call),
            Record::CallReturned { call, .. } => self.waits_again(*call),
            Record::CallAbandoned { call, waited_us, .. } => {
                self.resolve(*call, CallOutcome::Abandoned { waited_us: *waited_us });
                self.callers.remove(&number_of(*call));
                self.may_call_again();
            }
            Record::CallEnded { call, .. } => {
                self.callers.remove(&number_of(*call));
            }
            _ => {}
        }
    }

    fn resolve(&mut self, call: CallId, outcome: CallOutcome) {
        if let Some(ledger) = &mut self.ledger {
            ledger.resolve(number_of(call), outcome);
        }
    }

    fn talks(&mut self, call: CallId) {
        let number = number_of(call);
        if let Some(Caller { talk, wait }) = self.callers.get(&number).copied() {
            self.at(self.now + talk, Event::Talked { number, wait });
        }
    }

    /// Her agent is lost: a new patience, and the whole talk again with the next one.
    fn waits_again(&mut self, call: CallId) {
        let number = number_of(call);
        let Some(caller) = self.callers.get_mut(&number) else { return };
        caller.wait += 1;
        let wait = caller.wait;
        let patience = self.staff_draw.span(self.habits.patience);
        self.at(self.now + patience, Event::Patience { number, wait });
    }
}

/// Asks for nobody in particular.
fn anybody(call: CallId, leg: LegId, now: Timestamp) -> Arrival {
    Arrival {
        call,
        leg,
        caller: None,
        dialled: String::new(),
        skills: BTreeSet::new(),
        priority: 5,
        arrived_at: now,
        rang_at: now,
        age_ms: 0,
        routing: acd::Routing::default(),
    }
}

fn call_of(number: u64) -> CallId {
    CallId::from_u128(FIRST_CALL + u128::from(number))
}

fn leg_of(number: u64) -> LegId {
    LegId::from_u128(FIRST_LEG + u128::from(number))
}

fn number_of(call: CallId) -> u64 {
    u64::try_from(call.as_uuid().as_u128().saturating_sub(FIRST_CALL)).unwrap_or(u64::MAX)
}
