//! What must not destroy a promised call back or a kept place: full queues, phones that are put down, redials at an
//! unlucky moment, another number.

use acd::{
    AgentCommand, AgentStateName, Arrival, Config, EndCause, FailureCause, GatewayFact,
    QueueCallbackOutcome, Record,
};

use crate::floor_words::{Floor, call, caller_leg};
use crate::queue_callback::{dialled, ended, offering, originated, promised, promised_with, wake};

fn calls_again(floor: &mut Floor, n: u128) {
    let again = Arrival { caller: "13800000001".parse().ok(), ..floor.arrival(n) };
    floor.fact(GatewayFact::CallArrived(again));
}

#[test]
fn who_redials_into_a_full_queue_keeps_the_promise() {
    let mut floor = promised_with(Config { queue_len_max: 1, ..offering() });
    floor.arrive(2);
    calls_again(&mut floor, 3);
    assert_eq!((floor.counts(), ended(&floor)), ((3, 0, 2, 0), vec![]), "she was refused");
    assert_eq!(floor.acd.view().queue_callbacks.len(), 1);
}

#[test]
fn a_redial_that_had_ended_before_it_was_heard_of_keeps_the_promise() {
    let mut floor = promised();
    let (call, leg, cause) = (call(3), caller_leg(3), EndCause::HungUp);
    floor.fact(GatewayFact::LegEnded { call, leg, cause });
    calls_again(&mut floor, 3);
    assert_eq!((floor.counts(), ended(&floor)), ((2, 0, 2, 0), vec![]));
}

#[test]
fn who_puts_her_ringing_phone_down_has_refused_and_is_not_rung_again_at_once() {
    let mut floor = promised();
    floor.ready(1, &[]);
    let (out, own, ..) = originated(&floor).unwrap();
    floor.ask(1, AgentCommand::HangUp).unwrap();
    floor.fact(GatewayFact::LegFailed { call: out, leg: own, cause: FailureCause::Withdrawn });
    assert_eq!(floor.state(1), AgentStateName::Warned);
    floor.ready(2, &[]);
    assert_eq!(floor.state(2), AgentStateName::Outbound, "the next agent has it");
    floor.pass_ms(5_000);
    assert_eq!(floor.state(1), AgentStateName::Ready);
}

#[test]
fn the_key_that_refuses_an_offer_refuses_a_call_back_that_rings() {
    let mut floor = promised();
    floor.ready(1, &[]);
    assert_eq!(floor.ask(1, AgentCommand::RejectOffer), Ok(()));
    assert_eq!(floor.state(1), AgentStateName::Warned);
    assert_eq!(ended(&floor), [], "the promise stands");
    let (_, own, _) = dialled_by(&mut floor, 2);
    assert_eq!(floor.ask(2, AgentCommand::RejectOffer), Err(acd::Refusal::NoOffer), "{own:?}");
}

fn dialled_by(floor: &mut Floor, n: u128) -> (types::CallId, types::LegId, types::LegId) {
    floor.ready(n, &[]);
    let (out, own, ..) = originated(floor).unwrap();
    floor.fact(GatewayFact::LegAnswered { call: out, leg: own });
    let (_, far, ..) = originated(floor).unwrap();
    (out, own, far)
}

#[test]
fn who_calls_while_her_number_is_dialled_keeps_the_place() {
    let mut floor = promised();
    floor.arrive(2);
    let (out, _, far) = dialled(&mut floor);
    floor.pass_ms(10);
    calls_again(&mut floor, 3);
    floor.fact(GatewayFact::LegFailed { call: out, leg: far, cause: FailureCause::Busy });
    assert_eq!(ended(&floor), [QueueCallbackOutcome::Redialled { by: call(3) }]);
    assert_eq!((floor.rings(3), floor.rings(2)), (vec![1], vec![]), "before call 2, as promised");
    let kept = |r: &Record| matches!(r, Record::PlaceKept { call: of, earlier, .. } if (*of, *earlier) == (call(3), call(1)));
    assert_eq!(floor.recorded(kept), 1);
}

#[test]
fn who_is_served_already_when_the_dialling_fails_takes_no_place() {
    let mut floor = promised();
    let (out, _, far) = dialled(&mut floor);
    floor.ready(2, &[]);
    calls_again(&mut floor, 3);
    floor.takes(3, 2);
    floor.fact(GatewayFact::LegFailed { call: out, leg: far, cause: FailureCause::Busy });
    assert_eq!(ended(&floor), [QueueCallbackOutcome::Redialled { by: call(3) }]);
    assert_eq!(floor.recorded(|r| matches!(r, Record::PlaceKept { .. })), 0);
}

#[test]
fn a_promise_of_one_number_is_no_place_on_another() {
    let mut floor = promised();
    floor.pass_ms(10);
    floor.arrive(2);
    let other = Arrival {
        caller: "13800000001".parse().ok(),
        dialled: "12315".to_owned(),
        ..floor.arrival(3)
    };
    floor.fact(GatewayFact::CallArrived(other));
    assert_eq!(ended(&floor), [], "12345 still owes her a call");
    let view = floor.acd.view();
    let order: Vec<_> = view.waiting.iter().map(|it| it.call).collect();
    assert_eq!(order, [call(2), call(3)]);
}

#[test]
fn a_returned_caller_who_was_thought_lost_is_offered_no_call_back_that_the_key_cannot_take() {
    use crate::gateways::{snapshot, talk};
    let mut floor = Floor::with(offering());
    wake(&mut floor);
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    let mut found = talk(&floor, 1, 1, floor.leg(1));
    found.legs.truncate(1);
    found.legs[0].state = acd::LegState::Waiting;
    floor.pass_ms(1_000);
    floor.say(acd::Input::GatewayLost { gateway: crate::floor_words::gateway() });
    floor.pass_ms(2_000);
    assert_eq!(floor.counts(), (1, 1, 0, 1), "thought lost");
    let input = snapshot(&floor, vec![found], &[]);
    floor.say(input);
    assert_eq!(floor.counts(), (1, 1, 0, 0), "she waits again");
    floor.pass_ms(60_000);
    assert_eq!(floor.recorded(|r| matches!(r, Record::QueueCallbackOffered { .. })), 0);
}
