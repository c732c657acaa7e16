//! Expected waits beside the process itself, and what a caller may be told.

#![expect(clippy::unwrap_used, reason = "a test says what it needs and what it found")]

use proptest::prelude::*;
use staffing::{BackTest, Line, NoExpectation, Promise, Wait};

fn county() -> Line {
    Line::new(8, 1.0, 240.0, 120.0).unwrap()
}

fn city() -> Line {
    Line::new(100, 0.9, 240.0, 180.0).unwrap()
}

/// Uniform numbers above 0, the same from a seed.
struct Draws(u64);

impl Draws {
    /// SplitMix64.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + f64::EPSILON
    }

    fn exponential(&mut self, rate: f64) -> f64 {
        -self.uniform().ln() / rate
    }

    /// Log-normal with this mean and a deviation as large (as talks of hotlines are); `of_running` draws one that an
    /// instant falls into, where long ones are met more often.
    fn talk(&mut self, mean: f64, of_running: bool) -> f64 {
        let variance = 2.0_f64.ln();
        let middle = mean.ln() + variance * if of_running { 0.5 } else { -0.5 };
        let normal =
            (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos();
        (middle + variance.sqrt() * normal).exp()
    }
}

#[test]
fn the_next_one_waits_for_the_next_agent() {
    // 8 agents of 240 s: one is done every 30 s; exponential, so the middle is 30 ln 2 and 80 % is 30 ln 5.
    let waits = county().waits(0, 1);
    assert!((waits[0].middle_s - 30.0 * 2.0_f64.ln()).abs() < 1e-6, "{waits:?}");
    assert!((waits[0].late_s - 30.0 * 5.0_f64.ln()).abs() < 1e-6, "{waits:?}");
}

#[test]
fn endless_patience_is_a_sum_of_equal_spans() {
    // Gamma with shape 10: median 9.668715, 80 % point 12.518753 of its mean span (chi-square tables, 20 degrees).
    let patient = Line::new(1, 1.0, 1.0, 86_400.0).unwrap().waits(0, 10)[9];
    assert!((patient.middle_s - 9.668_715).abs() < 1e-3, "{patient:?}");
    assert!((patient.late_s - 12.518_753).abs() < 1e-3, "{patient:?}");
}

#[test]
fn who_has_an_agent_ready_waits_for_nobody() {
    let waits = county().waits(2, 4);
    assert_eq!(waits[..2], [Wait::default(), Wait::default()]);
    assert_eq!(waits[2..], county().waits(0, 2));
    assert_eq!(county().waits(5, 3), [Wait::default(); 3]);
}

#[test]
fn the_far_places_join_the_near_ones() {
    for line in [county(), city(), Line::new(1, 0.5, 600.0, 20.0).unwrap()] {
        let waits = line.waits(0, 400);
        assert!(
            waits
                .windows(2)
                .all(|pair| pair[0].middle_s < pair[1].middle_s && pair[0].late_s < pair[1].late_s),
            "a place behind waits longer"
        );
        for place in [51, 52, 56, 68, 100, 130, 390, 400] {
            let told = waits[place - 1];
            let (half, fifth) =
                (line.longer_than(place, told.middle_s), line.longer_than(place, told.late_s));
            assert!((half - 0.5).abs() < 2e-3, "{place}: {half}");
            assert!((fifth - 0.2).abs() < 2e-3, "{place}: {fifth}");
        }
    }
}

#[test]
fn five_thousand_waiting_have_figures() {
    let waits = city().waits(0, 5_000);
    assert_eq!(waits.len(), 5_000);
    assert!(waits.windows(2).all(|pair| pair[0].middle_s < pair[1].middle_s));
    let patient = Line::new(100, 1.0, 240.0, 86_400.0).unwrap();
    let last = patient.waits(0, 5_000)[4_999];
    assert!((patient.longer_than(5_000, last.middle_s) - 0.5).abs() < 1e-6, "{last:?}");
    assert!(last.late_s > last.middle_s && last.late_s < 240.0 * 51.0, "{last:?}");
}

#[test]
fn nobody_on_the_line_promises_nothing() {
    assert_eq!(Line::new(0, 1.0, 240.0, 120.0), Err(NoExpectation::NobodyOnLine));
    assert_eq!(Line::new(8, 0.0, 240.0, 120.0), Err(NoExpectation::Readiness(0.0)));
    assert!(matches!(Line::new(8, 1.0, 0.0, 120.0), Err(NoExpectation::Span(_))));
}

/// The queue before one caller, step by step: agents finish, callers before her hang up.
fn wait_of(place: usize, served: f64, hang_up: f64, draws: &mut Draws) -> f64 {
    (0..place).rev().map(|before| draws.exponential(served + before as f64 * hang_up)).sum()
}

