//! What a journal tells of agents: turns, breaks, how soon they pick up, wrap up, come back.

use std::collections::BTreeMap;

use acd::{Acd, AgentCommand, AgentStateName, BreakReason, NotReadyReason, Record};
use types::{AgentId, LegId, Timestamp};

use crate::draw::Spans;
use crate::staff::{Answers, Clerk, Rest, Turn};

/// An agent with fewer samples than this is taken for one like the others.
const SAMPLES_MIN: usize = 10;
/// Where nobody ever answered: seconds from ring to answer.
const PICK_UP_S: f64 = 3.0;
/// Somebody answers now and then.
const UNANSWERED_MAX: f64 = 0.95;

/// Everybody the journal names.
#[derive(Debug, Default)]
pub(super) struct Agents {
    seen: BTreeMap<AgentId, Seen>,
    /// Phones that ring: whose, and since when.
    ringing: BTreeMap<LegId, (AgentId, Timestamp)>,
    wrap_ups: Vec<f64>,
    returns: Vec<f64>,
    /// Calls that agents made.
    pub(super) outbound: u64,
}

/// One agent.
#[derive(Debug, Clone)]
struct Seen {
    signs_in: Option<AgentCommand>,
    state: AgentStateName,
    since: Timestamp,
    turn: Option<Turn>,
    turns: Vec<Turn>,
    pick_ups: Vec<f64>,
    lapses: usize,
}

/// The agents, ready to be played.
#[derive(Debug, Clone)]
pub(super) struct Staff(Vec<Clerk>);

impl PartialEq for Staff {
    /// Two readings of one journal give the same people.
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
    }
}

impl Staff {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn clerks(&self) -> Vec<Clerk> {
        self.0.clone()
    }
}

impl Seen {
    const fn new() -> Self {
        Self {
            signs_in: None,
            state: AgentStateName::SignedOut,
            since: Timestamp::from_micros(0),
            turn: None,
            turns: Vec::new(),
            pick_ups: Vec::new(),
            lapses: 0,
        }
    }

    /// Breaks and calls outward keep her from callers; so does what ends her turn.
    fn moves(&mut self, at: Timestamp, to: AgentStateName) {
        let since = self.since;
        let rest = |reason| Rest { at: since, lasts: at.since(since), reason };
        let rest = match self.state {
            AgentStateName::NotReady { reason: NotReadyReason::Break { kind } } => Some(rest(kind)),
            AgentStateName::Outbound => Some(rest(BreakReason::Busy)),
            _ => None,
        };
        if let Some(turn) = &mut self.turn {
            turn.rests.extend(rest);
            // What she needs before she is ready for the first time is no part of her turn.
            let first = AgentStateName::NotReady { reason: NotReadyReason::SignedIn };
            if self.state == first && turn.from == since {
                turn.from = at;
            }
        }
        match (self.state, to) {
            (AgentStateName::SignedOut, AgentStateName::SignedOut) => {}
            (AgentStateName::SignedOut, _) => {
                let (rests, phone_dies) = (Vec::new(), Vec::new());
                self.turn = Some(Turn { from: at, until: None, rests, phone_dies });
            }
            (_, AgentStateName::SignedOut) => self.ends_turn(at),
            _ => {}
        }
        (self.state, self.since) = (to, at);
    }

    fn ends_turn(&mut self, at: Timestamp) {
        let turn = self.turn.take().map(|turn| Turn { until: Some(at), ..turn });
        self.turns.extend(turn.filter(|turn| turn.from < at));
    }
}

impl Agents {
    pub(super) fn begin(&mut self, at: Timestamp, core: &Acd) {
        for agent in core.view().agents.iter() {
            let signed_in = agent.state != AgentStateName::SignedOut;
            let signs_in = AgentCommand::SignIn {
                skills: std::collections::BTreeSet::clone(&agent.skills),
                levels: acd::SkillLevels::clone(&agent.levels),
                reserve: agent.reserve,
                tier: Some(agent.tier),
                auto_answer: agent.auto_answer,
            };
            let (rests, phone_dies) = (Vec::new(), Vec::new());
            let turn = Turn { from: at, until: None, rests, phone_dies };
            let seen = Seen {
                signs_in: Some(signs_in),
                state: agent.state,
                since: at,
                turn: signed_in.then_some(turn),
                ..Seen::new()
            };
            self.seen.insert(agent.agent, seen);
        }
    }

