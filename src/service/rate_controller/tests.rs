//! Levers through the real server: pulled, in force in the distributor, kept over a restart, undone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use acd::rates::Tally;
use rate_controller::{Counters, Decision, Floor, Forecast, HalfHour, LeverId, Situation, What};
use serde_json::json;
use types::{Role, Timestamp};

use super::keep::observe;
use crate::store::rate_controller::newest;
use crate::testing::TestDb;
use crate::testing::floor::{Client, RunningServer, TestFloor};
use crate::testing::gateway::WAIT_MAX;

const LEVER: &str = "/rate-controller/levers/shorten_wrap_up";

fn in_force(server: &RunningServer) -> Arc<acd::Config> {
    Arc::clone(&server.ctx.floor().unwrap().handle.floor().config)
}

/// Waits until this is so in the distributor.
async fn until(server: &RunningServer, what: &str, is_so: impl Fn(&acd::Config) -> bool) {
    let ask = async {
        while !is_so(&in_force(server)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(WAIT_MAX, ask).await;
    assert!(waited.is_ok(), "{what}: {:?}", in_force(server));
}

/// Waits until a wrap-up in the distributor lasts so long.
async fn until_wrap_up(server: &RunningServer, wrap_up_ms: u64) {
    until(server, "wrap-up", |config| config.wrap_up_ms == wrap_up_ms).await;
}

/// A supervisor, once the controller runs.
async fn supervisor(server: &RunningServer) -> Client {
    let leader = server.person("supervisor01", &[Role::Supervisor]).await;
    let ask = async {
        while leader.get("/rate-controller").await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(WAIT_MAX, ask).await.expect("the owner runs a controller");
    leader
}

fn lever(shown: &serde_json::Value) -> serde_json::Value {
    shown["levers"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_lever_sets_its_rule_in_the_distributor_and_leaves_none_behind() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let leader = supervisor(&server).await;
    let water = json!({ "id": "water", "prompts": ["water_outage"],
        "from": "2026-02-13T09:00:00+08:00", "until": "2026-02-13T18:00:00+08:00" });
    let change = json!({ "changed": { "surge_notices": [water] }, "version": 0 });
    assert_eq!(leader.put("/settings/acd", change).await.0, 200);
    until(&server, "the centre's notice", |config| config.surge_notices.len() == 1).await;
    let before = in_force(&server);
    let opened = BTreeMap::from([(acd::Tier::TeamLeader, true), (acd::Tier::BackOffice, true)]);
    let offered = acd::QueueCallbackRules { offered: true, ..before.queue_callback.clone() };
    let now = server.ctx.clock.now();
    let tells_both = |config: &acd::Config| {
        let [first, second] = config.surge_notices.as_slice() else { return false };
        first.id == "water" && second.concerns(now, "12345", None)
    };
    type IsSet<'a> = &'a dyn Fn(&acd::Config) -> bool;
    let rules: [(&str, &str, IsSet<'_>); 3] = [
        ("call_up_reserve", "reserve_open", &|config| config.reserve_open == opened),
        ("offer_callback", "queue_callback", &|config| config.queue_callback == offered),
        ("surge_announcement", "surge_notices", &tells_both),
    ];
    for (lever, key, is_set) in rules {
        let path = format!("/rate-controller/levers/{lever}");
        let (status, shown) = leader.post(&format!("{path}/pull"), json!({})).await;
        assert_eq!(status, 200, "{lever}: {shown}");
        until(&server, lever, is_set).await;
        let (_, settings) = leader.get("/settings/acd").await;
        assert_eq!(settings["by_levers"], json!([key]));
        let (status, shown) = leader.post(&format!("{path}/undo"), json!({})).await;
        assert_eq!(status, 200, "{lever}: {shown}");
        until(&server, "undone", |config| *config == *before).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pulled_lever_is_in_force_is_taken_up_after_a_restart_and_is_undone() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let leader = supervisor(&server).await;
    let epoch = server.ctx.floor().unwrap().handle.floor().config.epoch;
    let (status, shown) = leader.post(&format!("{LEVER}/pull"), json!({})).await;
    assert_eq!((status, &lever(&shown)["state"]), (200, &json!("pulled")), "{shown}");
    assert_eq!(lever(&shown)["by"], json!("supervisor01"));
    until_wrap_up(&server, 45_000).await;
    let config = server.ctx.floor().unwrap().handle.floor().config.clone();
    assert_eq!(config.epoch, epoch, "leg ids stay those of the owner");
    let (_, settings) = leader.get("/settings/acd").await;
    assert_eq!(settings["by_levers"], json!(["wrap_up_ms"]));
    assert_eq!(settings["in_force"]["wrap_up_ms"], json!(45_000));
    let (status, refused) = leader.post(&format!("{LEVER}/pull"), json!({})).await;
    assert_eq!((status, &refused["code"]), (409, &json!("lever_already_pulled")), "{refused}");
    server.stop().await;

    let server = floor.start(&[]).await;
    let leader = supervisor(&server).await;
    until_wrap_up(&server, 45_000).await;
    let (_, shown) = leader.get("/rate-controller").await;
    assert_eq!(lever(&shown)["by"], json!("supervisor01"), "taken up: {shown}");
    let (status, shown) = leader.post(&format!("{LEVER}/undo"), json!({})).await;
    assert_eq!((status, &lever(&shown)["state"]), (200, &json!("resting")), "{shown}");
    until_wrap_up(&server, 90_000).await;
    let what: Vec<_> =
        shown["decisions"].as_array().unwrap().iter().map(|of| &of["what"]).collect();
    assert_eq!(what, ["undone_by_person", "pulled_by_person"]);
    server.stop().await;
}

/// 60 calls an hour on 8 agents.
fn situation(counters: Counters) -> Situation {
    Situation {
        counters,
        window: Tally {
            requests: 1_440,
            answered: 1_420,
            answered_in_time: 1_400,
            short_abandons: 0,
        },
        floor: Floor { own: 8, ..Floor::default() },
        forecast: Forecast {
            from: Timestamp::default(),
            half_hours: vec![HalfHour { calls: 30.0, agents: 8 }; 48],
        },
        event_share: 0.0,
        can_call_back: false,
    }
}

/// Minutes with so many requests of which so many are lost, until something is decided that `is_it`.
async fn minutes(
    server: &RunningServer,
    (now, counters): &mut (Timestamp, Counters),
    (requests, lost): (u64, u64),
    is_it: impl Fn(&Decision) -> bool,
) -> Option<Decision> {
    for _ in 0..900 {
        *now = *now + Duration::from_secs(60);
        counters.requests += requests;
        counters.answered += requests - lost;
        counters.answered_in_time += requests - lost;
        counters.handled += requests - lost;
        counters.talk_ms += (requests - lost) * 150_000;
        counters.wrap_up_ms += (requests - lost) * 90_000;
        let decisions = observe(&server.ctx, *now, &situation(*counters)).await.unwrap();
        if let Some(found) = decisions.into_iter().find(&is_it) {
            return Some(found);
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_controller_pulled_by_itself_it_undoes_in_the_distributor_when_the_need_ends() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let leader = supervisor(&server).await;
    let change = json!({ "mode": "automatic", "version": 0 });
    let (status, shown) = leader.put(&format!("{LEVER}/mode"), change).await;
    assert_eq!((status, &lever(&shown)["mode"]), (200, &json!("automatic")), "{shown}");
    let mut day = (server.ctx.clock.now(), Counters::default());
    let is = |of: &Decision, pull: bool| {
        of.lever == LeverId::ShortenWrapUp
            && if pull {
                matches!(of.what, What::Pull(_))
            } else {
                matches!(of.what, What::Undo(_))
            }
    };
    let pulled = minutes(&server, &mut day, (4, 2), |of| is(of, true)).await;
    assert!(pulled.is_some(), "a flood needs it");
    until_wrap_up(&server, 45_000).await;
    let undone = minutes(&server, &mut day, (1, 0), |of| is(of, false)).await;
    assert!(undone.is_some(), "a calm day needs it no more");
    until_wrap_up(&server, 90_000).await;
    let (_, shown) = leader.get("/rate-controller").await;
    let by: Vec<_> = shown["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|of| of["what"] == "pull" || of["what"] == "undo")
        .map(|of| (&of["by"], of["text"].as_str().unwrap().is_empty()))
        .collect();
    assert_eq!(by, [(&json!("controller"), false); 2], "both on record with a reason: {shown}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lever_that_would_set_nothing_is_not_pulled() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let leader = supervisor(&server).await;
    let (_, shown) = leader.get("/settings/rate-controller").await;
    let mut settings = shown["settings"].clone();
    settings["sets"]["shorten_wrap_up"] = json!({});
    let change = json!({ "settings": settings, "version": 0 });
    let (status, shown) = leader.put("/settings/rate-controller", change).await;
    assert_eq!(status, 200, "{shown}");
    let (status, refused) = leader.post(&format!("{LEVER}/pull"), json!({})).await;
    assert_eq!((status, &refused["code"]), (409, &json!("lever_sets_nothing")), "{refused}");
    server.stop().await;
}

/// S10: PostgreSQL is stopped. Levers are pulled and undone by memory; the record follows when it is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn levers_work_without_the_tables_and_are_on_record_afterwards() {
    let Some((database, wire)) = TestDb::postgres_by_wire().await else { return };
    let floor = TestFloor::over(database);
    let server = floor.start(&[]).await;
    let leader = supervisor(&server).await;
    let change = json!({ "changed": { "wrap_up_ms": 60_000 }, "version": 0 });
    assert_eq!(leader.put("/settings/acd", change).await.0, 200);
    until_wrap_up(&server, 60_000).await;
    wire.cut();
    let (status, shown) = leader.post(&format!("{LEVER}/pull"), json!({})).await;
    assert_eq!((status, &lever(&shown)["state"]), (200, &json!("pulled")), "{shown}");
    assert_eq!(shown["decisions"][0]["by"], json!("supervisor01"), "not written down, and known");
    until_wrap_up(&server, 45_000).await;
    let (status, shown) = leader.post(&format!("{LEVER}/undo"), json!({})).await;
    assert_eq!((status, &lever(&shown)["state"]), (200, &json!("resting")), "{shown}");
    until_wrap_up(&server, 60_000).await;
    wire.carry();
    let kept = async {
        loop {
            if let Ok(mut tx) = server.ctx.db.read().await
                && let Ok(kept) = newest(&mut tx, &server.ctx.centre, 9).await
                && kept.len() == 2
            {
                return kept;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let kept = tokio::time::timeout(WAIT_MAX, kept).await.expect("written down");
    let what: Vec<_> = kept.iter().map(|entry| entry.what.as_str()).collect();
    assert_eq!(what, ["undone_by_person", "pulled_by_person"]);
    server.stop().await;
    floor.database.drop_schema().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_of_the_distributor_is_in_force_at_once_and_on_the_audit_trail() {
    let floor = TestFloor::new().await;
    let server = floor.start(&[]).await;
    let leader = supervisor(&server).await;
    let change = json!({ "changed": { "wrap_up_ms": 60_000 }, "version": 0 });
    let (status, shown) = leader.put("/settings/acd", change.clone()).await;
    assert_eq!((status, &shown["version"]), (200, &json!(1)), "{shown}");
    until_wrap_up(&server, 60_000).await;
    let (status, conflict) = leader.put("/settings/acd", change).await;
    assert_eq!((status, &conflict["code"]), (412, &json!("version_conflict")), "{conflict}");
    let wrong = json!({ "changed": { "ring_limit_ms": 1, "wrapup": 3 }, "version": 1 });
    let (status, refused) = leader.put("/settings/acd", wrong).await;
    let fields: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|of| &of["field"]).collect();
    assert_eq!((status, fields.len()), (422, 2), "{refused}");
    let agent = server.person("agent01", &[Role::Agent]).await;
    assert_eq!(agent.get("/settings/acd").await.0, 403);
    assert_eq!(agent.post(&format!("{LEVER}/pull"), json!({})).await.0, 403);
    let mut tx = server.ctx.db.read().await.unwrap();
    let lines = crate::store::audit::of_subject(&mut tx, &server.ctx.centre, "setting", "acd", 9);
    let lines = lines.await.unwrap();
    drop(tx);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].value_to.as_deref(), Some(r#"{"wrap_up_ms":60000}"#));
    server.stop().await;
}
