//! The 15-second guard (architecture section 7) and its exact moments.

use acd::{
    AgentStateName, AnswerMode, BreachCause, Config, GuardStep, NotReadyReason, Order, Record,
    WaitingTreatment,
};

use crate::floor_words::{Floor, agent, call};

/// R25a.
#[test]
fn an_offer_lapses_at_six_seconds_exactly_and_the_next_agent_rings_in_the_same_step() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.pass_ms(1);
    floor.ready(2, &[]);
    floor.arrive(1);
    assert_eq!(floor.rings(1), [1]);
    floor.pass_us(5_999_999);
    assert_eq!(floor.rings(1), [1]);
    floor.pass_us(1);
    assert_eq!(floor.rings(1), [2]);
    let rang_for_us = floor.last_records().iter().find_map(|record| match record {
        Record::OfferLapsed { rang_for_us, .. } => Some(*rang_for_us),
        _ => None,
    });
    assert_eq!(rang_for_us, Some(6_000_000));
}

#[test]
fn two_agents_ring_at_once_from_eight_seconds_and_not_before() {
    let mut floor = Floor::new();
    for n in 1..=3 {
        floor.ready(n, &[]);
    }
    floor.arrive(1);
    floor.pass_us(7_999_999);
    assert_eq!(floor.rings(1), [2]);
    floor.pass_us(1);
    assert_eq!(floor.rings(1), [2, 3]);
    assert!(
        floor
            .last_records()
            .contains(&Record::GuardStepTaken { call: call(1), step: GuardStep::SecondAgent })
    );
}

#[test]
fn the_reserve_rings_from_twelve_seconds_and_is_not_offered_anything_before() {
    let mut floor = Floor::new();
    floor.ready_reserve(9);
    floor.arrive(1);
    floor.pass_us(11_999_999);
    assert_eq!(floor.rings(1), [0_u128; 0]);
    floor.pass_us(1);
    assert_eq!(floor.rings(1), [9]);
    floor.takes(1, 9);
    assert_eq!(
        floor.recorded(|record| matches!(
            record,
            Record::CallAnswered { saved_by: GuardStep::Reserve, .. }
        )),
        1
    );
}

#[test]
fn the_age_of_the_ring_counts_from_the_gateways_clock_not_from_the_arrival_here() {
    let mut floor = Floor::new();
    for n in 1..=2 {
        floor.ready(n, &[]);
    }
    let mut arrival = floor.arrival(1);
    arrival.age_ms = 7_000;
    floor.fact(acd::GatewayFact::CallArrived(arrival));
    assert_eq!(floor.rings(1), [1]);
    floor.pass_ms(1_000);
    assert_eq!(floor.rings(1), [1, 2]);
}

#[test]
fn who_does_not_answer_is_ready_again_after_five_seconds_and_not_ready_after_the_second_lapse() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.pass_ms(6_000);
    assert_eq!(floor.state(1), AgentStateName::Warned);
    floor.pass_us(4_999_999);
    assert_eq!(floor.state(1), AgentStateName::Warned);
    floor.pass_us(1);
    assert_eq!(floor.state(1), AgentStateName::Offered);
    floor.pass_ms(6_000);
    let no_answer = AgentStateName::NotReady { reason: NotReadyReason::NoAnswer };
    assert_eq!(floor.state(1), no_answer);
}

#[test]
fn an_answer_between_two_lapses_wipes_the_first_one_out() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.pass_ms(11_000);
    floor.takes(1, 1);
    floor.hangs_up(1);
    floor.ask(1, acd::AgentCommand::FinishWrapUp).unwrap();
    floor.arrive(2);
    floor.pass_ms(6_000);
    assert_eq!(floor.state(1), AgentStateName::Warned);
}

fn answered_after_us(wait_us: i64) -> Vec<Record> {
    let mut floor = Floor::with(Config { ring_limit_ms: 60_000, ..Config::default() });
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.pass_us(wait_us);
    floor.answers(1, 1);
    floor.connected(1, 1);
    floor.last_records()
}

#[test]
fn an_answer_at_15_000_s_meets_the_target_and_at_15_001_s_is_explained_as_a_miss() {
    let met = answered_after_us(15_000_000);
    assert!(met.iter().any(|r| matches!(r, Record::CallAnswered { wait_us: 15_000_000, .. })));
    assert!(!met.iter().any(|r| matches!(r, Record::AnswerTargetMissed { .. })));
    let missed = answered_after_us(15_001_000);
    assert!(
        missed
            .iter()
            .any(|r| matches!(r, Record::AnswerTargetMissed { waited_us: 15_001_000, .. }))
    );
}

#[test]
fn a_miss_names_who_did_not_answer_and_how_long_nobody_was_ready() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.pass_ms(6_000);
    floor.ask(1, acd::AgentCommand::NotReady { reason: acd::BreakReason::Rest }).unwrap();
    floor.pass_ms(14_000);
    floor.hangs_up(1);
    let causes = floor.last_records().into_iter().find_map(|record| match record {
        Record::AnswerTargetMissed { causes, .. } => Some(causes),
        _ => None,
    });
    assert_eq!(
        causes,
        Some(vec![
            BreachCause::AgentDidNotAnswer { agent: agent(1), rang_for_us: 6_000_000 },
            BreachCause::NobodyReady { for_us: 14_000_000 },
        ])
    );
}

#[test]
fn a_caller_for_whom_nobody_is_free_hears_the_treatment_of_the_dialled_number_once() {
    let waiting =
        WaitingTreatment { answer: AnswerMode::Answer, prompts: vec!["queue_busy".to_owned()] };
    let numbers = [("12345".to_owned(), waiting)].into();
    let mut floor = Floor::with(Config { numbers, ..Config::default() });
    floor.arrive(1);
    let treats: Vec<Order> = floor.orders();
    assert!(
        matches!(treats.as_slice(), [Order::Treat { answer: AnswerMode::Answer, .. }]),
        "{treats:?}"
    );
    floor.pass_ms(30_000);
    assert!(!floor.orders().iter().any(|order| matches!(order, Order::Treat { .. })));
}

#[test]
fn a_number_that_keeps_ringing_is_never_treated() {
    let waiting = WaitingTreatment { answer: AnswerMode::KeepRinging, prompts: Vec::new() };
    let mut floor = Floor::with(Config { waiting, ..Config::default() });
    floor.arrive(1);
    assert_eq!(floor.orders(), []);
    floor.pass_ms(30_000);
    assert_eq!(floor.orders(), []);
}
