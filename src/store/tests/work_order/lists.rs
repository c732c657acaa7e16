//! The lists page by page, and what the board counts.

use std::time::Duration;

use ::work_order::{
    Clock, Command, FeedbackMeans, FeedbackOutcome, FeedbackTry, RejectionReason, Role, StateCode,
};
use types::{Timestamp, UserId};

use super::{Case, elsewhere, intake, next, not_told, people, put, told};
use crate::store::tests::after;
use crate::store::work_order::{self, NextClock, OrderBox, OrderCounts};
use crate::store::{Db, Tx};
use crate::testing::{centre, start};

const DAY: Duration = Duration::from_hours(24);
/// Sorts behind all small ids; only in a comparison without signs.
const LAST_ID: u128 = u128::MAX - 7;

/// The ids of a whole list, after reading it by pages of `size` too.
async fn ids(tx: &mut Tx, which: &OrderBox, size: i64) -> Vec<u128> {
    let whole = work_order::list(tx, &centre(), which, None, 99).await.unwrap();
    let (mut paged, mut after) = (Vec::new(), None);
    while paged.len() <= whole.len() {
        let page = work_order::list(tx, &centre(), which, after, size).await.unwrap();
        assert!(i64::try_from(page.len()).unwrap() <= size);
        let Some(last) = page.last() else { break };
        after = Some(last.after(which));
        paged.extend(page);
    }
    assert_eq!(paged, whole, "pages of {size} of {which:?}");
    whole.into_iter().map(|line| line.id.as_uuid().as_u128()).collect()
}

/// Stores the order with a limit so many seconds after the start, or without one.
async fn put_due(tx: &mut Tx, case: &Case, due_s: Option<u64>) {
    let next = due_s.map(|due_s| NextClock { clock: Clock::Due, due_at: after(due_s) });
    work_order::insert(tx, &centre(), &case.order, next, &case.journal).await.unwrap();
}

/// Limits of orders, two alike twice and two without any; and the order in which a list shows them.
const LIMITS: [(u128, Option<u64>); 7] = [
    (1, Some(300)),
    (LAST_ID, Some(100)),
    (3, None),
    (4, Some(100)),
    (5, None),
    (6, Some(200)),
    (7, Some(200)),
];
const BY_LIMIT: [u128; 7] = [4, LAST_ID, 6, 7, 1, 3, 5];

async fn a_state_is_listed_by_limit_and_orders_without_one_come_last(db: Db) {
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    for (id, due_s) in LIMITS {
        put_due(&mut tx, &Case::accepted(id, start()), due_s).await;
    }
    put(&mut tx, &Case::draft(8, start())).await;
    put(&mut tx, &Case::dispatched(9, start(), "U14")).await;
    let Case { order, journal } = Case::accepted(10, start());
    work_order::insert(&mut tx, &elsewhere(), &order, None, &journal).await.unwrap();
    for size in 1..=3 {
        assert_eq!(ids(&mut tx, &OrderBox::State(StateCode::Accepted), size).await, BY_LIMIT);
    }
    assert_eq!(ids(&mut tx, &OrderBox::State(StateCode::Draft), 1).await, [8]);
    assert_eq!(ids(&mut tx, &OrderBox::State(StateCode::Closed), 1).await, []);
}
store_test!(a_state_is_listed_by_limit_and_orders_without_one_come_last);

async fn every_state_is_stored_and_listed(db: Db) {
    let propose = Command::RejectIntake {
        reason: RejectionReason::Court,
        explanation: "应由法院处理".to_owned(),
        route_told: "向县法院起诉".to_owned(),
        feedback: told(start()),
    };
    let rejected = Case::draft(8, start()).then(start(), Role::Agent, propose).then(
        start(),
        Role::TeamLeader,
        Command::ConfirmRejection,
    );
    let cases = [
        Case::draft(1, start()),
        Case::accepted(2, start()),
        Case::dispatched(3, start(), "U14"),
        Case::signed(4, start(), "U14"),
        Case::replied(5, start(), "U14"),
        Case::reviewed(6, start(), "U14"),
        Case::answered(7, start(), told(start())),
        rejected,
    ];
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    for case in &cases {
        put(&mut tx, case).await;
    }
    for (state, id) in StateCode::ALL.iter().zip(1..) {
        assert_eq!(ids(&mut tx, &OrderBox::State(*state), 2).await, [id], "{state}");
    }
}
store_test!(every_state_is_stored_and_listed);

