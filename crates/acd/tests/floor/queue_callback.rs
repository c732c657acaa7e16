//! A call back by key with the place kept (排队回呼), and that it betters no figure.

use acd::rates::{LiveRates, Outcome, facts};
use acd::{
    AbandonCause, AgentCommand, AgentStateName, AnswerMode, Arrival, CallEndCause, Config,
    Destination, DialPurpose, EndCause, EndReason, FailureCause, GatewayFact, Input,
    NotReadyReason, Order, OutboundFailure, OwedCause, QueueCallbackOutcome, QueueCallbackRefusal,
    QueueCallbackRules, Record, ReturnHours, Treatment,
};
use types::{CallId, LegId};

use crate::floor_words::{Floor, agent, call, caller_leg, gateway};

pub fn offering() -> Config {
    let queue_callback = QueueCallbackRules { offered: true, ..QueueCallbackRules::default() };
    Config { queue_callback, ..Config::default() }
}

/// A floor on which call 1 has waited until the offer, at 30 s.
fn offered() -> Floor {
    offered_with(offering())
}

fn offered_with(config: Config) -> Floor {
    let mut floor = Floor::with(config);
    wake(&mut floor);
    floor.arrive(1);
    floor.pass_ms(30_000);
    floor
}

/// The floor's clock begins at 21:46:40 in China; people are called from 08:00 on.
pub fn wake(floor: &mut Floor) {
    floor.pass_ms(12 * 3_600_000);
}

/// The same, and the key has been pressed.
pub fn promised() -> Floor {
    promised_with(offering())
}

pub fn promised_with(config: Config) -> Floor {
    let mut floor = offered_with(config);
    floor.presses(1, '1');
    floor
}

/// The call out that is about to keep the promise, with the last leg that was ordered for it.
pub fn originated(floor: &Floor) -> Option<(CallId, LegId, Destination, u32)> {
    floor.orders().into_iter().rev().find_map(|order| match order {
        Order::Originate { call, leg, to, ring_limit_ms, .. } => {
            Some((call, leg, to, ring_limit_ms))
        }
        _ => None,
    })
}

/// Agent 1 becomes ready and answers her own phone: the number is dialled.
pub fn dialled(floor: &mut Floor) -> (CallId, LegId, LegId) {
    floor.ready(1, &[]);
    let (out, own, ..) = originated(floor).unwrap();
    floor.fact(GatewayFact::LegAnswered { call: out, leg: own });
    let (_, far, ..) = originated(floor).unwrap();
    (out, own, far)
}

pub fn ended(floor: &Floor) -> Vec<QueueCallbackOutcome> {
    let outcome = |record: &Record| match record {
        Record::QueueCallbackEnded { outcome, .. } => Some(*outcome),
        _ => None,
    };
    floor.records.iter().filter_map(outcome).collect()
}

fn owed(floor: &Floor) -> Vec<(CallId, OwedCause)> {
    let owed = |record: &Record| match record {
        Record::MissedCallReturnOwed { call, cause, .. } => Some((*call, *cause)),
        _ => None,
    };
    floor.records.iter().filter_map(owed).collect()
}

#[test]
fn nothing_is_offered_unless_the_centre_says_so_and_then_after_thirty_seconds() {
    let mut floor = Floor::new();
    wake(&mut floor);
    floor.arrive(1);
    floor.pass_ms(60_000);
    floor.presses(1, '1');
    assert_eq!(floor.counts(), (1, 0, 0, 0), "a key means nothing without an offer");

    let mut floor = Floor::with(offering());
    wake(&mut floor);
    floor.arrive(1);
    floor.pass_us(29_999_999);
    assert_eq!(floor.recorded(|r| matches!(r, Record::QueueCallbackOffered { .. })), 0);
    floor.presses(1, '1');
    assert_eq!(floor.counts().2, 0, "nor before it");
    floor.pass_us(1);
    let prompts = vec!["callback_offer".to_owned()];
    let treat = Order::Treat {
        call: call(1),
        leg: caller_leg(1),
        treatment: Treatment::Prompts { prompts },
        answer: AnswerMode::Answer,
    };
    assert!(floor.orders().contains(&treat), "{:?}", floor.orders());
}

