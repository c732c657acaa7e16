//! 排队回呼: a waiting caller takes the offer of a call back by key, hangs up, and keeps the place. When its turn
//! comes an agent's own phone rings, then the number is dialled.
//!
//! How it counts (`domain.md` 3.1): the call that was given up for it is an abandon, whatever becomes of the promise;
//! a promise that is kept is a line of its own, and one that is not becomes a missed-call return (R24). So the key
//! betters no figure, and nobody who pressed it is forgotten.

use std::collections::BTreeMap;

use types::{AgentId, CallId, GatewayId, LegId, Phone, Timestamp};

use crate::agent::micros;
use crate::call::{Call, Inbound, Stage};
use crate::config::millis;
use crate::core::Acd;
use crate::effect::Treatment;
use crate::endings::offer_end;
use crate::farewell::Farewell;
use crate::inbound::Moment;
use crate::index::{Lane, Wish};
use crate::input::{DialPurpose, EndCause, FailureCause};
use crate::offers::OfferEnd;
use crate::promises::{Dialling, Promise};
use crate::record::{
    AbandonCause, OutboundFailure, OwedCause, QueueCallbackOutcome, QueueCallbackRefusal, Record,
    StateCause,
};
use crate::redial::Earlier;
use crate::timers::Timer;

impl Acd {
    // --- the offer --------------------------------------------------------------------------------

    /// Sets the moment at which a waiting caller is offered a call back, if the centre offers it on that number.
    pub(crate) fn plan_callback_offer(&mut self, call: CallId) {
        let rules = &self.config.queue_callback;
        let wanted = self.inbound(call).filter(|inbound| {
            rules.is_offered_on(&inbound.dialled)
                && inbound.offers().is_some()
                && inbound.returned.is_none()
                && inbound.caller.is_some()
                && !inbound.callback_offered
        });
        let Some(due) = wanted.map(|inbound| inbound.ring_started + millis(rules.after_ms)) else {
            return self.timers.cancel(&Timer::CallbackOffer(call));
        };
        // Switched on while she waits: at the next tick.
        let soonest = self.now + millis(1);
        self.timers.set(Timer::CallbackOffer(call), due.max(soonest));
    }

    /// She has waited long enough. Phones that ring for her go on ringing.
    pub(crate) fn offer_callback(&mut self, call: CallId) {
        if !self.config.return_hours.includes(self.now) {
            return;
        }
        let rules = &self.config.queue_callback;
        let (prompts, answer) = (rules.offer_prompts.clone(), rules.answer);
        let Some(inbound) = self.inbound_mut(call).filter(|inbound| inbound.offers().is_some())
        else {
            return;
        };
        inbound.callback_offered = true;
        self.touched_calls.insert(call);
        self.record(Record::QueueCallbackOffered { call });
        self.order_treatment(call, Treatment::Prompts { prompts }, answer);
    }

    // --- the promise ------------------------------------------------------------------------------

    /// The key of the offer was pressed on the caller's leg, at `at` by the gateway's clock.
    pub(crate) fn callback_asked(&mut self, at: Timestamp, call: CallId) {
        let Some(inbound) = self.inbound(call) else { return };
        let waits = inbound.offers().is_some() && inbound.returned.is_none();
        if !(waits && inbound.callback_offered) {
            return;
        }
        let Some(caller) = inbound.caller.clone() else { return };
        match self.callback_refusal(&caller) {
            Some(reason) => self.refuse_callback(call, reason),
            None => self.promise_callback(at, call, caller),
        }
    }

    /// `None`: a promise can be given. A queue that is full takes none, for the promise keeps its place in it.
    fn callback_refusal(&self, caller: &Phone) -> Option<QueueCallbackRefusal> {
        let promises = self.promises.len();
        let places = self.counts.unresolved().saturating_add(promises as u64);
        let promises_max = self.config.queue_callback.promises_max;
        if !self.config.return_hours.includes(self.now) {
            Some(QueueCallbackRefusal::Night)
        } else if self.promises.of_number(&caller.national()).is_some() {
            Some(QueueCallbackRefusal::PromisedAlready)
        } else if places > u64::from(self.config.queue_len_max)
            || promises >= usize::try_from(promises_max).unwrap_or(usize::MAX)
        {
            Some(QueueCallbackRefusal::QueueFull)
        } else {
            None
        }
    }

