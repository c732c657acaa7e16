//! How many calls may still be lost: beside losing them one by one.

use proptest::prelude::*;
use staffing::{
    DayCurve, RateTarget, STEP_MIN, Standing, Step, WINDOW_STEPS, expected_steps, standing,
};

const NATIONAL: RateTarget = RateTarget::AtLeast(95);
const SEED: RateTarget = RateTarget::Above(80);

/// A day whose steps are all alike.
fn even(requests: u32, answered: u32) -> Vec<Step> {
    vec![Step { requests, answered }; WINDOW_STEPS]
}

fn at_once(requests: u32, answered: u32, target: RateTarget) -> Option<u64> {
    match standing(&[Step { requests, answered }], &[], target, 0.0) {
        Standing::Held { at_once, .. } => Some(at_once),
        Standing::Missed { .. } => None,
    }
}

#[test]
fn the_frozen_figures_stand_where_they_stand() {
    // 100 calls: 80 answered fail D1, 81 pass; 94 fail the national line, 95 pass it with nothing to spare.
    assert_eq!((at_once(100, 80, SEED), at_once(100, 81, SEED)), (None, Some(1)));
    assert_eq!((at_once(100, 94, NATIONAL), at_once(100, 95, NATIONAL)), (None, Some(0)));
    // "You may lose 37 more calls": 1,940 of 2,005 hold 95 % until the 2,042nd.
    assert_eq!(at_once(2_005, 1_940, NATIONAL), Some(37));
    assert_eq!(at_once(0, 0, NATIONAL), Some(0));
}

#[test]
fn a_missed_target_says_what_brings_it_back() {
    let found = standing(&[Step { requests: 100, answered: 90 }], &[], NATIONAL, 0.0);
    let Standing::Missed { answered_needed, held_in_min } = found else { panic!("{found:?}") };
    assert_eq!((answered_needed, held_in_min), (Some(100), None), "190 of 200");
    let found = standing(&[Step { requests: 10, answered: 9 }], &[], RateTarget::AtLeast(100), 0.0);
    assert_eq!(found, Standing::Missed { answered_needed: None, held_in_min: None });
}

#[test]
fn the_rest_of_the_day_bears_its_share() {
    // 10 calls a step, all answered; 100 steps left: at midnight 1,000 of 2,880 are new, and 5 % of 2,880 may be lost.
    let found = standing(&even(10, 10), &[10.0; 100], NATIONAL, 0.144);
    let Standing::Held { at_once, rest_of_day, missed_in_min } = found else { panic!("{found:?}") };
    assert_eq!((at_once, rest_of_day), (151, 144), "2,880 of 3,031 is 95.02 %");
    assert_eq!(missed_in_min, None, "14.4 % of 1,000 is exactly borne");
    let found = standing(&even(10, 10), &[10.0; 100], NATIONAL, 0.5);
    let Standing::Held { missed_in_min, .. } = found else { panic!("{found:?}") };
    // 5 lost a step: 144 are borne for 28 steps.
    assert_eq!(missed_in_min, Some(29 * STEP_MIN));
}

#[test]
fn losses_older_than_a_day_leave_the_window() {
    // A bad hour 23 h ago: 60 of 120 lost in 12 steps, else 10 of 10.
    let mut day = even(10, 10);
    day[..24].fill(Step { requests: 10, answered: 2 });
    let found = standing(&day, &[10.0; 48], NATIONAL, 0.0);
    let Standing::Missed { held_in_min, .. } = found else { panic!("{found:?}") };
    // 192 lost; 144 are borne; 8 leave with each step.
    assert_eq!(held_in_min, Some(6 * STEP_MIN));
}

#[test]
fn what_is_left_of_the_day_is_cut_into_steps() {
    let calls = DayCurve::from_fn(|half_hour| half_hour.index() as f64 * 6.0);
    let steps = expected_steps(&calls, 23 * 60 + 21);
    assert_eq!(steps, [46.0, 47.0, 47.0, 47.0, 47.0, 47.0, 47.0], "the step of 23:20 has begun");
    assert_eq!(expected_steps(&calls, 0).len(), WINDOW_STEPS);
    assert!(expected_steps(&calls, 1_440).is_empty());
}

fn holds(target: RateTarget, requests: u64, answered: u64) -> bool {
    requests == 0
        || match target {
            RateTarget::AtLeast(percent) => answered * 100 >= requests * u64::from(percent),
            RateTarget::Above(percent) => answered * 100 > requests * u64::from(percent),
        }
}

proptest! {
    #[test]
    fn one_more_loss_than_borne_misses(
        requests in 1_u32..5_000,
        lost in 0_u32..400,
        percent in 50_u8..100,
        strict in any::<bool>(),
    ) {
        let target = if strict { RateTarget::Above(percent) } else { RateTarget::AtLeast(percent) };
        let answered = requests.saturating_sub(lost);
        let (all, good) = (u64::from(requests), u64::from(answered));
        match standing(&[Step { requests, answered }], &[], target, 0.0) {
            Standing::Held { at_once, .. } => {
                prop_assert!(holds(target, all, good));
                prop_assert!(holds(target, all + at_once, good));
                prop_assert!(!holds(target, all + at_once + 1, good));
            }
            Standing::Missed { answered_needed, .. } => {
                prop_assert!(!holds(target, all, good));
                let needed = answered_needed.unwrap();
                prop_assert!(holds(target, all + needed, good + needed));
                prop_assert!(!holds(target, all + needed - 1, good + needed - 1));
            }
        }
    }

    /// The share that the rest of the day bears holds at every step; a little more does not.
    #[test]
    fn what_is_borne_holds_at_every_step(
        day in prop::collection::vec((0_u32..20, 0_u32..2), WINDOW_STEPS),
        expected in prop::collection::vec(1.0_f64..20.0, 1..200),
    ) {
        let day: Vec<Step> = day
            .into_iter()
            .map(|(requests, lost)| Step { requests, answered: requests.saturating_sub(lost / 2) })
            .collect();
        let total: f64 = expected.iter().sum();
        let found = standing(&day, &expected, NATIONAL, 0.0);
        if let Standing::Held { rest_of_day, .. } = found {
            let ends = |lost: f64| match standing(&day, &expected, NATIONAL, lost / total) {
                Standing::Held { missed_in_min, .. } => missed_in_min,
                Standing::Missed { .. } => Some(0),
            };
            prop_assert_eq!(ends(rest_of_day as f64), None);
            if rest_of_day as f64 + 1.0 < total {
                prop_assert!(ends(rest_of_day as f64 + 1.0).is_some());
            }
        }
    }
}
