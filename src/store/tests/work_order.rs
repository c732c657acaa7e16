//! 工单: row and events, versions, numbers, and what is counted. Orders are made by the core itself.

use std::sync::LazyLock;

use ::work_order::{
    Actor, Channel, Command, County, Demand, DemandType, Event, FeedbackMeans, HandlingOutcome,
    Intake, Occasion, OpenDraft, Person, Petitioner, Place, ReplyContent, Role, Rules, Source,
    Telling, WorkOrder, clocks, decide, open,
};
use types::{CallId, CentreId, Timestamp, UserId, WorkOrderId};

use super::{after, user};
use crate::store::work_order::{self, NextClock, OrderBox, OrderLine};
use crate::store::{Db, StoreError, Tx, centre as centres, user as users};
use crate::testing::{centre, start};

mod lists;

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let county = County::load(&crate::cli::SAMPLE);
    county.unwrap_or_else(|faults| panic!("{faults}")).rules
});

/// An order with its journal.
#[derive(Clone)]
struct Case {
    order: WorkOrder,
    journal: Vec<Event>,
}

impl Case {
    /// A street lamp in Qingquan, registered by account 1.
    fn draft(id: u128, at: Timestamp) -> Self {
        Self::opened(id, at, 1, intake())
    }

    fn opened(id: u128, at: Timestamp, agent: u128, intake: Intake) -> Self {
        let draft = OpenDraft {
            id: WorkOrderId::from_u128(id),
            order_no: format!("no{id}"),
            query_code: "123456".to_owned(),
            intake,
        };
        let actor = Actor::Person(Person {
            user: UserId::from_u128(agent),
            name: "陈晓雨".to_owned(),
            roles: vec![Role::Agent],
            unit: None,
        });
        let occasion = Occasion { now: at, actor: &actor, rules: &RULES, expected_version: None };
        let event = open(&occasion, draft).unwrap();
        Self { order: WorkOrder::opened(&event).unwrap(), journal: vec![event] }
    }

    /// Whoever has `role` does it: the agent is who opened it, a unit's person works for the lead unit.
    fn then(mut self, at: Timestamp, role: Role, command: Command) -> Self {
        let of_unit = matches!(role, Role::UnitContact | Role::UnitLeader);
        let user = match role {
            Role::Agent => self.order.acceptor().unwrap(),
            other => UserId::from_u128(100 + other as u128),
        };
        let actor = Actor::Person(Person {
            user,
            name: role.label().to_owned(),
            roles: vec![role],
            unit: self.order.lead_unit().filter(|_| of_unit).cloned(),
        });
        let occasion = Occasion { now: at, actor: &actor, rules: &RULES, expected_version: None };
        for event in decide(&self.order, &occasion, command).unwrap() {
            self.order.apply(&event).unwrap();
            self.journal.push(event);
        }
        self
    }

    fn accepted(id: u128, at: Timestamp) -> Self {
        Self::draft(id, at).then(at, Role::Agent, Command::Accept)
    }

    fn dispatched(id: u128, at: Timestamp, unit: &str) -> Self {
        let dispatch = Command::Dispatch {
            lead_unit: unit.parse().unwrap(),
            assist_units: Vec::new(),
            opinion: "请办理".to_owned(),
            // The catalogue names U14; another unit needs a reason.
            reason: Some("职责划转".to_owned()),
        };
        Self::accepted(id, at).then(at, Role::Dispatcher, dispatch)
    }

    fn signed(id: u128, at: Timestamp, unit: &str) -> Self {
        Self::dispatched(id, at, unit).then(at, Role::UnitContact, Command::Sign)
    }

    /// The reply waits for the unit's leader.
    fn submitted(id: u128, at: Timestamp, unit: &str) -> Self {
        let content = ReplyContent {
            outcome: HandlingOutcome::Solved,
            internal_text: "已更换灯泡。".to_owned(),
            public_text: "路灯已修复。".to_owned(),
            measures: String::new(),
            law_basis: String::new(),
            unsolved_reason: String::new(),
        };
        let submit = Command::SubmitReply { reply: content, feedback: not_told() };
        Self::signed(id, at, unit).then(at, Role::UnitContact, submit)
    }

