//! What may be asked of an order. Imperative; each may be refused with a reason code (D4).
//!
//! Owns: the payloads. Must not do: check them; that is `decide`.

use serde::{Deserialize, Serialize};
use types::{Timestamp, UnitCode, WorkOrderId};

use crate::{
    Dissatisfaction, FeedbackMeans, FeedbackOutcome, FollowUpMiss, HandlingOutcome, Intake, Rating,
    RejectionReason, Solved,
};

/// T1: opens a draft. Id, number and query code come from the host: it owns randomness and the
/// sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDraft {
    pub id: WorkOrderId,
    /// yyMMdd and a sequence, see [`crate::order_no`].
    pub order_no: String,
    /// Six digits with which the petitioner asks for progress (D26).
    pub query_code: String,
    pub intake: Intake,
}

/// A command on an existing order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Command {
    /// Replaces the intake of a draft.
    EditDraft { intake: Box<Intake> },
    /// T2: answered on the line; closes the order.
    AnswerDirect {
        answer: String,
        /// Id of the knowledge item the answer came from.
        #[serde(default)]
        kb_item: Option<String>,
        /// How the petitioner was told. For a call: `told` by `phone`, now.
        feedback: Telling,
    },
    /// T3: the demand becomes an order to be dispatched.
    Accept,
    /// T4, first half: the agent proposes not to accept and has told the statutory route.
    RejectIntake {
        reason: RejectionReason,
        /// What was explained to the petitioner (D13).
        explanation: String,
        /// The legal route she was told.
        route_told: String,
        feedback: Telling,
    },
    /// T4, second half: another person, a team leader, confirms.
    ConfirmRejection,
    /// T4: the team leader gives the draft back to the agent.
    ReturnRejection { reason: String },
    /// T6: all clocks of the unit start here.
    Dispatch {
        lead_unit: UnitCode,
        #[serde(default)]
        assist_units: Vec<UnitCode>,
        /// What the unit is asked to do.
        #[serde(default)]
        opinion: String,
        /// Needed when the unit is not the one of the catalogue.
        #[serde(default)]
        reason: Option<String>,
    },
    /// T7.
    Sign,
    /// T9: the unit has spoken to the petitioner before handling.
    FirstContact {
        contacted_at: Timestamp,
        /// What was said.
        result: String,
    },
    /// T12, first half: the unit's contact submits; the clock runs on until approval.
    SubmitReply { reply: ReplyContent, feedback: Telling },
    /// T12, second half: the unit's leader approves; the feedback duty opens.
    ApproveReply,
    /// The unit's leader gives the reply back to the contact.
    ReturnReplyDraft { reason: String },
    /// T14.
    ReviewPass {
        #[serde(default)]
        note: Option<String>,
    },
    /// T13: a quality fault; cancels the feedback duty, the unit's clock runs on.
    ReviewReject { reason: String },
    /// One try to tell the petitioner the result (D3).
    RecordFeedback { attempt: FeedbackTry },
    /// T15: one follow-up conversation, or a try that reached nobody.
    RecordFollowUp { follow_up: FollowUpTry },
    /// T15: closes an order whose petitioner cannot be reached by the rule of domain 8.2.
    CloseUnreachable,
    /// What the system does by itself at a limit: automatic signature and breach records (D16, T7).
    /// Gives no event when nothing has come due.
    CheckClocks,
}

/// Whether the petitioner has been told, asked at every result (domain 8.1 "Guard").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Telling {
    Told { means: FeedbackMeans, told_at: Timestamp },
    NotTold { reason: String },
}

/// One try to tell the petitioner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeedbackTry {
    pub means: FeedbackMeans,
    pub outcome: FeedbackOutcome,
    /// When the call was answered, the delivery receipt came, or the try failed.
    pub at: Timestamp,
    /// Proof: id of the call or of the delivery receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    #[serde(default)]
    pub note: String,
}

/// The unit's result (domain section 5 "Handling").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplyContent {
    pub outcome: HandlingOutcome,
    /// For the centre.
    pub internal_text: String,
    /// For the petitioner and, if she agrees, the public.
    pub public_text: String,
    #[serde(default)]
    pub measures: String,
    #[serde(default)]
    pub law_basis: String,
    /// Needed when the outcome is `unsolved`.
    #[serde(default)]
    pub unsolved_reason: String,
}

/// One follow-up try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FollowUpTry {
    /// The petitioner answered the questions; closes the order.
    Reached { answers: FollowUpAnswers },
    Missed {
        miss: FollowUpMiss,
        #[serde(default)]
        note: String,
    },
    /// The link to rate by oneself was sent after three misses.
    SmsLinkSent,
}

/// Answers of the petitioner. Process and result are two ratings (D18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FollowUpAnswers {
    /// Did the unit contact her?
    #[serde(default)]
    pub contacted: Option<bool>,
    /// Was she told the result before this call?
    #[serde(default)]
    pub told: Option<bool>,
    pub solved: Solved,
    /// `None` when she would not rate: neutral, left out of the rates.
    #[serde(default)]
    pub process_rating: Option<Rating>,
    #[serde(default)]
    pub result_rating: Option<Rating>,
    #[serde(default)]
    pub comment: String,
    /// Needed when a rating is dissatisfied.
    #[serde(default)]
    pub dissatisfaction: Option<Dissatisfaction>,
    /// What was explained to a dissatisfied petitioner.
    #[serde(default)]
    pub explanation: String,
    /// The clerk took the call of this order herself and nobody else is on duty (domain 8.2).
    #[serde(default)]
    pub alone_on_duty: bool,
}
