//! Levels of skills, several queues on one pool, the strategies of each, priorities that age.

use acd::{
    Acd, Ageing, AgentCommand, AgentStateName, BreakReason, Config, Input, QueuePolicy, Routing,
    Strategy, Tier,
};

use crate::floor_words::{Floor, agent, bare, call};

const NOBODY: [u128; 0] = [];

fn by(strategy: Strategy) -> Config {
    Config { queue: QueuePolicy { strategy, ..QueuePolicy::default() }, ..bare() }
}

fn asking(skill: &str, level: u8) -> Routing {
    let min_levels = [(skill.parse().unwrap(), level.into())].into();
    Routing { min_levels, ..Routing::default() }
}

fn in_queue(queue: &str) -> Routing {
    Routing { queue: Some(queue.parse().unwrap()), ..Routing::default() }
}

/// Takes one call and is Ready again.
fn serve(floor: &mut Floor, n: u128, by: u128) {
    floor.arrive(n);
    assert_eq!(floor.rings(n), [by]);
    floor.takes(n, by);
    floor.hangs_up(n);
    floor.ask(by, AgentCommand::FinishWrapUp).unwrap();
}

// --- levels ---------------------------------------------------------------------------------------

#[test]
fn a_call_waits_for_the_level_it_needs_and_takes_any_level_if_it_says_nothing() {
    let mut floor = Floor::new();
    floor.ready_with(1, &[("english", 3)], Tier::Regular);
    floor.arrive_routed(1, &["english"], 5, asking("english", 4));
    assert_eq!(floor.rings(1), NOBODY);
    floor.arrive_asking(2, &["english"], 5);
    assert_eq!(floor.rings(2), [1]);
    floor.ready_with(2, &[("english", 4)], Tier::Regular);
    assert_eq!(floor.rings(1), [2]);
}

#[test]
fn whoever_signs_in_without_levels_has_the_middle_one() {
    let mut floor = Floor::new();
    floor.ready(1, &["english"]);
    floor.arrive_routed(1, &["english"], 5, asking("english", 4));
    assert_eq!(floor.rings(1), NOBODY);
    floor.arrive_routed(2, &["english"], 5, asking("english", 3));
    assert_eq!(floor.rings(2), [1]);
}

// --- strategies -----------------------------------------------------------------------------------

#[test]
fn most_skilled_takes_the_highest_sum_of_the_wanted_levels_then_who_is_longest_ready() {
    let mut floor = Floor::with(by(Strategy::MostSkilled));
    for (n, english, dialect) in [(1, 2, 5), (2, 5, 1), (3, 4, 3), (4, 3, 4)] {
        floor.ready_with(n, &[("english", english), ("dialect", dialect)], Tier::Regular);
        floor.pass_ms(10);
    }
    floor.arrive_asking(1, &["english"], 5);
    assert_eq!(floor.rings(1), [2]);
    // 1, 3 and 4 have seven together.
    for (n, first) in [(2, 1), (3, 3), (4, 4)] {
        floor.arrive_asking(n, &["english", "dialect"], 5);
        assert_eq!(floor.rings(n), [first]);
    }
}

#[test]
fn r21_fewest_calls_counts_the_day_whatever_breaks_are_taken_in_between() {
    let mut floor = Floor::with(by(Strategy::FewestCalls));
    floor.ready(1, &[]);
    serve(&mut floor, 1, 1);
    floor.pass_ms(100_000);
    floor.ask(1, AgentCommand::NotReady { reason: BreakReason::Meal }).unwrap();
    floor.ask(1, AgentCommand::SignOut).unwrap();
    floor.ready(1, &[]);
    floor.pass_ms(60_000);
    floor.ready(2, &[]);
    floor.arrive(2);
    assert_eq!(floor.rings(2), [2], "the one who has had no call, though she has just come");
}

#[test]
fn a_new_day_begins_once_and_everybody_counts_from_zero() {
    let mut floor = Floor::with(by(Strategy::FewestCalls));
    floor.ready(1, &[]);
    serve(&mut floor, 1, 1);
    floor.ready(2, &[]);
    let calls = |floor: &Floor| floor.acd.agent_view(agent(1)).unwrap().calls_today;
    assert_eq!(calls(&floor), 1);
    floor.say(Input::NewDay { day: 20_000 });
    assert_eq!(calls(&floor), 0);
    floor.pass_ms(1);
    serve(&mut floor, 2, 1);
    floor.say(Input::NewDay { day: 20_000 });
    floor.say(Input::NewDay { day: 19_999 });
    assert_eq!(calls(&floor), 1, "a day that has begun does not begin again");
}

