//! Talks whose agent's side is lost: silence, a dead leg, another phone, the head of the queue.

use acd::{
    AgentCommand, AgentStateName, BreakReason, CallEndCause, DialPurpose, EndCause, EndReason,
    GatewayFact, NotReadyReason, Order, OwedCause, Record, ReturnCause, Treatment,
};

use crate::floor_words::{Floor, agent, call, caller_leg};

pub const LOST: AgentStateName = AgentStateName::NotReady { reason: NotReadyReason::DeviceLost };

/// Agent 1 talks with caller 1.
pub fn talking() -> Floor {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor
}

pub fn media(floor: &mut Floor, lost: bool) {
    let leg = floor.leg(1);
    floor.fact(if lost {
        GatewayFact::LegMediaLost { call: call(1), leg }
    } else {
        GatewayFact::LegMediaBack { call: call(1), leg }
    });
}

/// Her talk of 10 s loses its media, and 23 s later its agent.
pub fn returned() -> Floor {
    let mut floor = talking();
    floor.pass_ms(10_000);
    media(&mut floor, true);
    floor.pass_ms(23_000);
    floor
}

pub fn media_lost(floor: &Floor) -> bool {
    floor.acd.agent_view(agent(1)).unwrap().media_lost
}

pub fn is_returned(record: &Record) -> bool {
    matches!(record, Record::CallReturned { .. })
}

pub fn is_taken_over(record: &Record) -> bool {
    matches!(record, Record::CallTakenOver { .. })
}

// --- media lost and back ----------------------------------------------------------------------

/// R17.
#[test]
fn media_that_is_back_within_23_seconds_lets_the_talk_go_on() {
    let mut floor = talking();
    media(&mut floor, true);
    assert!(media_lost(&floor) && floor.acd.view().talking.first().unwrap().media_lost);
    floor.pass_us(22_999_999);
    media(&mut floor, false);
    assert!(!media_lost(&floor));
    floor.pass_ms(60_000);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::Talking, (1, 1, 0, 0)));
    assert_eq!(floor.recorded(is_returned), 0);
    media(&mut floor, true);
    floor.pass_us(22_999_999);
    assert_eq!(floor.state(1), AgentStateName::Talking, "every loss has the whole time");
    floor.pass_us(1);
    assert_eq!(floor.state(1), LOST);
}

#[test]
fn a_loss_that_is_told_twice_does_not_prolong_the_wait() {
    let mut floor = talking();
    media(&mut floor, true);
    floor.pass_ms(20_000);
    media(&mut floor, true);
    floor.pass_ms(3_000);
    assert_eq!(floor.recorded(is_returned), 1);
}

#[test]
fn the_citizens_own_silence_is_only_recorded() {
    let mut floor = talking();
    floor.fact(GatewayFact::LegMediaLost { call: call(1), leg: caller_leg(1) });
    floor.pass_ms(600_000);
    assert_eq!(floor.state(1), AgentStateName::Talking);
    assert_eq!(floor.recorded(|record| matches!(record, Record::MediaLost { .. })), 1);
}

// --- back to the queue ------------------------------------------------------------------------

/// R17.
#[test]
fn after_23_seconds_the_agents_leg_ends_alone_and_the_caller_hears_the_notice_and_music() {
    let mut floor = talking();
    let leg = floor.leg(1);
    floor.pass_ms(10_000);
    media(&mut floor, true);
    floor.pass_ms(23_000);
    let end = Order::End { call: call(1), leg, reason: EndReason::MediaLost };
    let prompts = vec!["please_hold".to_owned()];
    let treat = Order::Treat {
        call: call(1),
        leg: caller_leg(1),
        treatment: Treatment::Prompts { prompts },
        answer: acd::AnswerMode::Answer,
    };
    assert_eq!(floor.orders(), [end, treat], "in this order: the gateway treats whom it parted");
    let record = Record::CallReturned {
        call: call(1),
        agent: agent(1),
        talked_us: 10_000_000,
        cause: ReturnCause::MediaLost,
    };
    assert!(floor.last_records().contains(&record));
    assert_eq!((floor.state(1), floor.counts()), (LOST, (1, 1, 0, 0)));
    floor.pass_ms(600_000);
    assert_eq!(floor.state(1), LOST, "she must choose Ready again (R07)");
}

