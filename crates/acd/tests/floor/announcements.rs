//! Telling place and expected wait (R23).

use acd::{
    Announcement, AnnouncementRules, AnswerMode, Config, Input, Order, QueueCallbackRules, Record,
    Treatment, WaitingTreatment,
};

use crate::floor_words::{Floor, agent, call, skills};

const TOLD: Announcement = Announcement { ahead: 3, middle_ms: 60_000, late_ms: 100_000 };

fn announce(floor: &mut Floor, n: u128) -> Vec<Order> {
    floor.say(Input::Announce { call: call(n), announcement: TOLD });
    floor.orders()
}

#[test]
fn a_waiting_caller_is_told_and_who_is_gone_or_hears_nothing_of_ours_is_not() {
    let mut floor = Floor::new();
    floor.arrive(1);
    let orders = announce(&mut floor, 1);
    let spoken = |order: &Order| {
        matches!(order, Order::Treat { treatment: Treatment::Prompts { prompts }, .. }
            if *prompts == TOLD.prompts())
    };
    assert!(orders.iter().any(spoken), "{orders:?}");
    let told = Record::WaitAnnounced { call: call(1), announcement: TOLD };
    assert_eq!(floor.last_records(), [told]);
    floor.ready(1, &[]);
    floor.takes(1, 1);
    assert_eq!(announce(&mut floor, 1), []);
    assert_eq!(announce(&mut floor, 9), []);

    let waiting = WaitingTreatment { answer: AnswerMode::KeepRinging, prompts: Vec::new() };
    let mut floor = Floor::with(Config { waiting, ..Config::default() });
    floor.arrive(1);
    assert_eq!(announce(&mut floor, 1), []);
}

#[test]
fn a_queue_has_its_callers_in_order_and_the_agents_who_serve_it() {
    let mut floor = Floor::new();
    floor.ready(1, &["english"]);
    floor.ready(2, &[]);
    floor.ready_reserve(3);
    for n in 1..=2 {
        floor.arrive(n);
        let by = if n == 1 { 1 } else { 2 };
        floor.takes(n, by);
    }
    floor.arrive_asking(3, &["english"], 5);
    floor.pass_ms(1);
    floor.arrive_asking(4, &[], 5);
    floor.pass_ms(1);
    floor.arrive_asking(5, &["english"], 0);
    let queues = floor.acd.view().queues();
    assert_eq!(queues.len(), 2);
    let any = queues.iter().find(|queue| queue.skills.is_empty()).unwrap();
    assert_eq!((any.agents, any.ready, any.waiting.as_slice()), (2, 0, [call(4)].as_slice()));
    let english = queues.iter().find(|queue| queue.skills == skills(&["english"])).unwrap();
    assert_eq!((english.agents, english.waiting.as_slice()), (1, [call(5), call(3)].as_slice()));
    assert!(floor.acd.agent_view(agent(3)).unwrap().reserve, "the reserve is no part of it");
}

fn told(floor: &mut Floor, announcement: Announcement) -> Option<Announcement> {
    floor.say(Input::Announce { call: call(1), announcement });
    floor.last_records().into_iter().find_map(|record| match record {
        Record::WaitAnnounced { announcement, .. } => Some(announcement),
        _ => None,
    })
}

#[test]
fn nobody_is_told_a_worse_wait_than_before() {
    let mut floor = Floor::new();
    floor.arrive(1);
    assert_eq!(told(&mut floor, TOLD), Some(TOLD));
    floor.pass_ms(60_000);
    let worse = Announcement { ahead: 5, middle_ms: 50_000, late_ms: 130_000 };
    let kept = Announcement { ahead: 3, middle_ms: 50_000, late_ms: 100_000 };
    assert_eq!(told(&mut floor, worse), Some(kept), "R23");
    floor.pass_ms(60_000);
    let better = Announcement { ahead: 1, middle_ms: 20_000, late_ms: 40_000 };
    assert_eq!(told(&mut floor, better), Some(better));
}

#[test]
fn a_prompt_is_heard_to_its_end_before_another_one() {
    let mut floor = Floor::new();
    floor.arrive(1);
    assert_eq!(told(&mut floor, TOLD), Some(TOLD));
    floor.pass_ms(14_999);
    assert_eq!(told(&mut floor, TOLD), None, "the last one may still be spoken");
    floor.pass_ms(1);
    assert_eq!(told(&mut floor, TOLD), Some(TOLD));
}

#[test]
fn she_is_due_after_a_while_and_again_and_not_shortly_before_a_call_back_is_offered() {
    let mut floor = Floor::new();
    floor.arrive(1);
    let is_due = |floor: &Floor, config: &Config| {
        let view = floor.acd.view();
        let waiting = view.waiting.iter().next().unwrap();
        waiting.announcement_is_due(floor.now(), config)
    };
    let config = Config::default();
    assert!(!is_due(&floor, &config));
    floor.pass_ms(20_000);
    assert!(is_due(&floor, &config));
    let never = AnnouncementRules { every_ms: 0, ..AnnouncementRules::default() };
    assert!(!is_due(&floor, &Config { announcements: never, ..Config::default() }));
    let offered = QueueCallbackRules { offered: true, ..QueueCallbackRules::default() };
    let offering = Config { queue_callback: offered, ..Config::default() };
    assert!(!is_due(&floor, &offering), "the offer of 30 s would cut it short");

    assert!(told(&mut floor, TOLD).is_some());
    floor.pass_ms(59_999);
    assert!(!is_due(&floor, &config));
    floor.pass_ms(1);
    assert!(is_due(&floor, &config) && is_due(&floor, &offering));

    let waiting = WaitingTreatment { answer: AnswerMode::KeepRinging, prompts: Vec::new() };
    let mut floor = Floor::with(Config { waiting, ..Config::default() });
    floor.arrive(1);
    floor.pass_ms(20_000);
    assert!(!is_due(&floor, &config), "she hears the carrier's tone");
}
