//! What is refused, why, and that it changes nothing.

use serde_json::{Value, json};
use work_order::{RefusalCode, Role};

use super::{Answer, Desk, submit_reply};
use crate::store::Db;
use crate::testing::TestApp;

/// The command is refused and nothing has changed.
async fn refused(desk: &Desk, name: &str, id: &str, command: Value) -> Answer {
    let before = desk.state(id).await;
    let answer = desk.command(name, id, command.clone()).await;
    assert!(answer.status >= 400, "{name} {command}: {answer:?}");
    assert_eq!(desk.state(id).await, before, "{name} {command}");
    answer
}

fn code(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.body["code"].as_str().unwrap())
}

async fn another_unit_may_neither_see_an_order_nor_touch_it(db: Db) {
    let desk = Desk::open(db).await;
    // To be signed, in progress, waiting for approval, replied.
    for steps in [3, 5, 6, 7] {
        let id = desk.come_to(steps).await;
        let unseen = desk.get("u15.contact", &format!("/work-orders/{id}")).await;
        assert_eq!(code(&unseen), (404, "not_found"));
        for (name, command) in [
            ("u15.contact", submit_reply()),
            ("u15.contact", json!({ "type": "sign" })),
            ("u15.contact", desk.worded("first_contact")),
            ("u15.contact", desk.worded("record_feedback")),
            ("u15.leader", json!({ "type": "approve_reply" })),
        ] {
            let answer = refused(&desk, name, &id, command).await;
            assert_eq!(code(&answer), (403, "forbidden"));
            let detail = "工单不由您所在单位主办，请联系主办单位办理";
            assert_eq!(answer.body["detail"], detail);
            assert_eq!(answer.body["errors"], Value::Null, "says nothing of the order");
        }
        for which in ["inbox", "approval"] {
            let own = desk.get("u15.contact", &format!("/work-orders?box={which}")).await;
            assert_eq!(own.body["items"], json!([]));
        }
    }
}
store_test!(another_unit_may_neither_see_an_order_nor_touch_it);

async fn a_step_without_its_role_is_forbidden(db: Db) {
    let desk = Desk::open(db).await;
    for (steps, name, word, role) in [
        (1, "dispatcher01", "accept", "话务员"),
        (2, "agent01", "dispatch", "派单员"),
        (3, "u14.leader", "sign", "承办单位联络员"),
        (3, "agent01", "sign", "承办单位联络员"),
        (6, "u14.contact", "approve_reply", "承办单位负责人"),
        (7, "dispatcher01", "review_pass", "审核员"),
        (7, "u14.leader", "review_pass", "审核员"),
        (9, "reviewer01", "record_follow_up", "回访员"),
    ] {
        let id = desk.come_to(steps).await;
        let answer = refused(&desk, name, &id, desk.worded(word)).await;
        assert_eq!(code(&answer), (403, "forbidden"), "{name} {word}");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(role), "{name} {word}: {detail}");
    }
}
store_test!(a_step_without_its_role_is_forbidden);

async fn only_who_registers_demands_opens_a_draft(db: Db) {
    let desk = Desk::open(db).await;
    for name in ["dispatcher01", "u14.contact"] {
        let wish = json!({ "channel": "phone" });
        let answer = desk.send(name, "POST", "/work-orders", &[], Some(wish)).await;
        assert_eq!(code(&answer), (403, "forbidden"));
    }
    // Nothing was stored, and the number of the day was not used up.
    let all = desk.get("leader01", "/work-orders?box=all").await.body;
    assert_eq!(all["items"], json!([]));
    let id = desk.draft().await;
    assert_eq!(desk.shown("agent01", &id).await["order_no"], "2602130001");
}
store_test!(only_who_registers_demands_opens_a_draft);

async fn the_boxes_of_others_are_shut(db: Db) {
    let desk = Desk::open(db).await;
    for (name, which) in [
        ("agent01", "inbox"),
        ("leader01", "approval"),
        ("u14.contact", "all"),
        ("u14.contact", "mine"),
        ("u14.leader", "feedback"),
    ] {
        let answer = desk.get(name, &format!("/work-orders?box={which}")).await;
        assert_eq!(code(&answer), (403, "forbidden"), "{name} {which}");
    }
    let answer = desk.get("agent01", "/work-orders?box=wrong").await;
    assert_eq!(code(&answer), (400, "malformed"));
}
store_test!(the_boxes_of_others_are_shut);

