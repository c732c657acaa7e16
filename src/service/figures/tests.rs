//! Figures over both databases, from a journal that is staged record by record.

mod kept;
mod staged;

use acd::{AbandonCause, AgentStateName, OwedCause, QueueCallbackOutcome, Record};
use figures::Reading;
use types::CallId;

use self::staged::{MINUTE_US, Tape, at, leader, question};
use super::{FigureRow, Slice, look};
use crate::store::Db;
use crate::testing::TestApp;

/// What becomes of a staged call; spans in microseconds.
#[derive(Clone, Copy)]
enum Fate {
    Answered {
        wait_us: i64,
        by: u128,
    },
    GaveUp {
        waited_us: i64,
    },
    Refused,
    /// Still ringing when the day is looked at.
    Open,
}

use Fate::{Answered, GaveUp, Open, Refused};

/// Minute of the day, and fate. The waits stand on both sides of every limit.
const DAY: [(i64, Fate); 14] = [
    (0, Answered { wait_us: 15_000_000, by: 1 }),
    (1, Answered { wait_us: 15_000_001, by: 1 }),
    (31, Answered { wait_us: 30_000_000, by: 2 }),
    (32, Answered { wait_us: 30_000_001, by: 2 }),
    (479, Answered { wait_us: 1, by: 1 }),
    (480, GaveUp { waited_us: 4_999_999 }),
    (481, GaveUp { waited_us: 5_000_000 }),
    (482, GaveUp { waited_us: 15_000_000 }),
    (483, GaveUp { waited_us: 15_000_001 }),
    (484, Refused),
    (600, Answered { wait_us: 2_000_000, by: 3 }),
    (601, Answered { wait_us: 3_000_000, by: 3 }),
    (1_380, Open),
    (1_439, Answered { wait_us: 8_000_000, by: 1 }),
];

fn stage(tape: &mut Tape) {
    for (n, (minute, fate)) in (1_u128..).zip(DAY) {
        let us = minute * MINUTE_US;
        tape.rings(n, us);
        match fate {
            Answered { wait_us, by } => {
                tape.answers(n, us, wait_us, by);
                tape.ends(n, us + wait_us + 2 * MINUTE_US, by, 120_000_000);
            }
            GaveUp { waited_us } => tape.gives_up(n, us, waited_us, AbandonCause::HungUp),
            Refused => tape.gives_up(n, us, 0, AbandonCause::QueueFull),
            Open => {}
        }
    }
}

fn waits() -> Vec<u64> {
    let mut waits: Vec<u64> = DAY
        .iter()
        .filter_map(|(_, fate)| match fate {
            Answered { wait_us, .. } => Some(wait_us.unsigned_abs()),
            _ => None,
        })
        .collect();
    waits.sort_unstable();
    waits
}

async fn figures_equal_an_independent_count(db: Db) {
    let ctx = TestApp::context(db);
    let mut tape = Tape::new(1);
    stage(&mut tape);
    tape.ship(&ctx).await;
    let person = leader(&ctx).await;
    let seen = look(&ctx, &person, &question(Slice::HalfHour, Reading::Strict)).await.unwrap();

    let waits = waits();
    let counts = seen.total.counts;
    let in_time = waits.iter().filter(|wait| **wait <= 15_000_000).count() as u64;
    assert_eq!(counts.requests, DAY.len() as u64);
    assert_eq!((counts.answered, counts.answered_15s), (waits.len() as u64, in_time));
    assert_eq!((counts.answered_30s, counts.abandoned, counts.blocked), (7, 5, 1));
    assert_eq!((counts.short_abandons, counts.abandoned_15s, counts.open), (2, 3, 1));
    assert_eq!((seen.total.wait.sum_us, seen.total.wait.count), (waits.iter().sum(), 8));
    assert_eq!(seen.total.wait.p95_us, waits.last().copied());
    assert_eq!(seen.total.wait.p50_us, Some(waits[3]));
    assert_eq!(seen.breaches, 3, "15.000001, 30 and 30.000001 s");

    // The eleven readings, from the definitions of `domain.md` 3.1 and `peers.md` section 2.
    let expected = [
        (5, 14),
        (8, 14),
        (5, 8),
        (8, 14),
        (5, 8),
        (7, 14),
        (5, 13),
        (5, 10),
        (8, 13),
        (5, 8),
        (8, 12),
    ];
    let shares: Vec<_> = seen.readings.iter().map(|one| (one.raw.part, one.raw.whole)).collect();
    assert_eq!(shares, expected);
    assert!(seen.readings.iter().all(|one| !one.formula.is_empty() && one.marked.is_none()));
    let worst = seen.connection.worst.unwrap();
    assert!(worst.part * 14 <= 8 * worst.whole, "no window is better than its day: {worst:?}");

    let sum = |of: fn(&FigureRow) -> u64| seen.rows.iter().map(of).sum::<u64>();
    assert_eq!(seen.rows.len(), 48);
    assert_eq!(sum(|row| row.counts.unwrap().requests), counts.requests);
    assert_eq!(sum(|row| row.reading.part), in_time);
    let first = seen.rows[0].counts.unwrap();
    assert_eq!((first.requests, first.answered_15s), (2, 1));
    let agents = look(&ctx, &person, &question(Slice::Agent, Reading::National)).await.unwrap();
    let by_agent: Vec<u64> = agents.rows.iter().map(|row| row.counts.unwrap().answered).collect();
    assert_eq!(by_agent, [4, 2, 2]);
    assert_eq!(agents.as_of, seen.as_of, "both slices are of one report");
}
store_test!(figures_equal_an_independent_count);

