//! What is refused, and with which code.

use work_order::{
    Actor, Command, DemandType, Dissatisfaction, FollowUpTry, HandlingOutcome, Intake, Occasion,
    Rating, RefusalCode, Role, decide,
};

use crate::support::{
    Case, agent, answers, at, clerk, contact, dispatch_to, dispatcher, intake, not_told, pass,
    person, reached, reply, reviewer, rules, telling, unit_leader,
};

fn code(case: &mut Case, when: &str, actor: &Actor, command: Command) -> RefusalCode {
    let before = case.order.clone();
    let refusal = case.act(when, actor, command).unwrap_err();
    assert_eq!(case.order, before);
    assert!(!refusal.detail.is_empty());
    refusal.code
}

#[test]
fn acceptance_needs_type_category_place_text_and_a_way_to_reach_the_petitioner() {
    let accept = |change: fn(&mut Intake)| {
        let mut intake = intake();
        change(&mut intake);
        let mut case = Case::open("2026-03-03 10:00", intake);
        code(&mut case, "2026-03-03 10:01", &agent(), Command::Accept)
    };
    assert_eq!(accept(|one| one.demand.demand_type = None), RefusalCode::DemandTypeMissing);
    assert_eq!(accept(|one| one.demand.category = None), RefusalCode::CategoryMissing);
    assert_eq!(
        accept(|one| one.demand.category = "0604".parse().ok()),
        RefusalCode::CategoryUnknown
    );
    assert_eq!(
        accept(|one| one.demand.place = work_order::Place::default()),
        RefusalCode::PlaceMissing
    );
    assert_eq!(accept(|one| one.demand.title.clear()), RefusalCode::TitleMissing);
    assert_eq!(accept(|one| one.demand.content.clear()), RefusalCode::ContentMissing);
    assert_eq!(accept(|one| one.petitioner.phones.clear()), RefusalCode::PetitionerMissing);
    assert_eq!(
        accept(|one| one.demand.demand_type = Some(DemandType::Invalid)),
        RefusalCode::InvalidDemand
    );
}

#[test]
fn each_step_belongs_to_its_role() {
    let mut case = Case::open("2026-03-03 10:00", intake());
    assert_eq!(
        code(&mut case, "2026-03-03 10:01", &dispatcher(), Command::Accept),
        RefusalCode::RoleMissing
    );
    let other = person(50, &[Role::Agent], None);
    assert_eq!(
        code(&mut case, "2026-03-03 10:01", &other, Command::Accept),
        RefusalCode::NotYourDraft
    );
    case.done("2026-03-03 10:02", &agent(), Command::Accept);
    assert_eq!(
        code(&mut case, "2026-03-03 10:03", &agent(), dispatch_to("U14")),
        RefusalCode::RoleMissing
    );
    assert_eq!(
        code(&mut case, "2026-03-03 10:03", &agent(), Command::CheckClocks),
        RefusalCode::RoleMissing
    );
}

#[test]
fn a_unit_cannot_act_on_the_order_of_another_unit() {
    let stranger = person(51, &[Role::UnitContact, Role::UnitLeader], Some("U13"));
    let mut case = Case::dispatched();
    assert_eq!(
        code(&mut case, "2026-03-02 09:05", &stranger, Command::Sign),
        RefusalCode::NotYourUnit
    );
    case.done("2026-03-02 09:06", &contact(), Command::Sign);
    let submit = Command::SubmitReply { reply: reply(), feedback: not_told() };
    assert_eq!(
        code(&mut case, "2026-03-02 09:07", &stranger, submit.clone()),
        RefusalCode::NotYourUnit
    );
    case.done("2026-03-02 09:08", &contact(), submit);
    assert_eq!(
        code(&mut case, "2026-03-02 09:09", &stranger, Command::ApproveReply),
        RefusalCode::NotYourUnit
    );
}

#[test]
fn nobody_approves_her_own_reply() {
    let both = person(52, &[Role::UnitContact, Role::UnitLeader], Some("U14"));
    let mut case = Case::in_progress();
    assert_eq!(
        code(&mut case, "2026-03-02 10:00", &unit_leader(), Command::ApproveReply),
        RefusalCode::ReplyNotSubmitted
    );
    let submit = Command::SubmitReply { reply: reply(), feedback: not_told() };
    case.done("2026-03-02 10:00", &both, submit.clone());
    assert_eq!(
        code(&mut case, "2026-03-02 10:01", &both, Command::ApproveReply),
        RefusalCode::TwoPersonsNeeded
    );
    assert_eq!(code(&mut case, "2026-03-02 10:01", &contact(), submit), RefusalCode::ReplyPending);
}

#[test]
fn an_unsolved_reply_says_why() {
    let mut case = Case::in_progress();
    let mut unsolved = reply();
    unsolved.outcome = HandlingOutcome::Unsolved;
    let submit = Command::SubmitReply { reply: unsolved, feedback: not_told() };
    assert_eq!(code(&mut case, "2026-03-02 10:00", &contact(), submit), RefusalCode::TextMissing);
}