    fn replied(id: u128, at: Timestamp, unit: &str) -> Self {
        Self::submitted(id, at, unit).then(at, Role::UnitLeader, Command::ApproveReply)
    }

    fn reviewed(id: u128, at: Timestamp, unit: &str) -> Self {
        let pass = Command::ReviewPass { note: None };
        Self::replied(id, at, unit).then(at, Role::Reviewer, pass)
    }

    /// Answered on the line.
    fn answered(id: u128, at: Timestamp, feedback: Telling) -> Self {
        let answer = Command::AnswerDirect {
            answer: "周一至周五办理。".to_owned(),
            kb_item: None,
            feedback,
        };
        Self::draft(id, at).then(at, Role::Agent, answer)
    }
}

fn intake() -> Intake {
    Intake {
        source: Source {
            channel: Channel::Phone,
            call_id: None,
            dialled_no: Some("12345".parse().unwrap()),
            upstream_no: None,
            upstream_system: None,
            upstream_due_at: None,
        },
        petitioner: Petitioner {
            name: "李秀英".to_owned(),
            phones: vec!["13900000002".parse().unwrap()],
            ..Petitioner::default()
        },
        demand: Demand {
            demand_type: Some(DemandType::Help),
            category: Some("060401".parse().unwrap()),
            title: "路灯不亮".to_owned(),
            content: "小区门口路灯不亮。".to_owned(),
            place: Place { town: Some("T03".parse().unwrap()), address: "主街".to_owned() },
            ..Demand::default()
        },
    }
}

fn not_told() -> Telling {
    Telling::NotTold { reason: "由中心反馈".to_owned() }
}

fn told(at: Timestamp) -> Telling {
    Telling::Told { means: FeedbackMeans::Phone, told_at: at }
}

/// The limit that the service stores beside an order.
fn next(order: &WorkOrder) -> Option<NextClock> {
    clocks::running(order).first().map(|it| NextClock { clock: it.clock, due_at: it.limit_at })
}

async fn put(tx: &mut Tx, case: &Case) {
    let next = next(&case.order);
    work_order::insert(tx, &centre(), &case.order, next, &case.journal).await.unwrap();
}

fn elsewhere() -> CentreId {
    "baiyun".parse().unwrap()
}

/// Accounts 1 and 2, who register, and a second centre.
async fn people(tx: &mut Tx) {
    users::insert(tx, &centre(), &user(1, "agent01")).await.unwrap();
    users::insert(tx, &centre(), &user(2, "agent02")).await.unwrap();
    centres::put(tx, &elsewhere(), "白云县12345", start()).await.unwrap();
}

async fn an_order_is_read_back_as_it_is_with_all_its_events(db: Db) {
    let opened = Case::draft(7, start());
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    put(&mut tx, &opened).await;
    tx.commit().await.unwrap();
    let reviewed = Case::reviewed(7, start(), "U14");
    let mut tx = db.begin().await.unwrap();
    assert_eq!(
        work_order::load(&mut tx, &centre(), opened.order.id).await.unwrap(),
        Some(opened.order)
    );
    let (order, new) = (&reviewed.order, &reviewed.journal[1..]);
    work_order::update(&mut tx, &centre(), order, next(order), 1, new).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = db.read().await.unwrap();
    let loaded = work_order::load(&mut tx, &centre(), order.id).await.unwrap().unwrap();
    assert_eq!(loaded, reviewed.order);
    let journal = work_order::events(&mut tx, &centre(), order.id).await.unwrap();
    assert_eq!(journal, reviewed.journal);
    assert_eq!(WorkOrder::from_events(&journal).unwrap(), loaded, "the events are the truth");
    let unknown = WorkOrderId::from_u128(8);
    assert_eq!(work_order::load(&mut tx, &centre(), unknown).await.unwrap(), None);
    assert_eq!(work_order::load(&mut tx, &elsewhere(), order.id).await.unwrap(), None);
    assert_eq!(work_order::events(&mut tx, &elsewhere(), order.id).await.unwrap(), []);
}
store_test!(an_order_is_read_back_as_it_is_with_all_its_events);

