//! The screen list: a prompt instead of an agent, never on the emergency route, never unseen. Surge notices: heard,
//! and every call counted.

use std::time::Duration;

use acd::{
    Acd, AnswerMode, Arrival, Config, EndReason, GatewayFact, Input, Order, Record, ScreenedBy,
    ScreenedNumber, SurgeNotice, Treatment, WaitingTreatment,
};
use types::{CallId, Timestamp};

use crate::floor_words::{Floor, call, caller_leg};

const DAY: Duration = Duration::from_secs(86_400);

/// A floor on which the number of call 1 is screened for a day.
fn screening() -> Floor {
    let mut floor = Floor::new();
    screen(&mut floor, ScreenedBy::TeamLeader, DAY);
    floor
}

fn screen(floor: &mut Floor, set_by: ScreenedBy, lasts: Duration) {
    let (number, set_at) = ("+86 138 0000 0001".parse().unwrap(), floor.now());
    let until = set_at + lasts;
    floor.say(Input::ScreeningList {
        numbers: vec![ScreenedNumber { number, set_at, until, set_by }],
    });
}

fn screened(floor: &Floor) -> usize {
    floor.recorded(|record| matches!(record, Record::CallScreened { .. }))
}

#[test]
fn a_screened_caller_hears_the_prompt_and_is_ended_and_counts_beside_the_base() {
    let mut floor = screening();
    floor.ready(1, &[]);
    floor.arrive(1);
    let prompts = vec!["nuisance_notice".to_owned()];
    let treat = Order::Treat {
        call: call(1),
        leg: caller_leg(1),
        treatment: Treatment::Prompts { prompts },
        answer: AnswerMode::Answer,
    };
    assert_eq!(floor.orders(), [treat]);
    assert_eq!((floor.counts(), screened(&floor)), ((0, 0, 0, 0), 1), "X, not R");
    floor.pass_ms(15_000);
    let end = Order::End { call: call(1), leg: caller_leg(1), reason: EndReason::Refused };
    assert_eq!(floor.orders(), [end]);
    floor.arrive(1);
    assert_eq!(floor.last, [], "the arrival that comes twice is screened once");
    floor.arrive(2);
    assert_eq!(floor.rings(2), [1], "nobody else is stopped");
}

#[test]
fn the_emergency_key_lets_a_screened_caller_in_first_of_all_with_the_wait_since_the_ring() {
    let mut floor = screening();
    floor.arrive(2);
    floor.arrive(1);
    floor.pass_ms(8_000);
    floor.presses(1, '5');
    assert_eq!(floor.counts().0, 1, "another key means nothing");
    floor.presses(1, '1');
    assert_eq!(floor.counts().0, 2);
    assert_eq!(floor.recorded(|r| *r == Record::ScreenedCallAdmitted { call: call(1) }), 1);
    let told = |order: &Order| {
        matches!(order, Order::Treat { treatment: Treatment::Prompts { prompts }, answer: AnswerMode::Answer, .. }
            if prompts[0] == "emergency_route")
    };
    assert!(floor.orders().iter().any(told), "{:?}", floor.orders());
    floor.ready(1, &[]);
    assert_eq!(floor.rings(1), [1], "before call 2");
    floor.takes(1, 1);
    let wait = |r: &Record| matches!(r, Record::CallAnswered { wait_us: 8_000_000, .. });
    assert_eq!(floor.recorded(wait), 1, "nothing after the ring is excused");
}

#[test]
fn an_emergency_number_and_a_hidden_number_are_never_screened() {
    let mut config = Config::default();
    config.screening.emergency_numbers.insert("12349".to_owned());
    let mut floor = Floor::with(config);
    screen(&mut floor, ScreenedBy::Supervisor, DAY);
    let emergency = Arrival { dialled: "12349".to_owned(), ..floor.arrival(1) };
    floor.fact(GatewayFact::CallArrived(emergency));
    let hidden = Arrival { caller: None, ..floor.arrival(2) };
    floor.fact(GatewayFact::CallArrived(hidden));
    assert_eq!((floor.counts().0, screened(&floor)), (2, 0));
}

#[test]
fn a_leader_screens_for_a_day_and_a_supervisor_for_thirty_at_most() {
    for (set_by, days) in [(ScreenedBy::TeamLeader, 1), (ScreenedBy::Supervisor, 30)] {
        let mut floor = Floor::new();
        screen(&mut floor, set_by, DAY * 365);
        floor.pass_us(days * 86_400_000_000 - 1);
        floor.arrive(1);
        assert_eq!(screened(&floor), 1, "{set_by:?}");
        floor.hangs_up(1);
        floor.pass_us(1);
        let again = Arrival { call: call(9), leg: caller_leg(9), ..floor.arrival(1) };
        floor.fact(GatewayFact::CallArrived(again));
        assert_eq!((screened(&floor), floor.counts().0), (1, 1), "{set_by:?}: nothing is for good");
    }
}

