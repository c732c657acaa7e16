//! What holds for every sequence of commands and every instant.

use std::time::Duration;

use proptest::prelude::*;
use types::Timestamp;
use work_order::{
    Actor, Command, Event, FeedbackMeans, FeedbackOutcome, FollowUpMiss, FollowUpTry,
    RejectionReason, State, StateCode, WorkOrder,
};

use crate::support::{
    Case, agent, at, clerk, contact, dispatch_to, dispatcher, intake, leader, not_told, pass,
    reached, reply, reviewer, rules, tried, unit_leader,
};

/// Transitions of the main state (domain section 6); staying is always legal.
const LEGAL: &[(StateCode, StateCode)] = &[
    (StateCode::Draft, StateCode::Closed),
    (StateCode::Draft, StateCode::Accepted),
    (StateCode::Draft, StateCode::Rejected),
    (StateCode::Accepted, StateCode::Dispatched),
    (StateCode::Dispatched, StateCode::InProgress),
    (StateCode::InProgress, StateCode::Replied),
    (StateCode::Replied, StateCode::InProgress),
    (StateCode::Replied, StateCode::FollowUpPending),
    (StateCode::FollowUpPending, StateCode::Closed),
];

fn commands(now: Timestamp) -> Vec<(Actor, Command)> {
    let missed = FollowUpTry::Missed { miss: FollowUpMiss::NoAnswer, note: String::new() };
    let phone = |outcome| tried(FeedbackMeans::Phone, outcome, now);
    vec![
        (agent(), Command::EditDraft { intake: Box::new(intake()) }),
        (agent(), Command::Accept),
        (dispatcher(), dispatch_to("U14")),
        (contact(), Command::Sign),
        (contact(), Command::FirstContact { contacted_at: now, result: "已联系".into() }),
        (contact(), Command::SubmitReply { reply: reply(), feedback: not_told() }),
        (unit_leader(), Command::ApproveReply),
        (unit_leader(), Command::ReturnReplyDraft { reason: "补充".into() }),
        (reviewer(), pass()),
        (reviewer(), Command::ReviewReject { reason: "不详".into() }),
        (clerk(), phone(FeedbackOutcome::Told)),
        (clerk(), tried(FeedbackMeans::Sms, FeedbackOutcome::Told, now)),
        (clerk(), phone(FeedbackOutcome::NoAnswer)),
        (contact(), phone(FeedbackOutcome::Told)),
        (clerk(), reached()),
        (clerk(), Command::RecordFollowUp { follow_up: missed }),
        (clerk(), Command::RecordFollowUp { follow_up: FollowUpTry::SmsLinkSent }),
        (clerk(), Command::CloseUnreachable),
        (Actor::System, Command::CheckClocks),
        (
            agent(),
            Command::AnswerDirect { answer: "答复".into(), kb_item: None, feedback: not_told() },
        ),
        (
            agent(),
            Command::RejectIntake {
                reason: RejectionReason::Court,
                explanation: "解释".into(),
                route_told: "法院".into(),
                feedback: not_told(),
            },
        ),
        (leader(), Command::ConfirmRejection),
        (leader(), Command::ReturnRejection { reason: "核实".into() }),
    ]
}

/// The command that leads on from a state, so that random walks get far.
fn onward(order: &WorkOrder, now: Timestamp) -> (Actor, Command) {
    use work_order::state::UnitWork;
    match &order.state {
        State::Draft { rejection: None } => (agent(), Command::Accept),
        State::Draft { rejection: Some(_) } => (leader(), Command::ConfirmRejection),
        State::Accepted { .. } => (dispatcher(), dispatch_to("U14")),
        State::Dispatched { .. } => (contact(), Command::Sign),
        State::InProgress { work: UnitWork::AwaitingApproval { .. }, .. } => {
            (unit_leader(), Command::ApproveReply)
        }
        State::InProgress { .. } => {
            (contact(), Command::SubmitReply { reply: reply(), feedback: not_told() })
        }
        State::Replied { .. } => (reviewer(), pass()),
        State::FollowUpPending { .. } if order.duty().unwrap().is_open() => {
            (clerk(), tried(FeedbackMeans::Sms, FeedbackOutcome::Told, now))
        }
        State::FollowUpPending { .. } => (clerk(), reached()),
        State::Closed { .. } | State::Rejected { .. } => (Actor::System, Command::CheckClocks),
    }
}

fn check_events(events: &[Event], before: &WorkOrder) {
    let mut from = before.state_code();
    for event in events {
        assert_eq!(event.from, Some(from));
        assert!(from == event.to || LEGAL.contains(&(from, event.to)), "{from} to {}", event.to);
        assert!(event.at >= before.changed_at);
        let json = serde_json::to_string(event).unwrap();
        assert_eq!(&serde_json::from_str::<Event>(&json).unwrap(), event);
        from = event.to;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_sequence_of_commands_reaches_an_illegal_state(
        steps in prop::collection::vec((0_usize..46, 0_usize..8, 0_u64..600), 1..60)
    ) {
        let mut now = at("2026-03-02 08:00");
        let mut case = Case::open_at(now, intake());
        let everyone = [agent(), leader(), dispatcher(), contact(), unit_leader(), reviewer(), clerk()];
        for (pick, stranger, minutes) in steps {
            now = now + Duration::from_secs(minutes * 60);
            let mut list = commands(now);
            let (mut actor, command) = if pick < list.len() {
                list.swap_remove(pick)
            } else {
                onward(&case.order, now)
            };
            if let Some(other) = everyone.get(stranger).filter(|_| pick % 7 == 0) {
                actor = other.clone();
            }
            let before = case.order.clone();
            match case.at_time(now, &actor, command) {
                Ok(events) => check_events(&events, &before),
                Err(refusal) => {
                    prop_assert_eq!(&case.order, &before);
                    prop_assert!(!refusal.detail.is_empty());
                }
            }
            prop_assert!(case.order.breaches.len() <= case.journal.len());
        }
        let folded = WorkOrder::from_events(&case.journal).unwrap();
        prop_assert_eq!(&folded, &case.order);
        let stored = serde_json::to_string(&case.order).unwrap();
        prop_assert_eq!(serde_json::from_str::<WorkOrder>(&stored).unwrap(), folded);
    }

    #[test]
    fn a_later_start_never_has_an_earlier_limit(
        start_s in 0_i64..28_000_000, later_s in 0_i64..2_000_000, days in 1_u32..16, minutes in 1_u64..2_000
    ) {
        let first_of_january = at("2026-01-01 00:00");
        let start = first_of_january + Duration::from_secs(u64::try_from(start_s).unwrap());
        let later = start + Duration::from_secs(u64::try_from(later_s).unwrap());
        let calendar = &rules().calendar;
        let span = Duration::from_secs(minutes * 60);
        for limit in [
            |at, days, _| rules().calendar.workdays_after(at, days),
            |at, _, _| rules().calendar.rolling_day_after(at),
            |at, _, span| rules().calendar.working_time_after(at, span),
            |at, _, _| work_order::clocks::review_due_at(at, false, work_order::Urgency::Normal, rules()),
        ] as [fn(Timestamp, u32, Duration) -> Result<Timestamp, work_order::MissingYear>; 4] {
            let (one, other) = (limit(start, days, span).unwrap(), limit(later, days, span));
            prop_assert!(one > start);
            if let Ok(other) = other {
                prop_assert!(one <= other, "{} {} and {} {}", start, one, later, other);
            }
        }
        let end = calendar.working_time_after(start, span).unwrap();
        prop_assert!(end.since(start) >= span);
    }
}