async fn an_illegal_transition_names_its_reason_and_changes_nothing(db: Db) {
    let desk = Desk::open(db).await;
    let accept = json!({ "type": "accept" });
    let blank = json!({ "type": "edit_draft", "intake": { "source": { "channel": "phone" } } });
    let unknown = json!({ "type": "dispatch", "lead_unit": "U99" });
    let unreasoned = json!({ "type": "dispatch", "lead_unit": "U15" });
    let back = json!({ "type": "review_reject", "reason": "答非所问" });
    let follow_up = desk.worded("record_follow_up");
    let tell = desk.worded("record_feedback");
    let in_state = |label: &str| format!("工单当前为“{label}”，不能执行此操作，请刷新后查看");
    let of = |code: RefusalCode| code.label().to_owned();
    for (steps, name, command, word, detail) in [
        (0, "agent01", &accept, "demand_type_missing", of(RefusalCode::DemandTypeMissing)),
        (1, "agent02", &blank, "not_your_draft", of(RefusalCode::NotYourDraft)),
        (1, "dispatcher01", &desk.worded("dispatch"), "wrong_state", in_state("登记中")),
        (2, "agent01", &accept, "wrong_state", in_state("待派单")),
        (
            2,
            "dispatcher01",
            &unknown,
            "unit_unknown",
            "承办单位 \"U99\" 不存在，请从单位目录中选择".to_owned(),
        ),
        (
            2,
            "dispatcher01",
            &unreasoned,
            "dispatch_reason_missing",
            of(RefusalCode::DispatchReasonMissing),
        ),
        (4, "u14.contact", &json!({ "type": "sign" }), "wrong_state", in_state("办理中")),
        (4, "reviewer01", &desk.worded("review_pass"), "wrong_state", in_state("办理中")),
        (
            4,
            "u14.leader",
            &desk.worded("approve_reply"),
            "reply_not_submitted",
            of(RefusalCode::ReplyNotSubmitted),
        ),
        (6, "u14.contact", &submit_reply(), "reply_pending", of(RefusalCode::ReplyPending)),
        (7, "followup01", &tell, "review_first", of(RefusalCode::ReviewFirst)),
        (7, "followup01", &follow_up, "wrong_state", in_state("已回复待审核")),
        (8, "followup01", &follow_up, "feedback_open", of(RefusalCode::FeedbackOpen)),
        (10, "reviewer01", &back, "wrong_state", in_state("办结")),
    ] {
        let id = desk.come_to(steps).await;
        let answer = refused(&desk, name, &id, command.clone()).await;
        assert_eq!(code(&answer), (409, word), "{steps} {command}");
        assert_eq!(answer.body["detail"], detail);
    }
}
store_test!(an_illegal_transition_names_its_reason_and_changes_nothing);

async fn a_version_that_was_overtaken_is_told_so(db: Db) {
    let desk = Desk::open(db).await;
    let id = desk.come_to(2).await;
    let before = desk.state(&id).await;
    for seen in ["\"2\"", "\"4\"", "0"] {
        let answer = desk.command_seen("dispatcher01", &id, seen, desk.worded("dispatch")).await;
        assert_eq!(code(&answer), (412, "version_conflict"), "{seen}");
    }
    for seen in ["x", "\"\"", "-1"] {
        let answer = desk.command_seen("dispatcher01", &id, seen, desk.worded("dispatch")).await;
        assert_eq!(code(&answer), (400, "malformed"), "{seen}");
    }
    assert_eq!(desk.state(&id).await, before);
    let answer = desk.command_seen("dispatcher01", &id, "\"3\"", desk.worded("dispatch")).await;
    assert_eq!((answer.status, answer.etag.as_str()), (200, "\"4\""));
    let answer = desk.command_seen("u14.contact", &id, "*", json!({ "type": "sign" })).await;
    assert_eq!(answer.status, 200, "any version will do: {answer:?}");
}
store_test!(a_version_that_was_overtaken_is_told_so);

