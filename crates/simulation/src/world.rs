//! The loop: what comes next, what the distributor says to it, what follows from that.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::time::Duration;

use acd::{
    Acd, AgentCommand, AgentStateName, Arrival, Config, Effect, EndCause, GatewayFact, Input,
    NotReadyReason, ProofOutcome, Record, RequestId,
};
use types::{AgentId, CallId, DeviceId, GatewayId, LegId, Timestamp};

use crate::draw::{Draw, Spans};
use crate::habits::{HabitError, Scenario};
use crate::outcome::Outcome;
use crate::phones::Phones;

/// When the simulation begins, by its own clock.
const BEGIN: Timestamp = Timestamp::from_micros(1_000_000_000_000);
/// Leaves room for the ids of agents and devices below those of calls.
const FIRST_CALL: u128 = 1 << 40;
const FIRST_LEG: u128 = 1 << 80;

/// Something that will happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The next citizen calls.
    Call { number: u64 },
    /// Her patience has ended.
    Patience { number: u64 },
    /// An agent picks up.
    PickUp { leg: LegId },
    /// The talk is over.
    Talked { number: u64 },
    /// An agent who did not answer is back at her desk.
    Returns { agent: AgentId },
}

/// The spans that are drawn.
#[derive(Debug, Clone, Copy)]
struct Habits {
    between_calls: Spans,
    patience: Spans,
    talk: Spans,
    pick_up: Spans,
    returns_after: Spans,
    unanswered: f64,
}

/// A floor and its citizens.
struct World {
    acd: Acd,
    gateway: GatewayId,
    now: Timestamp,
    events: BinaryHeap<Reverse<(Timestamp, Event)>>,
    facts: VecDeque<GatewayFact>,
    draw: Draw,
    habits: Habits,
    phones: Phones,
    calls: u64,
    requests: u64,
    counted_from: Timestamp,
    outcome: Outcome,
}

/// Plays a scenario to the end of its last call.
///
/// # Errors
/// [`HabitError`] for figures that cannot be played.
pub fn simulate(scenario: &Scenario) -> Result<Outcome, HabitError> {
    scenario.check()?;
    let mut world = World::of(scenario)?;
    world.open(scenario);
    while world.step() {}
    world.outcome.double_ring_us = world.phones.double_ring_us;
    Ok(world.outcome)
}

impl World {
    fn of(scenario: &Scenario) -> Result<Self, HabitError> {
        let Scenario { callers, agents, .. } = scenario;
        let between_calls = Spans::Exponential(3_600.0 / callers.per_hour);
        Ok(Self {
            acd: Acd::default(),
            gateway: gateway(),
            now: BEGIN,
            events: BinaryHeap::new(),
            facts: VecDeque::new(),
            draw: Draw::new(scenario.seed),
            habits: Habits {
                between_calls,
                patience: Spans::of(callers.patience)?,
                talk: Spans::of(agents.talk)?,
                pick_up: Spans::of(agents.pick_up.after)?,
                returns_after: Spans::of(agents.returns_after)?,
                unanswered: agents.pick_up.unanswered,
            },
            phones: Phones::default(),
            calls: callers.calls,
            requests: 0,
            counted_from: BEGIN + Duration::from_secs_f64(scenario.warm_up_s),
            outcome: Outcome::default(),
        })
    }

    /// All agents sign in with a proved phone and are Ready; the first citizen calls.
    fn open(&mut self, scenario: &Scenario) {
        let config = Config { record: false, notice: Vec::new(), ..scenario.config.clone() };
        self.tell(Input::Configure { config });
        for number in 1..=u128::from(scenario.agents.count) {
            let (agent, device) = (AgentId::from_u128(number), DeviceId::from_u128(number));
            let skills = BTreeSet::new();
            self.ask(agent, AgentCommand::SignIn { skills, reserve: false, auto_answer: false });
            self.report(GatewayFact::DeviceRegistered { agent, device });
            self.report(GatewayFact::DeviceProved { agent, device, outcome: ProofOutcome::Proved });
            self.ask(agent, AgentCommand::Ready);
        }
        self.after(self.habits.between_calls, Event::Call { number: 0 });
    }

