//! Guards of the draft: edit, direct answer, acceptance, rejection (T2-T4).

use super::{Scene, Step, filled, step};
use crate::clocks;
use crate::feedback::FeedbackDuty;
use crate::state::{Acceptance, Closing, Rejection, RejectionProposal, State};
use crate::taxonomy::Leaf;
use crate::{
    Change, DemandType, Intake, Refusal, RefusalCode, RejectionReason, ResultKind, Role, Telling,
    Urgency,
};

/// Who registers demands (domain section 11).
pub(super) const INTAKE_ROLES: &[Role] = &[Role::Agent, Role::LeaderOnAir, Role::TeamLeader];
/// Who confirms that a demand is not accepted.
const CONFIRM_ROLES: &[Role] = &[Role::TeamLeader, Role::Supervisor];

impl Scene<'_> {
    pub(super) fn edit_draft(&self, intake: Box<Intake>) -> Result<Step, Refusal> {
        let by = self.own_draft()?;
        Ok(step(by, "", Change::DraftEdited { intake }))
    }

    pub(super) fn answer_direct(
        &self,
        answer: String,
        kb_item: Option<String>,
        feedback: &Telling,
    ) -> Result<Step, Refusal> {
        let by = self.own_draft()?;
        filled(&answer, "答复内容")?;
        if self.order.intake.demand.demand_type.is_none() {
            return Err(RefusalCode::DemandTypeMissing.into());
        }
        self.check_telling(feedback, self.order.opened_at)?;
        let duty = self.duty(ResultKind::DirectAnswer, self.now, feedback, &by);
        let user = self.person.user;
        let closing = Closing::AnsweredDirect { at: self.now, by: user, answer, kb_item };
        Ok(step(by, "直接答复", Change::AnsweredDirect { closing, duty }))
    }

    pub(super) fn accept(&self) -> Result<Step, Refusal> {
        let by = self.own_draft()?;
        Ok(step(by, "", Change::Accepted { acceptance: self.acceptance()? }))
    }

    /// What acceptance fixes, or what it lacks (T3).
    pub(super) fn acceptance(&self) -> Result<Acceptance, Refusal> {
        let Intake { demand, petitioner, .. } = &self.order.intake;
        let demand_type = demand.demand_type.ok_or(RefusalCode::DemandTypeMissing)?;
        if demand_type == DemandType::Invalid {
            return Err(RefusalCode::InvalidDemand.into());
        }
        let category = demand.category.clone().ok_or(RefusalCode::CategoryMissing)?;
        let leaf = self.rules.taxonomy.leaf(&category).ok_or(RefusalCode::CategoryUnknown)?;
        self.check_complete()?;
        let urgency = self.urgency(leaf)?;
        let confidential = petitioner.confidential
            || (demand_type == DemandType::Report && leaf.confidential_reports);
        Ok(Acceptance {
            at: self.now,
            by: self.person.user,
            demand_type,
            category,
            urgency,
            confidential,
            dispatch_due_at: clocks::dispatch_due_at(self.now, urgency, self.rules)?,
        })
    }

    /// What acceptance demands beside type and category (T3).
    fn check_complete(&self) -> Result<(), Refusal> {
        let Intake { demand, petitioner, .. } = &self.order.intake;
        let checks = [
            (demand.place.known(), RefusalCode::PlaceMissing),
            (!demand.title.trim().is_empty(), RefusalCode::TitleMissing),
            (!demand.content.trim().is_empty(), RefusalCode::ContentMissing),
            (petitioner.anonymous || petitioner.contactable(), RefusalCode::PetitionerMissing),
        ];
        if let Some((_, code)) = checks.into_iter().find(|(fine, _)| !fine) {
            return Err(code.into());
        }
        match &demand.place.town {
            Some(town) if self.rules.units.get(town).is_none() => {
                Err(RefusalCode::UnitUnknown.into())
            }
            _ => Ok(()),
        }
    }

    /// The default of the category; a person may raise it, never lower it.
    fn urgency(&self, leaf: &Leaf) -> Result<Urgency, Refusal> {
        let demand = &self.order.intake.demand;
        let default = leaf.default_urgency(&demand.title, &demand.content);
        match demand.urgency {
            Some(chosen) if chosen < default => Err(Refusal::with(
                RefusalCode::UrgencyLowered,
                format!("该诉求默认为“{}”，紧急程度只能调高，请改选", default.label()),
            )),
            Some(chosen) => Ok(chosen),
            None => Ok(default),
        }
    }

    pub(super) fn reject_intake(
        &self,
        reason: RejectionReason,
        explanation: String,
        route_told: String,
        feedback: Telling,
    ) -> Result<Step, Refusal> {
        let by = self.own_draft()?;
        filled(&explanation, "向诉求人所作的解释")?;
        filled(&route_told, "告知诉求人的法定途径")?;
        self.check_telling(&feedback, self.order.opened_at)?;
        let note = format!("提出不予受理：{}", reason.label());
        let proposal = RejectionProposal {
            at: self.now,
            by: self.person.user,
            reason,
            explanation,
            route_told,
            feedback,
        };
        Ok(step(by, note, Change::RejectionProposed { proposal }))
    }

    pub(super) fn confirm_rejection(&self) -> Result<Step, Refusal> {
        let (by, proposal) = self.pending_rejection()?;
        if proposal.by == self.person.user {
            return Err(RefusalCode::TwoPersonsNeeded.into());
        }
        // The result is what the agent explained on the line; the confirmation only makes it valid.
        let duty = self.duty(ResultKind::Rejection, proposal.at, &proposal.feedback, &by);
        let rejection = Rejection {
            proposal: proposal.clone(),
            confirmed_at: self.now,
            confirmed_by: self.person.user,
        };
        let note = proposal.reason.label();
        Ok(step(by, note, Change::RejectionConfirmed { rejection, duty }))
    }

    pub(super) fn return_rejection(&self, reason: String) -> Result<Step, Refusal> {
        let (by, _) = self.pending_rejection()?;
        filled(&reason, "退回理由")?;
        Ok(step(by, reason.clone(), Change::RejectionReturned { reason }))
    }

    fn pending_rejection(&self) -> Result<(crate::By, &RejectionProposal), Refusal> {
        let by = self.need(CONFIRM_ROLES)?;
        let State::Draft { rejection } = &self.order.state else {
            return Err(self.wrong_state());
        };
        let proposal = rejection.as_ref().ok_or(RefusalCode::RejectionNotProposed)?;
        Ok((by, proposal))
    }

    /// A draft without pending rejection, touched by who registered it or a team leader.
    fn own_draft(&self) -> Result<crate::By, Refusal> {
        let by = self.need(INTAKE_ROLES)?;
        let State::Draft { rejection } = &self.order.state else {
            return Err(self.wrong_state());
        };
        let own = self.order.acceptor() == Some(self.person.user);
        if !own && !self.person.roles.contains(&Role::TeamLeader) {
            return Err(RefusalCode::NotYourDraft.into());
        }
        if rejection.is_some() {
            return Err(RefusalCode::RejectionPending.into());
        }
        Ok(by)
    }

    pub(super) fn duty(
        &self,
        kind: ResultKind,
        result_at: types::Timestamp,
        feedback: &Telling,
        by: &crate::By,
    ) -> FeedbackDuty {
        let number = u32::try_from(self.order.feedback.len()).unwrap_or(u32::MAX).saturating_add(1);
        let mut duty = FeedbackDuty::open(number, kind, result_at);
        duty.exempt_if_due(&self.order.intake);
        duty.take_over(feedback, by.clone());
        duty
    }

    pub(super) fn check_telling(
        &self,
        feedback: &Telling,
        not_before: types::Timestamp,
    ) -> Result<(), Refusal> {
        match feedback {
            Telling::Told { told_at, .. } => self.plausible(*told_at, not_before),
            Telling::NotTold { reason } => filled(reason, "尚未告知诉求人的原因"),
        }
    }
}
