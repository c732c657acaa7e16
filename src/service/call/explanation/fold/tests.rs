use acd::ReturnCause;
use types::CallId;

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
        arrived_at: at(-30),
        rang_at: at(0),
    };
    (0, record)
}

fn offer(ms: i64, agent: AgentId, number: u128, step: GuardStep) -> (i64, Record) {
    (ms, Record::OfferMade { call: CALL, leg: leg(number), agent, step })
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

/// The steps with their times in milliseconds.
fn told(records: &[(i64, Record)]) -> Vec<(i64, Cause)> {
    let steps = explain(records.iter().map(|(ms, record)| (at(*ms), record)));
    steps.into_iter().map(|step| (step.at_us / 1_000, step.cause)).collect()
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
            (8, Cause::Rang { agent: ANNA, asked: GuardStep::First }),
            (6_008, Cause::Unanswered { agent: ANNA, rang_for_us: 6_000_000 }),
            (6_008, Cause::NobodyReady { for_us: 10_992_000 }),
            (8_000, Cause::SecondAgentAsked),
            (12_000, Cause::ReserveOpened),
            (17_000, Cause::Rang { agent: BERTA, asked: GuardStep::Reserve }),
            (19_200, Cause::Answered { agent: BERTA }),
        ]
    );
}

#[test]
fn a_caller_nobody_was_ready_for_has_the_whole_wait_named() {
    let told = told(&[arrived(), abandoned(16_500, AbandonCause::HungUp)]);
    assert_eq!(
        told,
        [
            (0, Cause::NobodyReady { for_us: 16_500_000 }),
            (16_500, Cause::GivenUp { why: AbandonCause::HungUp }),
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
    let causes: Vec<Cause> = told.iter().map(|(_, cause)| *cause).collect();
    assert!(!causes.iter().any(|cause| matches!(cause, Cause::NobodyReady { .. })), "{told:?}");
    assert_eq!(told.len(), 5, "{told:?}");
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
    let told = told(&[
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
    let causes: Vec<Cause> = told
        .iter()
        .map(|(_, cause)| *cause)
        .filter(|cause| !matches!(cause, Cause::Rang { .. }))
        .collect();
    assert_eq!(
        causes,
        [
            Cause::Refused { agent: ANNA },
            Cause::PhoneFailed { agent: BERTA, why: FailureCause::Unreachable },
            Cause::BridgeFailed { agent: ANNA },
            Cause::Answered { agent: ANNA },
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
            (0, Cause::NobodyReady { for_us: 9_000_000 }),
            (9_000, Cause::Rang { agent: ANNA, asked: GuardStep::First }),
            (10_000, Cause::Answered { agent: ANNA }),
        ]
    );
}
