//! Gateways that are lost and come back: the snapshot replaces memory.

use acd::{
    AgentCommand, AgentStateName, CallSnapshot, DeviceSnapshot, Effect, EndReason, GatewayFact,
    Input, LegKind, LegSnapshot, LegState, Order, OwedCause, Record, TakenBack, WithdrawReason,
};
use types::{LegId, Timestamp};

use crate::floor_words::{Floor, agent, call, caller_leg, device, gateway};

pub fn leg(leg: LegId, kind: LegKind, state: LegState, since: Timestamp) -> LegSnapshot {
    LegSnapshot { leg, kind, state, since }
}

pub fn call_of(n: u128, rang_at: Timestamp, legs: Vec<LegSnapshot>) -> CallSnapshot {
    CallSnapshot {
        call: call(n),
        caller: Some(format!("138000{n:05}").parse().unwrap()),
        dialled: "12345".to_owned(),
        skills: std::collections::BTreeSet::new(),
        priority: 5,
        rang_at: Some(rang_at),
        legs,
        routing: acd::Routing::default(),
    }
}

/// Callers who wait with music since now, and registered, proved phones.
pub fn snapshot_of(floor: &Floor, callers: &[u128], phones: &[u128]) -> Input {
    let at = floor.gateway_now();
    let waiting = |n: &u128| {
        call_of(*n, at, vec![leg(caller_leg(*n), LegKind::Caller, LegState::Waiting, at)])
    };
    snapshot(floor, callers.iter().map(waiting).collect(), phones)
}

pub fn snapshot(floor: &Floor, calls: Vec<CallSnapshot>, phones: &[u128]) -> Input {
    let at = floor.gateway_now();
    let phone =
        |n: &u128| DeviceSnapshot { agent: agent(*n), device: device(*n), proved_at: Some(at) };
    let devices = phones.iter().map(phone).collect();
    Input::GatewaySnapshot { gateway: gateway(), at, calls, devices, draining: false }
}

pub fn talk(floor: &Floor, n: u128, by: u128, agent_leg: LegId) -> CallSnapshot {
    let at = floor.gateway_now();
    let connected = |peer| LegState::Connected { peer, held: false, media_lost: false };
    call_of(
        n,
        at,
        vec![
            leg(caller_leg(n), LegKind::Caller, connected(agent_leg), at),
            leg(agent_leg, LegKind::Agent { agent: agent(by) }, connected(caller_leg(n)), at),
        ],
    )
}

#[test]
fn a_waiting_caller_is_taken_up_with_the_original_ring_and_place() {
    let mut floor = Floor::new();
    let rang_at = floor.gateway_now();
    floor.pass_ms(9_000);
    let since = floor.gateway_now();
    let legs = vec![leg(caller_leg(1), LegKind::Caller, LegState::Waiting, since)];
    floor.arrive(2);
    let found = call_of(1, rang_at, legs);
    let second = vec![leg(caller_leg(2), LegKind::Caller, LegState::Ringing, since)];
    let input = snapshot(&floor, vec![found, call_of(2, since, second)], &[]);
    floor.say(input);
    let first = floor.acd.view().waiting.first().cloned().unwrap();
    assert_eq!((first.call, first.rang_at), (call(1), rang_at));
    assert_eq!(floor.now().since(first.ring_started).as_millis(), 9_000);
    assert_eq!(floor.counts(), (2, 0, 0, 0));
}

#[test]
fn a_snapshot_without_a_talking_call_frees_the_agent_and_owes_a_return() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.pass_ms(1_000);
    let input = snapshot(&floor, vec![], &[1]);
    floor.say(input);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::Ready, (1, 1, 0, 1)));
    let owed = |r: &Record| {
        matches!(r, Record::MissedCallReturnOwed { cause: OwedCause::GatewayLost, .. })
    };
    assert_eq!(floor.recorded(owed), 1);
}

#[test]
fn an_agent_whose_call_was_lost_with_its_gateway_has_time_for_her_phone_to_come_back() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.pass_ms(1_000);
    floor.say(Input::GatewayLost { gateway: gateway() });
    floor.pass_ms(1_000);
    let input = snapshot(&floor, vec![], &[]);
    floor.say(input);
    floor.pass_ms(29_999);
    assert_eq!(floor.state(1), AgentStateName::Ready);
    floor.pass_ms(1);
    let reason = acd::NotReadyReason::DeviceLost;
    assert_eq!(floor.state(1), AgentStateName::NotReady { reason });
}

#[test]
fn a_draining_gateway_carries_no_new_call_outward_and_its_waiting_callers_are_offered_on() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.fact(GatewayFact::Draining);
    let dial = |n| AgentCommand::Dial {
        call: call(n),
        number: "13900139000".parse().unwrap(),
        purpose: acd::DialPurpose::Other,
    };
    assert_eq!(floor.ask(1, dial(50)), Err(acd::Refusal::GatewayDraining));
    floor.arrive(1);
    assert_eq!(floor.state(1), AgentStateName::Offered);
    // The gateway that comes after it is another one.
    let input = snapshot(&floor, vec![], &[1]);
    floor.say(input);
    assert_eq!(floor.ask(1, dial(51)), Ok(()));
}

