//! The agent a call would rather have.

use acd::{AgentCommand, BreachCause, BreakReason, Config, EndCause, QueuePolicy, Record, Routing};

use crate::floor_words::{Floor, agent, bare};

const NOBODY: [u128; 0] = [];

fn waiting_ms(preferred_wait_ms: u64) -> Config {
    let queue = QueuePolicy { preferred_wait_ms, ..QueuePolicy::default() };
    Config { queue, ..bare() }
}

fn rather(n: u128) -> Routing {
    Routing { preferred: Some(agent(n)), ..Routing::default() }
}

/// 1 talks, 2 has been ready since.
fn one_talks(config: Config) -> Floor {
    let mut floor = Floor::with(config);
    floor.ready(1, &[]);
    floor.arrive(9);
    floor.takes(9, 1);
    floor.pass_ms(60_000);
    floor.ready(2, &[]);
    floor
}

fn one_is_free(floor: &mut Floor) {
    floor.hangs_up(9);
    floor.ask(1, AgentCommand::FinishWrapUp).unwrap();
}

#[test]
fn she_is_offered_first_though_somebody_else_has_been_ready_for_longer() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.pass_ms(60_000);
    floor.ready(2, &[]);
    floor.arrive_routed(1, &[], 5, rather(2));
    assert_eq!(floor.rings(1), [2]);
}

#[test]
fn without_a_bound_nobody_waits_for_her() {
    let mut floor = one_talks(waiting_ms(0));
    floor.arrive_routed(1, &[], 5, rather(1));
    assert_eq!(floor.rings(1), [2]);
}

#[test]
fn a_call_waits_for_her_until_the_bound_exactly_then_anybody_has_it() {
    let mut floor = one_talks(waiting_ms(5_000));
    floor.arrive_routed(1, &[], 5, rather(1));
    floor.pass_us(4_999_999);
    assert_eq!(floor.rings(1), NOBODY);
    floor.pass_us(1);
    assert_eq!(floor.rings(1), [2]);
}

#[test]
fn she_is_offered_it_as_soon_as_she_is_ready() {
    let mut floor = one_talks(waiting_ms(5_000));
    floor.arrive_routed(1, &[], 5, rather(1));
    floor.pass_ms(3_000);
    one_is_free(&mut floor);
    assert_eq!(floor.rings(1), [1]);
}

#[test]
fn the_wait_for_her_never_passes_the_second_step_of_the_guard() {
    let mut floor = one_talks(waiting_ms(60_000));
    floor.arrive_routed(1, &[], 5, rather(1));
    floor.pass_us(7_999_999);
    assert_eq!(floor.rings(1), NOBODY);
    floor.pass_us(1);
    assert_eq!(floor.rings(1), [2]);
}

#[test]
fn who_is_on_a_break_or_has_gone_is_not_waited_for() {
    for goes in [AgentCommand::NotReady { reason: BreakReason::Meal }, AgentCommand::SignOut] {
        let mut floor = one_talks(waiting_ms(5_000));
        floor.ask(1, goes).unwrap();
        floor.arrive_routed(1, &[], 5, rather(1));
        assert_eq!(floor.rings(1), [2]);
    }
    let mut floor = one_talks(waiting_ms(5_000));
    floor.arrive_routed(1, &[], 5, rather(77));
    assert_eq!(floor.rings(1), [2], "nobody has heard of her");
}

#[test]
fn the_emergency_queue_waits_for_nobody_in_particular() {
    let emergency =
        QueuePolicy { preferred_wait_ms: 5_000, emergency: true, ..QueuePolicy::default() };
    let mut floor = one_talks(Config { queue: emergency, ..bare() });
    floor.arrive_routed(1, &[], 5, rather(1));
    assert_eq!(floor.rings(1), [2]);
}

#[test]
fn who_waits_for_her_overtakes_nobody_and_she_is_not_kept_from_others() {
    let mut floor = one_talks(waiting_ms(5_000));
    floor.ask(2, AgentCommand::NotReady { reason: BreakReason::Busy }).unwrap();
    floor.arrive(1);
    floor.arrive_routed(2, &[], 5, rather(1));
    one_is_free(&mut floor);
    assert_eq!((floor.rings(1), floor.rings(2)), (vec![1], NOBODY.to_vec()));
}

#[test]
fn a_miss_says_for_how_long_the_call_was_kept_for_her() {
    let mut floor = one_talks(waiting_ms(5_000));
    floor.ask(2, AgentCommand::NotReady { reason: BreakReason::Busy }).unwrap();
    floor.arrive_routed(1, &[], 5, rather(1));
    floor.pass_ms(20_000);
    floor.hangs_up(1);
    let causes = floor.last_records().into_iter().find_map(|record| match record {
        Record::AnswerTargetMissed { causes, .. } => Some(causes),
        _ => None,
    });
    assert_eq!(
        causes,
        Some(vec![
            BreachCause::PreferredBusy { agent: agent(1), for_us: 5_000_000 },
            BreachCause::NobodyReady { for_us: 15_000_000 },
        ])
    );
}

#[test]
fn a_call_that_was_refused_by_her_goes_to_the_next_one() {
    let mut floor = Floor::with(waiting_ms(5_000));
    floor.ready(1, &[]);
    floor.pass_ms(1);
    floor.ready(2, &[]);
    floor.arrive_routed(1, &[], 5, rather(2));
    floor.ask(2, AgentCommand::RejectOffer).unwrap();
    assert_eq!(floor.rings(1), [1]);
}

#[test]
fn a_caller_who_hangs_up_while_waiting_for_her_leaves_nothing_behind() {
    let mut floor = one_talks(waiting_ms(5_000));
    floor.arrive_routed(1, &[], 5, rather(1));
    floor.pass_ms(1_000);
    floor.hangs_up(1);
    one_is_free(&mut floor);
    floor.pass_ms(10_000);
    assert_eq!(floor.recorded(|record| matches!(record, Record::OfferMade { .. })), 1);
    assert_eq!(floor.counts(), (2, 1, 1, 1));
}

#[test]
fn a_talk_that_loses_its_agent_waits_for_anybody() {
    let mut floor = Floor::with(waiting_ms(5_000));
    floor.ready(1, &[]);
    floor.arrive_routed(1, &[], 5, rather(1));
    floor.takes(1, 1);
    floor.ready(2, &[]);
    floor.agent_leg_ends(1, 1, EndCause::Vanished);
    assert_eq!(floor.rings(1), [2]);
}

#[test]
fn who_leaves_is_waited_for_no_longer() {
    for goes in [AgentCommand::NotReady { reason: BreakReason::Meal }, AgentCommand::SignOut] {
        let mut floor = one_talks(waiting_ms(5_000));
        floor.arrive_routed(1, &[], 5, rather(1));
        floor.pass_ms(1_000);
        assert_eq!(floor.rings(1), NOBODY);
        floor.ask(1, goes).unwrap();
        assert_eq!(floor.rings(1), [2]);
    }
}

#[test]
fn whose_phone_is_gone_for_good_is_waited_for_no_longer() {
    let mut floor = Floor::with(Config { device_grace_ms: 500, ..waiting_ms(5_000) });
    floor.ready(1, &[]);
    floor.arrive(9);
    floor.takes(9, 1);
    floor.ready(2, &[]);
    floor.arrive_routed(1, &[], 5, rather(1));
    floor.agent_leg_ends(9, 1, EndCause::Vanished);
    assert_eq!(floor.rings(9), [2], "the returned caller comes first");
    floor.ready(3, &[]);
    assert_eq!(floor.rings(1), [3], "and nobody waits for who has lost her phone");
}
