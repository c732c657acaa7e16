//! A day of a large floor (R12): no agent stays busy without a call, nobody is idle while a caller waits, and all agents
//! get their share of the calls, although some of the callers' hang-ups never arrive.

#![expect(clippy::unwrap_used, reason = "a test says what it needs and what it did")]

#[path = "common/draw.rs"]
mod draw;
#[path = "day/world.rs"]
mod world;

use world::Day;

fn check(hours: i64) -> Day {
    let day = world::play(hours, 20_261_123);
    println!("{day:?}");
    let calls = u64::try_from(hours).unwrap() * 3_600;
    assert!(day.arrived.abs_diff(calls) < calls / 20, "60 calls a minute: {day:?}");
    assert!(day.lost_hang_ups > day.arrived / 200, "1 % of the hang-ups are lost: {day:?}");
    assert_eq!(day.left_over, Vec::<String>::new(), "somebody is stuck");
    assert_eq!(day.overdue, 0, "a talk went on for too long after its caller had gone: {day:?}");
    assert_eq!(day.idle_beside_waiting_us, 0, "somebody waited beside an idle agent");
    assert!(day.waited_unoffered > 0, "the queue was used: {day:?}");
    day
}

#[test]
fn in_an_hour_with_lost_hang_ups_nobody_is_stuck_and_nobody_idles_beside_a_caller() {
    check(1);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "seconds in a release build, a minute without")]
fn in_24_hours_the_busiest_agent_has_at_most_1_2_times_the_calls_of_the_least_busy() {
    let day = check(24);
    let (least, most) = (day.calls.iter().min().unwrap(), day.calls.iter().max().unwrap());
    assert!(*most * 10 <= *least * 12, "{most} calls against {least}");
}
