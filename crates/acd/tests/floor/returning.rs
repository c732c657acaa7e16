//! Talks whose agent's side is lost: silence, a dead leg, another phone, the head of the queue.

use acd::{
    AgentCommand, AgentStateName, BreakReason, CallEndCause, Config, DialPurpose, EndCause,
    EndReason, FailureCause, GatewayFact, Input, LegKind, LegState, NotReadyReason, Order,
    OwedCause, Record, ReturnCause, TakenBack, Treatment,
};
use types::{DeviceId, LegId};

use crate::floor_words::{Floor, agent, call, caller_leg, device};
use crate::gateways::{call_of, leg, snapshot, snapshot_of, talk};

const LOST: AgentStateName = AgentStateName::NotReady { reason: NotReadyReason::DeviceLost };

/// Agent 1 talks with caller 1.
fn talking() -> Floor {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor
}

fn media(floor: &mut Floor, lost: bool) {
    let leg = floor.leg(1);
    floor.fact(if lost {
        GatewayFact::LegMediaLost { call: call(1), leg }
    } else {
        GatewayFact::LegMediaBack { call: call(1), leg }
    });
}

/// Her talk of 10 s loses its media, and 23 s later its agent.
fn returned() -> Floor {
    let mut floor = talking();
    floor.pass_ms(10_000);
    media(&mut floor, true);
    floor.pass_ms(23_000);
    floor
}

fn media_lost(floor: &Floor) -> bool {
    floor.acd.agent_view(agent(1)).unwrap().media_lost
}

fn is_returned(record: &Record) -> bool {
    matches!(record, Record::CallReturned { .. })
}

fn is_taken_over(record: &Record) -> bool {
    matches!(record, Record::CallTakenOver { .. })
}

// --- media lost and back ----------------------------------------------------------------------

#[test]
fn media_that_is_back_within_23_seconds_lets_the_talk_go_on() {
    let mut floor = talking();
    media(&mut floor, true);
    assert!(media_lost(&floor) && floor.acd.view().talking[0].media_lost);
    floor.pass_us(22_999_999);
    media(&mut floor, false);
    assert!(!media_lost(&floor));
    floor.pass_ms(60_000);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::Talking, (1, 1, 0, 0)));
    assert_eq!(floor.recorded(is_returned), 0);
    media(&mut floor, true);
    floor.pass_us(22_999_999);
    assert_eq!(floor.state(1), AgentStateName::Talking, "every loss has the whole time");
    floor.pass_us(1);
    assert_eq!(floor.state(1), LOST);
}

#[test]
fn a_loss_that_is_told_twice_does_not_prolong_the_wait() {
    let mut floor = talking();
    media(&mut floor, true);
    floor.pass_ms(20_000);
    media(&mut floor, true);
    floor.pass_ms(3_000);
    assert_eq!(floor.recorded(is_returned), 1);
}

#[test]
fn the_citizens_own_silence_is_only_recorded() {
    let mut floor = talking();
    floor.fact(GatewayFact::LegMediaLost { call: call(1), leg: caller_leg(1) });
    floor.pass_ms(600_000);
    assert_eq!(floor.state(1), AgentStateName::Talking);
    assert_eq!(floor.recorded(|record| matches!(record, Record::MediaLost { .. })), 1);
}

// --- back to the queue ------------------------------------------------------------------------

#[test]
fn after_23_seconds_the_agents_leg_ends_alone_and_the_caller_hears_the_notice_and_music() {
    let mut floor = talking();
    let leg = floor.leg(1);
    floor.pass_ms(10_000);
    media(&mut floor, true);
    floor.pass_ms(23_000);
    let end = Order::End { call: call(1), leg, reason: EndReason::MediaLost };
    let prompts = vec!["please_hold".to_owned()];
    let treat = Order::Treat {
        call: call(1),
        leg: caller_leg(1),
        treatment: Treatment::Prompts { prompts },
        answer: acd::AnswerMode::Answer,
    };
    assert_eq!(floor.orders(), [end, treat], "in this order: the gateway treats whom it parted");
    let record = Record::CallReturned {
        call: call(1),
        agent: agent(1),
        talked_us: 10_000_000,
        cause: ReturnCause::MediaLost,
    };
    assert!(floor.last_records().contains(&record));
    assert_eq!((floor.state(1), floor.counts()), (LOST, (1, 1, 0, 0)));
    floor.pass_ms(600_000);
    assert_eq!(floor.state(1), LOST, "she must choose Ready again (R07)");
}

