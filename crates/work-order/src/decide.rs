//! Whether a command may happen, and what then happens (domain section 6).
//!
//! Owns: every guard. A refused command gives no event. Must not do: change the order itself.

use types::Timestamp;

use crate::{
    Actor, By, Change, Command, Event, OpenDraft, Person, Refusal, RefusalCode, Role, Rules,
    WorkOrder,
};

mod centre;
mod dispatch;
mod feedback;
mod follow_up;
mod import;
mod intake;
mod overrun;
mod unit;

pub use import::import;

/// When, by whom, by which rules.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    pub now: Timestamp,
    pub actor: &'a Actor,
    pub rules: &'a Rules,
    /// The version the actor has seen; `None` when she need not have seen one.
    pub expected_version: Option<u64>,
}

/// What a guard lets through: who did it, what changes, and a note for the audit trail.
struct Step {
    by: By,
    change: Change,
    note: String,
}

/// The order and the person, as the guards see them.
struct Scene<'a> {
    order: &'a WorkOrder,
    person: &'a Person,
    now: Timestamp,
    rules: &'a Rules,
}

/// T1: opens a draft.
///
/// # Errors
/// A refusal when the actor does not register demands.
pub fn open(occasion: &Occasion<'_>, draft: OpenDraft) -> Result<Event, Refusal> {
    let Actor::Person(person) = occasion.actor else {
        return Err(RefusalCode::RoleMissing.into());
    };
    let by = role_of(person, intake::INTAKE_ROLES)?;
    let OpenDraft { id, order_no, query_code, intake } = draft;
    let change = Change::Opened { id, order_no, query_code, intake: Box::new(intake) };
    let to = crate::StateCode::Draft;
    Ok(Event { at: occasion.now, by, from: None, to, note: String::new(), change })
}

/// Decides one command. What has come due until now happens first (breach records, automatic
/// signature), so that the outcome does not depend on when the host checked the clocks. The events
/// are in order and fold onto `order`.
///
/// # Errors
/// A [`Refusal`]; nothing has changed then.
pub fn decide(
    order: &WorkOrder,
    occasion: &Occasion<'_>,
    command: Command,
) -> Result<Vec<Event>, Refusal> {
    if occasion.expected_version.is_some_and(|expected| expected != order.version) {
        return Err(RefusalCode::VersionConflict.into());
    }
    let mut journal = Journal {
        order: order.clone(),
        now: occasion.now.max(order.changed_at),
        events: Vec::new(),
    };
    overrun::settle(&mut journal)?;
    let person = match (occasion.actor, &command) {
        (Actor::System, Command::CheckClocks) => return Ok(journal.events),
        (Actor::Person(person), _) => person,
        (Actor::System, _) => return Err(RefusalCode::RoleMissing.into()),
    };
    let scene = Scene { order: &journal.order, person, now: journal.now, rules: occasion.rules };
    let step = scene.step(command)?;
    journal.write(step.by, step.note, step.change)?;
    // A result that comes into being, or a change of state, may start a clock that is over already.
    overrun::settle(&mut journal)?;
    Ok(journal.events)
}

/// The order as it becomes, and the events that make it so.
struct Journal {
    order: WorkOrder,
    now: Timestamp,
    events: Vec<Event>,
}

impl Journal {
    fn write(&mut self, by: By, note: String, change: Change) -> Result<(), Refusal> {
        let from = self.order.state_code();
        let mut event = Event { at: self.now, by, from: Some(from), to: from, note, change };
        self.order.apply(&event).map_err(|_| wrong_state(&self.order))?;
        event.to = self.order.state_code();
        self.events.push(event);
        Ok(())
    }
}

fn wrong_state(order: &WorkOrder) -> Refusal {
    Refusal::with(
        RefusalCode::WrongState,
        format!("工单当前为“{}”，不能执行此操作，请刷新后查看", order.state_code().label()),
    )
}

/// Who acts, in the first of `roles` she has.
fn role_of(person: &Person, roles: &[Role]) -> Result<By, Refusal> {
    let role = person.role_among(roles).ok_or_else(|| {
        let wanted: Vec<&str> = roles.iter().map(|role| role.label()).collect();
        Refusal::with(
            RefusalCode::RoleMissing,
            format!("此操作需要岗位：{}；请联系有该岗位的人员", wanted.join("、")),
        )
    })?;
    let (user, name, unit) = (person.user, person.name.clone(), person.unit.clone());
    Ok(By::Person { user, name, role, unit })
}

impl Scene<'_> {
    fn step(&self, command: Command) -> Result<Step, Refusal> {
        match command {
            Command::EditDraft { intake } => self.edit_draft(intake),
            Command::AnswerDirect { answer, kb_item, feedback } => {
                self.answer_direct(answer, kb_item, &feedback)
            }
            Command::Accept => self.accept(),
            Command::RejectIntake { reason, explanation, route_told, feedback } => {
                self.reject_intake(reason, explanation, route_told, feedback)
            }
            Command::ConfirmRejection => self.confirm_rejection(),
            Command::ReturnRejection { reason } => self.return_rejection(reason),
            Command::Dispatch { lead_unit, assist_units, opinion, reason } => {
                self.dispatch(dispatch::Wish { lead_unit, assist_units, opinion, reason })
            }
            Command::Sign => self.sign(),
            Command::FirstContact { contacted_at, result } => {
                self.first_contact(contacted_at, result)
            }
            Command::SubmitReply { reply, feedback } => self.submit_reply(reply, feedback),
            Command::ApproveReply => self.approve_reply(),
            Command::ReturnReplyDraft { reason } => self.return_reply_draft(reason),
            Command::ReviewPass { note } => self.review_pass(note),
            Command::ReviewReject { reason } => self.review_reject(reason),
            Command::RecordFeedback { attempt } => self.record_feedback(attempt),
            Command::RecordFollowUp { follow_up } => self.record_follow_up(follow_up),
            Command::CloseUnreachable => self.close_unreachable(),
            Command::CheckClocks => Err(RefusalCode::RoleMissing.into()),
        }
    }

    fn need(&self, roles: &[Role]) -> Result<By, Refusal> {
        role_of(self.person, roles)
    }

    fn wrong_state(&self) -> Refusal {
        wrong_state(self.order)
    }

    /// A time that someone states: not in the future, not before what it belongs to.
    fn plausible(&self, at: Timestamp, not_before: Timestamp) -> Result<(), Refusal> {
        if at > self.now {
            return Err(RefusalCode::TimeInFuture.into());
        }
        if at < not_before {
            return Err(RefusalCode::TimeTooEarly.into());
        }
        Ok(())
    }
}

/// A text that must say something.
fn filled(text: &str, what: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::with(RefusalCode::TextMissing, format!("请填写{what}")));
    }
    Ok(())
}

fn step(by: By, note: impl Into<String>, change: Change) -> Step {
    Step { by, note: note.into(), change }
}
