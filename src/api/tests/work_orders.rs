//! Work orders over HTTP, by the people of a county, on both databases.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::body::Body as HttpBody;
use axum::http::Request;
use axum::http::header::{CONTENT_TYPE, COOKIE, ETAG, HOST, IF_MATCH, ORIGIN, SET_COOKIE};
use serde_json::{Value, json};
use tower::ServiceExt;
use types::Timestamp;
use work_order::Role;

use crate::api::{self, AppState};
use crate::cli::SAMPLE;
use crate::service::user::{NewUser, add};
use crate::service::{Context, county};
use crate::store::{Db, outbox};
use crate::testing::{TestApp, start};

mod at_once;
mod refused;
mod seen;

const PASSWORD: &str = "correct horse";

/// Everyone an order passes through, and the people of a unit it is none of the business of.
const PEOPLE: [(&str, Role, Option<&str>); 10] = [
    ("agent01", Role::Agent, None),
    ("agent02", Role::Agent, None),
    ("leader01", Role::TeamLeader, None),
    ("dispatcher01", Role::Dispatcher, None),
    ("reviewer01", Role::Reviewer, None),
    ("followup01", Role::FollowUpClerk, None),
    ("u14.contact", Role::UnitContact, Some("U14")),
    ("u14.leader", Role::UnitLeader, Some("U14")),
    ("u15.contact", Role::UnitContact, Some("U15")),
    ("u15.leader", Role::UnitLeader, Some("U15")),
];

/// The interface over one database, and the cookies of everyone.
struct Desk {
    ctx: Context,
    router: Router,
    cookies: BTreeMap<&'static str, String>,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    etag: String,
    cookie: String,
    body: Value,
}

impl Desk {
    async fn open(db: Db) -> Self {
        let ctx = TestApp::context(db);
        county::load(&ctx, "test", &SAMPLE).await.unwrap();
        let router = api::router(AppState::new(ctx.clone()));
        let mut desk = Self { ctx, router, cookies: BTreeMap::new() };
        for (username, role, unit) in PEOPLE {
            let new = NewUser {
                username: username.to_owned(),
                display_name: format!("{username} 同志"),
                staff_no: String::new(),
                unit: unit.map(|code| code.parse().unwrap()),
                roles: vec![role],
                reserve: false,
                password: PASSWORD.to_owned(),
            };
            add(&desk.ctx, "test", new).await.unwrap();
            let wish = json!({ "username": username, "password": PASSWORD });
            let signed_in = desk.send("", "POST", "/session", &[], Some(wish)).await;
            desk.cookies.insert(username, signed_in.cookie);
        }
        desk
    }

