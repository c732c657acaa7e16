//! What the server's orders change. An order that cannot be carried out is answered by `LegFailed`
//! unless the leg has been known: then its end has been reported already.

use std::time::Duration;

use types::{CallId, LegId, RecordingId, Timestamp};

use crate::input::{AnswerMode, Offer, Order, Target, Treatment};
use crate::leg::{LegKind, LegState};
use crate::machine::Machine;
use crate::output::{EndCause, Fact, FailureCause, Output, Source};

impl Machine {
    pub(crate) fn order(&mut self, now: Timestamp, order: Order) {
        match order {
            Order::Treat { call, leg, treatment, answer } => {
                self.treat(now, call, leg, treatment, answer);
            }
            Order::Offer(offer) => self.offer(now, offer),
            Order::Withdraw { call, leg } => self.withdraw(now, call, leg),
            Order::Connect { call, first, second, record, notice } => {
                self.connect(now, call, first, second, record, notice);
            }
            Order::Hold { call, leg } => self.ordered_hold(call, leg, true),
            Order::Retrieve { call, leg } => self.ordered_hold(call, leg, false),
            Order::Originate { call, leg, to, caller_id, ring_limit_ms, auto_answer } => {
                self.originate(now, call, leg, to, caller_id, ring_limit_ms, auto_answer);
            }
            Order::End { call, leg, with_peer, refused } => {
                self.end_ordered(now, call, leg, with_peer, refused);
            }
        }
    }

    fn treat(
        &mut self,
        now: Timestamp,
        call: CallId,
        id: LegId,
        what: Treatment,
        mode: AnswerMode,
    ) {
        if self.missing(call, id) {
            return;
        }
        let ringing = self.legs.get(&id).is_some_and(|leg| leg.state == LegState::CallerRinging);
        match mode {
            AnswerMode::Answer => self.answer_caller(now, id),
            AnswerMode::EarlyMedia if ringing => self.out.push(Output::Progress { leg: id }),
            AnswerMode::EarlyMedia | AnswerMode::KeepRinging => {}
        }
        if self.legs.get(&id).is_some_and(|leg| leg.peer().is_none()) {
            let source = match what {
                Treatment::Ringback => Source::Ringback,
                Treatment::Music => Source::Music,
                Treatment::Prompts(prompts) => Source::Prompts(prompts),
                Treatment::Silence => Source::Silence,
            };
            self.hear(id, source);
        }
    }

