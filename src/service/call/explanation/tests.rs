use std::collections::BTreeSet;

use acd::{AbandonCause, FailureCause, GuardStep, Record, ReturnCause, TakenBack, WithdrawReason};
use types::LegId;

use super::*;

const CALL: CallId = CallId::from_u128(1);
const ANNA: AgentId = AgentId::from_u128(2);
const BERTA: AgentId = AgentId::from_u128(3);

fn at(ms: i64) -> Timestamp {
    Timestamp::from_micros(1_000_000_000 + ms * 1_000)
}

fn leg(number: u128) -> LegId {
    LegId::from_u128(number)
}

fn arrived() -> (i64, Record) {
    let record = Record::CallArrived {
        call: CALL,
        gateway: "gw1".parse().unwrap(),
        leg: leg(9),
        caller: None,
        dialled: "12345".to_owned(),
        skills: BTreeSet::new(),
        priority: 0,
        queue: None,
        arrived_at: at(-30),
        rang_at: at(0),
    };
    (0, record)
}

fn offer(ms: i64, agent: AgentId, number: u128, step: GuardStep) -> (i64, Record) {
    (ms, Record::OfferMade { call: CALL, leg: leg(number), agent, step, line: false })
}

fn called(ms: i64, line: AgentId, number: u128) -> (i64, Record) {
    let (call, leg, step) = (CALL, leg(number), GuardStep::Reserve);
    (ms, Record::OfferMade { call, leg, agent: line, step, line: true })
}

fn lapsed(ms: i64, agent: AgentId, number: u128) -> (i64, Record) {
    let rang_for_us = 6_000_000;
    (ms, Record::OfferLapsed { call: CALL, leg: leg(number), agent, rang_for_us })
}

fn withdrawn(ms: i64, agent: AgentId, number: u128, reason: WithdrawReason) -> (i64, Record) {
    (ms, Record::OfferWithdrawn { call: CALL, leg: leg(number), agent, reason })
}

fn answered(ms: i64, agent: AgentId) -> (i64, Record) {
    let record = Record::CallAnswered {
        call: CALL,
        agent,
        rang_at: at(0),
        answered_at: at(ms),
        wait_us: ms.unsigned_abs() * 1_000,
        saved_by: GuardStep::Reserve,
        line: false,
    };
    (ms, record)
}

fn abandoned(ms: i64, cause: AbandonCause) -> (i64, Record) {
    let waited_us = ms.unsigned_abs() * 1_000;
    (ms, Record::CallAbandoned { call: CALL, rang_at: at(0), waited_us, cause })
}

fn guard(ms: i64, step: GuardStep) -> (i64, Record) {
    (ms, Record::GuardStepTaken { call: CALL, step })
}

