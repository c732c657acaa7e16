//! The agent a call would rather have: who talked with this caller last, or who has the caller's open order. She is
//! offered first if she is ready; where the queue allows it the call waits for her, for a moment that is bounded.

use types::{AgentId, CallId, Timestamp};

use crate::agent::{Agent, AgentState, Choice, micros};
use crate::call::{Inbound, InboundState};
use crate::config::millis;
use crate::core::Acd;
use crate::index::Lane;
use crate::record::{BreachCause, NotReadyReason, Record};
use crate::skills::{SkillLevels, serves};
use crate::tiers::Tier;
use crate::timers::Timer;

/// Calls that wait for one agent at the same time. Each is looked at by every decision: the bound keeps a decision within
/// groups x log n.
const HELD_MAX: usize = 64;

impl Acd {
    /// For whom a call that rings now shall wait, if for anybody. Somebody on a break of her own is not waited for.
    pub(crate) fn waits_for(&self, inbound: &Inbound) -> Option<AgentId> {
        let preferred = inbound.routing.preferred?;
        let policy = self.config.policy(inbound.routing.queue.as_ref());
        let agent = self.agents.get(&preferred)?;
        let waits = policy.preferred_wait_ms > 0
            && !policy.emergency
            && comes_back(agent)
            && agent.reachable(&self.gateways).is_some_and(|(of, _)| of.gateway == inbound.gateway)
            && may_take(agent, &inbound.wanted())
            && self.held() < HELD_MAX;
        waits.then_some(preferred)
    }

    fn held(&self) -> usize {
        self.waiting
            .lane(Lane::First)
            .filter(|(want, _)| want.only.is_some())
            .map(|(_, of)| of.len())
            .sum()
    }

    /// Until when: the queue's bound, and never past the second step of the guard.
    fn waits_until(&self, inbound: &Inbound) -> Timestamp {
        let policy = self.config.policy(inbound.routing.queue.as_ref());
        let wait_ms = policy.preferred_wait_ms.min(self.config.second_agent_after_ms);
        inbound.ring_started + millis(wait_ms)
    }

    /// Sets the deadline of the wait, or ends it where it is over already.
    pub(crate) fn plan_preferred(&mut self, call: CallId) {
        self.timers.cancel(&Timer::Preferred(call));
        let Some(inbound) = self.inbound(call).filter(|inbound| inbound.waits_for.is_some()) else {
            return;
        };
        let until = self.waits_until(inbound);
        if inbound.offers().is_some() && until > self.now {
            self.timers.set(Timer::Preferred(call), until);
        } else {
            self.stop_waiting_for(call);
        }
    }

    pub(crate) fn preferred_stays_away(&mut self, call: CallId) {
        self.stop_waiting_for(call);
        self.reindex_call(call);
    }

    /// She does not come back: who waits for her need not wait any longer. At most [`HELD_MAX`].
    pub(crate) fn wait_no_more_for(&mut self, agent: AgentId) {
        let wanted = self.waiting.lane(Lane::First).filter(|(want, _)| want.only == Some(agent));
        let calls: Vec<CallId> =
            wanted.flat_map(|(_, calls)| calls.iter().map(|place| place.call)).collect();
        for call in calls {
            self.preferred_stays_away(call);
        }
    }

    /// She is ready after all, has taken too long, or the caller is gone: anybody may have the call. A miss names the
    /// time as hers, for nobody else was asked.
    pub(crate) fn stop_waiting_for(&mut self, call: CallId) {
        let now = self.now;
        self.timers.cancel(&Timer::Preferred(call));
        let Some(inbound) = self.inbound_mut(call) else { return };
        let Some(agent) = inbound.waits_for.take() else { return };
        let InboundState::Waiting { idle_since, .. } = &mut inbound.state else { return };
        let for_us = micros(now, *idle_since);
        *idle_since = now;
        if for_us > 0 {
            inbound.blame(BreachCause::PreferredBusy { agent, for_us });
            self.record(Record::PreferredAwaited { call, agent, for_us });
        }
    }
}

/// Her call, wrap-up or micro-break ends, and she is ready again.
fn comes_back(agent: &Agent) -> bool {
    let own_break = matches!(
        agent.state,
        AgentState::NotReady { reason } if reason != NotReadyReason::MicroBreak
    );
    agent.afterwards == Choice::Ready && agent.state != AgentState::SignedOut && !own_break
}

fn may_take(agent: &Agent, wanted: &SkillLevels) -> bool {
    agent.tier() == Tier::Regular && serves(&agent.levels, wanted)
}
