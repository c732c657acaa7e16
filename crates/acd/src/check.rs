//! The rules are looked at after every step, in every build: those of the touched objects by
//! `handle`, all of them by `check_all`. A broken rule never stops a live floor: it is reported and
//! repaired.

use std::collections::BTreeMap;

use types::{AgentId, CallId};

use crate::agent::{Agent, AgentState};
use crate::call::{Call, InboundState, Talk};
use crate::core::Acd;
use crate::effect::Effect;
use crate::inbound::Moment;
use crate::index::Lane;
use crate::invariant::{Broken, Rule};
use crate::offers::OfferEnd;
use crate::record::{
    AbandonCause, CallEndCause, NotReadyReason, OutboundFailure, ReturnCause, StateCause,
};
use crate::timers::Timer;

impl Acd {
    /// Looks at everything. Empty if all rules hold. O(n log n): for tests, and for the host once a
    /// second off the path of decisions.
    #[must_use]
    pub fn check_all(&self) -> Vec<Broken> {
        let mut broken: Vec<Broken> = Vec::new();
        broken.extend(self.agents.keys().filter_map(|agent| self.check_agent(*agent)));
        broken.extend(self.calls.keys().filter_map(|call| self.check_call(*call)));
        broken.extend(self.promises.iter().filter_map(|(call, _)| self.check_call(call)));
        broken.extend(self.check_floor());
        broken.extend(self.check_counts());
        broken.extend(self.check_timers());
        broken
    }

    /// Every deadline belongs to something that lives.
    fn check_timers(&self) -> Option<Broken> {
        let agent_state = |agent: &AgentId| self.agents.get(agent).map(|agent| agent.state);
        let waits = |call: &CallId| self.inbound(*call).is_some_and(|call| call.offers().is_some());
        let dead = self.timers.iter().find(|(timer, _)| !match timer {
            Timer::Lapse(call, leg) => {
                self.inbound(*call).is_some_and(|inbound| inbound.rings_on(*leg))
            }
            Timer::MediaReturn(call) => self.media_is_lost(*call),
            Timer::Guard(call) | Timer::Music(call) => waits(call),
            Timer::Connect(call) | Timer::HangUp(call) => self.agent_in_call(*call).is_some(),
            Timer::Outbound(call) => self.outbound(*call).is_some(),
            Timer::Warning(agent) => {
                matches!(agent_state(agent), Some(AgentState::Warned { .. }))
            }
            Timer::WrapUp(agent) => {
                matches!(agent_state(agent), Some(AgentState::WrapUp { .. }))
            }
            Timer::Device(agent) => {
                matches!(agent_state(agent), Some(AgentState::Ready | AgentState::Warned { .. }))
            }
            Timer::Gateway(gateway) => self.gateways.get(gateway) == Some(&false),
            Timer::Tier(call) => waits(call),
            Timer::Preferred(call) => {
                self.inbound(*call).is_some_and(|call| call.waits_for.is_some())
            }
            Timer::MicroBreak(agent) => {
                self.agents.get(agent).is_some_and(|agent| agent.strain.break_until.is_some())
            }
            Timer::Tired(agent) => {
                self.agents.get(agent).is_some_and(|agent| agent.strain.tired_until.is_some())
            }
            Timer::CallbackOffer(call) => waits(call),
            Timer::Promise(call) => self.promises.get(*call).is_some(),
            Timer::Farewell(call) => self.farewells.contains_key(call),
            Timer::Screened(call) => self.screened.contains_key(call),
        })?;
        let (agent, call) = match dead.0 {
            Timer::Lapse(call, _)
            | Timer::Guard(call)
            | Timer::Music(call)
            | Timer::Connect(call)
            | Timer::HangUp(call)
            | Timer::MediaReturn(call)
            | Timer::Outbound(call)
            | Timer::Tier(call)
            | Timer::Preferred(call)
            | Timer::CallbackOffer(call)
            | Timer::Promise(call)
            | Timer::Farewell(call)
            | Timer::Screened(call) => (None, Some(*call)),
            Timer::Warning(agent)
            | Timer::WrapUp(agent)
            | Timer::Device(agent)
            | Timer::MicroBreak(agent)
            | Timer::Tired(agent) => (Some(*agent), None),
            Timer::Gateway(_) => (None, None),
        };
        Some(Broken { rule: Rule::DeadlinesLieAhead, agent, call })
    }

