//! The aggregate: one work order, folded from its events.
//!
//! Owns: the fold. Must not do: check rules; an event has happened.

use serde::{Deserialize, Serialize};
use time::Date;
use types::{Timestamp, UnitCode, UserId, WorkOrderId};

use crate::feedback::FeedbackDuty;
use crate::state::{Handling, State};
use crate::{Breach, By, Change, Event, FollowUpTry, Intake, StateCode};

mod fold;
mod listing;

pub use fold::FoldError;

/// 工单. The main state holds its own data; what may happen in several states stands beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkOrder {
    pub id: WorkOrderId,
    pub order_no: String,
    pub query_code: String,
    /// Number of events folded; a writer compares it (optimistic locking).
    pub version: u64,
    pub opened_at: Timestamp,
    pub opened_by: By,
    /// Time of the last event.
    pub changed_at: Timestamp,
    pub intake: Intake,
    pub state: State,
    /// One per result, in order; the last is the current one.
    pub feedback: Vec<FeedbackDuty>,
    pub follow_ups: Vec<RecordedFollowUp>,
    pub breaches: Vec<Breach>,
}

/// A follow-up try and who made it when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordedFollowUp {
    pub at: Timestamp,
    pub by: By,
    pub follow_up: FollowUpTry,
}

impl WorkOrder {
    /// Folds a whole journal.
    ///
    /// # Errors
    /// When the first event does not open an order or one does not fit the state before it: the
    /// journal is damaged.
    pub fn from_events(events: &[Event]) -> Result<Self, FoldError> {
        let (first, rest) = events.split_first().ok_or(FoldError::Empty)?;
        let mut order = Self::opened(first)?;
        for event in rest {
            order.apply(event)?;
        }
        Ok(order)
    }

    /// The order that a [`Change::Opened`] starts.
    ///
    /// # Errors
    /// When the event is another one.
    pub fn opened(event: &Event) -> Result<Self, FoldError> {
        let Change::Opened { id, order_no, query_code, intake } = &event.change else {
            return Err(FoldError::NotOpened);
        };
        Ok(Self {
            id: *id,
            order_no: order_no.clone(),
            query_code: query_code.clone(),
            version: 1,
            opened_at: event.at,
            opened_by: event.by.clone(),
            changed_at: event.at,
            intake: Intake::clone(intake),
            state: State::Draft { rejection: None },
            feedback: Vec::new(),
            follow_ups: Vec::new(),
            breaches: Vec::new(),
        })
    }

    #[must_use]
    pub fn state_code(&self) -> StateCode {
        self.state.code()
    }

    /// The current feedback duty.
    #[must_use]
    pub fn duty(&self) -> Option<&FeedbackDuty> {
        self.feedback.last()
    }

    /// What the unit knows and did, once it works on the order.
    #[must_use]
    pub fn handling(&self) -> Option<&Handling> {
        use crate::state::Closing;
        match &self.state {
            State::InProgress { handling, .. }
            | State::Replied { handling, .. }
            | State::FollowUpPending { handling, .. }
            | State::Closed {
                closing:
                    Closing::FollowedUp { handling, .. } | Closing::Unreachable { handling, .. },
            } => Some(handling),
            State::Draft { .. }
            | State::Accepted { .. }
            | State::Dispatched { .. }
            | State::Closed {
                closing: Closing::AnsweredDirect { .. } | Closing::Imported { .. },
            }
            | State::Rejected { .. } => None,
        }
    }

    /// The lead unit, from dispatch on; of an imported order the one that handled it.
    #[must_use]
    pub fn lead_unit(&self) -> Option<&UnitCode> {
        match &self.state {
            State::Dispatched { dispatch, .. } => return Some(&dispatch.lead_unit),
            State::Closed { closing: crate::state::Closing::Imported { unit, .. } } => {
                return unit.as_ref();
            }
            _ => {}
        }
        self.handling().map(|handling| &handling.dispatch.lead_unit)
    }

    /// Limit of the unit, from dispatch on.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        if let State::Dispatched { dispatch, .. } = &self.state {
            return Some(dispatch.clocks.due_at);
        }
        self.handling().map(|handling| handling.dispatch.clocks.due_at)
    }

    /// The person who registered it.
    #[must_use]
    pub fn acceptor(&self) -> Option<UserId> {
        self.opened_by.user()
    }
}

/// The printable number: yyMMdd of the local date and a sequence of at least four digits
/// (domain section 5).
#[must_use]
pub fn order_no(date: Date, sequence: u32) -> String {
    format!(
        "{:02}{:02}{:02}{sequence:04}",
        date.year().rem_euclid(100),
        u8::from(date.month()),
        date.day()
    )
}
