//! Two thousand lines on both databases, through kills, without a loss and without a double.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use types::Role;
use work_order::{StateCode, WorkOrder};

use super::*;
use crate::cli::SAMPLE;
use crate::service::county;
use crate::service::user::{NewUser, add};
use crate::store::Db;
use crate::store::work_order::{After, OrderBox};
use crate::testing::TestApp;

const LINES: usize = 2_000;
const HEADING: &str = "原工单编号,登记时间,诉求类型,分类编码,标题,诉求内容,乡镇编码,联系电话,状态,承办单位编码,办结时间,答复内容,满意度";

/// A county that can take orders over.
async fn county_of(db: Db) -> Context {
    let ctx = TestApp::context(db);
    county::load(&ctx, "test", &SAMPLE).await.unwrap();
    for (username, role) in [("supervisor01", Role::Supervisor), ("agent01", Role::Agent)] {
        let new = NewUser {
            username: username.to_owned(),
            display_name: "王主任".to_owned(),
            staff_no: String::new(),
            unit: None,
            roles: vec![role],
            reserve: false,
            password: "correct horse".to_owned(),
        };
        add(&ctx, "test", new).await.unwrap();
    }
    ctx
}

/// What is wrong with every fiftieth line, and how the reason begins.
fn broken(number: usize) -> Option<(String, &'static str)> {
    let line = |rest: &str| Some(format!("OLD-{number},{rest}"));
    let (line, reason) = match number % 250 {
        49 => (
            line("昨天,投诉,060401,路灯不亮,不亮,T03,13800138000,未办结,,,,"),
            "“登记时间”为“昨天”",
        ),
        99 => (
            line("2025-03-02 08:15,投诉,999999,路灯不亮,不亮,T03,13800138000,未办结,,,,"),
            "诉求分类不存在",
        ),
        149 => (
            line(
                "2025-03-02 08:15,投诉,060401,路灯不亮,不亮,T03,13800138000,办结,U14,2025-03-01 08:15,已修好,满意",
            ),
            "所填时间早于",
        ),
        199 => (
            line("2025-03-02 08:15,投诉,060401,路灯不亮,不亮,T03,,未办结,,,,"),
            "请填写诉求人联系电话",
        ),
        249 => (line("2025-03-02 08:15,投诉,060401"), "有 4 列，表头有 13 列"),
        _ => return None,
    };
    line.map(|line| (line, reason))
}

fn good(number: usize) -> String {
    let day = number % 28 + 1;
    if number.is_multiple_of(5) {
        return format!(
            "OLD-{number},2026-02-12 08:{:02},投诉,060401,\"路灯不亮，第 {number} 盏\",\"多行\n内容\",T03,13800138000,未办结,,,,",
            number % 60
        );
    }
    format!(
        "OLD-{number},2025-03-{day:02} 08:15,投诉,060401,路灯不亮,清泉镇主街,T03,1380013{:04},办结,U14,2025-04-01 09:00,已修好,满意",
        number % 10_000
    )
}

