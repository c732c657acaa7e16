//! An agent who comes back to her talk on another phone.

use acd::{
    AgentCommand, AgentStateName, EndCause, EndReason, FailureCause, GatewayFact, Input, Order,
    Record,
};
use types::{DeviceId, LegId};

use crate::floor_words::{Floor, agent, call, caller_leg, device};
use crate::returning::{LOST, is_returned, media, media_lost, talking};

pub const NEW_PAGE: u128 = 77;

fn page_gone(floor: &mut Floor, n: u128) {
    floor.fact(GatewayFact::DeviceLost { agent: agent(1), device: device(n) });
}

fn page_comes(floor: &mut Floor, n: u128) -> Option<LegId> {
    floor.fact(GatewayFact::DeviceRegistered { agent: agent(1), device: device(n) });
    floor.orders().iter().find_map(|order| match order {
        Order::Offer { leg, auto_answer: true, .. } => Some(*leg),
        _ => None,
    })
}

/// She reloads her page in the middle of the talk: the new leg rings.
pub fn reloaded() -> (Floor, LegId, LegId) {
    let mut floor = talking();
    let old = floor.leg(1);
    floor.pass_ms(10_000);
    page_gone(&mut floor, 1);
    floor.pass_ms(1);
    let new = page_comes(&mut floor, NEW_PAGE).expect("the new page rings");
    (floor, old, new)
}

pub fn page_answers(floor: &mut Floor, new: LegId) {
    floor.fact(GatewayFact::LegAnswered { call: call(1), leg: new });
}

pub fn page_connected(floor: &mut Floor, new: LegId) {
    floor.fact(GatewayFact::LegsConnected { call: call(1), first: caller_leg(1), second: new });
}

#[test]
fn a_reloaded_page_rings_for_her_talk_and_takes_the_old_legs_place() {
    let (mut floor, old, new) = reloaded();
    page_answers(&mut floor, new);
    let notice = Vec::new();
    let (first, second) = (caller_leg(1), new);
    let connect = Order::Connect { call: call(1), first, second, record: true, notice };
    assert_eq!(floor.orders(), [connect]);
    page_connected(&mut floor, new);
    let end = Order::End { call: call(1), leg: old, reason: EndReason::Replaced };
    assert_eq!(floor.orders(), [end]);
    let record = Record::CallRejoined { call: call(1), agent: agent(1), leg: new };
    assert_eq!(floor.last_records(), [record]);
    floor.fact(GatewayFact::LegEnded { call: call(1), leg: old, cause: EndCause::Ordered });
    assert_eq!((floor.leg(1), floor.counts()), (new, (1, 1, 0, 0)));
    floor.pass_ms(60_000);
    floor.hangs_up(1);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::WrapUp, (1, 1, 0, 1)));
}

#[test]
fn a_rejoined_talk_has_not_lost_its_media_any_more() {
    let (mut floor, _, new) = reloaded();
    media(&mut floor, true);
    floor.pass_ms(1_000);
    page_answers(&mut floor, new);
    page_connected(&mut floor, new);
    assert!(!media_lost(&floor));
    floor.pass_ms(60_000);
    assert_eq!((floor.state(1), floor.recorded(is_returned)), (AgentStateName::Talking, 0));
}

#[test]
fn the_end_of_the_old_leg_in_any_order_does_not_end_the_call() {
    for when in 0..3 {
        let (mut floor, old, new) = reloaded();
        let cause = EndCause::Vanished;
        for step in 0..3 {
            if step == when {
                floor.fact(GatewayFact::LegEnded { call: call(1), leg: old, cause });
                assert_eq!(floor.state(1), AgentStateName::Talking, "{when}");
            }
            match step {
                0 => page_answers(&mut floor, new),
                1 => page_connected(&mut floor, new),
                _ => {}
            }
        }
        assert_eq!((floor.leg(1), floor.counts()), (new, (1, 1, 0, 0)), "{when}");
        assert_eq!(floor.recorded(|r| matches!(r, Record::CallRejoined { .. })), 1, "{when}");
        floor.pass_ms(60_000);
        assert_eq!(floor.state(1), AgentStateName::Talking, "{when}");
    }
}

#[test]
fn a_new_page_that_does_not_answer_is_forgotten_and_a_later_one_rings_again() {
    let (mut floor, _, new) = reloaded();
    media(&mut floor, true);
    assert_eq!(page_comes(&mut floor, 78), None, "one at a time");
    floor.pass_ms(6_000);
    assert_eq!(floor.state(1), AgentStateName::Talking);
    let failed = Record::RejoinFailed { call: call(1), agent: agent(1), leg: new };
    assert_eq!(floor.recorded(|record| *record == failed), 1);
    let again = page_comes(&mut floor, 79).unwrap();
    floor.fact(GatewayFact::LegFailed { call: call(1), leg: again, cause: FailureCause::Declined });
    floor.pass_ms(16_999);
    assert_eq!(floor.state(1), AgentStateName::Talking, "the wait goes on");
    floor.pass_ms(1);
    assert_eq!((floor.state(1), floor.recorded(is_returned)), (LOST, 1));
}