    /// The rules of what this step has touched, and those that cost nothing.
    pub(crate) fn check_touched(&mut self) {
        let agents = std::mem::take(&mut self.touched_agents);
        let calls = std::mem::take(&mut self.touched_calls);
        self.board.note(&agents, &calls);
        let mut broken: Vec<Broken> = Vec::new();
        broken.extend(agents.into_iter().filter_map(|agent| self.check_agent(agent)));
        broken.extend(calls.into_iter().filter_map(|call| self.check_call(call)));
        broken.extend(self.check_floor());
        for found in broken {
            self.emit(Effect::InvariantBroken { broken: found });
            self.repair(found);
        }
        self.board.note(&self.touched_agents, &self.touched_calls);
        self.touched_agents.clear();
        self.touched_calls.clear();
    }

    fn check_agent(&self, id: AgentId) -> Option<Broken> {
        let agent = self.agents.get(&id)?;
        let of = |rule| Some(Broken { rule, agent: Some(id), call: None });
        if self.ready.slot(id) != self.ready_slot(id).as_ref()
            || self.lent.slot(id) != self.lent_slot(id).as_ref()
        {
            return of(Rule::ReadyAgentIsIndexed);
        }
        if !self.rest_has_end(id, agent) {
            return of(Rule::SparingHasEnd);
        }
        let (call, leg) = agent.state.lease()?;
        let holds = match (agent.state, self.calls.get(&call)) {
            (AgentState::Offered { .. }, Some(Call::Inbound(inbound))) => inbound
                .offers()
                .and_then(|offers| offers.get(&leg))
                .is_some_and(|offer| offer.agent == id),
            (AgentState::Talking { .. }, Some(Call::Inbound(_)))
            | (AgentState::Outbound { .. }, Some(Call::Outbound(_))) => {
                self.agent_in_call(call) == Some((id, leg))
            }
            _ => false,
        };
        if holds { None } else { of(Rule::AgentHoldsLiveLeg) }
    }

    fn check_call(&self, id: CallId) -> Option<Broken> {
        let of = |rule| Some(Broken { rule, agent: None, call: Some(id) });
        if self.waiting.slot(id) != self.waiting_slot(id).as_ref() {
            return of(Rule::WaitingCallIsIndexed);
        }
        if !self.promise_is_bounded(id) {
            return of(Rule::PromiseIsBounded);
        }
        let call = self.calls.get(&id)?;
        let state_of = |agent: &AgentId| self.agents.get(agent).map(|agent| agent.state);
        let holds = match call {
            Call::Inbound(inbound) => match &inbound.state {
                InboundState::Waiting { offers, .. } => offers.iter().all(|(leg, offer)| {
                    state_of(&offer.agent) == Some(AgentState::Offered { call: id, leg: *leg })
                }),
                InboundState::Connecting { agent, leg, .. }
                | InboundState::Talking(Talk { agent, leg, .. }) => {
                    state_of(agent) == Some(AgentState::Talking { call: id, leg: *leg })
                }
            },
            Call::Outbound(outbound) => {
                state_of(&outbound.agent)
                    == Some(AgentState::Outbound { call: id, leg: outbound.own })
            }
        };
        if !holds {
            return of(Rule::CallHoldsItsAgent);
        }
        if !self.wait_for_preferred_has_end(id) {
            return of(Rule::SparingHasEnd);
        }
        if self.lost_talk_has_deadline(id) { None } else { of(Rule::LostTalkHasDeadline) }
    }

    /// A micro-break ends by itself, and so does being passed over.
    fn rest_has_end(&self, id: AgentId, agent: &Agent) -> bool {
        let has = |timer: Timer| self.timers.get(&timer).is_some();
        let reason = NotReadyReason::MicroBreak;
        let rests = agent.state == AgentState::NotReady { reason };
        (!rests || has(Timer::MicroBreak(id)))
            && agent.strain.tired_until.is_some() == has(Timer::Tired(id))
    }

    fn wait_for_preferred_has_end(&self, call: CallId) -> bool {
        let waits = self
            .inbound(call)
            .is_some_and(|inbound| inbound.waits_for.is_some() && inbound.offers().is_some());
        !waits || self.timers.get(&Timer::Preferred(call)).is_some()
    }

