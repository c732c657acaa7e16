//! Numbers of `domain.md` and of what others have published.

use acd::rates::Rate;
use acd::{AbandonCause, CallEndCause, TakenBack};
use figures::{AsOf, Counts, Goal, Reading, Report, Traffic};

use crate::support::*;

fn reading(traffic: &Traffic, of: Reading) -> (Rate, Option<bool>) {
    let figures = traffic.counts.readings();
    let found = figures.iter().find(|figure| figure.reading == of).unwrap();
    (found.rate, found.met)
}

fn hundred(answered: u128) -> Report {
    let mut tape = Tape::new();
    for n in 0..100 {
        let us = 9 * HOUR_US + i64::try_from(n).unwrap() * SECOND_US;
        tape.rings(n, us);
        if n < answered {
            tape.answers(n, us, SECOND_US, 1);
        } else {
            tape.gives_up(n, us, 9 * SECOND_US, AbandonCause::HungUp);
        }
    }
    tape.report()
}

#[test]
fn number_2_80_of_100_fails_the_seed_and_81_passes_and_94_fails_the_standard_and_95_passes_it() {
    let met = |answered| {
        let report = hundred(answered);
        let connection = *report.connection.raw();
        let worst = connection.worst.unwrap().tally.connection_rate();
        assert_eq!(worst, share(u64::try_from(answered).unwrap(), 100));
        let total = report.total.raw();
        assert_eq!(reading(total, Reading::Seed).1, connection.seed_met);
        assert_eq!(reading(total, Reading::National).1, connection.national_met);
        (connection.seed_met.unwrap(), connection.national_met.unwrap())
    };
    assert_eq!(met(80), (false, false));
    assert_eq!(met(81), (true, false));
    assert_eq!(met(94), (true, false));
    assert_eq!(met(95), (true, true));
}

#[test]
fn number_3_a_wait_of_15_000_s_is_in_time_and_one_of_15_001_s_is_a_breach_on_the_list() {
    let mut tape = Tape::new();
    for (n, wait_us) in [(1, 15_000_000), (2, 15_001_000), (3, 15_000_001)] {
        tape.rings(n, HOUR_US);
        tape.answers(n, HOUR_US, wait_us, 7);
    }
    let report = tape.report();
    assert_eq!(report.total.raw().counts.tally.answered_in_time, 1);
    assert_eq!(reading(report.total.raw(), Reading::Strict), (share(1, 3), Some(false)));
    let breaches: Vec<_> =
        report.breaches.iter().map(|breach| (breach.call, breach.wait_us, breach.agent)).collect();
    let seven = Some(agent(7));
    assert_eq!(breaches, [(call(2), 15_001_000, seven), (call(3), 15_000_001, seven)]);
}

/// Toronto 311 published 100 % on a day with 2039 calls answered and 325 not (`peers.md` section 2).
#[test]
fn a_day_of_325_lost_callers_is_100_percent_to_who_divides_by_the_answered_ones() {
    let mut tape = Tape::new();
    for n in 0..2_364_u128 {
        let us = i64::try_from(n).unwrap() * SECOND_US;
        tape.rings(n, us);
        if n < 2_039 {
            tape.answers(n, us, SECOND_US, 1);
            tape.ends(n, us + MINUTE_US, 59_000_000, CallEndCause::CitizenHungUp);
        } else {
            tape.gives_up(n, us, 20 * SECOND_US, AbandonCause::HungUp);
        }
    }
    let report = tape.report();
    let total = report.total.raw();
    let all = share(2_039, 2_039);
    assert_eq!(reading(total, Reading::Asterisk).0, all);
    assert_eq!(reading(total, Reading::NationalInTime), (all, Some(true)));
    assert_eq!(reading(total, Reading::SeedInTime), (all, Some(true)));
    assert_eq!(reading(total, Reading::Strict), (share(2_039, 2_364), Some(true)));
    assert_eq!(reading(total, Reading::National), (share(2_039, 2_364), Some(false)));
    assert_eq!(reading(total, Reading::CiscoNegative).0, share(2_039, 2_364));
    assert_eq!(reading(total, Reading::CiscoIgnore).0, share(2_039, 2_364));
}

/// Ten calls that every reading counts otherwise.
fn ten() -> Tape {
    let mut tape = Tape::new();
    let us = 10 * HOUR_US;
    for n in 1..=10 {
        tape.rings(n, us);
    }
    for (n, wait_s, talked_us) in
        [(1, 2, Some(60_000_000)), (2, 15, Some(4_999_999)), (3, 20, Some(9_000_000)), (4, 9, None)]
    {
        tape.answers(n, us, wait_s * SECOND_US, 1);
        if let Some(talked_us) = talked_us {
            tape.ends(n, us + MINUTE_US, talked_us, CallEndCause::AgentHungUp);
        }
    }
    tape.gives_up(5, us, 4_999_999, AbandonCause::HungUp);
    tape.gives_up(6, us, 5_000_000, AbandonCause::Vanished);
    tape.gives_up(7, us, 15_000_000, AbandonCause::HungUp);
    tape.gives_up(8, us, 121_000_000, AbandonCause::GatewayLost);
    tape.gives_up(9, us, 0, AbandonCause::QueueFull);
    tape
}

