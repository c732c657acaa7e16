//! How one event changes an order.

use types::Timestamp;

use super::{RecordedFollowUp, WorkOrder};
use crate::feedback::DutyStatus;
use crate::state::{Closing, Handling, ReviewRejection, State, UnitWork};
use crate::{Change, Event, StateCode};

/// A journal that does not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    #[error("an order without events")]
    Empty,
    #[error("the first event does not open an order")]
    NotOpened,
    #[error("event {change} does not fit state {state}")]
    Misfit { change: &'static str, state: StateCode },
}

impl WorkOrder {
    /// Applies one event.
    ///
    /// # Errors
    /// [`FoldError::Misfit`] when the event cannot follow; the order is then unchanged.
    pub fn apply(&mut self, event: &Event) -> Result<(), FoldError> {
        match &event.change {
            Change::DraftEdited { intake } if self.is_draft() => {
                self.intake = crate::Intake::clone(intake);
                self.state = State::Draft { rejection: None };
            }
            Change::FeedbackTried { attempt, review_due_at } => {
                let misfit = self.misfit("feedback_tried");
                let duty = self.feedback.last_mut().ok_or(misfit)?;
                duty.record(attempt.clone(), event.by.clone());
                if let (Some(limit), State::Replied { reply, .. }) =
                    (review_due_at, &mut self.state)
                {
                    reply.review_due_at = *limit;
                }
            }
            Change::FollowUpTried { follow_up } if self.is_in(StateCode::FollowUpPending) => {
                self.follow_ups.push(RecordedFollowUp {
                    at: event.at,
                    by: event.by.clone(),
                    follow_up: follow_up.clone(),
                });
            }
            Change::Breached { breach } => self.breaches.push(breach.clone()),
            change => {
                let next =
                    next_state(&self.state, change, event).ok_or(self.misfit(name(change)))?;
                self.settle_feedback(change, event.at);
                self.state = next;
            }
        }
        self.version += 1;
        self.changed_at = event.at;
        Ok(())
    }

    fn is_in(&self, code: StateCode) -> bool {
        self.state_code() == code
    }

    fn is_draft(&self) -> bool {
        self.is_in(StateCode::Draft)
    }

    fn misfit(&self, change: &'static str) -> FoldError {
        FoldError::Misfit { change, state: self.state_code() }
    }

    /// Results open a duty; a rejected review cancels it, visibly (T12, T13).
    fn settle_feedback(&mut self, change: &Change, at: Timestamp) {
        match change {
            Change::AnsweredDirect { duty, .. }
            | Change::RejectionConfirmed { duty, .. }
            | Change::ReplyApproved { duty, .. } => self.feedback.push(duty.clone()),
            Change::ReviewRejected { .. } => {
                if let Some(duty) = self.feedback.last_mut() {
                    duty.status = DutyStatus::Cancelled { at };
                }
            }
            Change::Opened { .. }
            | Change::DraftEdited { .. }
            | Change::Accepted { .. }
            | Change::RejectionProposed { .. }
            | Change::RejectionReturned { .. }
            | Change::Dispatched { .. }
            | Change::Signed { .. }
            | Change::FirstContacted { .. }
            | Change::ReplySubmitted { .. }
            | Change::ReplyReturned { .. }
            | Change::ReviewPassed { .. }
            | Change::FeedbackTried { .. }
            | Change::FollowUpTried { .. }
            | Change::Closed { .. }
            | Change::Breached { .. } => {}
        }
    }
}

