//! What lists filter and sort by, read off an order.
//!
//! Owns: accessors that look through the states. Must not do: decide.

use types::Timestamp;

use super::WorkOrder;
use crate::Change;
use crate::state::{Acceptance, Closing, State, UnitWork};

impl WorkOrder {
    /// What acceptance fixed, from T3 on.
    #[must_use]
    pub fn acceptance(&self) -> Option<&Acceptance> {
        match &self.state {
            State::Accepted { acceptance } | State::Dispatched { acceptance, .. } => {
                Some(acceptance)
            }
            State::Draft { .. }
            | State::InProgress { .. }
            | State::Replied { .. }
            | State::FollowUpPending { .. }
            | State::Closed { .. }
            | State::Rejected { .. } => self.handling().map(|handling| &handling.acceptance),
        }
    }

    /// Whether a reply waits for the unit's leader (T12).
    #[must_use]
    pub fn awaiting_approval(&self) -> bool {
        matches!(&self.state, State::InProgress { work: UnitWork::AwaitingApproval { .. }, .. })
    }

    /// When it was closed or rejected.
    #[must_use]
    pub fn closed_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Closed {
                closing:
                    Closing::AnsweredDirect { at, .. }
                    | Closing::FollowedUp { at, .. }
                    | Closing::Unreachable { at, .. }
                    | Closing::Imported { at, .. },
            } => Some(*at),
            State::Rejected { rejection } => Some(rejection.confirmed_at),
            State::Draft { .. }
            | State::Accepted { .. }
            | State::Dispatched { .. }
            | State::InProgress { .. }
            | State::Replied { .. }
            | State::FollowUpPending { .. } => None,
        }
    }
}

impl Change {
    /// The word of the change, as in its JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::DraftEdited { .. } => "draft_edited",
            Self::AnsweredDirect { .. } => "answered_direct",
            Self::Accepted { .. } => "accepted",
            Self::RejectionProposed { .. } => "rejection_proposed",
            Self::RejectionReturned { .. } => "rejection_returned",
            Self::RejectionConfirmed { .. } => "rejection_confirmed",
            Self::Dispatched { .. } => "dispatched",
            Self::Signed { .. } => "signed",
            Self::FirstContacted { .. } => "first_contacted",
            Self::ReplySubmitted { .. } => "reply_submitted",
            Self::ReplyReturned { .. } => "reply_returned",
            Self::ReplyApproved { .. } => "reply_approved",
            Self::ReviewPassed { .. } => "review_passed",
            Self::ReviewRejected { .. } => "review_rejected",
            Self::FeedbackTried { .. } => "feedback_tried",
            Self::FollowUpTried { .. } => "follow_up_tried",
            Self::Closed { .. } => "closed",
            Self::Breached { .. } => "breached",
        }
    }
}
