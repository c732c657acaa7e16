//! The gateway stops, slowly and at once, and comes back after it was killed.

use std::path::Path;
use std::time::Duration;

use gateway_protocol::{EndCause, Event};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sip_gateway::net::clock;

use crate::caller::{Telephone, header, status};
use crate::calls::{arrived, ended, ready, talking};
use crate::gateway::Gateway;

const CITIZEN: u8 = 0x2A;
const AGENT: u8 = 0x3B;

fn signal(gateway: &Gateway, signal: Signal) {
    let pid = i32::try_from(gateway.child.id().unwrap()).unwrap();
    kill(Pid::from_raw(pid), signal).unwrap();
}

/// Far below every `drain_ms` used here, with room for a busy machine.
const AT_ONCE: Duration = Duration::from_secs(6);

/// Waits for the end; how long it took.
async fn exits(gateway: &mut Gateway) -> Duration {
    let since = clock::now();
    let exit = tokio::time::timeout(Duration::from_secs(10), gateway.child.wait()).await;
    assert!(exit.expect("it exits").unwrap().success());
    clock::now().since(since)
}

fn unfinished(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder.join("recordings/unfinished")).unwrap();
    entries.flatten().map(|entry| entry.path()).collect()
}

#[tokio::test]
async fn an_idle_gateway_stops_at_once() {
    let mut gateway = Gateway::start("").await;
    signal(&gateway, Signal::SIGTERM);
    let took = exits(&mut gateway).await;
    assert!(took < AT_ONCE, "{took:?}");
}

#[tokio::test]
async fn a_draining_gateway_takes_nothing_new_and_goes_when_its_last_call_has_ended() {
    let mut gateway = Gateway::start("drain_ms = 20000\n").await;
    let (mut citizen, mut agent, call, leg) = talking(&mut gateway, true).await;
    signal(&gateway, Signal::SIGTERM);
    gateway.server.event(|e| matches!(e, Event::GatewayDraining { .. }).then_some(())).await;
    let mut late = Telephone::open(&gateway.sip(), 0).await;
    late.dial().await;
    let refused = late.response(200).await;
    assert_eq!(status(&refused), 503);
    let retry_after_s: u64 = header(&refused, "Retry-After").unwrap().parse().unwrap();
    assert!((20..=25).contains(&retry_after_s), "{retry_after_s}");
    assert_eq!(gateway.readiness().await, 503);
    assert!(gateway.metric("gateway_draining").await >= 1.0);
    let (to_citizen, to_agent) =
        tokio::join!(citizen.talk(CITIZEN, 2_000), agent.talk(AGENT, 2_000));
    assert!(
        to_citizen.of(AGENT) >= 95 && to_agent.of(CITIZEN) >= 95,
        "{to_citizen:?} {to_agent:?}"
    );
    citizen.hang_up().await;
    assert_eq!(ended(&mut gateway, leg).await, EndCause::HungUp);
    // The phone at the agent's end does not answer the BYE: the gateway waits for it, but not long.
    let took = exits(&mut gateway).await;
    assert!(took < AT_ONCE, "{took:?}");
    let (of, _, duration_ms) = ready(&mut gateway).await;
    // The last of a hundred packets leaves 1.98 s after the first.
    assert!(of == call && duration_ms >= 1_980, "{duration_ms}");
    assert_eq!(unfinished(gateway.data.path()), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn what_is_left_at_the_bound_is_ended_and_told() {
    let mut gateway = Gateway::start("drain_ms = 1000\n").await;
    let (mut citizen, mut agent, call, leg) = talking(&mut gateway, true).await;
    let mut waiting = Telephone::open(&gateway.sip(), 0).await;
    waiting.dial().await;
    let (_, waiting_leg) = arrived(&mut gateway).await;
    let since = clock::now();
    signal(&gateway, Signal::SIGTERM);
    tokio::join!(citizen.talk(CITIZEN, 900), agent.talk(AGENT, 900));
    let stopping = EndCause::GatewayStopping;
    assert_eq!(status(&waiting.response(200).await), 503);
    assert!(citizen.receive().await.starts_with("BYE"));
    let mut left = vec![leg, waiting_leg];
    while !left.is_empty() {
        let (of, cause) = gateway
            .server
            .event(|event| match event {
                Event::LegEnded { leg, cause, .. } => Some((*leg, *cause)),
                _ => None,
            })
            .await;
        assert_eq!(cause, stopping);
        left.retain(|leg| *leg != of);
    }
    let (of, ..) = ready(&mut gateway).await;
    assert_eq!(of, call);
    exits(&mut gateway).await;
    let took = clock::now().since(since);
    assert!((1_000..1_000 + AT_ONCE.as_millis()).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test]
async fn a_second_signal_ends_the_drain() {
    let mut gateway = Gateway::start("drain_ms = 60000\n").await;
    let (citizen, ..) = talking(&mut gateway, false).await;
    signal(&gateway, Signal::SIGTERM);
    gateway.server.event(|e| matches!(e, Event::GatewayDraining { .. }).then_some(())).await;
    signal(&gateway, Signal::SIGINT);
    assert!(citizen.receive().await.starts_with("BYE"));
    let took = exits(&mut gateway).await;
    assert!(took < AT_ONCE, "{took:?}");
}

#[tokio::test]
async fn a_recording_survives_the_death_of_its_gateway() {
    let mut gateway = Gateway::start("").await;
    let (mut citizen, mut agent, call, _) = talking(&mut gateway, true).await;
    tokio::join!(citizen.talk(CITIZEN, 3_000), agent.talk(AGENT, 3_000));
    gateway.child.kill().await.unwrap();
    assert_eq!(unfinished(gateway.data.path()).len(), 1);
    gateway.restart().await;
    let (of, file, duration_ms) = ready(&mut gateway).await;
    assert_eq!(of, call);
    assert!((2_000..3_100).contains(&duration_ms), "{duration_ms}");
    let wav = test_support::read_wav(&gateway.data.path().join("recordings").join(file)).unwrap();
    assert_eq!(wav.channels[0].len() as u64 / 8, duration_ms);
    // A steady byte of A-law is a steady level: each side is in its own channel.
    let level = |channel: usize| wav.channels[channel][8_000];
    assert!(level(0) != level(1) && level(0) != 0 && level(1) != 0);
    // The note goes as soon as the server has stored the report.
    let end = clock::now() + Duration::from_secs(5);
    while !unfinished(gateway.data.path()).is_empty() {
        assert!(clock::now() < end, "{:?}", unfinished(gateway.data.path()));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
