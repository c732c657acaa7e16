//! The 15-second guard: the steps that a waiting call takes as its ring grows old, and the rules by which more phones
//! than one ring for it. Each is switched off by its key of the configuration.

use types::{AgentId, CallId, LegId, Timestamp};

use crate::agent::micros;
use crate::call::{InboundState, Offer, none_in_time};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::WithdrawReason;
use crate::index::{Group, Lane, Place};
use crate::offers::OfferEnd;
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
    }

    pub(crate) fn next_step(&self, call: CallId) -> Option<(GuardStep, Timestamp)> {
        let inbound = self.inbound(call)?;
        inbound.offers()?;
        let (step, after_ms) = match inbound.step {
            GuardStep::First | GuardStep::Next => {
                (GuardStep::SecondAgent, self.config.second_agent_after_ms)
            }
            GuardStep::SecondAgent => (GuardStep::Reserve, self.config.reserve_after_ms),
            GuardStep::Reserve => return None,
        };
        Some((step, inbound.ring_started + millis(after_ms)))
    }

    // --- a phone that rings past its limit ------------------------------------------------------

    /// Lets a phone ring on whose limit has passed, for the first time. For the call it is as if it rang no more: the
    /// next agent who is there is offered it, in this step or later, and it stops then (`end_overdue`).
    pub(crate) fn ring_on(&mut self, call: CallId, leg: LegId) -> bool {
        let (now, ring_on_ms) = (self.now, u64::from(self.config.ring_on_ms));
        let Some(inbound) = self.inbound_mut(call).filter(|_| ring_on_ms > 0) else { return false };
        let InboundState::Waiting { offers, idle_since } = &mut inbound.state else { return false };
        let Some(offer) = offers.get_mut(&leg).filter(|offer| !offer.overdue) else { return false };
        offer.overdue = true;
        let (agent, rang_for_us) = (offer.agent, micros(now, offer.since));
        if none_in_time(offers) {
            *idle_since = now;
        }
        inbound.blame(BreachCause::AgentDidNotAnswer { agent, rang_for_us });
        self.timers.set(Timer::Lapse(call, leg), now + millis(ring_on_ms));
        self.record(Record::OfferRingsOn { call, leg, agent, rang_for_us });
        self.reindex_call(call);
        true
    }

    /// Somebody else is there: the phones that rang on stop.
    pub(crate) fn end_overdue(&mut self, call: CallId) {
        let overdue = |(leg, offer): (&LegId, &Offer)| offer.overdue.then_some(*leg);
        let offers = self.inbound(call).and_then(|inbound| inbound.offers());
        let legs: Vec<LegId> = offers.into_iter().flatten().filter_map(overdue).collect();
        for leg in legs {
            self.end_offer(call, leg, OfferEnd::Lapsed(WithdrawReason::RingLimit));
        }
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

    // --- two at once from the beginning ---------------------------------------------------------

    /// Where many are idle a second phone rings from the beginning: whoever is faster has the call. Comes after all
    /// wishes for a first agent, so that it takes nobody from a caller.
    pub(crate) fn ring_two_at_once(&mut self) {
        let spare = usize::try_from(self.config.second_agent_spare).unwrap_or(usize::MAX);
        if spare == 0 {
            return;
        }
        let mut places: Vec<Place> =
            self.touched_calls.iter().filter_map(|call| self.just_offered(*call)).collect();
        places.sort_unstable();
        for Place { call, .. } in places {
            if let Some(agent) = self.spare_agent(call, spare) {
                self.make_offer(call, agent, Lane::More);
            }
        }
    }

    /// The place of a call that has been offered to one agent in this step.
    fn just_offered(&self, call: CallId) -> Option<Place> {
        let inbound = self.inbound(call)?;
        let mut in_time = inbound.offers()?.values().filter(|offer| !offer.overdue);
        let offer = in_time.next()?;
        let alone = in_time.next().is_none();
        let fresh = offer.since == self.now && offer.step != GuardStep::Reserve;
        (alone && fresh).then(|| inbound.place(call))
    }

    /// One of at least `spare` agents who are ready for this call.
    fn spare_agent(&self, call: CallId, spare: usize) -> Option<AgentId> {
        let inbound = self.inbound(call)?;
        let (gateway, skills) = (inbound.gateway.clone(), inbound.skills.clone());
        let wanted = Group { gateway, reserve: false, skills };
        if self.ready.count(&wanted) < spare {
            return None;
        }
        let best = self.ready.best(&wanted, |agent| inbound.avoids(agent, self.now));
        best.map(|(_, agent)| agent)
    }
}
