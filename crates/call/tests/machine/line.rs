//! A neighbouring centre's number, called inside a citizen's call.

use super::*;

const LINE: LegId = LegId::from_u128(30);

fn called() -> Machine {
    let mut machine = Machine::new(Settings::default());
    machine.handle(at(0), arrived(CALL, CALLER));
    let to = Target::Number("05551234567".parse().unwrap());
    let (call, leg, caller_id) = (CALL, LINE, "12345".to_owned());
    let (ring_limit_ms, auto_answer) = (32_000, false);
    let order = Order::Originate { call, leg, to, caller_id, ring_limit_ms, auto_answer };
    let outputs = machine.handle(at(12_000), Input::Order(order));
    assert!(outputs.iter().any(|output| matches!(output, Output::InviteNumber { .. })));
    machine
}

#[test]
fn its_early_sound_answers_nobody_and_its_answer_lets_the_citizen_be_connected() {
    let mut machine = called();
    let outputs = machine.handle(at(13_000), Input::Ringing { leg: LINE, early_media: true });
    assert_eq!(facts(&outputs), [&Fact::LegRinging { call: CALL, leg: LINE }]);
    assert!(!outputs.contains(&Output::Answer { leg: CALLER }));
    machine.handle(at(14_000), Input::Answered { leg: LINE });
    let outputs = machine.handle(at(14_001), connect(CALLER, LINE));
    assert!(outputs.contains(&Output::Answer { leg: CALLER }));
    let connected = Fact::LegsConnected { call: CALL, first: CALLER, second: LINE };
    assert_eq!(facts(&outputs).last(), Some(&&connected));
}

#[test]
fn a_caller_who_gives_up_stops_the_ring_there_and_at_an_agents_phone_at_once() {
    let mut machine = called();
    machine.handle(at(12_500), offer(CALL, AGENT));
    let gone = Input::Gone { leg: CALLER, cause: EndCause::HungUp };
    let outputs = machine.handle(at(13_000), gone);
    for leg in [AGENT, LINE] {
        assert!(outputs.contains(&Output::Cancel { leg }), "{outputs:?}");
    }
}

#[test]
fn a_neighbours_leg_that_dies_leaves_the_citizen_waiting_and_its_hang_up_ends_the_call() {
    for (cause, waits) in
        [(EndCause::Vanished, true), (EndCause::Fault, true), (EndCause::HungUp, false)]
    {
        let mut machine = called();
        machine.handle(at(14_000), Input::Answered { leg: LINE });
        machine.handle(at(14_001), connect(CALLER, LINE));
        let outputs = machine.handle(at(20_000), Input::Gone { leg: LINE, cause });
        assert_eq!(!outputs.contains(&Output::Bye { leg: CALLER }), waits, "{cause:?}");
        assert_eq!(!machine.is_empty(), waits, "{cause:?}");
    }
}

#[test]
fn a_citizen_who_vanishes_ends_the_neighbours_leg() {
    let mut machine = called();
    machine.handle(at(14_000), Input::Answered { leg: LINE });
    machine.handle(at(14_001), connect(CALLER, LINE));
    let outputs =
        machine.handle(at(20_000), Input::Gone { leg: CALLER, cause: EndCause::Vanished });
    assert!(outputs.contains(&Output::Bye { leg: LINE }) && machine.is_empty());
}
