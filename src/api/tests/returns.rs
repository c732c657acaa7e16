//! Calling missed callers back, over HTTP, on both databases: order, claims, hours.

use std::time::Duration;

use serde_json::{Value, json};
use types::{CallId, Phone, Timestamp};
use work_order::Role;

use crate::store::missed_call_return::{self, Owed};
use crate::store::{Db, elder_caller};
use crate::testing::{TestApp, centre, start};

fn after(seconds: u64) -> Timestamp {
    start() + Duration::from_secs(seconds)
}

fn id(number: u128) -> CallId {
    CallId::from_u128(number)
}

async fn miss(app: &TestApp, number: u128, caller: &str, at: Timestamp) {
    let caller: Phone = caller.parse().unwrap();
    let due_at = figures::Daytime::default().due_at(at);
    let owed = Owed { call: id(number), caller: &caller, cause: "abandoned", at, due_at };
    let mut tx = app.ctx.db.begin().await.unwrap();
    missed_call_return::owe(&mut tx, &centre(), owed).await.unwrap();
    tx.commit().await.unwrap();
}

async fn listed(app: &TestApp, cookie: &str) -> Value {
    let reply = app.get("/api/v1/missed-call-returns", cookie).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    reply.body
}

/// What a command on a duty is answered: status and code.
async fn asked(app: &TestApp, cookie: &str, number: u128, command: &str) -> (u16, String) {
    let path = format!("/api/v1/missed-call-returns/{}/{command}", id(number));
    let body =
        if command == "give_up" { json!({ "note": "三次无人接听" }) } else { json!({}) };
    let reply = app.post(&path, cookie, body).await;
    let code = reply.body["code"].as_str().unwrap_or_default().to_owned();
    (reply.status.as_u16(), code)
}

fn refused(code: &str) -> (u16, String) {
    (409, code.to_owned())
}

const DONE: (u16, String) = (204, String::new());

async fn elders_and_who_called_twice_come_before_who_is_due_first(db: Db) {
    let app = TestApp::over(db);
    let cookie = app.signed_in("agent01", &[Role::Agent]).await;
    miss(&app, 1, "13800138001", after(0)).await;
    miss(&app, 2, "13800138002", after(10)).await;
    miss(&app, 3, "13800138003", after(20)).await;
    miss(&app, 4, "13800138002", after(30)).await;
    miss(&app, 5, "13800138005", after(40)).await;
    let mut tx = app.ctx.db.begin().await.unwrap();
    let elder: Phone = "13800138005".parse().unwrap();
    elder_caller::note(&mut tx, &centre(), &elder, "agent01", after(0)).await.unwrap();
    tx.commit().await.unwrap();
    let list = listed(&app, &cookie).await;
    let items = list["items"].as_array().unwrap();
    let seen: Vec<_> =
        items.iter().map(|item| (item["call"].clone(), item["priority"].clone())).collect();
    let expected = [(5, "elder"), (2, "repeat"), (1, "normal"), (3, "normal")];
    assert_eq!(seen, expected.map(|(number, word)| (json!(id(number)), json!(word))));
    assert_eq!(items[1]["missed"], 2);
    assert_eq!(items[0]["due_at"], "2026-02-13T11:00:40+08:00");
    assert_eq!((&items[0]["masked"], &items[0]["caller"]), (&json!("138****8005"), &Value::Null));
    assert_eq!(list["counts"]["open"], 4);
    assert_eq!((&list["counts"]["elder"], &list["counts"]["repeat"]), (&json!(1), &json!(1)));
    // She is at her page meanwhile.
    app.ctx.clock.advance(Duration::from_secs(3_600));
    listed(&app, &cookie).await;
    app.ctx.clock.advance(Duration::from_secs(3_600 + 15));
    assert_eq!(listed(&app, &cookie).await["counts"]["overdue"], 2);
}
store_test!(elders_and_who_called_twice_come_before_who_is_due_first);

