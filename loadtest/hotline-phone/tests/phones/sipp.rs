//! The phone against SIPp, which knows nothing of it. Skipped with a message where SIPp is absent.

use std::path::PathBuf;
use std::process::Stdio;

use hotline_phone::{
    CallEvent, CallOptions, Credentials, EndedBy, Outcome, Phone, PhoneConfig, PhoneError,
    RegisterOptions, TransportKind,
};
use tokio::process::{Child, Command};

use super::common::{phone, wait_for, within};

fn free_port() -> u16 {
    std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts SIPp for one call; `None` where it is not installed.
fn sipp(folder: &tempfile::TempDir, arguments: &[&str]) -> Option<Child> {
    let media_port = free_port().to_string();
    let child = Command::new("sipp")
        .args(["-i", "127.0.0.1", "-m", "1", "-nostdin", "-timeout", "9", "-timeout_error", "-mp"])
        .arg(media_port)
        .args(arguments)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    if child.is_err() {
        eprintln!("skipped: sipp is not installed");
    }
    child.ok()
}

async fn assert_success(mut sipp: Child) {
    let status = within(sipp.wait()).await.unwrap();
    assert!(status.success(), "SIPp saw something unexpected: {status}");
}

#[tokio::test]
async fn sipp_answers_and_the_phone_hangs_up() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().to_string();
    let Some(sipp) = sipp(&folder, &["-sn", "uas", "-p", &port]) else { return };
    let caller = phone(TransportKind::Udp).await;
    let mut call =
        caller.call(&format!("sip:12345@127.0.0.1:{port}"), CallOptions::default()).await.unwrap();
    wait_for(&mut call, |event| *event == CallEvent::Answered).await;
    call.hangup().await;
    let report = within(call.finish()).await;
    assert_eq!((report.outcome, report.ended_by), (Outcome::Answered, EndedBy::Local));
    assert!(report.timings_ms.ringing.is_some());
    assert_success(sipp).await;
}

#[tokio::test]
async fn sipp_calls_over_udp_and_tcp_and_hangs_up() {
    for (transport, name) in [(TransportKind::Udp, "u1"), (TransportKind::Tcp, "t1")] {
        let folder = tempfile::tempdir().unwrap();
        let called = phone(transport).await;
        let port = free_port().to_string();
        let to = called.local_address().to_string();
        let Some(sipp) = sipp(&folder, &["-sn", "uac", "-t", name, "-p", &port, "-d", "300", &to])
        else {
            return;
        };
        let mut call = within(called.next_call()).await.unwrap();
        call.ring().await;
        call.answer(CallOptions::default()).await.unwrap();
        let report = within(call.finish()).await;
        assert_eq!((report.outcome, report.ended_by), (Outcome::Answered, EndedBy::Remote));
        assert_success(sipp).await;
    }
}

async fn desk_phone(password: &str) -> Phone {
    let credentials = Credentials { user: "agent01".into(), password: password.into() };
    let config = PhoneConfig {
        user: "agent01".into(),
        credentials: Some(credentials),
        ..PhoneConfig::default()
    };
    Phone::bind(config).await.unwrap()
}

fn registration(port: &str) -> RegisterOptions {
    RegisterOptions {
        registrar: format!("sip:127.0.0.1:{port}"),
        user: "agent01".into(),
        domain: None,
        expires_s: 60,
    }
}

fn scenario() -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sipp");
    folder.join("registrar.xml").to_str().unwrap().to_owned()
}

#[tokio::test]
async fn sipp_checks_the_digest_of_a_registration_and_its_removal() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().to_string();
    let Some(sipp) = sipp(&folder, &["-sf", &scenario(), "-p", &port]) else { return };
    let phone = desk_phone("a secret").await;
    let registered = within(phone.register(registration(&port))).await.unwrap();
    assert!(registered.is_registered());
    within(registered.unregister()).await;
    assert_success(sipp).await;
}

#[tokio::test]
async fn a_wrong_password_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().to_string();
    let Some(_sipp) = sipp(&folder, &["-sf", &scenario(), "-p", &port]) else { return };
    let phone = desk_phone("another").await;
    let error = within(phone.register(registration(&port))).await.unwrap_err();
    assert!(matches!(error, PhoneError::Register { status: 403, .. }), "{error}");
    assert!(error.chinese().contains("注册失败"));
}
