//! The 15-second guard: the steps that a waiting call takes as its ring grows old.

use types::{CallId, Timestamp};

use crate::config::millis;
use crate::core::Acd;
use crate::record::{GuardStep, Record};
use crate::timers::Timer;

impl Acd {
    pub(crate) fn guard_step(&mut self, call: CallId) {
        let Some(inbound) = self.inbound_mut(call) else { return };
        let step = match inbound.step {
            GuardStep::First | GuardStep::Next => GuardStep::SecondAgent,
            GuardStep::SecondAgent | GuardStep::Reserve => GuardStep::Reserve,
        };
        inbound.step = step;
        self.record(Record::GuardStepTaken { call, step });
        self.plan_guard(call);
        self.reindex_call(call);
    }

    /// Sets the deadline of the next step, from the start of the ring.
    pub(crate) fn plan_guard(&mut self, call: CallId) {
        self.timers.cancel(&Timer::Guard(call));
        if let Some((_, at)) = self.next_step(call) {
            self.timers.set(Timer::Guard(call), at);
        }
        self.plan_tier(call);
        self.plan_preferred(call);
    }

    pub(crate) fn next_step(&self, call: CallId) -> Option<(GuardStep, Timestamp)> {
        let inbound = self.inbound(call)?;
        inbound.offers()?;
        let (step, after_ms) = match inbound.step {
            GuardStep::First | GuardStep::Next => {
                (GuardStep::SecondAgent, self.config.second_agent_after_ms)
            }
            GuardStep::SecondAgent => {
                let policy = self.config.policy(inbound.routing.queue.as_ref());
                (GuardStep::Reserve, self.config.reserve_step_after_ms(policy))
            }
            GuardStep::Reserve => return None,
        };
        Some((step, inbound.ring_started + millis(after_ms)))
    }
}
