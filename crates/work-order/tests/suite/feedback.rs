//! The same-day feedback duty (D3, domain 8.1).

use work_order::feedback::{
    FeedbackFact, feedback_alarms, feedback_means_allowed, same_day, same_day_feedback_rate,
};
use work_order::{
    Command, DemandType, DutyStatus, FeedbackExemption, FeedbackMeans, FeedbackOutcome, Rate,
    RefusalCode, StateCode, Telling,
};

use crate::support::{
    Case, agent, at, clerk, contact, intake, not_told, pass, reached, reviewer, rules, telling,
    tried,
};

#[test]
fn a_result_after_20_30_is_not_told_by_telephone_the_same_evening() {
    let rules = &rules().profile.feedback;
    let by_phone = |result: &str, now: &str| {
        feedback_means_allowed(at(result), at(now), rules).contains(&FeedbackMeans::Phone)
    };
    assert!(by_phone("2026-03-03 20:30", "2026-03-03 20:31"));
    assert!(!by_phone("2026-03-03 20:30:00.001", "2026-03-03 20:31"));
    assert!(!by_phone("2026-03-03 20:45", "2026-03-04 08:59:59.999"));
    assert!(by_phone("2026-03-03 20:45", "2026-03-04 09:00"));
    let message = feedback_means_allowed(at("2026-03-03 23:59"), at("2026-03-03 23:59"), rules);
    assert!(message.contains(&FeedbackMeans::Sms));
}

#[test]
fn an_evening_result_takes_a_message_at_once_and_a_call_next_morning() {
    let rules = &rules().profile.feedback;
    let mut case = Case::replied("2026-03-03 20:45");
    case.done("2026-03-03 20:50", &reviewer(), pass());
    let call = telling(FeedbackMeans::Phone, at("2026-03-03 20:55"));
    let refusal = case.act("2026-03-03 20:55", &clerk(), call).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::PhoneNotAllowedNow);
    let message = telling(FeedbackMeans::Sms, at("2026-03-03 20:56"));
    case.done("2026-03-03 20:56", &clerk(), message);
    let duty = case.order.duty().unwrap();
    assert_eq!(duty.fact(), FeedbackFact::SameDay);
    assert_eq!(duty.morning_call_from(rules), Some(at("2026-03-04 09:00")));
    let call = telling(FeedbackMeans::Phone, at("2026-03-04 09:05"));
    case.done("2026-03-04 09:05", &clerk(), call);
    let duty = case.order.duty().unwrap();
    assert_eq!(duty.morning_call_from(rules), None);
    assert_eq!(duty.fact(), FeedbackFact::SameDay);
}

#[test]
fn told_at_23_59_59_is_the_same_day_and_at_midnight_is_not() {
    let result = at("2026-03-03 00:00");
    assert!(same_day(result, at("2026-03-03 23:59:59.999")));
    assert!(!same_day(result, at("2026-03-04 00:00")));
    assert!(same_day(at("2026-03-03 23:59"), at("2026-03-03 23:59:30")));
}

#[test]
fn alarms_ring_at_17_19_and_20_as_far_as_they_lie_ahead() {
    let rules = &rules().profile.feedback;
    let all = [at("2026-03-03 17:00"), at("2026-03-03 19:00"), at("2026-03-03 20:00")];
    assert_eq!(feedback_alarms(at("2026-03-03 11:00"), rules), all);
    assert_eq!(feedback_alarms(at("2026-03-03 19:00"), rules), all[2..]);
    assert_eq!(feedback_alarms(at("2026-03-03 20:45"), rules), []);
}

#[test]
fn an_answering_machine_or_a_relative_is_not_told() {
    let mut case = Case::replied("2026-03-03 11:00");
    case.done("2026-03-03 11:30", &reviewer(), pass());
    for outcome in [
        FeedbackOutcome::Machine,
        FeedbackOutcome::OtherPerson,
        FeedbackOutcome::NoAnswer,
        FeedbackOutcome::WrongNumber,
    ] {
        let missed = tried(FeedbackMeans::Phone, outcome, at("2026-03-03 12:00"));
        case.done("2026-03-03 12:00", &clerk(), missed);
    }
    let duty = case.order.duty().unwrap();
    assert!(duty.is_open());
    assert_eq!(duty.tries.len(), 4);
}

