//! A redial keeps the place, and nothing else (`domain.md` 3.1).

use acd::{Arrival, BreachCause, Config, GatewayFact, OwedCause, Record};

use crate::floor_words::{Floor, call};

fn calls_as(floor: &mut Floor, n: u128, number: &str) {
    let arrival = Arrival { caller: number.parse().ok(), ..floor.arrival(n) };
    floor.fact(GatewayFact::CallArrived(arrival));
}

fn served(floor: &Floor) -> Vec<u128> {
    let view = floor.acd.view();
    view.waiting.iter().map(|it| it.call.as_uuid().as_u128() - 1_000).collect()
}

#[test]
fn who_calls_again_within_two_minutes_stands_where_she_stood() {
    for number in ["13800000001", "+8613800000001", "008613800000001", "013800000001"] {
        let mut floor = Floor::new();
        calls_as(&mut floor, 1, "13800000001");
        floor.pass_ms(1_000);
        floor.arrive(2);
        floor.pass_ms(60_000);
        floor.hangs_up(1);
        floor.pass_us(119_999_999);
        calls_as(&mut floor, 3, number);
        assert_eq!(served(&floor), [3, 2], "{number}");
    }
}

#[test]
fn after_two_minutes_and_from_another_number_it_is_a_new_place() {
    let mut floor = Floor::new();
    calls_as(&mut floor, 1, "13800000001");
    floor.pass_ms(1_000);
    floor.arrive(2);
    floor.hangs_up(1);
    calls_as(&mut floor, 3, "13800000009");
    floor.pass_ms(120_000);
    calls_as(&mut floor, 4, "13800000001");
    assert_eq!(served(&floor), [2, 3, 4]);
}

#[test]
fn a_place_is_taken_once_and_a_third_call_goes_on_with_it() {
    let mut floor = Floor::new();
    calls_as(&mut floor, 1, "13800000001");
    floor.pass_ms(1_000);
    floor.arrive(2);
    floor.hangs_up(1);
    calls_as(&mut floor, 3, "13800000001");
    calls_as(&mut floor, 4, "13800000001");
    assert_eq!(served(&floor), [3, 2, 4], "two at once cannot both have it");
    floor.hangs_up(3);
    calls_as(&mut floor, 5, "13800000001");
    assert_eq!(served(&floor), [5, 2, 4]);
}

#[test]
fn both_calls_count_and_the_fifteen_seconds_of_the_second_run_from_its_own_ring() {
    let mut floor = Floor::new();
    calls_as(&mut floor, 1, "13800000001");
    floor.pass_ms(60_000);
    floor.hangs_up(1);
    floor.pass_ms(1_000);
    calls_as(&mut floor, 2, "13800000001");
    floor.pass_ms(14_000);
    floor.ready(1, &[]);
    floor.takes(2, 1);
    assert_eq!(floor.counts(), (2, 1, 1, 0));
    let wait = |r: &Record| matches!(r, Record::CallAnswered { wait_us: 14_000_000, .. });
    assert_eq!(floor.recorded(wait), 1);
    let missed = |r: &Record| matches!(r, Record::AnswerTargetMissed { .. });
    assert_eq!(floor.recorded(missed), 1, "that of the first call alone");
    let owed = |r: &Record| matches!(r, Record::MissedCallReturnOwed { call: of, cause: OwedCause::Abandoned, .. } if *of == call(1));
    assert_eq!(floor.recorded(owed), 1, "settled by the answer that follows");
    let kept = |r: &Record| matches!(r, Record::PlaceKept { call: of, earlier, .. } if (*of, *earlier) == (call(2), call(1)));
    assert_eq!(floor.recorded(kept), 1);
}

#[test]
fn who_was_answered_or_refused_leaves_no_place() {
    let mut floor = Floor::with(Config { queue_len_max: 2, ..Config::default() });
    floor.ready(1, &[]);
    calls_as(&mut floor, 1, "13800000001");
    floor.takes(1, 1);
    floor.hangs_up(1);
    calls_as(&mut floor, 2, "13800000002");
    floor.pass_ms(10);
    calls_as(&mut floor, 3, "13800000001");
    assert_eq!(served(&floor), [2, 3]);
    calls_as(&mut floor, 4, "13800000004");
    floor.hangs_up(2);
    calls_as(&mut floor, 5, "13800000004");
    assert_eq!(served(&floor), [3, 5], "who was refused had no place");
    let nobody = |r: &Record| {
        matches!(r, Record::AnswerTargetMissed { causes, .. }
            if causes.iter().any(|cause| matches!(cause, BreachCause::NobodyReady { .. })))
    };
    assert_eq!(floor.recorded(nobody), 0);
}

#[test]
fn who_is_refused_by_a_full_queue_keeps_the_place_she_had() {
    let mut floor = Floor::with(Config { queue_len_max: 2, ..Config::default() });
    calls_as(&mut floor, 1, "13800000001");
    floor.pass_ms(1_000);
    floor.arrive(2);
    floor.hangs_up(1);
    floor.arrive(5);
    calls_as(&mut floor, 3, "13800000001");
    floor.hangs_up(5);
    calls_as(&mut floor, 4, "13800000001");
    assert_eq!(served(&floor), [4, 2]);
}

#[test]
fn of_two_places_that_were_left_the_earlier_one_is_kept() {
    let mut floor = Floor::new();
    calls_as(&mut floor, 1, "13800000001");
    floor.pass_ms(1_000);
    floor.arrive(2);
    floor.pass_ms(1_000);
    calls_as(&mut floor, 3, "13800000001");
    floor.hangs_up(1);
    floor.hangs_up(3);
    calls_as(&mut floor, 4, "13800000001");
    assert_eq!(served(&floor), [4, 2]);
}

#[test]
fn a_place_on_one_number_is_none_on_another_and_waits_for_its_own() {
    let mut floor = Floor::new();
    let on = |floor: &mut Floor, n: u128, dialled: &str| {
        let caller = "13800000001".parse().ok();
        let arrival = Arrival { caller, dialled: dialled.to_owned(), ..floor.arrival(n) };
        floor.fact(GatewayFact::CallArrived(arrival));
    };
    on(&mut floor, 1, "12315");
    floor.pass_ms(1_000);
    floor.arrive(2);
    floor.hangs_up(1);
    floor.pass_ms(1_000);
    on(&mut floor, 3, "12345");
    assert_eq!(served(&floor), [2, 3]);
    on(&mut floor, 4, "12315");
    assert_eq!(served(&floor), [4, 2, 3]);
}
