//! Lost media, returned callers and new phones across restarts of the server and lost links.

use acd::{
    AgentStateName, Config, EndReason, Input, LegKind, LegState, Order, OwedCause, Record,
    TakenBack,
};

use crate::floor_words::{agent, call, caller_leg, gateway};
use crate::gateways::{call_of, leg, snapshot, snapshot_of, talk};
use crate::rejoin::{NEW_PAGE, page_answers, page_connected, reloaded};
use crate::returning::{LOST, is_returned, is_taken_over, media, media_lost, returned, talking};

#[test]
fn a_server_that_restarts_while_media_is_lost_believes_the_snapshot_before_its_old_timer() {
    for back in [true, false] {
        let mut floor = talking();
        media(&mut floor, true);
        let saved = serde_json::to_string(&floor.acd).unwrap();
        floor.acd = serde_json::from_str(&saved).unwrap();
        floor.now_us += 60_000_000;
        floor.say(Input::Configure { config: Box::new(Config::default()) });
        assert_eq!(floor.recorded(is_returned), 0, "the media may have come back meanwhile");
        let mut found = talk(&floor, 1, 1, floor.leg(1));
        if let LegState::Connected { media_lost, .. } = &mut found.legs[1].state {
            *media_lost = !back;
        }
        let input = snapshot(&floor, vec![found], &[1]);
        floor.say(input);
        assert_eq!(media_lost(&floor), !back);
        floor.pass_ms(3_000);
        let state = if back { AgentStateName::Talking } else { LOST };
        assert_eq!((floor.state(1), floor.counts()), (state, (1, 1, 0, 0)));
    }
}

#[test]
fn media_lost_while_the_link_was_away_is_learned_from_the_snapshot() {
    let mut floor = talking();
    let mut found = talk(&floor, 1, 1, floor.leg(1));
    if let LegState::Connected { media_lost, .. } = &mut found.legs[1].state {
        *media_lost = true;
    }
    let input = snapshot(&floor, vec![found], &[1]);
    floor.say(input);
    assert!(media_lost(&floor));
    floor.pass_ms(23_000);
    assert_eq!(floor.state(1), LOST);
}

#[test]
fn the_wait_does_not_end_while_the_gateway_is_away() {
    let mut floor = talking();
    media(&mut floor, true);
    floor.pass_ms(22_000);
    floor.say(Input::GatewayLost { gateway: gateway() });
    floor.pass_ms(1_500);
    assert_eq!(floor.recorded(is_returned), 0);
    let found = talk(&floor, 1, 1, floor.leg(1));
    let input = snapshot(&floor, vec![found], &[1]);
    floor.say(input);
    floor.pass_ms(60_000);
    assert_eq!(floor.state(1), AgentStateName::Talking);
}

#[test]
fn a_snapshot_without_the_agents_leg_returns_the_caller() {
    let mut floor = talking();
    let input = snapshot_of(&floor, &[1], &[1]);
    floor.say(input);
    assert_eq!((floor.state(1), floor.counts()), (LOST, (1, 1, 0, 0)));
    assert_eq!(floor.recorded(is_returned), 1);
}

#[test]
fn a_gateway_that_dies_while_a_returned_caller_waits_ends_the_call_and_owes_a_return() {
    let mut floor = returned();
    floor.say(Input::GatewayLost { gateway: gateway() });
    floor.pass_ms(3_000);
    assert_eq!(floor.counts(), (1, 1, 0, 1));
    let owed = |r: &Record| {
        matches!(r, Record::MissedCallReturnOwed { cause: OwedCause::GatewayLost, .. })
    };
    assert_eq!(floor.recorded(owed), 1);
}

#[test]
fn a_returned_caller_who_was_thought_lost_with_the_gateway_waits_on_at_the_head() {
    let mut floor = returned();
    floor.say(Input::GatewayLost { gateway: gateway() });
    floor.pass_ms(10_000);
    let input = snapshot_of(&floor, &[1], &[1]);
    floor.say(input);
    let back = Record::CallResumed { call: call(1), takes_back: TakenBack::EndedInQueue };
    assert_eq!(floor.recorded(|record| *record == back), 1);
    assert!(floor.acd.view().waiting.first().unwrap().returned);
    assert_eq!(floor.counts(), (1, 1, 0, 0));
    floor.ready(2, &[]);
    floor.takes(1, 2);
    assert_eq!((floor.recorded(is_taken_over), floor.counts()), (1, (1, 1, 0, 0)));
}

#[test]
fn a_talk_thought_lost_with_the_gateway_whose_agents_leg_died_meanwhile_returns_the_caller() {
    let mut floor = talking();
    floor.pass_ms(10_000);
    floor.say(Input::GatewayLost { gateway: gateway() });
    floor.pass_ms(5_000);
    assert_eq!(floor.counts(), (1, 1, 0, 1));
    let input = snapshot_of(&floor, &[1], &[]);
    floor.say(input);
    assert_eq!((floor.recorded(is_returned), floor.counts()), (1, (1, 1, 0, 0)));
    assert!(floor.acd.view().waiting.first().unwrap().returned);
}

#[test]
fn a_link_lost_between_connect_and_its_report_finds_the_rejoined_talk_in_the_snapshot() {
    let (mut floor, old, new) = reloaded();
    page_answers(&mut floor, new);
    floor.say(Input::GatewayLost { gateway: gateway() });
    floor.pass_ms(1_500);
    let mut found = talk(&floor, 1, 1, new);
    let at = floor.gateway_now();
    let kind = LegKind::Agent { agent: agent(1) };
    found.legs.push(leg(old, kind, LegState::Waiting, at));
    let input = snapshot(&floor, vec![found], &[NEW_PAGE]);
    floor.say(input);
    assert_eq!(floor.recorded(|r| matches!(r, Record::CallRejoined { .. })), 1);
    let end = Order::End { call: call(1), leg: old, reason: EndReason::Replaced };
    assert!(floor.orders().contains(&end));
    assert_eq!((floor.leg(1), floor.state(1)), (new, AgentStateName::Talking));
}

#[test]
fn a_link_lost_before_the_new_leg_was_connected_orders_the_bridge_again() {
    let (mut floor, old, new) = reloaded();
    page_answers(&mut floor, new);
    floor.say(Input::GatewayLost { gateway: gateway() });
    let mut found = talk(&floor, 1, 1, old);
    let at = floor.gateway_now();
    let kind = LegKind::Agent { agent: agent(1) };
    found.legs.push(leg(new, kind, LegState::Waiting, at));
    let input = snapshot(&floor, vec![found], &[NEW_PAGE]);
    floor.say(input);
    let connect = |o: &Order| matches!(o, Order::Connect { second, .. } if *second == new);
    assert!(floor.orders().iter().any(connect));
    page_connected(&mut floor, new);
    assert_eq!(floor.leg(1), new);
}

#[test]
fn a_link_lost_in_which_both_legs_of_hers_died_returns_the_caller() {
    let (mut floor, _, new) = reloaded();
    page_answers(&mut floor, new);
    floor.say(Input::GatewayLost { gateway: gateway() });
    let at = floor.gateway_now();
    let legs = vec![leg(caller_leg(1), LegKind::Caller, LegState::Waiting, at)];
    let input = snapshot(&floor, vec![call_of(1, at, legs)], &[]);
    floor.say(input);
    assert_eq!((floor.state(1), floor.recorded(is_returned)), (LOST, 1));
    assert_eq!(floor.counts(), (1, 1, 0, 0));
}
