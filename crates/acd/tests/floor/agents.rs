//! What an agent may ask for, and that her last explicit choice wins.

use acd::{
    AgentCommand, AgentStateName, BreakReason, Config, Effect, Input, NotReadyReason, ProofOutcome,
    Record, Refusal, RequestId,
};

use crate::floor_words::{Floor, agent, device};

const REST: AgentCommand = AgentCommand::NotReady { reason: BreakReason::Rest };
const RESTING: AgentStateName =
    AgentStateName::NotReady { reason: NotReadyReason::Break { kind: BreakReason::Rest } };

/// R07.
#[test]
fn ready_is_refused_with_the_reason_until_the_phone_is_registered_and_proved() {
    let mut floor = Floor::new();
    assert_eq!(floor.ask(1, AgentCommand::Ready), Err(Refusal::NotSignedIn));
    floor.sign_in(1, &[], false);
    assert_eq!(floor.ask(1, AgentCommand::Ready), Err(Refusal::NoRegistration));
    floor.pass_ms(1);
    floor.register(1);
    assert_eq!(floor.ask(1, AgentCommand::Ready), Err(Refusal::NotProved));
    floor.prove(1, ProofOutcome::MicrophoneSilent);
    assert_eq!(floor.ask(1, AgentCommand::Ready), Err(Refusal::MicrophoneSilent));
    floor.prove(1, ProofOutcome::NoMedia);
    assert_eq!(floor.ask(1, AgentCommand::Ready), Err(Refusal::NoMedia));
    floor.prove(1, ProofOutcome::Proved);
    assert_eq!(floor.ask(1, AgentCommand::Ready), Ok(()));
}

#[test]
fn a_proof_is_good_for_proof_valid_ms_exactly() {
    for (age_us, result) in [(60_000_000, Ok(())), (60_000_001, Err(Refusal::NotProved))] {
        let mut floor = Floor::with(Config { proof_valid_ms: 60_000, ..Config::default() });
        floor.sign_in(1, &[], false);
        floor.register(1);
        floor.prove(1, ProofOutcome::Proved);
        floor.pass_us(age_us);
        assert_eq!(floor.ask(1, AgentCommand::Ready), result);
    }
}

/// R16.
#[test]
fn a_second_check_that_fails_undoes_the_first_and_stands_a_ready_agent_down() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.prove(1, ProofOutcome::MicrophoneSilent);
    let silent = AgentStateName::NotReady { reason: NotReadyReason::MicrophoneSilent };
    assert_eq!(floor.state(1), silent);
}

/// R07.
#[test]
fn a_ready_agent_whose_phone_is_gone_is_offered_nothing_and_not_ready_after_the_grace() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.fact(acd::GatewayFact::DeviceLost { agent: agent(1), device: device(1) });
    floor.arrive(1);
    assert!(floor.acd.view().offers.is_empty());
    floor.pass_us(4_999_999);
    assert_eq!(floor.state(1), AgentStateName::Ready);
    floor.pass_us(1);
    let lost = AgentStateName::NotReady { reason: NotReadyReason::DeviceLost };
    assert_eq!(floor.state(1), lost);
}

#[test]
fn a_phone_that_comes_back_in_time_with_its_proof_rings_again() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.fact(acd::GatewayFact::DeviceLost { agent: agent(1), device: device(1) });
    floor.pass_ms(3_000);
    floor.register(1);
    floor.arrive(1);
    assert_eq!(floor.rings(1), [1]);
}

#[test]
fn a_break_chosen_while_talking_begins_after_the_wrap_up() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.ask(1, REST).unwrap();
    assert_eq!(floor.state(1), AgentStateName::Talking);
    floor.hangs_up(1);
    assert_eq!(floor.state(1), AgentStateName::WrapUp);
    floor.pass_ms(90_000);
    assert_eq!(floor.state(1), RESTING);
}

/// R18.
#[test]
fn the_last_of_several_choices_made_while_talking_wins() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.ask(1, AgentCommand::SignOut).unwrap();
    floor.ask(1, REST).unwrap();
    floor.ask(1, AgentCommand::Ready).unwrap();
    floor.hangs_up(1);
    floor.ask(1, AgentCommand::FinishWrapUp).unwrap();
    assert_eq!(floor.state(1), AgentStateName::Ready);
}

#[test]
fn a_sign_out_while_talking_takes_effect_as_the_call_ends() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.ask(1, AgentCommand::SignOut).unwrap();
    floor.hangs_up(1);
    assert_eq!(floor.state(1), AgentStateName::SignedOut);
}

/// R19.
#[test]
fn a_break_during_an_offer_gives_the_caller_to_the_next_agent_at_once() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.pass_ms(1);
    floor.ready(2, &[]);
    floor.arrive(1);
    floor.ask(1, REST).unwrap();
    assert_eq!((floor.state(1), floor.rings(1)), (RESTING, vec![2]));
}

/// R10.
#[test]
fn wrap_up_ends_at_its_cap_exactly_and_can_be_extended_twice() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.hangs_up(1);
    floor.ask(1, AgentCommand::ExtendWrapUp).unwrap();
    floor.ask(1, AgentCommand::ExtendWrapUp).unwrap();
    assert_eq!(floor.ask(1, AgentCommand::ExtendWrapUp), Err(Refusal::WrapUpLimit));
    floor.pass_us(209_999_999);
    assert_eq!(floor.state(1), AgentStateName::WrapUp);
    floor.pass_us(1);
    assert_eq!(floor.state(1), AgentStateName::Ready);
    let lasted = |r: &Record| matches!(r, Record::WrapUpEnded { lasted_us: 210_000_000, .. });
    assert_eq!(floor.recorded(lasted), 1);
    assert_eq!(floor.ask(1, AgentCommand::FinishWrapUp), Err(Refusal::NotInWrapUp));
}

#[test]
fn a_request_that_is_repeated_is_answered_alike_and_done_once() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.hangs_up(1);
    let request = RequestId(77);
    let input = Input::Agent { agent: agent(1), request, command: AgentCommand::ExtendWrapUp };
    floor.say(input.clone());
    let until = floor.acd.agent_view(agent(1)).unwrap().until;
    floor.say(input);
    assert_eq!(floor.last, [Effect::Answer { agent: agent(1), request, result: Ok(()) }]);
    assert_eq!(floor.acd.agent_view(agent(1)).unwrap().until, until);
}

#[test]
fn a_change_of_skills_is_hot_and_moves_no_state() {
    let mut floor = Floor::new();
    floor.ready(1, &["general"]);
    floor.arrive_asking(1, &["enterprise"], 5);
    assert!(floor.rings(1).is_empty());
    floor.sign_in(1, &["general", "enterprise"], false);
    assert_eq!(floor.rings(1), [1]);
}

/// R20.
#[test]
fn a_change_of_configuration_drops_no_call_and_no_state() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.ready(2, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.arrive(2);
    floor.pass_ms(1_000);
    let before = floor.acd.view();
    let config = Config { second_agent_after_ms: 500, wrap_up_ms: 1, ..Config::default() };
    floor.say(Input::Configure { config: Box::new(config) });
    let after = floor.acd.view();
    assert_eq!((before.agents, before.talking), (after.agents, after.talking));
}
