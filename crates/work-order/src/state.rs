//! The states of an order, each with the data that is valid in it (domain section 6).
//!
//! Owns: S0 to S6 and S8. Archive (S7) and merge (S9) are not reachable yet and therefore do not
//! exist here. Must not do: decide who may change a state.

use serde::{Deserialize, Serialize};
use types::{CategoryCode, Timestamp, UnitCode, UserId};

use crate::command::{FollowUpAnswers, ReplyContent, Telling};
use crate::{DemandType, Rating, RejectionReason, StateCode, Urgency};

/// Main state with its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum State {
    /// S0 登记中
    Draft {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rejection: Option<RejectionProposal>,
    },
    /// S1 待派单
    Accepted { acceptance: Acceptance },
    /// S2 待签收
    Dispatched { acceptance: Acceptance, dispatch: Dispatch },
    /// S3 办理中
    InProgress { handling: Box<Handling>, work: UnitWork },
    /// S4 已回复待审核
    Replied { handling: Box<Handling>, reply: Reply },
    /// S5 待回访
    FollowUpPending { handling: Box<Handling>, reply: Reply, review: Review },
    /// S6 办结
    Closed { closing: Closing },
    /// S8 不予受理
    Rejected { rejection: Rejection },
}

impl State {
    #[must_use]
    pub fn code(&self) -> StateCode {
        match self {
            Self::Draft { .. } => StateCode::Draft,
            Self::Accepted { .. } => StateCode::Accepted,
            Self::Dispatched { .. } => StateCode::Dispatched,
            Self::InProgress { .. } => StateCode::InProgress,
            Self::Replied { .. } => StateCode::Replied,
            Self::FollowUpPending { .. } => StateCode::FollowUpPending,
            Self::Closed { .. } => StateCode::Closed,
            Self::Rejected { .. } => StateCode::Rejected,
        }
    }
}

/// What acceptance fixed (T3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Acceptance {
    pub at: Timestamp,
    pub by: UserId,
    pub demand_type: DemandType,
    pub category: CategoryCode,
    pub urgency: Urgency,
    /// Asked for by the petitioner, or by default for a report of this category.
    pub confidential: bool,
    pub dispatch_due_at: Timestamp,
}

/// What dispatch fixed (T6). The unit's clocks start at `at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dispatch {
    pub at: Timestamp,
    pub by: UserId,
    pub lead_unit: UnitCode,
    pub assist_units: Vec<UnitCode>,
    pub opinion: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the lead unit is the catalogue's (A14, AI suggestion followed).
    pub catalogue_followed: bool,
    pub clocks: UnitClocks,
    pub versions: Versions,
}

/// Limits of the unit, all counted from dispatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnitClocks {
    pub sign_due_at: Timestamp,
    pub first_contact_due_at: Timestamp,
    pub due_at: Timestamp,
}

/// Which data the limits and the unit were taken from (T6 "catalogue version stored").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Versions {
    pub catalogue: String,
    pub profile: String,
    pub calendar: String,
}

/// Everything that is known once the unit works on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Handling {
    pub acceptance: Acceptance,
    pub dispatch: Dispatch,
    pub signature: Signature,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_contact: Option<FirstContact>,
    /// Replies the centre sent back (T13).
    pub review_rejections: Vec<ReviewRejection>,
}

/// T7: who signed. Without a person it was the clock, and a breach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Signature {
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
}

/// T9.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FirstContact {
    pub at: Timestamp,
    pub by: UserId,
    pub result: String,
}

/// Where the unit is between contact person and leader (T12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum UnitWork {
    Working,
    AwaitingApproval { draft: ReplyDraft },
    ReturnedByLeader { draft: ReplyDraft, reason: String, returned_at: Timestamp },
}

/// A reply that the unit's leader has not approved yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplyDraft {
    pub at: Timestamp,
    pub by: UserId,
    pub content: ReplyContent,
    pub feedback: Telling,
}

/// An approved reply: `approved_at` is the `result_at` of domain 8.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reply {
    pub draft: ReplyDraft,
    pub approved_at: Timestamp,
    pub approved_by: UserId,
    /// T14.
    pub review_due_at: Timestamp,
}

/// T13.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReviewRejection {
    pub at: Timestamp,
    pub by: UserId,
    pub reason: String,
    /// The reply that was sent back, kept whole.
    pub reply: Reply,
}

/// T14 passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Review {
    pub at: Timestamp,
    pub by: UserId,
    /// T15: end of the follow-up.
    pub follow_up_due_at: Timestamp,
}

/// How an order ended (T2, T15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Closing {
    AnsweredDirect {
        at: Timestamp,
        by: UserId,
        answer: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kb_item: Option<String>,
    },
    FollowedUp {
        at: Timestamp,
        by: UserId,
        handling: Box<Handling>,
        reply: Box<Reply>,
        review: Review,
        answers: Box<FollowUpAnswers>,
    },
    /// Neutral: left out of the satisfaction denominator, shown as its own share.
    Unreachable {
        at: Timestamp,
        by: UserId,
        handling: Box<Handling>,
        reply: Box<Reply>,
        review: Review,
    },
    /// Done in another system before this one took it over (D21): no result of ours, so it is in no rate.
    Imported {
        at: Timestamp,
        /// Who took it over.
        by: UserId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<UnitCode>,
        /// What the petitioner was told there.
        reply: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rating: Option<Rating>,
    },
}

/// T4, not confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RejectionProposal {
    pub at: Timestamp,
    pub by: UserId,
    pub reason: RejectionReason,
    pub explanation: String,
    pub route_told: String,
    pub feedback: Telling,
}

/// T4, confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rejection {
    pub proposal: RejectionProposal,
    pub confirmed_at: Timestamp,
    pub confirmed_by: UserId,
}
