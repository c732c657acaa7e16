//! The tables and the figures count the same returns (K12), whatever happened in whatever order.

use acd::{
    AbandonCause, DialPurpose, Effect, FailureCause, GuardStep, Input, OutboundFailure, OwedCause,
    TakenBack,
};
use figures::{AsOf, Daytime, Event, Ledger, Period, Returns, duties};
use std::collections::BTreeSet;
use std::time::Duration;
use types::{AgentId, LegId};
use uuid::Uuid;

use super::super::super::journal::EntryNumber;
use super::*;
use crate::config::Config;
use crate::store::Db;
use crate::store::missed_call_return::work::{ReturnTally, tally};
use crate::testing::{centre, start};

const AGENT: AgentId = AgentId::from_u128(7);

fn call(number: u128) -> CallId {
    CallId::from_u128(number)
}

fn at(second: u64) -> Timestamp {
    start() + Duration::from_secs(second)
}

fn citizen(number: u128) -> Phone {
    format!("1380013{number:04}").parse().unwrap()
}

/// One record at a second of the day.
type Line = (u64, Record);

fn arrived(number: u128, caller: u128, second: u64) -> Line {
    let record = Record::CallArrived {
        call: call(number),
        gateway: "gw1".parse().unwrap(),
        leg: LegId::from_u128(number),
        caller: Some(citizen(caller)),
        dialled: "12345".to_owned(),
        skills: BTreeSet::new(),
        priority: 5,
        queue: None,
        arrived_at: at(second),
        rang_at: at(second),
    };
    (second, record)
}

fn missed(number: u128, caller: u128, second: u64) -> Vec<Line> {
    let (id, cause) = (call(number), AbandonCause::HungUp);
    let gave_up =
        Record::CallAbandoned { call: id, rang_at: at(second), waited_us: 1_000_000, cause };
    let owed = Record::MissedCallReturnOwed {
        call: id,
        caller: citizen(caller),
        cause: OwedCause::Abandoned,
    };
    vec![arrived(number, caller, second), (second + 1, gave_up), (second + 1, owed)]
}

fn resumed(number: u128, second: u64) -> Vec<Line> {
    let takes_back = TakenBack::Abandoned;
    vec![(second, Record::CallResumed { call: call(number), takes_back })]
}

fn answered(number: u128, caller: u128, second: u64) -> Vec<Line> {
    let record = Record::CallAnswered {
        call: call(number),
        agent: AGENT,
        rang_at: at(second),
        answered_at: at(second + 3),
        wait_us: 3_000_000,
        saved_by: GuardStep::First,
        line: false,
    };
    vec![arrived(number, caller, second), (second + 3, record)]
}

fn called(number: u128, to: u128, second: u64, reached: bool) -> Vec<Line> {
    let (id, purpose) = (call(number), DialPurpose::MissedCallReturn);
    let end = if reached {
        Record::OutboundAnswered { call: id, agent: AGENT }
    } else {
        let cause = OutboundFailure::Number { cause: FailureCause::NoAnswer };
        Record::OutboundFailed { call: id, agent: AGENT, cause }
    };
    let begun = Record::OutboundStarted { call: id, agent: AGENT, number: citizen(to), purpose };
    vec![(second, begun), (second + 10, end)]
}

/// Missed, called back, called again, rung in vain, missed after it, thought lost and alive, late and in time.
fn day() -> Vec<Vec<Line>> {
    vec![
        // 1: called back in time.
        missed(1, 1, 0),
        called(101, 1, 600, true),
        // 2: called back late.
        missed(2, 2, 10),
        called(102, 2, 3 * 3_600, true),
        // 3: three misses, the middle one lived: still owed, tried.
        missed(3, 3, 20),
        missed(4, 3, 30),
        missed(5, 3, 40),
        resumed(4, 50),
        called(103, 3, 700, false),
        // 4: the only one lived.
        missed(6, 4, 60),
        resumed(6, 65),
        // 5: called again herself; then the missed one turns out to have lived.
        missed(7, 5, 70),
        answered(201, 5, 500),
        resumed(7, 510),
        // 6: called back, missed again, tried.
        missed(8, 6, 80),
        called(104, 6, 800, true),
        missed(9, 6, 2 * 3_600),
        called(105, 6, 2 * 3_600 + 600, false),
        // 7: of two misses the first lived; the other was answered by a call of hers.
        missed(10, 7, 90),
        missed(11, 7, 100),
        resumed(10, 110),
        answered(202, 7, 900),
        // 8: lived, and was missed later all the same.
        missed(12, 8, 120),
        resumed(12, 125),
        missed(13, 8, 3 * 3_600),
    ]
}

/// Entries in order of time, of one journal.
fn entries(lines: Vec<Vec<Line>>) -> Vec<JournalEntry> {
    let mut lines: Vec<Line> = lines.into_iter().flatten().collect();
    lines.sort_by_key(|(second, _)| *second);
    let entry = |(number, (second, record)): (u64, Line)| {
        let effects = vec![Effect::Record { at: at(second), record }];
        let content = Content::Turn { input: Input::Tick, effects, carrier: None };
        JournalEntry { number: EntryNumber(number), at: at(second), source: None, content }
    };
    (1..).zip(lines).map(entry).collect()
}

/// What the figures make of it.
fn counted(entries: &[JournalEntry], now: Timestamp) -> ReturnTally {
    let event = |entry: &JournalEntry| {
        let (at, record) = entry.records().next().unwrap();
        let place = figures::Place { journal: Uuid::from_u128(1), entry: entry.number.0, item: 1 };
        Event { place, at, record: record.clone() }
    };
    let ledger = Ledger::new(entries.iter().map(event));
    let as_of = AsOf { events: ledger.newest(), at: now };
    let midnight = start() - Duration::from_secs(9 * 3_600);
    let period = Period::new(midnight, midnight + Duration::from_secs(86_400)).unwrap();
    let daytime = Daytime::default();
    let of = Returns::of(&duties(&ledger, &as_of, daytime), period, now, daytime);
    let count = |count: u64| i64::try_from(count).unwrap();
    ReturnTally {
        owed: count(of.owed),
        missed_calls: count(of.missed_calls),
        returned: count(of.returned),
        returned_in_time: count(of.returned_in_time),
        redialled: count(of.redialled),
        open: count(of.open),
        tried: count(of.tried),
        running: count(of.running),
    }
}

async fn ship(db: &Db, entries: &[JournalEntry]) {
    let returns = ReturnRules::of(&Config::from_layers(None, []).unwrap().missed_call_returns);
    let (centre, journal) = (centre(), JournalId(Uuid::from_u128(1)));
    let mut tx = db.begin().await.unwrap();
    let ground = Ground { centre: &centre, journal, returns: &returns, now: at(0) };
    project(&mut tx, ground, entries).await.unwrap();
    tx.commit().await.unwrap();
}

async fn the_tables_and_the_figures_count_the_same_returns(db: Db) {
    let entries = entries(day());
    // In small batches: what is on record when the next one comes is another each time.
    for batch in entries.chunks(3) {
        ship(&db, batch).await;
    }
    let now = at(4 * 3_600);
    let mut tx = db.read().await.unwrap();
    let of_tables = tally(&mut tx, &centre(), now).await.unwrap();
    assert_eq!(of_tables, counted(&entries, now));
    let expected = ReturnTally {
        owed: 6,
        missed_calls: 8,
        returned: 2,
        returned_in_time: 1,
        redialled: 1,
        open: 3,
        tried: 2,
        running: 2,
    };
    assert_eq!(of_tables, expected);
}
store_test!(the_tables_and_the_figures_count_the_same_returns);
