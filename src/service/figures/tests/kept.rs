//! What was shown stays what it was: the same event number, the same digits; what comes late is marked.

use std::time::Duration;

use acd::{AbandonCause, OwedCause, Record, TakenBack};
use figures::Reading;
use types::{CallId, Role, UserId};

use super::staged::{MINUTE_US, Tape, leader, question};
use crate::service::Context;
use crate::service::figures::{
    ExclusionKindName, Proposal, Question, Slice, Span, ValueView, approve, corrections, export,
    look, propose, shown, shown_again,
};
use crate::service::session::Person;
use crate::store::{self, Db};
use crate::testing::{TestApp, centre};

const NINE: i64 = 540 * MINUTE_US;

/// Longer than a report is held.
const LATER: Duration = Duration::from_secs(120);

async fn a_late_event_changes_no_shown_figure_and_gives_a_marked_correction(db: Db) {
    let ctx = TestApp::context(db);
    let person = leader(&ctx).await;
    let (mut old, mut new) = (Tape::new(1), Tape::new(2));
    old.rings(1, NINE);
    old.gives_up(1, NINE, 1_000_000, AbandonCause::GatewayLost);
    old.ship(&ctx).await;
    new.rings(2, 600 * MINUTE_US);
    new.answers(2, 600 * MINUTE_US, 2_000_000, 1);
    new.ends(2, 602 * MINUTE_US, 1, 100_000_000);
    new.ship(&ctx).await;
    let day = question(Slice::HalfHour, Reading::National);
    let first = look(&ctx, &person, &day).await.unwrap();
    assert_eq!((first.readings[1].raw.part, first.readings[1].raw.whole), (1, 2));
    let id = first.shown.expect("the day is over: what was shown is kept");
    assert!(corrections(&ctx, first.from, first.until).await.unwrap().is_empty());

    // The node that died had more in its journal: the call lived on and was answered.
    let call = CallId::from_u128(1);
    old.put(NINE + 2_000_000, Record::CallResumed { call, takes_back: TakenBack::Abandoned });
    old.answers(1, NINE, 4_000_000, 3);
    old.ship(&ctx).await;
    ctx.clock.advance(LATER);
    let second = look(&ctx, &person, &day).await.unwrap();
    assert_eq!((second.readings[1].raw.part, second.readings[1].raw.whole), (2, 2));
    assert_ne!((&second.digest, second.shown), (&first.digest, first.shown));

    // At its event number the first is what it was, to the last digit, however it is asked for.
    let again = shown_again(&ctx, id, Slice::HalfHour, Reading::National).await.unwrap();
    assert_eq!(again.equal, Some(true));
    let again = again.figures.unwrap();
    assert_eq!((&again.total, &again.rows), (&first.total, &first.rows));
    let span = Span {
        from: first.from,
        until: first.until,
        event_number: Some(first.as_of.event_number.clone()),
        at: Some(first.as_of.at),
    };
    let asked = Question::new(&span, Slice::HalfHour, Reading::National).unwrap();
    assert_eq!(look(&ctx, &person, &asked).await.unwrap().digest, first.digest);

    let found = corrections(&ctx, first.from, first.until).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0].shown, &found[0].corrected), (&first.as_of, &second.as_of));
    let k1 = found[0].changes.iter().find(|of| of.figure == "k1_national").unwrap();
    let share = |part, whole| {
        Some(ValueView { unit: "share", part: Some(part), whole: Some(whole), at: None })
    };
    assert_eq!((k1.group.as_str(), k1.was, k1.is), ("total", share(1, 2), share(2, 2)));
    assert_eq!(found[0].reasons[0].call, Some(call));
    let late = ["00000000-0000-0000-0000-000000000001:3", "00000000-0000-0000-0000-000000000001:4"];
    assert_eq!(found[0].reasons[0].events, late);
    let kept = shown(&ctx, first.from, first.until).await.unwrap().items;
    assert_eq!(kept.iter().map(|one| one.id).collect::<Vec<_>>(), [second.shown.unwrap(), id]);
}
store_test!(a_late_event_changes_no_shown_figure_and_gives_a_marked_correction);

