//! The life of a 12345 work order, pure: [`decide`] turns a command into events or a [`Refusal`],
//! [`WorkOrder::apply`] folds events, clocks are functions of order and calendar.
//!
//! Owns: states S0-S6 and S8 with their guards (domain section 6), the statutory calendar and the
//! limits on it (section 7), same-day feedback and follow-up (section 8), the county's data files
//! (section 16). Must not do: read a clock, draw a random number, do I/O, know HTTP or SQL.

mod actor;
pub mod calendar;
mod command;
mod demand;
mod event;
pub mod feedback;
mod order;
pub mod profile;
mod refusal;
pub mod state;
pub mod table;
mod words;

pub use actor::{Actor, By, Person};
pub use calendar::{Calendar, MissingYear, OfficeHours, WorkdayMode};
pub use command::{
    Command, FeedbackTry, FollowUpAnswers, FollowUpTry, OpenDraft, ReplyContent, Telling,
};
pub use demand::{Demand, Intake, Petitioner, Place, Source};
pub use event::{Breach, Change, Event};
pub use feedback::{DutyStatus, FeedbackDuty, Rate};
pub use order::{FoldError, RecordedFollowUp, WorkOrder, order_no};
pub use refusal::{Refusal, RefusalCode};
pub use state::State;
pub use words::{
    BreachOwner, Channel, Clock, DemandType, Dissatisfaction, FeedbackExemption, FeedbackMeans,
    FeedbackOutcome, FollowUpMiss, HandlingOutcome, Rating, RejectionReason, ResultKind, Role,
    Solved, StateCode, UnknownWord, Urgency,
};
