//! The machine through its front door: the ordinary call, the races, and any order of inputs.

#![expect(clippy::unwrap_used, reason = "helpers of tests read constants")]

use std::collections::{BTreeMap, BTreeSet};

#[path = "machine/line.rs"]
mod line;
#[path = "machine/lost.rs"]
mod lost;

use call::{
    AnswerMode, EndCause, Fact, FailureCause, Input, Machine, Offer, Order, Output, Settings,
    Source, Target, Treatment,
};
use proptest::prelude::*;
use types::{AgentId, CallId, LegId, RecordingId, Timestamp};

const CALL: CallId = CallId::from_u128(1);
const CALLER: LegId = LegId::from_u128(10);
const AGENT: LegId = LegId::from_u128(20);

fn at(ms: i64) -> Timestamp {
    Timestamp::from_micros(ms * 1_000)
}

fn arrived(call: CallId, leg: LegId) -> Input {
    Input::CallerArrived {
        call,
        leg,
        caller: Some("13800138000".parse().unwrap()),
        dialled: "12345".into(),
        trunk: "carrier-a".parse().unwrap(),
        sip_call_id: "abc".into(),
        arrived_at: at(0),
    }
}

fn offer(call: CallId, leg: LegId) -> Input {
    Input::Order(Order::Offer(Offer {
        call,
        leg,
        agent: AgentId::from_u128(5),
        caller: None,
        dialled: "12345".into(),
        ring_limit_ms: 6_000,
        auto_answer: false,
    }))
}

fn connect(first: LegId, second: LegId) -> Input {
    Input::Order(Order::Connect {
        call: CALL,
        first,
        second,
        record: Some(RecordingId::from_u128(7)),
        notice: vec!["greeting".into()],
    })
}

fn end(leg: LegId, with_peer: bool) -> Input {
    Input::Order(Order::End { call: CALL, leg, with_peer, refused: false })
}

fn facts(outputs: &[Output]) -> Vec<&Fact> {
    outputs
        .iter()
        .filter_map(|o| if let Output::Report(fact) = o { Some(fact) } else { None })
        .collect()
}

/// A machine in which the caller talks with the agent.
fn talking() -> Machine {
    let mut machine = Machine::new(Settings::default());
    for input in [
        arrived(CALL, CALLER),
        offer(CALL, AGENT),
        Input::Ringing { leg: AGENT, early_media: false },
        Input::Answered { leg: AGENT },
        connect(CALLER, AGENT),
    ] {
        machine.handle(at(0), input);
    }
    machine
}

#[test]
fn a_caller_is_answered_when_a_person_is_connected_and_not_before() {
    let mut machine = Machine::new(Settings::default());
    let rung = machine.handle(at(0), arrived(CALL, CALLER));
    assert_eq!(rung[0], Output::Ring { leg: CALLER });
    machine.handle(at(1), offer(CALL, AGENT));
    let answered = machine.handle(at(2), Input::Answered { leg: AGENT });
    assert!(!answered.contains(&Output::Answer { leg: CALLER }));
    let connected = machine.handle(at(3), connect(CALLER, AGENT));
    let recording = RecordingId::from_u128(7);
    assert_eq!(
        connected,
        vec![
            Output::Answer { leg: CALLER },
            Output::Report(Fact::LegAnswered { call: CALL, leg: CALLER }),
            Output::Bridge { first: CALLER, second: AGENT, notice: vec!["greeting".into()] },
            Output::StartRecording { call: CALL, recording, first: CALLER, second: AGENT },
            Output::Report(Fact::LegsConnected { call: CALL, first: CALLER, second: AGENT }),
        ]
    );
}

#[test]
fn a_hang_up_of_either_side_ends_both_once_and_stops_the_recording() {
    for (gone, peer) in [(CALLER, AGENT), (AGENT, CALLER)] {
        let mut machine = talking();
        let outputs = machine.handle(at(9), Input::Gone { leg: gone, cause: EndCause::HungUp });
        assert!(outputs.contains(&Output::Bye { leg: peer }));
        assert!(outputs.contains(&Output::StopRecording { call: CALL }));
        assert_eq!(
            facts(&outputs),
            vec![
                &Fact::LegEnded { call: CALL, leg: gone, cause: EndCause::HungUp },
                &Fact::LegEnded { call: CALL, leg: peer, cause: EndCause::PeerHungUp },
            ]
        );
        assert!(machine.is_empty());
        assert!(
            machine.handle(at(10), Input::Gone { leg: peer, cause: EndCause::HungUp }).is_empty()
        );
    }
}

