//! A floor as its journal tells of it, played again under other rules.
//!
//! What is taken out of a journal: every arrival as the gateway reported it, every agent's turns and breaks, how soon
//! each picks up and how often not, how long talks and wrap-ups last, how long callers would wait ([`Patience`]). What
//! is not: phones and gateways that failed, keys pressed, what agents would have done differently.

mod agents;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use acd::rates::{CallFact, facts};
use acd::{AbandonCause, Acd, Arrival, Config, Effect, GatewayFact, Input, Record};
use types::{CallId, Timestamp};

use self::agents::{Agents, Staff};
use crate::arrivals::{Arrivals, NextCall};
use crate::draw::{Draw, Spans};
use crate::ledger::Ledger;
use crate::outcome::Outcome;
use crate::patience::Patience;
use crate::world::{Habits, Setup, World};

/// Makes the patience of those who were answered independent of everything else.
const PATIENCE_SEED: u64 = 0xa_4c_e5;
/// Where the journal has no sample: talk and wrap-up in seconds, as a county's are.
const TALK_S: f64 = 150.0;
const WRAP_UP_S: f64 = 60.0;
const RETURNS_AFTER_S: f64 = 30.0;

/// Reads a journal, entry by entry.
#[derive(Debug, Default)]
pub struct Recorder {
    begins: Option<Timestamp>,
    ends: Timestamp,
    config: Config,
    arrivals: BTreeMap<CallId, Arrival>,
    waits: BTreeMap<CallId, Wait>,
    talks: BTreeMap<CallId, Duration>,
    outcomes: Vec<Record>,
    outcome: Outcome,
    agents: Agents,
    faults: u64,
}

/// How long a caller waited, and whether she hung up then.
#[derive(Debug, Clone, Copy)]
struct Wait {
    lasted: Duration,
    hung_up: bool,
}

/// Everything that is known of a time on a floor.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    pub begins: Timestamp,
    pub ends: Timestamp,
    /// The configuration in force at the end.
    pub config: Config,
    /// What really came of the calls, in the order of their ring.
    pub calls: Vec<CallFact>,
    pub outcome: Outcome,
    /// Agents who were on duty at some time.
    pub agents: usize,
    /// Calls that agents made; they are played as breaks.
    pub outbound: u64,
    /// Faults of phones and gateways, which are not played again.
    pub faults: u64,
    upcoming: Vec<NextCall>,
    habits: Habits,
    staff: Staff,
}

/// What came of the same calls under other rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// In the order of their ring, as those of [`Recorded`].
    pub calls: Vec<CallFact>,
    pub outcome: Outcome,
}

impl Recorder {
    /// The distributor as it was before the first entry; called again at each later file it changes nothing.
    pub fn begin(&mut self, at: Timestamp, core: &Acd) {
        if self.begins.is_some() {
            return;
        }
        self.begins = Some(at);
        self.ends = at;
        self.config = core.config().clone();
        self.agents.begin(at, core);
    }

    /// One entry: what the distributor was told, and what it said.
    pub fn take(&mut self, at: Timestamp, input: &Input, effects: &[Effect]) {
        // The opening of a first file has no time yet.
        if self.begins.is_none_or(|begins| begins == Timestamp::default()) {
            self.begins = Some(at);
        }
        self.ends = self.ends.max(at);
        match input {
            Input::Configure { config } => self.config.clone_from(config),
            Input::Gateway { fact: GatewayFact::CallArrived(arrival), .. } => {
                self.arrivals.entry(arrival.call).or_insert_with(|| arrival.clone());
            }
            Input::Gateway {
                fact: GatewayFact::DeviceLost { .. } | GatewayFact::LegMediaLost { .. },
                ..
            }
            | Input::GatewayLost { .. } => self.faults += 1,
            Input::Agent { agent, command, .. } => self.agents.asks(*agent, command),
            _ => {}
        }
        for effect in effects {
            if let Effect::Record { at, record } = effect {
                self.record(*at, record);
            }
        }
    }