#[test]
fn a_returned_caller_is_first_before_every_priority() {
    let mut floor = talking();
    floor.arrive_asking(2, &[], 0);
    floor.pass_ms(10);
    media(&mut floor, true);
    floor.pass_ms(23_000);
    let waiting: Vec<_> = floor.acd.view().waiting.iter().map(|w| (w.call, w.returned)).collect();
    assert_eq!(waiting, [(call(1), true), (call(2), false)]);
    floor.ready(2, &[]);
    assert_eq!(floor.rings(1), [2]);
    floor.ready(3, &[]);
    assert_eq!(floor.rings(2), [3]);
}

#[test]
fn a_returned_caller_is_offered_at_once_to_whoever_is_ready_and_the_guard_starts_anew() {
    let mut floor = talking();
    floor.ready(2, &[]);
    floor.pass_ms(60_000);
    media(&mut floor, true);
    floor.pass_ms(23_000);
    assert_eq!(floor.rings(1), [2]);
    floor.ready(3, &[]);
    floor.pass_ms(5_999);
    assert_eq!(floor.rings(1), [2], "the second agent rings from 8 s on");
    floor.pass_ms(1);
    assert_eq!(floor.rings(1), [3]);
    floor.pass_ms(2_000);
    floor.ready(4, &[]);
    assert_eq!(floor.rings(1), [3, 4]);
}

#[test]
fn a_call_that_another_agent_takes_over_is_counted_once_and_its_second_wait_is_no_miss() {
    let mut floor = returned();
    floor.pass_ms(30_000);
    floor.ready(2, &[]);
    floor.answers(1, 2);
    assert!(
        matches!(floor.orders().as_slice(), [Order::Connect { notice, record: true, .. }]
            if notice.is_empty()),
        "greeted once"
    );
    floor.connected(1, 2);
    let taken = Record::CallTakenOver {
        call: call(1),
        agent: agent(2),
        from: agent(1),
        waited_us: 30_000_000,
    };
    assert_eq!(floor.last_records().first(), Some(&taken));
    assert_eq!(floor.recorded(|record| matches!(record, Record::CallAnswered { .. })), 1);
    assert_eq!(floor.recorded(|record| matches!(record, Record::AnswerTargetMissed { .. })), 0);
    assert_eq!(floor.counts(), (1, 1, 0, 0));
    floor.pass_ms(5_000);
    floor.hangs_up(1);
    let ended = Record::CallEnded {
        call: call(1),
        agent: agent(2),
        talked_us: 15_000_000,
        cause: CallEndCause::CitizenHungUp,
    };
    assert!(floor.records.contains(&ended), "10 s with the first, 5 s with the second");
    assert_eq!((floor.state(2), floor.counts()), (AgentStateName::WrapUp, (1, 1, 0, 1)));
}

#[test]
fn a_returned_caller_may_get_the_same_agent_once_she_is_ready_again() {
    let mut floor = returned();
    floor.ask(1, AgentCommand::Ready).unwrap();
    assert_eq!(floor.rings(1), [1]);
    floor.takes(1, 1);
    assert_eq!((floor.state(1), floor.recorded(is_taken_over)), (AgentStateName::Talking, 1));
}

#[test]
fn a_call_that_is_lost_twice_returns_twice_and_sums_its_talks() {
    let mut floor = returned();
    floor.ask(1, AgentCommand::Ready).unwrap();
    floor.takes(1, 1);
    floor.pass_ms(4_000);
    floor.agent_leg_ends(1, 1, EndCause::Vanished);
    assert_eq!(floor.recorded(is_returned), 2);
    floor.hangs_up(1);
    let ended = Record::CallEnded {
        call: call(1),
        agent: agent(1),
        talked_us: 14_000_000,
        cause: CallEndCause::AgentLost,
    };
    assert!(floor.last_records().contains(&ended));
    assert_eq!(floor.counts(), (1, 1, 0, 1));
}