async fn an_unknown_order_is_not_found(db: Db) {
    let desk = Desk::open(db).await;
    for id in ["019c5483-0a80-7000-8000-00000000ffff", "7"] {
        let answer = desk.get("agent01", &format!("/work-orders/{id}")).await;
        assert_eq!(code(&answer), (404, "not_found"));
        let answer = desk.command("agent01", id, json!({ "type": "accept" })).await;
        assert_eq!(code(&answer), (404, "not_found"));
    }
    let wish = json!({ "channel": "phone", "call": "019c5483-0a80-7000-8000-00000000ffff" });
    let answer = desk.send("agent01", "POST", "/work-orders", &[], Some(wish)).await;
    assert_eq!(code(&answer), (404, "not_found"), "no such call");
    let id = desk.draft().await;
    let answer = desk.get("", &format!("/work-orders/{id}")).await;
    assert_eq!(code(&answer), (401, "not_signed_in"));
}
store_test!(an_unknown_order_is_not_found);

async fn a_malformed_command_names_its_field_and_changes_nothing(db: Db) {
    let desk = Desk::open(db).await;
    let id = desk.come_to(2).await;
    let feedback = json!({ "kind": "not_told", "reason": "" });
    let attempt = json!({ "means": "phone", "outcome": "told", "at": "noon" });
    // Below `type` serde keeps no path: a wrong value is told by its text alone, and no field is made up.
    for (command, field, said) in [
        (json!({}), "type", "missing field"),
        (json!([]), "type", "missing field"),
        (json!({ "type": "fly" }), "type", "unknown variant `fly`"),
        (json!({ "type": "dispatch" }), "lead_unit", "missing field"),
        (
            json!({ "type": "submit_reply", "reply": { "outcome": "solved" }, "feedback": feedback }),
            "internal_text",
            "missing field",
        ),
        (json!({ "type": "dispatch", "lead_unit": "城管局" }), "", "城管局"),
        (json!({ "type": "dispatch", "lead_unit": "U14", "opinion": 7 }), "", "`7`"),
        (json!({ "type": "record_feedback", "attempt": attempt }), "", "noon"),
    ] {
        let answer = refused(&desk, "dispatcher01", &id, command.clone()).await;
        assert_eq!(code(&answer), (422, "wrong_fields"), "{command}");
        let error = &answer.body["errors"][0];
        assert_eq!(error["field"], field, "{command}: {error}");
        assert!(error["detail"].as_str().unwrap().contains(said), "{command}: {error}");
    }
}
store_test!(a_malformed_command_names_its_field_and_changes_nothing);

async fn a_malformed_opening_names_its_field_and_opens_nothing(db: Db) {
    let desk = Desk::open(db).await;
    for (wish, field) in [
        (json!({}), "channel"),
        (json!({ "channel": "pigeon" }), "channel"),
        (json!({ "channel": "phone", "calls": 1 }), "calls"),
        (json!({ "channel": "phone", "call": "x" }), "call"),
    ] {
        let answer = desk.send("agent01", "POST", "/work-orders", &[], Some(wish.clone())).await;
        assert_eq!(code(&answer), (422, "wrong_fields"), "{wish}");
        assert_eq!(answer.body["errors"][0]["field"], field, "{wish}");
    }
    let all = desk.get("leader01", "/work-orders?box=all").await.body;
    assert_eq!(all["items"], json!([]));
}
store_test!(a_malformed_opening_names_its_field_and_opens_nothing);

#[tokio::test]
async fn without_a_county_work_orders_say_what_is_missing() {
    let app = TestApp::new().await;
    let agent = app.signed_in("agent01", &[Role::Agent]).await;
    let reply = app.post("/api/v1/work-orders", &agent, json!({ "channel": "phone" })).await;
    assert_eq!((reply.status.as_u16(), reply.body["code"].as_str()), (503, Some("away")));
    assert!(reply.body["detail"].as_str().unwrap().contains("hotline init"), "{reply:?}");
}