async fn a_line_of_a_list_follows_the_order(db: Db) {
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    put(&mut tx, &Case::draft(7, start())).await;
    let Case { order, journal } = Case::replied(7, start(), "U14");
    let review = next(&order).unwrap();
    work_order::update(&mut tx, &centre(), &order, Some(review), 1, &journal[1..]).await.unwrap();
    let lines = work_order::list(&mut tx, &centre(), &OrderBox::All, None, 9).await.unwrap();
    let expected = OrderLine {
        id: order.id,
        order_no: "no7".to_owned(),
        version: 6,
        state: "replied".to_owned(),
        demand_type: Some("help".to_owned()),
        category: Some("060401".parse().unwrap()),
        urgency: "normal".to_owned(),
        confidential: false,
        town: Some("T03".parse().unwrap()),
        title: "路灯不亮".to_owned(),
        petitioner_name: "李秀英".to_owned(),
        lead_unit: Some("U14".parse().unwrap()),
        opened_at: start(),
        accepted_at: Some(start()),
        next_clock: Some("review".to_owned()),
        next_due_at: Some(review.due_at),
        feedback_due_at: Some("2026-02-14T00:00:00+08:00".parse().unwrap()),
    };
    assert_eq!(lines, [expected]);
}
store_test!(a_line_of_a_list_follows_the_order);

async fn a_stale_update_is_a_conflict_and_changes_nothing(db: Db) {
    let accepted = Case::accepted(7, start());
    let edit = Command::EditDraft { intake: Box::new(intake()) };
    let edited = Case::draft(7, start()).then(after(1), Role::Agent, edit);
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    put(&mut tx, &accepted).await;
    tx.commit().await.unwrap();
    // Read at version 1, or of another centre, or never stored.
    let cases = [(centre(), 1, &edited), (centre(), 3, &edited), (elsewhere(), 2, &accepted)];
    for (centre, seen, Case { order, journal }) in cases {
        let mut tx = db.begin().await.unwrap();
        let new = &journal[1..];
        let error = work_order::update(&mut tx, &centre, order, None, seen, new).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict("work_order")), "{error:?}");
        // The statement itself must have done nothing, not only its transaction.
        tx.commit().await.unwrap();
    }
    let mut tx = db.read().await.unwrap();
    let (id, c) = (accepted.order.id, centre());
    assert_eq!(work_order::load(&mut tx, &c, id).await.unwrap(), Some(accepted.order));
    assert_eq!(work_order::events(&mut tx, &c, id).await.unwrap(), accepted.journal);
    let lines = work_order::list(&mut tx, &c, &OrderBox::All, None, 9).await.unwrap();
    assert_eq!(lines[0].version, 2);
    assert!(lines[0].next_due_at.is_some());
}
store_test!(a_stale_update_is_a_conflict_and_changes_nothing);

async fn of_two_writers_at_once_one_is_told_that_she_was_late(db: Db) {
    let opened = Case::draft(7, start());
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    put(&mut tx, &opened).await;
    tx.commit().await.unwrap();
    let edit = Command::EditDraft { intake: Box::new(intake()) };
    let edited = opened.clone().then(after(1), Role::Agent, edit);
    let accepted = opened.then(after(1), Role::Agent, Command::Accept);
    let write = async |case: &Case| {
        let mut tx = db.begin().await.unwrap();
        let new = &case.journal[1..];
        work_order::update(&mut tx, &centre(), &case.order, next(&case.order), 1, new).await?;
        tx.commit().await
    };
    let kept = match tokio::join!(write(&edited), write(&accepted)) {
        (Ok(()), Err(StoreError::Conflict(_))) => edited,
        (Err(StoreError::Conflict(_)), Ok(())) => accepted,
        both => panic!("{both:?}"),
    };
    let mut tx = db.read().await.unwrap();
    let id = kept.order.id;
    assert_eq!(work_order::load(&mut tx, &centre(), id).await.unwrap(), Some(kept.order));
    assert_eq!(work_order::events(&mut tx, &centre(), id).await.unwrap(), kept.journal);
}
store_test!(of_two_writers_at_once_one_is_told_that_she_was_late);

