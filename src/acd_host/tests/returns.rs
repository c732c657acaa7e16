//! Missed calls, explained and called back, over a real link.

use std::time::Duration;

use gateway_protocol::{Command, Destination, EndCause, Event, FailureCause};
use serde_json::{Value, json};
use types::{CallId, LegId, Role};

use super::calls::{answer, hang_up, ready_agent};
use crate::clock::Clock;
use crate::testing::floor::{Client, LINK_KEY, RunningServer, TestFloor};
use crate::testing::gateway::{ScriptedGateway, WAIT_MAX, empty_snapshot};

/// Citizens may be called at the hour of the test run, whatever it is.
const ANY_HOUR: [(&str, &str); 4] = [
    ("HOTLINE__MISSED_CALL_RETURNS__FROM_HOUR", "0"),
    ("HOTLINE__MISSED_CALL_RETURNS__UNTIL_HOUR", "24"),
    ("HOTLINE__ACD__RETURN_HOURS__FROM_MIN", "0"),
    ("HOTLINE__ACD__RETURN_HOURS__UNTIL_MIN", "1440"),
];

async fn missed(gateway: &mut ScriptedGateway, caller: &str) -> CallId {
    let (call, leg) = gateway.call_in(caller).await;
    gateway.event(Event::LegEnded { call, leg, cause: EndCause::HungUp }).await;
    call
}