#[test]
fn a_returned_caller_is_first_before_every_priority() {
    let mut floor = talking();
    floor.arrive_asking(2, &[], 0);
    floor.pass_ms(10);
    media(&mut floor, true);
    floor.pass_ms(23_000);
    let waiting: Vec<_> = floor.acd.view().waiting.iter().map(|w| (w.call, w.returned)).collect();
    assert_eq!(waiting, [(call(1), true), (call(2), false)]);
    floor.ready(2, &[]);
    assert_eq!(floor.rings(1), [2]);
    floor.ready(3, &[]);
    assert_eq!(floor.rings(2), [3]);
}

#[test]
fn a_returned_caller_is_offered_at_once_to_whoever_is_ready_and_the_guard_starts_anew() {
    let mut floor = talking();
    floor.ready(2, &[]);
    floor.pass_ms(60_000);
    media(&mut floor, true);
    floor.pass_ms(23_000);
    assert_eq!(floor.rings(1), [2]);
    floor.ready(3, &[]);
    floor.pass_ms(5_999);
    assert_eq!(floor.rings(1), [2], "the second agent rings from 8 s on");
    floor.pass_ms(1);
    assert_eq!(floor.rings(1), [3]);
    floor.pass_ms(2_000);
    floor.ready(4, &[]);
    assert_eq!(floor.rings(1), [3, 4]);
}

#[test]
fn a_call_that_another_agent_takes_over_is_counted_once_and_its_second_wait_is_no_miss() {
    let mut floor = returned();
    floor.pass_ms(30_000);
    floor.ready(2, &[]);
    floor.answers(1, 2);
    assert!(
        matches!(floor.orders().as_slice(), [Order::Connect { notice, record: true, .. }]
            if notice.is_empty()),
        "greeted once"
    );
    floor.connected(1, 2);
    let taken = Record::CallTakenOver {
        call: call(1),
        agent: agent(2),
        from: agent(1),
        waited_us: 30_000_000,
    };
    assert_eq!(floor.last_records().first(), Some(&taken));
    assert_eq!(floor.recorded(|record| matches!(record, Record::CallAnswered { .. })), 1);
    assert_eq!(floor.recorded(|record| matches!(record, Record::AnswerTargetMissed { .. })), 0);
    assert_eq!(floor.counts(), (1, 1, 0, 0));
    floor.pass_ms(5_000);
    floor.hangs_up(1);
    let ended = Record::CallEnded {
        call: call(1),
        agent: agent(2),
        talked_us: 15_000_000,
        cause: CallEndCause::CitizenHungUp,
    };
    assert!(floor.records.contains(&ended), "10 s with the first, 5 s with the second");
    assert_eq!((floor.state(2), floor.counts()), (AgentStateName::WrapUp, (1, 1, 0, 1)));
}

#[test]
fn a_returned_caller_may_get_the_same_agent_once_she_is_ready_again() {
    let mut floor = returned();
    floor.ask(1, AgentCommand::Ready).unwrap();
    assert_eq!(floor.rings(1), [1]);
    floor.takes(1, 1);
    assert_eq!((floor.state(1), floor.recorded(is_taken_over)), (AgentStateName::Talking, 1));
}

#[test]
fn a_call_that_is_lost_twice_returns_twice_and_sums_its_talks() {
    let mut floor = returned();
    floor.ask(1, AgentCommand::Ready).unwrap();
    floor.takes(1, 1);
    floor.pass_ms(4_000);
    floor.agent_leg_ends(1, 1, EndCause::Vanished);
    assert_eq!(floor.recorded(is_returned), 2);
    floor.hangs_up(1);
    let ended = Record::CallEnded {
        call: call(1),
        agent: agent(1),
        talked_us: 14_000_000,
        cause: CallEndCause::AgentLost,
    };
    assert!(floor.last_records().contains(&ended));
    assert_eq!(floor.counts(), (1, 1, 0, 1));
}

#[test]
fn a_caller_who_gives_up_waiting_again_was_answered_and_is_owed_a_return() {
    let mut floor = returned();
    floor.pass_ms(1_000);
    floor.hangs_up(1);
    let ended = Record::CallEnded {
        call: call(1),
        agent: agent(1),
        talked_us: 10_000_000,
        cause: CallEndCause::AgentLost,
    };
    assert!(floor.last_records().contains(&ended));
    let owed =
        |r: &Record| matches!(r, Record::MissedCallReturnOwed { cause: OwedCause::AgentLost, .. });
    assert_eq!((floor.recorded(owed), floor.counts()), (1, (1, 1, 0, 1)));
    assert_eq!(floor.recorded(|record| matches!(record, Record::CallAbandoned { .. })), 0);
}

