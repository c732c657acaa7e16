//! What a person may do with an order now, so that a page shows these buttons and no others.
//!
//! Owns: the question, answered by the guards themselves: each command is tried with a payload that
//! says nothing. A refusal of the payload means the command is allowed; a refusal of person or state
//! means it is not. Must not do: keep a second table of who may do what.

use types::UnitCode;

use crate::words::words;
use crate::{
    Command, FeedbackMeans, FeedbackOutcome, FeedbackTry, FollowUpMiss, FollowUpTry,
    HandlingOutcome, Occasion, RefusalCode, RejectionReason, ReplyContent, Telling, WorkOrder,
    decide,
};

words! {
    /// A command without its payload; the code is the `type` of the command's JSON.
    CommandWord {
        EditDraft = "edit_draft" "修改登记",
        AnswerDirect = "answer_direct" "直接答复",
        Accept = "accept" "受理",
        RejectIntake = "reject_intake" "不予受理",
        ConfirmRejection = "confirm_rejection" "确认不予受理",
        ReturnRejection = "return_rejection" "退回不予受理",
        Dispatch = "dispatch" "派单",
        Sign = "sign" "签收",
        FirstContact = "first_contact" "先行联系",
        SubmitReply = "submit_reply" "提交答复",
        ApproveReply = "approve_reply" "批准答复",
        ReturnReplyDraft = "return_reply_draft" "退回答复",
        ReviewPass = "review_pass" "审核通过",
        ReviewReject = "review_reject" "审核退回",
        RecordFeedback = "record_feedback" "登记反馈",
        RecordFollowUp = "record_follow_up" "登记回访",
        CloseUnreachable = "close_unreachable" "无法联系办结",
    }
}

impl CommandWord {
    /// The command with a payload that says nothing.
    fn probe(self, order: &WorkOrder, occasion: &Occasion<'_>) -> Option<Command> {
        let nothing = String::new;
        let not_told = || Telling::NotTold { reason: nothing() };
        Some(match self {
            Self::EditDraft => Command::EditDraft { intake: Box::new(order.intake.clone()) },
            Self::AnswerDirect => {
                Command::AnswerDirect { answer: nothing(), kb_item: None, feedback: not_told() }
            }
            Self::Accept => Command::Accept,
            Self::RejectIntake => Command::RejectIntake {
                reason: RejectionReason::Court,
                explanation: nothing(),
                route_told: nothing(),
                feedback: not_told(),
            },
            Self::ConfirmRejection => Command::ConfirmRejection,
            Self::ReturnRejection => Command::ReturnRejection { reason: nothing() },
            Self::Dispatch => Command::Dispatch {
                lead_unit: "-".parse::<UnitCode>().ok()?,
                assist_units: Vec::new(),
                opinion: nothing(),
                reason: None,
            },
            Self::Sign => Command::Sign,
            Self::FirstContact => {
                Command::FirstContact { contacted_at: occasion.now, result: nothing() }
            }
            Self::SubmitReply => {
                Command::SubmitReply { reply: silent_reply(), feedback: not_told() }
            }
            Self::ApproveReply => Command::ApproveReply,
            Self::ReturnReplyDraft => Command::ReturnReplyDraft { reason: nothing() },
            Self::ReviewPass => Command::ReviewPass { note: None },
            Self::ReviewReject => Command::ReviewReject { reason: nothing() },
            Self::RecordFeedback => Command::RecordFeedback {
                attempt: FeedbackTry {
                    means: FeedbackMeans::Sms,
                    outcome: FeedbackOutcome::Undelivered,
                    at: occasion.now,
                    proof: None,
                    note: nothing(),
                },
            },
            Self::RecordFollowUp => Command::RecordFollowUp {
                follow_up: FollowUpTry::Missed { miss: FollowUpMiss::NoAnswer, note: nothing() },
            },
            Self::CloseUnreachable => Command::CloseUnreachable,
        })
    }
}

/// The commands this person may give now, in the order of the order's life.
#[must_use]
pub fn allowed(order: &WorkOrder, occasion: &Occasion<'_>) -> Vec<CommandWord> {
    let may = |word: &CommandWord| {
        word.probe(order, occasion).is_some_and(|command| match decide(order, occasion, command) {
            Ok(_) => true,
            Err(refusal) => about_the_payload(refusal.code),
        })
    };
    CommandWord::ALL.iter().copied().filter(may).collect()
}

fn silent_reply() -> ReplyContent {
    ReplyContent {
        outcome: HandlingOutcome::Explained,
        internal_text: String::new(),
        public_text: String::new(),
        measures: String::new(),
        law_basis: String::new(),
        unsolved_reason: String::new(),
    }
}

/// Whether another payload would have been let through.
fn about_the_payload(code: RefusalCode) -> bool {
    use RefusalCode as Code;
    match code {
        Code::CategoryMissing
        | Code::CategoryUnknown
        | Code::PlaceMissing
        | Code::DemandTypeMissing
        | Code::TitleMissing
        | Code::ContentMissing
        | Code::PetitionerMissing
        | Code::InvalidDemand
        | Code::UrgencyLowered
        | Code::TextMissing
        | Code::UnitUnknown
        | Code::UnitTwice
        | Code::TownForbidden
        | Code::DispatchReasonMissing
        | Code::TimeInFuture
        | Code::TimeTooEarly
        | Code::PhoneNotAllowedNow
        | Code::OwnCallFollowUp
        | Code::DissatisfactionMissing => true,
        Code::WrongState
        | Code::VersionConflict
        | Code::RoleMissing
        | Code::NotYourUnit
        | Code::NotYourDraft
        | Code::TwoPersonsNeeded
        | Code::CategoryNotDispatched
        | Code::ReplyNotSubmitted
        | Code::ReplyPending
        | Code::RejectionPending
        | Code::RejectionNotProposed
        | Code::AlreadyContacted
        | Code::NoFeedbackDuty
        | Code::FeedbackExempt
        | Code::ReviewFirst
        | Code::FeedbackOpen
        | Code::FollowUpByHandlingUnit
        | Code::NotUnreachableYet
        | Code::CalendarYearMissing
        | Code::ExtensionLate
        | Code::ExtensionNotAnnounced
        | Code::ExtensionTooMany => false,
    }
}
