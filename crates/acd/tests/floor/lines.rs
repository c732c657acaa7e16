//! A neighbouring centre's number: the last tier of the reserve.

use acd::{
    AgentCommand, Config, Destination, FailureCause, GatewayFact, GuardStep, Input, LegKind, LegState,
    Line, Order, Record, Refusal, Tier,
};
use types::LegId;

use crate::floor_words::{Floor, agent, call, caller_leg, gateway};
use crate::gateways::{call_of, leg, snapshot};

const NOBODY: [u128; 0] = [];
const NUMBER: &str = "05551234567";

/// A line of two channels, 901 and 902.
fn line() -> Line {
    Line {
        number: NUMBER.parse().unwrap(),
        gateway: gateway(),
        skills: [].into(),
        ring_limit_ms: 30_000,
        channels: vec![agent(901), agent(902)],
    }
}

fn with_line() -> Config {
    Config { lines: vec![line()], ..Config::default() }
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
    let talk = view.talking.iter().find(|talk| talk.agent == agent(n)).map(|talk| talk.agent_leg);
    offer.map(|offer| offer.leg).or(talk).expect("it rings or talks")
}

/// Answered and connected.
fn answers(floor: &mut Floor, n: u128, channel: u128) {
    let second = leg_to(floor, channel);
    floor.fact(GatewayFact::LegAnswered { call: call(n), leg: second });
    floor.fact(GatewayFact::LegsConnected { call: call(n), first: caller_leg(n), second });
}

#[test]
fn it_is_called_from_twelve_seconds_on_the_outbound_trunk_inside_the_citizens_call() {
    let mut floor = Floor::with(Config { reserve_at_once: 1, ..with_line() });
    floor.arrive(1);
    floor.pass_us(11_999_999);
    assert_eq!(floor.rings(1), NOBODY);
    floor.pass_us(1);
    assert_eq!(floor.rings(1), [901]);
    let calls = floor.orders().into_iter().find_map(|order| match order {
        Order::Originate { call, to: Destination::Number { number }, ring_limit_ms, .. } => {
            Some((call, number, ring_limit_ms))
        }
        _ => None,
    });
    assert_eq!(calls, Some((call(1), NUMBER.parse().unwrap(), 32_000)));
    floor.pass_us(29_999_999);
    assert_eq!(floor.rings(1), [901], "it rings for longer than an agent");
    floor.pass_us(1);
    assert_eq!(floor.rings(1), [902]);
}

#[test]
fn everybody_of_ours_is_asked_before_it() {
    let mut floor = Floor::with(Config { reserve_at_once: 1, ..with_line() });
    floor.arrive(1);
    floor.ready_with(1, &[], Tier::BackOffice);
    floor.pass_ms(12_000);
    assert_eq!(floor.rings(1), [1]);
}

#[test]
fn what_it_answers_is_answered_once_by_the_line_and_its_states_are_nobodys() {
    let mut floor = rings();
    answers(&mut floor, 1, 901);
    let by_line = |record: &Record| {
        matches!(record, Record::CallAnswered { agent: by, line: true, saved_by: GuardStep::Reserve, .. }
            if *by == agent(901))
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
    floor.pass_ms(12_000);
    assert_eq!(floor.rings(2), [901, 902], "without a wrap-up");
}

#[test]
fn it_takes_as_many_calls_at_once_as_it_has_channels() {
    let mut floor = Floor::with(Config { reserve_at_once: 1, ..with_line() });
    for n in 1..=3 {
        floor.arrive(n);
    }
    floor.pass_ms(12_000);
    assert_eq!([1, 2, 3].map(|n| floor.rings(n).len()), [1, 1, 0]);
    answers(&mut floor, 1, 901);
    floor.hangs_up(1);
    assert_eq!(floor.rings(3), [901]);
}

#[test]
fn a_line_that_is_busy_or_dead_is_tried_again_and_never_stuck() {
    for cause in [FailureCause::Busy, FailureCause::Unreachable, FailureCause::NoAnswer] {
        let mut floor = rings();
        for _ in 0..3 {
            for channel in floor.rings(1) {
                let leg = leg_to(&floor, channel);
                floor.fact(GatewayFact::LegFailed { call: call(1), leg, cause });
            }
            assert_eq!(floor.rings(1), NOBODY);
            floor.pass_ms(5_000);
            assert!(!floor.rings(1).is_empty(), "{cause:?}");
        }
    }
}

#[test]
fn it_is_left_out_and_taken_up_again_while_calls_go_on() {
    let mut floor = rings();
    answers(&mut floor, 1, 901);
    floor.say(Input::Configure { config: Config::default() });
    assert_eq!(floor.counts(), (1, 1, 0, 0), "R20: its call goes on");
    floor.hangs_up(1);
    floor.arrive(2);
    floor.pass_ms(12_000);
    assert_eq!(floor.rings(2), NOBODY);
    floor.say(Input::Configure { config: with_line() });
    assert_eq!(floor.rings(2), [901, 902]);
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
    assert_eq!(floor.rings(1), [901, 902]);
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
    assert_eq!(leg_to(&floor, 901), far);
    floor.hangs_up(1);
    assert_eq!(floor.counts(), (1, 1, 0, 1));
}

#[test]
fn nobody_signs_in_as_a_line() {
    let mut floor = rings();
    assert_eq!(floor.ask(901, AgentCommand::SignOut), Err(Refusal::NotSignedIn));
    assert_eq!(floor.rings(1), [901, 902]);
}
