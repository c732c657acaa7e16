//! A day of a large floor (R12): no agent stays busy without a call, nobody is idle while a caller waits, and all agents
//! get their share of the calls, although some of the callers' hang-ups never arrive.

#![expect(clippy::unwrap_used, reason = "a test says what it needs and what it did")]

#[path = "common/draw.rs"]
mod draw;
#[path = "day/world.rs"]
mod world;

/// R12.
#[test]
fn a_day_with_lost_hang_ups_leaves_nobody_stuck_or_idle_beside_a_caller_and_shares_the_calls() {
    let day = world::play(24, 20_261_123);
    println!("{day:?}");
    let calls = 24 * 3_600;
    assert!(day.arrived.abs_diff(calls) < calls / 50, "60 calls a minute: {day:?}");
    assert!(day.lost_hang_ups > day.arrived / 150, "1 % of the hang-ups are lost: {day:?}");
    assert_eq!(day.left_over, Vec::<String>::new(), "somebody is stuck");
    assert_eq!(day.overdue, 0, "a talk went on for too long after its caller had gone: {day:?}");
    assert_eq!(day.idle_beside_waiting_us, 0, "somebody waited beside an idle agent");
    assert!(day.waited_unoffered > 100, "the queue was used: {day:?}");
    let (least, most) = (day.calls.iter().min().unwrap(), day.calls.iter().max().unwrap());
    assert!(*most * 10 <= *least * 12, "{most} calls against {least}");
}
