//! Each statement is executed on both databases.

use std::time::Duration;

use ::work_order::{Role, Unit, UnitKind};
use gateway_protocol::FencingNumber;
use types::{AuditId, JobId, SessionId, Timestamp, UserId};

use super::audit::AuditLine;
use super::job::{Claim, NewJob};
use super::reference_data::ReferenceData;
use super::session::{Session, SessionKind};
use super::sign_in_failure::Failures;
use super::user::{User, UserSkill};
use super::*;
use crate::testing::{centre, start, variable};

mod desk_phone;
mod figures;
mod missed_call_return;
mod rate_controller;
mod screening;
mod staffing;
mod work_order;

fn after(seconds: u64) -> Timestamp {
    start() + Duration::from_secs(seconds)
}

fn user(id: u128, username: &str) -> User {
    User {
        id: UserId::from_u128(id),
        username: username.to_owned(),
        display_name: "陈晓雨".to_owned(),
        staff_no: "1001".to_owned(),
        unit: None,
        password_hash: "$argon2id$".to_owned(),
        outsourced: false,
        reserve: true,
        created_at: start(),
        disabled_at: None,
    }
}

async fn a_user_is_read_back_with_roles_and_skills(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let unit = Unit {
        code: "U14".parse().unwrap(),
        name: "城市管理局".to_owned(),
        short_name: "城管局".to_owned(),
        kind: UnitKind::Department,
        parent: None,
    };
    unit::put(&mut tx, &centre(), &unit, 1).await.unwrap();
    let written = User { unit: Some(unit.code.clone()), ..user(1, "u14.contact") };
    user::insert(&mut tx, &centre(), &written).await.unwrap();
    for role in [Role::UnitContact, Role::Agent, Role::Agent] {
        user::add_role(&mut tx, &centre(), written.id, role).await.unwrap();
    }
    let skill = UserSkill { skill: "general".parse().unwrap(), level: 50 };
    user::put_skill(&mut tx, &centre(), written.id, &skill).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = db.read().await.unwrap();
    let c = centre();
    assert_eq!(user::by_name(&mut tx, &c, "u14.contact").await.unwrap().unwrap(), written);
    assert_eq!(user::by_id(&mut tx, &c, written.id).await.unwrap().unwrap(), written);
    assert_eq!(user::by_name(&mut tx, &c, "nobody").await.unwrap(), None);
    let roles = user::roles(&mut tx, written.id).await.unwrap();
    assert_eq!(roles, [Role::Agent, Role::UnitContact]);
    assert_eq!(user::by_role(&mut tx, &c, Role::Agent).await.unwrap().len(), 1);
    assert_eq!(user::by_role(&mut tx, &c, Role::Auditor).await.unwrap(), []);
    assert_eq!(user::skills(&mut tx, written.id).await.unwrap(), [skill]);
    assert_eq!(unit::list(&mut tx, &c).await.unwrap(), [unit]);
}
store_test!(a_user_is_read_back_with_roles_and_skills);

async fn a_taken_name_is_a_duplicate_and_another_centre_sees_nobody(db: Db) {
    let mut tx = db.begin().await.unwrap();
    user::insert(&mut tx, &centre(), &user(1, "agent01")).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let error = user::insert(&mut tx, &centre(), &user(2, "agent01")).await.unwrap_err();
    assert!(matches!(error, StoreError::Duplicate(_)), "{error:?}");
    drop(tx);
    let mut tx = db.read().await.unwrap();
    let elsewhere = "baiyun".parse().unwrap();
    assert_eq!(user::by_name(&mut tx, &elsewhere, "agent01").await.unwrap(), None);
}
store_test!(a_taken_name_is_a_duplicate_and_another_centre_sees_nobody);

async fn a_session_lives_until_it_is_ended(db: Db) {
    let mut tx = db.begin().await.unwrap();
    user::insert(&mut tx, &centre(), &user(1, "agent01")).await.unwrap();
    let written = Session {
        id: SessionId::from_u128(7),
        centre: centre(),
        user_id: UserId::from_u128(1),
        kind: SessionKind::Browser,
        token_hash: "ab".to_owned(),
        label: "Chromium".to_owned(),
        source: "127.0.0.1".to_owned(),
        created_at: start(),
        last_seen_at: start(),
        expires_at: after(60),
        ended_at: None,
    };
    session::insert(&mut tx, &written).await.unwrap();
    assert_eq!(session::by_token(&mut tx, "ab").await.unwrap().unwrap(), written);
    session::touch(&mut tx, written.id, after(5)).await.unwrap();
    session::touch(&mut tx, written.id, after(2)).await.unwrap();
    let touched = session::by_token(&mut tx, "ab").await.unwrap().unwrap();
    assert_eq!(touched.last_seen_at, after(5), "time of use never goes back");
    session::end(&mut tx, written.id, after(6)).await.unwrap();
    assert_eq!(session::by_token(&mut tx, "ab").await.unwrap(), None);
    session::end_all(&mut tx, written.user_id, after(7)).await.unwrap();
    assert_eq!(session::delete_old(&mut tx, after(60)).await.unwrap(), 0);
    assert_eq!(session::delete_old(&mut tx, after(61)).await.unwrap(), 1);
}
store_test!(a_session_lives_until_it_is_ended);

