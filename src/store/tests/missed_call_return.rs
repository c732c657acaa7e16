//! Duties to call back: one a number and day, one holder a duty, settled by a talk.

use std::collections::BTreeSet;

use acd::Record;
use types::{AgentId, CallId, LegId, Phone, Timestamp};

use super::after;
use crate::service::call::fold;
use crate::store::call::{self as call_table, Call};
use crate::store::missed_call_return::work::{
    self, OpenCounts, ReturnTally, claim, give_up, release, tally,
};
use crate::store::missed_call_return::{
    MissedCallReturn, Owed, ReturnState, Settlement, find, owe, settle_party, take_back, tried,
};
use crate::store::{Db, Tx, elder_caller};
use crate::testing::centre;

const ANNA: AgentId = AgentId::from_u128(1);
const BERTA: AgentId = AgentId::from_u128(2);
const DAY_S: u64 = 86_400;
const HOUR_S: u64 = 3_600;

fn call(number: u128) -> CallId {
    CallId::from_u128(number)
}

fn phone(text: &str) -> Phone {
    text.parse().unwrap()
}

fn no_emergencies() -> BTreeSet<String> {
    BTreeSet::new()
}

async fn missed(tx: &mut Tx, number: u128, caller: &str, at: Timestamp) {
    let caller = phone(caller);
    let due_at = at + std::time::Duration::from_secs(2 * HOUR_S);
    let owed = Owed { call: call(number), caller: &caller, cause: "abandoned", at, due_at };
    owe(tx, &centre(), owed).await.unwrap();
}

/// An inbound call that rang at `at`.
fn inbound(number: u128, caller: &str, at: Timestamp) -> Call {
    let record = Record::CallArrived {
        call: call(number),
        gateway: "gw1".parse().unwrap(),
        leg: LegId::from_u128(number),
        caller: Some(phone(caller)),
        dialled: "12345".to_owned(),
        skills: BTreeSet::new(),
        priority: 5,
        queue: None,
        arrived_at: at,
        rang_at: at,
    };
    fold::begin(at, &record).unwrap()
}

async fn talked(tx: &mut Tx, caller: &str, state: ReturnState, at: Timestamp) {
    let settlement = Settlement { state, at, by: Some(BERTA), call: Some(call(99)) };
    settle_party(tx, &centre(), &phone(caller), settlement).await.unwrap();
}

async fn duty(tx: &mut Tx, number: u128) -> MissedCallReturn {
    find(tx, &centre(), call(number)).await.unwrap().unwrap()
}

async fn one_number_in_all_its_spellings_is_one_duty_a_day(db: Db) {
    let mut tx = db.begin().await.unwrap();
    missed(&mut tx, 1, "13800138000", after(0)).await;
    missed(&mut tx, 2, "+8613800138000", after(60)).await;
    missed(&mut tx, 3, "013800138000", after(120)).await;
    missed(&mut tx, 4, "008613800138000", after(DAY_S)).await;
    let open = work::open(&mut tx, &centre(), &no_emergencies(), 10).await.unwrap();
    let seen: Vec<_> = open
        .iter()
        .map(|open| (open.duty.call, open.duty.caller.reveal(), open.duty.missed, open.rank))
        .collect();
    assert_eq!(seen, [(call(1), "13800138000", 3, 2), (call(4), "13800138000", 1, 2)]);
    assert_eq!(open[0].duty.last_call, call(3));
}
store_test!(one_number_in_all_its_spellings_is_one_duty_a_day);

