//! A tape of records that is shipped into the tables as the journal's shipper does.

use std::collections::BTreeSet;
use std::time::Duration;

use acd::{
    AbandonCause, AgentStateName, CallEndCause, DialPurpose, GuardStep, OwedCause, Record,
    StateCause,
};
use figures::Reading;
use types::{AgentId, CallId, LegId, Phone, SessionId, Timestamp, UserId};
use uuid::Uuid;

use crate::service::Context;
use crate::service::call::fold::{self, agent_of, call_of, word_of_tagged};
use crate::service::figures::{Question, Slice, Span};
use crate::service::session::Person;
use crate::service::user::{NewUser, add};
use crate::store::acd_event::{self, AcdEvent};
use crate::store::agent_log::{self, AgentChange};
use crate::store::{Json, call};
use crate::testing::centre;

pub const MINUTE_US: i64 = 60_000_000;

/// So many microseconds after midnight of 12 February 2026; the clock of tests begins the day after.
pub fn at(us: i64) -> Timestamp {
    let midnight: Timestamp = "2026-02-12T00:00:00+08:00".parse().unwrap();
    Timestamp::from_micros(midnight.as_micros() + us)
}

pub fn agent(n: u128) -> AgentId {
    AgentId::from_u128(n)
}

/// The whole staged day.
pub fn question(slice: Slice, reading: Reading) -> Question {
    let until = at(0) + Duration::from_secs(86_400);
    let span = Span { from: at(0), until, event_number: None, at: None };
    Question::new(&span, slice, reading).unwrap()
}

/// A team leader.
pub async fn leader(ctx: &Context) -> Person {
    let new = NewUser {
        username: "leader01".to_owned(),
        display_name: "班长".to_owned(),
        staff_no: String::new(),
        unit: None,
        roles: vec![types::Role::TeamLeader],
        reserve: false,
        password: crate::testing::PASSWORD.to_owned(),
    };
    let user_id: UserId = add(ctx, "test", new).await.unwrap();
    Person {
        session: SessionId::from_u128(1),
        user_id,
        username: "leader01".to_owned(),
        display_name: "班长".to_owned(),
        roles: vec![types::Role::TeamLeader],
        unit: None,
        machine: false,
    }
}

/// Records of one journal; each is an entry of its own.
pub struct Tape {
    journal: Uuid,
    shipped: i64,
    written: i64,
    records: Vec<(i64, Timestamp, Record)>,
}

impl Tape {
    pub fn new(journal: u128) -> Self {
        Self { journal: Uuid::from_u128(journal), shipped: 0, written: 0, records: Vec::new() }
    }

    pub fn put(&mut self, us: i64, record: Record) {
        self.written += 1;
        self.records.push((self.written, at(us), record));
    }

