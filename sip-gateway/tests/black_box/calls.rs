//! Whole calls between a carrier and a desk phone, both played by SIPp.

use std::time::Duration;

use gateway_protocol::{
    Command, Destination, EndCause, EndReason, Event, FailureCause, PromptId, WithdrawReason,
};
use types::{AgentId, CallId, LegId};

use crate::caller::Telephone;
use crate::gateway::{Gateway, Sipp, free_port};
use crate::server::{DESK_AGENT, Heard};

const AGENT_LEG: LegId = LegId::from_u128(0xA);
const CITIZEN_LEG: LegId = LegId::from_u128(0xB);

fn offer(call: CallId) -> Command {
    offer_to(call, AGENT_LEG, DESK_AGENT)
}

pub fn offer_to(call: CallId, leg: LegId, agent: AgentId) -> Command {
    Command::Offer {
        call,
        leg,
        agent,
        caller: Some("13800138000".parse().unwrap()),
        dialled: "12345".into(),
        ring_limit_ms: 8_000,
        auto_answer: false,
    }
}

pub async fn arrived(gateway: &mut Gateway) -> (CallId, LegId) {
    gateway
        .server
        .event(|event| match event {
            Event::CallArrived { call, leg, caller, dialled, trunk, .. } => {
                assert_eq!(caller.as_ref().unwrap().reveal(), "13800138000");
                assert_eq!((dialled.as_str(), trunk.as_str()), ("12345", "carrier-a"));
                Some((*call, *leg))
            }
            _ => None,
        })
        .await
}

pub async fn ended(gateway: &mut Gateway, wanted: LegId) -> EndCause {
    gateway
        .server
        .event(|event| match event {
            Event::LegEnded { leg, cause, .. } if *leg == wanted => Some(*cause),
            _ => None,
        })
        .await
}

pub async fn registered(gateway: &mut Gateway) -> u16 {
    let port = free_port();
    Sipp::start("phone_registers", &gateway.sip(), port, &[]).succeed().await;
    let agent = gateway
        .server
        .event(|event| match event {
            Event::DeviceRegistered { agent, .. } => Some(*agent),
            _ => None,
        })
        .await;
    assert_eq!(agent, DESK_AGENT);
    port
}

#[tokio::test]
async fn a_caller_who_gives_up_ends_the_call_once() {
    let mut gateway = Gateway::start("").await;
    let caller = Sipp::start("caller_cancels", &gateway.sip(), free_port(), &[]);
    let (_, leg) = arrived(&mut gateway).await;
    assert_eq!(ended(&mut gateway, leg).await, EndCause::HungUp);
    caller.succeed().await;
    gateway.server.quiet(Duration::from_millis(300)).await;
}

#[tokio::test]
async fn a_caller_over_tcp_is_served_alike() {
    let mut gateway = Gateway::start("").await;
    let tcp = format!("127.0.0.1:{}", gateway.port("sip_tcp"));
    let caller = Sipp::start("caller_cancels", &tcp, free_port(), &["-t", "t1"]);
    let (_, leg) = arrived(&mut gateway).await;
    assert_eq!(ended(&mut gateway, leg).await, EndCause::HungUp);
    caller.succeed().await;
}