#[test]
fn every_reading_of_ten_calls_by_hand() {
    let report = ten().report();
    let total = report.total.raw();
    let rate = |of| reading(total, of).0;
    // N 4, N15 3, N30 4, R 10; given up within 15 s: 5, 6, 7; refused: 9; ended: 1, 2, 3.
    assert_eq!(rate(Reading::Strict), share(3, 10));
    assert_eq!(rate(Reading::National), share(4, 10));
    assert_eq!(rate(Reading::NationalInTime), share(3, 4));
    assert_eq!(rate(Reading::Seed), share(4, 10));
    assert_eq!(rate(Reading::SeedInTime), share(3, 4));
    assert_eq!(rate(Reading::Within30), share(4, 10));
    assert_eq!(rate(Reading::CiscoNegative), share(3, 9));
    assert_eq!(rate(Reading::CiscoIgnore), share(3, 6));
    assert_eq!(rate(Reading::CiscoPositive), share(6, 9));
    assert_eq!(rate(Reading::Asterisk), share(2, 3));
    assert_eq!(rate(Reading::AsteriskWithAbandons), share(5, 7));
    assert_eq!(total.counts.tally.adjusted_rate(), share(4, 8));
    assert_eq!(total.counts.open, 1);
    assert_eq!(total.counts.cut_short, 1);
    assert!(report.readings.raw().iter().all(|figure| !figure.formula.is_empty()));
    assert_eq!(Reading::Seed.goal(), Some(Goal::Above(80)));
}

#[test]
fn waits_abandons_and_talks_of_ten_calls_by_hand() {
    let report = ten().report();
    let total = report.total.raw();
    assert_eq!(total.waits.mean(), share(46_000_000, 4));
    assert_eq!(total.waits.p50_us, Some(9_000_000));
    assert_eq!(total.waits.p90_us, Some(20_000_000));
    assert_eq!(total.talks.mean(), share(73_999_999, 3));
    let ages: Vec<(u64, u64)> =
        total.abandons.by_age.iter().map(|band| (band.from_us / 1_000_000, band.count)).collect();
    assert_eq!(ages, [(0, 2), (5, 1), (15, 1), (30, 0), (60, 0), (120, 1)]);
    let causes: Vec<_> = total.abandons.by_cause.iter().map(|of| (of.cause, of.count)).collect();
    assert_eq!(
        causes,
        [
            (AbandonCause::GatewayLost, 1),
            (AbandonCause::HungUp, 2),
            (AbandonCause::QueueFull, 1),
            (AbandonCause::Vanished, 1)
        ]
    );
    assert_eq!(total.abandons.with_number, 5);
}

#[test]
fn a_call_that_still_rings_counts_as_not_answered_once_it_is_older_than_15_s() {
    let mut tape = Tape::new();
    tape.rings(1, HOUR_US);
    let requests = |us| {
        let as_of = AsOf { events: tape.ledger().newest(), at: at(us) };
        tape.report_with(&[], &as_of).total.raw().counts.tally.requests
    };
    assert_eq!((requests(HOUR_US + 15_000_000), requests(HOUR_US + 15_000_001)), (0, 1));
}

#[test]
fn a_call_belongs_to_the_half_hour_of_its_ring_to_each_of_its_skills_and_to_its_number() {
    let mut tape = Tape::new();
    let nine = 9 * HOUR_US;
    tape.rings_for(1, nine - 1, "12345", &[]);
    tape.answers(1, nine - 1, 40 * SECOND_US, 1);
    tape.rings_for(2, nine, "12345", &["enterprise", "dialect"]);
    tape.answers(2, nine, SECOND_US, 2);
    tape.rings_for(3, nine + 1, "12328", &["dialect"]);
    tape.gives_up(3, nine + 1, SECOND_US, AbandonCause::HungUp);
    let report = tape.report();
    let counts: Vec<u64> = (report.half_hours.iter().skip(17).take(2))
        .map(|part| part.traffic.counts.tally.requests)
        .collect();
    assert_eq!((report.half_hours.len(), counts), (48, vec![1, 2]));
    let skills: Vec<_> = (report.skills.iter())
        .map(|of| {
            let tally = of.traffic.counts.tally;
            (of.skill.as_ref().map_or("", |skill| skill.as_str()), tally.connection_rate())
        })
        .collect();
    let dialect = ("dialect", share(1, 2));
    assert_eq!(skills, [("", share(1, 1)), dialect, ("enterprise", share(1, 1))]);
    let numbers: Vec<_> = (report.numbers.iter())
        .map(|of| (of.dialled.as_str(), of.traffic.counts.tally.connection_rate()))
        .collect();
    assert_eq!(numbers, [("12328", share(0, 1)), ("12345", share(2, 2))]);
    let agents: Vec<_> =
        report.agents.iter().map(|of| (of.agent, of.counts.tally.answered)).collect();
    assert_eq!(agents, [(agent(1), 1), (agent(2), 1)]);
}

