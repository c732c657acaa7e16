//! Requests that meet: two pages for one call, two dispatchers, many approvals.

use futures_util::future::join_all;
use serde_json::{Value, json};
use types::{CallId, Timestamp};

use super::{Answer, Desk};
use crate::store::Db;
use crate::store::call::{self, Call, CallDirection, CallState};
use crate::testing::start;

/// A citizen's call as the journal's shipper stores it.
fn talking() -> Call {
    let at: Timestamp = start();
    Call {
        id: CallId::from_u128(77),
        direction: CallDirection::Inbound,
        gateway: None,
        trunk: None,
        sip_call_id: None,
        party: Some("13900000002".parse().unwrap()),
        dialled: "12345".to_owned(),
        purpose: None,
        priority: 0,
        arrived_at: at,
        rang_at: at,
        answered_at: Some(at),
        ended_at: None,
        wait_us: Some(2_000_000),
        talked_us: None,
        agent: None,
        state: CallState::Talking,
        open_offers: 0,
        outcome: None,
        end_cause: None,
        guard: "none".to_owned(),
        breach: None,
    }
}

async fn stored(desk: &Desk) -> Value {
    let mut tx = desk.ctx.db.begin().await.unwrap();
    let call = talking();
    call::save(&mut tx, &desk.ctx.centre, &call).await.unwrap();
    tx.commit().await.unwrap();
    json!({ "channel": "phone", "call": call.id })
}

async fn open(desk: &Desk, name: &str, wish: &Value) -> Answer {
    desk.send(name, "POST", "/work-orders", &[], Some(wish.clone())).await
}

async fn opening_twice_for_one_call_gives_one_draft_that_knows_the_caller(db: Db) {
    let desk = Desk::open(db).await;
    let wish = stored(&desk).await;
    let first = open(&desk, "agent01", &wish).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(first.body["intake"]["petitioner"]["phones"], json!(["13900000002"]));
    assert_eq!(first.body["intake"]["source"]["dialled_no"], "12345");
    assert_eq!(first.body["intake"]["source"]["call_id"], wish["call"]);
    let again = open(&desk, "agent01", &wish).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    let all = desk.get("leader01", "/work-orders?box=all").await.body;
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
}
store_test!(opening_twice_for_one_call_gives_one_draft_that_knows_the_caller);

async fn pages_that_open_for_one_call_at_once_share_a_draft(db: Db) {
    let desk = Desk::open(db).await;
    let wish = stored(&desk).await;
    // A connection to PostgreSQL takes longer than a request: without them these would come one by one.
    join_all((0..4).map(|_| desk.get("agent01", "/work-orders?box=mine"))).await;
    let answers = join_all((0..4).map(|_| open(&desk, "agent01", &wish))).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (201, &answers[0].body), "{answer:?}");
    }
    // The numbers that the slower ones had drawn are given to the next.
    let next = desk.draft().await;
    assert_eq!(desk.shown("agent01", &next).await["order_no"], "2602130002");
}
store_test!(pages_that_open_for_one_call_at_once_share_a_draft);

async fn of_two_dispatchers_at_once_one_is_told_that_she_was_late(db: Db) {
    let desk = Desk::open(db).await;
    let id = desk.come_to(2).await;
    let dispatch =
        |unit: &str| json!({ "type": "dispatch", "lead_unit": unit, "reason": "职责划转" });
    let seen = "\"3\"";
    let (one, other) = tokio::join!(
        desk.command_seen("dispatcher01", &id, seen, dispatch("U14")),
        desk.command_seen("dispatcher01", &id, seen, dispatch("U15")),
    );
    let (done, late) = if one.status == 200 { (one, other) } else { (other, one) };
    assert_eq!((done.status, late.status), (200, 412), "{done:?} {late:?}");
    assert_eq!(late.body["code"], "version_conflict");
    let order = desk.shown("leader01", &id).await;
    assert_eq!((&order["unit"], &order["version"]), (&done.body["unit"], &json!(4)));
    assert_eq!(order["events"].as_array().unwrap().len(), 4);
}
store_test!(of_two_dispatchers_at_once_one_is_told_that_she_was_late);

/// Approval opens the feedback duty and sets its alarms, which need the county's rules: with as many
/// approvals as the store has connections, none may wait for a second one.
async fn approvals_at_once_do_not_wait_for_each_others_connections(db: Db) {
    let desk = Desk::open(db).await;
    let mut orders = Vec::new();
    for _ in 0..8 {
        orders.push(desk.come_to(6).await);
    }
    let approve = json!({ "type": "approve_reply" });
    let approvals = orders.iter().map(|id| desk.command("u14.leader", id, approve.clone()));
    let answers = join_all(approvals).await;
    for answer in answers {
        assert_eq!((answer.status, &answer.body["state"]), (200, &json!("replied")), "{answer:?}");
    }
}
store_test!(approvals_at_once_do_not_wait_for_each_others_connections);
