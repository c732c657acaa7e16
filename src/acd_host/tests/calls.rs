//! Whole calls.

use gateway_protocol::{Command, EndCause, Event};
use serde_json::json;
use types::{CallId, LegId, Role};

use crate::testing::floor::{Client, LINK_KEY, RunningServer, TestFloor};
use crate::testing::gateway::{ScriptedGateway, empty_snapshot};

/// Signs an agent in and makes her ready.
pub async fn ready_agent(
    server: &RunningServer,
    gateway: &mut ScriptedGateway,
    name: &str,
) -> Client {
    let agent = server.person(name, &[Role::Agent]).await;
    let (status, shown) = agent.post("/agent/me/sign_in", json!({})).await;
    assert_eq!((status, &shown["state"]["name"]), (200, &json!("not_ready")), "{shown}");
    let (status, refused) = agent.post("/agent/me/ready", json!({})).await;
    assert_eq!((status, &refused["code"]), (409, &json!("no_registration")), "{refused}");
    gateway.phone(agent.agent).await;
    gateway.all_stored().await;
    let (status, shown) = agent.post("/agent/me/ready", json!({})).await;
    // Where somebody waits already, her phone rings at once.
    let name = shown["state"]["name"].as_str().unwrap();
    assert!(status == 200 && ["ready", "ringing"].contains(&name), "{shown}");
    agent
}

/// The agent's phone rings and she answers; both are connected.
pub async fn answer(gateway: &mut ScriptedGateway, call: CallId, caller_leg: LegId) -> LegId {
    // Whoever waits beside nobody free hears music first; a call before this one may still be ended.
    let (offered_call, leg) = loop {
        match gateway.command().await {
            Command::Offer { call, leg, .. } => break (call, leg),
            Command::Treat { .. } | Command::End { .. } => {}
            other => panic!("{other:?} instead of an offer"),
        }
    };
    assert_eq!(offered_call, call);
    gateway.event(Event::LegRinging { call, leg }).await;
    gateway.event(Event::LegAnswered { call, leg }).await;
    let connect = gateway.command().await;
    let Command::Connect { first, second, record, .. } = connect else {
        panic!("{connect:?} instead of a connect");
    };
    assert_eq!((first, second, record), (caller_leg, leg, true));
    gateway.event(Event::LegAnswered { call, leg: caller_leg }).await;
    gateway.event(Event::LegsConnected { call, first: caller_leg, second: leg }).await;
    leg
}

/// The citizen hangs up.
pub async fn hang_up(gateway: &mut ScriptedGateway, call: CallId, caller: LegId, agent: LegId) {
    gateway.event(Event::LegEnded { call, leg: caller, cause: EndCause::HungUp }).await;
    gateway.event(Event::LegEnded { call, leg: agent, cause: EndCause::PeerHungUp }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_offered_answered_ended_and_counted() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let agent = ready_agent(&server, &mut gateway, "agent01").await;
    let leader = server.person("supervisor01", &[Role::Supervisor]).await;

    let (call, caller_leg) = gateway.call_in("13800138000").await;
    let agent_leg = answer(&mut gateway, call, caller_leg).await;
    let talking = agent.until_state("talking").await;
    assert_eq!(talking["state"]["call"], json!(call));
    let (status, caller) = agent.get(&format!("/calls/{call}/caller")).await;
    assert_eq!((status, &caller["caller"]), (200, &json!("13800138000")), "{caller}");

    hang_up(&mut gateway, call, caller_leg, agent_leg).await;
    agent.until_state("wrap_up").await;
    let (status, _) = agent.post("/agent/me/finish_wrap_up", json!({})).await;
    assert_eq!(status, 200);
    agent.until_state("ready").await;
    gateway.all_stored().await;

    let (status, recount) = leader.get("/supervisor/recount").await;
    assert_eq!((status, &recount["equal"]), (200, &json!(true)), "{recount}");
    assert_eq!(recount["live"]["k1"]["answered"], json!(1), "{recount}");
    let (_, listed) = leader.get("/calls").await;
    let row = &listed["items"][0];
    assert_eq!(row["outcome"], json!("answered"), "{listed}");
    assert_eq!(row["agent"]["id"], json!(agent.agent));
    assert!(row["ended_at"].is_string() && row["wait_ms"].is_number(), "{row}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abused_agent_says_so_and_rests_after_the_record() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let agent = ready_agent(&server, &mut gateway, "agent01").await;
    let leader = server.person("leader01", &[Role::Supervisor]).await;
    let report = "/agent/me/report_abuse";
    let (status, refused) = agent.post(report, json!({})).await;
    assert_eq!((status, &refused["code"]), (409, &json!("not_your_call")), "{refused}");
    assert_eq!(leader.post(report, json!({})).await.0, 403, "she takes no calls");

    // In the call the first time, while she writes the record the second time.
    for in_the_call in [true, false] {
        let (call, caller_leg) = gateway.call_in("13800138000").await;
        let agent_leg = answer(&mut gateway, call, caller_leg).await;
        agent.until_state("talking").await;
        if in_the_call {
            let (status, shown) = agent.post(report, json!({})).await;
            assert_eq!((status, &shown["state"]["name"]), (200, &json!("talking")), "{shown}");
        }
        hang_up(&mut gateway, call, caller_leg, agent_leg).await;
        agent.until_state("wrap_up").await;
        if !in_the_call {
            assert_eq!(agent.post(report, json!({})).await.0, 200);
        }
        assert_eq!(agent.post("/agent/me/finish_wrap_up", json!({})).await.0, 200);
        let resting = agent.until_state("not_ready").await;
        assert_eq!(resting["state"]["reason"], json!("micro_break"), "{resting}");
        assert!(resting["state"]["until"].is_string(), "it ends by itself: {resting}");
        let (status, shown) = agent.post("/agent/me/ready", json!({})).await;
        assert_eq!((status, &shown["state"]["name"]), (200, &json!("ready")), "{shown}");
    }
    server.stop().await;
}
