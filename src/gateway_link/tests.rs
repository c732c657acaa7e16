//! The link's opening, its refusals and its end, over real WebSockets.

use futures_util::StreamExt;
use gateway_protocol::{
    CommandNumber, EventNumber, FencingNumber, GatewayMessage, Hello, PROTOCOL_VERSION,
    ServerMessage,
};
use types::GatewayInstanceId;

use crate::testing::floor::{LINK_KEY, TestFloor};
use crate::testing::gateway::{ScriptedGateway, WAIT_MAX, empty_snapshot};

fn hello(protocol: u32) -> GatewayMessage {
    GatewayMessage::Hello(Hello {
        protocol,
        gateway: ScriptedGateway::id(),
        instance: GatewayInstanceId::from_u128(5),
        software: "scripted".to_owned(),
        last_event: EventNumber(0),
        fencing: FencingNumber(0),
        last_command: CommandNumber(0),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_and_a_used_proof_are_refused() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let wrong = ScriptedGateway::proof(&[1; 32]);
    let refused = ScriptedGateway::open(server.address, &wrong, &[1; 32]).await;
    assert_eq!(refused.map(|_| ()), Err(401));
    let proof = ScriptedGateway::proof(&LINK_KEY);
    assert!(ScriptedGateway::open(server.address, &proof, &LINK_KEY).await.is_ok());
    let again = ScriptedGateway::open(server.address, &proof, &LINK_KEY).await;
    assert_eq!(again.map(|_| ()), Err(401));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_version_and_an_unknown_message_are_told_why() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    for (first, told) in [
        (serde_json::to_string(&hello(PROTOCOL_VERSION + 1)).unwrap(), "version"),
        (r#"{"message":"nonsense"}"#.to_owned(), "not a message"),
        (r#"{"message":"commands_done","fencing":1,"up_to":1}"#.to_owned(), "hello"),
    ] {
        let mut gateway = ScriptedGateway::new(&LINK_KEY);
        gateway.attach(server.address).await;
        gateway.send_text(&first).await;
        let refused = gateway.receive().await;
        let ServerMessage::Refused { reason } = refused else { panic!("{refused:?}") };
        assert!(reason.contains(told), "{reason}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_connection_of_the_same_gateway_replaces_the_first() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let mut first = gateway.detach();
    gateway.link(server.address, empty_snapshot()).await;
    let ended = async { while let Some(Ok(_)) = first.next().await {} };
    tokio::time::timeout(WAIT_MAX, ended).await.expect("the first connection ends");
    gateway.call_in("13800138000").await;
    gateway.all_stored().await;
    assert_eq!(server.ctx.floor().unwrap().links.status().len(), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_stays_down_is_told_to_the_distributor() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    gateway.call_in("13800138000").await;
    gateway.all_stored().await;
    gateway.unlink();
    let mut views = server.ctx.floor().unwrap().handle.watch_floor();
    let lost = views.wait_for(|floor| floor.view.gateways.iter().any(|gateway| !gateway.connected));
    tokio::time::timeout(WAIT_MAX, lost).await.expect("the gateway counts as lost").unwrap();
    server.stop().await;
}
