//! The machine: its memory, and what facts of the signalling and media rooms change in it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use types::{CallId, LegId, Phone, RecordingId, Timestamp, TrunkName};

use crate::input::Input;
use crate::leg::{Leg, LegKind, LegState};
use crate::output::{EndCause, Fact, FailureCause, Output, Source};

/// How many ended legs are remembered, so that a late order for one is silently already done.
const ENDED_MAX: usize = 20_000;

/// How the machine behaves by itself.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a CANCEL may stay unanswered before the leg counts as failed.
    pub cancel_limit: Duration,
    /// Without a server: how long a caller rings before the waiting music answers.
    pub unattended_answer_after: Duration,
    /// Prompts for a citizen whose agent's phone sends nothing any more; music follows.
    pub media_lost_notice: Vec<String>,
    /// Prompts for both, on top of the conversation, when that phone is back.
    pub media_back_notice: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cancel_limit: Duration::from_secs(2),
            unattended_answer_after: Duration::from_secs(10),
            media_lost_notice: vec!["hold_notice".to_owned()],
            media_back_notice: vec!["hold_resume".to_owned()],
        }
    }
}

/// What belongs to a call rather than to one of its legs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call {
    pub caller: Option<Phone>,
    pub dialled: String,
    pub rang_at: Option<Timestamp>,
    pub recording: Option<RecordingId>,
}

/// All calls of one gateway.
#[derive(Debug)]
pub struct Machine {
    pub(crate) settings: Settings,
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) legs: BTreeMap<LegId, Leg>,
    ended: BTreeSet<LegId>,
    ended_order: VecDeque<LegId>,
    server_lost: bool,
    pub(crate) out: Vec<Output>,
}

