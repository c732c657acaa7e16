//! What must hold in every world, at every step and at rest.

use acd::rates::{facts, tally};
use acd::{
    AgentStateName, AgentView, CallEndCause, Effect, GuardStep, JournalEntry, NotReadyReason,
    QueueCallbackOutcome, Record, ReturnCause, SkillLevel, TakenBack, Tier, View, WaitingView,
    replay,
};
use types::{CallId, Timestamp};

use super::{Seen, World};

/// Steps from one look at the floor to the next: several changes come together.
const LOOK_EVERY: usize = 3;

impl World {
    pub(super) fn check_step(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::InvariantBroken { broken } => panic!("{broken:?} {}", self.trace()),
                Effect::Record { at, record } => {
                    self.keep_story(*at, record);
                    self.rates.apply(record);
                    self.keep_outcome(record);
                    self.tell(record);
                    self.count(record);
                }
                _ => {}
            }
        }
        let broken = self.acd.check_all();
        assert!(broken.is_empty(), "{broken:?} {}", self.trace());
        if let Some(next) = self.acd.next_deadline() {
            assert!(next > self.now(), "a deadline in the past {}", self.trace());
        }
        if self.journal.len().is_multiple_of(LOOK_EVERY) {
            self.check_board();
        }
        if self.watch_fairness {
            self.check_fairness(effects);
        }
    }

    fn keep_outcome(&mut self, record: &Record) {
        if matches!(
            record,
            Record::CallArrived { .. }
                | Record::CallAnswered { .. }
                | Record::CallAbandoned { .. }
                | Record::CallResumed { .. }
        ) {
            self.outcomes.push(record.clone());
        }
    }

    fn tell(&mut self, record: &Record) {
        let word = match record {
            Record::CallAnswered { line: true, .. } => "answered_by_line",
            Record::CallAnswered { .. } => "answered",
            Record::OfferRingsOn { .. } => "rings_on",
            Record::MediaLost { .. } => "media_lost",
            Record::MediaBack { .. } => "media_back",
            Record::CallReturned { cause: ReturnCause::MediaLost, .. } => "returned_media_lost",
            Record::CallReturned { cause: ReturnCause::LegLost, .. } => "returned_leg_lost",
            Record::CallTakenOver { .. } => "taken_over",
            Record::CallRejoined { .. } => "rejoined",
            Record::RejoinFailed { .. } => "rejoin_failed",
            Record::AgentStateChanged {
                to: AgentStateName::NotReady { reason: NotReadyReason::MicroBreak },
                ..
            } => "micro_break",
            Record::CallEnded { cause: CallEndCause::AgentLost, .. } => "given_up_waiting_again",
            Record::CallResumed { takes_back: TakenBack::EndedInQueue, .. } => "resumed_in_queue",
            Record::QueueCallbackPromised { .. } => "promised",
            Record::QueueCallbackEnded { outcome: QueueCallbackOutcome::Kept { .. }, .. } => {
                "promise_kept"
            }
            Record::QueueCallbackEnded {
                outcome: QueueCallbackOutcome::NotReached | QueueCallbackOutcome::Expired,
                ..
            } => "promise_in_vain",
            Record::PlaceKept { .. } => "place_kept",
            Record::CallScreened { .. } => "screened",
            Record::ScreenedCallAdmitted { .. } => "let_in_by_key",
            _ => return,
        };
        *self.told.entry(word).or_default() += 1;
    }

    /// Each call: arrived once, answered or abandoned once, ended once after an answer. In between it
    /// is returned and taken over in turn.
    fn count(&mut self, record: &Record) {
        let (call, change): (CallId, fn(&mut Seen)) = match record {
            Record::CallArrived { call, .. } => (*call, |seen| seen.arrived += 1),
            Record::CallAnswered { call, .. } => (*call, |seen| seen.answered += 1),
            Record::CallAbandoned { call, .. } => (*call, |seen| seen.abandoned += 1),
            Record::CallEnded { call, .. } => (*call, |seen| seen.ended += 1),
            Record::CallResumed { call, takes_back: TakenBack::Abandoned } => {
                (*call, |seen| seen.abandoned -= 1)
            }
            Record::CallResumed {
                call,
                takes_back: TakenBack::Ended | TakenBack::EndedInQueue,
            } => (*call, |seen| seen.ended -= 1),
            Record::CallReturned { call, .. } => (*call, |seen| seen.returned += 1),
            Record::CallTakenOver { call, .. } => (*call, |seen| seen.taken_over += 1),
            Record::QueueCallbackPromised { call, .. } => (*call, |seen| seen.promised += 1),
            Record::QueueCallbackEnded { call, .. } => (*call, |seen| seen.promise_ended += 1),
            _ => return,
        };
        let seen = self.seen.entry(call).or_default();
        change(seen);
        let seen = *seen;
        let whole = seen.arrived == 1
            && (0..=1).contains(&seen.promised)
            && (0..=seen.promised).contains(&seen.promise_ended)
            && (0..=1).contains(&(seen.answered + seen.abandoned))
            && (0..=seen.answered).contains(&seen.ended)
            && seen.abandoned >= 0
            && (0..=seen.answered).contains(&(seen.returned - seen.taken_over));
        assert!(whole, "{call} {seen:?} {}", self.trace());
    }

    /// What is kept from look to look equals what is made anew, except that an idle agent's time stands still in it.
    fn check_board(&mut self) {
        let (shown, whole) = (self.acd.show(), self.acd.view());
        let same = |one: &AgentView, other: &AgentView| {
            AgentView { idle_us: other.idle_us, ..one.clone() } == *other
        };
        let agents = shown.agents.len() == whole.agents.len()
            && shown.agents.iter().zip(whole.agents.iter()).all(|(one, other)| same(one, other));
        let rest = View { agents: whole.agents.clone(), ..shown.clone() };
        assert!(agents && rest == whole, "{shown:?}\ninstead of\n{whole:?}\n{}", self.trace());
        self.check_idle(&whole);
    }

    /// R06, by looking at everybody: nobody is ready beside a call that nobody rings for and that she may take.
    fn check_idle(&mut self, view: &View) {
        if view.gateways.iter().any(|gateway| !gateway.connected) {
            return;
        }
        for call in view.waiting.iter() {
            if call.waits_for.is_some() {
                *self.told.entry("waits_for_preferred").or_default() += 1;
            } else if call.offers == 0 && !call.connecting {
                let idle = view.agents.iter().find(|agent| may_take(agent, call));
                assert!(idle.is_none(), "{idle:?} beside {call:?} {}", self.trace());
            }
        }
        let tired = view.agents.iter().filter(|agent| agent.tired).count();
        *self.told.entry("tired").or_default() += tired as u64;
    }

    fn check_fairness(&self, effects: &[Effect]) {
        let view = self.acd.view();
        let place_of = |call: CallId| view.waiting.iter().find(|waiting| waiting.call == call);
        for effect in effects {
            let Effect::Record { record: Record::OfferMade { call, step, .. }, .. } = effect else {
                continue;
            };
            let Some(served) = place_of(*call).filter(|_| *step != GuardStep::Reserve) else {
                continue;
            };
            let overtaken = view.waiting.iter().find(|other| {
                other.offers == 0
                    && !other.connecting
                    && other.waits_for.is_none()
                    && other.skills == served.skills
                    && other.routing.min_levels == served.routing.min_levels
                    && other.routing.queue == served.routing.queue
                    && (!other.returned, other.class, other.counts_from)
                        < (!served.returned, served.class, served.counts_from)
            });
            assert!(overtaken.is_none(), "{served:?} before {overtaken:?} {}", self.trace());
        }
    }

    /// The world comes to rest: everybody hangs up, the truth is told. Then nothing may be left over.
    pub fn settle(&mut self) {
        while !self.late.is_empty() {
            self.deliver_late();
        }
        self.gateway.legs.clear();
        self.snapshot();
        self.pass_ms(5_000);
        self.gateway.legs.clear();
        self.snapshot();
        self.pass_ms(700_000);
        let view = self.acd.view();
        let busy = view.agents.iter().find(|agent| {
            matches!(
                agent.state,
                AgentStateName::Offered | AgentStateName::Talking | AgentStateName::Outbound
            )
        });
        assert!(busy.is_none(), "left over: {busy:?} {}", self.trace());
        assert!(view.waiting.is_empty() && view.talking.is_empty(), "{}", self.trace());
        assert!(view.queue_callbacks.is_empty(), "{}", self.trace());
        let forgotten = self.seen.values().any(|seen| seen.promised != seen.promise_ended);
        assert!(!forgotten, "a promise without an end {}", self.trace());
        let counts = self.acd.counts();
        assert_eq!(counts.arrived, counts.answered + counts.abandoned, "{}", self.trace());
        assert_eq!(counts.answered, counts.ended, "{}", self.trace());
        self.check_rates();
        self.check_stories();
    }

    /// The live counter equals the recomputation.
    fn check_rates(&self) {
        let day_later = Timestamp::from_micros(self.gateway_now().as_micros() + 300_000_000);
        let live = self.rates.window(day_later);
        let until = day_later.as_micros().div_euclid(300_000_000) * 300_000_000;
        let from = Timestamp::from_micros(until - 86_400_000_000);
        let until = Timestamp::from_micros(until);
        let again = tally(&facts(&self.outcomes), from, until, day_later);
        assert_eq!(live, again, "{}", self.trace());
        assert_eq!(live.requests, self.acd.counts().arrived, "{}", self.trace());
        assert_eq!(live.answered, self.acd.counts().answered, "{}", self.trace());
    }

    /// A replay of the journal decides alike, also after a way through JSON.
    pub fn check_replay(&self) {
        let lines: Vec<String> =
            self.journal.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
        let entries: Vec<JournalEntry> =
            lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(entries, self.journal, "{}", self.trace());
        let replayed = replay(entries).unwrap_or_else(|found| panic!("{found} {}", self.trace()));
        assert_eq!(replayed, self.acd, "{}", self.trace());
    }
}

/// A regular agent who is ready and has what the call wants.
fn may_take(agent: &AgentView, call: &WaitingView) -> bool {
    let least = |skill| call.routing.min_levels.get(skill).copied().unwrap_or(SkillLevel::LEAST);
    agent.state == AgentStateName::Ready
        && agent.reachable
        && agent.tier == Tier::Regular
        && call.skills.iter().all(|skill| agent.levels.get(skill) >= Some(&least(skill)))
}
