//! Guards of the centre's review (T13, T14).

use super::{Scene, Step, filled, step};
use crate::clocks;
use crate::state::{Handling, Review, State};
use crate::{By, Change, Refusal, Role};

impl Scene<'_> {
    pub(super) fn review_pass(&self, note: Option<String>) -> Result<Step, Refusal> {
        let (by, handling) = self.under_review()?;
        let review = Review {
            at: self.now,
            by: self.person.user,
            follow_up_due_at: clocks::follow_up_due_at(
                self.now,
                handling.acceptance.urgency,
                self.rules,
            )?,
        };
        Ok(step(by, note.unwrap_or_default(), Change::ReviewPassed { review }))
    }

    pub(super) fn review_reject(&self, reason: String) -> Result<Step, Refusal> {
        let (by, _) = self.under_review()?;
        filled(&reason, "退回理由")?;
        Ok(step(by, reason.clone(), Change::ReviewRejected { reason }))
    }

    fn under_review(&self) -> Result<(By, &Handling), Refusal> {
        let by = self.need(&[Role::Reviewer])?;
        match &self.order.state {
            State::Replied { handling, .. } => Ok((by, handling)),
            State::Draft { .. }
            | State::Accepted { .. }
            | State::Dispatched { .. }
            | State::InProgress { .. }
            | State::FollowUpPending { .. }
            | State::Closed { .. }
            | State::Rejected { .. } => Err(self.wrong_state()),
        }
    }
}