#[test]
fn k1_slides_over_the_evening_before_and_stops_at_the_clock() {
    let mut tape = Tape::new();
    for n in 0..10 {
        tape.rings(n, -HOUR_US);
        tape.gives_up(n, -HOUR_US, 9 * SECOND_US, AbandonCause::HungUp);
    }
    for n in 10..20 {
        tape.rings(n, 10 * HOUR_US);
        tape.answers(n, 10 * HOUR_US, SECOND_US, 1);
    }
    let worst = |us| {
        let as_of = AsOf { events: tape.ledger().newest(), at: at(us) };
        tape.report_with(&[], &as_of).connection.raw().worst.map(|worst| worst.at)
    };
    // At midnight the window holds the ten lost calls of the evening alone.
    assert_eq!(worst(DAY_US), Some(midnight()));
    assert_eq!(worst(-1), None);
    assert_eq!(tape.report().days.len(), 1);
    assert_eq!(tape.report().days[0].traffic.raw().counts.tally.connection_rate(), share(10, 10));
}

#[test]
fn a_call_taken_back_is_counted_by_what_became_of_it_afterwards() {
    let mut tape = Tape::new();
    tape.rings(1, HOUR_US);
    tape.gives_up(1, HOUR_US, 3 * SECOND_US, AbandonCause::GatewayLost);
    tape.resumes(1, HOUR_US + 4 * SECOND_US, TakenBack::Abandoned);
    tape.answers(1, HOUR_US, 8 * SECOND_US, 4);
    tape.ends(1, HOUR_US + MINUTE_US, 1, CallEndCause::GatewayLost);
    tape.resumes(1, HOUR_US + MINUTE_US, TakenBack::Ended);
    let report = tape.report();
    let counts = report.total.raw().counts;
    assert_eq!((counts.tally.answered, counts.abandoned, counts.ended), (1, 0, 0));
    assert_eq!(report.agents[0].agent, agent(4));
    assert!(report.total.raw().abandons.by_cause.is_empty());
}

#[test]
fn a_transferred_call_is_answered_once_by_who_answered_first() {
    let mut tape = Tape::new();
    tape.rings(1, HOUR_US);
    tape.answers(1, HOUR_US, 16 * SECOND_US, 4);
    tape.loses_agent(1, HOUR_US + MINUTE_US);
    tape.is_taken_over(1, HOUR_US + 2 * MINUTE_US, 5);
    tape.answers(1, HOUR_US, SECOND_US, 6);
    let report = tape.report();
    let counts = report.total.raw().counts;
    assert_eq!((counts.tally.answered, counts.tally.answered_in_time), (1, 0));
    assert_eq!((counts.returned, counts.taken_over), (1, 1));
    let agents: Vec<_> = report.agents.iter().map(|of| of.agent).collect();
    assert_eq!(agents, [agent(4)]);
}

#[test]
fn a_report_survives_json_and_its_lines_name_each_figure_once() {
    let mut tape = ten();
    tape.moves(1, 0, signed_in());
    let report = tape.report();
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    let lines = report.lines();
    let mut names: Vec<_> = lines
        .iter()
        .map(|line| (line.from, line.until, line.group.clone(), line.marked, line.figure.clone()))
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), lines.len());
    let strict = lines.iter().find(|line| line.figure == "k2b_strict").unwrap();
    assert_eq!(
        strict.row(),
        [
            "2026-02-13T00:00:00+08:00",
            "2026-02-14T00:00:00+08:00",
            "total",
            "",
            "",
            "k2b_strict",
            "3",
            "10",
            "share"
        ]
    );
}

#[test]
fn nothing_at_all_has_no_rate_and_meets_and_misses_nothing() {
    let report = Tape::new().report();
    assert_eq!(report.connection.raw().worst, None);
    assert!(report.readings.raw().iter().all(|figure| figure.met.is_none()));
    assert_eq!(report.total.raw().counts, Counts::default());
    assert!(report.agents.is_empty() && report.skills.is_empty() && report.numbers.is_empty());
}
