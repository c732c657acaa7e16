//! Every figure of calls that the hotline shows or reports (`domain.md` section 3), as pure functions
//! of the recorded events.
//!
//! The counting base is [`acd::rates`]: a request, an answer and a wait are decided there and nowhere
//! else. Shares are exact whole-number fractions and spans are microseconds, so the same question at
//! the same [`AsOf`] gives the same figures to the last digit, whenever it is asked. What becomes known
//! later gives other figures only at a later [`AsOf`]; [`correct`] names what changed, and why.
//!
//! Owns: readings, slices of time, exclusions, returns, occupancy, corrections. Must not do: read a
//! clock or a table, round, decide what counts as answered.

mod abandons;
mod agents;
mod beside_base;
mod calls;
mod connection;
mod correction;
mod dial_test;
mod event;
mod exclusion;
mod lines;
mod offers;
mod period;
mod report;
mod returns;
mod service_level;
mod spread;
mod traffic;

pub use abandons::{Abandons, AgeBand, CauseCount};
pub use agents::{AgentTime, NotReadyTime, Span, spans};
pub use beside_base::BesideBase;
pub use calls::{CallEnd, CallFacts, Calls, TALK_BRIEF_US};
pub use connection::Connection;
pub use correction::{Change, Correction, Reason, correct};
pub use dial_test::{DialAttempt, DialOutcome, DialTest, dial_tests};
pub use event::{AsOf, Event, EventNumber, Ledger, Place};
pub use exclusion::{
    Beside, Exclusion, ExclusionError, ExclusionId, ExclusionKind, Signature, in_force,
};
pub use lines::{CSV_HEADER, Group, Line, Value};
pub use offers::{OfferCounts, offers};
pub use period::{Period, PeriodError};
pub use report::{
    AgentFigures, Breach, DayFigures, HalfHourFigures, NumberFigures, Report, SkillFigures,
    Sources, report,
};
pub use returns::{Daytime, DaytimeError, Duty, DutyState, Returns, duties, number_rang};
pub use service_level::{Goal, Reading, ReadingFigure};
pub use spread::Spread;
pub use traffic::{Counts, Traffic};
