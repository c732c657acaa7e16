//! Callers whom somebody knows: her agent, her age and her missed calls are with the arrival.

use std::time::Duration;

use gateway_protocol::{Command, EndCause, Event};
use serde_json::json;
use types::{AgentId, CallId, Role};

use super::calls::{answer, hang_up, ready_agent};
use crate::acd_host::CallerBook;
use crate::cli::SAMPLE;
use crate::service::county;
use crate::testing::floor::{LINK_KEY, RunningServer, TestFloor};
use crate::testing::gateway::{ScriptedGateway, empty_snapshot};

/// What has reached the tables is in the book within this.
const KNOWN_WITHIN: Duration = Duration::from_secs(10);

const ANNA: &str = "13800138000";

/// Waits until the server's book is as wanted.
async fn until(server: &RunningServer, is: impl Fn(&CallerBook) -> bool) {
    let ask = async {
        loop {
            let mut found = false;
            server.ctx.known_callers.change(|book| found = is(book));
            if found {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(KNOWN_WITHIN, ask).await.expect("the book does not become so");
}

/// Who is rung for this call.
async fn rung(gateway: &mut ScriptedGateway, call: CallId) -> AgentId {
    loop {
        if let Command::Offer { call: of, agent, .. } = gateway.command().await {
            assert_eq!(of, call);
            return agent;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_calls_again_about_an_open_matter_rings_at_the_agent_who_knows_it() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[("HOTLINE__ACD__AGENTS_AT_ONCE", "1")]).await;
    county::load(&server.ctx, "test", &SAMPLE).await.unwrap();
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let knows = ready_agent(&server, &mut gateway, "agent01").await;
    let (call, caller_leg) = gateway.call_in(ANNA).await;
    let agent_leg = answer(&mut gateway, call, caller_leg).await;
    knows.until_state("talking").await;
    let wish = json!({ "channel": "phone", "call": call });
    let (status, draft) = knows.post("/work-orders", wish).await;
    assert_eq!(status, 201, "{draft}");
    // Ready while the other talks: for longer than she is from now on.
    let other = ready_agent(&server, &mut gateway, "agent02").await;
    hang_up(&mut gateway, call, caller_leg, agent_leg).await;
    knows.until_state("wrap_up").await;
    let (status, shown) = knows.post("/agent/me/finish_wrap_up", json!({})).await;
    assert_eq!(status, 200, "{shown}");
    knows.until_state("ready").await;
    until(&server, |book| book.matters.get(&ANNA.parse().unwrap()) == Some(&knows.agent)).await;

    let (stranger, leg) = gateway.call_in("13900139000").await;
    assert_eq!(rung(&mut gateway, stranger).await, other.agent, "longest ready");
    gateway.event(Event::LegEnded { call: stranger, leg, cause: EndCause::HungUp }).await;
    other.until_state("ready").await;
    let (again, _) = gateway.call_in("+8613800138000").await;
    assert_eq!(rung(&mut gateway, again).await, knows.agent, "she knows the matter");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn elders_and_who_has_called_in_vain_are_known_when_they_call() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let leader = server.person("leader01", &[Role::TeamLeader]).await;
    let (call, leg) = gateway.call_in(ANNA).await;
    gateway.event(Event::LegEnded { call, leg, cause: EndCause::HungUp }).await;
    gateway.all_stored().await;
    until(&server, |book| book.missed.contains(&ANNA.parse().unwrap())).await;
    let path = format!("/calls/{call}/caller/elder");
    let (status, shown) = leader.put(&path, json!({ "elder": true })).await;
    assert_eq!((status, &shown["elder"]), (200, &json!(true)), "{shown}");

    let (again, _) = gateway.call_in(ANNA).await;
    gateway.all_stored().await;
    let mut seen = server.ctx.live.floor().unwrap().handle.watch_floor();
    let waits = seen.wait_for(|floor| floor.view.waiting.iter().any(|it| it.call == again));
    let seen = tokio::time::timeout(KNOWN_WITHIN, waits).await.unwrap().unwrap().clone();
    let routing = &seen.view.waiting.iter().find(|it| it.call == again).unwrap().routing;
    assert!(routing.elder && routing.repeat_caller && routing.preferred.is_none(), "{routing:?}");
    server.stop().await;
}
