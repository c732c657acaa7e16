//! The day: 60 callers a minute, 100 agents, 80 s for each call (60 s of talk, 20 s of wrap-up). What is asserted is
//! computed from records alone, beside the distributor's own state.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use acd::{
    Acd, AgentCommand, AgentStateName, Arrival, Config, Effect, EndCause, EndReason, FailureCause,
    GatewayFact, Input, NotReadyReason, Order, ProofOutcome, Record, RequestId,
};
use types::{AgentId, CallId, DeviceId, LegId, Timestamp};

use crate::draw::Draw;

const SECOND_US: i64 = 1_000_000;
const AGENTS: u128 = 100;
const BETWEEN_CALLS_S: f64 = 1.0;
const TALK_S: f64 = 60.0;
const WRAP_UP_S: f64 = 20.0;
const PATIENCE_S: f64 = 90.0;
/// One hang-up in so many never arrives.
const LOST_EVERY: u64 = 100;
/// After a lost hang-up, how soon the agent hangs up herself, and how soon the gateway notices the silence.
const AGENT_NOTICES_US: i64 = 8 * SECOND_US;
const GATEWAY_NOTICES_US: i64 = 30 * SECOND_US;
/// Who did not answer twice comes back to her desk after this.
const COMES_BACK_US: i64 = 30 * SECOND_US;
/// From the last caller to the end of everything.
const REST_US: i64 = 3_600 * SECOND_US;
/// A talk may outlast its caller by the gateway's notice and the distributor's patience with a hang-up.
const OVERDUE_US: i64 = GATEWAY_NOTICES_US + 5 * SECOND_US;

/// What came of it.
#[derive(Debug, Default)]
pub struct Day {
    pub arrived: u64,
    pub lost_hang_ups: u64,
    /// Callers whom nobody was offered to at once.
    pub waited_unoffered: u64,
    /// Time in which somebody was ready while a caller was offered to nobody.
    pub idle_beside_waiting_us: i64,
    /// Talks that outlasted their caller by more than is allowed.
    pub overdue: u64,
    /// Calls answered, by agent.
    pub calls: Vec<u64>,
    /// Who or what was not free when all had gone.
    pub left_over: Vec<String>,
}

enum Event {
    Call,
    /// Patience is at its end, if nobody has answered.
    GivesUp(CallId),
    PicksUp(CallId, LegId),
    Fact(GatewayFact),
    Ask(u128, AgentCommand),
    /// Everything has had the time to come to rest.
    Rest,
}

struct World {
    acd: Acd,
    now_us: i64,
    until_us: i64,
    draw: Draw,
    events: BTreeMap<(i64, u64), Event>,
    planned: u64,
    requests: u64,
    callers: u128,
    /// Legs the gateway has: callers, and agents' phones that ring or talk.
    legs: BTreeSet<LegId>,
    /// The agent's leg of a talk.
    talks: HashMap<CallId, LegId>,
    /// When the caller of a talk goes.
    goes_us: HashMap<CallId, i64>,
    /// Callers without an answer, with the phones that ring for them.
    offers: BTreeMap<CallId, u32>,
    unoffered: usize,
    ready: usize,
    answered: BTreeMap<AgentId, u64>,
    day: Day,
}

/// Plays so many hours and lets the floor come to rest.
pub fn play(hours: i64, seed: u64) -> Day {
    let mut world = World {
        acd: Acd::default(),
        now_us: 1_000_000 * SECOND_US,
        until_us: (1_000_000 + hours * 3_600) * SECOND_US,
        draw: Draw::new(seed),
        events: BTreeMap::new(),
        planned: 0,
        requests: 0,
        callers: 0,
        legs: BTreeSet::new(),
        talks: HashMap::new(),
        goes_us: HashMap::new(),
        offers: BTreeMap::new(),
        unoffered: 0,
        ready: 0,
        answered: BTreeMap::new(),
        day: Day::default(),
    };
    world.open();
    while world.step() {}
    world.close()
}

fn gateway_input(at: Timestamp, fact: GatewayFact) -> Input {
    Input::Gateway { gateway: "gw1".parse().unwrap(), at, fact }
}

fn leg_of(call: CallId) -> LegId {
    LegId::from_u128(call.as_uuid().as_u128() + (1 << 80))
}

impl World {
    fn open(&mut self) {
        self.say(Input::Configure { config: Box::new(Config { epoch: 1, ..Config::default() }) });
        for number in 1..=AGENTS {
            let (agent, device) = (AgentId::from_u128(number), DeviceId::from_u128(number));
            let skills = BTreeSet::new();
            let (levels, reserve, auto_answer) = (acd::SkillLevels::new(), false, false);
            let tier = None;
            self.ask(number, AgentCommand::SignIn { skills, levels, reserve, tier, auto_answer });
            self.report(GatewayFact::DeviceRegistered { agent, device });
            self.report(GatewayFact::DeviceProved { agent, device, outcome: ProofOutcome::Proved });
            self.ask(number, AgentCommand::Ready);
        }
        self.after(0, Event::Call);
        self.after(self.until_us - self.now_us + REST_US, Event::Rest);
    }