#[test]
fn a_bridge_that_fails_keeps_a_returned_caller_at_the_head() {
    let mut floor = returned();
    floor.arrive_asking(2, &[], 0);
    floor.ready(2, &[]);
    assert_eq!(floor.rings(1), [2]);
    floor.answers(1, 2);
    floor.pass_ms(3_000);
    let first = floor.acd.view().waiting.first().map(|waiting| waiting.call);
    assert_eq!((first, floor.counts()), (Some(call(1)), (2, 1, 0, 0)));
}

#[test]
fn what_she_chose_for_after_the_call_stands() {
    let breaks =
        AgentStateName::NotReady { reason: NotReadyReason::Break { kind: BreakReason::Meal } };
    for (command, state) in [
        (AgentCommand::NotReady { reason: BreakReason::Meal }, breaks),
        (AgentCommand::SignOut, AgentStateName::SignedOut),
    ] {
        let mut floor = talking();
        floor.ask(1, command).unwrap();
        media(&mut floor, true);
        floor.pass_ms(23_000);
        assert_eq!(floor.state(1), state);
    }
}

// --- a dead leg -------------------------------------------------------------------------------

#[test]
fn an_agents_leg_that_vanishes_returns_the_caller_at_once() {
    for cause in [EndCause::Vanished, EndCause::Fault] {
        let mut floor = talking();
        floor.pass_ms(10_000);
        floor.agent_leg_ends(1, 1, cause);
        let record = Record::CallReturned {
            call: call(1),
            agent: agent(1),
            talked_us: 10_000_000,
            cause: ReturnCause::LegLost,
        };
        assert!(floor.last_records().contains(&record));
        assert!(matches!(floor.orders().as_slice(), [Order::Treat { .. }]), "nothing to end");
        assert_eq!((floor.state(1), floor.counts()), (LOST, (1, 1, 0, 0)));
    }
}

#[test]
fn an_agent_who_hangs_up_is_not_lost() {
    let mut floor = talking();
    media(&mut floor, true);
    floor.agent_leg_ends(1, 1, EndCause::HungUp);
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::WrapUp, (1, 1, 0, 1)));
    assert_eq!(floor.recorded(is_returned), 0);
}

#[test]
fn a_leg_that_dies_after_she_asked_to_hang_up_is_her_hang_up() {
    let mut floor = talking();
    floor.ask(1, AgentCommand::HangUp).unwrap();
    floor.agent_leg_ends(1, 1, EndCause::Vanished);
    let end = Order::End { call: call(1), leg: caller_leg(1), reason: EndReason::PeerGone };
    assert!(floor.orders().contains(&end));
    assert_eq!((floor.state(1), floor.counts()), (AgentStateName::WrapUp, (1, 1, 0, 1)));
}

// --- calls out --------------------------------------------------------------------------------

#[test]
fn a_call_out_whose_clerk_stays_silent_ends() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    let number = "13900000001".parse().unwrap();
    let command = AgentCommand::Dial { call: call(50), number, purpose: DialPurpose::Feedback };
    floor.ask(1, command).unwrap();
    let own = floor.leg(1);
    floor.fact(GatewayFact::LegAnswered { call: call(50), leg: own });
    let far = floor
        .orders()
        .iter()
        .find_map(|o| if let Order::Originate { leg, .. } = o { Some(*leg) } else { None })
        .unwrap();
    floor.fact(GatewayFact::LegAnswered { call: call(50), leg: far });
    floor.fact(GatewayFact::LegsConnected { call: call(50), first: far, second: own });
    floor.fact(GatewayFact::LegMediaLost { call: call(50), leg: own });
    assert!(media_lost(&floor) && floor.acd.view().outbound.first().unwrap().media_lost);
    floor.pass_ms(20_000);
    floor.fact(GatewayFact::LegMediaBack { call: call(50), leg: own });
    floor.pass_ms(20_000);
    assert_eq!(floor.state(1), AgentStateName::Outbound);
    floor.fact(GatewayFact::LegMediaLost { call: call(50), leg: own });
    floor.pass_ms(23_000);
    let ended =
        |r: &Record| matches!(r, Record::OutboundEnded { cause: CallEndCause::AgentLost, .. });
    assert_eq!((floor.recorded(ended), floor.state(1)), (1, AgentStateName::WrapUp));
}
