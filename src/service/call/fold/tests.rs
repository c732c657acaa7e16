use acd::{CallEndCause, GuardStep, ReturnCause, WithdrawReason};
use types::LegId;

use super::*;

const CALL: CallId = CallId::from_u128(1);
const AGENT: AgentId = AgentId::from_u128(2);
const LEG: LegId = LegId::from_u128(3);

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(second * 1_000_000)
}

fn arrived() -> Call {
    let record = Record::CallArrived {
        call: CALL,
        gateway: "gw1".parse().unwrap(),
        leg: LegId::from_u128(9),
        caller: Some("13800138000".parse().unwrap()),
        dialled: "12345".to_owned(),
        skills: Default::default(),
        priority: 0,
        arrived_at: at(1),
        rang_at: at(2),
        queue: None,
    };
    begin(at(2), &record).unwrap()
}

fn offer() -> Record {
    Record::OfferMade { call: CALL, leg: LEG, agent: AGENT, step: GuardStep::First, line: false }
}

fn answer() -> Record {
    Record::CallAnswered {
        call: CALL,
        agent: AGENT,
        rang_at: at(2),
        answered_at: at(5),
        wait_us: 3_000_000,
        saved_by: GuardStep::Next,
        line: false,
    }
}

#[test]
fn an_answered_call_has_its_wait_its_agent_and_its_end() {
    let mut call = arrived();
    apply(&mut call, at(2), &offer());
    assert_eq!(call.state, CallState::Ringing);
    apply(&mut call, at(5), &answer());
    assert_eq!(
        (call.state, call.wait_us, call.agent),
        (CallState::Talking, Some(3_000_000), Some(AGENT))
    );
    let ended = Record::CallEnded {
        call: CALL,
        agent: AGENT,
        talked_us: 60_000_000,
        cause: CallEndCause::CitizenHungUp,
    };
    apply(&mut call, at(65), &ended);
    assert_eq!((call.state, call.ended_at), (CallState::Ended, Some(at(65))));
    assert_eq!(call.end_cause.as_deref(), Some("citizen_hung_up"));
    assert_eq!((call.guard.as_str(), call.outcome), ("next", Some(CallOutcome::Answered)));
}

#[test]
fn a_call_rings_until_its_last_offer_is_over() {
    let mut call = arrived();
    let withdrawn = Record::OfferWithdrawn {
        call: CALL,
        leg: LEG,
        agent: AGENT,
        reason: WithdrawReason::RingLimit,
    };
    apply(&mut call, at(2), &offer());
    apply(&mut call, at(10), &offer());
    apply(&mut call, at(11), &withdrawn);
    assert_eq!(call.state, CallState::Ringing);
    apply(&mut call, at(12), &withdrawn);
    assert_eq!(call.state, CallState::Waiting);
}

#[test]
fn a_resumed_call_waits_again_as_if_it_had_never_been_given_up() {
    let mut call = arrived();
    let before = call.clone();
    let abandoned = Record::CallAbandoned {
        call: CALL,
        rang_at: at(2),
        waited_us: 9,
        cause: AbandonCause::GatewayLost,
    };
    apply(&mut call, at(3), &abandoned);
    assert_eq!(call.outcome, Some(CallOutcome::Abandoned));
    apply(&mut call, at(4), &Record::CallResumed { call: CALL, takes_back: TakenBack::Abandoned });
    assert_eq!(call, before);
}

#[test]
fn a_returned_call_waits_and_talks_again_with_the_next_agent_and_stays_answered() {
    let mut call = arrived();
    let next = AgentId::from_u128(4);
    apply(&mut call, at(5), &answer());
    let returned = Record::CallReturned {
        call: CALL,
        agent: AGENT,
        talked_us: 10_000_000,
        cause: ReturnCause::MediaLost,
    };
    apply(&mut call, at(38), &returned);
    assert_eq!((call.state, call.agent), (CallState::Waiting, Some(AGENT)));
    apply(
        &mut call,
        at(38),
        &Record::OfferMade {
            call: CALL,
            leg: LEG,
            agent: next,
            step: GuardStep::First,
            line: false,
        },
    );
    assert_eq!(call.state, CallState::Ringing);
    apply(&mut call, at(46), &Record::GuardStepTaken { call: CALL, step: GuardStep::Reserve });
    let taken =
        Record::CallTakenOver { call: CALL, agent: next, from: AGENT, waited_us: 9_000_000 };
    apply(&mut call, at(47), &taken);
    assert_eq!((call.state, call.agent, call.open_offers), (CallState::Talking, Some(next), 0));
    assert_eq!((call.answered_at, call.wait_us), (Some(at(5)), Some(3_000_000)));
    assert_eq!((call.guard.as_str(), call.outcome), ("next", Some(CallOutcome::Answered)));
    let ended = Record::CallEnded {
        call: CALL,
        agent: next,
        talked_us: 70_000_000,
        cause: CallEndCause::CitizenHungUp,
    };
    apply(&mut call, at(107), &ended);
    assert_eq!((call.state, call.talked_us), (CallState::Ended, Some(70_000_000)));
}