    fn refuse_callback(&mut self, call: CallId, reason: QueueCallbackRefusal) {
        let rules = &self.config.queue_callback;
        let (prompts, answer) = (rules.refused_prompts.clone(), rules.answer);
        if let Some(inbound) = self.inbound_mut(call) {
            inbound.callback_offered = false;
            self.touched_calls.insert(call);
        }
        self.record(Record::QueueCallbackRefused { call, reason });
        self.order_treatment(call, Treatment::Prompts { prompts }, answer);
    }

    /// The place stays in the queue, the call ends with a prompt.
    fn promise_callback(&mut self, at: Timestamp, call: CallId, caller: Phone) {
        let Some(inbound) = self.inbound(call) else { return };
        let (gateway, leg, place_at) = (inbound.gateway.clone(), inbound.leg, inbound.place_at());
        let rules = &self.config.queue_callback;
        let (prompts, lasts_ms) = (rules.confirmed_prompts.clone(), rules.confirmed_ms);
        let expires_at = self.now + millis(rules.keep_ms);
        let promise = Promise {
            gateway: gateway.clone(),
            caller: caller.clone(),
            dialled: inbound.dialled.clone(),
            skills: inbound.skills.clone(),
            priority: inbound.priority,
            routing: inbound.routing.clone(),
            place_at,
            promised_at: self.now,
            expires_at,
            not_before: self.now,
            attempts: 0,
            avoid: inbound.avoid.clone(),
            dialling: None,
        };
        let expires_at = Some(expires_at);
        self.record_at(at, Record::QueueCallbackPromised { call, caller, place_at, expires_at });
        self.abandon(call, Moment::Gateway(at), AbandonCause::QueueCallback);
        self.bid_farewell(call, Farewell { gateway, leg }, prompts, lasts_ms);
        self.promises.insert(call, promise);
        self.plan_promise(call);
    }

    /// Where the promise stands in the queue, and when that changes by itself.
    fn plan_promise(&mut self, call: CallId) {
        let hours_change = self.config.return_hours.next_change(self.now);
        let due = self.promises.get(call).filter(|promise| promise.dialling.is_none()).map(|it| {
            let retry = (it.not_before > self.now).then_some(it.not_before);
            retry.into_iter().fold(it.expires_at.min(hours_change), Timestamp::min)
        });
        match due {
            Some(due) => self.timers.set(Timer::Promise(call), due),
            None => self.timers.cancel(&Timer::Promise(call)),
        }
        self.reindex_call(call);
    }

    /// The configuration or a gateway has changed.
    pub(crate) fn plan_promises(&mut self) {
        for call in self.promises.calls() {
            self.plan_promise(call);
        }
    }

    pub(crate) fn promise_due(&mut self, call: CallId) {
        let Some(promise) = self.promises.get(call) else { return };
        if promise.expires_at <= self.now {
            self.end_promise(call, QueueCallbackOutcome::Expired);
        } else {
            self.plan_promise(call);
        }
    }

    // --- its turn ---------------------------------------------------------------------------------

    /// What a promise asks the index for: a first agent, whenever its citizen may be called.
    pub(crate) fn promise_slot(&self, call: CallId) -> Option<Wish> {
        let promise = self.promises.get(call)?;
        let callable = promise.dialling.is_none()
            && promise.not_before <= self.now
            && self.config.return_hours.includes(self.now)
            && self.in_reach(&promise.gateway)
            && !self.draining.contains(&promise.gateway);
        let place = self.promise_place(call, promise);
        callable.then(|| Wish { place, keys: vec![(Lane::First, self.promise_want(promise))] })
    }

