//! Those who wait, as the running server treats them: screened callers, the emergency key, abandons.

use std::time::Duration;

use gateway_protocol::{Command, EndCause, Event, PromptId, Treatment};
use serde_json::{Value, json};
use types::Role;

use super::calls::{answer, ready_agent};
use crate::testing::floor::{Client, LINK_KEY, TestFloor};
use crate::testing::gateway::{ScriptedGateway, empty_snapshot};

/// A changed screen list is in force, and what happened is in the tables, within this.
const TOLD_WITHIN: Duration = Duration::from_secs(5);

/// Asks until the answer is as wanted.
async fn until(who: &Client, path: &str, wanted: impl Fn(&Value) -> bool) {
    let ask = async {
        loop {
            let (_, shown) = who.get(path).await;
            if wanted(&shown) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(TOLD_WITHIN, ask).await.is_ok(), "{:?}", who.get(path).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_screened_caller_hears_the_prompt_and_gets_through_by_the_emergency_key() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    ready_agent(&server, &mut gateway, "agent01").await;
    let leader = server.person("leader01", &[Role::TeamLeader]).await;
    let wish = json!({ "number": "+86 138 0013 8000", "reason": "反复骚扰", "hours": 24 });
    let (status, set) = leader.post("/screening", wish).await;
    assert_eq!(status, 201, "{set}");

    // The list reaches the distributor within seconds; who calls before is offered as ever.
    let screened = async {
        loop {
            let (call, leg) = gateway.call_in("13800138000").await;
            match gateway.command().await {
                Command::Treat { treatment, .. } => break (call, leg, treatment),
                Command::Offer { .. } => {
                    let cause = EndCause::HungUp;
                    gateway.event(Event::LegEnded { call, leg, cause }).await;
                    let withdrawn = gateway.command().await;
                    assert!(matches!(withdrawn, Command::Withdraw { .. }), "{withdrawn:?}");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                other => panic!("{other:?}"),
            }
        }
    };
    let (call, leg, treatment) = tokio::time::timeout(TOLD_WITHIN, screened).await.unwrap();
    let prompts = vec![PromptId::new("nuisance_notice")];
    assert_eq!(treatment, Treatment::Prompts { prompts });

    gateway.event(Event::Digit { call, leg, digit: '1' }).await;
    answer(&mut gateway, call, leg).await;
    until(&leader, &format!("/calls/{call}"), |shown| shown["outcome"] == json!("answered")).await;
    until(&leader, "/screening", |listed| {
        let entry = &listed["items"][0];
        (&entry["in_force"], &entry["calls"]) == (&json!(true), &json!(1))
    })
    .await;
    server.stop().await;
}

/// R24.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abandoned_caller_is_owed_a_return_within_five_seconds_and_the_redial_settles_it() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let leader = server.person("leader01", &[Role::TeamLeader]).await;
    let (call, leg) = gateway.call_in("13800138000").await;
    gateway.event(Event::LegEnded { call, leg, cause: EndCause::HungUp }).await;
    // R24: within 5 s.
    until(&leader, "/missed-call-returns", |listed| listed["items"][0]["call"] == json!(call))
        .await;

    ready_agent(&server, &mut gateway, "agent01").await;
    let (again, leg) = gateway.call_in("+8613800138000").await;
    answer(&mut gateway, again, leg).await;
    until(&leader, "/missed-call-returns", |listed| listed["items"] == json!([])).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_caller_is_told_her_place_and_never_a_worse_wait() {
    let floor = TestFloor::new().await;
    let soon = [
        ("HOTLINE__ACD__ANNOUNCEMENTS__AFTER_MS", "500"),
        ("HOTLINE__ACD__ANNOUNCEMENTS__EVERY_MS", "1000"),
        ("HOTLINE__ACD__ANNOUNCEMENTS__APART_MS", "1000"),
    ];
    let server = floor.start(&soon).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let agent = ready_agent(&server, &mut gateway, "agent01").await;
    let (first, leg) = gateway.call_in("13800138000").await;
    answer(&mut gateway, first, leg).await;
    agent.until_state("talking").await;
    let (second, _) = gateway.call_in("13800138001").await;
    let (third, _) = gateway.call_in("13800138002").await;

    let (mut next, mut behind) = (0, Vec::new());
    while next < 2 || behind.len() < 2 {
        let Command::Treat { call, treatment, .. } = gateway.command().await else { continue };
        let Treatment::Prompts { prompts } = treatment else { continue };
        let said: Vec<String> = prompts.iter().map(|prompt| prompt.as_str().to_owned()).collect();
        if call == second {
            assert_eq!(said, ["queue_position_next"]);
            next += 1;
        } else {
            assert_eq!(call, third);
            assert_eq!(
                said[..4],
                ["queue_position_prefix", "num_01", "queue_position_suffix", "wait_prefix"]
            );
            behind.push(said[4].clone());
        }
    }
    let minutes = |said: &String| said.strip_prefix("min_").map_or(0, |it| it.parse().unwrap());
    let told: Vec<u32> = behind.iter().map(minutes).collect();
    assert!(told[0] > 0 && told.is_sorted_by(|before, now| now <= before), "{told:?}");
    server.stop().await;
}