async fn a_units_inbox_holds_what_it_has_to_sign_or_to_do(db: Db) {
    let inbox = OrderBox::Inbox { unit: "U14".parse().unwrap() };
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    for (id, due_s) in LIMITS {
        let case = match id % 3 {
            0 => Case::dispatched(id, start(), "U14"),
            1 => Case::signed(id, start(), "U14"),
            _ => Case::submitted(id, start(), "U14"),
        };
        put_due(&mut tx, &case, due_s).await;
    }
    put(&mut tx, &Case::accepted(20, start())).await;
    put(&mut tx, &Case::dispatched(21, start(), "U15")).await;
    put(&mut tx, &Case::replied(22, start(), "U14")).await;
    for size in 1..=3 {
        assert_eq!(ids(&mut tx, &inbox, size).await, BY_LIMIT);
    }
    assert_eq!(ids(&mut tx, &OrderBox::Inbox { unit: "U15".parse().unwrap() }, 1).await, [21]);
    assert_eq!(ids(&mut tx, &OrderBox::Inbox { unit: "U16".parse().unwrap() }, 1).await, []);
}
store_test!(a_units_inbox_holds_what_it_has_to_sign_or_to_do);

async fn a_units_leader_finds_the_replies_that_wait_for_her(db: Db) {
    let approval = OrderBox::Approval { unit: "U14".parse().unwrap() };
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    for (id, due_s) in LIMITS {
        put_due(&mut tx, &Case::submitted(id, start(), "U14"), due_s).await;
    }
    let back = Command::ReturnReplyDraft { reason: "请补充照片".to_owned() };
    let returned = Case::submitted(20, start(), "U14").then(start(), Role::UnitLeader, back);
    for case in [returned, Case::replied(21, start(), "U14"), Case::signed(22, start(), "U14")] {
        put(&mut tx, &case).await;
    }
    put(&mut tx, &Case::submitted(23, start(), "U15")).await;
    for size in 1..=3 {
        assert_eq!(ids(&mut tx, &approval, size).await, BY_LIMIT);
    }
    // Approved, it leaves the list.
    let Case { order, journal } = Case::replied(4, start(), "U14");
    let seen = order.version - 1;
    let new = &journal[journal.len() - 1..];
    work_order::update(&mut tx, &centre(), &order, next(&order), seen, new).await.unwrap();
    assert_eq!(ids(&mut tx, &approval, 2).await, BY_LIMIT[1..]);
}
store_test!(a_units_leader_finds_the_replies_that_wait_for_her);

/// One try of the centre to tell by message.
fn tried(at: Timestamp, outcome: FeedbackOutcome) -> Command {
    let note = String::new();
    let attempt = FeedbackTry { means: FeedbackMeans::Sms, outcome, at, proof: None, note };
    Command::RecordFeedback { attempt }
}

/// Results of yesterday and today: told and untold, exempt, cancelled.
fn results() -> Vec<Case> {
    let yesterday = start() - DAY;
    let clerk = Role::FollowUpClerk;
    let back = Command::ReviewReject { reason: "答非所问".to_owned() };
    vec![
        Case::replied(1, start(), "U14"),
        Case::answered(LAST_ID, yesterday, not_told()),
        Case::answered(2, start(), told(start())),
        Case::reviewed(3, yesterday, "U14").then(
            start(),
            clerk,
            tried(start(), FeedbackOutcome::Told),
        ),
        Case::reviewed(4, start(), "U14").then(
            after(1),
            clerk,
            tried(after(1), FeedbackOutcome::Undelivered),
        ),
        Case::answered(5, yesterday, not_told()),
        Case::reviewed(6, start(), "U14").then(
            after(1),
            clerk,
            tried(after(1), FeedbackOutcome::Declined),
        ),
        Case::replied(7, start(), "U14").then(after(1), Role::Reviewer, back),
        Case::submitted(8, start(), "U14"),
    ]
}

async fn the_feedback_list_is_by_time_to_midnight_and_holds_the_untold_alone(db: Db) {
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    for case in results() {
        put(&mut tx, &case).await;
    }
    for size in 1..=3 {
        assert_eq!(ids(&mut tx, &OrderBox::Feedback, size).await, [5, LAST_ID, 1, 4]);
    }
}
store_test!(the_feedback_list_is_by_time_to_midnight_and_holds_the_untold_alone);