#[test]
fn eighty_of_a_hundred_waits_stay_within_what_was_said() {
    let (line, mut draws, mut test) = (city(), Draws(12_345), BackTest::default());
    let waits = line.waits(0, 120);
    for _ in 0..400 {
        for (place, told) in (1..).zip(&waits) {
            test.add(place, *told, wait_of(place, 90.0 / 240.0, 1.0 / 180.0, &mut draws));
        }
    }
    let coverage = test.coverage().unwrap();
    assert!((coverage - 0.8).abs() < 0.01, "{coverage}");
    assert!(test.lean().unwrap().abs() < 0.01, "{:?}", test.lean());
    assert!(test.within_band().unwrap() > 0.7, "R23: {:?}", test.within_band());
    println!(
        "coverage {coverage:.4}, within 30 % from place 12 on {:.4}, middle error {:.4}",
        test.within_band().unwrap(),
        test.middle_error().unwrap()
    );
}

/// Agents whose talks are no exponential spans, callers who hang up: by place, when her turn came, and whether she was
/// still there.
fn turns(agents: usize, places: usize, draws: &mut Draws) -> Vec<(usize, f64, bool)> {
    let mut done: Vec<f64> =
        (0..agents).map(|_| draws.talk(240.0, true) * draws.uniform()).collect();
    let mut turns = Vec::new();
    for place in 1..=places {
        let free = done.iter().copied().enumerate();
        let (next, at) = free.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap();
        let stayed = draws.exponential(1.0 / 180.0) > at;
        if stayed {
            done[next] = at + draws.talk(240.0, false);
        }
        turns.push((place, at, stayed));
    }
    turns
}

#[test]
fn what_is_said_holds_for_real_talks_too() {
    for (agents, places) in [(8, 20), (30, 60), (100, 120)] {
        let (mut draws, mut all, mut answered) =
            (Draws(54_321), BackTest::default(), BackTest::default());
        let line = Line::new(agents, 1.0, 240.0, 180.0).unwrap();
        let (waits, recorded) = (line.waits(0, places), line.as_recorded().waits(0, places));
        for _ in 0..300 {
            for (place, came_s, stayed) in turns(agents as usize, places, &mut draws) {
                all.add(place, waits[place - 1], came_s);
                if stayed {
                    answered.add(place, recorded[place - 1], came_s);
                }
            }
        }
        println!(
            "{agents} agents: coverage {:.3}, within 30 % {:.3}, lean {:.3}; of the answered {:.3} {:.3}",
            all.coverage().unwrap(),
            all.within_band().unwrap(),
            all.lean().unwrap(),
            answered.coverage().unwrap(),
            answered.within_band().unwrap()
        );
        for test in [all, answered] {
            let (coverage, band) = (test.coverage().unwrap(), test.within_band().unwrap());
            assert!((0.77..0.86).contains(&coverage), "{agents}: {coverage}");
            assert!(band > 0.7, "R23, {agents}: {band}");
        }
    }
}

#[test]
fn the_back_test_counts_what_its_names_say() {
    let mut test = BackTest::default();
    assert_eq!((test.coverage(), test.middle_error()), (None, None));
    let told = Wait { middle_s: 100.0, late_s: 150.0 };
    test.add(11, told, 10.0);
    test.add(12, told, 125.0);
    test.add(13, told, 200.0);
    assert_eq!(test.coverage(), Some(2.0 / 3.0));
    assert_eq!(test.within_band(), Some(0.5), "place 11 is not judged");
    assert!((test.middle_error().unwrap() - 0.35).abs() < 1e-12);
    assert!((test.lean().unwrap() + 0.35).abs() < 1e-12);
}

/// The tilted sum is the one: `P(answered within t)` of the next place is `s / (s + theta) (1 - exp(-(s + theta) t))`.
#[test]
fn records_show_the_waits_of_those_who_stayed() {
    let recorded = county().as_recorded().waits(0, 1)[0];
    assert!((recorded.middle_s - 2.0_f64.ln() / (1.0 / 30.0 + 1.0 / 120.0)).abs() < 1e-6);
}

proptest! {
    #[test]
    fn the_exact_figures_split_the_waits_as_they_say(
        agents in 1_u32..800,
        readiness in 0.3_f64..1.0,
        handling in 30.0_f64..900.0,
        patience in 15.0_f64..3_600.0,
        place in 1_usize..50,
    ) {
        let line = Line::new(agents, readiness, handling, patience).unwrap();
        let told = line.waits(0, place)[place - 1];
        prop_assert!((line.longer_than(place, told.middle_s) - 0.5).abs() < 1e-6);
        prop_assert!((line.longer_than(place, told.late_s) - 0.2).abs() < 1e-6);
    }

    /// R23: a caller moves up or stays; agents come and go; what she is told never rises.
    #[test]
    fn a_promise_never_rises(moves in prop::collection::vec((0_usize..3, 1_u32..200), 1..12)) {
        let mut place = 30;
        let waits = |agents, place| Line::new(agents, 1.0, 240.0, 120.0).unwrap().waits(0, place)[place - 1];
        let mut promise = Promise::new(waits(100, place));
        for (steps, agents) in moves {
            place = (place - steps).max(1);
            let before = promise.told();
            let expected = waits(agents, place);
            let told = promise.lowered_to(expected);
            prop_assert!(told.middle_s <= before.middle_s && told.late_s <= before.late_s);
            prop_assert!(told.middle_s <= expected.middle_s, "what got better is told");
            prop_assert_eq!(told, promise.told());
        }
    }
}
