//! What is written down about every call and every agent's time, for the report.

use acd::rates::{CallFact, Outcome as CallOutcome};
use acd::{AgentStateName, NotReadyReason};
use types::Timestamp;

/// The report's grid: half an hour.
pub(crate) const SLOT_US: i64 = 1_800_000_000;

/// How the agents spent a half-hour, summed over them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StaffTime {
    /// Signed in, breaks and all.
    pub signed_in_us: u64,
    /// Ready, ringing, talking or wrapping up: at the callers' disposal.
    pub on_line_us: u64,
    /// Talking or wrapping up.
    pub busy_us: u64,
}

/// Facts of calls in the order of their ring, and staff time by half-hour.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    /// From here the half-hours are counted.
    pub begins: Timestamp,
    /// In the order of their ring; what is unresolved reached no gateway.
    pub calls: Vec<CallFact>,
    /// By half-hour; half-hours after the last agent are not in it.
    pub staff: Vec<StaffTime>,
}

impl Ledger {
    pub(crate) fn new(begins: Timestamp) -> Self {
        Self { begins, calls: Vec::new(), staff: Vec::new() }
    }

    /// The next caller rings; callers are numbered in this order.
    pub(crate) fn rings(&mut self, rang_at: Timestamp) {
        self.calls.push(CallFact { rang_at, outcome: CallOutcome::Unresolved });
    }

    /// The first outcome stands (`domain.md` 3.1).
    pub(crate) fn resolve(&mut self, number: u64, outcome: CallOutcome) {
        let fact = usize::try_from(number).ok().and_then(|number| self.calls.get_mut(number));
        if let Some(fact) = fact.filter(|fact| fact.outcome == CallOutcome::Unresolved) {
            fact.outcome = outcome;
        }
    }

    /// An agent was in this state for so long.
    pub(crate) fn spent(&mut self, state: AgentStateName, from: Timestamp, until: Timestamp) {
        let Some((on_line, busy)) = counted_as(state) else { return };
        let (mut at, end) = (from.as_micros(), until.as_micros());
        while at < end {
            let slot = (at - self.begins.as_micros()).div_euclid(SLOT_US);
            let next = (self.begins.as_micros() + (slot + 1) * SLOT_US).min(end);
            // Before the beginning nothing is counted.
            if let Ok(slot) = usize::try_from(slot) {
                self.add(slot, u64::try_from(next - at).unwrap_or(0), on_line, busy);
            }
            at = next;
        }
    }

    fn add(&mut self, slot: usize, us: u64, on_line: bool, busy: bool) {
        if self.staff.len() <= slot {
            self.staff.resize(slot + 1, StaffTime::default());
        }
        if let Some(time) = self.staff.get_mut(slot) {
            time.signed_in_us += us;
            time.on_line_us += if on_line { us } else { 0 };
            time.busy_us += if busy { us } else { 0 };
        }
    }
}

/// Whether a state is at the callers' disposal, and whether it is work; `None` for nobody there.
const fn counted_as(state: AgentStateName) -> Option<(bool, bool)> {
    match state {
        AgentStateName::SignedOut => None,
        AgentStateName::NotReady { .. } => Some((false, false)),
        AgentStateName::Ready | AgentStateName::Warned | AgentStateName::Offered => {
            Some((true, false))
        }
        AgentStateName::Talking | AgentStateName::Outbound | AgentStateName::WrapUp => {
            Some((true, true))
        }
    }
}

/// Whether she is on a break she has chosen.
pub(crate) const fn is_break(state: AgentStateName) -> bool {
    matches!(state, AgentStateName::NotReady { reason: NotReadyReason::Break { .. } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_micros(minutes * 60_000_000)
    }

    #[test]
    fn time_is_split_at_the_half_hour() {
        let mut ledger = Ledger::new(at(0));
        ledger.spent(AgentStateName::Talking, at(20), at(70));
        ledger.spent(AgentStateName::Ready, at(-10), at(10));
        ledger.spent(AgentStateName::SignedOut, at(0), at(60));
        let minutes: Vec<(u64, u64)> = ledger
            .staff
            .iter()
            .map(|time| (time.on_line_us / 60_000_000, time.busy_us / 60_000_000))
            .collect();
        assert_eq!(minutes, [(20, 10), (30, 30), (10, 10)]);
    }

    #[test]
    fn the_first_outcome_stands() {
        let mut ledger = Ledger::new(at(0));
        ledger.rings(at(1));
        ledger.resolve(0, CallOutcome::Abandoned { waited_us: 5 });
        ledger.resolve(0, CallOutcome::Answered { wait_us: 9 });
        ledger.resolve(7, CallOutcome::Answered { wait_us: 9 });
        assert_eq!(ledger.calls[0].outcome, CallOutcome::Abandoned { waited_us: 5 });
    }
}
