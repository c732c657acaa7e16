//! What is told of a single wait: every moment of it with its cause.

use acd::{
    AbandonCause, AgentCommand, Config, Explanation, FailureCause, GuardStep, Record, STEPS_MAX,
    StepCause, WaitEnding, explain,
};

use crate::floor_words::{Floor, agent, bare, call};

fn told(floor: &Floor, n: u128) -> Explanation {
    let records = floor.timed.iter().map(|(at, record)| (*at, record));
    explain(call(n), records).unwrap()
}

fn steps(explanation: &Explanation) -> Vec<(u64, StepCause)> {
    explanation.steps.iter().map(|step| (step.after_us, step.cause)).collect()
}

fn spans(explanation: &Explanation) -> Vec<(u64, u64, Vec<u128>)> {
    let of = |agents: &[types::AgentId]| agents.iter().map(|a| a.as_uuid().as_u128()).collect();
    explanation.spans.iter().map(|s| (s.from_us, s.until_us, of(&s.ringing))).collect()
}

#[test]
fn a_call_that_nobody_was_there_for_is_told_as_such_and_the_reserves_opening_with_it() {
    let mut floor = Floor::new();
    floor.arrive(1);
    floor.pass_ms(31_000);
    floor.hangs_up(1);
    let told = told(&floor, 1);
    assert_eq!(told.waited_us, 31_000_000);
    assert_eq!(told.ending, WaitEnding::GivenUp { cause: AbandonCause::HungUp });
    let expected = vec![
        (8_000_000, StepCause::SecondAgentSought),
        (12_000_000, StepCause::ReserveOpened),
        (31_000_000, StepCause::NobodyReady { for_us: 31_000_000 }),
        (31_000_000, StepCause::GivenUp { end: AbandonCause::HungUp }),
    ];
    assert_eq!(steps(&told), expected);
    assert_eq!(spans(&told), [(0, 31_000_000, vec![])]);
}

#[test]
fn refusals_failures_lapses_and_the_answer_stand_at_their_moments() {
    let mut floor = Floor::with(Config { ring_on_ms: 3_000, ..bare() });
    floor.arrive(1);
    floor.pass_ms(1_000);
    floor.ready(1, &[]);
    floor.pass_ms(500);
    floor.ask(1, AgentCommand::RejectOffer).unwrap();
    floor.ask(1, AgentCommand::SignOut).unwrap();
    floor.ready(2, &[]);
    floor.pass_ms(500);
    floor.fails(1, 2, FailureCause::Unreachable);
    floor.pass_ms(1_000);
    floor.ready(3, &[]);
    floor.pass_ms(7_000);
    floor.ready(4, &[]);
    floor.pass_ms(2_500);
    floor.takes(1, 4);
    let told = told(&floor, 1);
    let ms = |ms: u64| ms * 1_000;
    let expected = vec![
        (ms(1_000), StepCause::NobodyReady { for_us: ms(1_000) }),
        (ms(1_500), StepCause::Refused { agent: agent(1), rang_us: ms(500) }),
        (
            ms(2_000),
            StepCause::PhoneFailed {
                agent: agent(2),
                rang_us: ms(500),
                failure: FailureCause::Unreachable,
            },
        ),
        (ms(3_000), StepCause::NobodyReady { for_us: ms(1_000) }),
        (ms(8_000), StepCause::SecondAgentSought),
        (ms(9_000), StepCause::NoAnswer { agent: agent(3), rang_us: ms(6_000) }),
        (ms(12_000), StepCause::RangOnInVain { agent: agent(3), rang_us: ms(9_000) }),
        (ms(12_000), StepCause::ReserveOpened),
        (ms(12_500), StepCause::Answered { agent: agent(4), rang_us: ms(2_500) }),
    ];
    let mut found = steps(&told);
    found.sort_by_key(|(at, cause)| (*at, matches!(cause, StepCause::ReserveOpened)));
    assert_eq!(found, expected);
    assert_eq!(
        spans(&told),
        [
            (0, ms(1_000), vec![]),
            (ms(1_000), ms(1_500), vec![1]),
            (ms(1_500), ms(2_000), vec![2]),
            (ms(2_000), ms(3_000), vec![]),
            (ms(3_000), ms(10_000), vec![3]),
            (ms(10_000), ms(12_000), vec![3, 4]),
            (ms(12_000), ms(12_500), vec![4]),
        ]
    );
    let saved_by = GuardStep::Next;
    assert_eq!(told.ending, WaitEnding::Answered { agent: agent(4), saved_by });
}