async fn an_export_is_kept_and_carries_event_number_and_formulas(db: Db) {
    let ctx = TestApp::context(db);
    let person = leader(&ctx).await;
    let mut tape = Tape::new(1);
    tape.rings(1, NINE);
    tape.answers(1, NINE, 2_000_000, 1);
    tape.ship(&ctx).await;
    let file = export(&ctx, &person, "10.0.0.1", &question(Slice::Day, Reading::Strict)).await;
    let file = file.unwrap();
    let text = String::from_utf8(file.bytes).unwrap();
    let journal = uuid::Uuid::from_u128(1);
    assert!(text.starts_with("\u{feff}from,until,group,key,marked,figure"), "{text}");
    assert!(text.contains(&format!("event_number,{journal}:2")), "{text}");
    let strict = text.lines().find(|line| line.contains("total,,,k2b_strict")).unwrap();
    assert!(strict.ends_with("15秒内接通数 ÷ 人工请求量") && strict.contains(",1,1,share,"));
    assert!(text.lines().any(|line| line.contains(",day,,,requests,1,")));
    assert!(!text.contains("half_hour"), "only the slice that was asked for");
    let kept = shown_again(&ctx, file.id, Slice::Total, Reading::Strict).await.unwrap();
    assert_eq!(kept.equal, Some(true));
    let mut tx = ctx.db.read().await.unwrap();
    let subject = file.id.to_string();
    let trail =
        store::audit::of_subject(&mut tx, &centre(), "shown_figures", &subject, 9).await.unwrap();
    assert_eq!(
        (trail[0].action.as_str(), trail[0].source.as_str()),
        ("figures_exported", "10.0.0.1")
    );
}
store_test!(an_export_is_kept_and_carries_event_number_and_formulas);

/// An approval that is given while figures are taken is stamped after them, and so is in none of them.
async fn nothing_is_signed_while_figures_are_taken(db: Db) {
    let ctx = TestApp::context(db);
    let person = leader(&ctx).await;
    let span = question(Slice::Total, Reading::Strict);
    let (from, until) = (span.period.from(), span.period.until());
    let what = "中继故障".to_owned();
    let wish = Proposal { kind: ExclusionKindName::SystemFault, what, from, until };
    propose(&ctx, &person, "", wish).await.unwrap();
    let other =
        Person { user_id: UserId::from_u128(77), roles: vec![Role::Supervisor], ..person.clone() };
    let taking = crate::service::figures::cache::turn(&ctx).await.unwrap();
    let signed = tokio::spawn({
        let ctx = ctx.clone();
        async move { approve(&ctx, &other, "", 1).await }
    });
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert!(!signed.is_finished(), "it waits until they are taken");
    ctx.clock.advance(LATER);
    let taken_at = ctx.clock.now();
    drop(taking);
    let approved = signed.await.unwrap().unwrap();
    assert_eq!(approved.approved_at, Some(taken_at));
    let seen = look(&ctx, &person, &span).await.unwrap();
    assert!(seen.as_of.at >= taken_at && seen.marked.is_some(), "in what is taken after it");
}
store_test!(nothing_is_signed_while_figures_are_taken);

async fn the_hours_of_k12_stay_those_in_which_a_day_was_shown_first(db: Db) {
    let ctx = TestApp::context(db.clone());
    let person = leader(&ctx).await;
    let mut tape = Tape::new(1);
    // Due at 09:10 by the hours of then, at 21:10 by the later ones.
    let evening = 1_150 * MINUTE_US;
    tape.rings(1, evening);
    tape.gives_up(1, evening, 1_000_000, AbandonCause::HungUp);
    tape.owes(1, evening + 1_000_000, OwedCause::Abandoned);
    tape.ship(&ctx).await;
    let day = question(Slice::Total, Reading::Strict);
    let first = look(&ctx, &person, &day).await.unwrap();
    let mut config = (*ctx.config).clone();
    config.missed_call_returns.until_hour = 24;
    config.acd.return_hours.until_min = 1_440;
    let later = Context { config: std::sync::Arc::new(config), ..TestApp::context(db) };
    later.clock.advance(LATER);
    let again = look(&later, &person, &day).await.unwrap();
    assert_eq!((&again.digest, again.shown), (&first.digest, first.shown));
    let id = first.shown.unwrap();
    let shown = shown_again(&later, id, Slice::Total, Reading::Strict).await.unwrap();
    assert_eq!(shown.equal, Some(true));
}
store_test!(the_hours_of_k12_stay_those_in_which_a_day_was_shown_first);