#[test]
fn weighted_points_trade_idle_time_against_skill_and_calls() {
    let weighted = Strategy::Weighted { idle: 1, skill: 60, calls: 0 };
    for (idle_s, first) in [(59, 2), (61, 1)] {
        let mut floor = Floor::with(by(weighted));
        floor.ready_with(1, &[("english", 3)], Tier::Regular);
        floor.pass_ms(idle_s * 1_000);
        floor.ready_with(2, &[("english", 4)], Tier::Regular);
        floor.arrive_asking(1, &["english"], 5);
        assert_eq!(floor.rings(1), [first], "a level is worth 60 s: {idle_s}");
    }
    let mut floor = Floor::with(by(Strategy::Weighted { idle: 1, skill: 0, calls: 30 }));
    floor.ready(1, &[]);
    serve(&mut floor, 1, 1);
    floor.pass_ms(29_000);
    floor.ready(2, &[]);
    floor.arrive(2);
    assert_eq!(floor.rings(2), [2], "29 s do not make up for a call");
}

#[test]
fn each_queue_chooses_by_its_own_strategy_from_one_pool() {
    let policy = QueuePolicy { strategy: Strategy::MostSkilled, ..QueuePolicy::default() };
    let queues = [("enterprise".parse().unwrap(), policy)].into();
    let mut floor = Floor::with(Config { queues, ..bare() });
    floor.ready_with(1, &[("tax", 2)], Tier::Regular);
    floor.pass_ms(1_000);
    floor.ready_with(2, &[("tax", 5)], Tier::Regular);
    floor.arrive_routed(1, &["tax"], 5, in_queue("enterprise"));
    assert_eq!(floor.rings(1), [2]);
    floor.arrive_asking(2, &["tax"], 5);
    assert_eq!(floor.rings(2), [1]);
}

#[test]
fn a_queue_that_nobody_has_set_up_works_like_the_default_one() {
    let mut floor = Floor::new();
    floor.ready(1, &[]);
    floor.arrive_routed(1, &[], 5, in_queue("unheard_of"));
    assert_eq!(floor.rings(1), [1]);
}

#[test]
fn r22_three_callers_of_three_queues_and_three_agents_give_three_offers_at_once() {
    let policy = |strategy| QueuePolicy { strategy, ..QueuePolicy::default() };
    let queues = [
        ("a".parse().unwrap(), policy(Strategy::FewestCalls)),
        ("b".parse().unwrap(), policy(Strategy::MostSkilled)),
    ];
    let config = Config { queues: queues.into(), ..bare() };
    let mut floor = Floor::with(config.clone());
    for (n, queue) in [(1, "a"), (2, "b"), (3, "c")] {
        floor.ready_with(n, &[], Tier::TeamLeader);
        floor.arrive_routed(n, &[], 5, in_queue(queue));
    }
    assert!(floor.acd.view().offers.is_empty());
    let reserve_open = [(Tier::TeamLeader, true)].into();
    floor.say(Input::Configure { config: Box::new(Config { reserve_open, ..config }) });
    assert_eq!([1, 2, 3].map(|n| floor.rings(n).len()), [1, 1, 1]);
}

// --- order of calls -------------------------------------------------------------------------------

#[test]
fn a_priority_rises_with_the_wait_and_stops_before_what_is_urgent_in_itself() {
    let ageing = Some(Ageing { step_ms: 10_000, best: 1 });
    let queue = QueuePolicy { ageing, ..QueuePolicy::default() };
    let mut floor = Floor::with(Config { queue, ..bare() });
    floor.arrive_asking(1, &[], 5);
    floor.pass_ms(19_000);
    floor.arrive_asking(2, &[], 3);
    floor.pass_ms(2_000);
    floor.arrive_asking(3, &[], 3);
    floor.arrive_asking(4, &[], 0);
    let order: Vec<_> = floor.acd.view().waiting.iter().map(|waiting| waiting.call).collect();
    assert_eq!(order, [4, 2, 1, 3].map(call), "two steps are worth 20 s");
    for (n, first) in [(1, 4), (2, 2), (3, 1), (4, 3)] {
        floor.ready(n, &[]);
        assert_eq!(floor.rings(first), [n]);
    }
}

#[test]
fn elders_and_who_called_in_vain_go_before_those_who_rang_a_little_earlier() {
    let queue = QueuePolicy {
        elder_head_start_ms: 20_000,
        repeat_head_start_ms: 10_000,
        ..QueuePolicy::default()
    };
    let mut floor = Floor::with(Config { queue, ..bare() });
    floor.arrive(1);
    floor.pass_ms(9_000);
    floor.arrive_routed(2, &[], 5, Routing { repeat_caller: true, ..Routing::default() });
    floor.pass_ms(9_000);
    floor.arrive_routed(3, &[], 5, Routing { elder: true, ..Routing::default() });
    let order: Vec<_> = floor.acd.view().waiting.iter().map(|waiting| waiting.call).collect();
    assert_eq!(order, [3, 2, 1].map(call));
    let rang: Vec<_> = floor.acd.view().waiting.iter().map(|waiting| waiting.rang_at).collect();
    assert!(rang[0] > rang[1] && rang[1] > rang[2], "no reported wait is touched");
}

