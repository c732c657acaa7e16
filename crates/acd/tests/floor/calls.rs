//! Who gets whom, and how a call ends.

use acd::{
    AgentCommand, AgentStateName, Arrival, BreakReason, Config, EndCause, EndReason, FailureCause,
    GatewayFact, NotReadyReason, Order, OwedCause, Record, Refusal, WithdrawReason,
};

use crate::floor_words::{Floor, agent, call, caller_leg};

const NOBODY: [u128; 0] = [];

#[test]
fn the_longest_ready_agent_rings_first() {
    let mut floor = Floor::new();
    for n in [3, 1, 2] {
        floor.ready(n, &[]);
        floor.pass_ms(10);
    }
    floor.arrive(1);
    assert_eq!(floor.rings(1), [3]);
}

#[test]
fn agents_who_became_ready_at_the_same_moment_ring_in_order_of_their_ids() {
    let mut floor = Floor::new();
    for n in [3, 1, 2] {
        floor.ready(n, &[]);
    }
    floor.arrive(1);
    assert_eq!(floor.rings(1), [1]);
}

/// R21.
#[test]
fn a_break_does_not_count_as_idle_time() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.pass_ms(1_000);
    floor.ask(1, AgentCommand::NotReady { reason: BreakReason::Meal }).unwrap();
    floor.pass_ms(1_000);
    floor.ready(2, &[]);
    floor.pass_ms(2_000);
    floor.ask(1, AgentCommand::Ready).unwrap();
    floor.pass_ms(500);
    floor.arrive(1);
    assert_eq!(floor.rings(1), [2], "1 was ready for 1.5 s, 2 for 2.5 s");
}

/// R21.
#[test]
fn a_new_shift_starts_the_idle_clock_at_zero() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.pass_ms(60_000);
    floor.ask(1, AgentCommand::SignOut).unwrap();
    floor.ready(2, &[]);
    floor.pass_ms(1);
    floor.ready(1, &[]);
    floor.arrive(1);
    assert_eq!(floor.rings(1), [2]);
}

#[test]
fn an_agent_must_have_every_skill_that_a_call_asks_for() {
    let mut floor = Floor::new();
    floor.ready(1, &["general"]);
    floor.ready(2, &["general", "enterprise", "dialect"]);
    floor.arrive_asking(1, &["general", "enterprise"], 5);
    assert_eq!(floor.rings(1), [2]);
    floor.arrive_asking(2, &["english"], 5);
    assert_eq!(floor.rings(2), NOBODY);
}

#[test]
fn waiting_calls_are_served_by_priority_then_by_their_ring() {
    let mut floor = Floor::new();
    for (n, priority) in [(1, 5), (2, 5), (3, 1)] {
        floor.arrive_asking(n, &[], priority);
        floor.pass_ms(10);
    }
    for (by, served) in [(1, 3), (2, 1), (3, 2)] {
        floor.ready(by, &[]);
        assert_eq!(floor.rings(served), [by]);
    }
}

#[test]
fn three_callers_and_three_ready_agents_give_three_offers_in_one_step() {
    let mut floor = Floor::new();
    for n in 1..=3 {
        floor.ready(n, &[]);
    }
    floor.say(acd::Input::GatewayLost { gateway: crate::floor_words::gateway() });
    for n in 1..=3 {
        floor.arrive(n);
    }
    assert_eq!(floor.acd.view().offers.len(), 0);
    let snapshot = crate::gateways::snapshot_of(&floor, &[1, 2, 3], &[1, 2, 3]);
    floor.say(snapshot);
    assert_eq!(floor.acd.view().offers.len(), 3);
}

#[test]
fn the_first_who_answers_gets_the_call_and_the_other_keeps_her_idle_clock() {
    let mut floor = Floor::new();
    for n in 1..=3 {
        floor.ready(n, &[]);
        floor.pass_ms(10);
    }
    floor.arrive(1);
    floor.pass_ms(8_000);
    assert_eq!(floor.rings(1), [2, 3]);
    let idle = |floor: &Floor| floor.acd.agent_view(agent(3)).unwrap().idle_us;
    let before = idle(&floor);
    floor.answers(1, 2);
    assert!(floor.orders().iter().any(|order| matches!(
        order,
        Order::Withdraw { reason: WithdrawReason::AnsweredElsewhere, .. }
    )));
    assert_eq!((floor.state(3), idle(&floor)), (AgentStateName::Ready, before));
    floor.connected(1, 2);
    assert_eq!(floor.counts(), (1, 1, 0, 0));
}

