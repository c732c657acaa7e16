//! Exclusion events: by approval alone, and never without the raw figure.

use acd::AbandonCause;
use figures::{
    AsOf, Exclusion, ExclusionError, ExclusionId, ExclusionKind, Period, Signature, Traffic,
};
use types::UserId;

use crate::support::*;

fn signed(by: u128, us: i64) -> Signature {
    Signature { by: UserId::from_u128(by), at: at(us) }
}

/// A storm from nine to ten, proposed at noon.
fn storm() -> Exclusion {
    Exclusion {
        id: ExclusionId(7),
        kind: ExclusionKind::SuddenEvent,
        what: "暴雨，话务量为平日六倍".to_owned(),
        period: Period::new(at(9 * HOUR_US), at(10 * HOUR_US)).unwrap(),
        proposed: signed(1, 12 * HOUR_US),
        approved: None,
        revoked: None,
    }
}

/// Ten calls lost in the storm, ten answered after it.
fn tape() -> Tape {
    let mut tape = Tape::new();
    for n in 0..10 {
        tape.rings(n, 9 * HOUR_US);
        tape.gives_up(n, 9 * HOUR_US, MINUTE_US, AbandonCause::HungUp);
        tape.rings(n + 10, 10 * HOUR_US);
        tape.answers(n + 10, 10 * HOUR_US, SECOND_US, 1);
    }
    tape
}

fn rates(tape: &Tape, exclusion: &Exclusion, us: i64) -> (u64, Option<u64>) {
    let as_of = AsOf { events: tape.ledger().newest(), at: at(us) };
    let report = tape.report_with(std::slice::from_ref(exclusion), &as_of);
    let requests = |traffic: &Traffic| traffic.counts.tally.requests;
    let marked = report.total.marked().map(|(traffic, _)| requests(traffic));
    assert_eq!(report.days[0].traffic, report.total);
    (requests(report.total.raw()), marked)
}

#[test]
fn what_nobody_approved_excludes_nothing() {
    assert_eq!(rates(&tape(), &storm(), DAY_US), (20, None));
}

#[test]
fn an_approved_event_gives_a_second_figure_beside_the_raw_one_from_its_approval_on() {
    let (tape, mut storm) = (tape(), storm());
    storm.approve(signed(2, 15 * HOUR_US)).unwrap();
    assert_eq!(rates(&tape, &storm, 15 * HOUR_US - 1), (20, None));
    assert_eq!(rates(&tape, &storm, 15 * HOUR_US), (20, Some(10)));
    storm.revoked = Some(signed(3, 20 * HOUR_US));
    assert_eq!(rates(&tape, &storm, 20 * HOUR_US - 1), (20, Some(10)));
    assert_eq!(rates(&tape, &storm, 20 * HOUR_US), (20, None));
}

#[test]
fn the_marked_figure_names_what_it_leaves_out_and_the_headline_stays_raw() {
    let (tape, mut storm) = (tape(), storm());
    storm.approve(signed(2, 15 * HOUR_US)).unwrap();
    let report = tape.report_with(std::slice::from_ref(&storm), &tape.later());
    let (marked, without) = report.total.marked().unwrap();
    assert_eq!(marked.counts.tally.connection_rate(), share(10, 10));
    assert_eq!(without, [ExclusionId(7)]);
    assert_eq!(report.total.raw().counts.tally.connection_rate(), share(10, 20));
    let worst = report.connection.raw().worst.unwrap();
    assert_eq!(worst.tally.connection_rate(), share(0, 10));
    let (connection, _) = report.connection.marked().unwrap();
    assert_eq!(connection.worst.unwrap().tally.connection_rate(), share(10, 10));
    let lines = report.lines();
    let of = |marked| lines.iter().filter(move |line| line.marked == marked);
    assert!(of(true).count() > 0);
    for marked in of(true) {
        assert!(of(false).any(|raw| (raw.from, &raw.group) == (marked.from, &marked.group)));
    }
    assert_eq!(report.exclusions, [storm]);
}

#[test]
fn who_proposes_does_not_approve_and_a_forged_approval_has_no_force() {
    let mut storm = storm();
    assert_eq!(storm.approve(signed(1, 15 * HOUR_US)), Err(ExclusionError::OwnProposal));
    assert_eq!(storm.approve(signed(2, 11 * HOUR_US)), Err(ExclusionError::BeforeProposal));
    storm.approved = Some(signed(1, 15 * HOUR_US));
    assert!(!storm.is_in_force(at(DAY_US)));
    assert_eq!(storm.approve(signed(2, 15 * HOUR_US)), Err(ExclusionError::ApprovedBefore));
    storm.approved = None;
    storm.revoked = Some(signed(3, 14 * HOUR_US));
    assert_eq!(storm.approve(signed(2, 15 * HOUR_US)), Err(ExclusionError::Revoked));
}

#[test]
fn an_event_of_another_day_marks_nothing_of_this_one() {
    let mut old = storm();
    old.period = Period::new(at(-9 * DAY_US), at(-8 * DAY_US)).unwrap();
    old.proposed = signed(1, 0);
    old.approve(signed(2, 1)).unwrap();
    assert_eq!(rates(&tape(), &old, DAY_US), (20, None));
}
