//! What happened to an order. Past tense, immutable; each is a row of the audit trail (D4).
//!
//! Owns: the stored shape; fields are only ever added. Must not do: depend on rules, so that an old
//! journal folds the same for ever.

use serde::{Deserialize, Serialize};
use types::{Timestamp, WorkOrderId};

use crate::feedback::FeedbackDuty;
use crate::state::{
    Acceptance, Closing, Dispatch, FirstContact, Rejection, RejectionProposal, Reply, ReplyDraft,
    Review, Signature,
};
use crate::{BreachOwner, By, Clock, FeedbackTry, FollowUpTry, Intake, StateCode};

/// Who, when, from, to, note and what changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    pub at: Timestamp,
    pub by: By,
    /// `None` for the first event of an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<StateCode>,
    pub to: StateCode,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    pub change: Change,
}

/// The change itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Change {
    /// T1
    Opened {
        id: WorkOrderId,
        order_no: String,
        query_code: String,
        intake: Box<Intake>,
    },
    DraftEdited {
        intake: Box<Intake>,
    },
    /// T2
    AnsweredDirect {
        closing: Closing,
        duty: FeedbackDuty,
    },
    /// T3
    Accepted {
        acceptance: Acceptance,
    },
    /// T4
    RejectionProposed {
        proposal: RejectionProposal,
    },
    RejectionReturned {
        reason: String,
    },
    RejectionConfirmed {
        rejection: Rejection,
        duty: FeedbackDuty,
    },
    /// T6
    Dispatched {
        dispatch: Box<Dispatch>,
    },
    /// T7; without a person the clock signed.
    Signed {
        signature: Signature,
    },
    /// T9
    FirstContacted {
        contact: FirstContact,
    },
    /// T12, first half
    ReplySubmitted {
        draft: ReplyDraft,
    },
    ReplyReturned {
        reason: String,
    },
    /// T12, second half
    ReplyApproved {
        reply: Box<Reply>,
        duty: FeedbackDuty,
    },
    /// T14
    ReviewPassed {
        review: Review,
    },
    /// T13: the duty opened by the reply is cancelled.
    ReviewRejected {
        reason: String,
    },
    /// One try; `review_due_at` is the new limit of T14 when the unit told the petitioner while the
    /// centre still reviews.
    FeedbackTried {
        attempt: FeedbackTry,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        review_due_at: Option<Timestamp>,
    },
    FollowUpTried {
        follow_up: FollowUpTry,
    },
    /// T15
    Closed {
        closing: Closing,
    },
    /// D16: a limit passed.
    Breached {
        breach: Breach,
    },
}

/// An immutable record of a missed limit (D16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Breach {
    pub clock: Clock,
    pub limit_at: Timestamp,
    pub owner: BreachOwner,
    /// The feedback was late because the centre reviewed late (T14): never the unit's fault.
    #[serde(default)]
    pub late_review: bool,
}