#[test]
fn the_lever_offers_it_to_those_who_wait_already_and_a_number_may_be_left_out() {
    let mut floor = Floor::new();
    wake(&mut floor);
    floor.arrive(1);
    let other = Arrival { dialled: "12319".to_owned(), ..floor.arrival(2) };
    floor.fact(GatewayFact::CallArrived(other));
    floor.pass_ms(60_000);
    let mut config = offering();
    config.queue_callback.numbers.insert("12319".to_owned(), false);
    floor.say(Input::Configure { config: Box::new(config) });
    floor.pass_ms(1);
    let offered = |n| {
        let call = call(n);
        floor.recorded(|record| *record == Record::QueueCallbackOffered { call })
    };
    assert_eq!((offered(1), offered(2)), (1, 0));
}

#[test]
fn who_presses_the_key_hears_the_promise_and_is_an_abandon_that_no_figure_is_better_for() {
    let mut floor = promised();
    let leg = caller_leg(1);
    let heard = |order: &Order| {
        matches!(order, Order::Treat { treatment: Treatment::Prompts { prompts }, answer: AnswerMode::Answer, .. }
            if prompts == &["callback_confirmed".to_owned()])
    };
    assert!(floor.orders().iter().any(heard), "{:?}", floor.orders());
    assert_eq!(floor.counts(), (1, 0, 1, 0));
    let by_key =
        |r: &Record| matches!(r, Record::CallAbandoned { cause: AbandonCause::QueueCallback, .. });
    assert_eq!(floor.recorded(by_key), 1);
    assert_eq!(owed(&floor), [], "the promise is owed, not a return");
    floor.pass_ms(7_000);
    let end = Order::End { call: call(1), leg, reason: EndReason::Stale };
    assert!(floor.orders().contains(&end), "{:?}", floor.orders());
    floor.hangs_up(1);
    assert_eq!(floor.orders(), []);

    let (out, own, far) = dialled(&mut floor);
    floor.fact(GatewayFact::LegAnswered { call: out, leg: far });
    floor.fact(GatewayFact::LegsConnected { call: out, first: far, second: own });
    assert_eq!(ended(&floor), [QueueCallbackOutcome::Kept { outbound: out, agent: agent(1) }]);
    assert_eq!(floor.counts(), (1, 0, 1, 0), "domain.md 3.1: never an answered call");
    let mut live = LiveRates::default();
    floor.records.iter().for_each(|record| live.apply(record));
    let fact = facts(&floor.records)[0];
    let Outcome::Abandoned { waited_us } = fact.outcome else { panic!("{fact:?}") };
    assert_eq!(waited_us, 30_000_000);
    let later = types::Timestamp::from_micros(fact.rang_at.as_micros() + 600_000_000);
    let tally = live.window(later);
    assert_eq!((tally.requests, tally.answered, tally.short_abandons), (1, 0, 0));
}

#[test]
fn a_key_cannot_make_a_short_abandon() {
    let mut config = offering();
    config.queue_callback.after_ms = 0;
    let mut floor = Floor::with(config);
    wake(&mut floor);
    floor.arrive(1);
    floor.pass_ms(5_000);
    floor.presses(1, '1');
    assert_eq!(floor.counts(), (1, 0, 0, 0), "H ends at 5 s, the offer begins at 6 s");
    floor.pass_ms(1_000);
    floor.presses(1, '1');
    assert_eq!(floor.counts(), (1, 0, 1, 0));
}

#[test]
fn its_turn_is_where_the_caller_stood() {
    let mut floor = offered();
    for n in 2..=3 {
        floor.arrive(n);
        floor.pass_ms(10);
    }
    floor.presses(1, '1');
    let place = floor.acd.view().queues()[0].waiting.clone();
    assert_eq!(place, [call(1), call(2), call(3)]);
    floor.ready(1, &[]);
    let (out, _, to, ring_limit_ms) = originated(&floor).unwrap();
    assert_eq!(to, Destination::Agent { agent: agent(1) }, "her own phone first");
    assert_eq!(ring_limit_ms, 6_000, "as long as an offer rings");
    assert_eq!(floor.state(1), AgentStateName::Outbound);
    let started = Record::OutboundStarted {
        call: out,
        agent: agent(1),
        number: "13800000001".parse().unwrap(),
        purpose: DialPurpose::QueueCallback,
    };
    assert_eq!(floor.recorded(|record| *record == started), 1);
    floor.ready(2, &[]);
    assert_eq!(floor.rings(2), [2], "the next agent has the next caller");
}

