//! Guards of the handling unit: sign, first contact, reply, approval (T7, T9, T12).

use types::Timestamp;

use super::{Scene, Step, filled, step};
use crate::clocks;
use crate::state::{FirstContact, Handling, Reply, ReplyDraft, Signature, State, UnitWork};
use crate::{
    By, Change, HandlingOutcome, Refusal, RefusalCode, ReplyContent, ResultKind, Role, Telling,
};

const CONTACT_ROLES: &[Role] = &[Role::UnitContact, Role::TownDesk];

impl Scene<'_> {
    pub(super) fn sign(&self) -> Result<Step, Refusal> {
        let by = self.of_lead_unit(CONTACT_ROLES)?;
        let State::Dispatched { .. } = &self.order.state else {
            return Err(self.wrong_state());
        };
        let signature = Signature { at: self.now, by: Some(self.person.user) };
        Ok(step(by, "", Change::Signed { signature }))
    }

    pub(super) fn first_contact(
        &self,
        contacted_at: Timestamp,
        result: String,
    ) -> Result<Step, Refusal> {
        let by = self.of_lead_unit(CONTACT_ROLES)?;
        let (handling, _) = self.in_progress()?;
        if handling.first_contact.is_some() {
            return Err(RefusalCode::AlreadyContacted.into());
        }
        self.plausible(contacted_at, handling.dispatch.at)?;
        filled(&result, "联系情况")?;
        let contact = FirstContact { at: contacted_at, by: self.person.user, result };
        Ok(step(by, "", Change::FirstContacted { contact }))
    }

    pub(super) fn submit_reply(
        &self,
        content: ReplyContent,
        feedback: Telling,
    ) -> Result<Step, Refusal> {
        let by = self.of_lead_unit(CONTACT_ROLES)?;
        let (handling, work) = self.in_progress()?;
        if matches!(work, UnitWork::AwaitingApproval { .. }) {
            return Err(RefusalCode::ReplyPending.into());
        }
        filled(&content.internal_text, "内部办理情况")?;
        filled(&content.public_text, "对诉求人的答复内容")?;
        if content.outcome == HandlingOutcome::Unsolved {
            filled(&content.unsolved_reason, "未解决的原因")?;
        }
        self.check_telling(&feedback, handling.dispatch.at)?;
        let draft = ReplyDraft { at: self.now, by: self.person.user, content, feedback };
        Ok(step(by, "", Change::ReplySubmitted { draft }))
    }

    pub(super) fn approve_reply(&self) -> Result<Step, Refusal> {
        let (by, handling, draft) = self.pending_reply()?;
        if draft.by == self.person.user {
            return Err(RefusalCode::TwoPersonsNeeded.into());
        }
        let duty = self.duty(ResultKind::UnitReply, self.now, &draft.feedback, &by);
        let urgency = handling.acceptance.urgency;
        let reply = Reply {
            draft: draft.clone(),
            approved_at: self.now,
            approved_by: self.person.user,
            review_due_at: clocks::review_due_at(self.now, !duty.is_open(), urgency, self.rules)?,
        };
        Ok(step(by, "", Change::ReplyApproved { reply: Box::new(reply), duty }))
    }

    pub(super) fn return_reply_draft(&self, reason: String) -> Result<Step, Refusal> {
        let (by, _, _) = self.pending_reply()?;
        filled(&reason, "退回理由")?;
        Ok(step(by, reason.clone(), Change::ReplyReturned { reason }))
    }

    fn pending_reply(&self) -> Result<(By, &Handling, &ReplyDraft), Refusal> {
        let by = self.of_lead_unit(&[Role::UnitLeader])?;
        let (handling, work) = self.in_progress()?;
        match work {
            UnitWork::AwaitingApproval { draft } => Ok((by, handling, draft)),
            UnitWork::Working | UnitWork::ReturnedByLeader { .. } => {
                Err(RefusalCode::ReplyNotSubmitted.into())
            }
        }
    }

    fn in_progress(&self) -> Result<(&Handling, &UnitWork), Refusal> {
        match &self.order.state {
            State::InProgress { handling, work } => Ok((handling, work)),
            State::Draft { .. }
            | State::Accepted { .. }
            | State::Dispatched { .. }
            | State::Replied { .. }
            | State::FollowUpPending { .. }
            | State::Closed { .. }
            | State::Rejected { .. } => Err(self.wrong_state()),
        }
    }

    /// The actor has one of the roles and works for the lead unit.
    pub(super) fn of_lead_unit(&self, roles: &[Role]) -> Result<By, Refusal> {
        let by = self.need(roles)?;
        let lead = self.order.lead_unit().ok_or_else(|| self.wrong_state())?;
        if self.person.unit.as_ref() == Some(lead) {
            Ok(by)
        } else {
            Err(RefusalCode::NotYourUnit.into())
        }
    }
}
