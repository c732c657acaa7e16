//! The same question has one answer; what comes later gives a marked correction.

use std::collections::BTreeMap;

use acd::rates::Outcome;
use acd::{AbandonCause, AgentStateName, OutboundFailure, TakenBack};
use figures::{
    AsOf, Correction, Daytime, DialAttempt, DialOutcome, EventNumber, Exclusion, ExclusionId,
    ExclusionKind, Group, Ledger, Period, Reason, Report, Signature, Sources, Value, correct,
    report,
};
use proptest::prelude::*;
use types::{Timestamp, UserId};
use uuid::Uuid;

use crate::support::*;

const NINE: i64 = 9 * HOUR_US;

fn correction(tape: &Tape, shown: &AsOf, corrected: &AsOf) -> Option<Correction> {
    let ledger = tape.ledger();
    correct(&sources(&ledger, &[]), day(), shown, corrected)
}

#[test]
fn an_old_journal_that_comes_in_late_changes_no_shown_figure_and_is_named_in_the_correction() {
    let mut tape = Tape::new();
    tape.rings(1, NINE);
    tape.gives_up(1, NINE, SECOND_US, AbandonCause::GatewayLost);
    tape.resumes(1, NINE + 2 * SECOND_US, TakenBack::Abandoned);
    tape.answers(1, NINE, 4 * SECOND_US, 1);
    tape.next_journal();
    tape.rings(2, 10 * HOUR_US);
    tape.answers(2, 10 * HOUR_US, SECOND_US, 1);
    let (old, new) = (Uuid::from_u128(1), Uuid::from_u128(2));
    // The node died before it had shipped entries 3 and 4.
    let shown = AsOf { events: EventNumber::new(old, 2).and(new, 2), at: at(DAY_US) };
    let found = AsOf { events: EventNumber::new(old, 4).and(new, 2), at: at(DAY_US) };
    let total =
        |as_of: &AsOf| tape.report_with(&[], as_of).total.raw().counts.tally.connection_rate();
    assert_eq!((total(&shown), total(&found)), (share(1, 2), share(2, 2)));

    let correction = correction(&tape, &shown, &found).unwrap();
    let places: Vec<_> = tape.events.iter().map(|event| event.place).skip(2).take(2).collect();
    let reason = Reason::Call {
        call: call(1),
        rang_at: at(NINE),
        was: Some(Outcome::Abandoned { waited_us: 1_000_000 }),
        is: Some(Outcome::Answered { wait_us: 4_000_000 }),
        events: places,
    };
    assert_eq!(correction.reasons[0], reason);
    let change = correction.changes.iter().find(|of| of.figure == "k2b_strict").unwrap();
    assert_eq!(change.was, Some(Value::Share { part: 1, whole: 2 }));
    assert_eq!(change.is, Some(Value::Share { part: 2, whole: 2 }));
}

#[test]
fn a_call_that_grows_too_old_changes_a_figure_by_time_alone() {
    let mut tape = Tape::new();
    tape.rings(1, NINE);
    let moment = |us| AsOf { events: tape.ledger().newest(), at: at(us) };
    let (shown, corrected) = (moment(NINE + SECOND_US), moment(NINE + MINUTE_US));
    let found = correction(&tape, &shown, &corrected).unwrap();
    assert_eq!(found.reasons, [Reason::TimePassed { from: shown.at, until: corrected.at }]);
    assert_eq!(correction(&tape, &moment(2 * DAY_US), &moment(3 * DAY_US)), None);
}

#[test]
fn an_approval_and_a_finding_of_an_inspector_are_reasons_of_their_own() {
    let mut tape = Tape::new();
    tape.rings(1, NINE);
    tape.gives_up(1, NINE, MINUTE_US, AbandonCause::HungUp);
    let signed = |by, us| Signature { by: UserId::from_u128(by), at: at(us) };
    let exclusions = [Exclusion {
        id: ExclusionId(3),
        kind: ExclusionKind::SystemFault,
        what: "中继故障".to_owned(),
        period: day(),
        proposed: signed(1, DAY_US),
        approved: Some(signed(2, 2 * DAY_US)),
        revoked: None,
    }];
    let dial_attempts = [DialAttempt {
        batch: "2026-02 省局".to_owned(),
        number: 1,
        dialled: "12345".to_owned(),
        dialled_at: at(NINE),
        recorded_at: at(2 * DAY_US),
        outcome: DialOutcome::Connected { wait_us: 9_000_000 },
        call: Some(call(1)),
    }];
    let ledger = tape.ledger();
    let daytime = Daytime::default();
    let sources = Sources {
        ledger: &ledger,
        exclusions: &exclusions,
        dial_attempts: &dial_attempts,
        daytime,
    };
    let moment = |us| AsOf { events: ledger.newest(), at: at(us) };
    let (shown, corrected) = (moment(2 * DAY_US - 1), moment(2 * DAY_US));
    assert!(report(&sources, day(), &shown).dial_tests.is_empty());
    let tests = report(&sources, day(), &corrected).dial_tests;
    // K4 is the inspector's; that our record says otherwise stands beside it.
    assert_eq!((tests[0].rate(), tests[0].contradicted), (share(1, 1), 1));
    let found = correct(&sources, day(), &shown, &corrected).unwrap();
    assert_eq!(
        found.reasons,
        [
            Reason::ExclusionApproved { exclusion: ExclusionId(3) },
            Reason::DialFinding { batch: "2026-02 省局".to_owned(), number: 1 },
        ]
    );
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Correction>(&text).unwrap(), found);
}

