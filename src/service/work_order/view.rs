//! What a person sees of an order.
//!
//! Owns: the shapes pages are built on, and masking: a unit sees neither the whole number of a
//! petitioner nor the name, of a confidential one nothing (`domain.md` section 12).

use serde::Serialize;
use types::{CategoryCode, Phone, Role, Timestamp, UnitCode, WorkOrderId};
use utoipa::ToSchema;
use work_order::feedback::feedback_means_allowed;
use work_order::state::{Dispatch, FirstContact, ReplyDraft, State, UnitWork};
use work_order::{
    By, Clock, CommandWord, Demand, Event, FeedbackDuty, FeedbackMeans, Intake, Occasion,
    RecordedFollowUp, ReplyContent, Rules, Source, StateCode, Telling, Urgency, WorkOrder, allowed,
    clocks,
};

use crate::service::session::Person;
use crate::store::work_order::OrderLine;

/// A unit, with its name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UnitName {
    pub code: UnitCode,
    pub name: String,
}

/// A category, with the labels from the top.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CategoryName {
    pub code: CategoryCode,
    pub path: Vec<String>,
}

/// A running limit.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClockView {
    pub clock: Clock,
    pub due_at: Timestamp,
    pub breached: bool,
}

/// One line of the order's history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventView {
    pub at: Timestamp,
    /// Name of the person, or null for the system.
    pub name: Option<String>,
    pub role: Option<Role>,
    pub unit: Option<UnitCode>,
    /// Word of the change, `dispatched`.
    pub kind: String,
    pub from: Option<StateCode>,
    pub to: StateCode,
    pub note: String,
}

/// The petitioner, as far as this person may know.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PetitionerView {
    pub name: String,
    /// Whole for the centre, masked for units, none of a confidential petitioner.
    pub phones: Vec<String>,
    pub address: String,
    pub firm_name: Option<String>,
    pub anonymous: bool,
    pub confidential: bool,
    pub feedback_declined: bool,
    pub preferred_contact: Option<String>,
}

/// The intake; for the centre it is what `edit_draft` takes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IntakeView {
    pub source: Source,
    pub petitioner: PetitionerView,
    pub demand: Demand,
}

/// A reply, submitted, given back or approved.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplyView {
    pub submitted_at: Timestamp,
    pub content: ReplyContent,
    /// Whether the petitioner had been told when it was submitted.
    pub telling: Telling,
    pub approved_at: Option<Timestamp>,
    /// Why the leader gave it back.
    pub returned_because: Option<String>,
}

/// What the catalogue proposes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SuggestionView {
    pub lead_units: Vec<UnitName>,
    pub assist_units: Vec<UnitName>,
    pub towns_forbidden: bool,
}

/// One order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkOrderView {
    pub id: WorkOrderId,
    pub order_no: String,
    /// For the petitioner; units do not see it.
    pub query_code: Option<String>,
    pub version: u64,
    pub state: StateCode,
    pub opened_at: Timestamp,
    pub intake: IntakeView,
    pub category: Option<CategoryName>,
    pub urgency: Urgency,
    pub confidential: bool,
    pub unit: Option<UnitName>,
    pub dispatch: Option<Dispatch>,
    pub first_contact: Option<FirstContact>,
    pub clocks: Vec<ClockView>,
    /// The commands this person may give now.
    pub allowed: Vec<CommandWord>,
    pub suggested_unit: Option<SuggestionView>,
    pub reply: Option<ReplyView>,
    pub feedback: Option<FeedbackDuty>,
    /// By which means the petitioner may be told now.
    pub feedback_means: Vec<FeedbackMeans>,
    pub follow_ups: Vec<RecordedFollowUp>,
    pub events: Vec<EventView>,
}

/// One line of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkOrderSummary {
    pub id: WorkOrderId,
    pub order_no: String,
    pub state: String,
    pub demand_type: Option<String>,
    pub title: String,
    pub category: Option<CategoryCode>,
    pub category_label: Option<String>,
    /// Name of the town.
    pub place: Option<String>,
    pub urgency: String,
    pub confidential: bool,
    pub unit: Option<UnitName>,
    pub next_clock: Option<NextClockView>,
    pub feedback_due_at: Option<Timestamp>,
    pub version: i64,
    pub opened_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
    pub petitioner_name: String,
}

