//! Spans of agents' states, occupancy, offers.

use acd::{AgentStateName, BreakReason, GuardStep, NotReadyReason, Record};
use figures::{AgentTime, AsOf, OfferCounts, Period, spans};
use proptest::prelude::*;
use types::LegId;

use crate::support::*;

const MEAL: AgentStateName =
    AgentStateName::NotReady { reason: NotReadyReason::Break { kind: BreakReason::Meal } };

fn until(tape: &Tape, us: i64) -> AsOf {
    AsOf { events: tape.ledger().newest(), at: at(us) }
}

#[test]
fn occupancy_counts_ringing_as_busy_and_breaks_in_neither() {
    let mut tape = Tape::new();
    for (minute, state) in [
        (0, signed_in()),
        (1, AgentStateName::Ready),
        (11, AgentStateName::Offered),
        (12, AgentStateName::Talking),
        (16, AgentStateName::WrapUp),
        (18, AgentStateName::Outbound),
        (21, MEAL),
        (51, AgentStateName::Warned),
        (52, AgentStateName::SignedOut),
    ] {
        tape.moves(1, 9 * HOUR_US + minute * MINUTE_US, state);
    }
    let report = tape.report();
    let minute = MINUTE_US.unsigned_abs();
    let time = &report.agents[0].time;
    assert_eq!(time.busy_us(), (1 + 4 + 2 + 3) * minute);
    assert_eq!(time.occupancy(), share(10 * minute, 21 * minute));
    let reasons: Vec<_> = time.not_ready.iter().map(|of| (of.reason, of.us / minute)).collect();
    let meal = NotReadyReason::Break { kind: BreakReason::Meal };
    assert_eq!(reasons, [(NotReadyReason::SignedIn, 1), (meal, 30)]);
    assert_eq!(report.agents[0].pick_ups.max_us, Some(minute));
    assert_eq!(&report.floor, time);
}

#[test]
fn a_state_that_lasts_is_counted_until_the_clock_and_midnight_cuts_it() {
    let mut tape = Tape::new();
    tape.moves(1, -HOUR_US, AgentStateName::Ready);
    let ready = |us| tape.report_with(&[], &until(&tape, us)).floor.ready_us;
    assert_eq!(ready(-1), 0);
    assert_eq!(ready(HOUR_US), HOUR_US.unsigned_abs());
    assert_eq!(ready(3 * DAY_US), DAY_US.unsigned_abs());
}

#[test]
fn a_new_journal_knows_nobody_so_spans_of_the_old_one_end_with_it() {
    let mut tape = Tape::new();
    tape.moves(1, HOUR_US, AgentStateName::Ready);
    tape.moves(2, 2 * HOUR_US, AgentStateName::Ready);
    tape.next_journal();
    tape.moves(2, 5 * HOUR_US, signed_in());
    tape.moves(2, 6 * HOUR_US, AgentStateName::SignedOut);
    let found = spans(&tape.ledger(), &tape.later());
    let ends: Vec<_> = found.iter().map(|span| (span.agent, span.from, span.until)).collect();
    // The second was Ready for no time that anybody can prove.
    assert_eq!(
        ends,
        [(agent(1), at(HOUR_US), at(2 * HOUR_US)), (agent(2), at(5 * HOUR_US), at(6 * HOUR_US))]
    );
}

#[test]
fn each_offer_ends_once_and_belongs_to_the_period_in_which_it_was_made() {
    let mut tape = Tape::new();
    let made = |tape: &mut Tape, leg: u128, us: i64| {
        let (leg, step) = (LegId::from_u128(leg), GuardStep::First);
        let (call, agent, line) = (call(1), agent(1), false);
        tape.put(us, Record::OfferMade { call, leg, agent, step, line });
    };
    let lapsed = |leg| Record::OfferLapsed {
        call: call(1),
        leg: LegId::from_u128(leg),
        agent: agent(1),
        rang_for_us: 1,
    };
    made(&mut tape, 1, -1);
    tape.put(1, lapsed(1));
    made(&mut tape, 2, 10);
    tape.put(20, lapsed(2));
    tape.put(21, lapsed(2));
    made(&mut tape, 3, DAY_US - 1);
    let refused = LegId::from_u128(3);
    tape.put(DAY_US, Record::OfferRefused { call: call(1), leg: refused, agent: agent(1) });
    let offers = tape.report().agents[0].offers;
    assert_eq!(offers, OfferCounts { made: 2, lapsed: 1, refused: 1, ..OfferCounts::default() });
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_half_hours_of_any_shift_add_up_to_the_whole(
        steps in prop::collection::vec((1..40 * MINUTE_US, 0..7_usize, 1..4_u128), 1..80),
        start in -2 * HOUR_US..2 * HOUR_US,
    ) {
        let states = [
            AgentStateName::Ready,
            AgentStateName::Offered,
            AgentStateName::Talking,
            AgentStateName::WrapUp,
            AgentStateName::Outbound,
            MEAL,
            AgentStateName::SignedOut,
        ];
        let (mut tape, mut us) = (Tape::new(), start);
        for (step, state, who) in steps {
            us += step;
            tape.moves(who, us, states[state]);
        }
        let report = tape.report_with(&[], &until(&tape, us));
        let sum = |part: fn(&AgentTime) -> u64| -> (u64, u64, u64) {
            let parts = report.half_hours.iter().map(|half| part(&half.floor)).sum();
            let agents = report.agents.iter().map(|agent| part(&agent.time)).sum();
            (parts, agents, part(&report.floor))
        };
        for part in [
            |time: &AgentTime| time.ready_us,
            |time: &AgentTime| time.busy_us(),
            |time: &AgentTime| time.not_ready.iter().map(|of| of.us).sum(),
        ] {
            let (parts, agents, whole) = sum(part);
            prop_assert_eq!((parts, agents), (whole, whole));
        }
        // By hand: every span clipped to the day.
        let day: Period = day();
        let ready = spans(&tape.ledger(), &until(&tape, us));
        let ready = ready.iter().filter(|span| span.state == AgentStateName::Ready);
        let clipped = ready.map(|span| {
            let (from, until) = (span.from.max(day.from()), span.until.min(day.until()));
            u64::try_from(until.since(from).as_micros()).unwrap()
        });
        prop_assert_eq!(clipped.sum::<u64>(), report.floor.ready_us);
    }
}
