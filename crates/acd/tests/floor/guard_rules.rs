//! The guard's rules by which more phones than one ring for a caller, each with its switch.

use acd::{
    AgentCommand, AgentStateName, BreachCause, Config, NotReadyReason, Order, Record,
    WithdrawReason,
};

use crate::floor_words::{Floor, agent, bare};

const NO_ANSWER: AgentStateName = AgentStateName::NotReady { reason: NotReadyReason::NoAnswer };

/// A phone rings on for 4 s past its limit.
fn rings_on() -> Config {
    Config { ring_on_ms: 4_000, ..bare() }
}

/// Up to three ring at once while two more are ready.
fn at_once() -> Config {
    Config { agents_at_once: 3, at_once_spare: 2, ..bare() }
}

fn withdrawn(floor: &Floor) -> Vec<WithdrawReason> {
    let reason = |order| match order {
        Order::Withdraw { reason, .. } => Some(reason),
        _ => None,
    };
    floor.orders().into_iter().filter_map(reason).collect()
}

// --- ringing on ---------------------------------------------------------------------------------

#[test]
fn a_phone_past_its_limit_rings_on_beside_the_next_agents() {
    let mut floor = Floor::with(rings_on());
    floor.ready(1, &[]);
    floor.pass_ms(1);
    floor.ready(2, &[]);
    floor.arrive(1);
    floor.pass_us(5_999_999);
    assert_eq!(floor.rings(1), [1]);
    floor.pass_us(1);
    assert_eq!((floor.rings(1), withdrawn(&floor)), (vec![1, 2], vec![]));
    let rings_on = |r: &Record| matches!(r, Record::OfferRingsOn { rang_for_us: 6_000_000, .. });
    assert_eq!(floor.recorded(rings_on), 1);
    assert_eq!(floor.recorded(|r| matches!(r, Record::OfferLapsed { .. })), 0);
}

#[test]
fn a_late_answer_takes_the_call_and_is_no_lapse() {
    let mut floor = Floor::with(rings_on());
    floor.ready(1, &[]);
    for of in 1..=3 {
        floor.arrive(of);
        floor.pass_ms(9_000);
        floor.takes(of, 1);
        assert_eq!(floor.state(1), AgentStateName::Talking);
        floor.hangs_up(of);
        floor.ask(1, AgentCommand::FinishWrapUp).unwrap();
    }
    assert_eq!(floor.recorded(|r| matches!(r, Record::OfferLapsed { .. })), 0);
    assert_eq!(floor.state(1), AgentStateName::Ready, "three late answers are no lapses in a row");
}

#[test]
fn a_phone_that_rang_on_in_vain_stops_and_its_agents_warning_has_run_since_the_lapse() {
    let mut floor = Floor::with(rings_on());
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.pass_us(9_999_999);
    assert_eq!(floor.rings(1), [1]);
    floor.pass_us(1);
    assert_eq!(
        (floor.state(1), withdrawn(&floor)),
        (AgentStateName::Warned, vec![WithdrawReason::RingLimit])
    );
    let lapsed = |r: &Record| matches!(r, Record::OfferLapsed { rang_for_us: 10_000_000, .. });
    assert_eq!(floor.recorded(lapsed), 1);
    floor.pass_us(999_999);
    assert_eq!(floor.state(1), AgentStateName::Warned, "5 s after the lapse at 6 s");
    floor.pass_us(1);
    assert_eq!(floor.rings(1), [1]);
    floor.pass_ms(10_000);
    assert_eq!(floor.state(1), NO_ANSWER, "the second in a row");
}

#[test]
fn who_rang_on_is_warned_but_not_sent_away_if_another_answers_or_the_caller_is_gone() {
    for answered in [true, false] {
        let mut floor = Floor::with(Config { lapses_max: 1, ..rings_on() });
        floor.ready(1, &[]);
        floor.pass_ms(1);
        floor.ready(2, &[]);
        floor.arrive(1);
        floor.pass_ms(7_000);
        let reason = if answered {
            floor.answers(1, 2);
            WithdrawReason::AnsweredElsewhere
        } else {
            floor.hangs_up(1);
            WithdrawReason::CallerGone
        };
        assert!(withdrawn(&floor).contains(&reason));
        assert_eq!(floor.state(1), AgentStateName::Warned, "she might have answered in the end");
        assert_ne!(floor.state(2), NO_ANSWER);
        let lapsed = |r: &Record| matches!(r, Record::OfferLapsed { rang_for_us: 7_000_000, .. });
        assert_eq!(floor.recorded(lapsed), 1);
    }
}