/// A day of everything, in short.
fn tapes() -> impl Strategy<Value = Tape> {
    let moment = 5 * HOUR_US..16 * HOUR_US;
    prop::collection::vec((0..10_u8, moment, 1..6_u128, 0..40_i64), 0..60).prop_map(|steps| {
        let mut tape = Tape::new();
        for (kind, us, n, wait_s) in steps {
            let small = u64::try_from(n).unwrap();
            match kind {
                0 | 1 => tape.rings(n, us),
                2 => tape.answers(n, us, wait_s * SECOND_US, n % 3),
                3 => tape.gives_up(n, us, wait_s * SECOND_US, AbandonCause::HungUp),
                4 => tape.resumes(n, us, TakenBack::Abandoned),
                5 => tape.moves(n % 3, us, AgentStateName::Ready),
                6 => tape.moves(n % 3, us, AgentStateName::Talking),
                7 => tape.owes(n, us, small),
                8 => {
                    tape.loses_agent(n, us);
                    tape.is_taken_over(n, us + SECOND_US, n % 3);
                }
                _ => {
                    tape.dials(n + 100, us, small, n % 3);
                    if wait_s % 2 == 0 {
                        tape.reaches(n + 100, us + SECOND_US, n % 3);
                    } else {
                        tape.fails(n + 100, us, n % 3, OutboundFailure::BridgeFailed);
                    }
                }
            }
            if wait_s == 17 {
                tape.next_journal();
            }
        }
        tape
    })
}

type Name = (Timestamp, Timestamp, Group, String);

fn names(report: &Report) -> BTreeMap<Name, Value> {
    let lines = report.lines().into_iter();
    lines.map(|of| ((of.from, of.until, of.group, of.figure), of.value)).collect()
}

fn number_at(ledger: &Ledger, count: usize) -> EventNumber {
    Ledger::new(ledger.events().iter().take(count).cloned()).newest()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_past_figure_is_the_same_to_the_last_digit_whatever_came_later_and_in_which_order(
        tape in tapes(),
        known in 0..60_usize,
        now_us in -HOUR_US..2 * DAY_US,
    ) {
        let ledger = tape.ledger();
        let as_of = AsOf { events: number_at(&ledger, known), at: at(now_us) };
        let shown = Ledger::new(ledger.events().iter().take(known).cloned());
        let twice: Vec<_> =
            tape.events.iter().rev().chain(tape.events.iter()).cloned().collect();
        let later = Ledger::new(twice);
        let period = Period::new(at(0), at(DAY_US)).unwrap();
        let then = report(&sources(&shown, &[]), period, &as_of);
        prop_assert_eq!(&then, &report(&sources(&later, &[]), period, &as_of));
        let text = serde_json::to_string(&then).unwrap();
        prop_assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), then);
    }

    #[test]
    fn a_correction_leads_from_one_report_to_the_other_and_never_lacks_a_reason(
        tape in tapes(),
        shown in 0..60_usize,
        corrected in 0..60_usize,
        moments in (NINE..DAY_US, NINE..DAY_US),
        same_time in any::<bool>(),
    ) {
        let ledger = tape.ledger();
        let moments = if same_time { (moments.0, moments.0) } else { moments };
        let shown = AsOf { events: number_at(&ledger, shown), at: at(moments.0) };
        let corrected = AsOf { events: number_at(&ledger, corrected), at: at(moments.1) };
        let sources = sources(&ledger, &[]);
        let period = Period::new(at(NINE), at(NINE + 5 * HOUR_US)).unwrap();
        let mut was = names(&report(&sources, period, &shown));
        let is = names(&report(&sources, period, &corrected));
        match correct(&sources, period, &shown, &corrected) {
            None => prop_assert_eq!(was, is),
            Some(correction) => {
                prop_assert!(!correction.changes.is_empty() && !correction.reasons.is_empty());
                let timed = |reason: &Reason| matches!(reason, Reason::TimePassed { .. });
                prop_assert!(!same_time || !correction.reasons.iter().any(timed));
                for of in correction.changes {
                    let name = (of.from, of.until, of.group, of.figure);
                    prop_assert_eq!(was.get(&name).copied(), of.was);
                    match of.is {
                        Some(value) => was.insert(name, value),
                        None => was.remove(&name),
                    };
                }
                prop_assert_eq!(was, is);
            }
        }
    }
}
