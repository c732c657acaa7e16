//! Agents' phones that fall silent or die while a citizen talks with them.

use super::*;

fn lost(leg: LegId) -> Input {
    Input::MediaLost { leg }
}

fn back(leg: LegId) -> Input {
    Input::MediaBack { leg }
}

fn hold() -> Input {
    Input::Order(Order::Hold { call: CALL, leg: AGENT })
}

fn retrieve() -> Input {
    Input::Order(Order::Retrieve { call: CALL, leg: AGENT })
}

fn notice() -> Source {
    Source::Prompts(vec!["hold_notice".into()])
}

/// What a leg is told to hear, the last word of each input.
fn heard(machine: &mut Machine, leg: LegId, inputs: Vec<Input>) -> Vec<Option<Source>> {
    let ears = |outputs: Vec<Output>| {
        outputs.into_iter().rev().find_map(|output| match output {
            Output::Hear { leg: of, source } if of == leg => Some(source),
            Output::Bridge { first, second, .. } if first == leg => Some(Source::Peer(second)),
            Output::Bridge { first, second, .. } if second == leg => Some(Source::Peer(first)),
            _ => None,
        })
    };
    inputs.into_iter().map(|input| ears(machine.handle(at(50), input))).collect()
}

#[test]
fn a_silent_browser_gives_the_caller_a_notice_and_its_return_the_conversation_with_a_notice() {
    let mut machine = talking();
    let outputs = machine.handle(at(5), lost(AGENT));
    assert!(outputs.contains(&Output::Hear { leg: CALLER, source: notice() }));
    assert_eq!(facts(&outputs), vec![&Fact::LegMediaLost { call: CALL, leg: AGENT }]);
    let outputs = machine.handle(at(6), back(AGENT));
    let resume = vec!["hold_resume".into()];
    assert!(outputs.contains(&Output::Bridge { first: AGENT, second: CALLER, notice: resume }));
    assert_eq!(facts(&outputs), vec![&Fact::LegMediaBack { call: CALL, leg: AGENT }]);
}

#[test]
fn a_loss_that_is_told_twice_does_not_begin_the_notice_again() {
    let mut machine = talking();
    let ears = heard(&mut machine, CALLER, vec![lost(AGENT), lost(AGENT), back(AGENT)]);
    assert_eq!(ears, [Some(notice()), None, Some(Source::Peer(AGENT))]);
}

#[test]
fn the_citizens_own_silence_changes_nothing_that_anybody_hears() {
    let mut machine = talking();
    let outputs = machine.handle(at(5), lost(CALLER));
    let fact = Fact::LegMediaLost { call: CALL, leg: CALLER };
    assert_eq!(outputs, vec![Output::Report(fact)]);
}

#[test]
fn hold_and_loss_in_any_order_restore_the_bridge_exactly_when_nothing_mutes_it() {
    let (music, peer) = (Some(Source::Music), Some(Source::Peer(AGENT)));
    let cases = [
        (
            vec![hold(), lost(AGENT), retrieve(), back(AGENT)],
            [music.clone(), None, None, peer.clone()],
        ),
        (vec![hold(), lost(AGENT), back(AGENT), retrieve()], [music, None, None, peer.clone()]),
        (
            vec![lost(AGENT), hold(), retrieve(), back(AGENT)],
            [Some(notice()), None, None, peer.clone()],
        ),
        (vec![lost(AGENT), hold(), back(AGENT), retrieve()], [Some(notice()), None, None, peer]),
    ];
    for (inputs, wanted) in cases {
        let name = format!("{inputs:?}");
        assert_eq!(heard(&mut talking(), CALLER, inputs), wanted, "{name}");
    }
}

#[test]
fn a_return_that_ends_a_hold_plays_no_notice() {
    let mut machine = talking();
    for input in [hold(), lost(AGENT), back(AGENT)] {
        machine.handle(at(5), input);
    }
    let outputs = machine.handle(at(6), retrieve());
    assert!(outputs.contains(&Output::Bridge { first: AGENT, second: CALLER, notice: vec![] }));
}

