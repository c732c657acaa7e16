//! A tape of records with short words for what happens, and moments of one day.

use std::collections::BTreeSet;

use acd::rates::Rate;
use acd::{
    AbandonCause, AgentStateName, CallEndCause, DialPurpose, GuardStep, NotReadyReason,
    OutboundFailure, OwedCause, Record, ReturnCause, StateCause, TakenBack,
};
use figures::{AsOf, Daytime, Event, Exclusion, Ledger, Period, Place, Report, Sources, report};
use types::{AgentId, CallId, LegId, Phone, Timestamp};
use uuid::Uuid;

pub const SECOND_US: i64 = 1_000_000;
pub const MINUTE_US: i64 = 60 * SECOND_US;
pub const HOUR_US: i64 = 60 * MINUTE_US;
pub const DAY_US: i64 = 24 * HOUR_US;

/// Friday, 2026-02-13, in Qingyuan.
pub fn midnight() -> Timestamp {
    "2026-02-13T00:00:00+08:00".parse().unwrap()
}

/// So many microseconds after midnight of the day.
pub fn at(us: i64) -> Timestamp {
    Timestamp::from_micros(midnight().as_micros() + us)
}

pub fn day() -> Period {
    Period::day_of(midnight()).unwrap()
}

pub fn agent(n: u128) -> AgentId {
    AgentId::from_u128(n)
}

pub fn call(n: u128) -> CallId {
    CallId::from_u128(n)
}

pub fn phone(n: u64) -> Phone {
    format!("138{n:08}").parse().unwrap()
}

pub fn share(part: u64, whole: u64) -> Rate {
    Rate { part, whole }
}

/// Records being written. Each is an entry of its own.
#[derive(Debug, Clone)]
pub struct Tape {
    journal: Uuid,
    pub events: Vec<Event>,
}

impl Tape {
    pub fn new() -> Self {
        Self { journal: Uuid::from_u128(1), events: Vec::new() }
    }

    /// Another node took the centre over.
    pub fn next_journal(&mut self) {
        self.journal = Uuid::from_u128(self.journal.as_u128() + 1);
    }

    pub fn put(&mut self, us: i64, record: Record) {
        let mine = self.events.iter().filter(|event| event.place.journal == self.journal);
        let place = Place { journal: self.journal, entry: mine.count() as u64 + 1, item: 1 };
        self.events.push(Event { place, at: at(us), record });
    }

    pub fn ledger(&self) -> Ledger {
        Ledger::new(self.events.iter().cloned())
    }

    /// Everything known, two days later.
    pub fn later(&self) -> AsOf {
        AsOf { events: self.ledger().newest(), at: at(3 * DAY_US) }
    }

    pub fn report(&self) -> Report {
        self.report_with(&[], &self.later())
    }

    pub fn report_with(&self, exclusions: &[Exclusion], as_of: &AsOf) -> Report {
        let ledger = self.ledger();
        report(&sources(&ledger, exclusions), day(), as_of)
    }

    // --- calls --------------------------------------------------------------------------------

    pub fn rings(&mut self, n: u128, us: i64) {
        self.rings_for(n, us, "12345", &[]);
    }

    pub fn rings_for(&mut self, n: u128, us: i64, dialled: &str, skills: &[&str]) {
        let caller = Some(phone(u64::try_from(n).unwrap()));
        self.rings_from(n, us, caller, dialled, skills);
    }

    pub fn rings_from(
        &mut self,
        n: u128,
        us: i64,
        caller: Option<Phone>,
        dialled: &str,
        skills: &[&str],
    ) {
        let skills: BTreeSet<_> = skills.iter().map(|skill| skill.parse().unwrap()).collect();
        let record = Record::CallArrived {
            call: call(n),
            gateway: "gw1".parse().unwrap(),
            leg: LegId::from_u128(n),
            caller,
            dialled: dialled.to_owned(),
            skills,
            priority: 5,
            arrived_at: at(us),
            rang_at: at(us),
            queue: None,
        };
        self.put(us, record);
    }

    pub fn answers(&mut self, n: u128, rang_us: i64, wait_us: i64, by: u128) {
        let answered_us = rang_us + wait_us;
        let record = Record::CallAnswered {
            call: call(n),
            agent: agent(by),
            rang_at: at(rang_us),
            answered_at: at(answered_us),
            wait_us: wait_us.unsigned_abs(),
            saved_by: GuardStep::First,
            line: false,
        };
        self.put(answered_us, record);
    }

    pub fn gives_up(&mut self, n: u128, rang_us: i64, waited_us: i64, cause: AbandonCause) {
        let waited = waited_us.unsigned_abs();
        let record =
            Record::CallAbandoned { call: call(n), rang_at: at(rang_us), waited_us: waited, cause };
        self.put(rang_us + waited_us, record);
    }

    pub fn ends(&mut self, n: u128, us: i64, talked_us: u64, cause: CallEndCause) {
        self.put(us, Record::CallEnded { call: call(n), agent: agent(1), talked_us, cause });
    }

    pub fn resumes(&mut self, n: u128, us: i64, takes_back: TakenBack) {
        self.put(us, Record::CallResumed { call: call(n), takes_back });
    }

    pub fn loses_agent(&mut self, n: u128, us: i64) {
        let cause = ReturnCause::MediaLost;
        let record = Record::CallReturned { call: call(n), agent: agent(1), talked_us: 1, cause };
        self.put(us, record);
    }

    pub fn is_taken_over(&mut self, n: u128, us: i64, by: u128) {
        let (agent, from) = (agent(by), agent(1));
        self.put(us, Record::CallTakenOver { call: call(n), agent, from, waited_us: 1 });
    }

    // --- returns ------------------------------------------------------------------------------

    pub fn owes(&mut self, n: u128, us: i64, to: u64) {
        let cause = OwedCause::Abandoned;
        self.put(us, Record::MissedCallReturnOwed { call: call(n), caller: phone(to), cause });
    }

    pub fn dials(&mut self, n: u128, us: i64, to: u64, by: u128) {
        let (number, purpose) = (phone(to), DialPurpose::MissedCallReturn);
        let record = Record::OutboundStarted { call: call(n), agent: agent(by), number, purpose };
        self.put(us, record);
    }

    pub fn reaches(&mut self, n: u128, us: i64, by: u128) {
        self.put(us, Record::OutboundAnswered { call: call(n), agent: agent(by) });
    }

    pub fn fails(&mut self, n: u128, us: i64, by: u128, cause: OutboundFailure) {
        self.put(us, Record::OutboundFailed { call: call(n), agent: agent(by), cause });
    }

    // --- agents -------------------------------------------------------------------------------

    /// `to` follows whatever the tape has of her.
    pub fn moves(&mut self, n: u128, us: i64, to: AgentStateName) {
        let last = self.events.iter().rev().find_map(|event| match &event.record {
            Record::AgentStateChanged { agent: id, to, .. } if *id == agent(n) => Some(*to),
            _ => None,
        });
        let (from, cause) = (last.unwrap_or(AgentStateName::SignedOut), StateCause::Chosen);
        self.put(us, Record::AgentStateChanged { agent: agent(n), from, to, cause });
    }
}

pub fn sources<'a>(ledger: &'a Ledger, exclusions: &'a [Exclusion]) -> Sources<'a> {
    Sources { ledger, exclusions, dial_attempts: &[], daytime: Daytime::default() }
}

pub const fn signed_in() -> AgentStateName {
    AgentStateName::NotReady { reason: NotReadyReason::SignedIn }
}