async fn a_state_of_days_ago_counts_until_it_is_left(db: Db) {
    let ctx = TestApp::context(db);
    let mut tape = Tape::new(1);
    let days_ago = -3 * 1_440 * MINUTE_US;
    tape.moves(1, days_ago, AgentStateName::SignedOut, AgentStateName::Ready);
    tape.moves(2, days_ago, AgentStateName::SignedOut, AgentStateName::Ready);
    tape.moves(2, days_ago + 1, AgentStateName::Ready, AgentStateName::SignedOut);
    let ten = 600 * MINUTE_US;
    tape.moves(1, ten, AgentStateName::Ready, AgentStateName::Offered);
    tape.moves(1, ten + MINUTE_US, AgentStateName::Offered, AgentStateName::Talking);
    tape.moves(1, ten + 6 * MINUTE_US, AgentStateName::Talking, AgentStateName::SignedOut);
    tape.ship(&ctx).await;
    let person = leader(&ctx).await;
    let seen = look(&ctx, &person, &question(Slice::Agent, Reading::Strict)).await.unwrap();
    let floor = seen.rows[0].floor.clone().unwrap();
    let minutes = |us: u64| us / MINUTE_US.unsigned_abs();
    assert_eq!((minutes(floor.ready_us), minutes(floor.ringing_us)), (600, 1));
    assert_eq!(minutes(floor.talking_us), 5);
    assert_eq!((minutes(floor.occupancy.part), minutes(floor.occupancy.whole)), (6, 606));
    assert_eq!(seen.rows[0].agent.as_ref().unwrap().pick_up.p95_us, Some(60_000_000));
    assert_eq!(seen.rows.len(), 1, "who had signed out has no part in the day");
}
store_test!(a_state_of_days_ago_counts_until_it_is_left);

async fn a_citizen_who_is_called_back_days_later_is_called_back(db: Db) {
    let ctx = TestApp::context(db);
    let mut tape = Tape::new(1);
    let nine = 540 * MINUTE_US;
    for n in [1, 2] {
        tape.rings(n, nine);
        tape.gives_up(n, nine, MINUTE_US, AbandonCause::HungUp);
        tape.owes(n, nine + MINUTE_US, OwedCause::Abandoned);
    }
    tape.dials(10, nine + 10 * MINUTE_US, 1, 7);
    tape.reaches(10, nine + 11 * MINUTE_US, 7);
    let later = nine + 3 * 1_440 * MINUTE_US;
    tape.dials(11, later, 2, 7);
    tape.reaches(11, later + MINUTE_US, 7);
    tape.ship(&ctx).await;
    ctx.clock.advance(std::time::Duration::from_secs(5 * 86_400));
    let person = leader(&ctx).await;
    let seen = look(&ctx, &person, &question(Slice::Total, Reading::Strict)).await.unwrap();
    assert_eq!((seen.returns.k12.part, seen.returns.k12.whole), (2, 2));
    assert_eq!((seen.returns.k12_in_time.part, seen.returns.k12_in_time.whole), (1, 2));
    assert_eq!(seen.total.counts.answered, 0, "calling back never answers the missed call");
    assert_eq!(seen.beside.missed_calls_returned, 2);
}
store_test!(a_citizen_who_is_called_back_days_later_is_called_back);