#[test]
fn an_agents_phone_that_dies_leaves_the_citizen_waiting_with_the_notice() {
    for cause in [EndCause::Vanished, EndCause::Fault] {
        for server_lost in [false, true] {
            let mut machine = talking();
            if server_lost {
                machine.handle(at(4), Input::ServerLost);
            }
            let outputs = machine.handle(at(5), Input::Gone { leg: AGENT, cause });
            assert!(!outputs.contains(&Output::Bye { leg: CALLER }), "{outputs:?}");
            assert!(outputs.contains(&Output::StopRecording { call: CALL }));
            assert_eq!(outputs.last(), Some(&Output::Hear { leg: CALLER, source: notice() }));
            assert_eq!(facts(&outputs), vec![&Fact::LegEnded { call: CALL, leg: AGENT, cause }]);
            let calls = machine.calls();
            assert_eq!(calls[0].legs.len(), 1);
            assert_eq!(calls[0].legs[0].state, call::LegState::Waiting);
        }
    }
}

#[test]
fn a_phone_that_dies_on_hold_or_after_its_silence_leaves_the_music() {
    for before in [hold(), lost(AGENT)] {
        let mut machine = talking();
        machine.handle(at(4), before);
        let gone = Input::Gone { leg: AGENT, cause: EndCause::Vanished };
        assert_eq!(heard(&mut machine, CALLER, vec![gone]), [Some(Source::Music)]);
    }
}

#[test]
fn a_citizen_who_vanishes_still_ends_the_agents_leg() {
    for cause in [EndCause::Vanished, EndCause::Fault] {
        let mut machine = talking();
        let outputs = machine.handle(at(5), Input::Gone { leg: CALLER, cause });
        assert!(outputs.contains(&Output::Bye { leg: AGENT }));
        assert!(machine.is_empty());
    }
}

#[test]
fn a_citizen_left_by_a_dead_phone_talks_again_with_the_next_leg() {
    let mut machine = talking();
    machine.handle(at(5), Input::Gone { leg: AGENT, cause: EndCause::Vanished });
    let next = LegId::from_u128(21);
    machine.handle(at(6), offer(CALL, next));
    machine.handle(at(7), Input::Answered { leg: next });
    let outputs = machine.handle(at(8), connect(CALLER, next));
    assert!(matches!(facts(&outputs)[..], [Fact::LegsConnected { .. }]));
    let gone = machine.handle(at(9), Input::Gone { leg: CALLER, cause: EndCause::HungUp });
    assert!(gone.contains(&Output::Bye { leg: next }) && machine.is_empty());
}

#[test]
fn a_second_leg_of_the_same_agent_takes_the_place_of_the_first_which_ends_alone() {
    let mut machine = talking();
    let next = LegId::from_u128(21);
    machine.handle(at(5), lost(AGENT));
    machine.handle(at(6), offer(CALL, next));
    machine.handle(at(7), Input::Answered { leg: next });
    let outputs = machine.handle(at(8), connect(CALLER, next));
    let places = |wanted: &Output| outputs.iter().position(|output| output == wanted);
    let stopped = places(&Output::StopRecording { call: CALL });
    assert!(stopped.is_some(), "the first part of the recording is whole: {outputs:?}");
    assert!(outputs.iter().any(|output| matches!(output, Output::StartRecording { .. })));
    let outputs = machine.handle(at(9), end(AGENT, false));
    assert!(!outputs.contains(&Output::Bye { leg: CALLER }));
    let connected = machine.calls()[0].legs.iter().any(|leg| {
        leg.leg == CALLER
            && matches!(leg.state, call::LegState::Connected { peer, .. } if peer == next)
    });
    assert!(connected, "the conversation goes on with the new leg");
}

#[test]
fn a_phone_that_was_silent_before_its_connection_is_told_lost_after_it() {
    let mut machine = Machine::new(Settings::default());
    machine.handle(at(0), arrived(CALL, CALLER));
    machine.handle(at(1), offer(CALL, AGENT));
    machine.handle(at(2), Input::Answered { leg: AGENT });
    machine.handle(at(3), lost(AGENT));
    let outputs = machine.handle(at(4), connect(CALLER, AGENT));
    assert!(outputs.contains(&Output::Hear { leg: CALLER, source: notice() }));
    let lost = Fact::LegMediaLost { call: CALL, leg: AGENT };
    assert_eq!(facts(&outputs).last(), Some(&&lost));
}
