//! The screen list at the edge: who may what, for how long, and the weekly review.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use work_order::Role;

use crate::testing::TestApp;

const PATH: &str = "/api/v1/screening";

fn wish(number: &str, hours: u32) -> Value {
    json!({ "number": number, "reason": "反复辱骂话务员，劝说无效", "hours": hours })
}

async fn again(app: &TestApp, username: &str) -> String {
    let wish = json!({ "username": username, "password": "correct horse" });
    app.send(Method::POST, "/api/v1/session", "", Some(wish)).await.cookie()
}

fn fields(body: &Value) -> Vec<&str> {
    let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().filter_map(|error| error["field"].as_str()).collect()
}

#[tokio::test]
async fn a_leader_screens_a_number_for_a_day_at_most_and_a_supervisor_for_thirty() {
    let app = TestApp::new().await;
    let leader = app.signed_in("leader01", &[Role::TeamLeader]).await;
    let supervisor = app.signed_in("supervisor01", &[Role::Supervisor]).await;
    for (who, most) in [(&leader, 24), (&supervisor, 720)] {
        for hours in [0, most + 1] {
            let reply = app.post(PATH, who, wish("13800138000", hours)).await;
            assert_eq!(
                (reply.status, fields(&reply.body)),
                (StatusCode::UNPROCESSABLE_ENTITY, vec!["hours"])
            );
        }
        let reply = app.post(PATH, who, wish("+86 138 0013 8000", most)).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{:?}", reply.body);
        assert_eq!(reply.body["number"], json!("13800138000"), "in its one spelling");
        assert_eq!(reply.body["in_force"], json!(true));
    }
    let listed = app.get(PATH, &leader).await;
    let items = listed.body["items"].as_array().unwrap().clone();
    let in_force: Vec<_> = items.iter().filter(|item| item["in_force"] == json!(true)).collect();
    assert_eq!((items.len(), in_force.len()), (2, 1), "the second in place of the first");
    assert_eq!(in_force[0]["set_as"], json!("supervisor"));
}

#[tokio::test]
async fn public_numbers_and_empty_reasons_are_refused() {
    let app = TestApp::new().await;
    let leader = app.signed_in("leader01", &[Role::TeamLeader]).await;
    for number in
        ["110", "12345", "+8612345", "008612345", "+86 0371 12345", "0371110", "010-12345"]
    {
        let reply = app.post(PATH, &leader, wish(number, 1)).await;
        assert_eq!(
            (reply.status, fields(&reply.body)),
            (StatusCode::UNPROCESSABLE_ENTITY, vec!["number"])
        );
    }
    let nothing = json!({ "number": "13800138000", "reason": "  ", "hours": 1 });
    assert_eq!(fields(&app.post(PATH, &leader, nothing).await.body), ["reason"]);
}

#[tokio::test]
async fn agents_neither_set_nor_see_it_and_inspectors_see_no_whole_number() {
    let app = TestApp::new().await;
    let agent = app.signed_in("agent01", &[Role::Agent]).await;
    let leader = app.signed_in("leader01", &[Role::TeamLeader]).await;
    let inspector = app.signed_in("inspector01", &[Role::InspectionOffice]).await;
    assert_eq!(app.get(PATH, &agent).await.status, StatusCode::FORBIDDEN);
    for who in [&agent, &inspector] {
        let reply = app.post(PATH, who, wish("13800138000", 1)).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
    let set = app.post(PATH, &leader, wish("13800138000", 1)).await;
    let one = format!("{PATH}/{}", set.body["id"].as_str().unwrap());
    let shown = app.get(PATH, &inspector).await;
    assert!(!shown.body.to_string().contains("13800138000"), "{:?}", shown.body);
    assert_eq!(shown.body["items"][0]["masked"], json!("138****8000"));
    let refused = app.send(Method::DELETE, &one, &inspector, None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(app.send(Method::DELETE, &one, &leader, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.send(Method::DELETE, &one, &leader, None).await.status, StatusCode::NOT_FOUND);
    let kept = app.get(PATH, &leader).await;
    assert_eq!(kept.body["items"][0]["in_force"], json!(false), "taken off, not forgotten");
}

#[tokio::test]
async fn an_entry_ends_by_itself_and_a_long_one_is_reviewed_every_week() {
    let app = TestApp::new().await;
    let supervisor = app.signed_in("supervisor01", &[Role::Supervisor]).await;
    app.person("leader01", &[Role::TeamLeader], None).await;
    app.post(PATH, &supervisor, wish("13800138000", 1)).await;
    let long = app.post(PATH, &supervisor, wish("13900139000", 720)).await;
    let id = long.body["id"].clone();
    app.ctx.clock.advance(Duration::from_secs(7 * 86_400 - 1));
    let supervisor = again(&app, "supervisor01").await;
    let due = format!("{PATH}?review_due=true");
    assert_eq!(app.get(&due, &supervisor).await.body["items"], json!([]));
    app.ctx.clock.advance(Duration::from_secs(1));
    let found = app.get(&due, &supervisor).await;
    assert_eq!(found.body["items"].as_array().unwrap().len(), 1, "the short one is over");
    assert_eq!(found.body["items"][0]["id"], id);
    let review = format!("{PATH}/{}/review", id.as_str().unwrap());
    let leader = again(&app, "leader01").await;
    let text = json!({ "review": "仍每日骚扰，维持" });
    assert_eq!(app.post(&review, &leader, text.clone()).await.status, StatusCode::FORBIDDEN);
    let done = app.post(&review, &supervisor, text).await;
    assert_eq!((done.status, &done.body["review_due"]), (StatusCode::OK, &json!(false)));
    assert_eq!(app.get(&due, &supervisor).await.body["items"], json!([]));
}