async fn what_stands_beside_k1_is_read_from_the_tables(db: Db) {
    let ctx = TestApp::context(db);
    let mut tape = Tape::new(1);
    let nine = 540 * MINUTE_US;
    // Two are screened, one of them gets through by the key and hears a notice.
    tape.screens(1, nine);
    tape.screens(2, nine);
    tape.put(nine + 5_000_000, Record::ScreenedCallAdmitted { call: CallId::from_u128(2) });
    tape.rings(2, nine);
    let notice = "water".to_owned();
    tape.put(nine + 5_000_001, Record::SurgeNoticePlayed { call: CallId::from_u128(2), notice });
    tape.answers(2, nine, 8_000_000, 7);
    // Two take the call back: one is kept, one is not reached; one calls again with the place of the first.
    let ten = 600 * MINUTE_US;
    let outcomes = [
        QueueCallbackOutcome::Kept { outbound: CallId::from_u128(30), agent: staged::agent(7) },
        QueueCallbackOutcome::NotReached,
    ];
    for (n, outcome) in (11..).zip(outcomes) {
        tape.rings(n, ten);
        tape.promises(n, ten + MINUTE_US);
        tape.gives_up(n, ten, MINUTE_US, AbandonCause::QueueCallback);
        let call = CallId::from_u128(n);
        let ended = Record::QueueCallbackEnded { call, outcome, waited_us: 60_000_000 };
        tape.put(ten + 2 * MINUTE_US, ended);
    }
    tape.rings(13, ten);
    let (call, earlier) = (CallId::from_u128(13), CallId::from_u128(11));
    tape.put(ten, Record::PlaceKept { call, earlier, place_at: at(ten) });
    tape.gives_up(13, ten, MINUTE_US, AbandonCause::HungUp);
    tape.ship(&ctx).await;
    let person = leader(&ctx).await;
    let seen = look(&ctx, &person, &question(Slice::Total, Reading::Strict)).await.unwrap();
    let beside = seen.beside;
    assert_eq!((beside.screened, beside.screened_let_in, beside.surge_notices), (2, 1, 1));
    assert_eq!((beside.queue_callbacks_promised, beside.queue_callbacks), (2, 1));
    assert_eq!((beside.queue_callbacks_in_vain, beside.queue_callbacks_open), (1, 0));
    assert_eq!(beside.places_kept, 1);
    let counts = seen.total.counts;
    assert_eq!((counts.requests, counts.answered, counts.abandoned), (4, 1, 3), "none betters K1");
}
store_test!(what_stands_beside_k1_is_read_from_the_tables);

/// R25, R08: a thousand agents' slices. Measures; nothing is asserted of time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures: cargo test --release -p hotline r25_ -- --ignored --nocapture"]
async fn r25_slices_of_a_thousand_agents() {
    let database = crate::testing::TestDb::sqlite().await;
    let ctx = TestApp::context(database.db.clone());
    let mut tape = Tape::new(1);
    for n in 0..20_000_u128 {
        let us = i64::try_from(n).unwrap() * 4_000_000;
        let by = n % 1_000 + 1;
        tape.moves(by, us, AgentStateName::Ready, AgentStateName::Offered);
        tape.rings(n + 1, us);
        tape.moves(by, us + 3_000_000, AgentStateName::Offered, AgentStateName::Talking);
        tape.answers(n + 1, us, 3_000_000, by);
        tape.ends(n + 1, us + 150_000_000, by, 147_000_000);
        tape.moves(by, us + 150_000_000, AgentStateName::Talking, AgentStateName::Ready);
    }
    tape.ship(&ctx).await;
    let person = leader(&ctx).await;
    let mut spans = Vec::new();
    let cold = crate::clock::Stopwatch::start();
    for _ in 0..200 {
        let watch = crate::clock::Stopwatch::start();
        let seen = look(&ctx, &person, &question(Slice::Agent, Reading::Strict)).await.unwrap();
        let text = serde_json::to_string(&seen).unwrap();
        assert_eq!((seen.rows.len(), text.is_empty()), (1_000, false));
        spans.push(watch.elapsed());
    }
    let first = spans[0];
    spans.sort_unstable();
    eprintln!(
        "20,000 calls, 1,000 agents: first {first:?}, then p50 {:?} p95 {:?}; 200 in {:?}",
        spans[100],
        spans[190],
        cold.elapsed()
    );
}

/// A month of a county, cold. Measures; nothing is asserted of time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures: cargo test --release -p hotline month_of_a_county -- --ignored --nocapture"]
async fn a_month_of_a_county() {
    let database = crate::testing::TestDb::sqlite().await;
    let ctx = TestApp::context(database.db.clone());
    let mut tape = Tape::new(1);
    // 500 calls a day, the county's reference load (`domain.md` section 14).
    for n in 0..15_000_u128 {
        let us = i64::try_from(n).unwrap() * 172_800_000 - 30 * 1_440 * MINUTE_US;
        let by = n % 8 + 1;
        tape.moves(by, us, AgentStateName::Ready, AgentStateName::Offered);
        tape.rings(n + 1, us);
        tape.moves(by, us + 3_000_000, AgentStateName::Offered, AgentStateName::Talking);
        tape.answers(n + 1, us, 3_000_000, by);
        tape.ends(n + 1, us + 150_000_000, by, 147_000_000);
        tape.moves(by, us + 150_000_000, AgentStateName::Talking, AgentStateName::WrapUp);
        tape.moves(by, us + 240_000_000, AgentStateName::WrapUp, AgentStateName::Ready);
    }
    tape.ship(&ctx).await;
    let person = leader(&ctx).await;
    let month = |slice| {
        let from = at(-30 * 1_440 * MINUTE_US);
        let span = super::Span { from, until: at(0), event_number: None, at: None };
        super::Question::new(&span, slice, Reading::Strict).unwrap()
    };
    for slice in [Slice::HalfHour, Slice::Agent] {
        let watch = crate::clock::Stopwatch::start();
        let seen = look(&ctx, &person, &month(slice)).await.unwrap();
        assert_eq!(seen.total.counts.requests, 15_000);
        eprintln!("a month of 15,000 calls, {slice:?}: {:?}", watch.elapsed());
    }
}