#[test]
fn a_new_leg_that_fails_after_the_old_one_ended_returns_the_caller() {
    let (mut floor, old, new) = reloaded();
    let cause = EndCause::Vanished;
    floor.fact(GatewayFact::LegEnded { call: call(1), leg: old, cause });
    assert_eq!(floor.recorded(is_returned), 0);
    floor.fact(GatewayFact::LegFailed { call: call(1), leg: new, cause: FailureCause::NoAnswer });
    assert_eq!((floor.state(1), floor.recorded(is_returned)), (LOST, 1));
    assert_eq!(floor.counts(), (1, 1, 0, 0));
}

#[test]
fn a_bridge_to_the_new_leg_that_is_never_reported_gives_the_old_one_back() {
    let (mut floor, old, new) = reloaded();
    page_answers(&mut floor, new);
    floor.pass_ms(3_000);
    let orders = floor.orders();
    assert!(matches!(orders.first(), Some(Order::Withdraw { leg, .. }) if *leg == new));
    assert!(matches!(orders.get(1), Some(Order::Connect { second, .. }) if *second == old));
    assert_eq!((floor.leg(1), floor.state(1)), (old, AgentStateName::Talking));
}

#[test]
fn a_new_phone_means_nothing_while_the_old_one_works() {
    let mut floor = talking();
    floor.pass_ms(1);
    assert_eq!(page_comes(&mut floor, NEW_PAGE), None);
    assert_eq!(page_comes(&mut floor, 1), None);
    floor.pass_ms(1);
    media(&mut floor, true);
    let rings = floor.orders().iter().any(|order| matches!(order, Order::Offer { .. }));
    assert!(rings, "the phone that came during the talk may take its place now");
}

#[test]
fn the_same_phone_that_registers_again_does_not_ring() {
    let mut floor = talking();
    media(&mut floor, true);
    page_gone(&mut floor, 1);
    floor.pass_ms(1);
    assert_eq!(page_comes(&mut floor, 1), None, "its talk goes on over the new connection");
}

#[test]
fn a_phone_on_another_gateway_cannot_take_the_place() {
    let mut floor = talking();
    page_gone(&mut floor, 1);
    let at = floor.gateway_now();
    let device: DeviceId = device(NEW_PAGE);
    let fact = GatewayFact::DeviceRegistered { agent: agent(1), device };
    floor.say(Input::Gateway { gateway: "gw2".parse().unwrap(), at, fact });
    assert_eq!(floor.orders(), []);
}

#[test]
fn a_hang_up_stops_the_phone_that_rings_for_the_talk() {
    let (mut floor, old, new) = reloaded();
    floor.ask(1, AgentCommand::HangUp).unwrap();
    let orders = floor.orders();
    assert!(matches!(orders.first(), Some(Order::Withdraw { leg, .. }) if *leg == new));
    assert!(matches!(orders.get(1), Some(Order::End { leg, .. }) if *leg == old));
    floor.agent_leg_ends(1, 1, EndCause::Ordered);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::WrapUp, (1, 1, 0, 1)));
}

#[test]
fn a_citizen_who_hangs_up_stops_the_phone_that_rings_for_the_talk() {
    let (mut floor, _, new) = reloaded();
    floor.hangs_up(1);
    let stopped =
        floor.orders().iter().any(|o| matches!(o, Order::Withdraw { leg, .. } if *leg == new));
    assert!(stopped);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::WrapUp, (1, 1, 0, 1)));
}

// --- what a talk proves ---------------------------------------------------------------------------

fn reachable(floor: &Floor) -> bool {
    floor.acd.agent_view(agent(1)).unwrap().reachable
}

/// The new page has carried the talk for so long.
fn talked_on_new_page(talked_ms: i64) -> (Floor, LegId) {
    let (mut floor, _, new) = reloaded();
    page_answers(&mut floor, new);
    page_connected(&mut floor, new);
    floor.pass_ms(talked_ms);
    (floor, new)
}

#[test]
fn a_talk_on_a_reloaded_page_proves_its_phone() {
    let (mut floor, _) = talked_on_new_page(3_000);
    assert!(!reachable(&floor), "only the talk that is over has been heard to its end");
    floor.hangs_up(1);
    assert!(reachable(&floor));
    floor.ask(1, AgentCommand::FinishWrapUp).unwrap();
    floor.pass_ms(60_000);
    floor.arrive(2);
    assert_eq!(floor.rings(2), [1]);
}

#[test]
fn a_talk_too_short_to_be_heard_proves_nothing() {
    let (mut floor, _) = talked_on_new_page(2_999);
    floor.hangs_up(1);
    assert!(!reachable(&floor));
}

#[test]
fn a_talk_that_lost_its_media_proves_nothing() {
    let (mut floor, new) = talked_on_new_page(3_000);
    floor.fact(GatewayFact::LegMediaLost { call: call(1), leg: new });
    floor.pass_ms(501);
    floor.hangs_up(1);
    assert!(!reachable(&floor));
}

#[test]
fn a_page_that_closes_its_sound_just_before_its_bye_has_proved_its_phone() {
    let (mut floor, new) = talked_on_new_page(3_000);
    floor.fact(GatewayFact::LegMediaLost { call: call(1), leg: new });
    floor.pass_ms(1);
    floor.fact(GatewayFact::LegEnded { call: call(1), leg: new, cause: EndCause::HungUp });
    assert!(reachable(&floor));
}