/// The soonest limit of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NextClockView {
    pub name: String,
    pub due_at: Timestamp,
}

/// The order as `person` may see it.
pub(super) fn of(
    order: &WorkOrder,
    history: &[Event],
    occasion: &Occasion<'_>,
    person: &Person,
) -> WorkOrderView {
    let rules = occasion.rules;
    let centre = person.unit.is_none();
    let acceptance = order.acceptance();
    let confidential =
        acceptance.map_or(order.intake.petitioner.confidential, |it| it.confidential);
    WorkOrderView {
        id: order.id,
        order_no: order.order_no.clone(),
        query_code: centre.then(|| order.query_code.clone()),
        version: order.version,
        state: order.state_code(),
        opened_at: order.opened_at,
        intake: intake(&order.intake, centre, confidential),
        category: order.intake.demand.category.as_ref().and_then(|code| category(code, rules)),
        urgency: acceptance
            .map(|it| it.urgency)
            .or(order.intake.demand.urgency)
            .unwrap_or(Urgency::Normal),
        confidential,
        unit: order.lead_unit().map(|code| unit(code, rules)),
        dispatch: dispatch(order).cloned(),
        first_contact: order.handling().and_then(|it| it.first_contact.clone()),
        clocks: running(order),
        allowed: allowed(order, occasion),
        suggested_unit: suggestion(order, rules),
        reply: reply(order),
        feedback: order.duty().cloned(),
        feedback_means: means(order, occasion),
        follow_ups: order.follow_ups.clone(),
        events: history.iter().map(event).collect(),
    }
}

/// One line of a list as `person` may see it.
pub(super) fn summary(line: OrderLine, rules: &Rules, person: &Person) -> WorkOrderSummary {
    let label = line.category.as_ref().and_then(|code| category(code, rules));
    let centre = person.unit.is_none();
    WorkOrderSummary {
        id: line.id,
        order_no: line.order_no,
        state: line.state,
        demand_type: line.demand_type,
        title: line.title,
        category_label: label.and_then(|it| it.path.last().cloned()),
        category: line.category,
        place: line.town.as_ref().map(|code| unit(code, rules).name),
        urgency: line.urgency,
        unit: line.lead_unit.as_ref().map(|code| unit(code, rules)),
        next_clock: line
            .next_clock
            .zip(line.next_due_at)
            .map(|(name, due_at)| NextClockView { name, due_at }),
        feedback_due_at: line.feedback_due_at,
        version: line.version,
        opened_at: line.opened_at,
        accepted_at: line.accepted_at,
        petitioner_name: shown_name(&line.petitioner_name, centre, line.confidential),
        confidential: line.confidential,
    }
}

fn intake(intake: &Intake, centre: bool, confidential: bool) -> IntakeView {
    let petitioner = &intake.petitioner;
    let hidden = !centre && confidential;
    let number = |phone: &Phone| {
        if centre { phone.reveal().to_owned() } else { phone.masked() }
    };
    IntakeView {
        source: intake.source.clone(),
        petitioner: PetitionerView {
            name: shown_name(&petitioner.name, centre, confidential),
            phones: if hidden {
                Vec::new()
            } else {
                petitioner.phones.iter().map(number).collect()
            },
            address: if hidden { String::new() } else { petitioner.address.clone() },
            firm_name: petitioner.firm_name.clone().filter(|_| !hidden),
            anonymous: petitioner.anonymous,
            confidential: petitioner.confidential,
            feedback_declined: petitioner.feedback_declined,
            preferred_contact: petitioner.preferred_contact.clone().filter(|_| !hidden),
        },
        demand: intake.demand.clone(),
    }
}

/// Whole for the centre; for a unit the family name, and nothing of a confidential petitioner.
fn shown_name(name: &str, centre: bool, confidential: bool) -> String {
    match (centre, confidential) {
        (true, _) => name.to_owned(),
        (false, true) => "（保密）".to_owned(),
        (false, false) => name.chars().next().map(|first| format!("{first}**")).unwrap_or_default(),
    }
}