async fn failures_are_kept_per_name_and_source(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let c = centre();
    let failures = Failures { failures: 5, last_at: start(), locked_until: Some(after(900)) };
    sign_in_failure::put(&mut tx, &c, "agent01", "10.0.0.1", failures).await.unwrap();
    sign_in_failure::put(&mut tx, &c, "agent01", "10.0.0.1", failures).await.unwrap();
    let found = sign_in_failure::find(&mut tx, &c, "agent01", "10.0.0.1").await.unwrap();
    assert_eq!(found, Some(failures));
    assert_eq!(sign_in_failure::find(&mut tx, &c, "agent01", "10.0.0.2").await.unwrap(), None);
    sign_in_failure::clear(&mut tx, &c, "agent01", "10.0.0.1").await.unwrap();
    assert_eq!(sign_in_failure::find(&mut tx, &c, "agent01", "10.0.0.1").await.unwrap(), None);
    assert_eq!(sign_in_failure::delete_old(&mut tx, after(1)).await.unwrap(), 0);
}
store_test!(failures_are_kept_per_name_and_source);

/// R04.
async fn each_acquisition_raises_the_fencing_number(db: Db) {
    let c = centre();
    let mut tx = db.begin().await.unwrap();
    let taken = lease::acquire(&mut tx, &c, "a", start(), after(10)).await.unwrap();
    assert_eq!(taken, Some(FencingNumber(1)));
    let refused = lease::acquire(&mut tx, &c, "b", after(9), after(19)).await.unwrap();
    assert_eq!(refused, None, "another holder has it");
    let again = lease::acquire(&mut tx, &c, "a", after(9), after(19)).await.unwrap();
    assert_eq!(again, Some(FencingNumber(2)), "a restarted holder need not wait");
    let one = FencingNumber(1);
    assert!(!lease::renew(&mut tx, &c, "a", one, after(10), after(30)).await.unwrap());
    let two = FencingNumber(2);
    assert!(lease::renew(&mut tx, &c, "a", two, after(10), after(30)).await.unwrap());
    assert!(!lease::renew(&mut tx, &c, "a", two, after(30), after(40)).await.unwrap());
    let taken = lease::acquire(&mut tx, &c, "b", after(30), after(40)).await.unwrap();
    assert_eq!(taken, Some(FencingNumber(3)));
    lease::release(&mut tx, &c, "a", two, after(31)).await.unwrap();
    let standing = lease::find(&mut tx, &c).await.unwrap().unwrap();
    assert_eq!((standing.holder.as_str(), standing.expires_at), ("b", after(40)));
    lease::release(&mut tx, &c, "b", FencingNumber(3), after(31)).await.unwrap();
    let taken = lease::acquire(&mut tx, &c, "a", after(31), after(40)).await.unwrap();
    assert_eq!(taken, Some(FencingNumber(4)));
}
store_test!(each_acquisition_raises_the_fencing_number);

