//! The counting base of K1, K1a, K2a and K2b, and that the live counter equals the recomputation.

#![expect(clippy::unwrap_used, reason = "a test says what it needs")]

use acd::rates::{CallFact, LiveRates, Outcome, Rate, Tally, facts, tally, worst_window};
use acd::{AbandonCause, GuardStep, Record, TakenBack};
use proptest::prelude::*;
use types::{AgentId, CallId, Timestamp};

const STEP_US: i64 = 300_000_000;
const DAY_US: i64 = 86_400_000_000;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn answered(rang_us: i64, wait_us: u64) -> CallFact {
    CallFact { rang_at: at(rang_us), outcome: Outcome::Answered { wait_us } }
}

fn abandoned(rang_us: i64, waited_us: u64) -> CallFact {
    CallFact { rang_at: at(rang_us), outcome: Outcome::Abandoned { waited_us } }
}

fn day(facts: &[CallFact]) -> Tally {
    tally(facts, at(0), at(DAY_US), at(2 * DAY_US))
}

fn hundred_calls(answered_calls: i64) -> Rate {
    let facts: Vec<CallFact> = (0..100)
        .map(|n| if n < answered_calls { answered(n, 1) } else { abandoned(n, 9_000_000) })
        .collect();
    day(&facts).connection_rate()
}

#[test]
fn number_2_k1_of_100_with_80_fails_d1_and_81_passes_and_94_fails_95_and_95_passes_it() {
    assert!(!hundred_calls(80).is_above(80));
    assert!(hundred_calls(81).is_above(80));
    assert!(!hundred_calls(94).is_at_least(95));
    assert!(hundred_calls(95).is_at_least(95));
}

#[test]
fn number_3_a_call_answered_at_15_000_s_counts_and_at_15_001_s_does_not() {
    assert_eq!(day(&[answered(0, 15_000_000)]).answered_in_time, 1);
    assert_eq!(day(&[answered(0, 15_001_000)]).answered_in_time, 0);
    assert_eq!(day(&[answered(0, 15_000_001)]).answered_in_time, 0);
}

#[test]
fn a_call_that_is_not_resolved_counts_as_not_answered_once_it_is_older_than_15_s() {
    let fact = CallFact { rang_at: at(0), outcome: Outcome::Unresolved };
    let requests = |known_us| tally([&fact], at(0), at(DAY_US), at(known_us)).requests;
    assert_eq!((requests(15_000_000), requests(15_000_001)), (0, 1));
}

#[test]
fn a_call_belongs_to_the_window_of_its_ring() {
    let facts = [answered(DAY_US - 1, 40_000_000), answered(DAY_US, 1)];
    assert_eq!(day(&facts).requests, 1);
}

#[test]
fn k1a_leaves_out_who_gave_up_before_5_s_and_k2a_and_k2b_differ_by_their_base() {
    let facts = [
        answered(0, 1_000_000),
        answered(1, 20_000_000),
        abandoned(2, 4_999_999),
        abandoned(3, 5_000_000),
    ];
    let sum = day(&facts);
    assert_eq!(sum.connection_rate(), Rate { part: 2, whole: 4 });
    assert_eq!(sum.adjusted_rate(), Rate { part: 2, whole: 3 });
    assert_eq!(sum.in_time_of_answered(), Rate { part: 1, whole: 2 });
    assert_eq!(sum.in_time_of_requests(), Rate { part: 1, whole: 4 });
}

#[test]
fn the_worst_24_hours_of_a_period_are_found_with_their_time() {
    let mut facts: Vec<CallFact> = (0..100).map(|n| answered(n * STEP_US, 1)).collect();
    facts.extend((0..10).map(|n| abandoned(100 * STEP_US + n, 9_000_000)));
    let worst =
        worst_window(&facts, at(0), at(3 * DAY_US), at(4 * DAY_US)).expect("there are calls");
    // Once every answered call has left the window, the ten lost ones are all there is.
    assert_eq!(worst.at, at((99 + 288 + 1) * STEP_US));
    assert_eq!(worst.tally.connection_rate(), Rate { part: 0, whole: 10 });
}

/// What may happen to a call, in this order.
#[derive(Debug, Clone, Copy)]
enum Story {
    Waits,
    Answered,
    GivenUp,
    GivenUpAndWaits,
    GivenUpAndAnswered,
    GivenUpTwice,
}

fn stories() -> impl Strategy<Value = Vec<(i64, Story, u64)>> {
    let story = prop::sample::select(vec![
        Story::Waits,
        Story::Answered,
        Story::GivenUp,
        Story::GivenUpAndWaits,
        Story::GivenUpAndAnswered,
        Story::GivenUpTwice,
    ]);
    // Few moments, so that calls share them and marks of the grid are met.
    let moment = (0..600_i64, 0..3_i64).prop_map(|(step, off)| step * STEP_US + off);
    prop::collection::vec((moment, story, 0..30_000_000_u64), 0..200)
}

fn records(number: u128, rang_us: i64, story: Story, wait_us: u64) -> Vec<Record> {
    let (call, rang_at) = (CallId::from_u128(number), at(rang_us));
    let arrived = Record::CallArrived {
        call,
        gateway: "gw1".parse().unwrap(),
        leg: types::LegId::from_u128(number),
        caller: None,
        dialled: "12345".to_owned(),
        skills: std::collections::BTreeSet::new(),
        priority: 5,
        arrived_at: rang_at,
        rang_at,
        queue: None,
    };
    let answered = Record::CallAnswered {
        call,
        agent: AgentId::from_u128(1),
        rang_at,
        answered_at: rang_at,
        wait_us,
        saved_by: GuardStep::First,
        line: false,
    };
    let cause = AbandonCause::HungUp;
    let abandoned = Record::CallAbandoned { call, rang_at, waited_us: wait_us, cause };
    let resumed = Record::CallResumed { call, takes_back: TakenBack::Abandoned };
    match story {
        Story::Waits => vec![arrived],
        Story::Answered => vec![arrived, answered],
        Story::GivenUp => vec![arrived, abandoned],
        Story::GivenUpAndWaits => vec![arrived, abandoned, resumed],
        Story::GivenUpAndAnswered => vec![arrived, abandoned, resumed, answered],
        Story::GivenUpTwice => vec![arrived, abandoned.clone(), resumed, abandoned],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// R10.
    #[test]
    fn the_live_counters_equal_the_recomputation(
        list in stories(),
        now_us in 0..4 * DAY_US,
        on_the_grid in any::<bool>(),
        back_us in 0..DAY_US,
    ) {
        let now_us = if on_the_grid { now_us / STEP_US * STEP_US } else { now_us };
        let mut live = LiveRates::default();
        let mut told = Vec::new();
        for (number, (rang_us, story, wait_us)) in (0_u128..).zip(list) {
            told.extend(records(number, rang_us, story, wait_us));
        }
        told.iter().for_each(|record| live.apply(record));
        let facts = facts(&told);
        let (now, from) = (at(now_us), at(now_us - back_us));
        let until = now_us.div_euclid(STEP_US) * STEP_US;
        let window = tally(&facts, at(until - DAY_US), at(until), now);
        prop_assert_eq!(live.window(now), window);
        prop_assert_eq!(live.day(now), tally(&facts, at(now_us - DAY_US), at(now_us + 1), now));
        prop_assert_eq!(live.worst(from, now), worst_window(&facts, from, now, now));
        // What is forgotten is not asked for any more.
        live.forget_before(at(now_us - back_us - DAY_US));
        prop_assert_eq!(live.worst(from, now), worst_window(&facts, from, now, now));
    }
}