#[test]
fn a_caller_who_gives_up_waiting_again_was_answered_and_is_owed_a_return() {
    let mut floor = returned();
    floor.pass_ms(1_000);
    floor.hangs_up(1);
    let ended = Record::CallEnded {
        call: call(1),
        agent: agent(1),
        talked_us: 10_000_000,
        cause: CallEndCause::AgentLost,
    };
    assert!(floor.last_records().contains(&ended));
    let owed =
        |r: &Record| matches!(r, Record::MissedCallReturnOwed { cause: OwedCause::AgentLost, .. });
    assert_eq!((floor.recorded(owed), floor.counts()), (1, (1, 1, 0, 1)));
    assert_eq!(floor.recorded(|record| matches!(record, Record::CallAbandoned { .. })), 0);
}

#[test]
fn a_bridge_that_fails_keeps_a_returned_caller_at_the_head() {
    let mut floor = returned();
    floor.arrive_asking(2, &[], 0);
    floor.ready(2, &[]);
    assert_eq!(floor.rings(1), [2]);
    floor.answers(1, 2);
    floor.pass_ms(3_000);
    let first = floor.acd.view().waiting.first().map(|waiting| waiting.call);
    assert_eq!((first, floor.counts()), (Some(call(1)), (2, 1, 0, 0)));
}

#[test]
fn what_she_chose_for_after_the_call_stands() {
    let breaks =
        AgentStateName::NotReady { reason: NotReadyReason::Break { kind: BreakReason::Meal } };
    for (command, state) in [
        (AgentCommand::NotReady { reason: BreakReason::Meal }, breaks),
        (AgentCommand::SignOut, AgentStateName::SignedOut),
    ] {
        let mut floor = talking();
        floor.ask(1, command).unwrap();
        media(&mut floor, true);
        floor.pass_ms(23_000);
        assert_eq!(floor.state(1), state);
    }
}

// --- a dead leg -------------------------------------------------------------------------------

#[test]
fn an_agents_leg_that_vanishes_returns_the_caller_at_once() {
    for cause in [EndCause::Vanished, EndCause::Fault] {
        let mut floor = talking();
        floor.pass_ms(10_000);
        floor.agent_leg_ends(1, 1, cause);
        let record = Record::CallReturned {
            call: call(1),
            agent: agent(1),
            talked_us: 10_000_000,
            cause: ReturnCause::LegLost,
        };
        assert!(floor.last_records().contains(&record));
        assert!(matches!(floor.orders().as_slice(), [Order::Treat { .. }]), "nothing to end");
        assert_eq!((floor.state(1), floor.counts()), (LOST, (1, 1, 0, 0)));
    }
}

#[test]
fn an_agent_who_hangs_up_is_not_lost() {
    let mut floor = talking();
    media(&mut floor, true);
    floor.agent_leg_ends(1, 1, EndCause::HungUp);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::WrapUp, (1, 1, 0, 1)));
    assert_eq!(floor.recorded(is_returned), 0);
}

#[test]
fn a_leg_that_dies_after_she_asked_to_hang_up_is_her_hang_up() {
    let mut floor = talking();
    floor.ask(1, AgentCommand::HangUp).unwrap();
    floor.agent_leg_ends(1, 1, EndCause::Vanished);
    let end = Order::End { call: call(1), leg: caller_leg(1), reason: EndReason::PeerGone };
    assert!(floor.orders().contains(&end));
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::WrapUp, (1, 1, 0, 1)));
}

// --- another phone of hers --------------------------------------------------------------------

const NEW_PAGE: u128 = 77;

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
fn reloaded() -> (Floor, LegId, LegId) {
    let mut floor = talking();
    let old = floor.leg(1);
    floor.pass_ms(10_000);
    page_gone(&mut floor, 1);
    floor.pass_ms(1);
    let new = page_comes(&mut floor, NEW_PAGE).expect("the new page rings");
    (floor, old, new)
}

fn page_answers(floor: &mut Floor, new: LegId) {
    floor.fact(GatewayFact::LegAnswered { call: call(1), leg: new });
}

