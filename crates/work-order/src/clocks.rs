//! The clocks of an order (domain 6, 7): every limit is a function of the order's facts, the
//! calendar and the profile.
//!
//! Owns: limits, which clock runs in which state, what has passed. A limit is the first instant
//! that is too late: on time is strictly before it. Must not do: read a clock.

use types::Timestamp;

use crate::calendar::at_local;
use crate::feedback::local_date;
use crate::profile::Span;
use crate::state::{Acceptance, State, UnitClocks};
use crate::{
    BreachOwner, Calendar, Clock, LeafProfile, MissingYear, Profile, RefusalCode, Rules, Urgency,
    WorkOrder,
};

/// A clock that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Running {
    /// First, so that sorting is by time.
    pub limit_at: Timestamp,
    pub clock: Clock,
    pub owner: BreachOwner,
}

/// The instant at which `span` from `start` is over.
///
/// # Errors
/// [`MissingYear`] when working time runs into a year without data.
pub fn limit(start: Timestamp, span: Span, calendar: &Calendar) -> Result<Timestamp, MissingYear> {
    match span {
        Span::Natural(time) => Ok(start + time),
        Span::Working(time) => calendar.working_time_after(start, time),
        Span::Workdays(days) => calendar.workdays_after(start, days),
        Span::RollingDay => calendar.rolling_day_after(start),
    }
}

/// T6: the centre's limit from acceptance; duty time of a hotline is day and night (K8).
///
/// # Errors
/// [`MissingYear`].
pub fn dispatch_due_at(
    accepted_at: Timestamp,
    urgency: Urgency,
    rules: &Rules,
) -> Result<Timestamp, MissingYear> {
    limit(accepted_at, rules.profile.dispatch.of(urgency), &rules.calendar)
}

/// T7, T9, T12: the unit's limits; all start at dispatch, not at sign (domain 7.3 rule 8).
///
/// # Errors
/// [`MissingYear`].
pub fn unit_clocks(
    dispatched_at: Timestamp,
    acceptance: &Acceptance,
    leaf_profile: LeafProfile,
    rules: &Rules,
) -> Result<UnitClocks, MissingYear> {
    let Profile { sign, first_contact, handling, .. } = &rules.profile;
    let row = handling.row(acceptance.demand_type, leaf_profile);
    let at = |span: Span| limit(dispatched_at, span, &rules.calendar);
    Ok(UnitClocks {
        sign_due_at: at(sign.of(acceptance.urgency))?,
        first_contact_due_at: at(first_contact.of(acceptance.urgency))?,
        due_at: at(row.of(acceptance.urgency))?,
    })
}

/// T14: limit of the review. Told already: 4 working hours (urgent 30 min). Not told yet: the earlier
/// of that and 20:00 of the reply's date; 30 min for a reply after 19:30.
///
/// # Errors
/// [`MissingYear`] when the limit depends on a year without data.
pub fn review_due_at(
    reply_at: Timestamp,
    told: bool,
    urgency: Urgency,
    rules: &Rules,
) -> Result<Timestamp, MissingYear> {
    let review = &rules.profile.review;
    let usual = limit(reply_at, review.limit.of(urgency), &rules.calendar);
    if told {
        return usual;
    }
    let date = local_date(reply_at);
    if reply_at > at_local(date, review.late_after) {
        return Ok(reply_at + review.late_limit);
    }
    let evening = at_local(date, review.at_latest);
    // Working time that runs into a year without data ends after this date anyhow.
    Ok(usual.map_or(evening, |usual| usual.min(evening)))
}

/// T15: end of the follow-up.
///
/// # Errors
/// [`MissingYear`].
pub fn follow_up_due_at(
    reviewed_at: Timestamp,
    urgency: Urgency,
    rules: &Rules,
) -> Result<Timestamp, MissingYear> {
    limit(reviewed_at, rules.profile.follow_up.limit.of(urgency), &rules.calendar)
}

/// The clocks that run in the order's state, soonest first.
#[must_use]
pub fn running(order: &WorkOrder) -> Vec<Running> {
    use BreachOwner::{Centre, Unit};
    let mut clocks = Vec::new();
    let mut add = |clock, limit_at, owner| clocks.push(Running { limit_at, clock, owner });
    match &order.state {
        State::Draft { .. } | State::Closed { .. } | State::Rejected { .. } => {}
        State::Accepted { acceptance } => {
            add(Clock::Dispatch, acceptance.dispatch_due_at, Centre);
        }
        State::Dispatched { dispatch, .. } => {
            add(Clock::Sign, dispatch.clocks.sign_due_at, Unit);
            add(Clock::FirstContact, dispatch.clocks.first_contact_due_at, Unit);
            add(Clock::Due, dispatch.clocks.due_at, Unit);
        }
        State::InProgress { handling, .. } => {
            let clocks = handling.dispatch.clocks;
            if handling.first_contact.is_none() {
                add(Clock::FirstContact, clocks.first_contact_due_at, Unit);
            }
            add(Clock::Due, clocks.due_at, Unit);
        }
        State::Replied { reply, .. } => add(Clock::Review, reply.review_due_at, Centre),
        State::FollowUpPending { review, .. } => {
            add(Clock::FollowUp, review.follow_up_due_at, Centre);
        }
    }
    if let Some(duty) = order.duty().filter(|duty| duty.is_open()) {
        add(Clock::Feedback, duty.due_at, Centre);
    }
    clocks.sort_unstable();
    clocks
}

/// The running clocks whose limit has passed and has no breach record yet, in the order of their
/// limits.
#[must_use]
pub fn passed(order: &WorkOrder, now: Timestamp) -> Vec<Running> {
    let recorded = |one: &Running| {
        order
            .breaches
            .iter()
            .any(|breach| breach.clock == one.clock && breach.limit_at == one.limit_at)
    };
    running(order).into_iter().filter(|one| one.limit_at <= now && !recorded(one)).collect()
}

/// When the host should send [`crate::Command::CheckClocks`] next; `None` when no clock runs.
#[must_use]
pub fn next_check_at(order: &WorkOrder) -> Option<Timestamp> {
    let far = Timestamp::from_micros(i64::MAX);
    passed(order, far).first().map(|one| one.limit_at)
}

/// What speaks against an extension (T10, D12): the request must come before the limit, the
/// petitioner must have been told, and it must not be one too many. The extension itself is no
/// command yet.
#[must_use]
pub fn extension_refusal(request: &ExtensionRequest, rules: &Rules) -> Option<RefusalCode> {
    if request.requested_at >= request.due_at {
        return Some(RefusalCode::ExtensionLate);
    }
    if request.petitioner_told_at.is_none_or(|told| told > request.requested_at) {
        return Some(RefusalCode::ExtensionNotAnnounced);
    }
    (request.granted_before >= rules.profile.extension.count_max)
        .then_some(RefusalCode::ExtensionTooMany)
}

/// The facts of a request for more time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtensionRequest {
    pub requested_at: Timestamp,
    pub due_at: Timestamp,
    /// When the petitioner was told length and reason.
    pub petitioner_told_at: Option<Timestamp>,
    pub granted_before: u32,
}
