//! Legs that hear a last prompt and are then ended: their call has left the floor, its outcome is recorded. A core
//! without memory of one ends it (`gateways`).

use serde::{Deserialize, Serialize};
use types::{CallId, GatewayId, LegId};

use crate::config::millis;
use crate::core::Acd;
use crate::effect::{AnswerMode, EndReason, Order, Treatment};
use crate::timers::Timer;

/// A leg that is about to be ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Farewell {
    pub(crate) gateway: GatewayId,
    pub(crate) leg: LegId,
}

impl Acd {
    /// Plays `prompts` to the leg of a call that is forgotten, and ends it after `lasts_ms`.
    pub(crate) fn bid_farewell(
        &mut self,
        call: CallId,
        to: Farewell,
        prompts: Vec<String>,
        lasts_ms: u64,
    ) {
        let (gateway, leg) = (to.gateway.clone(), to.leg);
        let treatment = Treatment::Prompts { prompts };
        self.order(&gateway, Order::Treat { call, leg, treatment, answer: AnswerMode::Answer });
        self.timers.set(Timer::Farewell(call), self.now + millis(lasts_ms));
        self.farewells.insert(call, to);
    }

    /// The prompt is over.
    pub(crate) fn farewell_over(&mut self, call: CallId) {
        if let Some(Farewell { gateway, leg }) = self.farewells.remove(&call) {
            self.order(&gateway, Order::End { call, leg, reason: EndReason::Stale });
        }
    }

    /// The caller was faster than the prompt, or the leg is gone.
    pub(crate) fn left_in_farewell(&mut self, call: CallId, leg: LegId) {
        if self.farewells.get(&call).is_some_and(|farewell| farewell.leg == leg) {
            self.farewells.remove(&call);
            self.timers.cancel(&Timer::Farewell(call));
        }
    }
}
