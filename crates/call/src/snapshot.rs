//! What exists, at one moment.

use types::{CallId, LegId, Phone, Timestamp};

use crate::leg::{LegKind, LegState};
use crate::machine::Machine;

#[derive(Debug, Clone, PartialEq)]
pub struct CallView {
    pub call: CallId,
    pub caller: Option<Phone>,
    pub dialled: String,
    pub rang_at: Option<Timestamp>,
    pub legs: Vec<LegView>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LegView {
    pub leg: LegId,
    pub kind: LegKind,
    pub state: LegState,
    pub since: Timestamp,
}

impl Machine {
    /// Every call with its legs, in the order of their ids.
    #[must_use]
    pub fn calls(&self) -> Vec<CallView> {
        let mut views: Vec<CallView> = self
            .calls
            .iter()
            .map(|(&call, record)| CallView {
                call,
                caller: record.caller.clone(),
                dialled: record.dialled.clone(),
                rang_at: record.rang_at,
                legs: Vec::new(),
            })
            .collect();
        for (&leg, record) in &self.legs {
            if let Some(view) = views.iter_mut().find(|view| view.call == record.call) {
                view.legs.push(LegView {
                    leg,
                    kind: record.kind.clone(),
                    state: record.state.clone(),
                    since: record.since,
                });
            }
        }
        views
    }
}
