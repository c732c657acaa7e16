//! A core that stood still: what its gateway has told meanwhile goes before deadlines that have passed.

use acd::{
    Acd, AgentStateName, Config, EndReason, FailureCause, GatewayFact, Order, Record,
    WithdrawReason,
};

use crate::floor_words::{Floor, bare, call, caller_leg};

/// A restart, or a machine that stood still, while nothing was heard.
fn stands_still(floor: &mut Floor, ms: i64) {
    let saved = serde_json::to_string(&floor.acd).unwrap();
    floor.acd = serde_json::from_str::<Acd>(&saved).unwrap();
    floor.now_us += ms * 1_000;
}

fn failed(floor: &Floor) -> usize {
    floor.recorded(|record| matches!(record, Record::BridgeFailed { .. }))
}

#[test]
fn a_conversation_that_began_while_the_server_stood_still_goes_on() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.answers(1, 1);
    let leg = floor.leg(1);
    stands_still(&mut floor, 20_000);
    floor.fact(GatewayFact::LegsConnected { call: call(1), first: caller_leg(1), second: leg });
    let cut = |order: &Order| matches!(order, Order::End { reason: EndReason::PeerGone, .. });
    assert!(!floor.orders().iter().any(cut), "{:?}", floor.orders());
    assert_eq!(
        (floor.state(1), floor.counts(), failed(&floor)),
        (AgentStateName::Talking, (1, 1, 0, 0), 0)
    );
}

#[test]
fn what_the_gateway_tells_of_is_waited_for_two_seconds_then_the_deadline_holds() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.answers(1, 1);
    stands_still(&mut floor, 20_000);
    floor.say(acd::Input::Tick);
    floor.pass_us(1_999_999);
    assert_eq!(failed(&floor), 0);
    floor.pass_us(1);
    assert_eq!(failed(&floor), 1);
}

#[test]
fn a_phone_that_answered_by_itself_meanwhile_has_not_lapsed() {
    let mut floor = Floor::with(Config { lapses_max: 1, ..bare() });
    floor.ready_auto(1);
    floor.arrive(1);
    let leg = floor.leg(1);
    stands_still(&mut floor, 20_000);
    floor.fact(GatewayFact::LegAnswered { call: call(1), leg });
    assert!(floor.orders().iter().any(|order| matches!(order, Order::Connect { .. })));
    assert_eq!(floor.state(1), AgentStateName::Talking);
}

#[test]
fn a_deadline_that_is_hardly_late_holds_at_once() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    stands_still(&mut floor, 7_000);
    let leg = floor.leg(1);
    let cause = FailureCause::NoAnswer;
    floor.fact(GatewayFact::LegFailed { call: call(1), leg, cause });
    let withdraw = Order::Withdraw { call: call(1), leg, reason: WithdrawReason::RingLimit };
    assert!(floor.orders().contains(&withdraw), "{:?}", floor.orders());
}
