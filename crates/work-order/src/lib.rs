//! The life of a 12345 work order, pure: [`decide`] turns a command into events or a [`Refusal`],
//! [`WorkOrder::apply`] folds events, clocks are functions of order and calendar.
//!
//! Owns: states S0-S6 and S8 with their guards (domain section 6), the statutory calendar and the
//! limits on it (section 7), same-day feedback and follow-up (section 8), the county's data files
//! (section 16). Must not do: read a clock, draw a random number, do I/O, know HTTP or SQL.

mod actor;
mod allowed;
pub mod calendar;
pub mod clocks;
mod command;
mod decide;
mod demand;
mod event;
pub mod feedback;
mod import;
mod order;
pub mod profile;
mod refusal;
mod rules;
pub mod score;
pub mod state;
pub mod table;
pub mod taxonomy;
mod units;
mod words;

pub use actor::{Actor, By, Person};
pub use allowed::{CommandWord, allowed};
pub use calendar::{Calendar, MissingYear, OfficeHours, WorkdayMode};
pub use command::{
    Command, FeedbackTry, FollowUpAnswers, FollowUpTry, OpenDraft, ReplyContent, Telling,
};
pub use decide::{Occasion, decide, import, open};
pub use demand::{Demand, Intake, Petitioner, Place, Source};
pub use event::{Breach, Change, Event};
pub use feedback::{DutyStatus, FeedbackDuty, Rate};
pub use import::{ImportedOrder, ImportedProgress};
pub use order::{FoldError, RecordedFollowUp, WorkOrder, order_no};
pub use profile::Profile;
pub use refusal::{Refusal, RefusalCode};
pub use rules::{County, CountyFiles, Rules};
pub use state::State;
pub use taxonomy::{CategoryHit, DispatchSuggestion, Leaf, Taxonomy};
pub use types::Role;
pub use units::{Unit, Units, UserSeed, parse_users};
pub use words::{
    BreachOwner, Channel, Clock, DemandType, Dissatisfaction, Duty, FeedbackExemption,
    FeedbackMeans, FeedbackOutcome, FollowUpMiss, HandlingOutcome, LeafProfile, Rating,
    RejectionReason, ResultKind, Route, Solved, StateCode, UnitKind, UnknownWord, Urgency,
};
