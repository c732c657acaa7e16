//! A neighbouring centre's number: the last tier of the reserve.

use acd::{
    AgentCommand, Config, Destination, EndCause, FailureCause, GatewayFact, GuardStep, Input,
    LegKind, LegState, Line, Order, Record, Refusal, Tier, WithdrawReason,
};
use types::LegId;

use crate::floor_words::{Floor, agent, bare, call, caller_leg, gateway};
use crate::gateways::{call_of, leg, snapshot};

const NOBODY: [u128; 0] = [];
const NUMBER: &str = "05551234567";

/// A line that takes two calls at once.
fn line() -> Line {
    Line {
        name: "邻县中心".to_owned(),
        number: NUMBER.parse().unwrap(),
        gateway: gateway(),
        channels: 2,
        skills: [].into(),
        ring_limit_ms: 30_000,
    }
}

fn channels() -> [u128; 2] {
    let ids: Vec<u128> = line().channel_ids().map(|id| id.as_uuid().as_u128()).collect();
    ids.try_into().unwrap()
}

/// The channel of the line that rings for a call; any other phone is a fault.
fn channel(floor: &Floor, n: u128) -> u128 {
    match floor.rings(n)[..] {
        [one] if channels().contains(&one) => one,
        ref others => panic!("{others:?} ring"),
    }
}

fn with_line() -> Config {
    Config { lines: vec![line()], ..bare() }
}

/// Nobody but the line is there, and the first caller is twelve seconds old.
fn rings() -> Floor {
    let mut floor = Floor::with(with_line());
    floor.arrive(1);
    floor.pass_ms(12_000);
    floor
}

fn leg_to(floor: &Floor, n: u128) -> LegId {
    let view = floor.acd.view();
    let offer = view.offers.iter().find(|offer| offer.agent == agent(n));
    let talk = view.talking.iter().find(|talk| talk.agent == agent(n));
    let leg = offer.map(|offer| offer.leg).or(talk.map(|talk| talk.agent_leg));
    leg.expect("it rings or talks")
}

/// Answered and connected.
fn answers(floor: &mut Floor, n: u128, channel: u128) {
    let second = leg_to(floor, channel);
    floor.fact(GatewayFact::LegAnswered { call: call(n), leg: second });
    floor.fact(GatewayFact::LegsConnected { call: call(n), first: caller_leg(n), second });
}

#[test]
fn it_is_called_from_twelve_seconds_on_the_outbound_trunk_inside_the_citizens_call() {
    let mut floor = Floor::with(with_line());
    floor.arrive(1);
    floor.pass_us(11_999_999);
    assert_eq!(floor.rings(1), NOBODY);
    floor.pass_us(1);
    let first = channel(&floor, 1);
    let calls = floor.orders().into_iter().find_map(|order| match order {
        Order::Originate { call, to: Destination::Number { number }, ring_limit_ms, .. } => {
            Some((call, number, ring_limit_ms))
        }
        _ => None,
    });
    assert_eq!(calls, Some((call(1), NUMBER.parse().unwrap(), 32_000)));
    floor.pass_us(29_999_999);
    assert_eq!(channel(&floor, 1), first, "it rings for longer than an agent");
    floor.pass_us(1);
    assert_eq!(floor.rings(1), NOBODY, "the guard ends the ring");
    let withdrawn = |order: &Order| matches!(order, Order::Withdraw { .. });
    assert!(floor.orders().iter().any(withdrawn));
    floor.pass_ms(5_000);
    assert_ne!(channel(&floor, 1), first, "the one that is idle longest");
}

#[test]
fn everybody_of_ours_is_asked_before_it() {
    let mut floor = Floor::with(with_line());
    floor.arrive(1);
    floor.ready_with(1, &[], Tier::BackOffice);
    floor.pass_ms(12_000);
    assert_eq!(floor.rings(1)[0], 1);
}

#[test]
fn one_line_at_a_time_is_called_for_a_caller() {
    assert!(with_line().reserve_at_once > 1);
    let other = Line { number: "05557654321".parse().unwrap(), ..line() };
    let mut floor = Floor::with(Config { lines: vec![line(), other], ..bare() });
    floor.arrive(1);
    floor.pass_ms(20_000);
    assert_eq!(floor.rings(1).len(), 1);
}

