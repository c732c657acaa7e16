//! The report against a naive recount from the stories that the records were made of.

use std::collections::BTreeMap;

use acd::rates::facts;
use acd::{AbandonCause, CallEndCause, Record};
use figures::{Calls, Counts, Period, Traffic};
use proptest::prelude::*;

use crate::support::*;

#[derive(Debug, Clone, Copy)]
struct Told {
    us: i64,
    /// `Some(true)`: answered; `Some(false)`: given up; `None`: still waiting.
    answered: Option<bool>,
    wait_us: i64,
    refused: bool,
    talked_us: Option<u64>,
    skill: usize,
    dialled: usize,
}

const SKILLS: [&[&str]; 4] = [&[], &["general"], &["enterprise"], &["general", "enterprise"]];
const NUMBERS: [&str; 2] = ["12345", "12328"];

fn told() -> impl Strategy<Value = Vec<Told>> {
    let one = (
        (0..DAY_US, prop::option::of(any::<bool>()), 0..60 * SECOND_US),
        (any::<bool>(), prop::option::of(0..20_000_000_u64), 0..4_usize, 0..2_usize),
    );
    let told = one.prop_map(|((us, answered, wait_us), (refused, talked_us, skill, dialled))| {
        Told { us, answered, wait_us, refused, talked_us, skill, dialled }
    });
    prop::collection::vec(told, 0..80)
}

fn tape(list: &[Told]) -> Tape {
    let mut tape = Tape::new();
    for (n, told) in (0_u128..).zip(list) {
        tape.rings_for(n, told.us, NUMBERS[told.dialled], SKILLS[told.skill]);
        match told.answered {
            None => {}
            Some(true) => {
                tape.answers(n, told.us, told.wait_us, 1);
                if let Some(talked_us) = told.talked_us {
                    let us = told.us + told.wait_us + i64::try_from(talked_us).unwrap();
                    tape.ends(n, us, talked_us, CallEndCause::AgentHungUp);
                }
            }
            Some(false) => {
                let cause =
                    if told.refused { AbandonCause::QueueFull } else { AbandonCause::HungUp };
                tape.gives_up(n, told.us, told.wait_us, cause);
            }
        }
    }
    tape
}

fn naive(list: &[Told], belongs: impl Fn(&Told) -> bool) -> Counts {
    let mut counts = Counts::default();
    for told in list.iter().filter(|told| belongs(told)) {
        counts.tally.requests += 1;
        let soon = |limit_s: i64| u64::from(told.wait_us <= limit_s * SECOND_US);
        match told.answered {
            None => counts.open += 1,
            Some(true) => {
                counts.tally.answered += 1;
                counts.tally.answered_in_time += soon(15);
                counts.answered_30s += soon(30);
                if let Some(talked_us) = told.talked_us {
                    counts.ended += 1;
                    counts.ended_15s += soon(15);
                    counts.cut_short += u64::from(talked_us < 5_000_000);
                }
            }
            Some(false) => {
                counts.abandoned += 1;
                counts.tally.short_abandons += u64::from(told.wait_us < 5 * SECOND_US);
                counts.blocked += u64::from(told.refused);
                counts.abandoned_15s += if told.refused { 0 } else { soon(15) };
            }
        }
    }
    counts
}

fn within(period: Period, told: &Told) -> bool {
    period.from() <= at(told.us) && at(told.us) < period.until()
}

fn naive_wait(list: &[Told], percent: u64) -> Option<u64> {
    let waits = || list.iter().filter(|told| told.answered == Some(true)).map(|of| of.wait_us);
    let all = waits().count() as u64;
    let covers = |limit: &i64| {
        let count = waits().filter(|wait| wait <= limit).count() as u64;
        count * 100 >= all * percent
    };
    waits().filter(covers).min().map(i64::unsigned_abs)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_slice_of_a_day_is_what_counting_by_hand_gives(list in told()) {
        let tape = tape(&list);
        let report = tape.report();
        prop_assert_eq!(report.total.raw().counts, naive(&list, |_| true));
        for part in &report.half_hours {
            let counts = naive(&list, |told| within(part.period, told));
            prop_assert_eq!(part.traffic.counts, counts);
        }
        for part in &report.skills {
            let counts = naive(&list, |told| match &part.skill {
                None => SKILLS[told.skill].is_empty(),
                Some(skill) => SKILLS[told.skill].contains(&skill.as_str()),
            });
            prop_assert_eq!(part.traffic.counts, counts);
        }
        for part in &report.numbers {
            let counts = naive(&list, |told| NUMBERS[told.dialled] == part.dialled);
            prop_assert_eq!(part.traffic.counts, counts);
        }
        let Traffic { waits, abandons, .. } = report.total.raw();
        let ranks = [(50, waits.p50_us), (90, waits.p90_us), (95, waits.p95_us), (100, waits.max_us)];
        for (percent, found) in ranks {
            prop_assert_eq!(found, naive_wait(&list, percent));
        }
        let bands: u64 = abandons.by_age.iter().map(|band| band.count).sum();
        let causes: u64 = abandons.by_cause.iter().map(|of| of.count).sum();
        prop_assert_eq!((bands, causes), (abandons.total, abandons.total));
        let late = list.iter().filter(|told| {
            told.answered == Some(true) && told.wait_us > 15 * SECOND_US
        });
        prop_assert_eq!(report.breaches.len(), late.count());
    }

    #[test]
    fn what_counts_is_what_the_distributor_s_rates_say(list in told()) {
        let tape = tape(&list);
        let calls = Calls::of(&tape.ledger(), &tape.later());
        let mine: BTreeMap<_, _> = calls.all().iter().map(|of| (of.call, of.fact)).collect();
        let records: Vec<Record> = tape.events.iter().map(|event| event.record.clone()).collect();
        // Both are in the order of ids.
        prop_assert_eq!(mine.into_values().collect::<Vec<_>>(), facts(&records));
    }
}
