//! The reserve in tiers: opened by the age of a ring, or by command.

use acd::{Config, GuardStep, Input, QueuePolicy, Record, Routing, Tier};

use crate::floor_words::{Floor, bare};

const NOBODY: [u128; 0] = [];

fn opening(after_ms: &[(Tier, u64)]) -> Config {
    let reserve_after_ms = after_ms.iter().copied().collect();
    Config { queue: QueuePolicy { reserve_after_ms, ..QueuePolicy::default() }, ..bare() }
}

fn commanded(open: &[(Tier, bool)]) -> Config {
    Config { reserve_open: open.iter().copied().collect(), ..bare() }
}

#[test]
fn team_leaders_are_asked_before_the_back_office_and_both_from_twelve_seconds() {
    let mut floor = Floor::with(Config { reserve_at_once: 1, ..bare() });
    floor.ready_with(1, &[], Tier::BackOffice);
    floor.pass_ms(60_000);
    floor.ready_with(2, &[], Tier::TeamLeader);
    floor.arrive(1);
    floor.pass_us(11_999_999);
    assert_eq!(floor.rings(1), NOBODY);
    floor.pass_us(1);
    assert_eq!(floor.rings(1), [2]);
    floor.pass_ms(6_000);
    assert_eq!(floor.rings(1), [1], "the next one, as she did not answer");
}

#[test]
fn a_queue_opens_each_tier_at_its_own_age_of_the_ring() {
    let config = opening(&[(Tier::TeamLeader, 10_000), (Tier::BackOffice, 14_000)]);
    let mut floor = Floor::with(config);
    floor.ready_with(1, &[], Tier::BackOffice);
    floor.arrive(1);
    floor.arrive(2);
    floor.pass_us(9_999_999);
    floor.ready_with(2, &[], Tier::TeamLeader);
    assert_eq!((floor.rings(1), floor.rings(2)), (NOBODY.to_vec(), NOBODY.to_vec()));
    floor.pass_us(1);
    assert_eq!((floor.rings(1), floor.rings(2)), (vec![2], NOBODY.to_vec()));
    let step =
        |record: &Record| matches!(record, Record::GuardStepTaken { step: GuardStep::Reserve, .. });
    assert_eq!(floor.recorded(step), 2);
    floor.pass_us(3_999_999);
    assert_eq!(floor.rings(2), NOBODY);
    floor.pass_us(1);
    assert_eq!(floor.rings(2), [1], "a caller for whom nobody rings comes before a second phone");
}

#[test]
fn other_queues_keep_their_own_thresholds() {
    let policy = opening(&[(Tier::TeamLeader, 8_000)]).queue;
    let queues = [("enterprise".parse().unwrap(), policy)].into();
    let mut floor = Floor::with(Config { queues, ..bare() });
    for n in 1..=2 {
        floor.ready_with(n, &[], Tier::TeamLeader);
    }
    let queue = Some("enterprise".parse().unwrap());
    floor.arrive(1);
    floor.arrive_routed(2, &[], 5, Routing { queue, ..Routing::default() });
    floor.pass_ms(8_000);
    assert_eq!((floor.rings(1), floor.rings(2).len()), (NOBODY.to_vec(), 2));
    floor.pass_ms(4_000);
    assert_eq!(floor.rings(1), NOBODY, "both ring for the other one still");
}

#[test]
fn a_tier_that_is_opened_by_command_rings_at_once_where_no_regular_agent_is_ready() {
    let mut floor = Floor::with(commanded(&[(Tier::TeamLeader, true)]));
    floor.ready_with(1, &[], Tier::TeamLeader);
    floor.ready_with(2, &[], Tier::BackOffice);
    floor.pass_ms(60_000);
    floor.ready(3, &[]);
    floor.arrive(1);
    assert_eq!(floor.rings(1), [3], "the regular one first");
    floor.arrive(2);
    assert_eq!(floor.rings(2), [1]);
    floor.takes(2, 1);
    let saved = |record: &Record| {
        matches!(record, Record::CallAnswered { saved_by: GuardStep::Reserve, .. })
    };
    assert_eq!(floor.recorded(saved), 1);
    floor.arrive(3);
    assert_eq!(floor.rings(3), NOBODY, "the back office is not open");
}

#[test]
fn r20_the_command_and_its_end_hold_at_once_for_calls_that_wait() {
    let mut floor = Floor::new();
    floor.ready_with(1, &[], Tier::TeamLeader);
    floor.arrive(1);
    assert_eq!(floor.rings(1), NOBODY);
    floor.say(Input::Configure { config: Box::new(commanded(&[(Tier::TeamLeader, true)])) });
    assert_eq!(floor.rings(1), [1]);
    floor.say(Input::Configure { config: Box::new(Config::default()) });
    assert_eq!(floor.rings(1), [1], "an offer that rings is not taken back");
    floor.takes(1, 1);
    floor.ready_with(2, &[], Tier::TeamLeader);
    floor.arrive(2);
    assert_eq!(floor.rings(2), NOBODY);
}

#[test]
fn a_tier_that_is_kept_shut_does_not_ring_whatever_the_age() {
    let mut floor = Floor::with(commanded(&[(Tier::BackOffice, false)]));
    floor.ready_with(1, &[], Tier::BackOffice);
    floor.arrive(1);
    floor.pass_ms(60_000);
    assert_eq!(floor.rings(1), NOBODY);
    floor.ready_with(2, &[], Tier::TeamLeader);
    assert_eq!(floor.rings(1), [2]);
}

#[test]
fn a_threshold_before_the_second_step_of_the_guard_counts_as_that_step() {
    let mut floor = Floor::with(opening(&[(Tier::TeamLeader, 1_000)]));
    floor.ready_with(1, &[], Tier::TeamLeader);
    floor.arrive(1);
    floor.pass_us(7_999_999);
    assert_eq!(floor.rings(1), NOBODY);
    floor.pass_us(1);
    assert_eq!(floor.rings(1), [1]);
}
