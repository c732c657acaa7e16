//! Numbers that are frozen (domain, last section).

use work_order::clocks::{ExtensionRequest, extension_refusal};
use work_order::score::{on_time_score, rounded_to_tenths, satisfaction_score_thousandths};
use work_order::{Command, DemandType, FeedbackMeans, RefusalCode, Urgency};

use crate::support::{
    Case, agent, at, clerk, dispatch_to, dispatcher, intake, pass, reviewer, rules, telling,
};

#[test]
fn holidays_and_swapped_workdays_are_days_of_their_own() {
    let calendar = &rules().calendar;
    let of = |date| (calendar.is_exception(date), calendar.is_workday(date));
    assert_eq!(of(time::macros::date!(2026 - 02 - 14)), (Ok(true), Ok(true)), "a Saturday at work");
    assert_eq!(of(time::macros::date!(2026 - 02 - 15)), (Ok(true), Ok(false)), "Spring Festival");
    assert_eq!(of(time::macros::date!(2026 - 02 - 13)), (Ok(false), Ok(true)));
    assert!(calendar.is_exception(time::macros::date!(2027 - 02 - 13)).is_err(), "no such table");
}

#[test]
fn year_2026_has_248_workdays() {
    assert_eq!(rules().calendar.workdays_in(2026), Ok(248));
}

#[test]
fn two_workdays_from_friday_13_february_2026_end_at_24_00_on_tuesday_24_february() {
    let due = rules().calendar.workdays_after(at("2026-02-13 10:00"), 2);
    assert_eq!(due, Ok(at("2026-02-25 00:00")));
}

#[test]
fn a_consultation_dispatched_on_friday_13_february_2026_is_due_at_24_00_on_24_february() {
    let mut intake = intake();
    intake.demand.demand_type = Some(DemandType::Consult);
    let mut case = Case::open("2026-02-13 15:00", intake);
    case.done("2026-02-13 15:05", &agent(), Command::Accept).done(
        "2026-02-13 15:10",
        &dispatcher(),
        dispatch_to("U14"),
    );
    assert_eq!(case.order.due_at(), Some(at("2026-02-25 00:00")));
}

#[test]
fn a_result_at_20_45_told_by_message_at_20_46_is_met_and_at_00_01_is_not() {
    for (when, met) in [("2026-03-03 20:46", true), ("2026-03-04 00:01", false)] {
        let mut case = Case::replied("2026-03-03 20:45");
        case.done("2026-03-03 20:46", &reviewer(), pass()).done(
            when,
            &clerk(),
            telling(FeedbackMeans::Sms, at(when)),
        );
        let facts = case.order.feedback.iter().map(work_order::FeedbackDuty::fact);
        let rate = work_order::feedback::same_day_feedback_rate(facts);
        assert_eq!((rate.met, rate.of), (u64::from(met), 1), "{when}");
    }
}

#[test]
fn on_time_89_82_percent_scores_14_82_of_20() {
    assert_eq!(on_time_score(8_982), 1_482);
    assert_eq!(on_time_score(8_000), 500);
    assert_eq!(on_time_score(6_667), 0);
    assert_eq!(on_time_score(9_500), 2_000);
    assert_eq!(on_time_score(10_000), 2_000);
}

#[test]
fn satisfaction_70_59_percent_with_target_95_scores_12_8_of_25() {
    let tenths = |rate, target| rounded_to_tenths(satisfaction_score_thousandths(rate, target));
    assert_eq!(satisfaction_score_thousandths(7_059, 9_500), 12_795);
    assert_eq!(tenths(7_059, 9_500), 128);
    assert_eq!(tenths(6_667, 9_500), 125);
    assert_eq!(satisfaction_score_thousandths(8_750, 9_800), 19_750);
    assert_eq!(satisfaction_score_thousandths(7_500, 9_800), 13_500);
    assert_eq!(satisfaction_score_thousandths(9_900, 9_800), 25_000);
}

#[test]
fn an_urgent_order_at_23_50_on_31_december_is_to_be_signed_by_00_20_on_the_holiday() {
    let mut intake = intake();
    intake.demand.demand_type = Some(DemandType::Help);
    intake.demand.urgency = Some(Urgency::Urgent);
    let mut case = Case::open("2025-12-31 23:45", intake);
    case.done("2025-12-31 23:46", &agent(), Command::Accept).done(
        "2025-12-31 23:50",
        &dispatcher(),
        dispatch_to("U14"),
    );
    let work_order::State::Dispatched { dispatch, .. } = &case.order.state else {
        panic!("{:?}", case.order.state)
    };
    assert_eq!(dispatch.clocks.sign_due_at, at("2026-01-01 00:20"));
}

#[test]
fn an_extension_asked_late_and_one_without_notice_are_refused_with_different_codes() {
    let request = ExtensionRequest {
        requested_at: at("2026-03-03 10:00"),
        due_at: at("2026-03-04 00:00"),
        petitioner_told_at: Some(at("2026-03-03 09:00")),
        granted_before: 0,
    };
    assert_eq!(extension_refusal(&request, rules()), None);
    let late = ExtensionRequest { requested_at: request.due_at, ..request };
    assert_eq!(extension_refusal(&late, rules()), Some(RefusalCode::ExtensionLate));
    let silent = ExtensionRequest { petitioner_told_at: None, ..request };
    assert_eq!(extension_refusal(&silent, rules()), Some(RefusalCode::ExtensionNotAnnounced));
    let third = ExtensionRequest { granted_before: 2, ..request };
    assert_eq!(extension_refusal(&third, rules()), Some(RefusalCode::ExtensionTooMany));
}
