//! Guards of telling the petitioner (D3, domain 8.1).

use types::Timestamp;

use super::{Scene, Step, step};
use crate::clocks;
use crate::feedback::feedback_means_allowed;
use crate::state::State;
use crate::{
    By, Change, DutyStatus, FeedbackDuty, FeedbackMeans, FeedbackOutcome, FeedbackTry, Refusal,
    RefusalCode, Role,
};

/// Who tells for the centre.
const CENTRE_ROLES: &[Role] =
    &[Role::FollowUpClerk, Role::Agent, Role::LeaderOnAir, Role::TeamLeader];
/// Who tells for the unit.
const UNIT_ROLES: &[Role] = &[Role::UnitContact, Role::TownDesk, Role::UnitLeader];

impl Scene<'_> {
    pub(super) fn record_feedback(&self, attempt: FeedbackTry) -> Result<Step, Refusal> {
        let by = self.teller()?;
        let duty = self.live_duty()?;
        self.plausible(attempt.at, duty.result_at)?;
        let allowed =
            feedback_means_allowed(duty.result_at, attempt.at, &self.rules.profile.feedback);
        if attempt.means == FeedbackMeans::Phone && !allowed.contains(&FeedbackMeans::Phone) {
            return Err(RefusalCode::PhoneNotAllowedNow.into());
        }
        let note = format!("{}：{}", attempt.means.label(), attempt.outcome.label());
        let review_due_at = self.relaxed_review(&attempt)?;
        Ok(step(by, note, Change::FeedbackTried { attempt, review_due_at }))
    }

    /// The centre tells only what has passed the review; the unit tells its own result at once.
    fn teller(&self) -> Result<By, Refusal> {
        if self.person.unit.is_some() {
            return self.of_lead_unit(UNIT_ROLES);
        }
        let by = self.need(CENTRE_ROLES)?;
        match &self.order.state {
            State::Replied { .. } => Err(RefusalCode::ReviewFirst.into()),
            State::Draft { .. }
            | State::Accepted { .. }
            | State::Dispatched { .. }
            | State::InProgress { .. }
            | State::FollowUpPending { .. }
            | State::Closed { .. }
            | State::Rejected { .. } => Ok(by),
        }
    }

    fn live_duty(&self) -> Result<&FeedbackDuty, Refusal> {
        let duty = self.order.duty().ok_or(RefusalCode::NoFeedbackDuty)?;
        match duty.status {
            DutyStatus::Open | DutyStatus::Told { .. } => Ok(duty),
            DutyStatus::Exempt { .. } => Err(RefusalCode::FeedbackExempt.into()),
            DutyStatus::Cancelled { .. } => Err(RefusalCode::NoFeedbackDuty.into()),
        }
    }

    /// Once the petitioner has been told, the review has its usual limit (T14).
    fn relaxed_review(&self, attempt: &FeedbackTry) -> Result<Option<Timestamp>, Refusal> {
        let State::Replied { handling, reply } = &self.order.state else { return Ok(None) };
        match attempt.outcome {
            FeedbackOutcome::Told | FeedbackOutcome::Declined => {
                let urgency = handling.acceptance.urgency;
                Ok(Some(clocks::review_due_at(reply.approved_at, true, urgency, self.rules)?))
            }
            FeedbackOutcome::NoAnswer
            | FeedbackOutcome::Machine
            | FeedbackOutcome::OtherPerson
            | FeedbackOutcome::WrongNumber
            | FeedbackOutcome::Undelivered => Ok(None),
        }
    }
}
