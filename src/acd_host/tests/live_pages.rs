//! The live WebSocket: who hears what, and what a page that comes back gets.

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use types::Role;

use super::calls::ready_agent;
use crate::testing::floor::{Client, LINK_KEY, RunningServer, TestFloor};
use crate::testing::gateway::{ScriptedGateway, WAIT_MAX, empty_snapshot};

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn open(
    server: &RunningServer,
    client: &Client,
    after: Option<u64>,
    origin: &str,
) -> Result<Socket, u16> {
    let after = after.map(|after| format!("?after={after}")).unwrap_or_default();
    let url = format!("ws://{}/api/v1/live{after}", server.address);
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("cookie", client.cookie.parse().unwrap());
    request.headers_mut().insert("origin", origin.parse().unwrap());
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(tokio_tungstenite::tungstenite::Error::Http(reply)) => Err(reply.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// The next message of `topic`; others are passed over.
async fn next(socket: &mut Socket, topic: &str) -> Value {
    next_of(socket, &[topic]).await
}

/// The next message of one of `topics`.
async fn next_of(socket: &mut Socket, topics: &[&str]) -> Value {
    let find = async {
        loop {
            let message = socket.next().await.unwrap().unwrap();
            let Ok(text) = message.to_text() else { continue };
            let Ok(value) = serde_json::from_str::<Value>(text) else { continue };
            if topics.iter().any(|topic| value["topic"] == *topic) {
                return value;
            }
        }
    };
    tokio::time::timeout(WAIT_MAX, find).await.unwrap_or_else(|_| panic!("none of {topics:?}"))
}

/// The next message of each topic: an offer and the state it puts her into come in either order.
async fn next_of_both(socket: &mut Socket, topics: [&str; 2]) -> [Value; 2] {
    let first = next_of(socket, &topics).await;
    if first["topic"] == topics[0] {
        let second = next(socket, topics[1]).await;
        [first, second]
    } else {
        [next(socket, topics[0]).await, first]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_hears_offers_and_states_and_resumes_after_its_last_number() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let origin = format!("http://{}", server.address);
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let agent = ready_agent(&server, &mut gateway, "agent01").await;
    let other = server.person("agent02", &[Role::Agent]).await;

    let mut page = open(&server, &agent, None, &origin).await.unwrap();
    let hello = next(&mut page, "hello").await;
    let mut stranger = open(&server, &other, None, &origin).await.unwrap();
    next(&mut stranger, "hello").await;
    let (call, _) = gateway.call_in("13800138000").await;
    let [offer, ringing] = next_of_both(&mut page, ["offer", "agent_state"]).await;
    assert_eq!(offer["data"]["call"], json!(call), "{offer}");
    assert_eq!(offer["data"]["caller"], json!("13800138000"));
    assert_eq!(ringing["data"]["state"]["name"], json!("ringing"), "{ringing}");

    let missed = open(&server, &agent, hello["number"].as_u64(), &origin).await;
    assert_eq!(next(&mut missed.unwrap(), "offer").await, offer, "the same message again");
    let mut stale = open(&server, &agent, Some(7), &origin).await.unwrap();
    next(&mut stale, "resync").await;

    // What the other agent's page hears next is her own state, not the offer of her colleague.
    let (status, _) = other.post("/agent/me/sign_in", json!({})).await;
    assert_eq!(status, 200);
    let heard = loop {
        let message = stranger.next().await.unwrap().unwrap();
        if let Ok(value) = serde_json::from_str::<Value>(message.to_text().unwrap_or_default()) {
            break value;
        }
    };
    assert_eq!(
        (&heard["topic"], &heard["data"]["agent"]),
        (&json!("agent_state"), &json!(other.agent))
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_another_origin_or_without_a_session_is_refused() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let agent = server.person("agent01", &[Role::Agent]).await;
    let evil = open(&server, &agent, None, "http://evil.example").await.map(|_| ());
    assert_eq!(evil, Err(403));
    let nobody = agent.with_cookie("hotline_session=nonsense");
    let origin = format!("http://{}", server.address);
    assert_eq!(open(&server, &nobody, None, &origin).await.map(|_| ()), Err(401));
    server.stop().await;
}