/// The steps: milliseconds, cause, agent, for how long, detail.
type Told = (u64, StepWord, Option<AgentId>, Option<u64>, Option<&'static str>);

fn told(records: &[(i64, Record)]) -> Vec<Told> {
    let told = acd::explain(CALL, records.iter().map(|(ms, record)| (at(*ms), record))).unwrap();
    let detail = |text: String| ["hung_up", "unreachable"].into_iter().find(|word| *word == text);
    let ms = |us: u64| us / 1_000;
    let told = steps_of(&told).into_iter().map(|step| {
        let detail = step.detail.map(|text| detail(text).unwrap());
        (ms(step.at_us), step.cause, step.agent, step.for_us.map(ms), detail)
    });
    told.collect()
}

/// The causes alone, without the phones that began to ring.
fn causes(records: &[(i64, Record)]) -> Vec<(StepWord, Option<AgentId>)> {
    let rang = |step: &Told| matches!(step.1, StepWord::Rang | StepWord::RangBeside);
    told(records).into_iter().filter(|step| !rang(step)).map(|step| (step.1, step.2)).collect()
}

#[test]
fn an_unanswered_agent_then_nobody_then_the_reserve_saves_it_late() {
    let told = told(&[
        arrived(),
        offer(8, ANNA, 1, GuardStep::First),
        lapsed(6_008, ANNA, 1),
        guard(8_000, GuardStep::SecondAgent),
        guard(12_000, GuardStep::Reserve),
        offer(17_000, BERTA, 2, GuardStep::Reserve),
        answered(19_200, BERTA),
    ]);
    assert_eq!(
        told,
        [
            (8, StepWord::Rang, Some(ANNA), None, None),
            (6_008, StepWord::NoAnswer, Some(ANNA), Some(6_000), None),
            (6_008, StepWord::NobodyReady, None, Some(10_992), None),
            (8_000, StepWord::SecondAgentSought, None, None, None),
            (12_000, StepWord::ReserveOpened, None, None, None),
            (17_000, StepWord::Rang, Some(BERTA), None, None),
            (19_200, StepWord::Answered, Some(BERTA), Some(2_200), None),
        ]
    );
}

#[test]
fn a_call_to_the_neighbour_is_told_as_one() {
    let failed = |ms: i64, number| {
        let (leg, cause) = (leg(number), FailureCause::Unreachable);
        (ms, Record::OfferFailed { call: CALL, leg, agent: BERTA, cause })
    };
    let told = told(&[
        arrived(),
        guard(12_000, GuardStep::Reserve),
        called(12_000, BERTA, 1),
        failed(12_400, 1),
        called(17_400, BERTA, 2),
        answered(20_000, BERTA),
    ]);
    assert_eq!(
        told,
        [
            (0, StepWord::NobodyReady, None, Some(12_000), None),
            (12_000, StepWord::ReserveOpened, None, None, None),
            (12_000, StepWord::NeighbourCalled, Some(BERTA), None, None),
            (12_400, StepWord::PhoneFailed, Some(BERTA), Some(400), Some("unreachable")),
            (12_400, StepWord::NobodyReady, None, Some(5_000), None),
            (17_400, StepWord::NeighbourCalled, Some(BERTA), None, None),
            (20_000, StepWord::Answered, Some(BERTA), Some(2_600), None),
        ]
    );
}

#[test]
fn a_caller_nobody_was_ready_for_has_the_whole_wait_named() {
    let told = told(&[arrived(), abandoned(16_500, AbandonCause::HungUp)]);
    assert_eq!(
        told,
        [
            (0, StepWord::NobodyReady, None, Some(16_500), None),
            (16_500, StepWord::GivenUp, None, None, Some("hung_up")),
        ]
    );
}

#[test]
fn an_offer_in_the_same_moment_leaves_no_gap_and_a_faster_colleague_is_no_cause() {
    let told = told(&[
        arrived(),
        offer(5, ANNA, 1, GuardStep::First),
        lapsed(6_005, ANNA, 1),
        offer(6_005, BERTA, 2, GuardStep::Next),
        offer(8_000, ANNA, 3, GuardStep::SecondAgent),
        withdrawn(9_000, ANNA, 3, WithdrawReason::AnsweredElsewhere),
        answered(9_050, BERTA),
    ]);
    assert_eq!(
        told,
        [
            (5, StepWord::Rang, Some(ANNA), None, None),
            (6_005, StepWord::NoAnswer, Some(ANNA), Some(6_000), None),
            (6_005, StepWord::Rang, Some(BERTA), None, None),
            (8_000, StepWord::RangBeside, Some(ANNA), None, None),
            (9_050, StepWord::Answered, Some(BERTA), Some(3_045), None),
        ]
    );
}

#[test]
fn refusals_phones_and_bridges_that_fail_are_named_and_the_second_wait_is_not() {
    let refused = Record::OfferRefused { call: CALL, leg: leg(1), agent: ANNA };
    let failed = Record::OfferFailed {
        call: CALL,
        leg: leg(2),
        agent: BERTA,
        cause: FailureCause::Unreachable,
    };
    let returned = Record::CallReturned {
        call: CALL,
        agent: ANNA,
        talked_us: 1,
        cause: ReturnCause::MediaLost,
    };
    let causes = causes(&[
        arrived(),
        offer(0, ANNA, 1, GuardStep::First),
        (1_000, refused),
        offer(1_000, BERTA, 2, GuardStep::Next),
        (1_100, failed),
        offer(1_150, ANNA, 3, GuardStep::Next),
        (5_000, Record::BridgeFailed { call: CALL, agent: ANNA }),
        offer(5_000, ANNA, 4, GuardStep::Next),
        answered(6_000, ANNA),
        (20_000, returned),
        guard(28_000, GuardStep::SecondAgent),
        abandoned(40_000, AbandonCause::HungUp),
    ]);
    assert_eq!(
        causes,
        [
            (StepWord::Refused, Some(ANNA)),
            (StepWord::PhoneFailed, Some(BERTA)),
            (StepWord::BridgeFailed, Some(ANNA)),
            (StepWord::Answered, Some(ANNA)),
        ]
    );
}

#[test]
fn a_call_that_turns_out_to_live_is_explained_by_its_own_end() {
    let resumed = Record::CallResumed { call: CALL, takes_back: TakenBack::Abandoned };
    let told = told(&[
        arrived(),
        abandoned(3_000, AbandonCause::GatewayLost),
        (4_000, resumed),
        offer(9_000, ANNA, 1, GuardStep::First),
        answered(10_000, ANNA),
    ]);
    assert_eq!(
        told,
        [
            (0, StepWord::NobodyReady, None, Some(9_000), None),
            (9_000, StepWord::Rang, Some(ANNA), None, None),
            (10_000, StepWord::Answered, Some(ANNA), Some(1_000), None),
        ]
    );
}