#[test]
fn dispatch_follows_the_catalogue_or_gives_a_reason_and_spares_the_towns() {
    let accepted = |category: &str| {
        let mut intake = intake();
        intake.demand.category = Some(category.parse().unwrap());
        let mut case = Case::open("2026-03-03 10:00", intake);
        case.done("2026-03-03 10:01", &agent(), Command::Accept);
        case
    };
    let now = "2026-03-03 10:02";
    let wish = |unit: &str, reason: Option<&str>| Command::Dispatch {
        lead_unit: unit.parse().unwrap(),
        assist_units: vec![],
        opinion: String::new(),
        reason: reason.map(str::to_owned),
    };
    let mut lamp = accepted("060401");
    assert_eq!(code(&mut lamp, now, &dispatcher(), wish("U99", None)), RefusalCode::UnitUnknown);
    assert_eq!(
        code(&mut lamp, now, &dispatcher(), wish("U13", None)),
        RefusalCode::DispatchReasonMissing
    );
    lamp.done(now, &dispatcher(), wish("U13", Some("小区内部道路")));
    let mut wages = accepted("130101");
    assert_eq!(
        code(&mut wages, now, &dispatcher(), wish("T03", Some("属地"))),
        RefusalCode::TownForbidden
    );
    let mut court = accepted("240401");
    assert_eq!(
        code(&mut court, now, &dispatcher(), wish("U02", Some("转办"))),
        RefusalCode::CategoryNotDispatched
    );
    let mut village = accepted("100301");
    village.done(now, &dispatcher(), wish("T03", None));
    let mut twice = accepted("060401");
    let command = Command::Dispatch {
        lead_unit: "U14".parse().unwrap(),
        assist_units: vec!["U14".parse().unwrap()],
        opinion: String::new(),
        reason: None,
    };
    assert_eq!(code(&mut twice, now, &dispatcher(), command), RefusalCode::UnitTwice);
}

#[test]
fn an_illegal_transition_names_the_state_it_met() {
    let mut case = Case::dispatched();
    let refusal = case.act("2026-03-02 09:05", &reviewer(), pass()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::WrongState);
    assert!(refusal.detail.contains("待签收"), "{}", refusal.detail);
}

#[test]
fn a_writer_with_an_old_version_is_refused() {
    let case = Case::dispatched();
    let actor = contact();
    let occasion = Occasion {
        now: at("2026-03-02 09:05"),
        actor: &actor,
        rules: rules(),
        expected_version: Some(case.order.version - 1),
    };
    let refusal = decide(&case.order, &occasion, Command::Sign).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::VersionConflict);
}

#[test]
fn times_in_the_future_or_before_the_dispatch_are_refused() {
    let mut case = Case::dispatched();
    case.done("2026-03-02 09:10", &contact(), Command::Sign);
    let contacted =
        |when: &str| Command::FirstContact { contacted_at: at(when), result: "已联系".into() };
    let now = "2026-03-02 09:20";
    assert_eq!(
        code(&mut case, now, &contact(), contacted("2026-03-02 09:20:00.001")),
        RefusalCode::TimeInFuture
    );
    assert_eq!(
        code(&mut case, now, &contact(), contacted("2026-03-02 08:59")),
        RefusalCode::TimeTooEarly
    );
}

#[test]
fn who_took_the_call_follows_up_only_when_alone_and_bad_ratings_need_a_reason() {
    let mut case = Case::replied("2026-03-03 11:00");
    let now = "2026-03-03 11:31";
    let told = telling(work_order::FeedbackMeans::Phone, at(now));
    case.done("2026-03-03 11:30", &reviewer(), pass()).done(now, &clerk(), told);
    let same = person(1, &[Role::Agent, Role::FollowUpClerk], None);
    assert_eq!(code(&mut case, now, &same, reached()), RefusalCode::OwnCallFollowUp);
    let of_unit = person(53, &[Role::FollowUpClerk], Some("U14"));
    assert_eq!(code(&mut case, now, &of_unit, reached()), RefusalCode::FollowUpByHandlingUnit);
    let mut bad = answers();
    bad.result_rating = Some(Rating::Dissatisfied);
    let try_it = |answers| Command::RecordFollowUp { follow_up: FollowUpTry::Reached { answers } };
    assert_eq!(
        code(&mut case, now, &clerk(), try_it(bad.clone())),
        RefusalCode::DissatisfactionMissing
    );
    bad.dissatisfaction = Some(Dissatisfaction::LawForbids);
    bad.explanation = "已说明政策依据".into();
    bad.alone_on_duty = true;
    case.done(now, &same, try_it(bad));
}

#[test]
fn a_dispatch_into_a_year_without_calendar_is_refused() {
    let mut case = Case::open("2026-12-30 10:00", intake());
    case.done("2026-12-30 10:01", &agent(), Command::Accept);
    let refusal = case.act("2026-12-30 10:02", &dispatcher(), dispatch_to("U14")).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::CalendarYearMissing);
    assert!(refusal.detail.contains("2027"), "{}", refusal.detail);
}
