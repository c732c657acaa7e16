//! The screen list.

use types::{Phone, ScreeningId, UserId};

use super::after;
use crate::store::Db;
use crate::store::screening::{self, Screening, SetAs};
use crate::testing::{centre, start};

fn entry(id: u128, number: &str, set_s: u64, until_s: u64) -> Screening {
    Screening {
        id: ScreeningId::from_u128(id),
        number: number.parse().unwrap(),
        reason: "骚扰".to_owned(),
        set_at: after(set_s),
        until: after(until_s),
        set_by: UserId::from_u128(1),
        set_as: SetAs::TeamLeader,
        calls: 0,
        last_call_at: None,
        reviewed_at: None,
        reviewed_by: None,
        review: String::new(),
        ended_at: None,
        ended_by: None,
    }
}

fn ids(found: &[Screening]) -> Vec<ScreeningId> {
    found.iter().map(|entry| entry.id).collect()
}

async fn a_number_has_one_entry_in_force_until_it_ends_or_is_over(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    let (first, other) = (entry(1, "13800138000", 0, 100), entry(2, "13900139000", 0, 50));
    let second = entry(3, "13800138000", 10, 200);
    for entry in [&first, &other, &second] {
        screening::add(&mut tx, &c, entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let in_force = screening::in_force(&mut tx, &c, after(20)).await.unwrap();
    assert_eq!(in_force, [second.clone(), other.clone()]);
    let later = screening::in_force(&mut tx, &c, after(50)).await.unwrap();
    assert_eq!(ids(&later), [second.id], "the other one is over");
    let all = screening::since(&mut tx, &c, start(), 10).await.unwrap();
    assert_eq!(ids(&all)[0], second.id, "newest first");
    let former = all.iter().find(|entry| entry.id == first.id).unwrap();
    assert_eq!((former.ended_at, former.ended_by), (Some(after(10)), Some(UserId::from_u128(1))));
    let elsewhere = "baiyun".parse().unwrap();
    assert_eq!(screening::in_force(&mut tx, &elsewhere, after(20)).await.unwrap(), []);

    let by = UserId::from_u128(9);
    assert!(screening::end(&mut tx, &c, second.id, after(60), by).await.unwrap());
    assert!(!screening::end(&mut tx, &c, second.id, after(61), by).await.unwrap());
    assert!(!screening::end(&mut tx, &c, other.id, after(61), by).await.unwrap(), "it is over");
    assert_eq!(screening::in_force(&mut tx, &c, after(60)).await.unwrap(), []);
}
store_test!(a_number_has_one_entry_in_force_until_it_ends_or_is_over);

async fn calls_are_counted_and_reviews_noted_while_it_is_in_force(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    let entry = entry(1, "13800138000", 0, 100);
    screening::add(&mut tx, &c, &entry).await.unwrap();
    let other: Phone = "13900139000".parse().unwrap();
    for (number, at) in [(&entry.number, 5), (&other, 6), (&entry.number, 7)] {
        screening::count(&mut tx, &c, number, after(at)).await.unwrap();
    }
    let by = UserId::from_u128(9);
    assert!(screening::review(&mut tx, &c, entry.id, (after(8), by), "维持").await.unwrap());
    assert!(!screening::review(&mut tx, &c, entry.id, (after(100), by), "晚了").await.unwrap());
    let found = screening::find(&mut tx, &c, entry.id).await.unwrap().unwrap();
    assert_eq!((found.calls, found.last_call_at), (2, Some(after(7))));
    let reviewed = (found.reviewed_at, found.reviewed_by, found.review.as_str());
    assert_eq!(reviewed, (Some(after(8)), Some(by), "维持"));
}
store_test!(calls_are_counted_and_reviews_noted_while_it_is_in_force);
