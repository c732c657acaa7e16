//! Agents whose desk phone is all they have (`calls.desk_phones_ready`).

use gateway_protocol::{Command, DeviceKind, DeviceLostCause, DeviceSnapshot, Event, Snapshot};
use serde_json::json;
use types::{AgentId, DeviceId, Role};

use crate::clock::Clock;
use crate::testing::floor::{LINK_KEY, TestFloor};
use crate::testing::gateway::{ScriptedGateway, empty_snapshot};

const READY_BY_REGISTERING: &[(&str, &str)] = &[("HOTLINE__CALLS__DESK_PHONES_READY", "true")];

fn device_of(agent: AgentId) -> DeviceId {
    DeviceId::from_u128(agent.as_uuid().as_u128() ^ 1)
}

fn registered(agent: AgentId) -> Event {
    Event::DeviceRegistered { agent, device: device_of(agent), kind: DeviceKind::DeskPhone }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_phone_that_registers_makes_its_agent_ready_and_rings() {
    let floor = TestFloor::new().await;
    let server = floor.start(READY_BY_REGISTERING).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let agent = server.person("agent01", &[Role::Agent]).await;
    gateway.event(registered(agent.agent)).await;
    let shown = agent.until_state("ready").await;
    assert_eq!(shown["device"]["kind"], json!("desk_phone"), "{shown}");
    let (call, _) = gateway.call_in("13800138000").await;
    let offered = gateway.command().await;
    assert!(matches!(offered, Command::Offer { call: of, .. } if of == call), "{offered:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_break_outlasts_a_new_registration_of_the_desk_phone() {
    let floor = TestFloor::new().await;
    let server = floor.start(READY_BY_REGISTERING).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let resting = server.person("agent01", &[Role::Agent]).await;
    let other = server.person("agent02", &[Role::Agent]).await;
    gateway.event(registered(resting.agent)).await;
    resting.until_state("ready").await;
    resting.post("/agent/me/not_ready", json!({ "reason": "meal" })).await;
    let (agent, device) = (resting.agent, device_of(resting.agent));
    let cause = DeviceLostCause::Expired;
    gateway.event(Event::DeviceLost { agent, device, cause }).await;
    gateway.event(registered(agent)).await;
    // Phones are served in their order: once the later one is ready the earlier one has been seen.
    gateway.event(registered(other.agent)).await;
    other.until_state("ready").await;
    let (_, shown) = resting.get("/agent/me").await;
    assert_eq!(shown["state"]["name"], json!("not_ready"), "{shown}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_phone_of_a_snapshot_makes_its_agent_ready() {
    let floor = TestFloor::new().await;
    let server = floor.start(READY_BY_REGISTERING).await;
    let agent = server.person("agent01", &[Role::Agent]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    let snapshot = Snapshot {
        devices: vec![DeviceSnapshot {
            agent: agent.agent,
            device: device_of(agent.agent),
            kind: DeviceKind::DeskPhone,
            registered_at: Clock::system().now(),
            proved_at: None,
        }],
        ..empty_snapshot()
    };
    gateway.link(server.address, snapshot).await;
    agent.until_state("ready").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_delivered_a_desk_phone_alone_makes_nobody_ready() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let agent = server.person("agent01", &[Role::Agent]).await;
    agent.post("/agent/me/sign_in", json!({})).await;
    gateway.event(registered(agent.agent)).await;
    gateway.all_stored().await;
    let (status, refused) = agent.post("/agent/me/ready", json!({})).await;
    assert_eq!((status, &refused["code"]), (409, &json!("not_proved")), "{refused}");
    server.stop().await;
}
