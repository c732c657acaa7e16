//! Click-to-dial.

use acd::{
    AgentCommand, AgentStateName, DialPurpose, EndCause, FailureCause, GatewayFact, Order,
    OutboundFailure, Record, Refusal,
};
use types::LegId;

use crate::floor_words::{Floor, agent, call};

fn dial(n: u128) -> AgentCommand {
    let number = "13900000001".parse().unwrap();
    AgentCommand::Dial { call: call(n), number, purpose: DialPurpose::Feedback }
}

fn originated(floor: &Floor) -> Option<LegId> {
    floor.orders().iter().find_map(|order| match order {
        Order::Originate { leg, .. } => Some(*leg),
        _ => None,
    })
}

fn answered(floor: &mut Floor, leg: LegId) {
    floor.fact(GatewayFact::LegAnswered { call: call(50), leg });
}

#[test]
fn her_own_phone_is_called_first_then_the_number_then_both_are_connected() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.ask(1, dial(50)).unwrap();
    let own = originated(&floor).unwrap();
    answered(&mut floor, own);
    let far = originated(&floor).unwrap();
    answered(&mut floor, far);
    assert!(
        matches!(floor.orders().as_slice(), [Order::Connect { first, second, record: true, .. }]
            if (*first, *second) == (far, own))
    );
    floor.fact(GatewayFact::LegsConnected { call: call(50), first: far, second: own });
    assert_eq!(floor.recorded(|r| matches!(r, Record::OutboundAnswered { .. })), 1);
    floor.fact(GatewayFact::LegEnded { call: call(50), leg: far, cause: EndCause::HungUp });
    assert_eq!(floor.state(1), AgentStateName::WrapUp);
    assert_eq!(floor.counts(), (0, 0, 0, 0), "calls out are no arrivals");
}

#[test]
fn a_number_that_does_not_answer_ends_the_clerks_leg_and_she_is_where_she_was() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.ask(1, dial(50)).unwrap();
    let own = originated(&floor).unwrap();
    answered(&mut floor, own);
    let far = originated(&floor).unwrap();
    let cause = FailureCause::Busy;
    floor.fact(GatewayFact::LegFailed { call: call(50), leg: far, cause });
    assert!(floor.orders().iter().any(|o| matches!(o, Order::End { leg, .. } if *leg == own)));
    let failure = OutboundFailure::Number { cause };
    let failed = Record::OutboundFailed { call: call(50), agent: agent(1), cause: failure };
    assert_eq!(floor.recorded(|record| *record == failed), 1);
    assert_eq!(floor.state(1), AgentStateName::Ready);
}

#[test]
fn nobody_is_offered_a_call_while_she_dials_and_nobody_dials_in_a_call() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.ask(1, dial(50)).unwrap();
    floor.arrive(1);
    assert!(floor.rings(1).is_empty());
    assert_eq!(floor.ask(1, dial(51)), Err(Refusal::InCall));
}

#[test]
fn an_own_phone_that_is_not_answered_gives_up_after_twenty_seconds() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.ask(1, dial(50)).unwrap();
    floor.pass_us(19_999_999);
    assert_eq!(floor.state(1), AgentStateName::Outbound);
    floor.pass_us(1);
    assert_eq!(floor.state(1), AgentStateName::Ready);
    assert_eq!(floor.ask(1, dial(50)), Err(Refusal::CallKnown));
}