#[test]
fn a_caller_whose_only_phone_rings_on_hears_music_and_is_served_before_the_next() {
    let mut floor = Floor::with(rings_on());
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.pass_ms(6_000);
    assert!(floor.orders().iter().any(|order| matches!(order, Order::Treat { .. })));
    floor.arrive(2);
    floor.ready(2, &[]);
    assert_eq!((floor.rings(1), floor.rings(2)), (vec![1, 2], vec![]));
}

#[test]
fn a_miss_by_a_late_answer_names_the_lapse_and_that_nobody_else_was_there() {
    let mut floor = Floor::with(Config { ring_on_ms: 20_000, ..rings_on() });
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.pass_ms(16_000);
    floor.takes(1, 1);
    let causes = floor.last_records().into_iter().find_map(|record| match record {
        Record::AnswerTargetMissed { causes, .. } => Some(causes),
        _ => None,
    });
    let lapse = BreachCause::AgentDidNotAnswer { agent: agent(1), rang_for_us: 6_000_000 };
    assert_eq!(causes, Some(vec![lapse, BreachCause::NobodyReady { for_us: 10_000_000 }]));
}

// --- phones that answer by themselves -------------------------------------------------------------

#[test]
fn a_phone_that_answers_by_itself_has_a_limit_of_its_own_and_never_rings_on() {
    let mut floor = Floor::with(rings_on());
    floor.ready_auto(1);
    floor.pass_ms(1);
    floor.ready(2, &[]);
    floor.arrive(1);
    floor.pass_us(1_999_999);
    assert_eq!(floor.rings(1), [1]);
    floor.pass_us(1);
    assert_eq!((floor.rings(1), floor.state(1)), (vec![2], AgentStateName::Warned));
}

// --- several at once ----------------------------------------------------------------------------

#[test]
fn as_many_ring_at_once_as_leave_enough_others_ready() {
    for (ready, rings) in [(2, 1), (3, 2), (4, 3), (6, 3)] {
        let mut floor = Floor::with(at_once());
        for n in 1..=ready {
            floor.ready(n, &[]);
            floor.pass_ms(1);
        }
        floor.arrive(1);
        assert_eq!(floor.rings(1), (1..=rings).collect::<Vec<_>>(), "{ready} are ready");
    }
}

#[test]
fn reserve_agents_and_those_without_the_skill_are_not_idle_for_a_call() {
    let mut floor = Floor::with(at_once());
    floor.ready(1, &["english"]);
    floor.ready(2, &["english"]);
    floor.ready(3, &[]);
    floor.ready_reserve(4);
    floor.ready_reserve(5);
    floor.arrive_asking(1, &["english"], 5);
    assert_eq!(floor.rings(1), [1]);
}

#[test]
fn the_slower_of_two_at_once_keeps_her_idle_clock_and_is_neither_warned_nor_lapsed() {
    let mut floor = Floor::with(Config { lapses_max: 1, ..at_once() });
    for n in 1..=3 {
        floor.ready(n, &[]);
        floor.pass_ms(10);
    }
    let idle = |floor: &Floor| floor.acd.agent_view(agent(1)).unwrap().idle_us;
    floor.arrive(1);
    let before = idle(&floor);
    floor.pass_ms(3_000);
    floor.takes(1, 2);
    assert_eq!((floor.state(1), idle(&floor)), (AgentStateName::Ready, before));
    assert_eq!(floor.recorded(|r| matches!(r, Record::OfferLapsed { .. })), 0);
}

#[test]
fn two_callers_get_a_phone_each_before_either_gets_a_second_one() {
    let mut floor = Floor::with(at_once());
    floor.arrive(1);
    floor.arrive(2);
    for n in 1..=2 {
        floor.ready(n, &[]);
    }
    assert_eq!((floor.rings(1), floor.rings(2)), (vec![1], vec![2]));
}

/// R20.
#[test]
fn the_rules_are_switched_while_calls_ring() {
    let mut floor = Floor::with(rings_on());
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.say(acd::Input::Configure { config: Box::new(bare()) });
    floor.pass_ms(6_000);
    assert_eq!((floor.rings(1), floor.state(1)), (vec![], AgentStateName::Warned));
}
