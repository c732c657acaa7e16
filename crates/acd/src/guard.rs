//! The 15-second guard: the steps that a waiting call takes as its ring grows old, and the rules by which more phones
//! than one ring for it. Each is switched off by its key of the configuration.

use types::{AgentId, CallId, LegId, Timestamp};

use crate::agent::micros;
use crate::call::{InboundState, Offer, none_in_time};
use crate::config::millis;
use crate::core::Acd;
use crate::index::{Place, Rest};
use crate::record::{BreachCause, GuardStep, Record};
use crate::timers::Timer;

impl Acd {
    // --- steps --------------------------------------------------------------------------------

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

    // --- a phone that rings past its limit ------------------------------------------------------

    /// Lets a phone ring on whose limit has passed, for the first time. For the call it is as if it rang no more: the
    /// next agent who is there is offered it, in this step or later. A late answer takes the call all the same.
    pub(crate) fn ring_on(&mut self, call: CallId, leg: LegId) -> bool {
        let now = self.now;
        let ring_on_ms = self.offer(call, leg).map_or(0, |offer| {
            let (_, rings_on_ms) = self.offer_limits_ms(offer.agent);
            if offer.overdue_since.is_none() { rings_on_ms } else { 0 }
        });
        if ring_on_ms == 0 {
            return false;
        }
        let Some(inbound) = self.inbound_mut(call) else { return false };
        let InboundState::Waiting { offers, idle_since } = &mut inbound.state else { return false };
        let Some(offer) = offers.get_mut(&leg) else { return false };
        offer.overdue_since = Some(now);
        let (agent, rang_for_us) = (offer.agent, micros(now, offer.since));
        if none_in_time(offers) {
            *idle_since = now;
        }
        inbound.blame(BreachCause::AgentDidNotAnswer { agent, rang_for_us });
        self.timers.set(Timer::Lapse(call, leg), now + millis(u64::from(ring_on_ms)));
        self.record(Record::OfferRingsOn { call, leg, agent, rang_for_us });
        self.reindex_call(call);
        true
    }

    fn offer(&self, call: CallId, leg: LegId) -> Option<&Offer> {
        self.inbound(call)?.offers()?.get(&leg)
    }

    /// Says for how long nobody was there, where that is still so.
    pub(crate) fn blame_empty_floor(&mut self, call: CallId) {
        let now = self.now;
        let Some(inbound) = self.inbound_mut(call) else { return };
        let InboundState::Waiting { offers, idle_since } = &inbound.state else { return };
        let for_us = if none_in_time(offers) { micros(now, *idle_since) } else { 0 };
        if for_us > 0 {
            inbound.blame(BreachCause::NobodyReady { for_us });
        }
    }

    // --- several at once from the beginning -----------------------------------------------------

    /// Where many are idle, more phones than one ring from the beginning: whoever is fastest has the call. Comes after
    /// all wishes for a first agent, so that it takes nobody from a caller.
    pub(crate) fn ring_several(&mut self) {
        let at_once = usize::try_from(self.config.agents_at_once).unwrap_or(usize::MAX);
        if at_once < 2 {
            return;
        }
        let mut places: Vec<Place> =
            self.touched_calls.iter().filter_map(|call| self.just_offered(*call)).collect();
        places.sort_unstable();
        for Place { call, .. } in places {
            for _ in 1..at_once {
                let Some(agent) = self.spare_agent(call) else { break };
                self.lend(call, agent);
            }
        }
    }

    /// The place of a call that has been offered to one agent in this step.
    fn just_offered(&self, call: CallId) -> Option<Place> {
        let inbound = self.inbound(call)?;
        let in_time = |offer: &&Offer| offer.overdue_since.is_none() && !offer.line;
        let mut offers = inbound.offers()?.values().filter(in_time);
        let offer = offers.next()?;
        let alone = offers.next().is_none();
        let fresh = offer.since == self.now && offer.step != GuardStep::Reserve;
        (alone && fresh).then(|| self.place(call, inbound))
    }

    /// One of those who are ready for this call, if they are many. Who is to be spared is no spare phone.
    fn spare_agent(&self, call: CallId) -> Option<AgentId> {
        let inbound = self.inbound(call)?;
        let want = self.regular_want(inbound);
        let spare = usize::try_from(self.config.at_once_spare).unwrap_or(usize::MAX);
        if self.ready.count_fresh(&want) < spare {
            return None;
        }
        let best = self.ready.best(&want, |agent| inbound.avoids(agent, self.now));
        best.filter(|fit| fit.rest() == Rest::Fresh).map(|fit| fit.agent)
    }
}