async fn the_audit_trail_refuses_changes(db: Db) {
    let line = AuditLine {
        id: AuditId::from_u128(1),
        at: start(),
        user_id: Some(UserId::from_u128(1)),
        actor: "secadmin01".to_owned(),
        source: "10.0.0.1".to_owned(),
        action: "user_added".to_owned(),
        subject_kind: "user".to_owned(),
        subject: "agent01".to_owned(),
        value_from: None,
        value_to: Some("agent".to_owned()),
        note: String::new(),
    };
    let mut tx = db.begin().await.unwrap();
    audit::append(&mut tx, &centre(), &line).await.unwrap();
    tx.commit().await.unwrap();
    for statement in ["update audit set actor = 'x'", "delete from audit"] {
        let mut tx = db.begin().await.unwrap();
        let error =
            on_tx!(&mut tx, |c| sqlx::query(statement).execute(c).await.map(|_| ())).unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    let mut tx = db.read().await.unwrap();
    let lines = audit::of_subject(&mut tx, &centre(), "user", "agent01", 9).await.unwrap();
    assert_eq!(lines, [line]);
}
store_test!(the_audit_trail_refuses_changes);

fn job(id: u128, key: &str, due_at: Timestamp) -> NewJob {
    NewJob {
        id: JobId::from_u128(id),
        kind: "k".to_owned(),
        key: key.to_owned(),
        payload: "{}".to_owned(),
        due_at,
    }
}

async fn claims_each_job_once(db: Db) {
    let mut tx = db.begin().await.unwrap();
    for (id, due_s) in [(1, 2), (2, 1), (3, 99)] {
        let new = job(id, &id.to_string(), after(due_s));
        job::add(&mut tx, &centre(), &new, start()).await.unwrap();
    }
    job::add(&mut tx, &centre(), &job(4, "1", after(1)), start()).await.unwrap();
    tx.commit().await.unwrap();

    let claim =
        |worker| Claim { worker, due_until: after(10), now: after(10), until: after(70), limit: 9 };
    let (first, second) = tokio::join!(
        async {
            let mut tx = db.begin().await.unwrap();
            let jobs = job::claim(&mut tx, claim("a")).await.unwrap();
            tx.commit().await.unwrap();
            jobs
        },
        async {
            let mut tx = db.begin().await.unwrap();
            let jobs = job::claim(&mut tx, claim("b")).await.unwrap();
            tx.commit().await.unwrap();
            jobs
        }
    );
    let mut keys: Vec<_> = first.iter().chain(&second).map(|job| job.key.clone()).collect();
    keys.sort();
    assert_eq!(keys, ["1", "2"], "due ones only, each once, no second of an open key");
    let worker = if first.is_empty() { "b" } else { "a" };
    let jobs = if first.is_empty() { second } else { first };
    assert_eq!(jobs[0].attempts, 1);

    let mut tx = db.begin().await.unwrap();
    assert!(!job::done(&mut tx, jobs[0].id, "stranger", after(11)).await.unwrap());
    assert!(job::done(&mut tx, jobs[0].id, worker, after(11)).await.unwrap());
    job::cancel(&mut tx, &centre(), "k", "3", after(11)).await.unwrap();
    assert_eq!(job::overdue(&mut tx, after(12)).await.unwrap(), 1);
    assert_eq!(job::delete_old(&mut tx, after(12)).await.unwrap(), 2);
}
store_test!(claims_each_job_once);

async fn outbox_numbers_rise_and_missed_events_can_be_read(db: Db) {
    let mut tx = db.begin().await.unwrap();
    let c = centre();
    let one = outbox::add(&mut tx, &c, "t", "1", start()).await.unwrap();
    let two = outbox::add(&mut tx, &c, "t", "2", start()).await.unwrap();
    assert!(one < two);
    outbox::mark_relayed(&mut tx, one, start()).await.unwrap();
    let open: Vec<_> =
        outbox::open(&mut tx, 9).await.unwrap().into_iter().map(|event| event.seq).collect();
    assert_eq!(open, [two]);
    assert_eq!(outbox::since(&mut tx, &c, 0, 9).await.unwrap().len(), 2);
    assert_eq!(outbox::since(&mut tx, &c, one, 9).await.unwrap()[0].payload, "2");
    assert_eq!(outbox::delete_old(&mut tx, after(1)).await.unwrap(), 1);
}
store_test!(outbox_numbers_rise_and_missed_events_can_be_read);

async fn a_setting_is_not_overwritten_unseen(db: Db) {
    let c = centre();
    let mut tx = db.begin().await.unwrap();
    let change = |value, expected| setting::Change {
        key: "surge",
        value,
        expected,
        by: "supervisor01",
        at: start(),
    };
    setting::set(&mut tx, &c, change("1", 0)).await.unwrap();
    let conflict = setting::set(&mut tx, &c, change("2", 0)).await.unwrap_err();
    assert!(matches!(conflict, StoreError::Conflict(_)));
    setting::set(&mut tx, &c, change("2", 1)).await.unwrap();
    let conflict = setting::set(&mut tx, &c, change("3", 1)).await.unwrap_err();
    assert!(matches!(conflict, StoreError::Conflict(_)));
    let found = setting::find(&mut tx, &c, "surge").await.unwrap().unwrap();
    assert_eq!((found.value.as_str(), found.version), ("2", 2));
    setting::probe(&mut tx, &c, start()).await.unwrap();
    setting::probe(&mut tx, &c, start()).await.unwrap();
}
store_test!(a_setting_is_not_overwritten_unseen);

async fn the_newest_reference_data_is_in_force(db: Db) {
    let c = centre();
    let mut tx = db.begin().await.unwrap();
    assert_eq!(reference_data::newest(&mut tx, &c, "holidays").await.unwrap(), None);
    for version in [1, 2] {
        let data = ReferenceData {
            version,
            content: format!("v{version}"),
            loaded_at: start(),
            loaded_by: "init".to_owned(),
        };
        reference_data::add(&mut tx, &c, "holidays", &data).await.unwrap();
    }
    let newest = reference_data::newest(&mut tx, &c, "holidays").await.unwrap().unwrap();
    assert_eq!(newest.content, "v2");
    assert_eq!(centre::name(&mut tx, &c).await.unwrap().unwrap(), "青源县12345");
}
store_test!(the_newest_reference_data_is_in_force);

async fn a_dropped_transaction_leaves_nothing_and_a_reader_cannot_write(db: Db) {
    let mut tx = db.begin().await.unwrap();
    setting::probe(&mut tx, &centre(), start()).await.unwrap();
    drop(tx);
    let mut tx = db.read().await.unwrap();
    assert_eq!(setting::find(&mut tx, &centre(), "store_probe").await.unwrap(), None);
    let error = setting::probe(&mut tx, &centre(), start()).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly), "{error:?}");
}
store_test!(a_dropped_transaction_leaves_nothing_and_a_reader_cannot_write);