#[test]
fn nobody_waits_for_a_line_that_rings() {
    let mut floor = rings();
    let line = channel(&floor, 1);
    floor.arrive(2);
    floor.ready(1, &[]);
    assert_eq!(floor.rings(1), [1, line], "in the order of the queue, as if it did not ring");
    assert_eq!(floor.rings(2), NOBODY);
    floor.takes(1, 1);
    assert_eq!(floor.rings(1), NOBODY);
    floor.pass_ms(12_000);
    assert!(channels().contains(&channel(&floor, 2)), "free again at once");
}

#[test]
fn the_reserve_of_ours_is_asked_while_it_rings() {
    let mut floor = Floor::with(Config { reserve_at_once: 1, ..with_line() });
    floor.arrive(1);
    floor.pass_ms(12_000);
    let line = channel(&floor, 1);
    floor.ready_with(1, &[], Tier::TeamLeader);
    assert_eq!(floor.rings(1), [1, line]);
}

#[test]
fn ringing_and_early_sound_are_no_answer() {
    let mut floor = rings();
    let leg = leg_to(&floor, channel(&floor, 1));
    floor.fact(GatewayFact::LegRinging { call: call(1), leg });
    floor.pass_ms(3_000);
    assert_eq!(floor.counts(), (1, 0, 0, 0));
    floor.fact(GatewayFact::LegAnswered { call: call(1), leg });
    assert_eq!(floor.counts(), (1, 0, 0, 0), "nor is an answer before they are connected");
    floor.fact(GatewayFact::LegsConnected { call: call(1), first: caller_leg(1), second: leg });
    assert_eq!(floor.counts(), (1, 1, 0, 0));
    let waited = |r: &Record| matches!(r, Record::CallAnswered { wait_us: 15_000_000, .. });
    assert_eq!(floor.recorded(waited), 1);
}

#[test]
fn what_it_answers_is_answered_once_by_the_line_and_its_states_are_nobodys() {
    let mut floor = rings();
    let by = channel(&floor, 1);
    answers(&mut floor, 1, by);
    let by_line = |record: &Record| {
        matches!(record, Record::CallAnswered { agent: of, line: true, saved_by: GuardStep::Reserve, .. }
            if *of == agent(by))
    };
    assert_eq!(floor.recorded(by_line), 1);
    floor.hangs_up(1);
    assert_eq!(floor.counts(), (1, 1, 0, 1));
    let of_agents = |record: &Record| {
        matches!(record, Record::AgentStateChanged { .. } | Record::WrapUpStarted { .. })
    };
    assert_eq!(floor.recorded(of_agents), 0);
    assert!(floor.acd.view().agents.is_empty());
    floor.arrive(2);
    floor.arrive(3);
    floor.pass_ms(12_000);
    assert_ne!(channel(&floor, 2), channel(&floor, 3), "both are free, without a wrap-up");
}

#[test]
fn it_takes_as_many_calls_at_once_as_it_has_channels() {
    let mut floor = Floor::with(with_line());
    for n in 1..=3 {
        floor.arrive(n);
    }
    floor.pass_ms(12_000);
    assert_eq!([1, 2, 3].map(|n| floor.rings(n).len()), [1, 1, 0]);
    let first = channel(&floor, 1);
    answers(&mut floor, 1, first);
    floor.hangs_up(1);
    assert_eq!(channel(&floor, 3), first);
}

#[test]
fn a_line_that_is_busy_or_dead_is_tried_again_and_never_stuck() {
    for cause in [FailureCause::Busy, FailureCause::Unreachable, FailureCause::GatewayFault] {
        let mut floor = rings();
        for _ in 0..3 {
            let leg = leg_to(&floor, channel(&floor, 1));
            floor.fact(GatewayFact::LegFailed { call: call(1), leg, cause });
            assert_eq!(floor.rings(1), NOBODY, "{cause:?}: by no other channel either");
            floor.pass_us(4_999_999);
            assert_eq!(floor.rings(1), NOBODY);
            floor.pass_us(1);
            channel(&floor, 1);
        }
        floor.ready(1, &[]);
        assert!(floor.rings(1).contains(&1), "{cause:?}");
    }
}