impl Machine {
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            calls: BTreeMap::new(),
            legs: BTreeMap::new(),
            ended: BTreeSet::new(),
            ended_order: VecDeque::new(),
            server_lost: false,
            out: Vec::new(),
        }
    }

    /// Takes one input and says what is to be done, in order. `now` never runs backwards.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        match input {
            Input::CallerArrived { .. } => self.caller_arrived(now, input),
            Input::Ringing { leg, early_media } => self.ringing(leg, early_media),
            Input::Answered { leg } => self.answered(now, leg),
            Input::Refused { leg, cause, sip_status } => self.refused(now, leg, cause, sip_status),
            Input::Gone { leg, cause } => self.gone(now, leg, cause),
            Input::PhoneHold { leg, held } => self.phone_hold(leg, held),
            Input::Digit { leg, digit } => {
                self.report_of(leg, |call| Fact::Digit { call, leg, digit });
            }
            Input::MediaLost { leg } => self.media(leg, true),
            Input::MediaBack { leg } => self.media(leg, false),
            Input::Order(order) => self.order(now, order),
            Input::ServerLost => self.server_lost = true,
            Input::ServerBack => self.server_lost = false,
            Input::Stop => self.stop(),
            Input::Tick => {}
        }
        self.strike(now);
        std::mem::take(&mut self.out)
    }

    /// When `handle` must be called with [`Input::Tick`] at the latest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.legs.values().filter_map(|leg| self.deadline_of(leg)).min()
    }

    /// Whether no leg exists.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.legs.is_empty() && self.calls.is_empty()
    }

    #[must_use]
    pub fn leg_count(&self) -> usize {
        self.legs.len()
    }

    /// Citizens whom this trunk has brought.
    #[must_use]
    pub fn callers(&self, trunk: &TrunkName) -> usize {
        let brought =
            |leg: &&Leg| matches!(&leg.kind, LegKind::Caller { trunk: of } if of == trunk);
        self.legs.values().filter(brought).count()
    }

    fn deadline_of(&self, leg: &Leg) -> Option<Timestamp> {
        let unattended = self.server_lost && leg.state == LegState::CallerRinging;
        if unattended {
            Some(leg.since + self.settings.unattended_answer_after)
        } else {
            leg.deadline()
        }
    }

    fn strike(&mut self, now: Timestamp) {
        let due: Vec<LegId> = self
            .legs
            .iter()
            .filter(|(_, leg)| self.deadline_of(leg).is_some_and(|at| at <= now))
            .map(|(&id, _)| id)
            .collect();
        for id in due {
            match self.legs.get(&id).map(|leg| leg.state.clone()) {
                Some(LegState::Inviting { .. }) => self.cancel(now, id, FailureCause::NoAnswer),
                Some(LegState::Cancelling { cause, .. }) => self.fail(id, cause, None),
                Some(LegState::CallerRinging) => {
                    self.answer_caller(now, id);
                    self.hear(id, Source::Music);
                }
                _ => {}
            }
        }
    }

    fn caller_arrived(&mut self, now: Timestamp, input: Input) {
        let Input::CallerArrived { call, leg, caller, dialled, trunk, sip_call_id, arrived_at } =
            input
        else {
            return;
        };
        if self.legs.contains_key(&leg) || self.ended.contains(&leg) {
            return;
        }
        let record = self.calls.entry(call).or_default();
        record.caller.clone_from(&caller);
        record.dialled.clone_from(&dialled);
        record.rang_at = Some(now);
        self.insert(
            now,
            leg,
            call,
            LegKind::Caller { trunk: trunk.clone() },
            LegState::CallerRinging,
        );
        self.out.push(Output::Ring { leg });
        self.report(Fact::CallArrived {
            call,
            leg,
            caller,
            dialled,
            trunk,
            sip_call_id,
            arrived_at,
            rang_at: now,
        });
    }

    fn ringing(&mut self, id: LegId, early_media: bool) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if !matches!(leg.state, LegState::Inviting { .. }) {
            return;
        }
        let call = leg.call;
        let first = !std::mem::replace(&mut leg.rang, true);
        let newly_early = early_media && !std::mem::replace(&mut leg.early_media, true);
        let outbound = matches!(leg.kind, LegKind::Outbound { .. });
        if first {
            self.report(Fact::LegRinging { call, leg: id });
        }
        if newly_early && outbound {
            for clerk in self.waiting_agents(call) {
                self.hear(clerk, Source::Peer(id));
            }
        }
    }

    fn answered(&mut self, now: Timestamp, id: LegId) {
        match self.legs.get(&id).map(|leg| (leg.call, leg.state.clone())) {
            Some((call, LegState::Inviting { .. })) => {
                self.set(now, id, LegState::Waiting);
                self.hear(id, Source::Silence);
                self.report(Fact::LegAnswered { call, leg: id });
            }
            // The 200 crossed our CANCEL: acknowledged by the host, hung up by us.
            Some((_, LegState::Cancelling { cause, .. })) => {
                self.out.push(Output::Bye { leg: id });
                self.fail(id, cause, None);
            }
            // A 200 for a leg that is over already: nobody wants it.
            None => self.out.push(Output::Bye { leg: id }),
            Some(_) => {}
        }
    }

    fn refused(&mut self, now: Timestamp, id: LegId, cause: FailureCause, status: Option<u16>) {
        match self.legs.get(&id).map(|leg| leg.state.clone()) {
            Some(LegState::Inviting { .. }) => self.fail(id, cause, status),
            Some(LegState::Cancelling { cause: planned, .. }) => self.fail(id, planned, None),
            // A refusal cannot follow an answer; the far side is confused and the leg is over.
            Some(_) => self.gone(now, id, EndCause::Fault),
            None => {}
        }
    }

    fn gone(&mut self, now: Timestamp, id: LegId, cause: EndCause) {
        match self.legs.get(&id).map(|leg| leg.state.clone()) {
            None => {}
            Some(LegState::Inviting { .. }) => self.fail(id, FailureCause::Rejected, None),
            Some(LegState::Cancelling { cause: planned, .. }) => self.fail(id, planned, None),
            Some(_) => {
                if self.leaves_a_citizen(id, cause) {
                    self.lose_agent(id, cause);
                } else if let Some(peer) = self.end(id, cause) {
                    self.out.push(Output::Bye { leg: peer });
                    self.end(peer, EndCause::PeerHungUp);
                }
                self.after_caller(now);
            }
        }
    }

    /// All other legs of an inbound call whose citizen is gone are ended at once, a neighbouring centre's too, whatever
    /// the server does: ringing ones are withdrawn, one that answered meanwhile is hung up (R05).
    pub(crate) fn after_caller(&mut self, now: Timestamp) {
        let orphans: Vec<(LegId, bool)> = self
            .legs
            .iter()
            .filter(|(_, leg)| self.calls.get(&leg.call).is_some_and(|c| c.rang_at.is_some()))
            .filter(|(_, leg)| !self.has_caller(leg.call))
            .map(|(&id, leg)| (id, leg.is_answered()))
            .collect();
        for (id, answered) in orphans {
            if answered {
                self.out.push(Output::Bye { leg: id });
                self.end(id, EndCause::PeerHungUp);
            } else if self
                .legs
                .get(&id)
                .is_some_and(|l| matches!(l.state, LegState::Inviting { .. }))
            {
                self.cancel(now, id, FailureCause::Withdrawn);
            }
        }
    }

    fn has_caller(&self, call: CallId) -> bool {
        self.legs.values().any(|leg| leg.call == call && leg.is_caller())
    }

    fn phone_hold(&mut self, id: LegId, held: bool) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let LegState::Connected { phone_hold, .. } = &mut leg.state else { return };
        if *phone_hold != held {
            *phone_hold = held;
            self.hold_changed(id, held);
        }
    }

    fn stop(&mut self) {
        for id in self.legs.keys().copied().collect::<Vec<_>>() {
            let Some(leg) = self.legs.get(&id) else { continue };
            match leg.state {
                LegState::CallerRinging => {
                    self.out.push(Output::Reject { leg: id, status: 503 });
                    self.end(id, EndCause::GatewayStopping);
                }
                LegState::Inviting { .. } => {
                    self.out.push(Output::Cancel { leg: id });
                    self.fail(id, FailureCause::GatewayFault, None);
                }
                LegState::Cancelling { cause, .. } => self.fail(id, cause, None),
                LegState::Waiting | LegState::Connected { .. } => {
                    self.out.push(Output::Bye { leg: id });
                    self.end(id, EndCause::GatewayStopping);
                }
            }
        }
    }

    // --- small steps that the orders share -----------------------------------------------------

    pub(crate) fn insert(
        &mut self,
        now: Timestamp,
        id: LegId,
        call: CallId,
        kind: LegKind,
        state: LegState,
    ) {
        let leg =
            Leg { call, kind, state, since: now, rang: false, early_media: false, silent: false };
        self.legs.insert(id, leg);
    }

    pub(crate) fn set(&mut self, now: Timestamp, id: LegId, state: LegState) {
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.state = state;
            leg.since = now;
        }
    }

    pub(crate) fn report(&mut self, fact: Fact) {
        self.out.push(Output::Report(fact));
    }

    pub(crate) fn report_of(&mut self, id: LegId, fact: impl FnOnce(CallId) -> Fact) {
        if let Some(call) = self.legs.get(&id).map(|leg| leg.call) {
            self.report(fact(call));
        }
    }

    pub(crate) fn hear(&mut self, leg: LegId, source: Source) {
        self.out.push(Output::Hear { leg, source });
    }

    pub(crate) fn was_known(&self, id: LegId) -> bool {
        self.legs.contains_key(&id) || self.ended.contains(&id)
    }

    pub(crate) fn waiting_agents(&self, call: CallId) -> Vec<LegId> {
        self.legs
            .iter()
            .filter(|(_, leg)| leg.call == call && leg.state == LegState::Waiting)
            .filter(|(_, leg)| leg.is_agent())
            .map(|(&id, _)| id)
            .collect()
    }

    pub(crate) fn answer_caller(&mut self, now: Timestamp, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        if leg.state == LegState::CallerRinging {
            let call = leg.call;
            self.set(now, id, LegState::Waiting);
            self.out.push(Output::Answer { leg: id });
            self.report(Fact::LegAnswered { call, leg: id });
        }
    }

    pub(crate) fn cancel(&mut self, now: Timestamp, id: LegId, cause: FailureCause) {
        self.out.push(Output::Cancel { leg: id });
        let until = now + self.settings.cancel_limit;
        self.set(now, id, LegState::Cancelling { cause, until });
    }

    /// The leg never came to be.
    pub(crate) fn fail(&mut self, id: LegId, cause: FailureCause, sip_status: Option<u16>) {
        if let Some(leg) = self.remove(id) {
            self.report(Fact::LegFailed { call: leg.call, leg: id, cause, sip_status });
            self.forget_empty_call(leg.call);
        }
    }

    /// The leg is over; gives the peer that it was connected with, which now waits.
    pub(crate) fn end(&mut self, id: LegId, cause: EndCause) -> Option<LegId> {
        let peer = self.legs.get(&id).and_then(Leg::peer);
        self.part(id);
        let leg = self.remove(id)?;
        self.report(Fact::LegEnded { call: leg.call, leg: id, cause });
        self.forget_empty_call(leg.call);
        peer
    }

    /// Ends the connection of a leg, if it has one: both wait, the recording stops.
    pub(crate) fn part(&mut self, id: LegId) {
        let Some(peer) = self.legs.get(&id).and_then(Leg::peer) else { return };
        for one in [id, peer] {
            if let Some(leg) = self.legs.get_mut(&one) {
                leg.state = LegState::Waiting;
            }
        }
        let call = self.legs.get(&id).map(|leg| leg.call);
        for call in call.into_iter().chain(self.legs.get(&peer).map(|leg| leg.call)) {
            self.stop_recording(call);
        }
    }

    pub(crate) fn stop_recording(&mut self, call: CallId) {
        if self.calls.get_mut(&call).is_some_and(|c| c.recording.take().is_some()) {
            self.out.push(Output::StopRecording { call });
        }
    }

    pub(crate) fn hold_changed(&mut self, id: LegId, held: bool) {
        let Some(leg) = self.legs.get(&id) else { return };
        let call = leg.call;
        let LegState::Connected { ordered_hold, phone_hold, media_lost, .. } = leg.state else {
            return;
        };
        let both = ordered_hold && phone_hold;
        let any = ordered_hold || phone_hold;
        // Who waits for a phone that is held or lost already goes on hearing what was chosen then.
        if held && !both && !media_lost {
            self.mute(id, Source::Music);
        } else if !held && !any && !media_lost {
            self.unmute(id, Vec::new());
        }
        if held && !both {
            self.report(Fact::LegHeld { call, leg: id });
        } else if !held && !any {
            self.report(Fact::LegRetrieved { call, leg: id });
        }
    }

    fn remove(&mut self, id: LegId) -> Option<Leg> {
        let leg = self.legs.remove(&id)?;
        self.out.push(Output::CloseMedia { leg: id });
        self.remember(id);
        Some(leg)
    }

    /// Remembers that a leg is over (or never was), so that it is reported once.
    pub(crate) fn remember(&mut self, id: LegId) {
        self.ended.insert(id);
        self.ended_order.push_back(id);
        if self.ended_order.len() > ENDED_MAX
            && let Some(oldest) = self.ended_order.pop_front()
        {
            self.ended.remove(&oldest);
        }
    }

    fn forget_empty_call(&mut self, call: CallId) {
        if !self.legs.values().any(|leg| leg.call == call) {
            self.stop_recording(call);
            self.calls.remove(&call);
        }
    }
}