#[test]
fn a_talk_goes_on_through_a_snapshot_that_knows_it() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.say(Input::GatewayLost { gateway: gateway() });
    floor.pass_ms(1_500);
    let found = talk(&floor, 1, 1, floor.leg(1));
    let input = snapshot(&floor, vec![found], &[1]);
    floor.say(input);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::Talking, (1, 1, 0, 0)));
}

#[test]
fn a_gateway_that_stays_away_two_seconds_has_dropped_its_calls() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.arrive(2);
    floor.say(Input::GatewayLost { gateway: gateway() });
    floor.pass_us(1_999_999);
    assert_eq!(floor.counts(), (2, 1, 0, 0));
    floor.pass_us(1);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::Ready, (2, 1, 1, 1)));
}

#[test]
fn a_call_that_was_thought_dropped_and_lives_takes_its_record_back() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    let agent_leg = floor.leg(1);
    let found = talk(&floor, 1, 1, agent_leg);
    floor.say(Input::GatewayLost { gateway: gateway() });
    floor.pass_ms(10_000);
    assert_eq!(floor.counts(), (1, 1, 0, 1));
    let input = snapshot(&floor, vec![found], &[1]);
    floor.say(input);
    let back = Record::CallResumed { call: call(1), takes_back: TakenBack::Ended };
    assert_eq!(floor.recorded(|record| *record == back), 1);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::Talking, (1, 1, 0, 0)));
    floor.hangs_up(1);
    assert_eq!(floor.counts(), (1, 1, 0, 1));
}

#[test]
fn a_core_without_memory_takes_up_a_talk_it_finds() {
    let mut floor = Floor::new();
    let found = talk(&floor, 1, 1, LegId::derived(3, 9));
    let input = snapshot(&floor, vec![found], &[1]);
    floor.say(input);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::Talking, (1, 1, 0, 0)));
}

#[test]
fn offers_and_legs_that_nobody_knows_are_withdrawn_and_ended() {
    let mut floor = Floor::new();
    let at = floor.gateway_now();
    let (ringing, answered) = (LegId::derived(3, 1), LegId::derived(3, 2));
    let kind = LegKind::Agent { agent: agent(5) };
    let legs = vec![
        leg(caller_leg(1), LegKind::Caller, LegState::Waiting, at),
        leg(ringing, kind.clone(), LegState::Ringing, at),
        leg(answered, kind, LegState::Waiting, at),
    ];
    let input = snapshot(&floor, vec![call_of(1, at, legs)], &[]);
    floor.say(input);
    let orders = floor.orders();
    let withdraw = Order::Withdraw { call: call(1), leg: ringing, reason: WithdrawReason::Stale };
    let end = Order::End { call: call(1), leg: answered, reason: EndReason::Stale };
    assert!(orders.contains(&withdraw) && orders.contains(&end), "{orders:?}");
    assert_eq!(floor.counts(), (1, 0, 0, 0));
}

#[test]
fn a_call_that_has_ended_is_ended_again_if_a_gateway_still_has_it() {
    let mut floor = Floor::new();
    floor.arrive(1);
    floor.hangs_up(1);
    let input = snapshot_of(&floor, &[1], &[]);
    floor.say(input);
    let end = Order::End { call: call(1), leg: caller_leg(1), reason: EndReason::Stale };
    assert_eq!((floor.orders(), floor.counts()), (vec![end], (1, 0, 1, 0)));
}

#[test]
fn an_offer_that_the_gateway_does_not_know_is_made_again() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    let old = floor.leg(1);
    let input = snapshot_of(&floor, &[1], &[1]);
    floor.say(input);
    assert_eq!(floor.rings(1), [1]);
    assert_ne!(floor.leg(1), old);
}

#[test]
fn the_chosen_state_survives_a_gateway_that_restarts() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.say(Input::GatewayLost { gateway: gateway() });
    let input = snapshot(&floor, vec![], &[]);
    floor.say(input);
    floor.pass_ms(4_000);
    floor.register(1);
    floor.arrive(1);
    assert_eq!((floor.state(1), floor.rings(1)), (AgentStateName::Offered, vec![1]));
}

#[test]
fn a_restored_core_decides_as_the_one_it_was_saved_from() {
    let mut floor = Floor::new();
    for n in 1..=3 {
        floor.ready(n, &["general"]);
    }
    floor.arrive(1);
    floor.takes(1, 1);
    floor.arrive(2);
    let saved = serde_json::to_string(&floor.acd).unwrap();
    let mut restored: acd::Acd = serde_json::from_str(&saved).unwrap();
    assert_eq!(restored, floor.acd);
    floor.pass_ms(0);
    let at = Timestamp::from_micros(floor.now_us + 6_000_000);
    let (was, is): (Vec<Effect>, Vec<Effect>) =
        (floor.acd.handle(at, Input::Tick), restored.handle(at, Input::Tick));
    assert!(!was.is_empty());
    assert_eq!(was, is);
}
