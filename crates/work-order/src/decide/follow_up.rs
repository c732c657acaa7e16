//! Guards of the follow-up (T15, domain 8.2).

use std::collections::BTreeSet;

use types::Timestamp;

use super::{Scene, Step, filled, step};
use crate::feedback::local_date;
use crate::profile::{Band, FollowUpRules};
use crate::state::{Closing, Handling, Reply, Review, State};
use crate::{
    By, Change, FollowUpAnswers, FollowUpTry, Rating, RecordedFollowUp, Refusal, RefusalCode, Role,
};

impl Scene<'_> {
    pub(super) fn record_follow_up(&self, follow_up: FollowUpTry) -> Result<Step, Refusal> {
        let (by, handling, reply, review) = self.follow_up_pending()?;
        match follow_up {
            FollowUpTry::Reached { answers } => {
                self.check_answers(&answers)?;
                let closing = Closing::FollowedUp {
                    at: self.now,
                    by: self.person.user,
                    handling: Box::new(handling.clone()),
                    reply: Box::new(reply.clone()),
                    review: review.clone(),
                    answers: Box::new(answers),
                };
                Ok(step(by, "", Change::Closed { closing }))
            }
            follow_up @ (FollowUpTry::Missed { .. } | FollowUpTry::SmsLinkSent) => {
                Ok(step(by, "", Change::FollowUpTried { follow_up }))
            }
        }
    }

    pub(super) fn close_unreachable(&self) -> Result<Step, Refusal> {
        let (by, handling, reply, review) = self.follow_up_pending()?;
        if !unreachable(&self.order.follow_ups, self.now, &self.rules.profile.follow_up) {
            return Err(RefusalCode::NotUnreachableYet.into());
        }
        let closing = Closing::Unreachable {
            at: self.now,
            by: self.person.user,
            handling: Box::new(handling.clone()),
            reply: Box::new(reply.clone()),
            review: review.clone(),
        };
        Ok(step(by, "无法联系", Change::Closed { closing }))
    }

    fn follow_up_pending(&self) -> Result<(By, &Handling, &Reply, &Review), Refusal> {
        let by = self.need(&[Role::FollowUpClerk])?;
        let State::FollowUpPending { handling, reply, review } = &self.order.state else {
            return Err(self.wrong_state());
        };
        if self.person.unit.as_ref() == Some(&handling.dispatch.lead_unit) {
            return Err(RefusalCode::FollowUpByHandlingUnit.into());
        }
        Ok((by, handling, reply, review))
    }

    fn check_answers(&self, answers: &FollowUpAnswers) -> Result<(), Refusal> {
        if self.order.acceptor() == Some(self.person.user) && !answers.alone_on_duty {
            return Err(RefusalCode::OwnCallFollowUp.into());
        }
        if self.order.duty().is_some_and(crate::FeedbackDuty::is_open) {
            return Err(RefusalCode::FeedbackOpen.into());
        }
        let bad = |rating: Option<Rating>| {
            matches!(rating, Some(Rating::Dissatisfied | Rating::VeryDissatisfied))
        };
        if bad(answers.process_rating) || bad(answers.result_rating) {
            if answers.dissatisfaction.is_none() {
                return Err(RefusalCode::DissatisfactionMissing.into());
            }
            filled(&answers.explanation, "对不满意原因的解释说明")?;
        }
        Ok(())
    }
}

/// Domain 8.2: three misses, on two days, in three bands, 2 h apart; then the link and 24 h.
fn unreachable(tries: &[RecordedFollowUp], now: Timestamp, rules: &FollowUpRules) -> bool {
    let misses: Vec<Timestamp> = tries
        .iter()
        .filter(|one| matches!(one.follow_up, FollowUpTry::Missed { .. }))
        .map(|one| one.at)
        .fold(Vec::new(), |mut kept: Vec<Timestamp>, at| {
            if kept.last().is_none_or(|last| at.since(*last) >= rules.gap) {
                kept.push(at);
            }
            kept
        });
    let days: BTreeSet<_> = misses.iter().map(|at| local_date(*at)).collect();
    let bands = rules.bands.iter().filter(|band| misses.iter().any(|at| within(*at, band))).count();
    let link =
        tries.iter().filter(|one| matches!(one.follow_up, FollowUpTry::SmsLinkSent)).any(|one| {
            misses.last().is_some_and(|last| *last <= one.at) && now.since(one.at) >= rules.sms_wait
        });
    at_least(misses.len(), rules.attempts)
        && at_least(days.len(), rules.days)
        && bands == rules.bands.len()
        && link
}

fn at_least(count: usize, wanted: u32) -> bool {
    u32::try_from(count).unwrap_or(u32::MAX) >= wanted
}

fn within(at: Timestamp, band: &Band) -> bool {
    let time = at.to_local().time();
    band.from <= time && time <= band.to
}