async fn a_claim_is_of_one_duty_and_lapses(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    missed(&mut tx, 1, "13800138000", after(0)).await;
    missed(&mut tx, 2, "13800138000", after(DAY_S)).await;
    let (now, until) = (after(DAY_S), after(DAY_S + 600));
    assert!(claim(&mut tx, &c, call(1), ANNA, now, until).await.unwrap());
    assert!(!claim(&mut tx, &c, call(1), BERTA, now, until).await.unwrap(), "Anna is at it");
    assert!(claim(&mut tx, &c, call(2), BERTA, now, until).await.unwrap(), "another duty");
    assert!(!release(&mut tx, &c, call(1), BERTA).await.unwrap(), "not hers");
    assert!(!give_up(&mut tx, &c, call(1), BERTA, "无人接听", now).await.unwrap(), "not hers");
    assert_eq!(duty(&mut tx, 1).await.work.claim(after(DAY_S + 599)), Some((ANNA, until)));
    assert_eq!(duty(&mut tx, 1).await.work.claim(until), None);
    assert!(!give_up(&mut tx, &c, call(1), ANNA, "无人接听", until).await.unwrap(), "lapsed");
    assert!(claim(&mut tx, &c, call(1), BERTA, until, after(DAY_S + 1_200)).await.unwrap());
    assert!(release(&mut tx, &c, call(1), BERTA).await.unwrap());
    assert_eq!(duty(&mut tx, 1).await.work.claim(until), None);
}
store_test!(a_claim_is_of_one_duty_and_lapses);

async fn one_talk_answers_every_duty_of_its_number_whoever_had_claimed_it(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    missed(&mut tx, 1, "13800138000", after(0)).await;
    missed(&mut tx, 2, "13800138000", after(DAY_S)).await;
    missed(&mut tx, 3, "13800138001", after(DAY_S)).await;
    let now = after(DAY_S + 60);
    assert!(claim(&mut tx, &c, call(1), ANNA, now, after(DAY_S + 660)).await.unwrap());
    assert!(claim(&mut tx, &c, call(2), BERTA, now, after(DAY_S + 660)).await.unwrap());
    talked(&mut tx, "+8613800138000", ReturnState::Returned, after(DAY_S + 120)).await;
    let (first, second) = (duty(&mut tx, 1).await, duty(&mut tx, 2).await);
    assert_eq!(
        (first.state, first.late, first.done_by),
        (ReturnState::Returned, true, Some(BERTA))
    );
    assert_eq!((second.state, second.late), (ReturnState::Returned, false));
    assert_eq!((first.work.claimed_by, second.work.claimed_by), (None, None));
    assert_eq!(duty(&mut tx, 3).await.state, ReturnState::Open);
    // She calls again and is missed again: only her duty of that day comes back.
    missed(&mut tx, 4, "13800138000", after(DAY_S + HOUR_S)).await;
    let again = duty(&mut tx, 2).await;
    assert_eq!((again.state, again.missed, again.done_call), (ReturnState::Open, 2, None));
    assert_eq!(again.due_at, after(DAY_S + 3 * HOUR_S), "a limit of its own");
    assert_eq!(duty(&mut tx, 1).await.state, ReturnState::Returned);
}
store_test!(one_talk_answers_every_duty_of_its_number_whoever_had_claimed_it);

async fn an_attempt_in_vain_counts_for_the_number_and_ends_the_claim(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    missed(&mut tx, 1, "13800138000", after(0)).await;
    assert!(claim(&mut tx, &c, call(1), ANNA, after(10), after(610)).await.unwrap());
    tried(&mut tx, &c, &phone("13800138000"), after(30), after(1_830)).await.unwrap();
    let work = duty(&mut tx, 1).await.work;
    assert_eq!((work.attempts, work.tried_at), (1, Some(after(30))));
    assert_eq!((work.next_at, work.claimed_by), (Some(after(1_830)), None));
    missed(&mut tx, 2, "13800138000", after(100)).await;
    let work = duty(&mut tx, 1).await.work;
    assert_eq!(
        (work.attempts, work.next_at),
        (1, Some(after(1_830))),
        "a further miss asks no less"
    );
    assert!(claim(&mut tx, &c, call(1), ANNA, after(2_000), after(2_600)).await.unwrap());
    assert!(give_up(&mut tx, &c, call(1), ANNA, "三次无人接听", after(2_010)).await.unwrap());
    assert_eq!(duty(&mut tx, 1).await.note, "三次无人接听");
    talked(&mut tx, "13800138000", ReturnState::Redialled, after(3_000)).await;
    assert_eq!(duty(&mut tx, 1).await.state, ReturnState::Redialled, "she has called herself");
}
store_test!(an_attempt_in_vain_counts_for_the_number_and_ends_the_claim);

