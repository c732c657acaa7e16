//! Limits on normal days, on holidays, at the edges of the day.

use std::time::Duration;

use work_order::clocks::{next_check_at, review_due_at};
use work_order::{
    BreachOwner, Calendar, Clock, Command, FeedbackMeans, MissingYear, StateCode, Telling, Urgency,
    WorkdayMode,
};

use crate::support::{
    Case, FILES, agent, at, clerk, contact, dispatch_to, dispatcher, intake, pass, reply, reviewer,
    rules, telling, unit_leader,
};

fn review(when: &str, told: bool) -> types::Timestamp {
    review_due_at(at(when), told, Urgency::Normal, rules()).unwrap()
}

#[test]
fn an_untold_reply_at_11_00_is_to_be_reviewed_in_4_working_hours() {
    assert_eq!(review("2026-03-03 11:00", false), at("2026-03-03 17:30"));
}

#[test]
fn an_untold_reply_at_16_30_is_to_be_reviewed_by_20_00() {
    assert_eq!(review("2026-03-03 16:30", false), at("2026-03-03 20:00"));
}

#[test]
fn an_untold_reply_at_19_50_is_to_be_reviewed_in_30_minutes() {
    assert_eq!(review("2026-03-03 19:30", false), at("2026-03-03 20:00"));
    assert_eq!(review("2026-03-03 19:30:00.001", false), at("2026-03-03 20:00:00.001"));
    assert_eq!(review("2026-03-03 19:50", false), at("2026-03-03 20:20"));
}

#[test]
fn an_untold_reply_at_20_45_is_to_be_reviewed_by_21_15_and_told_before_midnight() {
    let case = Case::replied("2026-03-03 20:45");
    assert_eq!(case.review_due_at(), at("2026-03-03 21:15"));
    assert_eq!(case.order.duty().unwrap().due_at, at("2026-03-04 00:00"));
}

#[test]
fn an_untold_reply_at_23_59_is_to_be_reviewed_in_30_minutes_and_told_before_midnight() {
    let case = Case::replied("2026-03-03 23:59");
    assert_eq!(case.review_due_at(), at("2026-03-04 00:29"));
    assert_eq!(case.order.duty().unwrap().due_at, at("2026-03-04 00:00"));
}

#[test]
fn on_a_holiday_an_untold_reply_is_reviewed_and_told_the_same_day_all_the_same() {
    for (when, limit) in [
        ("2026-10-02 11:00", "2026-10-02 20:00"),
        ("2026-10-02 16:30", "2026-10-02 20:00"),
        ("2026-10-02 19:50", "2026-10-02 20:20"),
        ("2026-10-02 20:45", "2026-10-02 21:15"),
    ] {
        assert_eq!(review(when, false), at(limit), "{when}");
        assert_eq!(work_order::feedback::feedback_due_at(at(when)), at("2026-10-03 00:00"));
    }
    assert_eq!(review("2026-10-02 11:00", true), at("2026-10-08 15:00"));
}

#[test]
fn a_told_reply_has_4_working_hours_over_night_and_urgent_ones_30_minutes() {
    assert_eq!(review("2026-03-03 16:30", true), at("2026-03-04 11:30"));
    assert_eq!(review("2026-03-06 17:30", true), at("2026-03-09 15:00"));
    let urgent = |when, told| review_due_at(at(when), told, Urgency::Urgent, rules()).unwrap();
    assert_eq!(urgent("2026-03-03 16:30", true), at("2026-03-03 17:00"));
    assert_eq!(urgent("2026-03-03 19:20", false), at("2026-03-03 19:50"));
}

#[test]
fn an_untold_reply_in_a_year_that_runs_out_is_still_to_be_reviewed_by_20_00() {
    assert_eq!(review("2026-12-31 16:30", false), at("2026-12-31 20:00"));
    let told = review_due_at(at("2026-12-31 16:30"), true, Urgency::Normal, rules());
    assert_eq!(told, Err(MissingYear(2027)));
}

#[test]
fn the_sign_limit_of_24_hours_rolls_over_non_working_time() {
    let sign = |when| rules().calendar.rolling_day_after(at(when)).unwrap();
    assert_eq!(sign("2026-03-03 10:00"), at("2026-03-04 10:00"));
    assert_eq!(sign("2026-03-03 20:00"), at("2026-03-05 08:30"));
    assert_eq!(sign("2026-03-06 16:00"), at("2026-03-09 16:00"));
    assert_eq!(sign("2026-02-14 16:00"), at("2026-02-24 16:00"));
    assert_eq!(sign("2026-02-20 03:00"), at("2026-02-25 08:30"));
}

#[test]
fn working_hours_skip_the_noon_break_the_night_and_make_weekends_work_when_moved() {
    let after = |when, minutes: u64| {
        rules().calendar.working_time_after(at(when), Duration::from_secs(minutes * 60)).unwrap()
    };
    assert_eq!(after("2026-03-03 11:30", 60), at("2026-03-03 15:00"));
    assert_eq!(after("2026-03-03 17:00", 31), at("2026-03-04 08:31"));
    assert_eq!(after("2026-02-14 10:00", 120), at("2026-02-14 12:00"));
    assert_eq!(after("2026-03-03 13:00", 0), at("2026-03-03 14:30"));
}

