//! What stands beside K1: screened calls, promised calls back, redials, notices.

use acd::{AbandonCause, QueueCallbackOutcome, Record, ScreenedBy};

use crate::support::*;

const TEN: i64 = 10 * HOUR_US;

fn screened(tape: &mut Tape, n: u128, us: i64) {
    tape.put(
        us,
        Record::CallScreened {
            call: call(n),
            gateway: "gw1".parse().unwrap(),
            leg: types::LegId::from_u128(n),
            caller: phone(7),
            dialled: "12345".to_owned(),
            arrived_at: at(us),
            rang_at: at(us),
            set_by: ScreenedBy::TeamLeader,
            until: at(us + DAY_US),
        },
    );
}

fn promised(tape: &mut Tape, n: u128, us: i64) {
    tape.rings(n, us);
    let promised = Record::QueueCallbackPromised {
        call: call(n),
        caller: phone(5),
        place_at: at(us),
        expires_at: None,
    };
    tape.put(us + 40 * SECOND_US, promised);
    tape.gives_up(n, us, 40 * SECOND_US, AbandonCause::QueueCallback);
}

fn ended(tape: &mut Tape, n: u128, us: i64, outcome: QueueCallbackOutcome) {
    tape.put(us, Record::QueueCallbackEnded { call: call(n), outcome, waited_us: 1 });
}

#[test]
fn a_screened_call_is_no_request_and_is_never_hidden() {
    let mut tape = Tape::new();
    tape.rings(1, TEN);
    tape.answers(1, TEN, SECOND_US, 1);
    screened(&mut tape, 2, TEN);
    screened(&mut tape, 3, TEN);
    screened(&mut tape, 4, TEN - DAY_US);
    tape.put(TEN, Record::ScreenedCallAdmitted { call: call(3) });
    tape.rings(3, TEN);
    tape.answers(3, TEN, 8 * SECOND_US, 1);
    let report = tape.report();
    assert_eq!((report.beside_base.screened, report.beside_base.let_in), (2, 1));
    let tally = report.total.raw().counts.tally;
    assert_eq!((tally.requests, tally.answered), (2, 2), "who was let in is a request");
}

#[test]
fn promises_are_a_line_of_their_own_whatever_becomes_of_them() {
    let mut tape = Tape::new();
    for n in 1..=4 {
        promised(&mut tape, n, TEN);
    }
    let before = tape.report();
    let (outbound, by) = (call(9), call(8));
    ended(&mut tape, 1, TEN + HOUR_US, QueueCallbackOutcome::Kept { outbound, agent: agent(1) });
    ended(&mut tape, 2, TEN + HOUR_US, QueueCallbackOutcome::Redialled { by });
    ended(&mut tape, 3, TEN + HOUR_US, QueueCallbackOutcome::NotReached);
    let report = tape.report();
    let found = report.beside_base;
    assert_eq!((found.promised, found.kept, found.redialled, found.in_vain), (4, 1, 1, 1));
    assert_eq!(found.open(), 1);
    assert_eq!(report.total, before.total, "K1 and all beside it is as it was");
    let counts = report.total.raw().counts;
    assert_eq!((counts.tally.requests, counts.tally.answered, counts.abandoned), (4, 0, 4));
    assert_eq!(counts.tally.short_abandons, 0);
}