#[test]
fn a_phone_that_cannot_be_rung_stands_its_agent_down_and_the_next_rings_at_once() {
    let mut floor = Floor::new();
    for n in 1..=2 {
        floor.ready(n, &[]);
        floor.pass_ms(10);
    }
    floor.arrive(1);
    floor.fails(1, 1, FailureCause::Unreachable);
    assert_eq!(floor.rings(1), [2]);
    let failed = AgentStateName::NotReady { reason: NotReadyReason::DeviceFailed };
    assert_eq!(floor.state(1), failed);
}

/// R18.
#[test]
fn a_refused_call_goes_to_others_first_and_back_only_to_the_sole_ready_agent() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.ask(1, AgentCommand::RejectOffer).unwrap();
    assert_eq!((floor.rings(1), floor.state(1)), (NOBODY.to_vec(), AgentStateName::Warned));
    floor.pass_ms(5_000);
    assert_eq!(floor.rings(1), [1], "she is the sole ready agent");
    floor.ask(1, AgentCommand::RejectOffer).unwrap();
    floor.ask(1, AgentCommand::Ready).unwrap();
    floor.ask(1, AgentCommand::RejectOffer).unwrap();
    floor.ready(2, &[]);
    assert_eq!(floor.rings(1), [2]);
}

/// R05, R24.
#[test]
fn a_caller_who_hangs_up_stops_every_phone_and_is_owed_one_return() {
    let mut floor = Floor::new();
    for n in 1..=3 {
        floor.ready(n, &[]);
    }
    floor.arrive(1);
    floor.pass_ms(8_000);
    floor.hangs_up(1);
    let withdrawn = floor.orders();
    assert_eq!(withdrawn.len(), 2, "{withdrawn:?}");
    floor.hangs_up(1);
    assert_eq!(floor.last, []);
    assert_eq!(floor.counts(), (1, 0, 1, 0));
    let owed =
        |r: &Record| matches!(r, Record::MissedCallReturnOwed { cause: OwedCause::Abandoned, .. });
    assert_eq!(floor.recorded(owed), 1);
}

/// R05.
#[test]
fn an_agent_who_answered_a_caller_who_is_gone_is_ready_without_wrap_up() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.answers(1, 1);
    let leg = floor.leg(1);
    floor.hangs_up(1);
    let end = Order::End { call: call(1), leg, reason: EndReason::PeerGone };
    assert!(floor.orders().contains(&end));
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::Ready, (1, 0, 1, 0)));
}

#[test]
fn a_phone_that_answers_after_its_caller_is_gone_is_ended() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    let leg = floor.leg(1);
    floor.hangs_up(1);
    floor.fact(GatewayFact::LegAnswered { call: call(1), leg });
    assert_eq!(floor.orders(), [Order::End { call: call(1), leg, reason: EndReason::Stale }]);
}

/// R14.
#[test]
fn a_failed_bridge_puts_the_caller_back_ahead_of_later_arrivals() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.pass_ms(100);
    floor.arrive(2);
    floor.answers(1, 1);
    floor.agent_leg_ends(1, 1, EndCause::Fault);
    let view = floor.acd.view();
    assert_eq!(view.waiting.first().map(|waiting| waiting.call), Some(call(1)));
    assert_eq!(floor.recorded(|r| matches!(r, Record::BridgeFailed { .. })), 1);
    assert_eq!(floor.counts(), (2, 0, 0, 0));
}

#[test]
fn a_bridge_that_is_never_reported_fails_after_its_limit() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.answers(1, 1);
    floor.pass_ms(3_000);
    assert_eq!(floor.recorded(|r| matches!(r, Record::BridgeFailed { .. })), 1);
    assert_eq!(floor.acd.view().waiting.len(), 1);
}

/// R01.
#[test]
fn a_talk_ends_once_whichever_leg_is_reported_first_and_leads_to_wrap_up() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.pass_ms(60_000);
    let leg = floor.leg(1);
    floor.agent_leg_ends(1, 1, EndCause::HungUp);
    floor.fact(GatewayFact::LegEnded { call: call(1), leg, cause: EndCause::HungUp });
    floor.hangs_up(1);
    assert_eq!((floor.counts(), floor.state(1)), ((1, 1, 0, 1), AgentStateName::WrapUp));
    let ended = |r: &Record| matches!(r, Record::CallEnded { talked_us: 60_000_000, .. });
    assert_eq!(floor.recorded(ended), 1);
}