    fn offer(&mut self, now: Timestamp, offer: Offer) {
        let Offer { call, leg, agent, caller, dialled, ring_limit_ms, auto_answer } = offer;
        if self.was_known(leg) {
            return;
        }
        if !self.calls.contains_key(&call) {
            return self.unknown(call, leg);
        }
        let until = now + Duration::from_millis(u64::from(ring_limit_ms));
        self.insert(now, leg, call, LegKind::Agent { agent }, LegState::Inviting { until });
        self.out.push(Output::InviteAgent { call, leg, agent, caller, dialled, auto_answer });
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one order, taken apart")]
    fn originate(
        &mut self,
        now: Timestamp,
        call: CallId,
        leg: LegId,
        to: Target,
        caller_id: String,
        ring_limit_ms: u32,
        auto_answer: bool,
    ) {
        if self.was_known(leg) {
            return;
        }
        self.calls.entry(call).or_default();
        let until = now + Duration::from_millis(u64::from(ring_limit_ms));
        let state = LegState::Inviting { until };
        match to {
            Target::Agent(agent) => {
                self.insert(now, leg, call, LegKind::Agent { agent }, state);
                self.out.push(Output::InviteAgent {
                    call,
                    leg,
                    agent,
                    caller: None,
                    dialled: caller_id,
                    auto_answer,
                });
            }
            Target::Number(number) => {
                let kind = LegKind::Outbound { number: number.clone() };
                self.insert(now, leg, call, kind, state);
                for clerk in self.waiting_agents(call) {
                    self.hear(clerk, Source::Ringback);
                }
                self.out.push(Output::InviteNumber { call, leg, number, caller_id });
            }
        }
    }

    fn withdraw(&mut self, now: Timestamp, call: CallId, id: LegId) {
        if self.missing(call, id) {
            return;
        }
        match self.legs.get(&id).map(|leg| leg.state.clone()) {
            Some(LegState::Inviting { .. }) => self.cancel(now, id, FailureCause::Withdrawn),
            Some(LegState::Waiting | LegState::Connected { .. }) => {
                self.end_ordered(now, call, id, false, false);
            }
            _ => {}
        }
    }

    fn connect(
        &mut self,
        now: Timestamp,
        call: CallId,
        first: LegId,
        second: LegId,
        record: Option<RecordingId>,
        notice: Vec<String>,
    ) {
        if self.missing(call, first) | self.missing(call, second) || first == second {
            return;
        }
        if self.legs.get(&first).is_some_and(|leg| leg.peer() == Some(second)) {
            return;
        }
        self.answer_caller(now, first);
        self.answer_caller(now, second);
        let ready = |id: &LegId| self.legs.get(id).is_some_and(|leg| leg.is_answered());
        if !ready(&first) || !ready(&second) {
            return;
        }
        for one in [first, second] {
            if let Some(former) = self.legs.get(&one).and_then(|leg| leg.peer()) {
                self.part(one);
                self.hear(former, Source::Music);
            }
        }
        for (one, peer) in [(first, second), (second, first)] {
            let media_lost = false;
            let state =
                LegState::Connected { peer, ordered_hold: false, phone_hold: false, media_lost };
            self.set(now, one, state);
        }
        self.out.push(Output::Bridge { first, second, notice });
        self.stop_recording(call);
        if let (Some(recording), Some(record)) = (record, self.calls.get_mut(&call)) {
            record.recording = Some(recording);
            self.out.push(Output::StartRecording { call, recording, first, second });
        }
        self.report(Fact::LegsConnected { call, first, second });
        self.silent_from_the_start(first, second);
    }

    fn ordered_hold(&mut self, call: CallId, id: LegId, held: bool) {
        if self.missing(call, id) {
            return;
        }
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let LegState::Connected { ordered_hold, .. } = &mut leg.state else { return };
        if *ordered_hold != held {
            *ordered_hold = held;
            self.hold_changed(id, held);
        }
    }

    fn end_ordered(
        &mut self,
        now: Timestamp,
        call: CallId,
        id: LegId,
        with_peer: bool,
        refused: bool,
    ) {
        if self.missing(call, id) {
            return;
        }
        match self.legs.get(&id).map(|leg| leg.state.clone()) {
            Some(LegState::CallerRinging) => {
                let status = if refused { 486 } else { 480 };
                self.out.push(Output::Reject { leg: id, status });
                self.end(id, EndCause::Ordered);
            }
            Some(LegState::Inviting { .. }) => self.cancel(now, id, FailureCause::Withdrawn),
            Some(LegState::Waiting | LegState::Connected { .. }) => {
                self.out.push(Output::Bye { leg: id });
                match self.end(id, EndCause::Ordered) {
                    Some(peer) if with_peer => {
                        self.out.push(Output::Bye { leg: peer });
                        self.end(peer, EndCause::PeerHungUp);
                    }
                    Some(peer) => self.hear(peer, Source::Music),
                    None => {}
                }
            }
            Some(LegState::Cancelling { .. }) | None => {}
        }
        self.after_caller(now);
    }

    /// Whether the leg does not exist in the call; a leg that never did is reported.
    fn missing(&mut self, call: CallId, id: LegId) -> bool {
        if self.legs.get(&id).is_some_and(|leg| leg.call == call) {
            return false;
        }
        if !self.was_known(id) {
            self.unknown(call, id);
        }
        true
    }

    fn unknown(&mut self, call: CallId, leg: LegId) {
        self.remember(leg);
        let cause = FailureCause::UnknownTarget;
        self.report(Fact::LegFailed { call, leg, cause, sip_status: None });
    }
}