    /// Who shall not ring for this call, or for this promise, for a while.
    pub(crate) fn avoided(&self, call: CallId) -> Option<&BTreeMap<AgentId, Timestamp>> {
        let of_call = self.inbound(call).map(|inbound| &inbound.avoid);
        of_call.or_else(|| self.promises.get(call).map(|promise| &promise.avoid))
    }

    /// The turn of a promise has come: the agent's own phone rings. False for a call.
    pub(crate) fn keep_promise(&mut self, call: CallId, agent: AgentId) -> bool {
        let outbound = self.new_call();
        let Some(promise) = self.promises.get_mut(call) else { return false };
        promise.dialling = Some(Dialling { call: outbound, dialled: false });
        let (gateway, number) = (promise.gateway.clone(), promise.caller.clone());
        self.record(Record::QueueCallbackStarted { call, outbound, agent });
        self.dial(agent, &gateway, outbound, number, DialPurpose::QueueCallback);
        if let Some(Call::Outbound(outbound)) = self.calls.get_mut(&outbound) {
            outbound.promise = Some(call);
        }
        self.plan_promise(call);
        true
    }

    /// The agent's own phone rings for a promise.
    pub(crate) fn rings_for_promise(&self, call: CallId) -> bool {
        self.outbound(call).is_some_and(|it| it.promise.is_some() && it.stage == Stage::OwnPhone)
    }

    fn new_call(&mut self) -> CallId {
        self.legs_made += 1;
        CallId::derived(self.config.epoch, self.legs_made)
    }

    /// The agent has answered: the number is dialled, which is an attempt.
    pub(crate) fn promise_dialled(&mut self, call: CallId) {
        if let Some(promise) = self.promises.get_mut(call) {
            promise.attempts = promise.attempts.saturating_add(1);
            if let Some(dialling) = &mut promise.dialling {
                dialling.dialled = true;
            }
            let attempt = promise.attempts;
            self.record(Record::QueueCallbackAttempted { call, attempt });
        }
    }

    /// Citizen and agent hear each other.
    pub(crate) fn promise_kept(&mut self, call: CallId, outbound: CallId, agent: AgentId) {
        // It was given to her, as an offer is (R21).
        if let Some(agent) = self.agents.get_mut(&agent) {
            agent.idle_us = 0;
            agent.lapses = 0;
        }
        self.end_promise(call, QueueCallbackOutcome::Kept { outbound, agent });
    }

    /// The call out came to nothing: what that means for its agent, and for the promise.
    pub(crate) fn promise_not_kept(
        &mut self,
        call: CallId,
        agent: AgentId,
        failure: OutboundFailure,
    ) {
        let end = match failure {
            // She has put the ringing phone down.
            OutboundFailure::OwnPhone { cause: FailureCause::Withdrawn } => Some(OfferEnd::Refused),
            OutboundFailure::OwnPhone { cause } => Some(offer_end(cause)),
            OutboundFailure::ClerkGone { cause: EndCause::HungUp | EndCause::Ordered } => {
                Some(OfferEnd::Refused)
            }
            OutboundFailure::GatewayLost => Some(OfferEnd::Lost),
            OutboundFailure::Number { .. }
            | OutboundFailure::ClerkGone { .. }
            | OutboundFailure::CitizenGone { .. }
            | OutboundFailure::BridgeFailed
            | OutboundFailure::Repaired => None,
        };
        match end {
            Some(end) => self.free_offered(agent, end, None),
            None => self.rest(agent, StateCause::DialOver),
        }
        let pause = self.now + millis(self.config.refused_pause_ms);
        let retry_at = self.now + millis(self.config.queue_callback.retry_after_ms);
        let attempts_max = self.config.queue_callback.attempts_max;
        let Some(promise) = self.promises.get_mut(call) else { return };
        let dialled = promise.dialling.take().is_some_and(|dialling| dialling.dialled);
        if dialled {
            promise.not_before = retry_at;
        } else if matches!(end, Some(OfferEnd::Refused | OfferEnd::Failed(_))) {
            promise.avoid.insert(agent, pause);
        }
        let (attempts, number) = (promise.attempts, promise.caller.national());
        let (place_at, ours) = (promise.place_at, promise.dialled.clone());
        if let Some(by) = self.live_call_of(&number) {
            self.end_promise(call, QueueCallbackOutcome::Redialled { by });
            let waits_there = |of: &Inbound| of.dialled == ours && of.returned.is_none();
            if self.inbound(by).is_some_and(waits_there) {
                self.give_place(by, Earlier { call, place_at });
            }
        } else if attempts >= attempts_max {
            self.end_promise(call, QueueCallbackOutcome::NotReached);
        } else {
            self.promise_due(call);
        }
    }

