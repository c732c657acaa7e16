//! No trick betters K1, K2b or K3 unless a person answers (`domain.md` 3.1), and what does better
//! K1a and K2a is the reason why these are no headlines.

use acd::rates::Rate;
use acd::{AbandonCause, CallEndCause, OutboundFailure, Record, TakenBack};
use figures::{AsOf, Exclusion, ExclusionId, ExclusionKind, Reading, Report, Signature};
use proptest::prelude::*;
use types::UserId;

use crate::support::*;

/// What a call of the honest day is when the tricks begin.
#[derive(Debug, Clone, Copy)]
enum Story {
    Rings,
    Talks { wait_us: i64 },
    Served { wait_us: i64 },
    GivenUp { waited_us: i64 },
}

/// What somebody might do for a better figure, without answering anybody. Each names a call.
#[derive(Debug, Clone, Copy)]
enum Trick {
    /// Drops a waiting caller in the first seconds.
    HangUpShort(usize),
    /// Writes another cause on it: screened, refused, fault, repair.
    Relabel(usize, usize),
    /// Makes two calls of one: the caller is sent round and rings again.
    Split(usize),
    /// Says of a waiting call that it rang just now.
    RingAgain(usize),
    /// Puts the talk back in the queue and lets another agent have it.
    Requeue(usize),
    /// The same, and the caller gives up.
    RequeueAndDrop(usize),
    /// Writes down the transfer as an answer at once.
    Transfer(usize),
    /// Writes an answer on a caller who is gone.
    AnswerTheGone(usize),
    /// Takes the abandon back; nobody answers.
    TakeBack(usize),
    /// Calls the number back and talks.
    CallBack(usize),
    /// Calls back in vain.
    CallBackInVain(usize),
    /// Hangs up on whoever talks.
    CutShort(usize),
}

fn stories() -> impl Strategy<Value = Vec<(i64, Story)>> {
    let story = prop_oneof![
        Just(Story::Rings),
        (0..40 * SECOND_US).prop_map(|wait_us| Story::Talks { wait_us }),
        (0..40 * SECOND_US).prop_map(|wait_us| Story::Served { wait_us }),
        (0..40 * SECOND_US).prop_map(|waited_us| Story::GivenUp { waited_us }),
    ];
    prop::collection::vec((-DAY_US..DAY_US, story), 1..40)
}

fn tricks() -> impl Strategy<Value = Vec<(Trick, i64)>> {
    let trick = (0..12_usize, 0..40_usize, 0..5_usize).prop_map(|(kind, of, cause)| match kind {
        0 => Trick::HangUpShort(of),
        1 => Trick::Relabel(of, cause),
        2 => Trick::Split(of),
        3 => Trick::RingAgain(of),
        4 => Trick::Requeue(of),
        5 => Trick::RequeueAndDrop(of),
        6 => Trick::Transfer(of),
        7 => Trick::AnswerTheGone(of),
        8 => Trick::TakeBack(of),
        9 => Trick::CallBack(of),
        10 => Trick::CallBackInVain(of),
        _ => Trick::CutShort(of),
    });
    prop::collection::vec((trick, 0..HOUR_US), 1..30)
}

fn honest_day(stories: &[(i64, Story)]) -> Tape {
    let mut tape = Tape::new();
    for (n, (us, story)) in (0_u128..).zip(stories) {
        tape.rings(n, *us);
        match *story {
            Story::Rings => {}
            Story::Talks { wait_us } => tape.answers(n, *us, wait_us, 1),
            Story::Served { wait_us } => {
                tape.answers(n, *us, wait_us, 1);
                tape.ends(n, us + wait_us + HOUR_US, 1, CallEndCause::CitizenHungUp);
            }
            Story::GivenUp { waited_us } => {
                tape.gives_up(n, *us, waited_us, AbandonCause::HungUp);
            }
        }
    }
    tape
}

