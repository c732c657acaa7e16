//! What a restart, a repeated event and a database that is away must not change.

use std::collections::BTreeSet;
use std::time::Duration;

use acd::{Acd, AgentCommand, Config, Input};
use gateway_protocol::{CallSnapshot, Command, Event, LegKind, LegSnapshot, LegState, Snapshot};
use serde_json::json;
use types::Role;

use super::calls::{answer, hang_up, ready_agent};
use super::{inputs, told};
use crate::acd_host::journal::{
    EntryNumber, FORMAT, FolderDisk, JournalId, JournalWriter, Opening,
};
use crate::acd_host::replay::replay;
use crate::clock::{Clock, Random};
use crate::testing::floor::{LINK_KEY, TestFloor};
use crate::testing::gateway::{ScriptedGateway, empty_snapshot};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_waits_over_a_restart_keeps_the_original_ring() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let (call, caller_leg) = gateway.call_in("13800138000").await;
    gateway.all_stored().await;
    let Some(Event::CallArrived { rang_at, .. }) = gateway.sent.last().map(|e| e.event.clone())
    else {
        panic!("a call has come in");
    };
    gateway.unlink();
    server.stop().await;

    let server = floor.start(&[]).await;
    let waiting = CallSnapshot {
        call,
        caller: Some("13800138000".parse().unwrap()),
        dialled: "12345".to_owned(),
        rang_at: Some(rang_at),
        legs: vec![LegSnapshot {
            leg: caller_leg,
            kind: LegKind::Caller { trunk: "carrier-a".parse().unwrap() },
            state: LegState::Ringing,
            since: rang_at,
        }],
    };
    let snapshot = Snapshot { calls: vec![waiting], ..empty_snapshot() };
    let welcome = gateway.link(server.address, snapshot).await;
    assert_eq!(welcome.events_stored.0, 1, "the journal knows what was stored");
    let agent = ready_agent(&server, &mut gateway, "agent01").await;
    let agent_leg = answer(&mut gateway, call, caller_leg).await;
    agent.until_state("talking").await;
    hang_up(&mut gateway, call, caller_leg, agent_leg).await;
    agent.until_state("wrap_up").await;
    gateway.all_stored().await;

    let leader = server.person("supervisor01", &[Role::Supervisor]).await;
    let (_, recount) = leader.get("/supervisor/recount").await;
    assert_eq!(recount["equal"], json!(true), "{recount}");
    assert_eq!(recount["live"]["k1"]["requests"], json!(1), "one call, counted once: {recount}");
    let (_, shown) = leader.get(&format!("/calls/{call}")).await;
    assert_eq!(shown["rang_at"], json!(rang_at), "{shown}");
    assert_eq!(shown["outcome"], json!("answered"), "{shown}");
    server.stop().await;
    let replayed = replay(&floor.journal_folder()).unwrap();
    assert!(replayed.first_difference.is_none(), "{replayed}");
    assert!(replayed.entries > 10);
    super::recorded::record(&floor.journal_folder(), "waiting-over-a-restart");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_event_is_taken_once_and_a_gap_is_sent_again() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let (call, caller_leg) = gateway.call_in("13800138000").await;
    gateway.all_stored().await;
    // The gateway has not heard that the event is stored: it sends all again on the next link.
    gateway.unlink();
    let arrived = gateway.sent.clone();
    gateway.link(server.address, waiting(call, caller_leg)).await;
    for event in arrived {
        gateway.send(&gateway_protocol::GatewayMessage::Event(event)).await;
    }
    let cause = gateway_protocol::EndCause::HungUp;
    gateway.event(Event::LegEnded { call, leg: caller_leg, cause }).await;
    gateway.all_stored().await;
    let leader = server.person("supervisor01", &[Role::Supervisor]).await;
    let (_, recount) = leader.get("/supervisor/recount").await;
    assert_eq!(recount["recomputed"]["k1"]["requests"], json!(1), "{recount}");
    assert_eq!(recount["equal"], json!(true), "{recount}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_on_while_the_database_takes_nothing() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let agent = ready_agent(&server, &mut gateway, "agent01").await;
    let leader = server.person("supervisor01", &[Role::Supervisor]).await;

    let only_writer = floor.database.db.begin().await.unwrap();
    let (call, caller_leg) = gateway.call_in("13800138000").await;
    let agent_leg = answer(&mut gateway, call, caller_leg).await;
    agent.until_state("talking").await;
    hang_up(&mut gateway, call, caller_leg, agent_leg).await;
    agent.until_state("wrap_up").await;
    gateway.all_stored().await;
    let (_, listed) = leader.get("/calls").await;
    assert_eq!(listed["items"], json!([]), "nothing has reached the tables: {listed}");

    drop(only_writer);
    let (status, recount) = leader.get("/supervisor/recount").await;
    assert_eq!((status, &recount["equal"]), (200, &json!(true)), "{recount}");
    assert_eq!(recount["recomputed"]["k1"]["answered"], json!(1), "{recount}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abandoned_call_owes_one_return_per_number_and_day() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    // The second time another carrier writes her number.
    for caller in ["13800138000", "+8613800138000"] {
        let (call, leg) = gateway.call_in(caller).await;
        let cause = gateway_protocol::EndCause::HungUp;
        gateway.event(Event::LegEnded { call, leg, cause }).await;
    }
    gateway.all_stored().await;
    let leader = server.person("leader01", &[Role::TeamLeader]).await;
    let (_, recount) = leader.get("/supervisor/recount").await;
    assert_eq!(recount["equal"], json!(true), "{recount}");
    let mut tx = server.ctx.db.read().await.unwrap();
    let (centre, no_emergencies) = (&server.ctx.centre, BTreeSet::new());
    let owed = crate::store::missed_call_return::work::open(&mut tx, centre, &no_emergencies, 10);
    let owed = owed.await.unwrap();
    drop(tx);
    let duties = owed.iter().map(|open| (open.duty.caller.reveal(), open.duty.missed));
    let counts: Vec<_> = duties.collect();
    assert_eq!(counts, [("13800138000", 2)]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_given_during_a_break_arrive_after_it() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    ready_agent(&server, &mut gateway, "agent01").await;
    let (call, caller_leg) = gateway.call_in("13800138000").await;
    let offered = gateway.command().await;
    let Command::Offer { leg, .. } = offered else { panic!("{offered:?}") };
    gateway.event(Event::LegRinging { call, leg }).await;
    gateway.all_stored().await;
    gateway.unlink();
    let agent_answered = Event::LegAnswered { call, leg };
    gateway.event(agent_answered).await;
    gateway.link(server.address, answered(call, caller_leg, leg, server_agent(&server))).await;
    let connect = gateway.command().await;
    assert!(matches!(connect, Command::Connect { .. }), "{connect:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_settings_are_in_force_from_the_first_moment_after_a_restart() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let leader = server.person("supervisor01", &[Role::Supervisor]).await;
    let change = json!({ "changed": { "wrap_up_ms": 11_000 }, "version": 0 });
    let (status, shown) = leader.put("/settings/acd", change).await;
    assert_eq!(status, 200, "{shown}");
    let wrap_ups = || {
        let wrap_up = |input: Input| match input {
            Input::Configure { config } => Some(config.wrap_up_ms),
            _ => None,
        };
        inputs(&floor.journal_folder()).into_iter().filter_map(wrap_up).collect::<Vec<_>>()
    };
    gateway.unlink();
    server.stop().await;
    let before = wrap_ups();
    assert_eq!(before.last(), Some(&11_000));

    let server = floor.start(&[]).await;
    gateway.link(server.address, empty_snapshot()).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    server.stop().await;
    let after = wrap_ups().split_off(before.len());
    assert!(!after.is_empty() && after.iter().all(|ms| *ms == 11_000), "{after:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_was_set_back_by_an_hour_stops_no_deadline() {
    let floor = TestFloor::new().await;
    let folder = floor.journal_folder();
    std::fs::create_dir_all(&folder).unwrap();
    let clock = Clock::system();
    let ahead = clock.now() + Duration::from_secs(3_600);
    let writer =
        JournalWriter::start(FolderDisk::new(folder.clone()), clock.clone(), EntryNumber(0));
    let writer = writer.unwrap();
    writer.begin(Opening {
        format: FORMAT,
        journal: JournalId::new(ahead, Random::System.number()),
        centre: crate::testing::centre(),
        after: EntryNumber(0),
        at: ahead,
        gateways: Vec::new(),
        core: Acd::new(Config::default()),
    });
    writer.flush();
    drop(writer);

    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let agent = server.person("agent01", &[Role::Agent]).await;
    let (status, _) = agent.post("/agent/me/sign_in", json!({})).await;
    assert_eq!(status, 200);
    tokio::time::sleep(Duration::from_millis(500)).await;
    agent.post("/agent/me/sign_out", json!({})).await;
    server.stop().await;
    let told = told(&folder);
    assert!(told.iter().all(|(at, _)| *at >= ahead), "time never runs backwards");
    let at = |wanted: fn(&AgentCommand) -> bool| {
        told.iter().find_map(|(at, input)| match input {
            Input::Agent { command, .. } if wanted(command) => Some(*at),
            _ => None,
        })
    };
    let came = at(|command| matches!(command, AgentCommand::SignIn { .. })).unwrap();
    let went = at(|command| matches!(command, AgentCommand::SignOut)).unwrap();
    let between = went.since(came);
    let half = Duration::from_millis(490)..Duration::from_secs(30);
    assert!(half.contains(&between), "half a second has passed: {between:?}");
}

fn server_agent(server: &crate::testing::floor::RunningServer) -> types::AgentId {
    let floor = server.ctx.floor().unwrap().handle.floor();
    floor.view.agents.first().unwrap().agent
}

fn waiting(call: types::CallId, leg: types::LegId) -> Snapshot {
    let since = Clock::system().now();
    let caller = LegSnapshot {
        leg,
        kind: LegKind::Caller { trunk: "carrier-a".parse().unwrap() },
        state: LegState::Ringing,
        since,
    };
    let call = CallSnapshot {
        call,
        caller: Some("13800138000".parse().unwrap()),
        dialled: "12345".to_owned(),
        rang_at: Some(since),
        legs: vec![caller],
    };
    Snapshot { calls: vec![call], ..empty_snapshot() }
}

fn answered(
    call: types::CallId,
    caller_leg: types::LegId,
    agent_leg: types::LegId,
    agent: types::AgentId,
) -> Snapshot {
    let mut snapshot = waiting(call, caller_leg);
    let since = snapshot.at;
    snapshot.calls[0].legs.push(LegSnapshot {
        leg: agent_leg,
        kind: LegKind::Agent { agent },
        state: LegState::Waiting,
        since,
    });
    snapshot.devices.push(gateway_protocol::DeviceSnapshot {
        agent,
        device: types::DeviceId::from_u128(agent.as_uuid().as_u128() ^ 1),
        kind: gateway_protocol::DeviceKind::Browser,
        registered_at: since,
        proved_at: Some(since),
    });
    snapshot
}
