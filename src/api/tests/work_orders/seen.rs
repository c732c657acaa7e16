//! What each person sees: her boxes, their pages, and how much of a petitioner.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Desk, WAY, intake};
use crate::store::Db;

/// The lines of a box that fits one page.
async fn listed(desk: &Desk, name: &str, which: &str) -> Vec<Value> {
    let answer = desk.get(name, &format!("/work-orders?box={which}")).await;
    assert_eq!((answer.status, &answer.body["next"]), (200, &Value::Null), "{answer:?}");
    answer.body["items"].as_array().unwrap().clone()
}

async fn an_order_waits_in_the_boxes_of_whoever_is_next(db: Db) {
    let desk = Desk::open(db).await;
    let boxes = [
        ("agent01", "mine"),
        ("dispatcher01", "dispatch"),
        ("u14.contact", "inbox"),
        ("u14.leader", "approval"),
        ("reviewer01", "review"),
        ("followup01", "feedback"),
        ("followup01", "follow_up"),
        ("leader01", "all"),
    ];
    let of_others = [("agent02", "mine"), ("u15.contact", "inbox"), ("u15.leader", "approval")];
    let id = desk.draft().await;
    let mut seen = Vec::new();
    for (name, word, state) in WAY {
        assert_eq!(desk.done(name, &id, desk.worded(word)).await["state"], state);
        let mut holding = vec![format!("after {word}:")];
        for (name, which) in boxes {
            let found = listed(&desk, name, which).await;
            assert!(found.iter().all(|item| item["id"] == id.as_str()), "{found:?}");
            holding.extend((!found.is_empty()).then(|| which.to_owned()));
        }
        for (name, which) in of_others {
            assert_eq!(listed(&desk, name, which).await, Vec::<Value>::new(), "{name} {which}");
        }
        seen.push(holding.join(" "));
    }
    let expected = [
        "after edit_draft: mine all",
        "after accept: mine dispatch all",
        "after dispatch: mine inbox all",
        "after sign: mine inbox all",
        "after first_contact: mine inbox all",
        "after submit_reply: mine inbox approval all",
        "after approve_reply: mine review feedback all",
        "after review_pass: mine feedback follow_up all",
        "after record_feedback: mine follow_up all",
        "after record_follow_up: mine all",
    ];
    assert_eq!(seen, expected);
}
store_test!(an_order_waits_in_the_boxes_of_whoever_is_next);

async fn a_list_is_read_page_by_page(db: Db) {
    let desk = Desk::open(db).await;
    let mut drafts = Vec::new();
    for _ in 0..3 {
        desk.ctx.clock.advance(Duration::from_secs(1));
        drafts.insert(0, json!(desk.draft().await));
    }
    let mut found = Vec::new();
    let mut path = "/work-orders?box=mine&limit=2".to_owned();
    while found.len() < 9 {
        let page = desk.get("agent01", &path).await.body;
        found.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/work-orders?box=mine&limit=2&after={next}");
    }
    assert_eq!(found, drafts, "the newest first, each once");
    for (wrong, field) in [("after=7", "after"), ("limit=0", "limit"), ("limit=101", "limit")] {
        let answer = desk.get("agent01", &format!("/work-orders?box=mine&{wrong}")).await;
        let named = &answer.body["errors"][0]["field"];
        assert_eq!((answer.status, named), (422, &json!(field)), "{answer:?}");
    }
}
store_test!(a_list_is_read_page_by_page);

async fn a_unit_learns_what_it_needs_and_of_a_confidential_petitioner_nothing(db: Db) {
    let desk = Desk::open(db).await;
    let id = desk.come_to(3).await;
    let whole = desk.shown("dispatcher01", &id).await;
    let petitioner = &whole["intake"]["petitioner"];
    assert_eq!(
        (&petitioner["name"], &petitioner["phones"][0]),
        (&json!("李秀英"), &json!("13900000002"))
    );
    assert!(whole["query_code"].is_string());
    let shown = desk.shown("u14.contact", &id).await;
    let petitioner = &shown["intake"]["petitioner"];
    assert_eq!(
        (&petitioner["name"], &petitioner["phones"][0]),
        (&json!("李**"), &json!("139****0002"))
    );
    assert_eq!(shown["query_code"], Value::Null);
    let text = shown.to_string();
    assert!(!text.contains("李秀英") && !text.contains("13900000002"), "nowhere else: {text}");

    let id = desk.draft().await;
    let mut confidential = intake();
    confidential["petitioner"]["confidential"] = json!(true);
    confidential["petitioner"]["address"] = json!("幸福里3号");
    desk.done("agent01", &id, json!({ "type": "edit_draft", "intake": confidential })).await;
    for (name, word, _) in &WAY[1..3] {
        desk.done(name, &id, desk.worded(word)).await;
    }
    let shown = desk.shown("u14.contact", &id).await;
    let petitioner = &shown["intake"]["petitioner"];
    assert_eq!((&petitioner["name"], &petitioner["phones"]), (&json!("（保密）"), &json!([])));
    let text = shown.to_string();
    for secret in ["李", "139", "幸福里"] {
        assert!(!text.contains(secret), "{secret} nowhere: {text}");
    }
    let inbox = listed(&desk, "u14.contact", "inbox").await;
    let names = inbox.iter().map(|it| it["petitioner_name"].as_str().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    assert_eq!(names, ["李**", "（保密）"]);
}
store_test!(a_unit_learns_what_it_needs_and_of_a_confidential_petitioner_nothing);