// --- hot, and old ---------------------------------------------------------------------------------

#[test]
fn r20_changed_strategies_and_queues_hold_for_the_next_decision_and_drop_nothing() {
    let mut floor = Floor::new();
    floor.ready_with(1, &[("tax", 2)], Tier::Regular);
    floor.pass_ms(1_000);
    floor.ready_with(2, &[("tax", 5)], Tier::Regular);
    floor.ready(3, &[]);
    floor.arrive(1);
    floor.takes(1, 1);
    floor.hangs_up(1);
    floor.ask(1, AgentCommand::FinishWrapUp).unwrap();
    floor.pass_ms(5_000);
    floor.arrive_asking(8, &["french"], 5);
    let strategies = [
        Strategy::FewestCalls,
        Strategy::MostSkilled,
        Strategy::Weighted { idle: 0, skill: 1, calls: 0 },
        Strategy::LongestReady,
    ];
    for strategy in strategies {
        let before = floor.acd.view();
        floor.say(Input::Configure { config: Box::new(by(strategy)) });
        let after = floor.acd.view();
        assert_eq!((before.agents, before.waiting), (after.agents, after.waiting));
    }
    floor.say(Input::Configure { config: Box::new(by(Strategy::MostSkilled)) });
    floor.arrive_asking(2, &["tax"], 5);
    assert_eq!(floor.rings(2), [2]);
    assert_eq!(floor.state(1), AgentStateName::Ready);
}

#[test]
fn r08_looking_at_the_floor_changes_no_decision() {
    let decide = |looks: bool| {
        let mut floor = Floor::with(by(Strategy::FewestCalls));
        for n in 1..=20 {
            floor.ready_with(n, &[("tax", u8::try_from(n % 5).unwrap() + 1)], Tier::Regular);
            floor.arrive_routed(n, &["tax"], 5, asking("tax", 3));
            if looks {
                let seen = floor.acd.show();
                assert_eq!(seen.agents.len(), usize::try_from(n).unwrap());
            }
            floor.pass_ms(700);
        }
        floor.journal
    };
    assert_eq!(decide(true), decide(false));
}

/// Lines as releases without queues wrote them.
#[test]
fn journals_and_snapshots_without_queues_levels_and_tiers_are_understood() {
    let sign_in = r#"{"type":"agent","agent":"00000000-0000-0000-0000-000000000001","request":1,
        "command":{"command":"sign_in","skills":["english"],"reserve":true,"auto_answer":false}}"#;
    let arrived = r#"{"type":"gateway","gateway":"gw1","at":"2026-11-21T09:00:00+08:00","fact":{
        "fact":"call_arrived","call":"00000000-0000-0000-0000-000000000009",
        "leg":"00000000-0000-0000-0000-00000000000a","caller":null,"dialled":"12345","skills":["english"],
        "priority":5,"arrived_at":"2026-11-21T09:00:00+08:00","rang_at":"2026-11-21T09:00:00+08:00","age_ms":0}}"#;
    let configure = r#"{"type":"configure","config":{"ring_limit_ms":6000}}"#;
    let mut acd = Acd::default();
    for line in [configure, sign_in, arrived] {
        let input: Input = serde_json::from_str(line).unwrap();
        acd.handle(types::Timestamp::from_micros(1), input);
    }
    assert_eq!(acd.config(), &Config::default());
    let seen = acd.agent_view(agent(1)).unwrap();
    assert_eq!((seen.tier, seen.calls_today), (Tier::TeamLeader, 0));
    assert_eq!(seen.levels.values().map(|level| level.as_u8()).collect::<Vec<_>>(), [3]);
    let mut saved = serde_json::to_value(&acd).unwrap();
    let forget = |of: &mut serde_json::Value, fields: &[&str]| {
        fields.iter().for_each(|field| drop(of.as_object_mut().unwrap().remove(*field)));
    };
    forget(&mut saved, &["day"]);
    for agent in saved["agents"].as_object_mut().unwrap().values_mut() {
        forget(agent, &["levels", "tier", "strain"]);
    }
    for call in saved["calls"].as_object_mut().unwrap().values_mut() {
        forget(call, &["routing", "waits_for"]);
    }
    let restored: Acd = serde_json::from_value(saved).unwrap();
    assert_eq!(restored.agent_view(agent(1)), acd.agent_view(agent(1)));
    assert_eq!(restored.view(), acd.view());
}
