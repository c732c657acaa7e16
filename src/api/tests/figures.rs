//! The figures through the router: who may look, two signatures, refusals.

use axum::http::StatusCode;
use serde_json::json;
use work_order::Role;

use crate::store;
use crate::testing::{TestApp, centre};

/// The day before the tests begin.
const DAY: &str = "from=2026-02-12T00:00:00%2B08:00&until=2026-02-13T00:00:00%2B08:00";

#[tokio::test]
async fn leaders_look_and_agents_do_not() {
    let app = TestApp::new().await;
    let agent = app.signed_in("agent01", &[Role::Agent]).await;
    let leader = app.signed_in("leader01", &[Role::CountyLeader]).await;
    for path in ["figures", "figures/export", "figures/shown", "figures/corrections"] {
        let path = format!("/api/v1/{path}?{DAY}");
        assert_eq!(app.get(&path, &agent).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(app.get(&path, &leader).await.status, StatusCode::OK, "{path}");
    }
    let reply =
        app.get(&format!("/api/v1/figures?{DAY}&slice=half_hour&reading=k9"), &leader).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{:?}", reply.body);
    let path = format!("/api/v1/figures?{DAY}&slice=half_hour&reading=asterisk");
    let seen = app.get(&path, &leader).await.body;
    assert_eq!(seen["rows"].as_array().unwrap().len(), 48);
    assert_eq!(seen["readings"].as_array().unwrap().len(), 11);
    assert_eq!(seen["readings"][0]["raw"], json!({ "part": 0, "whole": 0, "ppm": null }));
    assert_eq!(seen["beside"]["screened"], json!(0));
    let csv = app.get(&format!("/api/v1/figures/export?{DAY}"), &leader).await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert!(
        csv.headers["content-disposition"].to_str().unwrap().contains("figures-2026-02-12.csv")
    );
}

#[tokio::test]
async fn a_span_that_cannot_be_answered_says_what_to_do() {
    let app = TestApp::new().await;
    let leader = app.signed_in("leader01", &[Role::TeamLeader]).await;
    let year = "from=2026-01-01T00:00:00%2B08:00&until=2026-12-01T00:00:00%2B08:00";
    let back = "from=2026-02-13T00:00:00%2B08:00&until=2026-02-12T00:00:00%2B08:00";
    for (query, field) in [
        (year.to_owned(), "until"),
        (back.to_owned(), "until"),
        (format!("{DAY}&event_number=7"), "at"),
        (format!("{DAY}&event_number=7&at=2026-02-13T00:00:00%2B08:00"), "event_number"),
    ] {
        let reply = app.get(&format!("/api/v1/figures?{query}"), &leader).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{query} {:?}", reply.body);
        assert_eq!(reply.body["errors"][0]["field"], field, "{query}");
    }
}

#[tokio::test]
async fn nobody_approves_her_own_exclusion_and_the_raw_figure_stays() {
    let app = TestApp::new().await;
    let first = app.signed_in("supervisor01", &[Role::Supervisor]).await;
    let second = app.signed_in("supervisor02", &[Role::Supervisor]).await;
    let leader = app.signed_in("leader01", &[Role::TeamLeader]).await;
    let inspector = app.signed_in("inspector01", &[Role::InspectionOffice]).await;
    let exclusions = "/api/v1/figures/exclusions";
    let wish = |what: &str| {
        json!({ "kind": "system_fault", "what": what,
            "from": "2026-02-12T09:00:00+08:00", "until": "2026-02-12T11:00:00+08:00" })
    };
    assert_eq!(
        app.post(exclusions, &inspector, wish("中继故障")).await.status,
        StatusCode::FORBIDDEN
    );
    let empty = app.post(exclusions, &first, wish("  ")).await;
    assert_eq!((empty.status.as_u16(), &empty.body["errors"][0]["field"]), (422, &json!("what")));
    let proposed = app.post(exclusions, &first, wish("中继故障")).await;
    assert_eq!((proposed.status.as_u16(), &proposed.body["state"]), (201, &json!("proposed")));
    assert_eq!(proposed.body["may_approve"], json!(false));

    let seen = app.get(&format!("/api/v1/figures?{DAY}"), &leader).await.body;
    assert_eq!((&seen["marked"], &seen["without"]), (&json!(null), &json!([])), "not approved yet");
    let approve = format!("{exclusions}/1/approve");
    let own = app.post(&approve, &first, json!({})).await;
    assert_eq!((own.status.as_u16(), &own.body["code"]), (409, &json!("own_proposal")));
    assert_eq!(app.post(&approve, &leader, json!({})).await.status, StatusCode::FORBIDDEN);
    let approved = app.post(&approve, &second, json!({})).await;
    assert_eq!((approved.status.as_u16(), &approved.body["state"]), (200, &json!("approved")));
    let again = app.post(&approve, &second, json!({})).await;
    assert_eq!((again.status.as_u16(), &again.body["code"]), (409, &json!("approved_before")));
    let seen = app.get(&format!("/api/v1/figures?{DAY}"), &leader).await.body;
    assert_eq!(seen["without"], json!([1]));
    assert!(seen["total"].is_object() && seen["marked"].is_object(), "one beside the other");

    let note = json!({ "note": "证据不足" });
    let revoked = app.post(&format!("{exclusions}/1/reject"), &first, note.clone()).await;
    assert_eq!((revoked.status.as_u16(), &revoked.body["state"]), (200, &json!("revoked")));
    assert_eq!(
        app.get(&format!("/api/v1/figures?{DAY}"), &leader).await.body["marked"],
        json!(null)
    );
    let listed = app.get(exclusions, &inspector).await.body;
    assert_eq!(listed["items"][0]["note"], "证据不足", "a revoked one is still shown");
    let unknown = app.post(&format!("{exclusions}/9/reject"), &first, note).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);

    let mut tx = app.ctx.db.read().await.unwrap();
    let trail = store::audit::of_subject(&mut tx, &centre(), "exclusion", "1", 9).await.unwrap();
    let trail: Vec<_> =
        trail.iter().map(|line| (line.action.as_str(), line.actor.as_str())).collect();
    assert_eq!(
        trail,
        [
            ("exclusion_proposed", "supervisor01"),
            ("exclusion_approved", "supervisor02"),
            ("exclusion_revoked", "supervisor01"),
        ]
    );
}

