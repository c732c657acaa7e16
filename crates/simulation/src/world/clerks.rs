//! What agents do: they come and go, take breaks, pick up, wrap up, and come back when they were put Not-Ready.

use std::time::Duration;

use acd::{
    AgentCommand, AgentStateName, BreakReason, GatewayFact, Input, ProofOutcome, Record, RequestId,
};
use types::{AgentId, CallId, LegId};

use super::{Event, World};
use crate::draw::Spans;
use crate::ledger::is_break;
use crate::staff::{agent_of, device_of, index_of};

/// Who could not become Ready tries again no sooner than this.
const RETRY_MIN: Duration = Duration::from_secs(1);

impl World {
    pub(super) fn plan_turns(&mut self) {
        let mut events = Vec::new();
        for (index, clerk) in self.clerks.iter_mut().enumerate() {
            for turn in std::mem::take(&mut clerk.turns) {
                let clerk = index;
                events.push((turn.from, Event::TurnBegins { clerk }));
                events.extend(turn.until.map(|until| (until, Event::TurnEnds { clerk })));
                events.extend(turn.rests.into_iter().map(|rest| {
                    let (lasts, reason) = (rest.lasts, rest.reason);
                    (rest.at, Event::RestBegins { clerk, lasts, reason })
                }));
                let dies = |at| (at, Event::PhoneDies { clerk });
                events.extend(turn.phone_dies.into_iter().map(dies));
            }
        }
        for (at, event) in events {
            self.at(at, event);
        }
    }

    pub(super) fn turn_begins(&mut self, index: usize) {
        let Some(clerk) = self.clerks.get_mut(index) else { return };
        clerk.on_duty = true;
        clerk.phone_works = true;
        clerk.outage += 1;
        let (reserve, auto_answer) = (clerk.reserve, clerk.answers.auto);
        let signs_in = clerk.signs_in.clone().unwrap_or_else(|| AgentCommand::SignIn {
            skills: std::collections::BTreeSet::new(),
            levels: acd::SkillLevels::new(),
            reserve,
            tier: None,
            auto_answer,
        });
        self.ask(index, signs_in);
        let (agent, device) = (agent_of(index), device_of(index));
        self.report([GatewayFact::DeviceRegistered { agent, device }]);
        self.get_ready(index);
    }

    pub(super) fn turn_ends(&mut self, index: usize) {
        if let Some(clerk) = self.clerks.get_mut(index) {
            clerk.on_duty = false;
        }
        self.ask(index, AgentCommand::SignOut);
    }

    pub(super) fn rest_begins(&mut self, index: usize, lasts: Duration, reason: BreakReason) {
        let Some(clerk) = self.clerks.get_mut(index).filter(|clerk| clerk.on_duty) else { return };
        clerk.rest = lasts;
        self.ask(index, AgentCommand::NotReady { reason });
    }

    pub(super) fn rest_ends(&mut self, index: usize) {
        if self.clerks.get(index).is_some_and(|clerk| clerk.on_duty && is_break(clerk.state)) {
            self.get_ready(index);
        }
    }

    pub(super) fn returns(&mut self, index: usize) {
        let sent_away = |state| matches!(state, AgentStateName::NotReady { .. });
        let stands_by = self
            .clerks
            .get(index)
            .is_some_and(|clerk| clerk.on_duty && sent_away(clerk.state) && !is_break(clerk.state));
        if stands_by {
            self.get_ready(index);
        }
    }

    /// The page checks her headset, then she asks for Ready; refused, she tries again later.
    pub(super) fn get_ready(&mut self, index: usize) {
        if self.clerks.get(index).is_some_and(|clerk| clerk.phone_works) {
            let (agent, device, outcome) =
                (agent_of(index), device_of(index), ProofOutcome::Proved);
            self.report([GatewayFact::DeviceProved { agent, device, outcome }]);
        }
        if !self.ask(index, AgentCommand::Ready) {
            let retry = self.staff_draw.span(self.habits.returns_after).max(RETRY_MIN);
            // A break whose end could not be granted goes on until it is.
            let event = match self.clerks.get(index) {
                Some(clerk) if is_break(clerk.state) => Event::RestEnds { clerk: index },
                _ => Event::Returns { clerk: index },
            };
            self.at(self.now + retry, event);
        }
    }