    async fn send(
        &self,
        name: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(HOST, "hotline.test")
            .header(ORIGIN, "http://hotline.test")
            .header(CONTENT_TYPE, "application/json");
        if let Some(cookie) = self.cookies.get(name) {
            request = request.header(COOKIE, cookie);
        }
        for (key, value) in headers {
            request = request.header(*key, *value);
        }
        let body = body.map_or_else(HttpBody::empty, |body| HttpBody::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let header = |name| parts.headers.get(name).map_or("", |it| it.to_str().unwrap());
        let bytes = axum::body::to_bytes(body, 16 << 20).await.unwrap();
        Answer {
            status: parts.status.as_u16(),
            etag: header(ETAG).to_owned(),
            cookie: header(SET_COOKIE).split(';').next().unwrap().to_owned(),
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        }
    }

    async fn get(&self, name: &str, path: &str) -> Answer {
        self.send(name, "GET", path, &[], None).await
    }

    /// The order as `name` sees it.
    async fn shown(&self, name: &str, id: &str) -> Value {
        let answer = self.get(name, &format!("/work-orders/{id}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    async fn command(&self, name: &str, id: &str, command: Value) -> Answer {
        let path = format!("/work-orders/{id}/commands");
        self.send(name, "POST", &path, &[], Some(command)).await
    }

    /// The command of somebody who has seen `version`.
    async fn command_seen(&self, name: &str, id: &str, version: &str, command: Value) -> Answer {
        let path = format!("/work-orders/{id}/commands");
        self.send(name, "POST", &path, &[(IF_MATCH.as_str(), version)], Some(command)).await
    }

    /// A command that must pass; the order after it.
    async fn done(&self, name: &str, id: &str, command: Value) -> Value {
        let answer = self.command(name, id, command).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// A draft of agent01; its id.
    async fn draft(&self) -> String {
        let wish = json!({ "channel": "phone" });
        let opened = self.send("agent01", "POST", "/work-orders", &[], Some(wish)).await;
        assert_eq!(opened.status, 201, "{opened:?}");
        opened.body["id"].as_str().unwrap().to_owned()
    }

    /// A new order after the first `steps` of [`WAY`]; its id.
    async fn come_to(&self, steps: usize) -> String {
        let id = self.draft().await;
        for (name, word, _) in &WAY[..steps] {
            self.done(name, &id, self.worded(word)).await;
        }
        id
    }

    /// A command of the way, with what it needs.
    fn worded(&self, word: &str) -> Value {
        let now = self.ctx.clock.now();
        match word {
            "edit_draft" => json!({ "type": word, "intake": intake() }),
            "dispatch" => json!({ "type": word, "lead_unit": "U14", "opinion": "请办理" }),
            "first_contact" => json!({ "type": word, "contacted_at": now, "result": "已联系" }),
            "submit_reply" => submit_reply(),
            "record_feedback" => {
                let attempt = json!({ "means": "phone", "outcome": "told", "at": now });
                json!({ "type": word, "attempt": attempt })
            }
            "record_follow_up" => {
                let answers = json!({ "solved": "yes", "result_rating": "satisfied" });
                json!({ "type": word, "follow_up": { "outcome": "reached", "answers": answers } })
            }
            bare => json!({ "type": bare }),
        }
    }

    /// Everything that a refused command might have changed: the order with its history, and the hints.
    async fn state(&self, id: &str) -> (Value, usize) {
        let mut tx = self.ctx.db.read().await.unwrap();
        let hints = outbox::since(&mut tx, &self.ctx.centre, 0, 999).await.unwrap().len();
        drop(tx);
        (self.shown("leader01", id).await, hints)
    }
}

/// The way of an order: who gives which command, and the state after it.
const WAY: [(&str, &str, &str); 10] = [
    ("agent01", "edit_draft", "draft"),
    ("agent01", "accept", "accepted"),
    ("dispatcher01", "dispatch", "dispatched"),
    ("u14.contact", "sign", "in_progress"),
    ("u14.contact", "first_contact", "in_progress"),
    ("u14.contact", "submit_reply", "in_progress"),
    ("u14.leader", "approve_reply", "replied"),
    ("reviewer01", "review_pass", "follow_up_pending"),
    ("followup01", "record_feedback", "follow_up_pending"),
    ("followup01", "record_follow_up", "closed"),
];

fn intake() -> Value {
    json!({
        "source": { "channel": "phone" },
        "petitioner": { "name": "李秀英", "phones": ["13900000002"], "address": "人民路12号" },
        "demand": {
            "demand_type": "help",
            "category": "060401",
            "title": "路灯不亮",
            "content": "小区门口路灯不亮。",
            "place": { "address": "人民路12号" },
        },
    })
}

fn submit_reply() -> Value {
    let texts = json!({
        "outcome": "solved", "internal_text": "已更换灯泡。", "public_text": "路灯已修复。",
    });
    let feedback = json!({ "kind": "not_told", "reason": "由中心反馈" });
    json!({ "type": "submit_reply", "reply": texts, "feedback": feedback })
}

fn at(minutes: u64) -> Timestamp {
    start() + Duration::from_secs(60 * minutes)
}

async fn an_order_goes_from_draft_to_closed_and_every_step_is_in_its_history(db: Db) {
    let desk = Desk::open(db).await;
    let id = desk.draft().await;
    for ((name, word, state), version) in WAY.into_iter().zip(1..) {
        desk.ctx.clock.advance(Duration::from_secs(60));
        let allowed = &desk.shown(name, &id).await["allowed"];
        assert!(allowed.as_array().unwrap().contains(&json!(word)), "{name} {word}: {allowed}");
        let seen = format!("\"{version}\"");
        let answer = desk.command_seen(name, &id, &seen, desk.worded(word)).await;
        assert_eq!((answer.status, &answer.body["state"]), (200, &json!(state)), "{answer:?}");
        assert_eq!(answer.etag, format!("\"{}\"", version + 1));
        assert_eq!(answer.body["version"], version + 1);
    }
    let order = desk.shown("agent01", &id).await;
    assert_eq!(order["order_no"], "2602130001");
    assert_eq!(order["unit"], json!({ "code": "U14", "name": "县城管局" }));
    // A later telling, as the call on the morning after a message, is still taken down.
    assert_eq!((&order["clocks"], &order["allowed"]), (&json!([]), &json!(["record_feedback"])));
    assert_eq!(desk.shown("reviewer01", &id).await["allowed"], json!([]));
    let told = json!({ "status": "told", "at": at(9), "means": "phone", "same_day": true });
    assert_eq!(order["feedback"]["status"], told);
    let history = order["events"].as_array().unwrap().iter().map(|event| {
        ["at", "name", "kind", "to"].map(|key| event[key].as_str().unwrap()).join(" ")
    });
    let expected = [
        "2026-02-13T09:00:00+08:00 agent01 同志 opened draft",
        "2026-02-13T09:01:00+08:00 agent01 同志 draft_edited draft",
        "2026-02-13T09:02:00+08:00 agent01 同志 accepted accepted",
        "2026-02-13T09:03:00+08:00 dispatcher01 同志 dispatched dispatched",
        "2026-02-13T09:04:00+08:00 u14.contact 同志 signed in_progress",
        "2026-02-13T09:05:00+08:00 u14.contact 同志 first_contacted in_progress",
        "2026-02-13T09:06:00+08:00 u14.contact 同志 reply_submitted in_progress",
        "2026-02-13T09:07:00+08:00 u14.leader 同志 reply_approved replied",
        "2026-02-13T09:08:00+08:00 reviewer01 同志 review_passed follow_up_pending",
        "2026-02-13T09:09:00+08:00 followup01 同志 feedback_tried follow_up_pending",
        "2026-02-13T09:10:00+08:00 followup01 同志 closed closed",
    ];
    assert_eq!(history.collect::<Vec<_>>(), expected);
}
store_test!(an_order_goes_from_draft_to_closed_and_every_step_is_in_its_history);

async fn a_direct_answer_closes_the_order(db: Db) {
    let desk = Desk::open(db).await;
    let answer = |feedback: Value| json!({ "type": "answer_direct", "answer": "周一至周五办理。", "feedback": feedback });
    let id = desk.come_to(1).await;
    let told = json!({ "kind": "told", "means": "phone", "told_at": start() });
    let closed = desk.done("agent01", &id, answer(told)).await;
    assert_eq!((&closed["state"], &closed["clocks"]), (&json!("closed"), &json!([])));
    assert_eq!(closed["feedback"]["status"]["same_day"], true);
    assert_eq!(desk.get("followup01", "/work-orders?box=feedback").await.body["items"], json!([]));

    // Not told yet, it is closed all the same, and the duty stays until midnight.
    let id = desk.come_to(1).await;
    let not_told = json!({ "kind": "not_told", "reason": "通话中断" });
    let closed = desk.done("agent01", &id, answer(not_told)).await;
    assert_eq!(closed["state"], "closed");
    assert_eq!(closed["clocks"][0]["due_at"], "2026-02-14T00:00:00+08:00");
    let waiting = desk.get("followup01", "/work-orders?box=feedback").await.body;
    assert_eq!(waiting["items"][0]["id"], id.as_str());
    let told = desk.done("followup01", &id, desk.worded("record_feedback")).await;
    assert_eq!((&told["state"], &told["clocks"]), (&json!("closed"), &json!([])));
}
store_test!(a_direct_answer_closes_the_order);
