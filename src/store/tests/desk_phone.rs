//! Credentials of desk phones.

use types::{Timestamp, UserId};

use super::{after, user};
use crate::store::desk_phone::{self, DeskPhone};
use crate::store::{Db, user as users};
use crate::testing::{centre, start};

fn phone(id: u128, username: &str, hash: &str) -> DeskPhone {
    DeskPhone {
        user_id: UserId::from_u128(id),
        username: username.to_owned(),
        realm: "12345.test".to_owned(),
        ha1_md5: format!("{hash}5"),
        ha1_sha256: format!("{hash}256"),
    }
}

async fn an_account_has_one_desk_phone_until_it_is_removed(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    for (id, username) in [(1, "agent02"), (2, "agent01")] {
        users::insert(&mut tx, &c, &user(id, username)).await.unwrap();
    }
    assert_eq!(desk_phone::list(&mut tx, &c).await.unwrap(), []);
    let (first, other) = (phone(1, "agent02", "a"), phone(2, "agent01", "b"));
    for phone in [&first, &other] {
        desk_phone::put(&mut tx, &c, phone, start(), "sysadmin01").await.unwrap();
    }
    assert_eq!(desk_phone::list(&mut tx, &c).await.unwrap(), [other.clone(), first.clone()]);
    let second = DeskPhone { realm: "other.test".to_owned(), ..phone(1, "agent02", "c") };
    desk_phone::put(&mut tx, &c, &second, after(1), "sysadmin02").await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = db.begin().await.unwrap();
    let found = desk_phone::list(&mut tx, &c).await.unwrap();
    assert_eq!(found, [other.clone(), second], "in place of the first, not beside it");
    const ISSUED: &str = "select issued_at, issued_by from desk_phone where realm = 'other.test'";
    let issued: (Timestamp, String) =
        on_tx!(&mut tx, |c| sqlx::query_as(ISSUED).fetch_one(c).await).unwrap();
    assert_eq!(issued, (after(1), "sysadmin02".to_owned()));
    let elsewhere = "baiyun".parse().unwrap();
    assert_eq!(desk_phone::list(&mut tx, &elsewhere).await.unwrap(), []);
    assert!(desk_phone::remove(&mut tx, first.user_id).await.unwrap());
    assert!(!desk_phone::remove(&mut tx, first.user_id).await.unwrap(), "there is none any more");
    assert_eq!(desk_phone::list(&mut tx, &c).await.unwrap(), [other]);
}
store_test!(an_account_has_one_desk_phone_until_it_is_removed);

async fn the_phone_of_a_disabled_account_is_left_out(db: Db) {
    let (c, mut tx) = (centre(), db.begin().await.unwrap());
    for (id, username) in [(1, "agent01"), (2, "agent02")] {
        users::insert(&mut tx, &c, &user(id, username)).await.unwrap();
        let phone = phone(id, username, "a");
        desk_phone::put(&mut tx, &c, &phone, start(), "sysadmin01").await.unwrap();
    }
    // No use case disables an account yet; the column is there.
    const DISABLE: &str = "update user_account set disabled_at = $1 where username = 'agent01'";
    on_tx!(&mut tx, |c| sqlx::query(DISABLE).bind(start()).execute(c).await.map(|_| ())).unwrap();
    assert_eq!(desk_phone::list(&mut tx, &c).await.unwrap(), [phone(2, "agent02", "a")]);
}
store_test!(the_phone_of_a_disabled_account_is_left_out);
