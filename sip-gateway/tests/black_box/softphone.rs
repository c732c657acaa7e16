//! The browser's way in: token, origin, registration, taking over.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gateway_protocol::token::SoftphoneClaims;
use gateway_protocol::{DeviceLostCause, Event, FailureCause};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use types::{AgentId, DeviceId, LegId, SessionId, Timestamp};

use crate::calls::{arrived, failed, offer_to};
use crate::gateway::{Gateway, Sipp, TOKEN_KEY, free_port};

const AGENT: AgentId = AgentId::from_u128(0x42);

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

fn token(device: u128, take_over: bool, nonce: u8) -> String {
    let claims = SoftphoneClaims {
        agent: AGENT,
        device: DeviceId::from_u128(device),
        replaces: None,
        session: SessionId::from_u128(7),
        username: "agent01".into(),
        expires_at: Timestamp::from_micros(4_000_000_000_000_000),
        nonce: hex::encode([nonce; 16]),
        take_over,
    };
    claims.sign(&TOKEN_KEY).unwrap()
}

async fn open(gateway: &Gateway, token: &str, origin: &str) -> Result<Socket, Error> {
    let url = format!("ws://127.0.0.1:{}/sip?token={token}", gateway.port("sip_ws"));
    let mut request = url.into_client_request()?;
    request.headers_mut().insert("origin", origin.parse().unwrap());
    request.headers_mut().insert("sec-websocket-protocol", "sip".parse().unwrap());
    Ok(tokio_tungstenite::connect_async(request).await?.0)
}

async fn register(socket: &mut Socket, user: &str) -> u16 {
    let text = format!(
        "REGISTER sip:hotline.local SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK{user}\r\n\
         From: <sip:{user}@hotline.local>;tag=1\r\nTo: <sip:{user}@hotline.local>\r\n\
         Call-ID: {user}\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 69\r\n\
         Contact: <sip:abc@x.invalid;transport=ws>;expires=600\r\nContent-Length: 0\r\n\r\n"
    );
    socket.send(Message::text(text)).await.unwrap();
    loop {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            let status = text.split(' ').nth(1).unwrap().parse().unwrap();
            if status == 200 {
                assert!(text.contains("sip:abc@x.invalid;transport=ws>;expires=600"), "{text}");
            }
            return status;
        }
    }
}

fn refused_with(result: Result<Socket, Error>) -> u16 {
    match result {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_page_registers_with_its_token_and_is_lost_at_once_when_it_closes() {
    let mut gateway = Gateway::start("").await;
    let own = "http://127.0.0.1:12345";
    let mut socket = open(&gateway, &token(1, false, 1), own).await.unwrap();
    assert_eq!(register(&mut socket, "agent02").await, 403);
    assert_eq!(register(&mut socket, "agent01").await, 200);
    let is_registered =
        |e: &Event| matches!(e, Event::DeviceRegistered { agent: AGENT, .. }).then_some(());
    gateway.server.event(is_registered).await;
    assert_eq!(refused_with(open(&gateway, &token(1, false, 1), own).await), 401);
    assert_eq!(refused_with(open(&gateway, "nonsense", own).await), 401);
    let foreign = open(&gateway, &token(1, false, 2), "https://evil.example").await;
    assert_eq!(refused_with(foreign), 403);
    drop(socket);
    let cause = gateway
        .server
        .event(|e| match e {
            Event::DeviceLost { cause, .. } => Some(*cause),
            _ => None,
        })
        .await;
    assert_eq!(cause, DeviceLostCause::ConnectionClosed);
}

#[tokio::test]
async fn a_second_page_is_refused_unless_it_takes_over() {
    let mut gateway = Gateway::start("").await;
    let own = "http://127.0.0.1:12345";
    let mut first = open(&gateway, &token(1, false, 1), own).await.unwrap();
    assert_eq!(register(&mut first, "agent01").await, 200);
    let mut second = open(&gateway, &token(2, false, 2), own).await.unwrap();
    assert_eq!(close_code(&mut second).await, 4_409);
    let mut third = open(&gateway, &token(2, true, 3), own).await.unwrap();
    assert_eq!(close_code(&mut first).await, 4_410);
    assert_eq!(register(&mut third, "agent01").await, 200);
    let cause = gateway
        .server
        .event(|e| match e {
            Event::DeviceLost { cause, .. } => Some(*cause),
            _ => None,
        })
        .await;
    assert_eq!(cause, DeviceLostCause::TakenOver);
}

#[tokio::test]
async fn a_page_is_rung_by_its_connection_and_can_refuse_or_vanish() {
    let mut gateway = Gateway::start("").await;
    let mut page = open(&gateway, &token(1, false, 1), "http://127.0.0.1:12345").await.unwrap();
    assert_eq!(register(&mut page, "agent01").await, 200);
    let caller = Sipp::start("caller_cancels_late", &gateway.sip(), free_port(), &[]);
    let (call, caller_leg) = arrived(&mut gateway).await;
    let (first, second) = (LegId::from_u128(1), LegId::from_u128(2));

    gateway.server.order(offer_to(call, first, AGENT));
    let invite = request(&mut page, "INVITE").await;
    assert!(invite.starts_with("INVITE sip:abc@x.invalid;transport="), "{invite}");
    assert!(invite.contains("From: <sip:13800138000@"), "{invite}");
    assert!(invite.contains("a=ice-ufrag:") && invite.contains("a=fingerprint:"), "{invite}");
    page.send(Message::text(answer(&invite, "180 Ringing"))).await.unwrap();
    page.send(Message::text(answer(&invite, "486 Busy Here"))).await.unwrap();
    request(&mut page, "ACK").await;
    assert_eq!(failed(&mut gateway, first).await, FailureCause::Busy);

    gateway.server.order(offer_to(call, second, AGENT));
    let invite = request(&mut page, "INVITE").await;
    page.send(Message::text(answer(&invite, "180 Ringing"))).await.unwrap();
    let rings =
        |e: &Event| matches!(e, Event::LegRinging { leg, .. } if *leg == second).then_some(());
    gateway.server.event(rings).await;
    drop(page);
    assert_eq!(failed(&mut gateway, second).await, FailureCause::Unreachable);
    let gone =
        |e: &Event| matches!(e, Event::LegEnded { leg, .. } if *leg == caller_leg).then_some(());
    gateway.server.event(gone).await;
    caller.succeed().await;
}

/// The next request of that method which the page receives.
async fn request(socket: &mut Socket, method: &str) -> String {
    loop {
        let received = tokio::time::timeout(Duration::from_secs(10), socket.next()).await;
        if let Message::Text(text) = received.expect("a message within 10 s").unwrap().unwrap()
            && text.starts_with(method)
        {
            return text.to_string();
        }
    }
}

/// A page's answer to a request.
fn answer(request: &str, status: &str) -> String {
    let repeated: String = request
        .lines()
        .filter(|l| ["Via:", "From:", "Call-ID:", "CSeq:"].iter().any(|n| l.starts_with(n)))
        .map(|line| format!("{line}\r\n"))
        .collect();
    let to = request.lines().find(|l| l.starts_with("To:")).unwrap();
    format!("SIP/2.0 {status}\r\n{repeated}{to};tag=page\r\nContent-Length: 0\r\n\r\n")
}

async fn close_code(socket: &mut Socket) -> u16 {
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Close(Some(frame)) => return frame.code.into(),
            Message::Close(None) => panic!("closed without a reason"),
            _ => {}
        }
    }
}