#[test]
fn a_rejected_review_cancels_the_duty_visibly_and_the_next_reply_opens_another() {
    let mut case = Case::replied("2026-03-03 11:00");
    let reject = Command::ReviewReject { reason: "未附照片".into() };
    case.done("2026-03-03 11:30", &reviewer(), reject);
    assert_eq!(case.order.state_code(), StateCode::InProgress);
    assert_eq!(
        case.order.duty().unwrap().status,
        DutyStatus::Cancelled { at: at("2026-03-03 11:30") }
    );
    let submit = Command::SubmitReply { reply: crate::support::reply(), feedback: not_told() };
    case.done("2026-03-04 10:00", &contact(), submit).done(
        "2026-03-04 10:05",
        &crate::support::unit_leader(),
        Command::ApproveReply,
    );
    assert_eq!(case.order.feedback.len(), 2);
    let duty = case.order.duty().unwrap();
    assert_eq!((duty.number, duty.result_at), (2, at("2026-03-04 10:05")));
    let rate = same_day_feedback_rate(case.order.feedback.iter().map(|duty| duty.fact()));
    assert_eq!(rate, Rate { met: 0, of: 1 });
}

#[test]
fn a_telling_of_the_day_before_approval_leaves_the_duty_open() {
    let told = Telling::Told { means: FeedbackMeans::Phone, told_at: at("2026-03-02 16:00") };
    let case = Case::replied_with("2026-03-03 09:00", told);
    let duty = case.order.duty().unwrap();
    assert!(duty.is_open());
    assert_eq!(duty.tries.len(), 1);
}

#[test]
fn anonymous_without_contact_declined_and_praise_are_outside_the_denominator() {
    let mut anonymous = intake();
    anonymous.petitioner.anonymous = true;
    anonymous.petitioner.phones.clear();
    let mut declined = intake();
    declined.petitioner.feedback_declined = true;
    let mut praise = intake();
    praise.demand.demand_type = Some(DemandType::Praise);
    for (intake, exemption) in [
        (anonymous, FeedbackExemption::AnonymousWithoutContact),
        (declined, FeedbackExemption::Declined),
        (praise, FeedbackExemption::Praise),
    ] {
        let mut case = Case::open("2026-03-03 10:00", intake);
        let answer =
            Command::AnswerDirect {
                answer: "已记录".into(), kb_item: None, feedback: not_told()
            };
        case.done("2026-03-03 10:05", &agent(), answer);
        let duty = case.order.duty().unwrap();
        assert_eq!(duty.status, DutyStatus::Exempt { exemption });
        assert_eq!(same_day_feedback_rate([duty.fact()]).of, 0);
    }
}

#[test]
fn a_petitioner_who_declines_during_the_call_ends_the_duty() {
    let mut case = Case::replied("2026-03-03 11:00");
    case.done("2026-03-03 11:30", &reviewer(), pass());
    let declined = tried(FeedbackMeans::Phone, FeedbackOutcome::Declined, at("2026-03-03 12:00"));
    case.done("2026-03-03 12:00", &clerk(), declined);
    let exemption = FeedbackExemption::Declined;
    assert_eq!(case.order.duty().unwrap().status, DutyStatus::Exempt { exemption });
}

#[test]
fn a_direct_answer_told_on_the_line_is_fed_back_the_same_day() {
    let mut case = Case::open("2026-03-03 10:00", intake());
    let now = at("2026-03-03 10:05");
    let answer = Command::AnswerDirect {
        answer: "周一至周五可办".into(),
        kb_item: None,
        feedback: Telling::Told { means: FeedbackMeans::Phone, told_at: now },
    };
    case.done("2026-03-03 10:05", &agent(), answer);
    assert_eq!(case.order.duty().unwrap().fact(), FeedbackFact::SameDay);
    assert_eq!(case.order.state_code(), StateCode::Closed);
}

#[test]
fn the_rate_counts_same_day_over_all_that_need_feedback() {
    use FeedbackFact::{Late, NotCounted, SameDay, Untold};
    let rate = same_day_feedback_rate([SameDay, SameDay, Late, Untold, NotCounted]);
    assert_eq!(rate, Rate { met: 2, of: 4 });
    assert_eq!(rate.basis_points(), Some(5_000));
    assert_eq!(Rate { met: 2, of: 3 }.basis_points(), Some(6_667));
    assert_eq!(Rate::default().basis_points(), None);
}

#[test]
fn the_centre_tells_only_after_the_review_and_follows_up_only_after_telling() {
    let mut case = Case::replied("2026-03-03 11:00");
    let call = || telling(FeedbackMeans::Phone, at("2026-03-03 12:00"));
    let refusal = case.act("2026-03-03 12:00", &clerk(), call()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::ReviewFirst);
    case.done("2026-03-03 12:00", &reviewer(), pass());
    let refusal = case.act("2026-03-03 12:00", &clerk(), reached()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::FeedbackOpen);
    case.done("2026-03-03 12:00", &clerk(), call()).done("2026-03-03 12:01", &clerk(), reached());
    assert_eq!(case.order.state_code(), StateCode::Closed);
}