/// Plays one trick, where the call it names allows it.
fn play(tape: &mut Tape, stories: &[(i64, Story)], trick: Trick, after_us: i64, nth: u128) {
    let causes = [
        AbandonCause::QueueFull,
        AbandonCause::Repaired,
        AbandonCause::Fault,
        AbandonCause::Vanished,
        AbandonCause::GatewayLost,
    ];
    let (Trick::HangUpShort(of)
    | Trick::Relabel(of, _)
    | Trick::Split(of)
    | Trick::RingAgain(of)
    | Trick::Requeue(of)
    | Trick::RequeueAndDrop(of)
    | Trick::Transfer(of)
    | Trick::AnswerTheGone(of)
    | Trick::TakeBack(of)
    | Trick::CallBack(of)
    | Trick::CallBackInVain(of)
    | Trick::CutShort(of)) = trick;
    let of = of % stories.len();
    let (us, story) = stories[of];
    let (n, number) = (of as u128, of as u64);
    let (later, new) = (us + after_us, 1_000 + nth);
    let waits = matches!(story, Story::Rings);
    let gone = matches!(story, Story::GivenUp { .. });
    let answered = matches!(story, Story::Talks { .. } | Story::Served { .. });
    match trick {
        Trick::HangUpShort(_) if waits => tape.gives_up(n, us, 1, AbandonCause::HungUp),
        Trick::Relabel(_, cause) if waits || gone => tape.gives_up(n, us, 1, causes[cause]),
        Trick::Split(_) if waits => {
            tape.gives_up(n, us, 1, AbandonCause::HungUp);
            tape.rings_from(new, later, Some(phone(number)), "12345", &[]);
        }
        Trick::Split(_) => tape.rings_from(new, later, Some(phone(number)), "12345", &[]),
        Trick::RingAgain(_) => tape.rings(n, later),
        Trick::Requeue(_) if answered => {
            tape.loses_agent(n, later);
            tape.is_taken_over(n, later + 1, 2);
        }
        Trick::RequeueAndDrop(_) if answered => {
            tape.loses_agent(n, later);
            tape.ends(n, later + 1, 1, CallEndCause::AgentLost);
            tape.owes(n, later + 1, number);
        }
        Trick::Transfer(_) if answered => {
            tape.is_taken_over(n, later, 2);
            tape.answers(n, us, 1, 2);
        }
        Trick::AnswerTheGone(_) if gone => tape.answers(n, us, 1, 2),
        Trick::TakeBack(_) if gone => tape.resumes(n, later, TakenBack::Abandoned),
        Trick::CallBack(_) if gone => {
            tape.owes(n, us, number);
            tape.dials(new, later, number, 1);
            tape.reaches(new, later + 1, 1);
        }
        Trick::CallBackInVain(_) if gone => {
            tape.dials(new, later, number, 1);
            tape.fails(new, later + 1, 1, OutboundFailure::BridgeFailed);
        }
        Trick::CutShort(_) if answered => tape.ends(n, later, 0, CallEndCause::AgentHungUp),
        _ => {}
    }
}

/// The headlines of a report: of the day, its worst 24 hours, and each half-hour.
fn headlines(report: &Report) -> Vec<Rate> {
    let wholes = (report.half_hours.iter().map(|part| &part.traffic))
        .chain([report.total.raw(), report.days[0].traffic.raw()]);
    let readings = [Reading::Strict, Reading::National, Reading::Within30];
    let mut rates: Vec<Rate> =
        wholes.flat_map(|of| readings.map(|reading| reading.rate(of.counts))).collect();
    let worst = report.connection.raw().worst;
    rates.push(worst.map_or(share(0, 0), |worst| worst.tally.connection_rate()));
    rates
}

