//! Phones that ring beside the first one from the beginning: lent, and given to the next caller who has none (R22).

use acd::{
    AgentCommand, AgentStateName, Config, OccupancyCeiling, Order, QueuePolicy, Record, Routing,
    WithdrawReason,
};

use crate::floor_words::{Floor, agent, bare, call};

/// As delivered: three at once while three more are ready.
fn shipped(ready: u128) -> Floor {
    let mut floor = Floor::with(Config { ring_on_ms: 0, ..Config::default() });
    for n in 1..=ready {
        floor.ready(n, &[]);
        floor.pass_ms(1);
    }
    floor
}

/// Call 1 rings at agents 1 and 2, and nobody else is there.
fn one_lent() -> Floor {
    let mut floor = shipped(4);
    floor.arrive(1);
    for n in 3..=4 {
        floor.ask(n, AgentCommand::SignOut).unwrap();
    }
    assert_eq!(floor.rings(1), [1, 2]);
    floor
}

#[test]
fn r22_six_ready_agents_and_six_calls_a_millisecond_apart_give_six_callers_a_phone() {
    let mut floor = shipped(6);
    for n in 1..=6 {
        floor.arrive(n);
        assert_ne!(floor.rings(n), [0_u128; 0], "call {n} has a phone at once");
        floor.pass_ms(1);
    }
    for n in 1..=6 {
        assert_eq!(floor.rings(n).len(), 1, "call {n}");
    }
}

#[test]
fn the_phone_is_taken_back_without_blame_and_its_agents_idle_clock_goes_on() {
    let mut floor = one_lent();
    let idle = |floor: &Floor| floor.acd.agent_view(agent(2)).unwrap().idle_us;
    let (before, leg) = (idle(&floor), floor.leg(2));
    floor.pass_ms(1_000);
    floor.arrive(2);
    assert_eq!((floor.rings(1), floor.rings(2)), (vec![1], vec![2]));
    let reason = WithdrawReason::AnsweredElsewhere;
    assert!(floor.orders().contains(&Order::Withdraw { call: call(1), leg, reason }));
    assert_eq!(idle(&floor), before, "as long in Ready as before it was lent");
    assert_eq!(floor.recorded(|r| matches!(r, Record::OfferLapsed { .. })), 0);
}

#[test]
fn the_last_phone_within_its_limit_is_never_taken_from_a_caller() {
    let mut floor = one_lent();
    floor.ask(1, AgentCommand::RejectOffer).unwrap();
    assert_eq!(floor.rings(1), [2], "the first has refused");
    floor.arrive(2);
    assert_eq!((floor.rings(1), floor.rings(2)), (vec![2], vec![]));
}

#[test]
fn a_phone_that_only_lends_itself_to_other_skills_is_left_where_it_rings() {
    let mut floor = one_lent();
    floor.arrive_asking(2, &["english"], 5);
    assert_eq!((floor.rings(1), floor.rings(2)), (vec![1, 2], vec![]));
}

#[test]
fn whoever_is_ready_comes_before_a_phone_that_is_lent() {
    let mut floor = shipped(3);
    floor.arrive(1);
    assert_eq!(floor.rings(1), [1]);
    let mut floor = shipped(4);
    floor.arrive(1);
    assert_eq!(floor.rings(1), [1, 2]);
    floor.arrive(2);
    assert_eq!((floor.rings(1), floor.rings(2)), (vec![1, 2], vec![3]));
}

// --- who is spared ------------------------------------------------------------------------------

/// Half of an hour is the ceiling; agent 1 is above it.
fn with_a_tired_one(config: Config) -> Floor {
    let occupancy = OccupancyCeiling { permille: 500, micro_break_ms: 0 };
    let mut floor = Floor::with(Config { occupancy, ..config });
    floor.ready(1, &[]);
    floor.arrive(90);
    floor.takes(90, 1);
    floor.pass_ms(40 * 60_000);
    floor.hangs_up(90);
    floor.ask(1, AgentCommand::FinishWrapUp).unwrap();
    assert!(floor.acd.agent_view(agent(1)).unwrap().tired);
    floor
}

#[test]
fn who_is_above_the_ceiling_is_no_spare_phone() {
    let mut floor = with_a_tired_one(Config { agents_at_once: 3, at_once_spare: 1, ..bare() });
    floor.ready(2, &[]);
    floor.arrive(1);
    assert_eq!(floor.rings(1), [2], "one phone is enough");
    let mut floor = with_a_tired_one(Config { agents_at_once: 3, at_once_spare: 2, ..bare() });
    for n in 2..=3 {
        floor.ready(n, &[]);
    }
    floor.arrive(1);
    assert_eq!(floor.rings(1), [2], "1 and 3 are not two who are idle");
}

#[test]
fn an_emergency_call_that_would_rather_have_her_leaves_her_on_her_micro_break_while_others_are_ready()
 {
    let emergency = QueuePolicy { emergency: true, ..QueuePolicy::default() };
    let queues = [("emergency".parse().unwrap(), emergency)].into();
    let mut floor = Floor::with(Config { queues, agents_at_once: 3, at_once_spare: 1, ..bare() });
    floor.ready(1, &[]);
    floor.arrive(90);
    floor.takes(90, 1);
    floor.ask(1, AgentCommand::ReportAbuse).unwrap();
    floor.hangs_up(90);
    floor.ask(1, AgentCommand::FinishWrapUp).unwrap();
    let rest = acd::NotReadyReason::MicroBreak;
    assert_eq!(floor.state(1), AgentStateName::NotReady { reason: rest });
    floor.ready(2, &[]);
    let routing = Routing {
        queue: Some("emergency".parse().unwrap()),
        preferred: Some(agent(1)),
        ..Routing::default()
    };
    floor.arrive_routed(1, &[], 0, routing.clone());
    assert_eq!(floor.rings(1), [2]);
    floor.arrive_routed(2, &[], 0, routing);
    assert_eq!(floor.rings(2), [1], "nobody else is there");
}