    /// The next thing that happens; false after the last one.
    fn step(&mut self) -> bool {
        let next = self.events.peek().map(|Reverse((at, _))| *at);
        // Deadlines alone go on for ever (proofs, remembered calls): the day ends with its last event.
        let Some(next) = next else { return false };
        match self.acd.next_deadline().filter(|at| *at <= next) {
            Some(at) => {
                self.now = self.now.max(at);
                self.tell(Input::Tick);
                self.report_all();
            }
            None => {
                if let Some(Reverse((at, event))) = self.events.pop() {
                    self.now = at;
                    self.happens(event);
                }
            }
        }
        true
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Call { number } => self.calls(number),
            Event::Patience { number } if !self.phones.is_connected(leg_of(number)) => {
                self.ends(leg_of(number));
            }
            Event::Patience { .. } => {}
            Event::PickUp { leg } => self.picks_up(leg),
            Event::Talked { number } => self.ends(leg_of(number)),
            Event::Returns { agent } => self.ask(agent, AgentCommand::Ready),
        }
    }

    fn calls(&mut self, number: u64) {
        if number + 1 < self.calls {
            self.after(self.habits.between_calls, Event::Call { number: number + 1 });
        }
        self.after(self.habits.patience, Event::Patience { number });
        let (call, leg) = (call_of(number), leg_of(number));
        self.phones.caller(call, leg);
        let arrival = Arrival {
            call,
            leg,
            caller: None,
            dialled: String::new(),
            skills: BTreeSet::new(),
            priority: 5,
            arrived_at: self.now,
            rang_at: self.now,
            age_ms: 0,
        };
        self.report(GatewayFact::CallArrived(arrival));
    }

    fn ends(&mut self, leg: LegId) {
        let facts = self.phones.end(leg, EndCause::HungUp);
        self.facts.extend(facts);
        self.report_all();
    }

    fn picks_up(&mut self, leg: LegId) {
        if let Some(call) = self.phones.call_of(leg) {
            self.report(GatewayFact::LegAnswered { call, leg });
        }
    }

    fn after(&mut self, span: Spans, event: Event) {
        let at = self.now + self.draw.span(span);
        self.events.push(Reverse((at, event)));
    }

    fn ask(&mut self, agent: AgentId, command: AgentCommand) {
        self.requests += 1;
        self.tell(Input::Agent { agent, request: RequestId(self.requests), command });
        self.report_all();
    }

    fn report(&mut self, fact: GatewayFact) {
        self.facts.push_back(fact);
        self.report_all();
    }

    /// Tells the distributor what the gateway has to say, until it has nothing more to say.
    fn report_all(&mut self) {
        while let Some(fact) = self.facts.pop_front() {
            self.tell(Input::Gateway { gateway: self.gateway.clone(), at: self.now, fact });
        }
    }

    fn tell(&mut self, input: Input) {
        for effect in self.acd.handle(self.now, input) {
            match effect {
                Effect::Order { order, .. } => {
                    let (facts, ringing) = self.phones.carry_out(self.now, &order);
                    self.facts.extend(facts);
                    if let Some(leg) = ringing
                        && !self.draw.happens(self.habits.unanswered)
                    {
                        self.after(self.habits.pick_up, Event::PickUp { leg });
                    }
                }
                Effect::Record { record, .. } => self.note(&record),
                Effect::InvariantBroken { .. } => self.outcome.broken_rules += 1,
                Effect::Answer { .. } => {}
            }
        }
    }

    fn note(&mut self, record: &Record) {
        self.outcome.take(self.counted_from, record);
        match record {
            Record::CallAnswered { call, .. } => {
                self.after(self.habits.talk, Event::Talked { number: number_of(*call) });
            }
            Record::AgentStateChanged {
                agent,
                to: AgentStateName::NotReady { reason: NotReadyReason::NoAnswer },
                ..
            } => self.after(self.habits.returns_after, Event::Returns { agent: *agent }),
            _ => {}
        }
    }
}

#[expect(clippy::expect_used, reason = "a constant word of the right form")]
fn gateway() -> GatewayId {
    "simulated".parse().expect("plain letters")
}

fn call_of(number: u64) -> CallId {
    CallId::from_u128(FIRST_CALL + u128::from(number))
}

fn leg_of(number: u64) -> LegId {
    LegId::from_u128(FIRST_LEG + u128::from(number))
}

fn number_of(call: CallId) -> u64 {
    u64::try_from(call.as_uuid().as_u128().saturating_sub(FIRST_CALL)).unwrap_or(u64::MAX)
}