async fn k12_counts_who_was_owed_a_call_today(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    missed(&mut tx, 1, "13800138001", after(0)).await;
    missed(&mut tx, 2, "13800138002", after(10)).await;
    missed(&mut tx, 3, "13800138003", after(20)).await;
    missed(&mut tx, 4, "13800138004", after(30)).await;
    missed(&mut tx, 5, "13800138004", after(40)).await;
    missed(&mut tx, 6, "13800138006", after(2 * HOUR_S)).await;
    missed(&mut tx, 7, "13800138007", after(50)).await;
    take_back(&mut tx, &c, call(7), after(60), "来电实际未中断").await.unwrap();
    talked(&mut tx, "13800138001", ReturnState::Returned, after(HOUR_S)).await;
    talked(&mut tx, "13800138002", ReturnState::Returned, after(3 * HOUR_S)).await;
    talked(&mut tx, "13800138003", ReturnState::Redialled, after(HOUR_S)).await;
    tried(&mut tx, &c, &phone("13800138004"), after(100), after(1_900)).await.unwrap();
    let expected = ReturnTally {
        owed: 5,
        missed_calls: 6,
        returned: 2,
        returned_in_time: 1,
        redialled: 1,
        open: 2,
        tried: 1,
        running: 1,
    };
    assert_eq!(tally(&mut tx, &c, after(3 * HOUR_S)).await.unwrap(), expected);
    assert_eq!(tally(&mut tx, &c, after(DAY_S)).await.unwrap(), ReturnTally::default());
}
store_test!(k12_counts_who_was_owed_a_call_today);

async fn an_elderly_caller_is_known_by_any_spelling_of_her_number(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    missed(&mut tx, 1, "13800138000", after(0)).await;
    let number = phone("+8613800138000");
    for _ in 0..2 {
        elder_caller::note(&mut tx, &c, &number, "agent01", after(5)).await.unwrap();
    }
    assert!(elder_caller::is_noted(&mut tx, &c, &phone("13800138000")).await.unwrap());
    assert_eq!(work::open(&mut tx, &c, &no_emergencies(), 10).await.unwrap()[0].rank, 1);
    elder_caller::forget(&mut tx, &c, &number).await.unwrap();
    assert_eq!(work::open(&mut tx, &c, &no_emergencies(), 10).await.unwrap()[0].rank, 3);
}
store_test!(an_elderly_caller_is_known_by_any_spelling_of_her_number);

async fn who_is_first_is_in_the_list_however_many_are_due_before(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    missed(&mut tx, 1, "13800138001", after(0)).await;
    missed(&mut tx, 2, "13800138002", after(10)).await;
    missed(&mut tx, 3, "13800138003", after(20)).await;
    missed(&mut tx, 4, "13800138003", after(30)).await;
    missed(&mut tx, 5, "13800138005", after(40)).await;
    missed(&mut tx, 6, "13800138006", after(50)).await;
    elder_caller::note(&mut tx, &c, &phone("13800138005"), "agent01", after(60)).await.unwrap();
    let rang = Call { dialled: "12319".to_owned(), ..inbound(6, "13800138006", after(50)) };
    call_table::save(&mut tx, &c, &rang).await.unwrap();
    let emergencies = BTreeSet::from(["12319".to_owned(), "119".to_owned()]);
    let order = work::open(&mut tx, &c, &emergencies, 3).await.unwrap();
    let order: Vec<_> = order.iter().map(|open| (open.duty.call, open.rank)).collect();
    assert_eq!(order, [(call(6), 0), (call(5), 1), (call(3), 2)]);
    assert!(claim(&mut tx, &c, call(5), ANNA, after(60), after(660)).await.unwrap());
    tried(&mut tx, &c, &phone("13800138001"), after(70), after(1_870)).await.unwrap();
    let now = after(2 * HOUR_S + 5);
    let counts = work::open_counts(&mut tx, &c, &emergencies, after(100)).await.unwrap();
    let expected = OpenCounts {
        open: 5,
        overdue: 0,
        emergency: 1,
        elder: 1,
        repeat: 1,
        claimed: 1,
        resting: 1,
    };
    assert_eq!(counts, expected);
    let later = work::open_counts(&mut tx, &c, &emergencies, now).await.unwrap();
    assert_eq!((later.overdue, later.claimed, later.resting), (1, 0, 0));
}
store_test!(who_is_first_is_in_the_list_however_many_are_due_before);