fn page_connected(floor: &mut Floor, new: LegId) {
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

// --- restarts and lost links ------------------------------------------------------------------

#[test]
fn a_server_that_restarts_while_media_is_lost_believes_the_snapshot_before_its_old_timer() {
    for back in [true, false] {
        let mut floor = talking();
        media(&mut floor, true);
        let saved = serde_json::to_string(&floor.acd).unwrap();
        floor.acd = serde_json::from_str(&saved).unwrap();
        floor.now_us += 60_000_000;
        floor.say(Input::Configure { config: Config::default() });
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
    floor.say(Input::GatewayLost { gateway: crate::floor_words::gateway() });
    floor.pass_ms(2_000);
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
    floor.say(Input::GatewayLost { gateway: crate::floor_words::gateway() });
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
    floor.say(Input::GatewayLost { gateway: crate::floor_words::gateway() });
    floor.pass_ms(10_000);
    let input = snapshot_of(&floor, &[1], &[1]);
    floor.say(input);
    let back = Record::CallResumed { call: call(1), takes_back: TakenBack::EndedInQueue };
    assert_eq!(floor.recorded(|record| *record == back), 1);
    assert!(floor.acd.view().waiting[0].returned);
    assert_eq!(floor.counts(), (1, 1, 0, 0));
    floor.ready(2, &[]);
    floor.takes(1, 2);
    assert_eq!((floor.recorded(is_taken_over), floor.counts()), (1, (1, 1, 0, 0)));
}

#[test]
fn a_talk_thought_lost_with_the_gateway_whose_agents_leg_died_meanwhile_returns_the_caller() {
    let mut floor = talking();
    floor.pass_ms(10_000);
    floor.say(Input::GatewayLost { gateway: crate::floor_words::gateway() });
    floor.pass_ms(5_000);
    assert_eq!(floor.counts(), (1, 1, 0, 1));
    let input = snapshot_of(&floor, &[1], &[]);
    floor.say(input);
    assert_eq!((floor.recorded(is_returned), floor.counts()), (1, (1, 1, 0, 0)));
    assert!(floor.acd.view().waiting[0].returned);
}

#[test]
fn a_link_lost_between_connect_and_its_report_finds_the_rejoined_talk_in_the_snapshot() {
    let (mut floor, old, new) = reloaded();
    page_answers(&mut floor, new);
    floor.say(Input::GatewayLost { gateway: crate::floor_words::gateway() });
    floor.pass_ms(2_000);
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
    floor.say(Input::GatewayLost { gateway: crate::floor_words::gateway() });
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
    floor.say(Input::GatewayLost { gateway: crate::floor_words::gateway() });
    let at = floor.gateway_now();
    let legs = vec![leg(caller_leg(1), LegKind::Caller, LegState::Waiting, at)];
    let input = snapshot(&floor, vec![call_of(1, at, legs)], &[]);
    floor.say(input);
    assert_eq!((floor.state(1), floor.recorded(is_returned)), (LOST, 1));
    assert_eq!(floor.counts(), (1, 1, 0, 0));
}

// --- calls out --------------------------------------------------------------------------------

#[test]
fn a_call_out_whose_clerk_stays_silent_ends() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    let number = "13900000001".parse().unwrap();
    let command = AgentCommand::Dial { call: call(50), number, purpose: DialPurpose::Feedback };
    floor.ask(1, command).unwrap();
    let own = floor.leg(1);
    floor.fact(GatewayFact::LegAnswered { call: call(50), leg: own });
    let far = floor
        .orders()
        .iter()
        .find_map(|o| if let Order::Originate { leg, .. } = o { Some(*leg) } else { None })
        .unwrap();
    floor.fact(GatewayFact::LegAnswered { call: call(50), leg: far });
    floor.fact(GatewayFact::LegsConnected { call: call(50), first: far, second: own });
    floor.fact(GatewayFact::LegMediaLost { call: call(50), leg: own });
    assert!(media_lost(&floor) && floor.acd.view().outbound[0].media_lost);
    floor.pass_ms(20_000);
    floor.fact(GatewayFact::LegMediaBack { call: call(50), leg: own });
    floor.pass_ms(20_000);
    assert_eq!(floor.state(1), AgentStateName::Outbound);
    floor.fact(GatewayFact::LegMediaLost { call: call(50), leg: own });
    floor.pass_ms(23_000);
    let ended =
        |r: &Record| matches!(r, Record::OutboundEnded { cause: CallEndCause::AgentLost, .. });
    assert_eq!((floor.recorded(ended), floor.state(1)), (1, AgentStateName::WrapUp));
}