    /// The phone that rang may have died, and come back, since.
    pub(super) fn picks_up(&mut self, leg: LegId, index: usize, outage: u32) {
        let same = |of: &&crate::staff::Clerk| of.phone_works && of.outage == outage;
        if self.clerks.get(index).filter(same).is_none() {
            return;
        }
        if let Some(call) = self.phones.call_of(leg) {
            self.report([GatewayFact::LegAnswered { call, leg }]);
        }
    }

    pub(super) fn extends_wrap_up(&mut self, index: usize, call: CallId) {
        if self.wraps_up(index, call) {
            self.ask(index, AgentCommand::ExtendWrapUp);
        }
    }

    pub(super) fn wrapped_up(&mut self, index: usize, call: CallId) {
        if self.wraps_up(index, call) {
            self.ask(index, AgentCommand::FinishWrapUp);
        }
    }

    fn wraps_up(&self, index: usize, call: CallId) -> bool {
        self.clerks.get(index).is_some_and(|clerk| clerk.wraps_up == Some(call))
    }

    /// Whether it was granted.
    fn ask(&mut self, index: usize, command: AgentCommand) -> bool {
        self.requests += 1;
        let (agent, request) = (agent_of(index), RequestId(self.requests));
        let granted = self.tell(Input::Agent { agent, request, command });
        self.report_all();
        granted
    }

    /// What a record means for an agent, and for what is written down of her time.
    pub(super) fn note_of_clerk(&mut self, record: &Record) {
        match record {
            Record::WrapUpStarted { agent, call } => self.wrap_up_starts(*agent, *call),
            Record::WrapUpEnded { agent, .. } => {
                if let Some(clerk) = self.clerks.get_mut(index_of(*agent)) {
                    clerk.wraps_up = None;
                }
            }
            Record::AgentStateChanged { agent, to, .. } => self.moves(*agent, *to),
            _ => {}
        }
    }

    fn moves(&mut self, agent: AgentId, to: AgentStateName) {
        let (index, now) = (index_of(agent), self.now);
        let Some(clerk) = self.clerks.get_mut(index) else { return };
        if let Some(ledger) = &mut self.ledger {
            ledger.spent(clerk.state, clerk.since, now);
        }
        clerk.state = to;
        clerk.since = now;
        let (on_duty, rest) = (clerk.on_duty, clerk.rest);
        match to {
            _ if !on_duty => {}
            _ if is_break(to) => self.at(now + rest, Event::RestEnds { clerk: index }),
            AgentStateName::NotReady { reason } if reason != acd::NotReadyReason::SignedIn => {
                self.after_staff(self.habits.returns_after, Event::Returns { clerk: index });
            }
            _ => {}
        }
    }

    fn wrap_up_starts(&mut self, agent: AgentId, call: CallId) {
        let Some(spans) = self.habits.wrap_up else { return };
        let index = index_of(agent);
        if let Some(clerk) = self.clerks.get_mut(index) {
            clerk.wraps_up = Some(call);
        }
        self.plan_wrap_up(index, call, spans);
    }

    /// Who needs longer than the limit extends it as often as she may, and is Ready at the last limit.
    fn plan_wrap_up(&mut self, index: usize, call: CallId, spans: Spans) {
        let span = self.staff_draw.span(spans);
        let (limit, extension, most) = self.wrap_up_limits;
        let mut granted = limit;
        for nth in 0..most {
            if span <= granted {
                break;
            }
            granted += extension;
            self.at(self.now, Event::ExtendsWrapUp { clerk: index, call, nth });
        }
        if span < granted {
            self.at(self.now + span, Event::WrappedUp { clerk: index, call });
        }
    }
}