async fn a_journal_that_comes_late_neither_settles_nor_opens_against_the_order_of_time(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    // Missed after the talk: the talk does not answer it.
    missed(&mut tx, 1, "13800138001", after(100)).await;
    talked(&mut tx, "13800138001", ReturnState::Redialled, after(50)).await;
    assert_eq!(duty(&mut tx, 1).await.state, ReturnState::Open);
    tried(&mut tx, &c, &phone("13800138001"), after(60), after(900)).await.unwrap();
    assert_eq!(duty(&mut tx, 1).await.work.attempts, 0, "rung before it was owed");
    // Missed before a talk that is on record: answered by it, though late.
    let talk = Call {
        answered_at: Some(after(3 * HOUR_S)),
        agent: Some(ANNA),
        ..inbound(9, "+8613800138002", after(3 * HOUR_S - 10))
    };
    call_table::save(&mut tx, &c, &talk).await.unwrap();
    missed(&mut tx, 2, "13800138002", after(60)).await;
    let settled = duty(&mut tx, 2).await;
    assert_eq!((settled.state, settled.done_by), (ReturnState::Redialled, Some(ANNA)));
    assert!(settled.late && settled.done_at == Some(after(3 * HOUR_S)));
    missed(&mut tx, 3, "13800138002", after(4 * HOUR_S)).await;
    assert_eq!(duty(&mut tx, 2).await.state, ReturnState::Open, "missed after it");
}
store_test!(a_journal_that_comes_late_neither_settles_nor_opens_against_the_order_of_time);

async fn a_call_that_lives_goes_out_of_its_duty_whichever_of_its_calls_it_was(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    for number in 1..=3 {
        missed(&mut tx, number, "13800138001", after(u64::try_from(number).unwrap())).await;
    }
    take_back(&mut tx, &c, call(2), after(10), "来电实际未中断").await.unwrap();
    take_back(&mut tx, &c, call(2), after(11), "来电实际未中断").await.unwrap();
    let of = duty(&mut tx, 1).await;
    assert_eq!((of.missed, of.state), (2, ReturnState::Open), "the middle one, and once");
    talked(&mut tx, "13800138001", ReturnState::Returned, after(20)).await;
    take_back(&mut tx, &c, call(1), after(30), "来电实际未中断").await.unwrap();
    take_back(&mut tx, &c, call(3), after(30), "来电实际未中断").await.unwrap();
    assert_eq!(
        tally(&mut tx, &c, after(40)).await.unwrap(),
        ReturnTally::default(),
        "none was missed"
    );
    // Lost again after all, on the same day and on the next.
    missed(&mut tx, 1, "13800138001", after(50)).await;
    assert_eq!(tally(&mut tx, &c, after(60)).await.unwrap().missed_calls, 1);
    missed(&mut tx, 1, "13800138001", after(DAY_S)).await;
    let of = duty(&mut tx, 1).await;
    assert_eq!((of.missed, of.state), (1, ReturnState::Open), "one call, one duty");
}
store_test!(a_call_that_lives_goes_out_of_its_duty_whichever_of_its_calls_it_was);