/// A file of `LINES` lines; the first line, one, has its number used again by the last.
fn file(folder: &TempDir) -> PathBuf {
    let mut text = format!("\u{feff}{HEADING}\r\n");
    for number in 0..LINES {
        let line = broken(number).map_or_else(|| good(number), |(line, _)| line);
        text.push_str(&format!("{line}\r\n"));
        if number == 7 {
            text.push_str("\r\n");
        }
    }
    text.push_str(&good(1));
    let path = folder.path().join("旧平台.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn wish(path: &Path) -> ImportWish {
    ImportWish {
        file: path.to_owned(), system: "旧平台".to_owned(), by: "supervisor01".to_owned()
    }
}

/// Every order there is: its number here, its state, its number there.
async fn all(ctx: &Context) -> Vec<(String, StateCode, String)> {
    let mut tx = ctx.db.read().await.unwrap();
    let (mut found, mut after): (Vec<_>, Option<After>) = (Vec::new(), None);
    loop {
        let page = store::work_order::list(&mut tx, &ctx.centre, &OrderBox::All, after, 500);
        let page = page.await.unwrap();
        let Some(last) = page.last() else { return found };
        after = Some(last.after(&OrderBox::All));
        for line in &page {
            let order = store::work_order::load(&mut tx, &ctx.centre, line.id).await.unwrap();
            let order = order.unwrap();
            let events = store::work_order::events(&mut tx, &ctx.centre, line.id).await.unwrap();
            assert_eq!(WorkOrder::from_events(&events).unwrap(), order, "the events are the truth");
            let foreign = order.intake.source.upstream_no.clone().unwrap();
            found.push((order.order_no.clone(), order.state_code(), foreign));
        }
    }
}

async fn an_import_that_is_killed_again_and_again_takes_every_line_once(db: Db) {
    let ctx = county_of(db).await;
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    for share in [1, 3, 6] {
        let done = Arc::new(AtomicU64::new(0));
        let (running, wish, seen) = (ctx.clone(), wish(&path), Arc::clone(&done));
        let task = tokio::spawn(async move {
            let mut told = |progress: ImportProgress| {
                let lines = progress.accepted + progress.rejected;
                seen.store(lines, Ordering::SeqCst);
            };
            orders(&running, &wish, &mut told).await
        });
        while done.load(Ordering::SeqCst) < share * LINES as u64 / 8 {
            assert!(!task.is_finished(), "it ended by itself: {:?}", task.await);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled(), "killed on its way");
    }
    let done = orders(&ctx, &wish(&path), &mut |_| ()).await.unwrap();
    assert!(done.resumed);
    let bad: Vec<(usize, &str)> =
        (0..LINES).filter_map(|number| broken(number).map(|it| (number, it.1))).collect();
    let progress = done.progress;
    assert_eq!(progress.bytes, progress.bytes_all);
    assert_eq!(progress.accepted, (LINES - bad.len()) as u64);
    assert_eq!((progress.already, progress.rejected), (1, bad.len() as u64));

    let orders_now = all(&ctx).await;
    let foreign: BTreeSet<&str> = orders_now.iter().map(|order| order.2.as_str()).collect();
    assert_eq!(orders_now.len(), LINES - bad.len(), "nothing lost");
    assert_eq!(foreign.len(), orders_now.len(), "nothing twice");
    let numbers: BTreeSet<&str> = orders_now.iter().map(|order| order.0.as_str()).collect();
    assert_eq!(numbers.len(), orders_now.len());
    let open = orders_now.iter().filter(|order| order.1 == StateCode::Accepted).count();
    let closed = orders_now.iter().filter(|order| order.1 == StateCode::Closed).count();
    assert_eq!((open + closed, open), (orders_now.len(), LINES / 5), "{open} open");
    check_rejections(&path, &done.rejections, &bad);

    let again = orders(&ctx, &wish(&path), &mut |_| ()).await.unwrap();
    assert_eq!(again, ImportDone { resumed: true, ..done });
    assert_eq!(all(&ctx).await.len(), orders_now.len());
}
store_test!(an_import_that_is_killed_again_and_again_takes_every_line_once);

/// The list of refused lines names the line an editor shows.
fn check_rejections(path: &Path, found: &[RejectedLine], bad: &[(usize, &str)]) {
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(found.len(), bad.len());
    for (rejection, (number, reason)) in found.iter().zip(bad) {
        assert_eq!(rejection.external_no, format!("OLD-{number}"));
        assert!(rejection.reason.starts_with(reason), "{rejection:?}");
        let line = text.lines().nth(usize::try_from(rejection.line).unwrap() - 1).unwrap();
        assert!(line.starts_with(&format!("OLD-{number},")), "line {}: {line}", rejection.line);
    }
    let csv = String::from_utf8(rejections_csv(found)).unwrap();
    assert!(csv.starts_with("\u{feff}行号,原工单编号,未导入原因\n"), "{csv}");
    assert_eq!(csv.lines().count(), bad.len() + 1);
}

async fn a_corrected_file_brings_what_was_refused_and_nothing_else(db: Db) {
    let ctx = county_of(db).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let lines = [good(1), broken(49).unwrap().0, good(2)];
    std::fs::write(&path, format!("{HEADING}\n{}\n", lines.join("\n"))).unwrap();
    let first = orders(&ctx, &wish(&path), &mut |_| ()).await.unwrap();
    assert_eq!((first.progress.accepted, first.progress.rejected, first.resumed), (2, 1, false));
    let lines = [good(1), good(49), good(2)];
    std::fs::write(&path, format!("{HEADING}\n{}\n", lines.join("\n"))).unwrap();
    let second = orders(&ctx, &wish(&path), &mut |_| ()).await.unwrap();
    let ImportProgress { accepted, already, rejected, .. } = second.progress;
    assert_eq!((accepted, already, rejected, second.resumed), (1, 2, 0, false));
    assert_eq!(all(&ctx).await.len(), 3);
    // Another system may use the same numbers for other things.
    let other = ImportWish { system: "市平台".to_owned(), ..wish(&path) };
    let third = orders(&ctx, &other, &mut |_| ()).await.unwrap();
    assert_eq!(third.progress.accepted, 3);
}
store_test!(a_corrected_file_brings_what_was_refused_and_nothing_else);

async fn an_open_order_has_our_limit_and_an_old_one_none(db: Db) {
    let ctx = county_of(db).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, format!("{HEADING}\n{}\n{}\n", good(5), good(1))).unwrap();
    orders(&ctx, &wish(&path), &mut |_| ()).await.unwrap();
    let mut tx = ctx.db.read().await.unwrap();
    let lines = store::work_order::list(&mut tx, &ctx.centre, &OrderBox::All, None, 10);
    let lines = lines.await.unwrap();
    let line = |state: &str| lines.iter().find(|line| line.state == state).unwrap();
    let (open, old) = (line("accepted"), line("closed"));
    assert!(open.next_due_at.is_some_and(|due| due > ctx.clock.business_now()));
    assert!(open.opened_at < ctx.clock.business_now() - Duration::from_secs(3_600));
    assert_eq!(open.order_no, "2602120001", "numbered by the day of its registration");
    assert_eq!((old.next_due_at, old.feedback_due_at), (None, None), "no clock, no duty");
    assert_eq!(old.lead_unit.as_ref().map(ToString::to_string).as_deref(), Some("U14"));
    let counts =
        store::work_order::counts(&mut tx, &ctx.centre, crate::testing::start(), ctx.clock.now());
    assert_eq!(counts.await.unwrap().open, 1);
}
store_test!(an_open_order_has_our_limit_and_an_old_one_none);