    /// What waits for an agent's phone to come back is bounded by a timer. While the gateway is away
    /// its own timer is the bound.
    fn lost_talk_has_deadline(&self, call: CallId) -> bool {
        let has = |timer: Timer| self.timers.get(&timer).is_some();
        if self.media_is_lost(call) != has(Timer::MediaReturn(call)) {
            return false;
        }
        let Some(inbound) = self.inbound(call) else { return true };
        match inbound.talk().and_then(|talk| talk.resume) {
            Some(resume) if resume.answered => {
                has(Timer::Connect(call)) || !self.in_reach(&inbound.gateway)
            }
            Some(resume) => has(Timer::Lapse(call, resume.leg)),
            None => true,
        }
    }

    /// Nobody waits beside an idle agent; every deadline lies ahead.
    fn check_floor(&self) -> Option<Broken> {
        let idle = [Lane::First, Lane::ReserveFirst].into_iter();
        if let Some((call, agent)) = idle.filter_map(|lane| self.best_match(lane)).next() {
            let rule = Rule::NobodyWaitsBesideAnIdleAgent;
            return Some(Broken { rule, agent: Some(agent), call: Some(call) });
        }
        if self.timers.next().is_some_and(|at| at <= self.now) {
            return Some(Broken { rule: Rule::DeadlinesLieAhead, agent: None, call: None });
        }
        None
    }

    fn check_counts(&self) -> Option<Broken> {
        let mut places: BTreeMap<bool, u64> = BTreeMap::new();
        for call in self.calls.values() {
            if let Call::Inbound(inbound) = call {
                let talking = inbound.talk().is_some() || inbound.returned.is_some();
                *places.entry(talking).or_default() += 1;
            }
        }
        let count = |talking| places.get(&talking).copied().unwrap_or(0);
        let adds_up = self.counts.unresolved() == count(false)
            && self.counts.talking() == count(true)
            && self.counts.arrived >= self.counts.answered + self.counts.abandoned
            && self.counts.answered >= self.counts.ended;
        (!adds_up).then_some(Broken { rule: Rule::CountsAddUp, agent: None, call: None })
    }

    /// Frees what is broken, so that the floor goes on.
    fn repair(&mut self, found: Broken) {
        match found.rule {
            Rule::AgentHoldsLiveLeg => {
                if let Some(agent) = found.agent {
                    self.rest(agent, StateCause::Repaired);
                }
            }
            Rule::CallHoldsItsAgent => {
                if let Some(call) = found.call {
                    self.repair_call(call);
                }
            }
            Rule::ReadyAgentIsIndexed | Rule::WaitingCallIsIndexed => {
                self.rebuild_indexes();
            }
            Rule::NobodyWaitsBesideAnIdleAgent => {
                self.rebuild_indexes();
                self.match_calls();
            }
            Rule::LostTalkHasDeadline => {
                if let Some(call) = found.call {
                    self.return_to_queue(call, Moment::Core, ReturnCause::MediaLost);
                    self.end_lost_outbound(call);
                }
            }
            Rule::SparingHasEnd => self.spare_no_more(found),
            Rule::PromiseIsBounded => {
                if let Some(call) = found.call {
                    self.repair_promise(call);
                }
            }
            Rule::DeadlinesLieAhead => while self.timers.pop_due(self.now).is_some() {},
            Rule::CountsAddUp => {}
        }
    }

    fn spare_no_more(&mut self, found: Broken) {
        if let Some(agent) = found.agent {
            self.tired_no_more(agent);
            self.micro_break_over(agent);
        }
        if let Some(call) = found.call {
            self.preferred_stays_away(call);
        }
        self.match_calls();
    }

    fn repair_call(&mut self, call: CallId) {
        match self.calls.get(&call) {
            Some(Call::Inbound(inbound)) => match inbound.state {
                InboundState::Waiting { .. } => self.end_all_offers(call, OfferEnd::Lost),
                InboundState::Connecting { .. } => {
                    self.abandon(call, Moment::Core, AbandonCause::Repaired);
                }
                InboundState::Talking(_) => {
                    self.finish_talk(call, Moment::Core, CallEndCause::Repaired);
                }
            },
            Some(Call::Outbound(_)) => {
                self.fail_outbound(call, OutboundFailure::Repaired);
                self.end_outbound_talk(call, Moment::Core, CallEndCause::Repaired);
            }
            None => {}
        }
    }
}