#[tokio::test]
async fn a_call_is_offered_answered_connected_recorded_and_ended_by_the_agent() {
    let mut gateway = Gateway::start("").await;
    let phone_port = registered(&mut gateway).await;
    let phone = Sipp::start("phone_hangs_up", &gateway.sip(), phone_port, &[]);
    let caller = Sipp::start("caller_talks", &gateway.sip(), free_port(), &[]);
    let (call, leg) = arrived(&mut gateway).await;
    gateway.server.order(offer(call));
    gateway.server.repeat();
    connect(&mut gateway, call, leg, AGENT_LEG).await;
    assert_eq!(ended(&mut gateway, AGENT_LEG).await, EndCause::HungUp);
    assert_eq!(ended(&mut gateway, leg).await, EndCause::PeerHungUp);
    recorded(&mut gateway, call).await;
    phone.succeed().await;
    caller.succeed().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_ends_the_agents_leg_with_a_bye() {
    let mut gateway = Gateway::start("").await;
    let phone_port = registered(&mut gateway).await;
    let phone = Sipp::start("phone_answers", &gateway.sip(), phone_port, &[]);
    let caller = Sipp::start("caller_hangs_up", &gateway.sip(), free_port(), &[]);
    let (call, leg) = arrived(&mut gateway).await;
    gateway.server.order(offer(call));
    connect(&mut gateway, call, leg, AGENT_LEG).await;
    assert_eq!(ended(&mut gateway, leg).await, EndCause::HungUp);
    assert_eq!(ended(&mut gateway, AGENT_LEG).await, EndCause::PeerHungUp);
    phone.succeed().await;
    caller.succeed().await;
}

#[tokio::test]
async fn a_caller_who_gives_up_takes_the_ringing_phone_with_her() {
    let mut gateway = Gateway::start("").await;
    let phone_port = registered(&mut gateway).await;
    let phone = Sipp::start("phone_is_withdrawn", &gateway.sip(), phone_port, &[]);
    let caller = Sipp::start("caller_cancels", &gateway.sip(), free_port(), &[]);
    let (call, leg) = arrived(&mut gateway).await;
    gateway.server.order(offer(call));
    assert_eq!(ended(&mut gateway, leg).await, EndCause::HungUp);
    let reason = WithdrawReason::CallerGone;
    gateway.server.order(Command::Withdraw { call, leg: AGENT_LEG, reason });
    let cause = failed(&mut gateway, AGENT_LEG).await;
    assert_eq!(cause, FailureCause::Withdrawn);
    phone.succeed().await;
    caller.succeed().await;
    gateway.server.quiet(Duration::from_millis(300)).await;
}

#[tokio::test]
async fn an_offer_to_an_agent_without_a_phone_fails_at_once() {
    let mut gateway = Gateway::start("").await;
    let caller = Sipp::start("caller_talks", &gateway.sip(), free_port(), &[]);
    let (call, leg) = arrived(&mut gateway).await;
    gateway.server.order(offer(call));
    assert_eq!(failed(&mut gateway, AGENT_LEG).await, FailureCause::Unreachable);
    gateway.server.order(Command::Treat {
        call,
        leg,
        treatment: gateway_protocol::Treatment::Music,
        answer: gateway_protocol::AnswerMode::Answer,
    });
    let reason = EndReason::Forced;
    gateway.server.event(|e| matches!(e, Event::LegAnswered { .. }).then_some(())).await;
    gateway.server.order(Command::End { call, leg, reason });
    assert_eq!(ended(&mut gateway, leg).await, EndCause::Ordered);
    caller.succeed().await;
}

#[tokio::test]
async fn a_click_to_dial_rings_the_clerk_then_the_citizen() {
    let carrier_port = free_port();
    let outbound = format!("[gateway.outbound]\naddress = \"127.0.0.1:{carrier_port}\"\n");
    let mut gateway = Gateway::start(&outbound).await;
    let phone_port = registered(&mut gateway).await;
    let phone = Sipp::start("phone_answers", &gateway.sip(), phone_port, &[]);
    let carrier = Sipp::start("phone_hangs_up", &gateway.sip(), carrier_port, &[]);
    let call = CallId::from_u128(0xCA11);
    let originate = |leg, to| Command::Originate {
        call,
        leg,
        to,
        caller_id: "12345".into(),
        ring_limit_ms: 10_000,
        auto_answer: true,
    };
    gateway.server.order(originate(AGENT_LEG, Destination::Agent { agent: DESK_AGENT }));
    answered(&mut gateway, AGENT_LEG).await;
    let number = "13900139000".parse().unwrap();
    gateway.server.order(originate(CITIZEN_LEG, Destination::Number { number }));
    connect(&mut gateway, call, CITIZEN_LEG, AGENT_LEG).await;
    assert_eq!(ended(&mut gateway, CITIZEN_LEG).await, EndCause::HungUp);
    assert_eq!(ended(&mut gateway, AGENT_LEG).await, EndCause::PeerHungUp);
    phone.succeed().await;
    carrier.succeed().await;
}

#[tokio::test]
async fn a_call_survives_the_loss_of_the_server_and_is_told_when_it_is_back() {
    let mut gateway = Gateway::start("").await;
    let phone_port = registered(&mut gateway).await;
    let phone = Sipp::start("phone_answers", &gateway.sip(), phone_port, &[]);
    let caller = Sipp::start("caller_talks", &gateway.sip(), free_port(), &[]);
    let (call, leg) = arrived(&mut gateway).await;
    gateway.server.order(offer(call));
    connect(&mut gateway, call, leg, AGENT_LEG).await;
    gateway.server.cut();
    let snapshot = gateway.server.linked().await;
    assert_eq!(snapshot.calls.len(), 1);
    assert_eq!(snapshot.calls[0].legs.len(), 2);
    assert_eq!(snapshot.devices.len(), 1);
    let reason = EndReason::AgentHungUp;
    gateway.server.order(Command::End { call, leg: AGENT_LEG, reason });
    assert_eq!(ended(&mut gateway, AGENT_LEG).await, EndCause::Ordered);
    assert_eq!(ended(&mut gateway, leg).await, EndCause::PeerHungUp);
    phone.succeed().await;
    caller.succeed().await;
}

#[tokio::test]
async fn a_stopping_gateway_says_goodbye() {
    let mut gateway = Gateway::start("drain_ms = 300\n").await;
    let phone_port = registered(&mut gateway).await;
    let phone = Sipp::start("phone_answers", &gateway.sip(), phone_port, &[]);
    let caller = Sipp::start("caller_talks", &gateway.sip(), free_port(), &[]);
    let (call, leg) = arrived(&mut gateway).await;
    gateway.server.order(offer(call));
    connect(&mut gateway, call, leg, AGENT_LEG).await;
    let pid = i32::try_from(gateway.child.id().unwrap()).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM)
        .unwrap();
    let exit = tokio::time::timeout(Duration::from_secs(5), gateway.child.wait()).await;
    assert!(exit.expect("it exits").unwrap().success());
    phone.succeed().await;
    caller.succeed().await;
}

