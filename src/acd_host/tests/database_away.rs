//! S10: PostgreSQL is stopped under calls. They are answered and ended as ever by people who are signed in, and
//! afterwards the tables hold every event once.

use std::collections::BTreeSet;

use acd::rates::facts;
use serde_json::json;
use types::Role;

use super::calls::{answer, hang_up, ready_agent};
use crate::acd_host::journal::{Content, FileLines, Line, files_of};
use crate::store::Tx;
use crate::testing::TestDb;
use crate::testing::floor::{Client, LINK_KEY, RunningServer, TestFloor};
use crate::testing::gateway::{ScriptedGateway, WAIT_MAX, empty_snapshot};

/// One whole call, worked off by the agent over HTTP.
async fn call(gateway: &mut ScriptedGateway, agent: &Client) {
    let (call, caller_leg) = gateway.call_in("13800138000").await;
    let agent_leg = answer(gateway, call, caller_leg).await;
    agent.until_state("talking").await;
    hang_up(gateway, call, caller_leg, agent_leg).await;
    agent.until_state("wrap_up").await;
    let (status, shown) = agent.post("/agent/me/finish_wrap_up", json!({})).await;
    assert_eq!(status, 200, "{shown}");
    agent.until_state("ready").await;
    // Acknowledged to the gateway: on our own disk, whatever the database does.
    gateway.all_stored().await;
}

async fn everything_an_agent_needs(agent: &Client) {
    let wish = json!({ "take_over": true });
    let (status, token) = agent.post("/softphone-token", wish).await;
    assert_eq!(status, 200, "a page that was loaded again registers again: {token}");
    let (status, shown) = agent.post("/agent/me/not_ready", json!({ "reason": "meal" })).await;
    assert_eq!(status, 200, "{shown}");
    let (status, shown) = agent.post("/agent/me/sign_in", json!({ "auto_answer": true })).await;
    assert_eq!(status, 200, "her shift goes on as the floor knows her: {shown}");
    let (status, shown) = agent.post("/agent/me/ready", json!({})).await;
    assert_eq!(status, 200, "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s10_calls_go_on_while_postgresql_is_stopped_and_nothing_is_lost_or_doubled() {
    let Some((database, wire)) = TestDb::postgres_by_wire().await else { return };
    let floor = TestFloor::over(database);
    let server = floor.start(&[]).await;
    let mut gateway = ScriptedGateway::new(&LINK_KEY);
    gateway.link(server.address, empty_snapshot()).await;
    let agent = ready_agent(&server, &mut gateway, "agent01").await;
    let leader = server.person("supervisor01", &[Role::Supervisor]).await;
    call(&mut gateway, &agent).await;
    let fencing = gateway.fencing();

    wire.cut();
    call(&mut gateway, &agent).await;
    gateway.attend(everything_an_agent_needs(&agent)).await;
    let (status, ready) = leader.root("/readyz").await;
    assert_eq!((status, &ready["store"]), (200, &json!(false)), "{ready}");

    wire.carry();
    gateway.attend(until_stored(&leader)).await;
    wire.fall_silent();
    call(&mut gateway, &agent).await;
    gateway.attend(everything_an_agent_needs(&agent)).await;
    // A page that nobody knew, while the tables are away: not "sign in", which she could not.
    let stranger = leader.with_cookie("hotline_session=0000");
    let (status, problem) = gateway.attend(stranger.get("/agent/me")).await;
    assert_eq!((status, &problem["code"]), (503, &json!("store_away")), "{problem}");
    wire.carry();
    call(&mut gateway, &agent).await;
    assert_eq!(gateway.fencing(), fencing, "the floor has had one owner all the time");

    let leader = server.person("supervisor01", &[Role::Supervisor]).await;
    let (status, recount) = gateway.attend(until_recounted(&leader)).await;
    assert_eq!((status, &recount["equal"]), (200, &json!(true)), "{recount}");
    assert_eq!(recount["recomputed"]["k1"]["answered"], json!(4), "{recount}");
    the_tables_hold_the_journal(&floor, &server).await;
    server.stop().await;
    floor.database.drop_schema().await;
}

/// Until the store takes writes again.
async fn until_stored(leader: &Client) {
    let stored = async {
        while leader.root("/readyz").await.1["store"] != json!(true) {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(WAIT_MAX, stored).await.expect("the store is back");
}

/// The recount waits for the tables; the shipper tries again within seconds.
async fn until_recounted(leader: &Client) -> (u16, serde_json::Value) {
    for _ in 0..10 {
        let (status, recount) = leader.get("/supervisor/recount").await;
        if status == 200 {
            return (status, recount);
        }
    }
    leader.get("/supervisor/recount").await
}

/// Every record of the journal is a row, and no row is anything else; K1 of both is the same.
async fn the_tables_hold_the_journal(floor: &TestFloor, server: &RunningServer) {
    let mut written = Vec::new();
    for file in files_of(&floor.journal_folder()).unwrap() {
        let mut lines = FileLines::open(&file).unwrap();
        while let Some(line) = lines.next_whole().unwrap() {
            let Line::Entry(entry) = line else { continue };
            if let Content::Turn { .. } = &entry.content {
                let items = (1_i64..).zip(entry.records().map(|(_, record)| record.clone()));
                written.extend(items.map(|(item, record)| (entry.number.0, item, record)));
            }
        }
    }
    let mut tx = server.ctx.db.read().await.unwrap();
    let Tx::Pg(pg) = &mut tx else { panic!("PostgreSQL") };
    let rows: Vec<(i64, i64, sqlx::types::Json<acd::Record>)> =
        sqlx::query_as("select entry, item, body from acd_event order by entry, item")
            .fetch_all(&mut **pg)
            .await
            .unwrap();
    // The agent may have been looked at meanwhile: what was written after the last row is on its way.
    let last = rows.last().map_or(0, |row| row.0);
    written.retain(|(entry, ..)| i64::try_from(*entry).unwrap() <= last);
    let keys: BTreeSet<(i64, i64)> = rows.iter().map(|row| (row.0, row.1)).collect();
    assert_eq!(keys.len(), rows.len(), "none twice");
    let expected: Vec<_> = written
        .iter()
        .map(|(entry, item, record)| (i64::try_from(*entry).unwrap(), *item, record.clone()))
        .collect();
    let found: Vec<_> = rows.into_iter().map(|(entry, item, body)| (entry, item, body.0)).collect();
    assert_eq!(found, expected, "none is missing");
    let of_tables = facts(found.iter().map(|row| &row.2));
    let of_journal = facts(written.iter().map(|row| &row.2));
    assert_eq!((of_tables.len(), of_tables), (4, of_journal));
}