pub(super) fn unit(code: &UnitCode, rules: &Rules) -> UnitName {
    let name = rules.units.get(code).map_or_else(|| code.to_string(), |it| it.short_name.clone());
    UnitName { code: code.clone(), name }
}

fn category(code: &CategoryCode, rules: &Rules) -> Option<CategoryName> {
    let leaf = rules.taxonomy.leaf(code)?;
    let path = [&leaf.level1, &leaf.level2, &leaf.level3];
    let path = path.into_iter().filter(|label| !label.is_empty()).cloned().collect();
    Some(CategoryName { code: code.clone(), path })
}

fn dispatch(order: &WorkOrder) -> Option<&Dispatch> {
    match &order.state {
        State::Dispatched { dispatch, .. } => Some(dispatch),
        State::Draft { .. }
        | State::Accepted { .. }
        | State::InProgress { .. }
        | State::Replied { .. }
        | State::FollowUpPending { .. }
        | State::Closed { .. }
        | State::Rejected { .. } => order.handling().map(|handling| &handling.dispatch),
    }
}

fn running(order: &WorkOrder) -> Vec<ClockView> {
    let breached = |clock: Clock, due_at: Timestamp| {
        order.breaches.iter().any(|it| it.clock == clock && it.limit_at == due_at)
    };
    clocks::running(order)
        .into_iter()
        .map(|it| ClockView {
            clock: it.clock,
            due_at: it.limit_at,
            breached: breached(it.clock, it.limit_at),
        })
        .collect()
}

/// The catalogue's proposal, as long as nobody has dispatched.
fn suggestion(order: &WorkOrder, rules: &Rules) -> Option<SuggestionView> {
    let State::Accepted { acceptance } = &order.state else { return None };
    let leaf = rules.taxonomy.leaf(&acceptance.category)?;
    let proposal = rules.taxonomy.suggest(leaf, order.intake.demand.place.town.as_ref());
    let names = |codes: &[UnitCode]| codes.iter().map(|code| unit(code, rules)).collect();
    Some(SuggestionView {
        lead_units: names(&proposal.lead_units),
        assist_units: names(&proposal.assist_units),
        towns_forbidden: proposal.towns_forbidden,
    })
}

fn reply(order: &WorkOrder) -> Option<ReplyView> {
    let shown = |draft: &ReplyDraft, approved_at, returned_because| ReplyView {
        submitted_at: draft.at,
        content: draft.content.clone(),
        telling: draft.feedback.clone(),
        approved_at,
        returned_because,
    };
    match &order.state {
        State::InProgress { work, .. } => match work {
            UnitWork::Working => None,
            UnitWork::AwaitingApproval { draft } => Some(shown(draft, None, None)),
            UnitWork::ReturnedByLeader { draft, reason, .. } => {
                Some(shown(draft, None, Some(reason.clone())))
            }
        },
        State::Replied { reply, .. } | State::FollowUpPending { reply, .. } => {
            Some(shown(&reply.draft, Some(reply.approved_at), None))
        }
        State::Closed { closing } => match closing {
            work_order::state::Closing::FollowedUp { reply, .. }
            | work_order::state::Closing::Unreachable { reply, .. } => {
                Some(shown(&reply.draft, Some(reply.approved_at), None))
            }
            work_order::state::Closing::AnsweredDirect { .. }
            | work_order::state::Closing::Imported { .. } => None,
        },
        State::Draft { .. }
        | State::Accepted { .. }
        | State::Dispatched { .. }
        | State::Rejected { .. } => None,
    }
}

fn means(order: &WorkOrder, occasion: &Occasion<'_>) -> Vec<FeedbackMeans> {
    order.duty().filter(|duty| duty.is_open()).map_or_else(Vec::new, |duty| {
        feedback_means_allowed(duty.result_at, occasion.now, &occasion.rules.profile.feedback)
            .to_vec()
    })
}

fn event(event: &Event) -> EventView {
    let (name, role, unit) = match &event.by {
        By::Person { name, role, unit, .. } => (Some(name.clone()), Some(*role), unit.clone()),
        By::System => (None, None, None),
    };
    EventView {
        at: event.at,
        name,
        role,
        unit,
        kind: event.change.kind().to_owned(),
        from: event.from,
        to: event.to,
        note: event.note.clone(),
    }
}