#[test]
fn a_caller_who_gives_up_withdraws_the_offer_at_once() {
    let mut machine = Machine::new(Settings::default());
    machine.handle(at(0), arrived(CALL, CALLER));
    machine.handle(at(1), offer(CALL, AGENT));
    let outputs = machine.handle(at(2), Input::Gone { leg: CALLER, cause: EndCause::HungUp });
    assert!(outputs.contains(&Output::Cancel { leg: AGENT }));
    let crossed = machine.handle(at(3), Input::Answered { leg: AGENT });
    assert_eq!(crossed[0], Output::Bye { leg: AGENT });
    assert_eq!(
        facts(&crossed),
        vec![&Fact::LegFailed {
            call: CALL,
            leg: AGENT,
            cause: FailureCause::Withdrawn,
            sip_status: None
        }]
    );
    assert!(machine.is_empty());
}

#[test]
fn an_agent_who_answered_a_caller_that_left_is_hung_up() {
    let mut machine = Machine::new(Settings::default());
    machine.handle(at(0), arrived(CALL, CALLER));
    machine.handle(at(1), offer(CALL, AGENT));
    machine.handle(at(2), Input::Answered { leg: AGENT });
    let outputs = machine.handle(at(3), Input::Gone { leg: CALLER, cause: EndCause::HungUp });
    assert!(outputs.contains(&Output::Bye { leg: AGENT }));
    assert!(machine.is_empty());
}

#[test]
fn the_ring_limit_cancels_and_reports_no_answer() {
    let mut machine = Machine::new(Settings::default());
    machine.handle(at(0), arrived(CALL, CALLER));
    machine.handle(at(0), offer(CALL, AGENT));
    assert_eq!(machine.next_deadline(), Some(at(6_000)));
    let lapsed = machine.handle(at(6_000), Input::Tick);
    assert_eq!(lapsed, vec![Output::Cancel { leg: AGENT }]);
    let refused =
        Input::Refused { leg: AGENT, cause: FailureCause::Withdrawn, sip_status: Some(487) };
    let failed = machine.handle(at(6_010), refused);
    assert!(matches!(facts(&failed)[..], [Fact::LegFailed { cause: FailureCause::NoAnswer, .. }]));
    assert_eq!(machine.leg_count(), 1);
}

#[test]
fn an_end_without_the_peer_leaves_the_caller_waiting_with_music() {
    let mut machine = talking();
    let outputs = machine.handle(at(5), end(AGENT, false));
    assert!(outputs.contains(&Output::Bye { leg: AGENT }));
    assert!(outputs.contains(&Output::Hear { leg: CALLER, source: Source::Music }));
    assert_eq!(machine.leg_count(), 1);
}

#[test]
fn hold_plays_music_to_the_peer_and_is_reported_once() {
    let mut machine = talking();
    let held = machine.handle(at(5), Input::Order(Order::Hold { call: CALL, leg: AGENT }));
    assert!(held.contains(&Output::Hear { leg: CALLER, source: Source::Music }));
    assert_eq!(facts(&held), vec![&Fact::LegHeld { call: CALL, leg: AGENT }]);
    let phone = machine.handle(at(6), Input::PhoneHold { leg: AGENT, held: true });
    assert!(facts(&phone).is_empty());
    machine.handle(at(7), Input::Order(Order::Retrieve { call: CALL, leg: AGENT }));
    let back = machine.handle(at(8), Input::PhoneHold { leg: AGENT, held: false });
    assert!(back.contains(&Output::Bridge { first: AGENT, second: CALLER, notice: vec![] }));
    assert_eq!(facts(&back), vec![&Fact::LegRetrieved { call: CALL, leg: AGENT }]);
}

