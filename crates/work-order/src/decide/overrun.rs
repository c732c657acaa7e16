//! What the system does by itself when a limit has passed (D16, T7).

use super::Journal;
use crate::clocks::{Running, passed};
use crate::state::Signature;
use crate::{Breach, By, Change, Clock, Refusal};

/// Writes a breach for every passed limit and signs for a unit that did not.
pub(super) fn settle(journal: &mut Journal) -> Result<(), Refusal> {
    loop {
        let due = passed(&journal.order, journal.now);
        let Some(first) = due.first() else { return Ok(()) };
        record(journal, *first)?;
        if first.clock == Clock::Sign {
            let signature = Signature { at: first.limit_at, by: None };
            let note = "超过签收时限，系统自动签收".to_owned();
            journal.write(By::System, note, Change::Signed { signature })?;
        }
    }
}

fn record(journal: &mut Journal, passed: Running) -> Result<(), Refusal> {
    let late_review = passed.clock == Clock::Feedback && reviewed_late(journal);
    let breach =
        Breach { clock: passed.clock, limit_at: passed.limit_at, owner: passed.owner, late_review };
    let note = format!("超过{}，责任方：{}", passed.clock.label(), passed.owner.label());
    journal.write(By::System, note, Change::Breached { breach })
}

/// Whether the review of the current result missed its limit: the feedback is then late by the
/// centre (T14).
fn reviewed_late(journal: &Journal) -> bool {
    let Some(duty) = journal.order.duty() else { return false };
    journal
        .order
        .breaches
        .iter()
        .any(|breach| breach.clock == Clock::Review && breach.limit_at >= duty.result_at)
}