    fn record(&mut self, at: Timestamp, record: &Record) {
        self.outcome.take(Timestamp::default(), record);
        self.agents.record(at, record);
        match record {
            Record::CallArrived { .. } | Record::CallResumed { .. } => {
                self.outcomes.push(record.clone());
            }
            Record::CallAnswered { call, wait_us, .. } => {
                self.outcomes.push(record.clone());
                self.waited(*call, *wait_us, false);
            }
            Record::CallAbandoned { call, waited_us, cause, .. } => {
                self.outcomes.push(record.clone());
                self.waited(*call, *waited_us, *cause == AbandonCause::HungUp);
            }
            Record::CallEnded { call, talked_us, .. } => {
                self.talks.insert(*call, Duration::from_micros(*talked_us));
            }
            _ => {}
        }
    }

    fn waited(&mut self, call: CallId, waited_us: u64, hung_up: bool) {
        let lasted = Duration::from_micros(waited_us);
        self.waits.entry(call).or_insert(Wait { lasted, hung_up });
    }

    /// What was read, ready to be played. `seed` draws the patience of those who were answered.
    #[must_use]
    pub fn finish(self, seed: u64) -> Recorded {
        let begins = self.begins.unwrap_or_default();
        let waits = self.waits.values().map(|wait| (wait.lasted.as_secs_f64(), wait.hung_up));
        let patience = Patience::of(&waits.collect::<Vec<_>>());
        let mut draw = Draw::new(seed ^ PATIENCE_SEED);
        let mut upcoming: Vec<NextCall> = self
            .arrivals
            .values()
            .map(|arrival| {
                let wait = self.waits.get(&arrival.call);
                let patience = match wait {
                    Some(Wait { lasted, hung_up: true }) => *lasted,
                    other => {
                        let known = other.map_or(0.0, |wait| wait.lasted.as_secs_f64());
                        Duration::from_secs_f64(patience.beyond(known, &mut draw))
                    }
                };
                let talk = self.talks.get(&arrival.call).copied();
                let (at, asks) = (arrival.rang_at.max(begins), Some(Box::new(arrival.clone())));
                NextCall { at, talk, patience: Some(patience), asks }
            })
            .collect();
        upcoming.sort_by_key(|call| call.at);
        let mut calls = facts(&self.outcomes);
        calls.sort_by_key(|call| call.rang_at);
        let talks: Vec<f64> = self.talks.values().map(Duration::as_secs_f64).collect();
        let (wrap_up, returns_after) = (self.agents.wrap_up(), self.agents.returns_after());
        let outbound = self.agents.outbound;
        let staff = self.agents.finish(self.ends);
        Recorded {
            begins,
            ends: self.ends,
            config: self.config,
            calls,
            outcome: self.outcome,
            agents: staff.len(),
            outbound,
            faults: self.faults,
            upcoming,
            habits: habits(&talks, wrap_up, returns_after),
            staff,
        }
    }
}

fn habits(talks: &[f64], wrap_up: Option<Spans>, returns_after: Option<f64>) -> Habits {
    let never = Spans::Fixed(0.0);
    Habits {
        // Every caller has a patience of her own; this is for who loses her agent and waits again.
        patience: Spans::Exponential(TALK_S),
        talk: Spans::fitted(talks).unwrap_or(Spans::Exponential(TALK_S)),
        wrap_up: Some(wrap_up.unwrap_or(Spans::Exponential(WRAP_UP_S))),
        returns_after: Spans::Exponential(returns_after.unwrap_or(RETURNS_AFTER_S)),
        phone_away: never,
        phone_missed: never,
        lost_bye: 0.0,
        lost_bye_noticed: never,
    }
}

/// Plays the recorded calls on the recorded staff under `config`. The same seed draws the same habits.
#[must_use]
pub fn play_recorded(recorded: &Recorded, config: &Config, seed: u64) -> Replayed {
    let mut world = World::open(Setup {
        seed,
        begins: recorded.begins,
        counted_from: recorded.begins,
        config: config.clone(),
        arrivals: Arrivals::Recorded(recorded.upcoming.clone().into_iter()),
        habits: recorded.habits,
        clerks: recorded.staff.clerks(),
        outages: Vec::new(),
        ledger: Some(Ledger::new(recorded.begins)),
    });
    while world.step() {}
    let (outcome, ledger) = world.close();
    Replayed { calls: ledger.unwrap_or_default().calls, outcome }
}