#[test]
fn a_bridge_that_failed_is_told_and_the_wait_goes_on() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.pass_ms(2_000);
    floor.answers(1, 1);
    floor.pass_ms(3_000);
    floor.ask(1, AgentCommand::SignOut).unwrap();
    floor.pass_ms(2_000);
    let told = told(&floor, 1);
    assert!(
        steps(&told).contains(&(5_000_000, StepCause::BridgeFailed { agent: agent(1) })),
        "{told:?}"
    );
    assert_eq!(told.ending, WaitEnding::Waiting);
}

#[test]
fn records_of_an_older_release_are_read_and_a_long_story_is_cut_before_its_end() {
    let mut floor = Floor::new();
    floor.arrive(1);
    for _ in 0..40 {
        floor.pass_ms(1_000);
        floor.ready(1, &[]);
        floor.pass_ms(1_000);
        floor.ask(1, AgentCommand::RejectOffer).unwrap();
        floor.ask(1, AgentCommand::SignOut).unwrap();
    }
    floor.hangs_up(1);
    let whole = told(&floor, 1);
    assert_eq!(whole.steps.len(), STEPS_MAX);
    assert!(whole.left_out > 10, "{}", whole.left_out);
    assert!(matches!(whole.steps.last().unwrap().cause, StepCause::GivenUp { .. }));
    assert_eq!(whole.spans.last().unwrap().until_us, whole.waited_us);
    // Both clocks are the same there: `CallQueued` is missing, and means nothing.
    let ring = floor.timed.iter().find_map(|(_, record)| match record {
        Record::CallQueued { ring_started, .. } => Some(*ring_started),
        _ => None,
    });
    let older =
        floor.timed.iter().filter(|(_, record)| !matches!(record, Record::CallQueued { .. }));
    let one_clock: Vec<_> = older
        .map(|(at, record)| match record {
            Record::CallArrived { .. } => {
                let mut arrived = record.clone();
                if let Record::CallArrived { rang_at, .. } = &mut arrived {
                    *rang_at = ring.unwrap();
                }
                (*at, arrived)
            }
            _ => (*at, record.clone()),
        })
        .collect();
    let again = explain(call(1), one_clock.iter().map(|(at, record)| (*at, record))).unwrap();
    assert_eq!(again, whole);
    assert_eq!(explain(call(2), one_clock.iter().map(|(at, record)| (*at, record))), None);
}

#[test]
fn a_wait_for_the_agent_a_call_would_rather_have_is_told_as_such_and_not_as_an_empty_floor() {
    let queue = acd::QueuePolicy { preferred_wait_ms: 5_000, ..acd::QueuePolicy::default() };
    let mut floor = Floor::with(Config { queue, ..bare() });
    floor.ready(1, &[]);
    floor.arrive(9);
    floor.takes(9, 1);
    floor.ready(2, &[]);
    let rather = acd::Routing { preferred: Some(agent(1)), ..acd::Routing::default() };
    floor.arrive_routed(1, &[], 5, rather.clone());
    floor.pass_ms(1_000);
    floor.ask(1, AgentCommand::SignOut).unwrap();
    floor.takes(1, 2);
    let kept = StepCause::KeptForPreferred { agent: agent(1), for_us: 1_000_000 };
    let answered = StepCause::Answered { agent: agent(2), rang_us: 0 };
    assert_eq!(steps(&told(&floor, 1)), [(1_000_000, kept), (1_000_000, answered)]);

    floor.sign_in(1, &[], false);
    floor.ask(1, AgentCommand::Ready).unwrap();
    floor.arrive_routed(2, &[], 5, rather);
    floor.pass_ms(2_000);
    floor.hangs_up(2);
    let kept = StepCause::KeptForPreferred { agent: agent(1), for_us: 2_000_000 };
    let gone = StepCause::GivenUp { end: AbandonCause::HungUp };
    assert_eq!(steps(&told(&floor, 2)), [(2_000_000, kept), (2_000_000, gone)]);
}
