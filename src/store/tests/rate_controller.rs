//! The rate controller's memory and the record of levers.

use rate_controller::State;

use super::after;
use crate::store::Db;
use crate::store::rate_controller::{self as store, LeverDecision};
use crate::testing::centre;

fn entry(seconds: u64, what: &str) -> LeverDecision {
    LeverDecision {
        at: after(seconds),
        lever: "shorten_wrap_up".to_owned(),
        what: what.to_owned(),
        by_whom: "supervisor01".to_owned(),
        reason: "值班人员决定缩短话后处理。".to_owned(),
        body: "{}".to_owned(),
    }
}

async fn the_memory_is_replaced_and_the_record_only_grows(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    assert_eq!(store::state(&mut tx, &c).await.unwrap(), None);
    for seconds in [1, 2] {
        store::put_state(&mut tx, &c, &State::default(), after(seconds)).await.unwrap();
    }
    let text = store::state(&mut tx, &c).await.unwrap().unwrap();
    assert_eq!(serde_json::from_str::<State>(&text).unwrap(), State::default());
    let (pulled, undone) = (entry(1, "pulled_by_person"), entry(5, "undone_by_person"));
    for entry in [&pulled, &undone, &pulled] {
        store::add(&mut tx, &c, entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let found = store::newest(&mut tx, &c, 9).await.unwrap();
    assert_eq!(found, [undone, pulled], "newest first, nothing twice");
    const CHANGE: &str = "update lever_decision set by_whom = 'nobody'";
    let changed = on_tx!(&mut tx, |c| sqlx::query(CHANGE).execute(c).await.map(|_| ()));
    assert!(changed.is_err(), "the record is append-only");
}
store_test!(the_memory_is_replaced_and_the_record_only_grows);