#[test]
fn a_number_that_is_taken_off_the_list_gets_through_and_who_waits_stays() {
    let mut floor = Floor::new();
    floor.arrive(1);
    screen(&mut floor, ScreenedBy::TeamLeader, DAY);
    assert_eq!(floor.acd.view().waiting.len(), 1, "the list is for calls that come");
    floor.say(Input::ScreeningList { numbers: Vec::new() });
    let again = Arrival { call: call(9), leg: caller_leg(9), ..floor.arrival(1) };
    floor.fact(GatewayFact::CallArrived(again));
    assert_eq!((floor.counts().0, screened(&floor)), (2, 0));
}

#[test]
fn a_screened_call_is_not_taken_for_a_waiting_one_after_a_snapshot_or_a_restart() {
    let mut floor = screening();
    floor.arrive(1);
    let restored: Acd = serde_json::from_str(&serde_json::to_string(&floor.acd).unwrap()).unwrap();
    assert_eq!(restored, floor.acd);
    floor.acd = restored;
    let snapshot = crate::gateways::snapshot_of(&floor, &[1], &[]);
    floor.say(snapshot);
    assert_eq!(floor.counts().0, 0);
    floor.presses(1, '1');
    assert_eq!(floor.counts().0, 1);

    let mut floor = screening();
    floor.arrive(1);
    let snapshot = crate::gateways::snapshot_of(&floor, &[], &[]);
    floor.say(snapshot);
    floor.presses(1, '1');
    assert_eq!(floor.counts().0, 0, "she had hung up");
}

#[test]
fn an_end_that_overtakes_its_screened_arrival_leaves_nothing_behind() {
    let mut floor = screening();
    let arrival = floor.arrival(1);
    floor.hangs_up(1);
    floor.fact(GatewayFact::CallArrived(arrival));
    assert_eq!((screened(&floor), floor.counts().0), (1, 0));
    floor.pass_ms(20_000);
    assert_eq!(floor.orders(), []);
}

// --- surge notices ------------------------------------------------------------------------------

fn with_notice(answer: AnswerMode) -> Floor {
    let mut floor = Floor::new();
    let notice = SurgeNotice {
        id: "water".to_owned(),
        prompts: vec!["water_outage".to_owned()],
        dialled: ["12345".to_owned()].into(),
        areas: Vec::new(),
        from: floor.now(),
        until: floor.now() + DAY,
    };
    let prompts = vec!["all_busy".to_owned()];
    let config = Config {
        surge_notices: vec![notice],
        waiting: WaitingTreatment { answer, prompts },
        ..Config::default()
    };
    floor.say(Input::Configure { config: Box::new(config) });
    floor
}

fn played(floor: &Floor) -> Vec<(CallId, String)> {
    let played = |record: &Record| match record {
        Record::SurgeNoticePlayed { call, notice } => Some((*call, notice.clone())),
        _ => None,
    };
    floor.records.iter().filter_map(played).collect()
}

#[test]
fn a_notice_is_heard_once_before_the_music_and_the_call_counts() {
    let mut floor = with_notice(AnswerMode::EarlyMedia);
    floor.arrive(1);
    let both = vec!["water_outage".to_owned(), "all_busy".to_owned()];
    let told = |order: &Order| matches!(order, Order::Treat { treatment: Treatment::Prompts { prompts }, .. } if *prompts == both);
    assert!(floor.orders().iter().any(told), "{:?}", floor.orders());
    floor.pass_ms(60_000);
    assert_eq!(played(&floor), [(call(1), "water".to_owned())]);
    floor.hangs_up(1);
    assert_eq!(floor.counts(), (1, 0, 1, 0), "a hang-up during a notice is an abandon");
}

#[test]
fn nobody_hears_a_notice_instead_of_being_offered_and_nothing_is_heard_while_it_only_rings() {
    let mut floor = with_notice(AnswerMode::EarlyMedia);
    floor.ready(1, &[]);
    floor.arrive(1);
    assert_eq!((floor.rings(1), played(&floor)), (vec![1], Vec::new()));
    let mut floor = with_notice(AnswerMode::KeepRinging);
    floor.arrive(1);
    assert_eq!(played(&floor), []);
    assert!(floor.now() > Timestamp::default());
}