async fn a_duty_is_one_persons_until_she_leaves_it_or_her_claim_lapses(db: Db) {
    let app = TestApp::over(db);
    let anna = app.signed_in("agent01", &[Role::Agent]).await;
    let berta = app.signed_in("agent02", &[Role::Agent]).await;
    miss(&app, 1, "13800138001", after(0)).await;
    miss(&app, 2, "13800138002", after(1)).await;
    let next = app.post("/api/v1/missed-call-returns/claim_next", &anna, json!({})).await;
    assert_eq!((next.status.as_u16(), &next.body["call"]), (200, &json!(id(1))), "{:?}", next.body);
    let again = app.post("/api/v1/missed-call-returns/claim_next", &anna, json!({})).await;
    assert_eq!(again.body["call"], json!(id(1)), "she has one already");
    let other = app.post("/api/v1/missed-call-returns/claim_next", &berta, json!({})).await;
    assert_eq!(other.body["call"], json!(id(2)));

    assert_eq!(listed(&app, &anna).await["items"][0]["caller"], "13800138001");
    let foreign = listed(&app, &berta).await["items"][0].clone();
    assert_eq!((&foreign["caller"], &foreign["claim"]["mine"]), (&Value::Null, &json!(false)));
    for command in ["claim", "release", "dial"] {
        assert_eq!(asked(&app, &berta, 1, command).await, refused("claimed_by_other"), "{command}");
    }
    assert_eq!(asked(&app, &anna, 1, "give_up").await, refused("attempts_left"));
    assert_eq!(asked(&app, &anna, 1, "release").await, DONE);
    assert_eq!(asked(&app, &anna, 1, "dial").await, refused("not_claimed"));
    assert_eq!(asked(&app, &anna, 1, "claim").await, DONE);
    app.ctx.clock.advance(Duration::from_secs(600));
    assert_eq!(asked(&app, &anna, 1, "dial").await, refused("not_claimed"), "lapsed");
    assert_eq!(asked(&app, &berta, 1, "claim").await, DONE);
    assert_eq!(asked(&app, &anna, 9, "claim").await, (404, "not_found".to_owned()));
}
store_test!(a_duty_is_one_persons_until_she_leaves_it_or_her_claim_lapses);

async fn nobody_is_called_at_night_or_right_after_an_attempt(db: Db) {
    let app = TestApp::over(db);
    let anna = app.signed_in("agent01", &[Role::Agent]).await;
    let number: Phone = "13800138001".parse().unwrap();
    miss(&app, 1, number.reveal(), after(0)).await;
    let mut tx = app.ctx.db.begin().await.unwrap();
    let tried = missed_call_return::tried;
    tried(&mut tx, &centre(), &number, after(60), after(1_860)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(asked(&app, &anna, 1, "claim").await, DONE);
    let path = format!("/api/v1/missed-call-returns/{}/dial", id(1));
    let early = app.post(&path, &anna, json!({})).await;
    assert_eq!(early.body["code"], "tried_just_now");
    assert_eq!(early.body["detail"], "刚拨过、未接通。下次最早可在 09:31 回拨。");
    assert_eq!(listed(&app, &anna).await["counts"]["resting"], 1);
    let next = app.post("/api/v1/missed-call-returns/claim_next", &anna, json!({})).await;
    assert_eq!(next.body["code"], "nothing_due", "what rests is not handed out");

    app.ctx.clock.advance(Duration::from_secs(11 * 3_600 + 300));
    let anna = app
        .post("/api/v1/session", "", json!({"username": "agent01", "password": "correct horse"}))
        .await
        .cookie();
    assert_eq!(asked(&app, &anna, 1, "claim").await, DONE);
    let night = app.post(&path, &anna, json!({})).await;
    assert_eq!(night.body["code"], "outside_return_hours");
    let detail = "现在不是回拨时段，不打扰市民休息。最早可在 2月14日 08:00 回拨。";
    assert_eq!(night.body["detail"], detail);
    assert_eq!(listed(&app, &anna).await["calls_from"], "2026-02-14T08:00:00+08:00");
}
store_test!(nobody_is_called_at_night_or_right_after_an_attempt);

#[tokio::test]
async fn who_only_watches_takes_nothing_up() {
    let app = TestApp::new().await;
    let leader = app.signed_in("leader01", &[Role::CountyLeader]).await;
    miss(&app, 1, "13800138001", after(0)).await;
    assert_eq!(listed(&app, &leader).await["items"][0]["caller"], Value::Null);
    assert_eq!(asked(&app, &leader, 1, "claim").await, (403, "forbidden".to_owned()));
    let clerk = app.signed_in("contact01", &[Role::Reviewer]).await;
    assert_eq!(app.get("/api/v1/missed-call-returns", &clerk).await.status, 403);
    let agent = app.signed_in("agent01", &[Role::Agent]).await;
    let explanation = format!("/api/v1/calls/{}/explanation", id(1));
    assert_eq!(app.get(&explanation, &agent).await.status, 403, "explanations are for leaders");
    assert_eq!(app.get(&explanation, &leader).await.status, 404, "there is no such call");
}