#[test]
fn a_kept_promise_ends_in_wrap_up_like_a_talk() {
    let mut floor = promised();
    let (out, own, far) = dialled(&mut floor);
    floor.fact(GatewayFact::LegAnswered { call: out, leg: far });
    let notice = |order: &Order| matches!(order, Order::Connect { notice, .. } if notice == &["missed_call_return".to_owned()]);
    assert!(floor.orders().iter().any(notice), "{:?}", floor.orders());
    floor.fact(GatewayFact::LegsConnected { call: out, first: far, second: own });
    floor.pass_ms(60_000);
    floor.fact(GatewayFact::LegEnded { call: out, leg: far, cause: EndCause::HungUp });
    let talked = Record::OutboundEnded {
        call: out,
        agent: agent(1),
        talked_us: 60_000_000,
        cause: CallEndCause::CitizenHungUp,
    };
    assert_eq!(floor.recorded(|record| *record == talked), 1);
    assert_eq!(floor.state(1), AgentStateName::WrapUp);
    assert!(floor.acd.view().queue_callbacks.is_empty());
}

#[test]
fn an_agent_who_does_not_answer_is_treated_as_for_an_offer_and_it_is_no_attempt() {
    let mut floor = promised();
    floor.ready(1, &[]);
    floor.pass_ms(6_000);
    assert_eq!(floor.state(1), AgentStateName::Warned);
    assert_eq!(floor.recorded(|r| matches!(r, Record::QueueCallbackAttempted { .. })), 0);
    floor.pass_ms(5_000 + 6_000);
    let no_answer = AgentStateName::NotReady { reason: NotReadyReason::NoAnswer };
    assert_eq!(floor.state(1), no_answer, "the second lapse in a row");
    floor.ready(2, &[]);
    let (out, own, ..) = originated(&floor).unwrap();
    floor.fact(GatewayFact::LegFailed { call: out, leg: own, cause: FailureCause::Declined });
    floor.ready(3, &[]);
    assert_eq!(floor.state(3), AgentStateName::Outbound, "who declined is left alone (R18)");
    assert_eq!(floor.state(2), AgentStateName::Warned);
}

#[test]
fn the_number_is_dialled_three_times_with_pauses_and_then_a_return_is_owed() {
    let mut floor = promised();
    let mut cause = FailureCause::NoAnswer;
    for attempt in 1..=3 {
        let (out, own, far) = if attempt == 1 {
            dialled(&mut floor)
        } else {
            let (out, own, ..) = originated(&floor).unwrap();
            floor.fact(GatewayFact::LegAnswered { call: out, leg: own });
            (out, own, originated(&floor).unwrap().1)
        };
        assert_eq!(
            floor.recorded(|r| *r == Record::QueueCallbackAttempted { call: call(1), attempt }),
            1
        );
        floor.fact(GatewayFact::LegFailed { call: out, leg: far, cause });
        let failure = OutboundFailure::Number { cause };
        let failed = Record::OutboundFailed { call: out, agent: agent(1), cause: failure };
        assert!(floor.last_records().contains(&failed));
        assert!(floor.orders().iter().any(|o| matches!(o, Order::End { leg, .. } if *leg == own)));
        assert_eq!(floor.state(1), AgentStateName::Ready);
        if attempt < 3 {
            floor.pass_us(299_999_999);
            assert_eq!(floor.state(1), AgentStateName::Ready, "not before 5 minutes");
            floor.pass_us(1);
            assert_eq!(floor.state(1), AgentStateName::Outbound);
        }
        cause = FailureCause::Busy;
    }
    assert_eq!(ended(&floor), [QueueCallbackOutcome::NotReached]);
    assert_eq!(owed(&floor), [(call(1), OwedCause::QueueCallback)], "R24");
    floor.pass_ms(600_000);
    assert_eq!(floor.state(1), AgentStateName::Ready);
}

#[test]
fn a_promise_that_nobody_can_keep_becomes_a_return_after_two_hours() {
    let mut floor = promised();
    floor.pass_us(7_199_999_999);
    assert_eq!(ended(&floor), []);
    floor.pass_us(1);
    assert_eq!(ended(&floor), [QueueCallbackOutcome::Expired]);
    assert_eq!(owed(&floor), [(call(1), OwedCause::QueueCallback)], "nobody is forgotten");
}

