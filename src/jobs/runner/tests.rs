//! Jobs run when due, once, and survive a worker that dies.

use super::*;
use crate::store::Db;
use crate::testing::{TestApp, centre, start};

async fn put(ctx: &Context, payload: &str, due_at: Timestamp) {
    let mut tx = ctx.db.begin().await.unwrap();
    let id = types::JobId::new(ctx.clock.now(), ctx.random.number());
    let new = store::job::NewJob {
        id,
        kind: "housekeeping".to_owned(),
        key: String::new(),
        payload: payload.to_owned(),
        due_at,
    };
    store::job::add(&mut tx, &centre(), &new, ctx.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn counts(ctx: &Context) -> (i64, Option<Timestamp>) {
    let mut tx = ctx.db.read().await.unwrap();
    let failed = store::job::failed(&mut tx).await.unwrap();
    (failed, store::job::next_due(&mut tx).await.unwrap())
}

async fn a_job_runs_when_due_and_plans_its_next_run(db: Db) {
    let ctx = TestApp::context(db);
    let due_at = start() + Duration::from_secs(60);
    let job = JobKind::Housekeeping(HousekeepingPayload { due_at });
    let mut tx = ctx.db.begin().await.unwrap();
    schedule(&ctx, &mut tx, &job, due_at).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(run_due(&ctx, "w1").await.unwrap(), 0);
    ctx.clock.advance(Duration::from_secs(60));
    assert_eq!(run_due(&ctx, "w1").await.unwrap(), 1);
    assert_eq!(counts(&ctx).await, (0, Some(due_at + DAY)));
}
store_test!(a_job_runs_when_due_and_plans_its_next_run);

async fn forecasts_are_made_half_an_hour_past_every_midnight(db: Db) {
    let ctx = TestApp::context(db);
    let mut tx = ctx.db.begin().await.unwrap();
    schedule(&ctx, &mut tx, &JobKind::Forecasts, start()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(run_due(&ctx, "w1").await.unwrap(), 1);
    assert_eq!(counts(&ctx).await, (0, Some("2026-02-14T00:30:00+08:00".parse().unwrap())));
}
store_test!(forecasts_are_made_half_an_hour_past_every_midnight);

async fn a_failing_job_is_tried_again_later_and_set_aside_in_the_end(db: Db) {
    let ctx = TestApp::context(db);
    put(&ctx, "not json", start()).await;
    for attempt in 1..=ctx.config.jobs.attempts_max {
        assert_eq!(run_due(&ctx, "w1").await.unwrap(), 1, "attempt {attempt}");
        assert_eq!(run_due(&ctx, "w1").await.unwrap(), 0, "not before its pause is over");
        ctx.clock.advance(RETRY_MAX);
    }
    assert_eq!(run_due(&ctx, "w1").await.unwrap(), 0);
    assert_eq!(counts(&ctx).await, (1, None));
}
store_test!(a_failing_job_is_tried_again_later_and_set_aside_in_the_end);

async fn the_claim_of_a_worker_that_died_runs_out(db: Db) {
    let ctx = TestApp::context(db);
    let job = JobKind::Housekeeping(HousekeepingPayload { due_at: start() });
    put(&ctx, &serde_json::to_string(&job).unwrap(), start()).await;
    let now = ctx.clock.now();
    let until = now + ctx.config.jobs.claim();
    let mut tx = ctx.db.begin().await.unwrap();
    let claim = Claim { worker: "dead", due_until: now, now, until, limit: 9 };
    assert_eq!(store::job::claim(&mut tx, claim).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    assert_eq!(run_due(&ctx, "w2").await.unwrap(), 0);
    ctx.clock.advance(ctx.config.jobs.claim());
    assert_eq!(run_due(&ctx, "w2").await.unwrap(), 1);
}
store_test!(the_claim_of_a_worker_that_died_runs_out);

async fn the_outbox_reaches_the_bus_in_order_once(db: Db) {
    let ctx = TestApp::context(db);
    let mut listener = ctx.bus.subscribe();
    let mut tx = ctx.db.begin().await.unwrap();
    for text in ["1", "2"] {
        store::outbox::add(&mut tx, &centre(), "t", text, start()).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(service::outbox::relay(&ctx).await.unwrap(), 2);
    assert_eq!(service::outbox::relay(&ctx).await.unwrap(), 0);
    assert_eq!(listener.try_recv().unwrap().payload, "1");
    assert_eq!(listener.try_recv().unwrap().payload, "2");
    assert!(listener.try_recv().is_err());
}
store_test!(the_outbox_reaches_the_bus_in_order_once);