    /// The citizen is on the line by herself.
    fn live_call_of(&self, number: &Phone) -> Option<CallId> {
        let is_hers = |inbound: &Inbound| {
            inbound.caller.as_ref().is_some_and(|caller| caller.national() == *number)
        };
        let calls = self.calls.iter();
        let inbound = calls.filter_map(|(call, known)| match known {
            Call::Inbound(inbound) => Some((*call, inbound)),
            Call::Outbound(_) => None,
        });
        inbound.filter(|(_, inbound)| is_hers(inbound)).map(|(call, _)| call).next()
    }

    /// Who was promised a call calls again, on the same number of ours: the new call goes on with the place. One that
    /// is being dialled just now is left alone.
    pub(crate) fn redialled_promise(
        &mut self,
        number: &Phone,
        dialled: &str,
        by: CallId,
    ) -> Option<Earlier> {
        let call = self.promises.of_number(number)?;
        let free = |it: &&Promise| it.dialling.is_none() && it.dialled == dialled;
        let promise = self.promises.get(call).filter(free)?;
        let place_at = promise.place_at;
        self.end_promise(call, QueueCallbackOutcome::Redialled { by });
        Some(Earlier { call, place_at })
    }

    /// A promise leaves the queue. Whoever was not called is owed a return; whoever redialled is in the queue.
    fn end_promise(&mut self, call: CallId, outcome: QueueCallbackOutcome) {
        let Some(promise) = self.promises.remove(call) else { return };
        self.timers.cancel(&Timer::Promise(call));
        self.reindex_call(call);
        let waited_us = micros(self.now, promise.promised_at);
        self.record(Record::QueueCallbackEnded { call, outcome, waited_us });
        let failed =
            matches!(outcome, QueueCallbackOutcome::NotReached | QueueCallbackOutcome::Expired);
        if failed {
            let (caller, cause) = (promise.caller, OwedCause::QueueCallback);
            self.record(Record::MissedCallReturnOwed { call, caller, cause });
        }
    }

    // --- what must hold ---------------------------------------------------------------------------

    /// A promise waits with a deadline, or a live call out is about to keep it (R01).
    pub(crate) fn promise_is_bounded(&self, call: CallId) -> bool {
        let Some(promise) = self.promises.get(call) else { return true };
        let has_deadline = self.timers.get(&Timer::Promise(call)).is_some();
        match promise.dialling {
            None => has_deadline,
            Some(dialling) => {
                let kept_by = self.outbound(dialling.call).and_then(|outbound| outbound.promise);
                !has_deadline && kept_by == Some(call)
            }
        }
    }

    /// Puts a promise whose call out is gone back into the queue.
    pub(crate) fn repair_promise(&mut self, call: CallId) {
        if let Some(promise) = self.promises.get_mut(call) {
            promise.dialling = None;
        }
        self.promise_due(call);
    }

    /// A key was pressed on a leg of a gateway.
    pub(crate) fn digit_pressed(
        &mut self,
        gateway: &GatewayId,
        at: Timestamp,
        (call, leg): (CallId, LegId),
        digit: char,
    ) {
        if self.screened_presses(gateway, (call, leg), digit) {
            return;
        }
        let callers_own = self.inbound(call).is_some_and(|inbound| inbound.leg == leg);
        if callers_own && digit == self.config.queue_callback.key {
            self.callback_asked(at, call);
        }
    }
}