async fn migrating_again_changes_nothing(db: Db) {
    let known = db.migrate().await.unwrap();
    assert!(known >= 1);
    assert_eq!(db.migrations_missing().await.unwrap(), 0);
}
store_test!(migrating_again_changes_nothing);

#[test]
fn both_databases_have_the_same_migrations() {
    let list = |migrator: &sqlx::migrate::Migrator| -> Vec<String> {
        migrator.iter().map(|m| format!("{:04} {}", m.version, m.description)).collect()
    };
    assert_eq!(list(&migrate::SQLITE), list(&migrate::POSTGRES));
}

/// `table.column kind`, kinds brought to one vocabulary.
const COLUMNS_SQLITE: &str = "select m.name || '.' || p.name || ' ' || lower(p.type) \
    || case when p.\"notnull\" = 1 then ' not null' else '' end \
    from sqlite_master m join pragma_table_info(m.name) p \
    where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like '_sqlx%' order by 1";
const COLUMNS_PG: &str = "select table_name || '.' || column_name || ' ' || data_type \
    || case when is_nullable = 'NO' then ' not null' else '' end \
    from information_schema.columns where table_schema = current_schema() \
    and table_name not like '\\_sqlx%' order by 1";

fn one_vocabulary(column: &str) -> String {
    [
        ("timestamp with time zone", "integer"),
        ("boolean", "integer"),
        ("bigint", "integer"),
        ("jsonb", "text"),
        ("uuid", "blob"),
        ("bytea", "blob"),
        (" date", " text"),
    ]
    .iter()
    .fold(column.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    if variable("TEST_DATABASE_URL").is_none() {
        eprintln!("skipped: TEST_DATABASE_URL is not set");
        return;
    }
    let sqlite = crate::testing::TestDb::sqlite().await;
    let postgres = crate::testing::TestDb::postgres().await.unwrap();
    let columns = async |db: &Db, statement: &'static str| {
        let mut tx = db.read().await.unwrap();
        let columns: Vec<String> =
            on_tx!(&mut tx, |c| sqlx::query_scalar(statement).fetch_all(c).await).unwrap();
        let mut columns: Vec<String> = columns.iter().map(|c| one_vocabulary(c)).collect();
        columns.sort();
        columns
    };
    let (here, there) =
        (columns(&sqlite.db, COLUMNS_SQLITE).await, columns(&postgres.db, COLUMNS_PG).await);
    assert!(here.len() > 60);
    assert_eq!(here, there);
    postgres.drop_schema().await;
}

#[tokio::test]
async fn every_table_names_its_centre() {
    let sqlite = crate::testing::TestDb::sqlite().await;
    let mut tx = sqlite.db.read().await.unwrap();
    let without: Vec<String> = on_tx!(&mut tx, |c| {
        sqlx::query_scalar(
        "select m.name from sqlite_master m where m.type = 'table' and m.name not like 'sqlite_%' \
         and m.name not like '_sqlx%' and not exists \
         (select 1 from pragma_table_info(m.name) p where p.name = 'centre')"
    )
    .fetch_all(c)
    .await
    })
    .unwrap();
    assert_eq!(without, Vec::<String>::new());
}

#[tokio::test]
async fn a_full_disk_and_a_closed_folder_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let options = DbOptions { sync: false, connections_max: 2, ..DbOptions::default() };
    let missing = folder.path().join("no").join("such").join("folder.db");
    let error = Db::open_sqlite(&missing, &options).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly), "{error:?}");

    let db = Db::open_sqlite(&folder.path().join("hotline.db"), &options).await.unwrap();
    db.migrate().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    // SQLite's own quota stands in for a full disk: the same error code.
    on_tx!(&mut tx, |c| sqlx::query("pragma max_page_count = 1").execute(c).await.map(|_| ()))
        .unwrap();
    let big = "x".repeat(1 << 20);
    let error = outbox::add(&mut tx, &centre(), "t", &big, start()).await.unwrap_err();
    assert!(matches!(error, StoreError::Full), "{error:?}");
}
