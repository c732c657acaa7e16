//! Orders of another system, taken over: the second way in of T1 (domain section 6), D21.
//!
//! Owns: what the file of another system says of one order. Must not do: judge it; that is
//! `decide/import.rs`. Read the file; text becomes values in the host.

use types::{Timestamp, UnitCode, WorkOrderId};

use crate::{Intake, Rating};

/// One order of another system. Its number and that system's name stand in `intake.source`
/// (`upstream_no`, `upstream_system`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedOrder {
    pub id: WorkOrderId,
    /// yyMMdd of the registration and a sequence, see [`crate::order_no`].
    pub order_no: String,
    /// Six digits with which the petitioner asks for progress (D26).
    pub query_code: String,
    /// When the other system registered it.
    pub registered_at: Timestamp,
    pub intake: Intake,
    pub progress: ImportedProgress,
}

/// How far the other system has come with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportedProgress {
    /// Not handled yet: it waits for dispatch here, and its limits run from now. The limit of the system it comes
    /// from, if there is one, stays beside them (`intake.source.upstream_due_at`).
    Open,
    /// Done there: history, to be found and counted. No clock starts, no feedback is owed, no follow-up.
    Closed {
        closed_at: Timestamp,
        /// What the petitioner was told.
        reply: String,
        /// The unit that handled it.
        unit: Option<UnitCode>,
        rating: Option<Rating>,
    },
}