/// Asks for the work list until `is`.
async fn until(who: &Client, is: impl Fn(&Value) -> bool) -> Value {
    let ask = async {
        loop {
            let (status, list) = who.get("/missed-call-returns").await;
            assert_eq!(status, 200, "{list}");
            if is(&list) {
                return list;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(WAIT_MAX, ask).await.expect("the list does not become so")
}

fn open(list: &Value) -> usize {
    list["items"].as_array().map_or(0, Vec::len)
}

/// The next leg outward and whom it rings.
async fn originated(gateway: &mut ScriptedGateway) -> (CallId, LegId, Destination) {
    loop {
        if let Command::Originate { call, leg, to, .. } = gateway.command().await {
            return (call, leg, to);
        }
    }
}

/// She dials a duty; her own phone is answered, the citizen's is about to ring.
async fn dialled(
    gateway: &mut ScriptedGateway,
    who: &Client,
    duty: &str,
) -> (CallId, LegId, LegId, String) {
    let (status, reply) = who.post(&format!("/missed-call-returns/{duty}/dial"), json!({})).await;
    assert_eq!(status, 202, "{reply}");
    let (call, own, to) = originated(gateway).await;
    assert_eq!((json!(call), to), (reply["call"].clone(), Destination::Agent { agent: who.agent }));
    gateway.event(Event::LegAnswered { call, leg: own }).await;
    let (_, far, to) = originated(gateway).await;
    let Destination::Number { number } = to else { panic!("{to:?} instead of a number") };
    (call, own, far, number.reveal().to_owned())
}

async fn claimed(who: &Client) -> String {
    let (status, reply) = who.post("/missed-call-returns/claim_next", json!({})).await;
    assert_eq!(status, 200, "{reply}");
    reply["call"].as_str().unwrap().to_owned()
}

async fn floor_with(names: &[&str]) -> (TestFloor, RunningServer, ScriptedGateway, Vec<Client>) {
    let floor = TestFloor::new().await;
    let server = floor.start(&ANY_HOUR).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let mut people = Vec::new();
    for name in names {
        people.push(server.person(name, &[Role::Agent]).await);
    }
    (floor, server, gateway, people)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missed_callers_are_called_back_in_order_and_counted_by_k12() {
    let (_floor, server, mut gateway, people) = floor_with(&["agent02"]).await;
    let other = &people[0];
    missed(&mut gateway, "13800138001").await;
    let twice = missed(&mut gateway, "13800138002").await;
    missed(&mut gateway, "+8613800138002").await;
    gateway.all_stored().await;
    let agent = ready_agent(&server, &mut gateway, "agent01").await;
    until(&agent, |list| open(list) == 2).await;

    let first = claimed(&agent).await;
    assert_eq!(first, twice.to_string(), "she called twice");
    let (_, refused) = other.post(&format!("/missed-call-returns/{first}/dial"), json!({})).await;
    assert_eq!(refused["code"], "claimed_by_other");
    let (call, own, far, number) = dialled(&mut gateway, &agent, &first).await;
    assert_eq!(number, "13800138002");
    let before = until(&agent, |list| open(list) == 2).await;
    assert_eq!(before["items"][0]["attempts"], 0, "what rings is no attempt in vain");
    let cause = FailureCause::NoAnswer;
    gateway.event(Event::LegFailed { call, leg: far, cause, sip_status: None }).await;
    gateway.event(Event::LegEnded { call, leg: own, cause: EndCause::Ordered }).await;
    let tried = until(&agent, |list| list["items"][0]["attempts"] == json!(1)).await;
    assert!(tried["items"][0]["next_at"].is_string(), "{tried}");
    assert_eq!(tried["items"][0]["claim"], Value::Null, "free until the next attempt");
    agent.until_state("ready").await;

    let second = claimed(&agent).await;
    let (call, own, far, number) = dialled(&mut gateway, &agent, &second).await;
    assert_eq!(number, "13800138001");
    gateway.event(Event::LegAnswered { call, leg: far }).await;
    gateway.event(Event::LegsConnected { call, first: far, second: own }).await;
    until(&agent, |list| open(list) == 1).await;
    let leader = server.person("supervisor01", &[Role::Supervisor]).await;
    let (_, board) = leader.get("/supervisor/board").await;
    let k12 = &board["k12"];
    assert_eq!(
        (&k12["owed"], &k12["returned"], &k12["missed_calls"]),
        (&json!(2), &json!(1), &json!(3))
    );
    assert_eq!((&k12["rate_ppm"], &k12["in_time_ppm"]), (&json!(500_000), &json!(1_000_000)));
    let (_, settled) = agent.post(&format!("/missed-call-returns/{second}/dial"), json!({})).await;
    assert_eq!(settled["code"], "return_settled");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redial_that_is_answered_settles_the_duty_that_somebody_had_claimed() {
    let (_floor, server, mut gateway, people) = floor_with(&["agent02"]).await;
    missed(&mut gateway, "13800138001").await;
    gateway.all_stored().await;
    until(&people[0], |list| open(list) == 1).await;
    claimed(&people[0]).await;
    let agent = ready_agent(&server, &mut gateway, "agent01").await;
    let (call, caller_leg) = gateway.call_in("13800138001").await;
    let agent_leg = answer(&mut gateway, call, caller_leg).await;
    until(&people[0], |list| open(list) == 0).await;
    hang_up(&mut gateway, call, caller_leg, agent_leg).await;
    agent.until_state("wrap_up").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_call_stands_on_the_board_and_is_explained_with_a_masked_number() {
    let (_floor, server, mut gateway, _) = floor_with(&[]).await;
    let agent = ready_agent(&server, &mut gateway, "agent01").await;
    let (call, leg) = gateway.call_in("13800138001").await;
    let offer = loop {
        if let Command::Offer { leg, .. } = gateway.command().await {
            break leg;
        }
    };
    gateway.event(Event::LegRinging { call, leg: offer }).await;
    let (status, _) = agent.post("/agent/me/reject_offer", json!({})).await;
    assert_eq!(status, 200);
    // By the gateway's clock she waited on for a second.
    let hung_up_at = Clock::system().now() + Duration::from_secs(1);
    gateway.event_at(hung_up_at, Event::LegEnded { call, leg, cause: EndCause::HungUp }).await;
    gateway.all_stored().await;
    let leader = server.person("supervisor01", &[Role::Supervisor]).await;
    until(&agent, |list| open(list) == 1).await;
    let (_, board) = leader.get("/supervisor/board").await;
    assert_eq!(board["breaches_today"][0]["call"], json!(call), "{board}");
    assert_eq!(board["breaches_today"][0]["outcome"], "abandoned");

    let (status, explained) = leader.get(&format!("/calls/{call}/explanation")).await;
    assert_eq!((status, &explained["caller"]), (200, &json!("138****8001")), "{explained}");
    let mut steps = explained["steps"].as_array().unwrap().as_slice();
    // A busy machine may have taken a while to ring her.
    if steps[0]["cause"] == "nobody_ready" {
        steps = &steps[1..];
    }
    let causes: Vec<_> = steps.iter().map(|step| step["cause"].as_str().unwrap()).collect();
    assert_eq!(causes, ["rang", "refused", "nobody_ready", "given_up"], "{explained}");
    assert_eq!(steps[1]["agent"]["name"], "agent01 姓名");
    assert!(steps[2]["for_ms"].as_i64().unwrap() >= 900, "{explained}");
    assert_eq!(steps[3]["at_ms"], explained["wait_ms"]);
    assert_eq!(steps[3]["detail"], "hung_up");
    let (status, _) = agent.get(&format!("/calls/{call}/explanation")).await;
    assert_eq!(status, 403);
    server.stop().await;
}
