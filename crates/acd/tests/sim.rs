//! A simulated floor: callers with patience, agents with habits, a gateway whose facts are lost,
//! doubled and late, restarts of gateway and core. Properties: style of TigerBeetle's simulator.

#![expect(clippy::unwrap_used, reason = "a test says what it needs and what it did")]

#[path = "common/draw.rs"]
mod draw;
#[path = "sim/gateway.rs"]
mod gateway;
#[path = "sim/policies.rs"]
mod policies;
#[path = "sim/world.rs"]
mod world;

use std::collections::BTreeMap;

use proptest::prelude::*;

use draw::Draw;
use world::World;

/// Random event orders of the big run unless told otherwise, and steps in each.
const ORDERS: u64 = 100_000;
const STEPS: usize = 30;
/// Every so many orders the journal is replayed and sent through JSON as well.
const REPLAY_EVERY: u64 = 200;
/// What the run must have met often enough to mean something.
const EXERCISED: [&str; 23] = [
    "answered",
    "rings_on",
    "answered_late",
    "three_rang_at_once",
    "phone_taken_back",
    "media_lost",
    "media_back",
    "returned_media_lost",
    "returned_leg_lost",
    "taken_over",
    "rejoined",
    "rejoin_failed",
    "given_up_waiting_again",
    "micro_break",
    "waits_for_preferred",
    "tired",
    "promised",
    "promise_kept",
    "promise_in_vain",
    "place_kept",
    "screened",
    "let_in_by_key",
    "answered_by_line",
];

/// `ACD_SIM_SEED` repeats a run, `ACD_SIM_ORDERS` makes it longer; the defaults are fixed, so that a red test stays red.
#[expect(clippy::disallowed_methods, reason = "seed and length of a run come from outside")]
fn told(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// R01.
#[test]
fn a_hundred_thousand_random_event_orders_hold_every_invariant() {
    let (seed, orders) = (told("ACD_SIM_SEED", 20_261_121), told("ACD_SIM_ORDERS", ORDERS));
    println!("seed={seed} orders={orders}");
    let (mut resolved, mut words) = (0, BTreeMap::<_, u64>::new());
    for order in 0..orders {
        let mut draw = Draw::new(seed ^ order.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut world = World::new(format!("seed={seed} order={order}"), draw.next());
        for _ in 0..STEPS {
            world.step(draw.next());
        }
        world.settle();
        resolved += world.acd.counts().arrived;
        for (word, times) in &world.told {
            *words.entry(*word).or_default() += times;
        }
        if order.is_multiple_of(REPLAY_EVERY) {
            world.check_replay();
        }
    }
    assert!(resolved > orders, "the simulation must do something: {resolved} calls");
    println!("calls={resolved} {words:?}");
    for word in EXERCISED {
        let times = words.get(word).copied().unwrap_or(0);
        assert!(times > orders / 1_000, "{word} hardly ever happens: {times}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_call_ends_in_exactly_one_way_and_a_replay_decides_alike(
        rules: u64, draws in prop::collection::vec(any::<u64>(), 1..250)
    ) {
        let mut world = World::new("proptest".to_owned(), rules);
        for draw in draws {
            world.step(draw);
        }
        world.settle();
        world.check_replay();
    }

    /// R11.
    #[test]
    fn a_restart_of_the_core_in_the_middle_changes_no_figure(
        rules: u64, draws in prop::collection::vec(any::<u64>(), 2..120), cut in any::<prop::sample::Index>()
    ) {
        let cut = cut.index(draws.len());
        let (mut through, mut restarted) =
            (World::new("through".to_owned(), rules), World::new("restarted".to_owned(), rules));
        for (index, draw) in draws.into_iter().enumerate() {
            if index == cut {
                restarted.restart_core();
            }
            through.step(draw);
            restarted.step(draw);
        }
        through.settle();
        restarted.settle();
        prop_assert_eq!(through.acd.counts(), restarted.acd.counts());
        prop_assert_eq!(&through.acd, &restarted.acd);
    }

    #[test]
    fn nobody_overtakes_within_one_priority_and_one_skill_group(
        rules: u64, draws in prop::collection::vec(any::<u64>(), 1..250)
    ) {
        let mut world = World::new("fairness".to_owned(), rules);
        world.watch_fairness = true;
        for draw in draws {
            world.step(draw);
        }
        world.settle();
    }
}