#[tokio::test]
async fn what_cannot_be_imported_at_all_is_said_before_anything_is_stored() {
    let database = crate::testing::TestDb::sqlite().await;
    let ctx = county_of(database.db.clone()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let said = async |wish: ImportWish| {
        let error = orders(&ctx, &wish, &mut |_| ()).await.unwrap_err();
        match error {
            ImportError::Service(ServiceError::Fields(faults)) => faults[0].detail.clone(),
            other => other.to_string(),
        }
    };
    assert!(said(wish(&path)).await.contains("无法读取"));
    std::fs::write(&path, "编号,标题\n1,2\n").unwrap();
    let heading = said(wish(&path)).await;
    assert!(heading.contains("第 1 行") && heading.contains("不认识“编号”"), "{heading}");
    std::fs::write(&path, format!("{HEADING}\n{}\n", good(1))).unwrap();
    assert!(said(ImportWish { by: "nobody".to_owned(), ..wish(&path) }).await.contains("没有账号"));
    assert!(said(ImportWish { system: " ".to_owned(), ..wish(&path) }).await.contains("来源系统"));
    assert!(all(&ctx).await.is_empty());
    // An agent may not: each line is refused, with the roles that may.
    let by_agent = ImportWish { by: "agent01".to_owned(), ..wish(&path) };
    let done = orders(&ctx, &by_agent, &mut |_| ()).await.unwrap();
    assert!(
        done.rejections[0].reason.contains("督办员") || done.rejections[0].reason.contains("班长"),
        "{done:?}"
    );
}