/// R13.
#[test]
fn every_fact_of_a_call_said_twice_counts_once() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    let arrival = floor.arrival(1);
    floor.fact(GatewayFact::CallArrived(arrival));
    assert_eq!(floor.last, []);
    let leg = floor.leg(1);
    for fact in [
        GatewayFact::LegRinging { call: call(1), leg },
        GatewayFact::LegAnswered { call: call(1), leg },
        GatewayFact::LegsConnected { call: call(1), first: caller_leg(1), second: leg },
        GatewayFact::LegHeld { call: call(1), leg },
        GatewayFact::LegRetrieved { call: call(1), leg },
        GatewayFact::LegEnded { call: call(1), leg, cause: EndCause::HungUp },
    ] {
        floor.fact(fact.clone());
        assert_ne!(floor.last, [], "{fact:?}");
        let counts = floor.counts();
        let records = floor.records.len();
        floor.fact(fact.clone());
        assert_eq!((floor.counts(), floor.records.len()), (counts, records), "{fact:?}");
    }
    let arrival = floor.arrival(1);
    floor.fact(GatewayFact::CallArrived(arrival));
    assert_eq!(floor.counts(), (1, 1, 0, 1));
}

#[test]
fn an_end_that_overtakes_its_arrival_is_an_abandon() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    let arrival: Arrival = floor.arrival(1);
    floor.pass_ms(2_000);
    floor.hangs_up(1);
    floor.fact(GatewayFact::CallArrived(arrival));
    assert_eq!((floor.counts(), floor.rings(1)), ((1, 0, 1, 0), NOBODY.to_vec()));
    let waited = |r: &Record| matches!(r, Record::CallAbandoned { waited_us: 2_000_000, .. });
    assert_eq!(floor.recorded(waited), 1);
}

#[test]
fn one_caller_too_many_is_refused_and_owed_a_return() {
    let mut floor = Floor::with(Config { queue_len_max: 1, ..Config::default() });
    floor.arrive(1);
    floor.arrive(2);
    assert!(
        floor
            .orders()
            .iter()
            .any(|order| matches!(order, Order::End { reason: EndReason::Refused, .. }))
    );
    assert_eq!(floor.counts(), (2, 0, 1, 0));
}

#[test]
fn an_agent_holds_and_hangs_up_her_own_call_only() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.ready(2, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    assert_eq!(floor.ask(2, AgentCommand::Hold), Err(Refusal::NoCall));
    assert_eq!(floor.ask(2, AgentCommand::HangUp), Err(Refusal::NoCall));
    assert_eq!(floor.ask(1, AgentCommand::Retrieve), Err(Refusal::NotHeld));
    floor.ask(1, AgentCommand::Hold).unwrap();
    let leg = floor.leg(1);
    assert_eq!(floor.orders(), [Order::Hold { call: call(1), leg }]);
    floor.fact(GatewayFact::LegHeld { call: call(1), leg });
    assert_eq!(floor.ask(1, AgentCommand::Hold), Err(Refusal::AlreadyHeld));
    floor.ask(1, AgentCommand::HangUp).unwrap();
    assert_eq!(floor.orders(), [Order::End { call: call(1), leg, reason: EndReason::AgentHungUp }]);
}

/// R01.
#[test]
fn a_hang_up_that_no_gateway_confirms_frees_the_agent_after_three_seconds() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.ask(1, AgentCommand::HangUp).unwrap();
    floor.pass_ms(3_000);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::WrapUp, (1, 1, 0, 1)));
}

#[test]
fn a_centre_that_does_not_record_connects_without_a_recording() {
    for recorded in [true, false] {
        let mut floor = Floor::with(Config { record: recorded, ..Config::default() });
        floor.ready(1, &[]);
        floor.arrive(1);
        floor.answers(1, 1);
        let connects =
            |order: &Order| matches!(order, Order::Connect { record, .. } if *record == recorded);
        assert!(floor.orders().iter().any(connects), "{:?}", floor.orders());
    }
}
