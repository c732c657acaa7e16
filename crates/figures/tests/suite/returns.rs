//! K12.

use acd::{FailureCause, OutboundFailure, TakenBack};
use figures::{AsOf, Daytime, DutyState, Returns, duties};

use crate::support::*;

const TEN: i64 = 10 * HOUR_US;

fn returns(tape: &Tape, us: i64) -> Returns {
    tape.report_with(&[], &AsOf { events: tape.ledger().newest(), at: at(us) }).returns
}

#[test]
fn a_number_missed_three_times_is_one_duty_and_one_talk_settles_it() {
    let mut tape = Tape::new();
    for n in 1..=3 {
        tape.owes(n, TEN + i64::try_from(n).unwrap() * MINUTE_US, 5);
    }
    tape.dials(9, TEN + HOUR_US, 5, 1);
    tape.reaches(9, TEN + HOUR_US + MINUTE_US, 1);
    let found = returns(&tape, DAY_US);
    assert_eq!((found.owed, found.missed_calls, found.returned_in_time), (1, 3, 1));
    assert_eq!((found.rate(), found.in_time()), (share(1, 1), share(1, 1)));
}

#[test]
fn the_limit_of_two_hours_is_met_to_the_microsecond() {
    let settled = |after_us| {
        let mut tape = Tape::new();
        tape.owes(1, TEN, 5);
        tape.dials(9, TEN, 5, 1);
        tape.reaches(9, TEN + after_us, 1);
        let found = returns(&tape, DAY_US);
        (found.returned, found.returned_in_time)
    };
    assert_eq!(settled(2 * HOUR_US), (1, 1));
    assert_eq!(settled(2 * HOUR_US + 1), (1, 0));
}

#[test]
fn a_further_miss_opens_the_duty_again_with_a_limit_of_its_own() {
    let mut tape = Tape::new();
    tape.owes(1, TEN, 5);
    tape.dials(8, TEN, 5, 1);
    tape.reaches(8, TEN + HOUR_US, 1);
    tape.owes(2, TEN + 3 * HOUR_US, 5);
    let open = returns(&tape, TEN + 4 * HOUR_US);
    assert_eq!((open.owed, open.returned, open.open, open.running), (1, 0, 1, 1));
    assert_eq!((open.rate(), open.in_time()), (share(0, 1), share(0, 0)));
    tape.dials(9, TEN, 5, 1);
    tape.reaches(9, TEN + 5 * HOUR_US, 1);
    assert_eq!(returns(&tape, DAY_US).in_time(), share(1, 1));
}

#[test]
fn who_redials_is_not_called_back_and_who_is_rung_in_vain_is_not_either() {
    let mut tape = Tape::new();
    let nine = 9 * HOUR_US;
    tape.owes(1, nine, 5);
    tape.rings_from(2, TEN, Some(phone(5)), "12345", &[]);
    tape.answers(2, TEN, SECOND_US, 1);
    tape.owes(3, nine, 6);
    tape.dials(8, TEN, 6, 1);
    let cause = FailureCause::NoAnswer;
    tape.fails(8, TEN + MINUTE_US, 1, OutboundFailure::Number { cause });
    // The clerk gave up before the citizen's phone could ring.
    tape.owes(4, nine, 7);
    tape.dials(9, TEN, 7, 1);
    tape.fails(9, TEN + MINUTE_US, 1, OutboundFailure::OwnPhone { cause });
    let found = returns(&tape, DAY_US);
    assert_eq!((found.owed, found.returned, found.redialled, found.open), (3, 0, 1, 2));
    assert_eq!((found.tried, found.running), (1, 0));
    assert_eq!((found.rate(), found.in_time()), (share(0, 3), share(0, 3)));
    assert_eq!(found.settled(), share(1, 3));
}

#[test]
fn another_day_is_another_duty_and_one_talk_settles_both() {
    let mut tape = Tape::new();
    tape.owes(1, -HOUR_US, 5);
    tape.owes(2, HOUR_US, 5);
    tape.dials(9, TEN, 5, 1);
    tape.reaches(9, TEN - 1, 1);
    let found = duties(&tape.ledger(), &tape.later(), Daytime::default());
    let settled = DutyState::Returned { at: at(TEN - 1), by: agent(1) };
    assert_eq!(found.iter().map(|duty| duty.state).collect::<Vec<_>>(), [settled, settled]);
    // Both were missed at night: due at 10:00.
    assert!(found.iter().all(|duty| duty.due_at == at(TEN) && !duty.late));
    assert_eq!(returns(&tape, DAY_US).owed, 1);
}

#[test]
fn a_call_that_lives_was_never_missed() {
    let mut tape = Tape::new();
    tape.owes(1, TEN, 5);
    tape.resumes(1, TEN + SECOND_US, TakenBack::Abandoned);
    assert_eq!(returns(&tape, DAY_US).owed, 0);
}
