//! The whole path of an order, its audit trail, and the ways it ends.

use work_order::state::Closing;
use work_order::{
    By, Change, Command, DemandType, FeedbackMeans, FollowUpMiss, FollowUpTry, RefusalCode,
    RejectionReason, State, StateCode, Telling, Urgency, WorkOrder,
};

use crate::support::{
    Case, agent, at, clerk, intake, leader, not_told, pass, reached, reviewer, telling,
};

fn whole_path() -> Case {
    let mut case = Case::replied("2026-03-03 11:00");
    case.done("2026-03-03 11:30", &reviewer(), pass())
        .done("2026-03-03 12:00", &clerk(), telling(FeedbackMeans::Phone, at("2026-03-03 12:00")))
        .done("2026-03-03 12:01", &clerk(), reached());
    case
}

#[test]
fn an_order_goes_from_draft_to_closed_with_an_audit_row_for_every_step() {
    let case = whole_path();
    let codes: Vec<_> = case.journal.iter().map(|event| event.to.as_str()).collect();
    assert_eq!(
        codes,
        [
            "draft",
            "accepted",
            "dispatched",
            "in_progress",
            "in_progress",
            "in_progress",
            "replied",
            "follow_up_pending",
            "follow_up_pending",
            "closed"
        ]
    );
    for pair in case.journal.windows(2) {
        assert_eq!(pair[1].from, Some(pair[0].to));
        assert!(pair[0].at <= pair[1].at);
        assert!(matches!(pair[1].by, By::Person { .. }));
    }
    assert_eq!(case.order.breaches, []);
}

#[test]
fn the_stored_journal_folds_to_the_same_order() {
    let case = whole_path();
    let stored = serde_json::to_string(&case.journal).unwrap();
    let read: Vec<work_order::Event> = serde_json::from_str(&stored).unwrap();
    assert_eq!(WorkOrder::from_events(&read).unwrap(), case.order);
}

#[test]
fn a_stored_event_keeps_its_shape() {
    let case = whole_path();
    insta::assert_snapshot!(serde_json::to_string(&case.journal[7]).unwrap(), @r#"{"at":"2026-03-03T11:30:00+08:00","by":{"kind":"person","user":"00000000-0000-0000-0000-000000000006","name":"人员6","role":"reviewer"},"from":"replied","to":"follow_up_pending","change":{"type":"review_passed","review":{"at":"2026-03-03T11:30:00+08:00","by":"00000000-0000-0000-0000-000000000006","follow_up_due_at":"2026-03-06T00:00:00+08:00"}}}"#);
}

#[test]
fn rejection_is_proposed_by_the_agent_and_confirmed_by_a_leader() {
    let mut case = Case::open("2026-03-03 10:00", intake());
    let propose = Command::RejectIntake {
        reason: RejectionReason::Court,
        explanation: "案件已由法院受理".into(),
        route_told: "请向县人民法院咨询".into(),
        feedback: Telling::Told { means: FeedbackMeans::Phone, told_at: at("2026-03-03 10:04") },
    };
    case.done("2026-03-03 10:05", &agent(), propose.clone());
    let refusal = case.act("2026-03-03 10:06", &agent(), Command::Accept).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::RejectionPending);
    let back = Command::ReturnRejection { reason: "请核实".into() };
    case.done("2026-03-03 10:07", &leader(), back)
        .done("2026-03-03 10:08", &agent(), propose)
        .done("2026-03-03 10:09", &leader(), Command::ConfirmRejection);
    assert_eq!(case.order.state_code(), StateCode::Rejected);
    assert!(!case.order.duty().unwrap().is_open());
}