#[test]
fn a_click_to_dial_rings_the_clerk_then_the_citizen() {
    let mut machine = Machine::new(Settings::default());
    let citizen = LegId::from_u128(30);
    let originate = |leg, to| {
        Input::Order(Order::Originate {
            call: CALL,
            leg,
            to,
            caller_id: "12345".into(),
            ring_limit_ms: 20_000,
            auto_answer: true,
        })
    };
    machine.handle(at(0), originate(AGENT, Target::Agent(AgentId::from_u128(5))));
    machine.handle(at(1), Input::Answered { leg: AGENT });
    let number = Target::Number("13800138000".parse().unwrap());
    let dialled = machine.handle(at(2), originate(citizen, number));
    assert_eq!(dialled[0], Output::Hear { leg: AGENT, source: Source::Ringback });
    let early = machine.handle(at(3), Input::Ringing { leg: citizen, early_media: true });
    assert!(early.contains(&Output::Hear { leg: AGENT, source: Source::Peer(citizen) }));
    machine.handle(at(4), Input::Answered { leg: citizen });
    let connected = machine.handle(at(5), connect(citizen, AGENT));
    assert!(matches!(facts(&connected)[..], [Fact::LegsConnected { .. }]));
}

#[test]
fn without_a_server_a_newcomer_is_answered_with_music() {
    let mut machine = Machine::new(Settings::default());
    machine.handle(at(0), Input::ServerLost);
    machine.handle(at(0), arrived(CALL, CALLER));
    assert_eq!(machine.next_deadline(), Some(at(10_000)));
    let outputs = machine.handle(at(10_000), Input::Tick);
    assert_eq!(outputs[0], Output::Answer { leg: CALLER });
    assert!(outputs.contains(&Output::Hear { leg: CALLER, source: Source::Music }));
}

#[test]
fn an_order_for_a_leg_that_never_was_is_refused_once() {
    let mut machine = Machine::new(Settings::default());
    let treat = || {
        Input::Order(Order::Treat {
            call: CALL,
            leg: CALLER,
            treatment: Treatment::Music,
            answer: AnswerMode::Answer,
        })
    };
    let outputs = machine.handle(at(0), treat());
    assert!(matches!(
        facts(&outputs)[..],
        [Fact::LegFailed { cause: FailureCause::UnknownTarget, .. }]
    ));
    assert!(machine.handle(at(1), treat()).is_empty());
}

/// Any input about four legs of two calls.
fn any_input() -> impl Strategy<Value = Input> {
    let leg = (0..4_u128).prop_map(|n| LegId::from_u128(10 + n));
    let call = (1..3_u128).prop_map(CallId::from_u128);
    (leg.clone(), leg, call, 0..22_u8, any::<bool>()).prop_map(|(leg, other, call, what, flag)| {
        match what {
            0 | 1 => arrived(call, leg),
            2 | 3 => offer(call, leg),
            4 => Input::Ringing { leg, early_media: flag },
            5 | 6 => Input::Answered { leg },
            7 => Input::Refused { leg, cause: FailureCause::Busy, sip_status: Some(486) },
            8 => Input::Gone { leg, cause: EndCause::HungUp },
            9 => Input::PhoneHold { leg, held: flag },
            10 => Input::MediaLost { leg },
            11 => Input::Order(Order::Withdraw { call, leg }),
            12 => Input::Order(Order::Connect {
                call,
                first: leg,
                second: other,
                record: flag.then(|| RecordingId::from_u128(7)),
                notice: vec![],
            }),
            13 => Input::Order(Order::Hold { call, leg }),
            14 => Input::Order(Order::Originate {
                call,
                leg,
                to: Target::Number("12319".parse().unwrap()),
                caller_id: "12345".into(),
                ring_limit_ms: 9_000,
                auto_answer: false,
            }),
            15 => Input::Order(Order::End { call, leg, with_peer: flag, refused: false }),
            16 => Input::Order(Order::Retrieve { call, leg }),
            17 => Input::MediaBack { leg },
            18 => Input::Gone { leg, cause: EndCause::Vanished },
            19 => Input::Gone { leg, cause: EndCause::Fault },
            20 if flag => Input::ServerLost,
            20 => Input::ServerBack,
            _ => Input::Tick,
        }
    })
}