async fn answered(gateway: &mut Gateway, wanted: LegId) {
    gateway
        .server
        .event(|e| matches!(e, Event::LegAnswered { leg, .. } if *leg == wanted).then_some(()))
        .await;
}

pub async fn failed(gateway: &mut Gateway, wanted: LegId) -> FailureCause {
    gateway
        .server
        .event(|event| match event {
            Event::LegFailed { leg, cause, .. } if *leg == wanted => Some(*cause),
            _ => None,
        })
        .await
}

/// Waits until `second` (or the citizen we called) has answered, then connects.
async fn connect(gateway: &mut Gateway, call: CallId, first: LegId, second: LegId) {
    answered(gateway, if first == CITIZEN_LEG { first } else { second }).await;
    let notice = vec![PromptId::new("greeting")];
    gateway.server.order(Command::Connect { call, first, second, record: true, notice });
    gateway.server.event(|e| matches!(e, Event::LegsConnected { .. }).then_some(())).await;
}

/// A citizen and an agent who hear each other.
pub async fn talking(gateway: &mut Gateway, record: bool) -> (Telephone, Telephone, CallId, LegId) {
    let port = registered(gateway).await;
    let mut agent = Telephone::open(&gateway.sip(), port).await;
    let mut citizen = Telephone::open(&gateway.sip(), 0).await;
    citizen.dial().await;
    let (call, first) = arrived(gateway).await;
    gateway.server.order(offer(call));
    agent.answers().await;
    answered(gateway, AGENT_LEG).await;
    let second = AGENT_LEG;
    gateway.server.order(Command::Connect { call, first, second, record, notice: Vec::new() });
    citizen.answered().await;
    gateway.server.event(|e| matches!(e, Event::LegsConnected { .. }).then_some(())).await;
    (citizen, agent, call, first)
}

/// The next recording that is complete: of which call, where, how long.
pub async fn ready(gateway: &mut Gateway) -> (CallId, String, u64) {
    gateway
        .server
        .event(|event| match event {
            Event::RecordingReady { call, file, duration_ms, .. } => {
                Some((*call, file.clone(), *duration_ms))
            }
            _ => None,
        })
        .await
}

async fn recorded(gateway: &mut Gateway, wanted: CallId) {
    loop {
        if let Heard::Event(Event::RecordingReady { call, file, .. }) = gateway.server.next().await
        {
            assert_eq!(call, wanted);
            let path = gateway.data.path().join("recordings").join(file);
            assert!(path.is_file(), "{}", path.display());
            return;
        }
    }
}
