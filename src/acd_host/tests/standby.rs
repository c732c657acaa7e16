//! Two nodes of one centre: the one that stands by, and what it knows when it takes over.

use std::time::Duration;

use acd::Input;
use gateway_protocol::{Command, Event};
use serde_json::{Value, json};
use types::{CallId, Role};

use super::inputs;
use crate::clock::{Clock, Random};
use crate::testing::floor::{Client, LINK_KEY, RunningServer, TestFloor};
use crate::testing::gateway::{ScriptedGateway, WAIT_MAX, arrival, empty_snapshot};

/// Waiting callers are offered a call back, at any hour.
const OFFERED: [(&str, &str); 5] = [
    ("HOTLINE__ACD__QUEUE_CALLBACK__OFFERED", "true"),
    ("HOTLINE__ACD__RETURN_HOURS__FROM_MIN", "0"),
    ("HOTLINE__ACD__RETURN_HOURS__UNTIL_MIN", "1440"),
    ("HOTLINE__MISSED_CALL_RETURNS__FROM_HOUR", "0"),
    ("HOTLINE__MISSED_CALL_RETURNS__UNTIL_HOUR", "24"),
];

async fn until(what: &str, is: impl Fn() -> bool) {
    let ask = async {
        while !is() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(WAIT_MAX, ask).await.unwrap_or_else(|_| panic!("not within time: {what}"));
}

fn owns(server: &RunningServer) -> bool {
    server.ctx.floor().is_ok_and(|floor| floor.links.owns())
}

/// Asks for the work list until it has so many duties.
async fn duties(who: &Client, wanted: usize) -> Value {
    let ask = async {
        loop {
            let (_, list) = who.get("/missed-call-returns").await;
            if list["items"].as_array().map_or(0, Vec::len) == wanted {
                return list["items"].clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(WAIT_MAX, ask).await.expect("the list does not become so")
}

/// A caller who has waited for 40 s takes the offer of a call back.
async fn promised(gateway: &mut ScriptedGateway) -> CallId {
    let now = Clock::system().now();
    let call = CallId::new(now, Random::System.number());
    let leg = types::LegId::new(now, Random::System.number());
    let rang_at = now - Duration::from_secs(40);
    gateway.event_at(rang_at, arrival(call, leg, "13800138000", rang_at)).await;
    // The music, then the offer.
    for _ in 0..2 {
        let treat = gateway.command().await;
        assert!(matches!(treat, Command::Treat { .. }), "{treat:?}");
    }
    gateway.event(Event::Digit { call, leg, digit: '1' }).await;
    gateway.all_stored().await;
    call
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stands_by_is_told_nothing_until_it_owns_the_centre() {
    let floor = TestFloor::new().await;
    let owner = floor.start(&[]).await;
    until("the first node owns the centre", || owns(&owner)).await;
    let beside = TestFloor::over(floor.database.shared());
    let standby = beside.start(&[]).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let inbox = standby.ctx.floor().unwrap().handle.inbox.clone();
    assert!(!owns(&standby));
    assert_eq!(inbox.max_capacity() - inbox.capacity(), 0, "nobody reads what lies there");
    owner.stop().await;

    until("the second node owns the centre", || owns(&standby)).await;
    let folder = beside.journal_folder();
    let told = |input: &Input| matches!(input, Input::ScreeningList { .. });
    until("it is told the screen list", || inputs(&folder).iter().any(told)).await;
    standby.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promised_call_back_is_not_forgotten_when_another_node_takes_over() {
    let floor = TestFloor::new().await;
    let owner = floor.start(&OFFERED).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(owner.address, empty_snapshot()).await;
    let call = promised(&mut gateway).await;
    let leader = owner.person("leader01", &[Role::TeamLeader]).await;
    let listed = duties(&leader, 1).await;
    assert_eq!((&listed[0]["call"], &listed[0]["cause"]), (&json!(call), &json!("queue_callback")));
    let next_at: types::Timestamp = listed[0]["next_at"].as_str().unwrap().parse().unwrap();
    let keeps = next_at.since(Clock::system().now());
    assert!(keeps > Duration::from_secs(7_000), "while it stands nobody else works it: {keeps:?}");
    gateway.unlink();
    owner.stop().await;

    let beside = TestFloor::over(floor.database.shared());
    let heir = beside.start(&OFFERED).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(heir.address, empty_snapshot()).await;
    let leader = heir.person("leader01", &[Role::TeamLeader]).await;
    assert_eq!(duties(&leader, 1).await[0]["call"], json!(call));
    heir.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_that_is_kept_leaves_no_duty_behind() {
    let floor = TestFloor::new().await;
    let server = floor.start(&OFFERED).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    promised(&mut gateway).await;
    let leader = server.person("supervisor01", &[Role::TeamLeader, Role::Supervisor]).await;
    duties(&leader, 1).await;
    let agent = server.person("agent01", &[Role::Agent]).await;
    agent.post("/agent/me/sign_in", json!({})).await;
    gateway.phone(agent.agent).await;
    gateway.all_stored().await;
    agent.post("/agent/me/ready", json!({})).await;
    let (out, own) = originated(&mut gateway).await;
    gateway.event(Event::LegAnswered { call: out, leg: own }).await;
    let (_, far) = originated(&mut gateway).await;
    gateway.event(Event::LegAnswered { call: out, leg: far }).await;
    gateway.event(Event::LegsConnected { call: out, first: far, second: own }).await;
    assert_eq!(duties(&leader, 0).await, json!([]));
    let (_, board) = leader.get("/supervisor/board").await;
    assert_eq!(board["k12"]["owed"], json!(0), "domain.md 3.1: a line of its own: {board}");
    server.stop().await;
}

/// The next leg outward.
async fn originated(gateway: &mut ScriptedGateway) -> (CallId, types::LegId) {
    loop {
        if let Command::Originate { call, leg, .. } = gateway.command().await {
            return (call, leg);
        }
    }
}