/// The state after a change of the main state; `None` when the change does not fit.
fn next_state(state: &State, change: &Change, event: &Event) -> Option<State> {
    match state {
        State::Draft { .. } => after_draft(change),
        State::Accepted { acceptance } => match change {
            Change::Dispatched { dispatch } => Some(State::Dispatched {
                acceptance: acceptance.clone(),
                dispatch: crate::state::Dispatch::clone(dispatch),
            }),
            _ => None,
        },
        State::Dispatched { acceptance, dispatch } => match change {
            Change::Signed { signature } => Some(State::InProgress {
                handling: Box::new(Handling {
                    acceptance: acceptance.clone(),
                    dispatch: dispatch.clone(),
                    signature: signature.clone(),
                    first_contact: None,
                    review_rejections: Vec::new(),
                }),
                work: UnitWork::Working,
            }),
            _ => None,
        },
        State::InProgress { handling, work } => after_in_progress(handling, work, change, event),
        State::Replied { handling, reply } => match change {
            Change::ReviewPassed { review } => Some(State::FollowUpPending {
                handling: handling.clone(),
                reply: reply.clone(),
                review: review.clone(),
            }),
            Change::ReviewRejected { reason } => {
                let mut handling = handling.clone();
                handling.review_rejections.push(ReviewRejection {
                    at: event.at,
                    by: event.by.user()?,
                    reason: reason.clone(),
                    reply: reply.clone(),
                });
                Some(State::InProgress { handling, work: UnitWork::Working })
            }
            _ => None,
        },
        State::FollowUpPending { .. } => match change {
            Change::Closed { closing } => Some(State::Closed { closing: closing.clone() }),
            _ => None,
        },
        State::Closed { .. } | State::Rejected { .. } => None,
    }
}

fn after_draft(change: &Change) -> Option<State> {
    match change {
        Change::AnsweredDirect { closing, .. } => Some(State::Closed { closing: closing.clone() }),
        Change::Accepted { acceptance } => Some(State::Accepted { acceptance: acceptance.clone() }),
        Change::RejectionProposed { proposal } => {
            Some(State::Draft { rejection: Some(proposal.clone()) })
        }
        Change::RejectionReturned { .. } => Some(State::Draft { rejection: None }),
        Change::RejectionConfirmed { rejection, .. } => {
            Some(State::Rejected { rejection: rejection.clone() })
        }
        Change::Closed { closing: closing @ Closing::Imported { .. } } => {
            Some(State::Closed { closing: closing.clone() })
        }
        _ => None,
    }
}

fn after_in_progress(
    handling: &Handling,
    work: &UnitWork,
    change: &Change,
    event: &Event,
) -> Option<State> {
    let mut handling = Box::new(handling.clone());
    match (change, work) {
        (Change::FirstContacted { contact }, work) => {
            handling.first_contact = Some(contact.clone());
            Some(State::InProgress { handling, work: work.clone() })
        }
        (
            Change::ReplySubmitted { draft },
            UnitWork::Working | UnitWork::ReturnedByLeader { .. },
        ) => Some(State::InProgress {
            handling,
            work: UnitWork::AwaitingApproval { draft: draft.clone() },
        }),
        (Change::ReplyReturned { reason }, UnitWork::AwaitingApproval { draft }) => {
            let work = UnitWork::ReturnedByLeader {
                draft: draft.clone(),
                reason: reason.clone(),
                returned_at: event.at,
            };
            Some(State::InProgress { handling, work })
        }
        (Change::ReplyApproved { reply, .. }, UnitWork::AwaitingApproval { .. }) => {
            Some(State::Replied { handling, reply: crate::state::Reply::clone(reply) })
        }
        _ => None,
    }
}

/// The code of a change, as in its JSON.
fn name(change: &Change) -> &'static str {
    match change {
        Change::Opened { .. } => "opened",
        Change::DraftEdited { .. } => "draft_edited",
        Change::AnsweredDirect { .. } => "answered_direct",
        Change::Accepted { .. } => "accepted",
        Change::RejectionProposed { .. } => "rejection_proposed",
        Change::RejectionReturned { .. } => "rejection_returned",
        Change::RejectionConfirmed { .. } => "rejection_confirmed",
        Change::Dispatched { .. } => "dispatched",
        Change::Signed { .. } => "signed",
        Change::FirstContacted { .. } => "first_contacted",
        Change::ReplySubmitted { .. } => "reply_submitted",
        Change::ReplyReturned { .. } => "reply_returned",
        Change::ReplyApproved { .. } => "reply_approved",
        Change::ReviewPassed { .. } => "review_passed",
        Change::ReviewRejected { .. } => "review_rejected",
        Change::FeedbackTried { .. } => "feedback_tried",
        Change::FollowUpTried { .. } => "follow_up_tried",
        Change::Closed { .. } => "closed",
        Change::Breached { .. } => "breached",
    }
}