#[tokio::test]
async fn a_leader_proposes_and_takes_her_proposal_back() {
    let app = TestApp::new().await;
    let leader = app.signed_in("leader01", &[Role::TeamLeader]).await;
    let other = app.signed_in("leader02", &[Role::TeamLeader]).await;
    let wish = json!({ "kind": "sudden_event", "what": "暴雨", "from": "2026-02-12T09:00:00+08:00",
        "until": "2026-02-12T11:00:00+08:00" });
    app.post("/api/v1/figures/exclusions", &leader, wish).await;
    let reject = "/api/v1/figures/exclusions/1/reject";
    let note = json!({ "note": "时间填错" });
    assert_eq!(app.post(reject, &other, note.clone()).await.status, StatusCode::FORBIDDEN);
    let back = app.post(reject, &leader, note.clone()).await;
    assert_eq!((back.status.as_u16(), &back.body["state"]), (200, &json!("rejected")));
    let future = json!({ "kind": "sudden_event", "what": "暴雨", "from": "2026-02-14T09:00:00+08:00",
        "until": "2026-02-14T11:00:00+08:00" });
    let refused = app.post("/api/v1/figures/exclusions", &leader, future).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["errors"][0]["field"]),
        (422, &json!("until"))
    );
    // Begun, not over: what is not known yet is signed by nobody.
    let running = json!({ "kind": "sudden_event", "what": "暴雨", "from": "2026-02-13T08:00:00+08:00",
        "until": "2026-02-13T09:00:01+08:00" });
    let refused = app.post("/api/v1/figures/exclusions", &leader, running).await;
    assert_eq!(refused.status.as_u16(), 422);
}

#[tokio::test]
async fn a_dial_test_is_counted_once() {
    let app = TestApp::new().await;
    let inspector = app.signed_in("inspector01", &[Role::InspectionOffice]).await;
    let leader = app.signed_in("leader01", &[Role::TeamLeader]).await;
    let supervisor = app.signed_in("supervisor01", &[Role::Supervisor]).await;
    let attempt = |number: u32, outcome: &str, wait_ms: Option<u64>| {
        json!({ "number": number, "dialled": "12345", "dialled_at": "2026-02-12T10:00:00+08:00",
            "outcome": outcome, "wait_ms": wait_ms, "call": null })
    };
    let batch = json!({ "batch": "2026-02 省局",
        "attempts": [attempt(1, "connected", Some(9_000)), attempt(2, "busy", None)] });
    let path = "/api/v1/figures/dial-tests";
    for tested in [&leader, &supervisor] {
        let reply = app.post(path, tested, batch.clone()).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "the house is tested, it does not test");
    }
    for (added, known) in [(2, 0), (0, 2)] {
        let reply = app.post(path, &inspector, batch.clone()).await;
        assert_eq!(reply.body, json!({ "added": added, "known_before": known }));
    }
    let other = json!({ "batch": "2026-02 省局",
        "attempts": [attempt(3, "busy", None), attempt(2, "connected", Some(9_000))] });
    let reply = app.post(path, &inspector, other).await;
    assert_eq!(
        (reply.status, &reply.body["code"]),
        (StatusCode::CONFLICT, &json!("dial_attempt_differs"))
    );
    let wrong = json!({ "batch": "x", "attempts": [attempt(1, "busy", Some(1))] });
    let reply = app.post(path, &inspector, wrong).await;
    assert_eq!(reply.body["errors"][0]["field"], "attempts[0].wait_ms");
    let seen = app.get(&format!("/api/v1/figures?{DAY}&slice=dial_test"), &leader).await.body;
    assert_eq!(seen["rows"][0]["reading"], json!({ "part": 1, "whole": 2, "ppm": 500_000 }));
    assert_eq!(seen["dial_tests"][0]["connected_15s"], 1);
}