#[test]
fn a_caller_who_hangs_up_ends_the_ring_at_the_neighbour() {
    let mut floor = rings();
    let leg = leg_to(&floor, channel(&floor, 1));
    floor.hangs_up(1);
    let reason = WithdrawReason::CallerGone;
    assert!(floor.orders().contains(&Order::Withdraw { call: call(1), leg, reason }));
    assert_eq!(floor.counts(), (1, 0, 1, 0));
}

#[test]
fn the_neighbours_silence_is_no_lost_talk_and_a_dead_leg_is_one() {
    let mut floor = rings();
    let by = channel(&floor, 1);
    answers(&mut floor, 1, by);
    let leg = leg_to(&floor, by);
    floor.fact(GatewayFact::LegMediaLost { call: call(1), leg });
    floor.pass_ms(60_000);
    let returned = |record: &Record| matches!(record, Record::CallReturned { .. });
    assert_eq!(floor.recorded(returned), 0);
    floor.ready(1, &[]);
    floor.fact(GatewayFact::LegEnded { call: call(1), leg, cause: EndCause::Vanished });
    assert_eq!(floor.recorded(returned), 1);
    assert_eq!(floor.rings(1), [1], "first in the queue");
}

#[test]
fn it_is_left_out_and_taken_up_again_while_calls_go_on() {
    let mut floor = rings();
    let by = channel(&floor, 1);
    answers(&mut floor, 1, by);
    floor.say(Input::Configure { config: Box::new(bare()) });
    assert_eq!(floor.counts(), (1, 1, 0, 0), "R20: its call goes on");
    floor.hangs_up(1);
    floor.arrive(2);
    floor.pass_ms(12_000);
    assert_eq!(floor.rings(2), NOBODY);
    floor.say(Input::Configure { config: Box::new(with_line()) });
    channel(&floor, 2);
}

#[test]
fn a_gateway_that_drains_or_is_away_calls_no_line() {
    let mut floor = Floor::with(with_line());
    floor.arrive(1);
    floor.fact(GatewayFact::Draining);
    floor.pass_ms(12_000);
    assert_eq!(floor.rings(1), NOBODY);
    let mut floor = rings();
    floor.say(Input::GatewayLost { gateway: gateway() });
    assert_eq!(floor.rings(1), NOBODY);
    let at = floor.gateway_now();
    let waits = call_of(1, at, vec![leg(caller_leg(1), LegKind::Caller, LegState::Waiting, at)]);
    let back = snapshot(&floor, vec![waits], &[]);
    floor.say(back);
    channel(&floor, 1);
}

#[test]
fn a_talk_on_the_line_that_a_new_core_finds_goes_on() {
    let mut floor = Floor::with(with_line());
    let (at, far) = (floor.gateway_now(), LegId::from_u128(77));
    let connected = |peer| LegState::Connected { peer, held: false, media_lost: false };
    let number = NUMBER.parse().unwrap();
    let legs = vec![
        leg(caller_leg(1), LegKind::Caller, connected(far), at),
        leg(far, LegKind::Outbound { number }, connected(caller_leg(1)), at),
    ];
    let found = snapshot(&floor, vec![call_of(1, at, legs)], &[]);
    floor.say(found);
    assert_eq!(floor.counts(), (1, 1, 0, 0));
    let legs: Vec<LegId> = floor.acd.view().talking.iter().map(|talk| talk.agent_leg).collect();
    assert_eq!(legs, [far]);
    floor.hangs_up(1);
    assert_eq!(floor.counts(), (1, 1, 0, 1));
}

#[test]
fn nobody_signs_in_as_a_line() {
    let mut floor = rings();
    let by = channel(&floor, 1);
    assert_eq!(floor.ask(by, AgentCommand::SignOut), Err(Refusal::NotSignedIn));
    assert_eq!(channel(&floor, 1), by);
}

/// They stand in journals: a release that numbered them otherwise could not replay an older one.
#[test]
fn the_names_of_the_channels_never_change() {
    let ids: Vec<String> = line().channel_ids().map(|id| id.to_string()).collect();
    assert_eq!(
        ids,
        ["1697b3d7-7d74-8006-8000-000000000000", "1697b3d7-7d74-8006-8000-000000000001"]
    );
}