    /// Stores what has been written since the last time, and the position, in one transaction.
    pub async fn ship(&mut self, ctx: &Context) {
        let records = std::mem::take(&mut self.records);
        let event = |(entry, at, record): &(i64, Timestamp, Record)| AcdEvent {
            journal: self.journal,
            entry: *entry,
            item: 1,
            at: *at,
            kind: word_of_tagged(record, "record"),
            call: call_of(record),
            agent: agent_of(record),
            body: Json(record.clone()),
        };
        let events: Vec<AcdEvent> = records.iter().map(event).collect();
        let change = |event: &AcdEvent| match &event.body.0 {
            Record::AgentStateChanged { agent, from, to, .. } => Some(AgentChange {
                journal: event.journal,
                entry: event.entry,
                item: event.item,
                agent: *agent,
                at: event.at,
                from_state: word_of_tagged(from, "state"),
                to_state: word_of_tagged(to, "state"),
                reason: None,
                cause: "chosen".to_owned(),
            }),
            _ => None,
        };
        let changes: Vec<AgentChange> = events.iter().filter_map(change).collect();
        let mut tx = ctx.db.begin().await.unwrap();
        acd_event::add(&mut tx, &centre(), &events).await.unwrap();
        agent_log::add(&mut tx, &centre(), &changes).await.unwrap();
        for (_, at, record) in &records {
            if let Some(row) = fold::begin(*at, record) {
                call::save(&mut tx, &centre(), &row).await.unwrap();
            }
        }
        let (from, to) = (self.shipped, self.written);
        acd_event::move_position(&mut tx, &centre(), self.journal, from, to, ctx.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.shipped = self.written;
    }

    pub fn rings(&mut self, n: u128, us: i64) {
        let record = Record::CallArrived {
            call: CallId::from_u128(n),
            gateway: "gw1".parse().unwrap(),
            leg: LegId::from_u128(n),
            caller: Some(phone(n)),
            dialled: "12345".to_owned(),
            skills: BTreeSet::new(),
            priority: 5,
            queue: None,
            arrived_at: at(us),
            rang_at: at(us),
        };
        self.put(us, record);
    }

    /// Stopped by the screen list.
    pub fn screens(&mut self, n: u128, us: i64) {
        let record = Record::CallScreened {
            call: CallId::from_u128(n),
            gateway: "gw1".parse().unwrap(),
            leg: LegId::from_u128(n),
            caller: phone(n),
            dialled: "12345".to_owned(),
            arrived_at: at(us),
            rang_at: at(us),
            set_by: acd::ScreenedBy::TeamLeader,
            until: at(us + 1_440 * MINUTE_US),
        };
        self.put(us, record);
    }

    /// The offer of a call back is taken by key.
    pub fn promises(&mut self, n: u128, us: i64) {
        let (call, caller) = (CallId::from_u128(n), phone(n));
        let record =
            Record::QueueCallbackPromised { call, caller, place_at: at(us), expires_at: None };
        self.put(us, record);
    }

    pub fn answers(&mut self, n: u128, rang_us: i64, wait_us: i64, by: u128) {
        let record = Record::CallAnswered {
            call: CallId::from_u128(n),
            agent: agent(by),
            rang_at: at(rang_us),
            answered_at: at(rang_us + wait_us),
            wait_us: wait_us.unsigned_abs(),
            saved_by: GuardStep::First,
            line: false,
        };
        self.put(rang_us + wait_us, record);
    }

    pub fn gives_up(&mut self, n: u128, rang_us: i64, waited_us: i64, cause: AbandonCause) {
        let record = Record::CallAbandoned {
            call: CallId::from_u128(n),
            rang_at: at(rang_us),
            waited_us: waited_us.unsigned_abs(),
            cause,
        };
        self.put(rang_us + waited_us, record);
    }

    pub fn ends(&mut self, n: u128, us: i64, by: u128, talked_us: u64) {
        let (call, agent) = (CallId::from_u128(n), agent(by));
        let cause = CallEndCause::CitizenHungUp;
        self.put(us, Record::CallEnded { call, agent, talked_us, cause });
    }

    pub fn owes(&mut self, n: u128, us: i64, cause: OwedCause) {
        let (call, caller) = (CallId::from_u128(n), phone(n));
        self.put(us, Record::MissedCallReturnOwed { call, caller, cause });
    }

    pub fn dials(&mut self, n: u128, us: i64, to: u128, by: u128) {
        let (call, purpose) = (CallId::from_u128(n), DialPurpose::MissedCallReturn);
        let record = Record::OutboundStarted { call, agent: agent(by), number: phone(to), purpose };
        self.put(us, record);
    }

    pub fn reaches(&mut self, n: u128, us: i64, by: u128) {
        self.put(us, Record::OutboundAnswered { call: CallId::from_u128(n), agent: agent(by) });
    }

    pub fn moves(&mut self, n: u128, us: i64, from: AgentStateName, to: AgentStateName) {
        let (agent, cause) = (agent(n), StateCause::Chosen);
        self.put(us, Record::AgentStateChanged { agent, from, to, cause });
    }
}

fn phone(n: u128) -> Phone {
    format!("138{n:08}").parse().unwrap()
}
