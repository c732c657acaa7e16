//! A neighbouring centre's number, called by the gateway's outbound trunk when nobody of ours is there.

use std::time::Duration;

use gateway_protocol::{Command, Destination, Event, FailureCause};
use serde_json::{Value, json};
use types::{CallId, LegId, Role};

use super::calls::hang_up;
use crate::testing::floor::{LINK_KEY, RunningServer, TestFloor};
use crate::testing::gateway::{ScriptedGateway, empty_snapshot};

const NUMBER: &str = "05551234567";

/// The guard in small: the reserve rings from 400 ms on, a line that failed is left alone for 300 ms.
const SETTINGS: [(&str, &str); 5] = [
    ("HOTLINE__ACD__SECOND_AGENT_AFTER_MS", "200"),
    ("HOTLINE__ACD__RESERVE_AFTER_MS", "400"),
    ("HOTLINE__ACD__WARN_PAUSE_MS", "300"),
    ("HOTLINE__ACD__CALLER_ID", "055112345"),
    (
        "HOTLINE__ACD__LINES",
        r#"[{name="邻县热线", number="05551234567", gateway="gw1", channels=2, ring_limit_ms=5000}]"#,
    ),
];

/// The next command but for what the caller hears.
async fn command(gateway: &mut ScriptedGateway) -> Command {
    loop {
        match gateway.command().await {
            Command::Treat { .. } => {}
            other => return other,
        }
    }
}

/// The next call to a number. A leg that has failed is withdrawn for safety's sake.
async fn dialled(gateway: &mut ScriptedGateway) -> (CallId, LegId) {
    loop {
        match command(gateway).await {
            Command::Withdraw { .. } => {}
            Command::Originate { call, leg, to, caller_id, ring_limit_ms, .. } => {
                assert_eq!(to, Destination::Number { number: NUMBER.parse().unwrap() });
                assert_eq!((caller_id.as_str(), ring_limit_ms), ("055112345", 7_000));
                return (call, leg);
            }
            other => panic!("{other:?} instead of a call to the neighbour"),
        }
    }
}

async fn shown_call(server: &RunningServer, call: CallId, ended: bool) -> Value {
    let leader = server.person("leader01", &[Role::TeamLeader]).await;
    let ask = async {
        loop {
            let (_, shown) = leader.get(&format!("/calls/{call}/explanation")).await;
            let (_, row) = leader.get(&format!("/calls/{call}")).await;
            if row["ended_at"].is_string() == ended && shown["outcome"] == json!("answered") {
                return json!({ "row": row, "explanation": shown });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ask).await.expect("the call is in the tables")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_nobody_of_ours_can_take_reaches_the_neighbour_by_the_outbound_trunk() {
    let floor = TestFloor::new().await;
    let server = floor.start(&SETTINGS).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let (call, caller_leg) = gateway.call_in("13800138000").await;

    // Engaged: nothing waits for it, and it is called again.
    let (of, first) = dialled(&mut gateway).await;
    assert_eq!(of, call, "inside the citizen's call");
    let (cause, sip_status) = (FailureCause::Busy, Some(486));
    gateway.event(Event::LegFailed { call, leg: first, cause, sip_status }).await;
    let (_, leg) = dialled(&mut gateway).await;
    assert_ne!(leg, first);

    // Ringing is no answer.
    gateway.event(Event::LegRinging { call, leg }).await;
    gateway.all_stored().await;
    let supervisor = server.person("supervisor01", &[Role::Supervisor]).await;
    let (_, recount) = supervisor.get("/supervisor/recount").await;
    assert_eq!(recount["live"]["k1"]["answered"], json!(0), "{recount}");

    gateway.event(Event::LegAnswered { call, leg }).await;
    let connect = command(&mut gateway).await;
    let Command::Connect { first, second, .. } = connect else { panic!("{connect:?}") };
    assert_eq!((first, second), (caller_leg, leg));
    gateway.event(Event::LegAnswered { call, leg: caller_leg }).await;
    gateway.event(Event::LegsConnected { call, first, second }).await;
    let talking = shown_call(&server, call, false).await;
    assert_eq!(talking["row"]["agent"]["name"], json!("邻近中心 邻县热线"), "{talking}");
    // It is nobody of ours: neither the floor nor the wallboard shows a person more.
    assert!(server.ctx.floor().unwrap().handle.floor().view.agents.is_empty());

    hang_up(&mut gateway, call, caller_leg, leg).await;
    let over = shown_call(&server, call, true).await;
    let steps = over["explanation"]["steps"].as_array().unwrap();
    let causes: Vec<&str> = steps.iter().map(|step| step["cause"].as_str().unwrap()).collect();
    let told = ["reserve_opened", "neighbour_called", "refused", "neighbour_called", "answered"];
    let mut rest = causes.iter();
    assert!(told.iter().all(|word| rest.any(|cause| cause == word)), "{causes:?}");
    let last = &steps[steps.len() - 1]["agent"];
    assert_eq!(last["neighbour"], json!(true), "{over}");
    assert_eq!(last["name"], json!("邻近中心 邻县热线"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_neighbour_who_does_not_answer_is_withdrawn_and_a_caller_who_goes_ends_the_ring() {
    let floor = TestFloor::new().await;
    let server = floor.start(&SETTINGS).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let (call, caller_leg) = gateway.call_in("13800138000").await;
    let (_, unanswered) = dialled(&mut gateway).await;
    // The ring limit is the distributor's own, whatever the gateway does.
    let Command::Withdraw { leg, .. } = command(&mut gateway).await else { panic!("a withdrawal") };
    assert_eq!(leg, unanswered);
    let cause = FailureCause::Withdrawn;
    gateway.event(Event::LegFailed { call, leg, cause, sip_status: None }).await;
    let (_, again) = dialled(&mut gateway).await;
    let cause = gateway_protocol::EndCause::HungUp;
    gateway.event(Event::LegEnded { call, leg: caller_leg, cause }).await;
    let Command::Withdraw { leg, .. } = command(&mut gateway).await else { panic!("a withdrawal") };
    assert_eq!(leg, again);
    server.stop().await;
}