#[test]
fn an_unreachable_petitioner_closes_the_order_only_by_the_rule() {
    let mut case = Case::replied("2026-03-03 11:00");
    let sms = telling(FeedbackMeans::Sms, at("2026-03-03 11:31"));
    case.done("2026-03-03 11:30", &reviewer(), pass()).done("2026-03-03 11:31", &clerk(), sms);
    let missed = || Command::RecordFollowUp {
        follow_up: FollowUpTry::Missed { miss: FollowUpMiss::NoAnswer, note: String::new() },
    };
    case.done("2026-03-03 15:10", &clerk(), missed())
        .done("2026-03-03 19:10", &clerk(), missed())
        .done("2026-03-04 09:10", &clerk(), missed());
    let link = Command::RecordFollowUp { follow_up: FollowUpTry::SmsLinkSent };
    case.done("2026-03-04 09:15", &clerk(), link);
    let early = case.act("2026-03-05 09:14", &clerk(), Command::CloseUnreachable).unwrap_err();
    assert_eq!(early.code, RefusalCode::NotUnreachableYet);
    case.done("2026-03-05 09:15", &clerk(), Command::CloseUnreachable);
    assert!(matches!(case.order.state, State::Closed { closing: Closing::Unreachable { .. } }));
}

#[test]
fn urgency_comes_from_the_category_and_its_words_and_a_person_may_raise_it() {
    let urgency = |title: &str, category: &str, chosen: Option<Urgency>| {
        let mut intake = intake();
        intake.demand.title = title.into();
        intake.demand.category = Some(category.parse().unwrap());
        intake.demand.urgency = chosen;
        let mut case = Case::open("2026-03-03 10:00", intake);
        case.act("2026-03-03 10:05", &agent(), Command::Accept)
            .map(|_| match &case.order.state {
                State::Accepted { acceptance } => acceptance.urgency,
                other => panic!("{other:?}"),
            })
            .map_err(|refusal| refusal.code)
    };
    assert_eq!(urgency("井盖松动", "060402", None), Ok(Urgency::Normal));
    assert_eq!(urgency("井盖缺失", "060402", None), Ok(Urgency::Urgent));
    assert_eq!(urgency("厨房漏气", "070302", None), Ok(Urgency::Urgent));
    assert_eq!(urgency("路灯", "060401", Some(Urgency::Critical)), Ok(Urgency::Critical));
    assert_eq!(
        urgency("厨房漏气", "070302", Some(Urgency::Normal)),
        Err(RefusalCode::UrgencyLowered)
    );
}

#[test]
fn a_report_of_a_confidential_category_is_confidential_and_a_complaint_is_not() {
    let confidential = |demand_type| {
        let mut intake = intake();
        intake.demand.category = Some("080101".parse().unwrap());
        intake.demand.demand_type = Some(demand_type);
        let mut case = Case::open("2026-03-03 10:00", intake);
        case.done("2026-03-03 10:05", &agent(), Command::Accept);
        match &case.order.state {
            State::Accepted { acceptance } => acceptance.confidential,
            other => panic!("{other:?}"),
        }
    };
    assert!(confidential(DemandType::Report));
    assert!(!confidential(DemandType::Complaint));
}

#[test]
fn a_service_complaint_has_3_workdays_and_a_plain_one_10() {
    let due = |category: &str, unit: &str| {
        let mut intake = intake();
        intake.demand.category = Some(category.parse().unwrap());
        let mut case = Case::open("2026-03-02 08:50", intake);
        case.done("2026-03-02 08:55", &agent(), Command::Accept).done(
            "2026-03-02 09:00",
            &crate::support::dispatcher(),
            crate::support::dispatch_to(unit),
        );
        case.order.due_at()
    };
    assert_eq!(due("010201", "U02"), Some(at("2026-03-06 00:00")));
    assert_eq!(due("060401", "U14"), Some(at("2026-03-17 00:00")));
}

#[test]
fn the_reply_the_centre_sent_back_is_kept_whole() {
    let mut case = Case::replied_with("2026-03-03 11:00", not_told());
    let reject = Command::ReviewReject { reason: "答非所问".into() };
    let events = case.act("2026-03-03 11:30", &reviewer(), reject).unwrap();
    assert!(matches!(events[0].change, Change::ReviewRejected { .. }));
    assert_eq!(events[0].note, "答非所问");
    let kept = &case.order.handling().unwrap().review_rejections;
    assert_eq!(kept[0].reply.draft.content.public_text, "路灯已修复");
}
