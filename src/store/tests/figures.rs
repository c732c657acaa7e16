//! What was shown and who signed: nothing of it is changed or deleted.

use ::figures::{Daytime, EventNumber};
use types::{ShownFiguresId, Timestamp, UserId};

use super::{after, centre, start};
use crate::store::dial_attempt::DialAttemptRow;
use crate::store::exclusion::ExclusionRow;
use crate::store::shown_figures::{ShownFigures, ShownKind};
use crate::store::{Db, Json, StoreError, dial_attempt, exclusion, shown_figures};

fn shown(id: u128, at: Timestamp) -> ShownFigures {
    ShownFigures {
        id: ShownFiguresId::from_u128(id),
        kind: ShownKind::Look,
        from_at: start(),
        until_at: after(60),
        events: Json(EventNumber::new(uuid::Uuid::from_u128(1), 7)),
        at,
        shown_by: UserId::from_u128(1),
        digest: "00".to_owned(),
        totals: Json(Vec::new()),
        daytime: Some(Json(Daytime::new(420, 1_200).unwrap())),
    }
}

fn proposal(number: i64) -> ExclusionRow {
    ExclusionRow {
        number,
        kind: "system_fault".to_owned(),
        what: "中继故障".to_owned(),
        from_at: start(),
        until_at: after(60),
        proposed_by: UserId::from_u128(1),
        proposed_at: after(61),
        approved_by: None,
        approved_at: None,
        revoked_by: None,
        revoked_at: None,
        note: String::new(),
    }
}

async fn the_register_of_shown_figures_only_grows(db: Db) {
    let mut tx = db.begin().await.unwrap();
    for one in [shown(1, after(70)), shown(2, after(80))] {
        shown_figures::add(&mut tx, &centre(), &one).await.unwrap();
    }
    tx.commit().await.unwrap();
    let attempt = DialAttemptRow {
        batch: "2026-02".to_owned(),
        number: 1,
        dialled: "12345".to_owned(),
        dialled_at: start(),
        outcome: "busy".to_owned(),
        wait_us: None,
        call: None,
        recorded_at: after(9),
        recorded_by: UserId::from_u128(1),
    };
    let mut tx = db.begin().await.unwrap();
    assert!(dial_attempt::add(&mut tx, &centre(), &attempt).await.unwrap());
    assert!(!dial_attempt::add(&mut tx, &centre(), &attempt).await.unwrap());
    let found = dial_attempt::find(&mut tx, &centre(), "2026-02", 1).await.unwrap();
    assert_eq!(found, Some(attempt));
    tx.commit().await.unwrap();
    for statement in [
        "update shown_figures set digest = ''",
        "update dial_attempt set outcome = 'no_answer'",
        "delete from dial_attempt",
        "delete from shown_figures",
        "delete from exclusion",
    ] {
        let mut tx = db.begin().await.unwrap();
        exclusion::add(&mut tx, &centre(), &proposal(1)).await.unwrap();
        let refused = on_tx!(&mut tx, |c| sqlx::query(statement).execute(c).await.map(|_| ()));
        assert!(refused.is_err(), "{statement}");
    }
    let mut tx = db.read().await.unwrap();
    let found = shown_figures::of_period(&mut tx, &centre(), start(), after(60), 9).await.unwrap();
    assert_eq!(found, [shown(2, after(80)), shown(1, after(70))]);
    let other = shown_figures::of_period(&mut tx, &centre(), start(), after(61), 9).await.unwrap();
    assert_eq!(other, []);
    let hours = shown_figures::daytime(&mut tx, &centre(), start(), after(60)).await.unwrap();
    assert_eq!(hours, Some(Daytime::new(420, 1_200).unwrap()));
    let none = shown_figures::daytime(&mut tx, &centre(), start(), after(61)).await.unwrap();
    assert_eq!(none, None);
}
store_test!(the_register_of_shown_figures_only_grows);

async fn the_database_itself_refuses_one_hand_for_both_signatures(db: Db) {
    let mut tx = db.begin().await.unwrap();
    assert_eq!(exclusion::next_number(&mut tx, &centre()).await.unwrap(), 1);
    exclusion::add(&mut tx, &centre(), &proposal(1)).await.unwrap();
    assert_eq!(exclusion::next_number(&mut tx, &centre()).await.unwrap(), 2);
    tx.commit().await.unwrap();
    let (one, two) = (UserId::from_u128(1), UserId::from_u128(2));
    let mut tx = db.begin().await.unwrap();
    assert!(exclusion::approve(&mut tx, &centre(), 1, one, after(62)).await.is_err());
    drop(tx);
    let mut tx = db.begin().await.unwrap();
    exclusion::approve(&mut tx, &centre(), 1, two, after(62)).await.unwrap();
    let again = exclusion::approve(&mut tx, &centre(), 1, two, after(63)).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    // To reject what was read as a proposal is not to revoke what has been approved since.
    let stale = exclusion::revoke(&mut tx, &centre(), &proposal(1), one, after(64), "误报").await;
    assert!(matches!(stale, Err(StoreError::Conflict(_))), "{stale:?}");
    let read = exclusion::find(&mut tx, &centre(), 1).await.unwrap().unwrap();
    exclusion::revoke(&mut tx, &centre(), &read, one, after(64), "误报").await.unwrap();
    let row = exclusion::find(&mut tx, &centre(), 1).await.unwrap().unwrap();
    let signed = (row.approved_by, row.revoked_by, row.note.as_str());
    assert_eq!(signed, (Some(two), Some(one), "误报"));
}
store_test!(the_database_itself_refuses_one_hand_for_both_signatures);