async fn a_taken_number_is_a_duplicate_and_another_centre_counts_for_itself(db: Db) {
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    put(&mut tx, &Case::draft(7, start())).await;
    tx.commit().await.unwrap();
    let mut again = Case::draft(8, start());
    again.order.order_no = "no7".to_owned();
    let Case { order, journal } = &again;
    let mut tx = db.begin().await.unwrap();
    let error = work_order::insert(&mut tx, &centre(), order, None, journal).await.unwrap_err();
    assert!(matches!(error, StoreError::Duplicate(_)), "{error:?}");
    drop(tx);
    let mut tx = db.begin().await.unwrap();
    work_order::insert(&mut tx, &elsewhere(), order, None, journal).await.unwrap();
    let found = work_order::load(&mut tx, &elsewhere(), order.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(order));
}
store_test!(a_taken_number_is_a_duplicate_and_another_centre_counts_for_itself);

async fn events_of_an_order_are_never_changed_nor_deleted(db: Db) {
    let case = Case::accepted(7, start());
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    put(&mut tx, &case).await;
    tx.commit().await.unwrap();
    for statement in ["update work_order_event set note = 'x'", "delete from work_order_event"] {
        let mut tx = db.begin().await.unwrap();
        let done = on_tx!(&mut tx, |c| sqlx::query(statement).execute(c).await.map(|_| ()));
        let error = done.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    let mut tx = db.read().await.unwrap();
    let found = work_order::events(&mut tx, &centre(), case.order.id).await.unwrap();
    assert_eq!(found, case.journal);
}
store_test!(events_of_an_order_are_never_changed_nor_deleted);

async fn the_order_of_a_call_is_the_first_that_was_opened_in_it(db: Db) {
    let call = CallId::from_u128(77);
    let mut intake = intake();
    intake.source.call_id = Some(call);
    let mut tx = db.begin().await.unwrap();
    people(&mut tx).await;
    put(&mut tx, &Case::draft(6, start())).await;
    assert_eq!(work_order::of_call(&mut tx, &centre(), call).await.unwrap(), None);
    for id in [8, 7] {
        put(&mut tx, &Case::opened(id, start(), 1, intake.clone())).await;
    }
    let found = work_order::of_call(&mut tx, &centre(), call).await.unwrap();
    assert_eq!(found, Some(WorkOrderId::from_u128(7)));
    assert_eq!(work_order::of_call(&mut tx, &elsewhere(), call).await.unwrap(), None);
    let other = CallId::from_u128(78);
    assert_eq!(work_order::of_call(&mut tx, &centre(), other).await.unwrap(), None);
}
store_test!(the_order_of_a_call_is_the_first_that_was_opened_in_it);

async fn the_numbers_of_a_day_rise_from_one_and_each_is_given_once(db: Db) {
    let (here, there) = (centre(), elsewhere());
    let mut tx = db.begin().await.unwrap();
    let days =
        [(&here, "260213", 1), (&here, "260213", 2), (&here, "260214", 1), (&here, "260213", 3)];
    for (centre, day, expected) in days.into_iter().chain([(&there, "260213", 1)]) {
        let number = work_order::next_number(&mut tx, centre, day).await.unwrap();
        assert_eq!(number, expected, "{centre} {day}");
    }
    tx.commit().await.unwrap();
    let take = async || {
        let mut tx = db.begin().await.unwrap();
        let number = work_order::next_number(&mut tx, &here, "260213").await.unwrap();
        tx.commit().await.unwrap();
        number
    };
    let (one, other) = tokio::join!(take(), take());
    assert_eq!((one.min(other), one.max(other)), (4, 5));
    // An order that was not stored after all leaves no gap.
    let mut tx = db.begin().await.unwrap();
    assert_eq!(work_order::next_number(&mut tx, &here, "260213").await.unwrap(), 6);
    drop(tx);
    assert_eq!(take().await, 6);
}
store_test!(the_numbers_of_a_day_rise_from_one_and_each_is_given_once);