/// What each leg was last told to hear.
fn listen(outputs: &[Output], ears: &mut BTreeMap<LegId, Source>) {
    for output in outputs {
        match output {
            Output::Hear { leg, source } => {
                ears.insert(*leg, source.clone());
            }
            Output::Bridge { first, second, .. } => {
                ears.insert(*first, Source::Peer(*second));
                ears.insert(*second, Source::Peer(*first));
            }
            Output::CloseMedia { leg } => {
                ears.remove(leg);
            }
            _ => {}
        }
    }
}

/// Two connected legs hear each other exactly if neither is mute; whoever waits for a mute one hears
/// music; a citizen who has been in a conversation never waits in silence.
fn ears_are_right(
    machine: &Machine,
    ears: &BTreeMap<LegId, Source>,
    talked: &mut BTreeSet<LegId>,
) -> bool {
    let views = machine.calls();
    let legs: Vec<_> = views.iter().flat_map(|view| &view.legs).collect();
    let mute = |id: LegId| {
        legs.iter().any(|leg| {
            leg.leg == id
                && matches!(
                    leg.state,
                    call::LegState::Connected { ordered_hold, phone_hold, media_lost, .. }
                        if ordered_hold || phone_hold || media_lost
                )
        })
    };
    legs.iter().all(|leg| match (&leg.state, ears.get(&leg.leg)) {
        (call::LegState::Connected { peer, .. }, heard) => {
            talked.insert(leg.leg);
            match (mute(leg.leg), mute(*peer)) {
                (false, false) => heard == Some(&Source::Peer(*peer)),
                (_, true) => matches!(heard, Some(Source::Music | Source::Prompts(_))),
                (true, false) => heard == Some(&Source::Silence),
            }
        }
        (call::LegState::Waiting, heard)
            if talked.contains(&leg.leg) && !matches!(leg.kind, call::LegKind::Agent { .. }) =>
        {
            matches!(heard, Some(Source::Music | Source::Prompts(_)))
        }
        _ => true,
    })
}

/// Legs that began and how often they ended.
fn count_ends(outputs: &[Output], ends: &mut BTreeMap<LegId, u32>) {
    for fact in facts(outputs) {
        if let Fact::LegEnded { leg, .. } | Fact::LegFailed { leg, .. } = fact {
            *ends.entry(*leg).or_default() += 1;
        }
    }
}

proptest! {
    #[test]
    fn any_order_of_inputs_ends_every_leg_once_and_leaves_nothing(
        inputs in prop::collection::vec((any_input(), 0..3_000_i64), 1..60),
    ) {
        let mut machine = Machine::new(Settings::default());
        let mut ends = BTreeMap::new();
        let (mut ears, mut talked) = (BTreeMap::new(), BTreeSet::new());
        let mut recordings = 0_i32;
        let mut now = 0;
        for (input, pause_ms) in inputs {
            now += pause_ms;
            let outputs = machine.handle(at(now), input);
            count_ends(&outputs, &mut ends);
            listen(&outputs, &mut ears);
            prop_assert!(ears_are_right(&machine, &ears, &mut talked), "{:?} {:?}", ears, machine.calls());
            for output in &outputs {
                match output {
                    Output::StartRecording { .. } => recordings += 1,
                    Output::StopRecording { .. } => recordings -= 1,
                    _ => {}
                }
            }
            for view in machine.calls() {
                prop_assert!(!view.legs.is_empty(), "a call without legs");
                for leg in &view.legs {
                    if let call::LegState::Connected { peer, .. } = leg.state {
                        let back = view.legs.iter().find(|l| l.leg == peer).map(|l| l.state.clone());
                        let mutual = matches!(back, Some(call::LegState::Connected { peer, .. }) if peer == leg.leg);
                        prop_assert!(mutual, "a peer that is not connected back");
                    }
                }
            }
        }
        let outputs = machine.handle(at(now), Input::Stop);
        count_ends(&outputs, &mut ends);
        for output in &outputs {
            if matches!(output, Output::StopRecording { .. }) {
                recordings -= 1;
            }
        }
        prop_assert!(machine.is_empty());
        prop_assert_eq!(recordings, 0);
        prop_assert!(ends.values().all(|&n| n == 1), "{:?}", ends);
        prop_assert_eq!(machine.next_deadline(), None);
    }
}