/// An answer on a call that had been taken back is an answer, whoever wrote it: leave that out.
fn spoils(tricks: &[(Trick, i64)], stories: usize) -> bool {
    let taken = tricks.iter().filter_map(|(trick, _)| match trick {
        Trick::TakeBack(of) => Some(of % stories),
        _ => None,
    });
    let taken: Vec<usize> = taken.collect();
    tricks.iter().any(|(trick, _)| match trick {
        Trick::AnswerTheGone(of) => taken.contains(&(of % stories)),
        _ => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_but_a_person_who_answers_betters_a_headline(
        stories in stories(),
        tricks in tricks(),
    ) {
        prop_assume!(!spoils(&tricks, stories.len()));
        let mut tape = honest_day(&stories);
        let honest = tape.report();
        for (nth, (trick, after_us)) in (0_u128..).zip(&tricks) {
            play(&mut tape, &stories, *trick, *after_us, nth);
        }
        let tricked = tape.report();
        for (was, is) in headlines(&honest).into_iter().zip(headlines(&tricked)) {
            prop_assert!(!was.is_below(is), "{was:?} became {is:?}");
        }
        let (was, is) = (honest.total.raw().counts, tricked.total.raw().counts);
        prop_assert_eq!(was.tally.answered, is.tally.answered);
        prop_assert_eq!(was.tally.answered_in_time, is.tally.answered_in_time);
        prop_assert!(is.tally.requests >= was.tally.requests);
        prop_assert!(is.cut_short >= was.cut_short);
    }

    #[test]
    fn an_answer_betters_k1_and_the_other_headlines_never_fall_by_it(
        stories in stories(),
        wait_us in 0..40 * SECOND_US,
    ) {
        let waiting = stories.iter().position(|(us, story)| {
            *us >= 0 && matches!(story, Story::Rings)
        });
        prop_assume!(waiting.is_some());
        let of = waiting.unwrap();
        let mut tape = honest_day(&stories);
        let before = tape.report();
        tape.answers(of as u128, stories[of].0, wait_us, 1);
        let after = tape.report();
        for (was, is) in headlines(&before).into_iter().zip(headlines(&after)) {
            prop_assert!(!is.is_below(was), "{was:?} became {is:?}");
        }
        let rate = |report: &Report| report.total.raw().counts.tally.connection_rate();
        prop_assert!(rate(&before).is_below(rate(&after)));
    }

    #[test]
    fn no_exclusion_touches_a_raw_figure(
        stories in stories(),
        approved in any::<bool>(),
        half in 0..48_usize,
    ) {
        let signed = |by, us| Signature { by: UserId::from_u128(by), at: at(us) };
        let exclusion = Exclusion {
            id: ExclusionId(1),
            kind: ExclusionKind::DemandAboveCapacity,
            what: "超出座席能力".to_owned(),
            period: day().half_hours()[half],
            proposed: signed(1, 0),
            approved: approved.then(|| signed(2, 1)),
            revoked: None,
        };
        let tape = honest_day(&stories);
        let with = tape.report_with(&[exclusion], &tape.later());
        let without = tape.report();
        prop_assert_eq!(headlines(&with), headlines(&without));
        prop_assert_eq!(with.total.raw(), without.total.raw());
        prop_assert_eq!(with.total.marked().is_some(), approved);
        prop_assert_eq!(&with.half_hours, &without.half_hours);
        prop_assert_eq!(&with.agents, &without.agents);
    }
}

#[test]
fn a_late_caller_left_to_give_up_betters_k2a_and_not_k2b() {
    let rates = |answered: bool| {
        let mut tape = Tape::new();
        tape.rings(1, HOUR_US);
        tape.answers(1, HOUR_US, SECOND_US, 1);
        tape.rings(2, HOUR_US);
        if answered {
            tape.answers(2, HOUR_US, 20 * SECOND_US, 1);
        } else {
            tape.gives_up(2, HOUR_US, 20 * SECOND_US, AbandonCause::HungUp);
        }
        let counts = tape.report().total.raw().counts;
        [Reading::NationalInTime, Reading::Strict, Reading::National].map(|of| of.rate(counts))
    };
    assert_eq!(rates(true), [share(1, 2), share(1, 2), share(2, 2)]);
    assert_eq!(rates(false), [share(1, 1), share(1, 2), share(1, 2)]);
}

#[test]
fn a_caller_dropped_in_the_first_seconds_betters_k1a_and_not_k1() {
    let rates = |waited_us| {
        let mut tape = Tape::new();
        tape.rings(1, HOUR_US);
        tape.answers(1, HOUR_US, SECOND_US, 1);
        tape.rings(2, HOUR_US);
        tape.gives_up(2, HOUR_US, waited_us, AbandonCause::HungUp);
        let tally = tape.report().total.raw().counts.tally;
        (tally.adjusted_rate(), tally.connection_rate())
    };
    assert_eq!(rates(4_999_999), (share(1, 1), share(1, 2)));
    assert_eq!(rates(5_000_000), (share(1, 2), share(1, 2)));
}

#[test]
fn an_agent_who_answers_and_hangs_up_at_once_is_counted_and_shown() {
    let mut tape = Tape::new();
    tape.rings(1, HOUR_US);
    tape.answers(1, HOUR_US, SECOND_US, 9);
    tape.ends(1, HOUR_US + 2 * SECOND_US, 1_000_000, CallEndCause::AgentHungUp);
    let report = tape.report();
    assert_eq!(report.total.raw().counts.cut_short, 1);
    assert_eq!((report.agents[0].agent, report.agents[0].counts.cut_short), (agent(9), 1));
}

#[test]
fn a_caller_kept_before_the_ring_has_a_short_wait_and_a_long_way_to_the_ring() {
    let mut tape = Tape::new();
    tape.rings(1, HOUR_US);
    let arrival = &mut tape.events[0].record;
    let Record::CallArrived { arrived_at, .. } = arrival else { panic!("an arrival") };
    *arrived_at = at(HOUR_US - 10 * SECOND_US);
    tape.answers(1, HOUR_US, 9 * SECOND_US, 1);
    let report = tape.report();
    let total = report.total.raw();
    assert_eq!((total.waits.max_us, total.before_ring.max_us), (Some(9_000_000), Some(10_000_000)));
}

#[test]
fn the_moment_of_looking_betters_nothing_for_longer_than_15_s() {
    let mut tape = Tape::new();
    tape.rings(1, HOUR_US);
    tape.answers(1, HOUR_US, SECOND_US, 1);
    tape.rings(2, HOUR_US);
    tape.gives_up(2, HOUR_US, SECOND_US, AbandonCause::GatewayLost);
    tape.resumes(2, HOUR_US + 2 * SECOND_US, TakenBack::Abandoned);
    let rate = |us| {
        let as_of = AsOf { events: tape.ledger().newest(), at: at(us) };
        tape.report_with(&[], &as_of).total.raw().counts.tally.connection_rate()
    };
    assert_eq!(rate(HOUR_US + 15 * SECOND_US), share(1, 1));
    assert_eq!(rate(HOUR_US + 15 * SECOND_US + 1), share(1, 2));
}