#[test]
fn nobody_is_promised_or_rung_a_call_at_night() {
    let mut config = offering();
    config.return_hours = ReturnHours { from_min: 8 * 60, until_min: 22 * 60 };
    config.queue_callback.keep_ms = 24 * 3_600_000;
    let mut floor = Floor::with(config);
    let evening: i64 = "1970-01-13T21:59:00+08:00".parse::<types::Timestamp>().unwrap().as_micros();
    floor.pass_us(evening - floor.now_us);
    for n in [1, 2] {
        floor.arrive(n);
    }
    floor.pass_ms(59_000);
    floor.presses(1, '1');
    assert_eq!(floor.counts().2, 1);
    floor.pass_ms(1_000);
    floor.presses(2, '1');
    let refused =
        Record::QueueCallbackRefused { call: call(2), reason: QueueCallbackRefusal::Night };
    assert_eq!(floor.recorded(|record| *record == refused), 1);
    assert_eq!(floor.counts().2, 1, "she waits on");
    floor.ready(1, &[]);
    assert_eq!(floor.rings(2), [1], "a caller on the line, not the one at home");
    floor.takes(2, 1);
    floor.hangs_up(2);
    floor.ask(1, AgentCommand::FinishWrapUp).unwrap();
    floor.pass_ms(3_600_000);
    assert_eq!(floor.state(1), AgentStateName::Ready);
    floor.pass_ms(9 * 3_600_000);
    assert_eq!(floor.state(1), AgentStateName::Outbound, "at 08:00 it is her turn");
}

#[test]
fn a_full_queue_takes_no_promise() {
    let mut config = offering();
    config.queue_len_max = 2;
    let mut floor = Floor::with(config);
    wake(&mut floor);
    floor.arrive(1);
    floor.arrive(2);
    floor.pass_ms(30_000);
    floor.presses(1, '1');
    floor.arrive(3);
    floor.presses(2, '1');
    let refused =
        Record::QueueCallbackRefused { call: call(2), reason: QueueCallbackRefusal::QueueFull };
    assert_eq!(floor.recorded(|record| *record == refused), 1);
    assert_eq!(floor.counts(), (3, 0, 1, 0), "a promise keeps no caller on the line out");
}

#[test]
fn who_was_promised_a_call_and_calls_again_has_the_place_and_no_second_call() {
    let mut floor = promised();
    floor.arrive(2);
    let again = Arrival { caller: "+8613800000001".parse().ok(), ..floor.arrival(3) };
    floor.fact(GatewayFact::CallArrived(again));
    assert_eq!(ended(&floor), [QueueCallbackOutcome::Redialled { by: call(3) }]);
    floor.ready(1, &[]);
    assert_eq!(floor.rings(3), [1], "before call 2, which came first");
    floor.hangs_up(3);
    assert_eq!(owed(&floor), [(call(3), OwedCause::Abandoned)], "and she is still owed a call");
}

#[test]
fn who_is_on_the_line_while_her_number_is_dialled_is_not_dialled_again() {
    let mut floor = promised();
    let (out, _, far) = dialled(&mut floor);
    let again = Arrival { caller: "13800000001".parse().ok(), ..floor.arrival(3) };
    floor.fact(GatewayFact::CallArrived(again));
    floor.fact(GatewayFact::LegFailed { call: out, leg: far, cause: FailureCause::Busy });
    assert_eq!(ended(&floor), [QueueCallbackOutcome::Redialled { by: call(3) }]);
    assert_eq!(floor.rings(3), [1]);
}

#[test]
fn a_returned_caller_and_one_without_a_number_are_offered_none() {
    let mut floor = Floor::with(offering());
    wake(&mut floor);
    let unknown = Arrival { caller: None, ..floor.arrival(1) };
    floor.fact(GatewayFact::CallArrived(unknown));
    floor.ready(2, &[]);
    floor.takes(1, 2);
    floor.agent_leg_ends(1, 2, EndCause::Vanished);
    floor.arrive(2);
    floor.pass_ms(60_000);
    assert_eq!(floor.recorded(|r| matches!(r, Record::QueueCallbackOffered { .. })), 1);
    floor.presses(1, '1');
    assert_eq!(floor.counts(), (2, 1, 0, 0));
}

#[test]
fn a_promise_survives_a_restart_of_the_core_and_a_gateway_that_dies_while_it_dials() {
    let mut floor = promised();
    let (out, ..) = dialled(&mut floor);
    let saved = serde_json::to_string(&floor.acd).unwrap();
    let restored: acd::Acd = serde_json::from_str(&saved).unwrap();
    assert_eq!(restored, floor.acd);
    floor.acd = restored;
    floor.say(Input::GatewayLost { gateway: gateway() });
    floor.pass_ms(2_000);
    let lost = OutboundFailure::GatewayLost;
    let failed = Record::OutboundFailed { call: out, agent: agent(1), cause: lost };
    assert_eq!(floor.recorded(|record| *record == failed), 1);
    assert_eq!(floor.acd.view().queue_callbacks.len(), 1, "it waits again");
    assert_eq!(floor.state(1), AgentStateName::Ready);
    assert_eq!(acd::replay(floor.journal.clone()).map(|core| core == floor.acd), Ok(true));
}
