//! The figures of calls as they are shown and reported (`domain.md` section 3): from the event tables, by
//! the pure crate `figures`, each with the event number it was taken at.
//!
//! Owns: which events a span needs, what is remembered for a moment, the register of what was shown,
//! exclusion events and their two signatures, findings of dial tests, the words and formulas in
//! Chinese. Must not do: count or compare; the crate does.

mod cache;
mod correction;
mod dial_test;
mod exclusion;
mod export;
mod ledger;
mod question;
mod rows;
mod shown;
mod view;
mod words;

#[cfg(test)]
mod tests;

pub use cache::ReportCache;
pub use correction::{ChangeView, CorrectionView, ReasonView, ValueView, corrections};
pub use dial_test::{DialFinding, DialFindings, FoundAttempt, HandedIn, hand_in};
pub use exclusion::{
    ExclusionKindName, ExclusionView, Proposal, approve, exclusions, propose, revoke,
};
pub use export::{Exported, export};
pub use question::{Question, Slice, Span};
pub use rows::{AgentRow, FigureRow, OffersView};
pub use shown::{ShownList, ShownView, look, shown, shown_again};
pub use view::{
    AbandonsView, AsOfView, BesideK1, ConnectionView, CountsView, DialTestView, FiguresView,
    FloorView, GoalView, ReadingView, ReturnsView, Share, SpreadView, TrafficView,
};