async fn the_rate_is_computed_from_orders_whose_result_is_not_older(db: Db) {
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    let results = results();
    for case in &results {
        put(&mut tx, case).await;
    }
    let since = async |tx: &mut Tx, since: Timestamp| {
        let found = work_order::with_result_since(tx, &centre(), since).await.unwrap();
        found.into_iter().map(|order| order.id.as_uuid().as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(since(&mut tx, start() - DAY).await, [1, 2, 3, 4, 5, 6, 7, LAST_ID]);
    assert_eq!(since(&mut tx, start()).await, [1, 2, 4, 6, 7], "not older than this very instant");
    assert_eq!(since(&mut tx, start() + Duration::from_micros(1)).await, []);
    let found = work_order::with_result_since(&mut tx, &centre(), start()).await.unwrap();
    assert_eq!(found[0], results[0].order, "whole, with every duty");
    let there = work_order::with_result_since(&mut tx, &elsewhere(), start()).await.unwrap();
    assert_eq!(there, []);
}
store_test!(the_rate_is_computed_from_orders_whose_result_is_not_older);

async fn lists_by_age_run_from_the_newest(db: Db) {
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    let yesterday = start() - DAY;
    for (id, at) in [(1, start()), (LAST_ID, after(5)), (3, after(9)), (4, after(5))] {
        put(&mut tx, &Case::accepted(id, at)).await;
    }
    put(&mut tx, &Case::draft(5, yesterday)).await;
    put(&mut tx, &Case::accepted(6, yesterday)).await;
    put(&mut tx, &Case::opened(7, after(7), 2, intake())).await;
    let Case { order, journal } = Case::draft(8, start());
    work_order::insert(&mut tx, &elsewhere(), &order, None, &journal).await.unwrap();
    let mine = |user, since| OrderBox::Mine { user: UserId::from_u128(user), since };
    for size in 1..=3 {
        assert_eq!(ids(&mut tx, &OrderBox::All, size).await, [3, 7, LAST_ID, 4, 1, 6, 5]);
        let own = ids(&mut tx, &mine(1, start()), size).await;
        assert_eq!(own, [3, LAST_ID, 4, 1, 5], "hers of today, and a draft of any day");
    }
    assert_eq!(ids(&mut tx, &mine(1, after(6)), 2).await, [3, 5]);
    assert_eq!(ids(&mut tx, &mine(2, start()), 2).await, [7]);
    assert_eq!(ids(&mut tx, &mine(3, start()), 2).await, []);
}
store_test!(lists_by_age_run_from_the_newest);

async fn a_caller_is_recognised_by_her_number(db: Db) {
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    let mut another = intake();
    another.petitioner.phones = vec!["13900000003".parse().unwrap()];
    for id in 1..=3 {
        put(&mut tx, &Case::draft(id, start())).await;
    }
    put(&mut tx, &Case::opened(4, start(), 1, another)).await;
    another = intake();
    another.petitioner.phones.clear();
    put(&mut tx, &Case::opened(5, start(), 1, another)).await;
    let phone = "13900000002".parse().unwrap();
    let lines = work_order::by_phone(&mut tx, &centre(), &phone, 2).await.unwrap();
    let found: Vec<_> = lines.iter().map(|line| line.order_no.as_str()).collect();
    assert_eq!(found, ["no3", "no2"], "the newest two");
    let there = work_order::by_phone(&mut tx, &elsewhere(), &phone, 2).await.unwrap();
    assert_eq!(there, []);
}
store_test!(a_caller_is_recognised_by_her_number);

async fn the_board_counts_todays_open_and_overdue_orders(db: Db) {
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    let midnight: Timestamp = "2026-02-13T00:00:00+08:00".parse().unwrap();
    let just_before = midnight - Duration::from_micros(1);
    let cases = [
        Case::draft(1, start()),
        Case::accepted(2, midnight),
        Case::accepted(3, just_before),
        Case::dispatched(4, start(), "U14"),
        Case::submitted(5, start(), "U15"),
        Case::replied(6, start(), "U14"),
        Case::answered(7, start(), told(start())),
    ];
    let due_at = cases[3].order.due_at().unwrap();
    for case in &cases {
        put(&mut tx, case).await;
    }
    let mut counts =
        async |now| work_order::counts(&mut tx, &centre(), midnight, now).await.unwrap();
    let counted = OrderCounts { accepted_today: 4, open: 5, overdue: 0 };
    assert_eq!(counts(due_at - Duration::from_micros(1)).await, counted);
    // A limit is the first instant that is too late.
    assert_eq!(counts(due_at).await, OrderCounts { overdue: 2, ..counted });
    assert_eq!(counts(due_at + DAY).await, OrderCounts { overdue: 2, ..counted });
    let nothing = OrderCounts { accepted_today: 0, open: 0, overdue: 0 };
    let there = work_order::counts(&mut tx, &elsewhere(), midnight, due_at).await.unwrap();
    assert_eq!(there, nothing);
}
store_test!(the_board_counts_todays_open_and_overdue_orders);