    /// The next thing that happens; false after the last one.
    fn step(&mut self) -> bool {
        let Some(next_us) = self.events.first_key_value().map(|((at, _), _)| *at) else {
            return false;
        };
        match self.acd.next_deadline().map(Timestamp::as_micros).filter(|at| *at <= next_us) {
            Some(at_us) => {
                self.pass_until(at_us);
                self.say(Input::Tick);
            }
            None => {
                let (_, event) = self.events.pop_first().unwrap();
                self.pass_until(next_us);
                self.happens(event);
            }
        }
        true
    }

    fn pass_until(&mut self, at_us: i64) {
        if self.ready > 0 && self.unoffered > 0 {
            self.day.idle_beside_waiting_us += at_us - self.now_us;
        }
        self.now_us = self.now_us.max(at_us);
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Call if self.now_us < self.until_us => self.call(),
            Event::Call => {}
            Event::GivesUp(call) => {
                if self.legs.contains(&leg_of(call)) && !self.goes_us.contains_key(&call) {
                    self.end(leg_of(call), call, EndCause::HungUp);
                }
            }
            Event::PicksUp(call, leg) => {
                if self.legs.contains(&leg) {
                    self.report(GatewayFact::LegAnswered { call, leg });
                }
            }
            Event::Fact(GatewayFact::LegEnded { call, leg, cause }) => self.end(leg, call, cause),
            Event::Fact(fact) => self.report(fact),
            Event::Ask(agent, command) => self.ask(agent, command),
            Event::Rest => {}
        }
    }

    fn call(&mut self) {
        let next_us = self.exponential_us(BETWEEN_CALLS_S);
        self.after(next_us, Event::Call);
        self.callers += 1;
        let call = CallId::from_u128((1 << 40) + self.callers);
        self.legs.insert(leg_of(call));
        let patience_us = self.exponential_us(PATIENCE_S);
        self.after(patience_us, Event::GivesUp(call));
        let rang_at = self.now();
        self.report(GatewayFact::CallArrived(Arrival {
            call,
            leg: leg_of(call),
            caller: None,
            dialled: "12345".to_owned(),
            skills: BTreeSet::new(),
            priority: 5,
            arrived_at: rang_at,
            rang_at,
            age_ms: 0,
            routing: acd::Routing::default(),
        }));
        self.day.waited_unoffered += u64::from(self.offers.get(&call) == Some(&0));
    }

    /// A leg ends, and the one it talks with; whoever is gone already reports nothing.
    fn end(&mut self, leg: LegId, call: CallId, cause: EndCause) {
        let talking = self.talks.remove(&call);
        let peer = talking.map(|agents| if agents == leg { leg_of(call) } else { agents });
        for (leg, cause) in [(Some(leg), cause), (peer, EndCause::PeerHungUp)] {
            if let Some(leg) = leg.filter(|leg| self.legs.remove(leg)) {
                self.report(GatewayFact::LegEnded { call, leg, cause });
            }
        }
    }

    /// Two hear each other: the caller goes after a while, and one in a hundred unheard.
    fn talk(&mut self, call: CallId, agent: AgentId) {
        let lasts_us = self.exponential_us(TALK_S);
        self.goes_us.insert(call, self.now_us + lasts_us);
        let ends = |leg, cause| Event::Fact(GatewayFact::LegEnded { call, leg, cause });
        if !self.draw.next().is_multiple_of(LOST_EVERY) {
            return self.after(lasts_us, ends(leg_of(call), EndCause::HungUp));
        }
        self.day.lost_hang_ups += 1;
        if self.draw.next().is_multiple_of(2) {
            let number = agent.as_uuid().as_u128();
            self.after(lasts_us + AGENT_NOTICES_US, Event::Ask(number, AgentCommand::HangUp));
        } else {
            let vanished = ends(leg_of(call), EndCause::Vanished);
            self.after(lasts_us + GATEWAY_NOTICES_US, vanished);
        }
    }

    // --- the distributor ----------------------------------------------------------------------

    fn say(&mut self, input: Input) {
        for effect in self.acd.handle(self.now(), input) {
            match effect {
                Effect::Order { order, .. } => self.carry_out(&order),
                Effect::Record { record, .. } => self.note(&record),
                Effect::InvariantBroken { broken } => panic!("{broken:?}"),
                Effect::Answer { .. } => {}
            }
        }
    }

    fn carry_out(&mut self, order: &Order) {
        match *order {
            Order::Offer { call, leg, .. } => {
                self.legs.insert(leg);
                let after_us = SECOND_US + self.exponential_us(1.0);
                self.after(after_us, Event::PicksUp(call, leg));
            }
            Order::Withdraw { call, leg, .. } => {
                if self.legs.remove(&leg) {
                    let cause = FailureCause::Withdrawn;
                    self.after(1_000, Event::Fact(GatewayFact::LegFailed { call, leg, cause }));
                }
            }
            Order::Connect { call, first, second, .. } => {
                let fact = if self.legs.contains(&first) && self.legs.contains(&second) {
                    self.talks.insert(call, second);
                    GatewayFact::LegsConnected { call, first, second }
                } else {
                    let cause = FailureCause::UnknownTarget;
                    GatewayFact::LegFailed { call, leg: first, cause }
                };
                self.after(20_000, Event::Fact(fact));
            }
            // One such order in two is lost as well: the distributor must not wait for its answer.
            Order::End { reason: EndReason::AgentHungUp, .. }
                if self.draw.next().is_multiple_of(2) => {}
            Order::End { call, leg, .. } => {
                let cause = EndCause::Ordered;
                self.after(1_000, Event::Fact(GatewayFact::LegEnded { call, leg, cause }));
            }
            Order::Treat { .. }
            | Order::Hold { .. }
            | Order::Retrieve { .. }
            | Order::Originate { .. } => {}
        }
    }

    fn note(&mut self, record: &Record) {
        match record {
            Record::CallArrived { call, .. } => {
                self.day.arrived += 1;
                self.offers.insert(*call, 0);
                self.unoffered += 1;
            }
            Record::OfferMade { call, .. } => self.offered(*call, 1),
            Record::OfferLapsed { call, .. }
            | Record::OfferRefused { call, .. }
            | Record::OfferFailed { call, .. }
            | Record::OfferWithdrawn { call, .. }
            | Record::BridgeFailed { call, .. } => self.offered(*call, -1),
            Record::CallAnswered { call, agent, .. } => {
                self.no_longer_waits(*call);
                *self.answered.entry(*agent).or_default() += 1;
                self.talk(*call, *agent);
            }
            Record::CallAbandoned { call, .. } => self.no_longer_waits(*call),
            Record::CallEnded { call, .. } => {
                let gone_us = self.goes_us.remove(call).unwrap();
                self.day.overdue += u64::from(self.now_us > gone_us + OVERDUE_US);
            }
            Record::WrapUpStarted { agent, .. } => {
                let number = agent.as_uuid().as_u128();
                let after_us = (WRAP_UP_S * 1e6) as i64;
                self.after(after_us, Event::Ask(number, AgentCommand::FinishWrapUp));
            }
            Record::AgentStateChanged { agent, from, to, .. } => {
                self.ready += usize::from(*to == AgentStateName::Ready);
                self.ready -= usize::from(*from == AgentStateName::Ready);
                if *to == (AgentStateName::NotReady { reason: NotReadyReason::NoAnswer }) {
                    let number = agent.as_uuid().as_u128();
                    self.after(COMES_BACK_US, Event::Ask(number, AgentCommand::Ready));
                }
            }
            _ => {}
        }
    }

    /// More or fewer phones ring for a caller.
    fn offered(&mut self, call: CallId, change: i32) {
        let Some(offers) = self.offers.get_mut(&call) else { return };
        self.unoffered -= usize::from(*offers == 0);
        *offers = offers.checked_add_signed(change).unwrap();
        self.unoffered += usize::from(*offers == 0);
    }

    fn no_longer_waits(&mut self, call: CallId) {
        let offers = self.offers.remove(&call).unwrap();
        self.unoffered -= usize::from(offers == 0);
    }

    // --- small words --------------------------------------------------------------------------

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now_us)
    }

    fn report(&mut self, fact: GatewayFact) {
        self.say(gateway_input(self.now(), fact));
    }

    fn ask(&mut self, number: u128, command: AgentCommand) {
        self.requests += 1;
        let (agent, request) = (AgentId::from_u128(number), RequestId(self.requests));
        self.say(Input::Agent { agent, request, command });
    }

    fn after(&mut self, after_us: i64, event: Event) {
        self.planned += 1;
        self.events.insert((self.now_us + after_us, self.planned), event);
    }

    fn exponential_us(&mut self, mean_s: f64) -> i64 {
        // 53 random bits, above 0.
        let uniform = ((self.draw.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        (-uniform.ln() * mean_s * 1e6) as i64
    }

    /// All callers have gone and every wrap-up is over: everybody must be Ready.
    fn close(mut self) -> Day {
        let view = self.acd.view();
        let busy = view.agents.iter().filter(|agent| agent.state != AgentStateName::Ready);
        self.day.left_over.extend(busy.map(|agent| format!("{agent:?}")));
        self.day.left_over.extend(view.waiting.iter().map(|call| format!("{call:?}")));
        self.day.left_over.extend(view.talking.iter().map(|call| format!("{call:?}")));
        self.day.calls = (1..=AGENTS)
            .map(|number| self.answered.get(&AgentId::from_u128(number)).copied().unwrap_or(0))
            .collect();
        self.day
    }
}
