//! A peer that sends nonsense: nothing panics, calls go on, rules are kept.

use std::net::SocketAddr;
use std::time::Duration;

use super::common::{noise, phone, uri, wait_for, within};
use hotline_phone::{CallEvent, CallOptions, Outcome, Phone, TransportKind};
use tokio::net::UdpSocket;

async fn ask(socket: &UdpSocket, to: SocketAddr, text: &str) -> Option<String> {
    socket.send_to(text.as_bytes(), to).await.unwrap();
    let mut buffer = vec![0; 4096];
    let got = tokio::time::timeout(Duration::from_secs(2), socket.recv_from(&mut buffer)).await;
    got.ok().map(|got| String::from_utf8_lossy(&buffer[..got.unwrap().0]).into_owned())
}

fn request(method: &str, from: SocketAddr, call_id: &str, body: &str) -> String {
    format!(
        "{method} sip:x@phone SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{call_id}{method}\r\n\
         From: <sip:a@{from}>;tag=1\r\nTo: <sip:x@phone>\r\nCall-ID: {call_id}\r\nCSeq: 1 {method}\r\n\
         Contact: <sip:a@{from}>\r\nContent-Type: application/sdp\r\n\r\n{body}"
    )
}

async fn talker() -> (UdpSocket, SocketAddr, Phone) {
    let phone = phone(TransportKind::Udp).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address, phone)
}

#[tokio::test]
async fn requests_outside_calls_are_answered_by_the_rules() {
    let (socket, ours, phone) = talker().await;
    for (method, status) in
        [("OPTIONS", "200"), ("BYE", "481"), ("CANCEL", "481"), ("SUBSCRIBE", "405")]
    {
        let answer =
            ask(&socket, phone.local_address(), &request(method, ours, "c", "")).await.unwrap();
        assert!(answer.starts_with(&format!("SIP/2.0 {status}")), "{method}: {answer}");
    }
}

#[tokio::test]
async fn an_offer_without_a_known_codec_gets_488() {
    let (socket, ours, phone) = talker().await;
    let offer = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 18\r\n";
    let trying =
        ask(&socket, phone.local_address(), &request("INVITE", ours, "c2", offer)).await.unwrap();
    assert!(trying.starts_with("SIP/2.0 100"), "{trying}");
    let mut call = within(phone.next_call()).await.unwrap();
    call.answer(CallOptions::default()).await.unwrap();
    let report = within(call.finish()).await;
    assert_eq!((report.outcome, report.status), (Outcome::Rejected, 488));
}

#[tokio::test]
async fn a_foreign_bye_does_not_end_a_call() {
    let (socket, ours, called) = talker().await;
    let caller = phone(TransportKind::Udp).await;
    let mut out = caller.call(&uri("1", &called), CallOptions::default()).await.unwrap();
    let inc = within(called.next_call()).await.unwrap();
    inc.answer(CallOptions::default()).await.unwrap();
    wait_for(&mut out, |event| *event == CallEvent::FirstRtp).await;
    let answer = ask(&socket, called.local_address(), &request("BYE", ours, inc.call_id(), ""))
        .await
        .unwrap();
    assert!(answer.starts_with("SIP/2.0 481"), "{answer}");
    out.send_digit('5').await;
    let mut inc = inc;
    wait_for(&mut inc, |event| *event == CallEvent::Digit('5')).await;
}

#[tokio::test]
async fn nonsense_on_the_signalling_port_is_survived() {
    let (socket, _, called) = talker().await;
    let seed = request("INVITE", "127.0.0.1:9".parse().unwrap(), "fuzz", "v=0\r\n").into_bytes();
    for round in 0..2000 {
        let mut bytes = seed.clone();
        for (place, value) in noise(round, 6).chunks(2).filter_map(|p| p.first().zip(p.last())) {
            let at = usize::from(place.unsigned_abs()) % bytes.len();
            bytes[at] = value.to_le_bytes()[0];
        }
        socket.send_to(&bytes, called.local_address()).await.unwrap();
    }
    while let Ok(Some(stray)) =
        tokio::time::timeout(Duration::from_millis(200), called.next_call()).await
    {
        stray.reject(486).await;
    }
    let caller = phone(TransportKind::Udp).await;
    let mut out = caller.call(&uri("alive", &called), CallOptions::default()).await.unwrap();
    let inc = within(called.next_call()).await.unwrap();
    assert_eq!(inc.to(), "alive");
    inc.answer(CallOptions::default()).await.unwrap();
    wait_for(&mut out, |event| *event == CallEvent::Answered).await;
}