#[test]
fn the_exact_clock_mode_ends_at_the_same_clock_time() {
    let calendar =
        Calendar::parse("holidays.csv", FILES.holidays).unwrap().with_mode(WorkdayMode::ExactClock);
    assert_eq!(calendar.workdays_after(at("2026-02-13 10:17"), 2), Ok(at("2026-02-24 10:17")));
}

#[test]
fn a_year_without_data_is_an_error_and_from_december_an_alarm() {
    let calendar = &rules().calendar;
    assert_eq!(calendar.workdays_in(2027), Err(MissingYear(2027)));
    assert_eq!(calendar.workdays_after(at("2026-12-30 10:00"), 2), Err(MissingYear(2027)));
    assert_eq!(calendar.alarm(at("2026-11-30 23:59")), None);
    assert_eq!(calendar.alarm(at("2026-12-01 00:00")), Some(MissingYear(2027)));
    assert_eq!(calendar.alarm(at("2027-02-01 00:00")), Some(MissingYear(2027)));
}

#[test]
fn an_order_not_signed_in_time_is_signed_by_the_clock_with_a_breach_of_the_unit() {
    let mut case = Case::dispatched();
    assert_eq!(next_check_at(&case.order), Some(at("2026-03-03 09:00")));
    case.done("2026-03-03 08:59:59.999", &work_order::Actor::System, Command::CheckClocks);
    assert_eq!(case.order.state_code(), StateCode::Dispatched);
    case.done("2026-03-03 09:00", &work_order::Actor::System, Command::CheckClocks);
    assert_eq!(case.order.state_code(), StateCode::InProgress);
    let breaches: Vec<_> = case.order.breaches.iter().map(|one| (one.clock, one.owner)).collect();
    assert_eq!(
        breaches,
        [(Clock::Sign, BreachOwner::Unit), (Clock::FirstContact, BreachOwner::Unit)]
    );
    assert_eq!(case.order.handling().unwrap().signature.by, None);
    let again =
        case.act("2026-03-03 09:00", &work_order::Actor::System, Command::CheckClocks).unwrap();
    assert_eq!(again, []);
}

#[test]
fn a_reply_after_the_limit_leaves_a_breach_even_if_nobody_checked_the_clocks() {
    let mut case = Case::in_progress();
    let due = case.order.due_at().unwrap();
    assert_eq!(due, at("2026-03-17 00:00"));
    let submit = Command::SubmitReply { reply: reply(), feedback: crate::support::not_told() };
    case.done("2026-03-17 00:00", &contact(), submit);
    let last = case.order.breaches.last().unwrap();
    assert_eq!((last.clock, last.limit_at), (Clock::Due, due));
}

#[test]
fn a_late_review_that_makes_the_feedback_late_is_the_centres_breach() {
    let mut case = Case::replied("2026-03-03 16:30");
    case.done("2026-03-04 08:00", &reviewer(), pass()).done(
        "2026-03-04 08:10",
        &clerk(),
        telling(FeedbackMeans::Phone, at("2026-03-04 08:10")),
    );
    let found: Vec<_> =
        case.order.breaches.iter().map(|one| (one.clock, one.owner, one.late_review)).collect();
    assert_eq!(
        found,
        [(Clock::Review, BreachOwner::Centre, false), (Clock::Feedback, BreachOwner::Centre, true)]
    );
}

#[test]
fn the_review_limit_relaxes_once_the_unit_has_told_the_petitioner() {
    let mut case = Case::replied("2026-03-03 16:30");
    assert_eq!(case.review_due_at(), at("2026-03-03 20:00"));
    let told = telling(FeedbackMeans::Phone, at("2026-03-03 16:40"));
    case.done("2026-03-03 16:40", &contact(), told);
    assert_eq!(case.review_due_at(), at("2026-03-04 11:30"));
    let told = Telling::Told { means: FeedbackMeans::Phone, told_at: at("2026-03-03 16:00") };
    assert_eq!(
        Case::replied_with("2026-03-03 16:30", told).review_due_at(),
        at("2026-03-04 11:30")
    );
}

#[test]
fn unit_clocks_start_at_dispatch_not_at_sign() {
    let mut late = Case::dispatched();
    let before = late.order.due_at();
    late.done("2026-03-03 08:00", &contact(), Command::Sign);
    assert_eq!(late.order.due_at(), before);
    assert_eq!(before, Some(at("2026-03-17 00:00")));
}

#[test]
fn dispatch_has_30_minutes_day_and_night() {
    let mut case = Case::open("2026-10-02 23:30", intake());
    case.done("2026-10-02 23:40", &agent(), Command::Accept);
    assert_eq!(next_check_at(&case.order), Some(at("2026-10-03 00:10")));
    case.done("2026-10-03 00:11", &dispatcher(), dispatch_to("U14"));
    let breach = &case.order.breaches[0];
    assert_eq!((breach.clock, breach.owner), (Clock::Dispatch, BreachOwner::Centre));
}

#[test]
fn a_reply_waiting_for_the_units_leader_does_not_stop_the_clock() {
    let mut case = Case::in_progress();
    let submit = Command::SubmitReply { reply: reply(), feedback: crate::support::not_told() };
    case.done("2026-03-16 16:00", &contact(), submit);
    assert_eq!(next_check_at(&case.order), Some(at("2026-03-17 00:00")));
    case.done("2026-03-17 08:00", &unit_leader(), Command::ApproveReply);
    assert_eq!(case.order.breaches.last().map(|one| one.clock), Some(Clock::Due));
}
