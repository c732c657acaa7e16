//! What the gateway says to those it does not serve, and what it does not do to itself.

use std::time::Duration;

use tokio::net::UdpSocket;

use crate::gateway::{self, Gateway};

/// A request with every mandatory header except those named in `without`.
fn request(method: &str, uri: &str, without: &[&str], extra: &str) -> String {
    let headers = [
        ("Via", "SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK".to_owned() + &unique()),
        ("From", "<sip:13800138000@127.0.0.1>;tag=1".to_owned()),
        ("To", format!("<{uri}>")),
        ("Call-ID", unique()),
        ("CSeq", format!("1 {method}")),
        ("Max-Forwards", "70".to_owned()),
    ];
    let kept = headers.iter().filter(|(name, _)| !without.contains(name));
    let lines: String = kept.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{method} {uri} SIP/2.0\r\n{lines}{extra}\r\n")
}

fn unique() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The first status above 100 that comes back.
async fn status(socket: &UdpSocket) -> Option<u16> {
    let mut buffer = vec![0; 65_535];
    loop {
        let received = socket.recv(&mut buffer);
        let len = tokio::time::timeout(Duration::from_secs(3), received).await.ok()?.ok()?;
        let text = String::from_utf8_lossy(&buffer[..len]).into_owned();
        let status: u16 = text.split(' ').nth(1)?.parse().ok()?;
        if status > 100 {
            assert!(text.contains("received=127.0.0.1;rport="), "{text}");
            return Some(status);
        }
    }
}

async fn socket(gateway: &Gateway) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(gateway.sip()).await.unwrap();
    socket
}

#[tokio::test]
async fn every_faulty_request_is_answered_with_its_status() {
    let gateway = Gateway::start("").await;
    let socket = socket(&gateway).await;
    let uri = "sip:12345@127.0.0.1";
    let cases = [
        (request("INVITE", "sip:110@127.0.0.1", &[], ""), 404),
        (request("INVITE", uri, &["Call-ID"], ""), 400),
        (request("INVITE", uri, &["CSeq"], ""), 400),
        (request("INVITE", uri, &["From"], ""), 400),
        (request("INVITE", uri, &[], "Content-Length: 5\r\nContent-Length: 6\r\n"), 400),
        (request("INVITE", uri, &[], "Content-Length: -7\r\n"), 400),
        (request("INVITE", uri, &[], "Content-Length: 18446744073709551615\r\n"), 400),
        (request("INVITE", uri, &[], "Require: 100rel\r\n"), 420),
        (request("INVITE", "http://x/", &[], ""), 416),
        (request("DANCE", uri, &[], ""), 501),
        (request("MESSAGE", uri, &[], ""), 405),
        (request("BYE", uri, &[], ""), 481),
        (request("OPTIONS", uri, &[], ""), 200),
        (request("INVITE", uri, &[], "").replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"), 505),
        (request("REGISTER", "sip:hotline.local", &[], ""), 401),
    ];
    for (text, expected) in cases {
        socket.send(text.as_bytes()).await.unwrap();
        assert_eq!(status(&socket).await, Some(expected), "{text}");
    }
}

#[tokio::test]
async fn garbage_is_counted_and_hurts_nobody() {
    let gateway = Gateway::start("").await;
    let socket = socket(&gateway).await;
    let garbage: [&[u8]; 6] = [
        b"\x00\x01\x02\x03",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"INVITE",
        b"SIP/2.0 99999 \r\n\r\n",
        &[0xff; 1_400],
        b"\r\n\r\n",
    ];
    for bytes in garbage {
        socket.send(bytes).await.unwrap();
    }
    socket.send(request("OPTIONS", "sip:127.0.0.1", &[], "").as_bytes()).await.unwrap();
    assert_eq!(status(&socket).await, Some(200));
    assert!(gateway.metric("gateway_sip_garbage_total").await >= 4.0);
}

#[tokio::test]
async fn a_source_outside_every_trunk_gets_403() {
    let trunk = "[[gateway.trunks]]\nname = \"carrier-a\"\nsources = [\"10.9.8.0/24\"]\nnumbers = [\"12345\"]\n";
    let gateway = Gateway::start(trunk).await;
    let socket = socket(&gateway).await;
    socket.send(request("INVITE", "sip:12345@127.0.0.1", &[], "").as_bytes()).await.unwrap();
    assert_eq!(status(&socket).await, Some(403));
    assert!(gateway.metric("gateway_calls_refused_total{status=\"403\"}").await >= 1.0);
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_key_and_ends_the_start() {
    let taken = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let data = tempfile::tempdir().unwrap();
    let extra = "";
    // The last value of a key wins in the environment layer.
    let mut child = gateway::spawn(&data, "ws://127.0.0.1:1/", extra);
    child.kill().await.unwrap();
    let _ = std::fs::remove_file(data.path().join("gateway-ports.json"));
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_sip-gateway"))
        .arg("--config")
        .arg(data.path().join("gateway.toml"))
        .env("HOTLINE_DATA", data.path())
        .env("HOTLINE__GATEWAY__SIP__UDP_PORT", port.to_string())
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains(&port.to_string()) && text.contains("gateway.sip.udp_port"), "{text}");
}