    pub(super) fn asks(&mut self, agent: AgentId, command: &AgentCommand) {
        if matches!(command, AgentCommand::SignIn { .. }) {
            self.of(agent).signs_in = Some(command.clone());
        }
    }

    pub(super) fn record(&mut self, at: Timestamp, record: &Record) {
        match record {
            Record::OfferRinging { leg, agent, .. } => {
                self.ringing.insert(*leg, (*agent, at));
            }
            Record::OfferLapsed { leg, agent, .. } => {
                self.ringing.remove(leg);
                self.of(*agent).lapses += 1;
            }
            Record::OfferRefused { leg, .. }
            | Record::OfferFailed { leg, .. }
            | Record::OfferWithdrawn { leg, .. } => drop(self.ringing.remove(leg)),
            Record::CallAnswered { agent, .. } | Record::CallTakenOver { agent, .. } => {
                self.picked_up(at, *agent);
            }
            Record::WrapUpEnded { lasted_us, .. } => self.wrap_ups.push(*lasted_us as f64 / 1e6),
            Record::OutboundAnswered { .. } | Record::OutboundFailed { .. } => self.outbound += 1,
            Record::AgentStateChanged { agent, to, .. } => self.moves(at, *agent, *to),
            _ => {}
        }
    }

    fn picked_up(&mut self, at: Timestamp, agent: AgentId) {
        let leg = self.ringing.iter().find(|(_, ringing)| ringing.0 == agent).map(|(leg, _)| *leg);
        if let Some((_, since)) = leg.and_then(|leg| self.ringing.remove(&leg)) {
            self.of(agent).pick_ups.push(at.since(since).as_secs_f64());
        }
    }

    fn moves(&mut self, at: Timestamp, agent: AgentId, to: AgentStateName) {
        let seen = self.of(agent);
        let (from, since) = (seen.state, seen.since);
        seen.moves(at, to);
        if sent_away(from) && to != AgentStateName::SignedOut {
            self.returns.push(at.since(since).as_secs_f64());
        }
    }

    fn of(&mut self, agent: AgentId) -> &mut Seen {
        self.seen.entry(agent).or_insert_with(Seen::new)
    }

    pub(super) fn wrap_up(&self) -> Option<Spans> {
        Spans::fitted(&self.wrap_ups)
    }

    /// Mean seconds until who was put Not-Ready is back.
    pub(super) fn returns_after(&self) -> Option<f64> {
        let sum: f64 = self.returns.iter().sum();
        (sum > 0.0).then(|| sum / self.returns.len() as f64)
    }

    pub(super) fn finish(mut self, ends: Timestamp) -> Staff {
        let all: Vec<f64> = self.seen.values().flat_map(|seen| &seen.pick_ups).copied().collect();
        let lapses: usize = self.seen.values().map(|seen| seen.lapses).sum();
        let clerks = self.seen.values_mut().filter_map(|seen| {
            // An open break ends with the journal.
            seen.moves(ends, AgentStateName::SignedOut);
            if seen.turns.is_empty() {
                return None;
            }
            let offers = seen.pick_ups.len() + seen.lapses;
            let own = offers >= SAMPLES_MIN && !seen.pick_ups.is_empty();
            let (samples, lapses) =
                if own { (&seen.pick_ups, seen.lapses) } else { (&all, lapses) };
            let auto =
                matches!(seen.signs_in, Some(AgentCommand::SignIn { auto_answer: true, .. }));
            let reserve = matches!(seen.signs_in, Some(AgentCommand::SignIn { reserve: true, .. }));
            let answers = Answers {
                after: Spans::fitted(samples).unwrap_or(Spans::Fixed(PICK_UP_S)),
                unanswered: share(lapses, samples.len() + lapses).min(UNANSWERED_MAX),
                auto,
            };
            let mut clerk = Clerk::new(answers, reserve, std::mem::take(&mut seen.turns));
            clerk.signs_in = seen.signs_in.take();
            Some(clerk)
        });
        Staff(clerks.collect())
    }
}

/// Put Not-Ready by the distributor, not by herself.
const fn sent_away(state: AgentStateName) -> bool {
    match state {
        AgentStateName::NotReady { reason } => {
            !matches!(reason, NotReadyReason::Break { .. } | NotReadyReason::SignedIn)
        }
        _ => false,
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
