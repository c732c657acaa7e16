//! A floor for tests: a core, its clock, and short words for what happens on it. Everything that is
//! said to the core is journalled; every step must leave all rules whole.

use std::collections::BTreeSet;

use acd::{
    Acd, AgentCommand, AgentStateName, Arrival, Config, Counts, Effect, EndCause, FailureCause,
    GatewayFact, Input, JournalEntry, Order, ProofOutcome, Record, Refusal, RequestId, Routing,
    SkillLevels, Tier,
};
use types::{AgentId, CallId, DeviceId, GatewayId, LegId, SkillCode, Timestamp};

/// The gateway's clock is ahead of the core's, so that a mix of both is noticed.
pub const GATEWAY_AHEAD_US: i64 = 7_777_000_000;

pub struct Floor {
    pub acd: Acd,
    pub now_us: i64,
    pub journal: Vec<JournalEntry>,
    /// What the last word led to.
    pub last: Vec<Effect>,
    /// Everything since the beginning.
    pub records: Vec<Record>,
    /// The same with their times.
    pub timed: Vec<(Timestamp, Record)>,
    requests: u64,
}

pub fn agent(n: u128) -> AgentId {
    AgentId::from_u128(n)
}

pub fn call(n: u128) -> CallId {
    CallId::from_u128(1_000 + n)
}

pub fn caller_leg(n: u128) -> LegId {
    LegId::from_u128(2_000 + n)
}

pub fn device(n: u128) -> DeviceId {
    DeviceId::from_u128(3_000 + n)
}

pub fn gateway() -> GatewayId {
    "gw1".parse().unwrap()
}

pub fn skills(names: &[&str]) -> BTreeSet<SkillCode> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// The bare steps of the guard: the rules that ring more phones than one have tests of their own.
pub fn bare() -> Config {
    Config { ring_on_ms: 0, agents_at_once: 1, ..Config::default() }
}

impl Floor {
    pub fn new() -> Self {
        Self::with(bare())
    }

    pub fn with(config: Config) -> Self {
        let mut floor = Self {
            acd: Acd::default(),
            now_us: 1_000_000_000_000,
            journal: Vec::new(),
            last: Vec::new(),
            records: Vec::new(),
            timed: Vec::new(),
            requests: 0,
        };
        floor.say(Input::Configure { config: Box::new(config) });
        floor
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now_us)
    }

    pub fn gateway_now(&self) -> Timestamp {
        Timestamp::from_micros(self.now_us + GATEWAY_AHEAD_US)
    }

    pub fn say(&mut self, input: Input) -> &[Effect] {
        let at = self.now();
        let effects = self.acd.handle(at, input.clone());
        for effect in &effects {
            match effect {
                Effect::InvariantBroken { broken } => panic!("{broken:?} after {input:?}"),
                Effect::Record { at, record } => {
                    self.records.push(record.clone());
                    self.timed.push((*at, record.clone()));
                }
                _ => {}
            }
        }
        let broken = self.acd.check_all();
        assert!(broken.is_empty(), "{broken:?} after {input:?}");
        let number = self.journal.len() as u64 + 1;
        self.journal.push(JournalEntry { number, at, input, effects: effects.clone() });
        self.last = effects;
        &self.last
    }

    pub fn fact(&mut self, fact: GatewayFact) -> &[Effect] {
        let at = self.gateway_now();
        self.say(Input::Gateway { gateway: gateway(), at, fact })
    }

    pub fn ask(&mut self, n: u128, command: AgentCommand) -> Result<(), Refusal> {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.say(Input::Agent { agent: agent(n), request, command });
        self.last
            .iter()
            .find_map(|effect| match effect {
                Effect::Answer { result, .. } => Some(*result),
                _ => None,
            })
            .expect("every request has an answer")
    }

    /// Lets time pass, with a tick at every deadline on the way.
    pub fn pass_ms(&mut self, ms: i64) {
        self.pass_us(ms * 1_000);
    }

    pub fn pass_us(&mut self, us: i64) {
        let until = self.now_us + us;
        let mut all = Vec::new();
        while let Some(at) = self.acd.next_deadline().filter(|at| at.as_micros() <= until) {
            self.now_us = at.as_micros();
            self.say(Input::Tick);
            all.append(&mut self.last);
        }
        self.now_us = until;
        self.last = all;
    }

    // --- agents -------------------------------------------------------------------------------

    pub fn sign_in(&mut self, n: u128, names: &[&str], reserve: bool) {
        self.sign_in_as(n, skills(names), SkillLevels::new(), reserve, None);
    }

    pub fn sign_in_as(
        &mut self,
        n: u128,
        skills: BTreeSet<SkillCode>,
        levels: SkillLevels,
        reserve: bool,
        tier: Option<Tier>,
    ) {
        let auto_answer = false;
        let command = AgentCommand::SignIn { skills, levels, reserve, tier, auto_answer };
        self.ask(n, command).unwrap();
    }

    pub fn register(&mut self, n: u128) {
        self.fact(GatewayFact::DeviceRegistered { agent: agent(n), device: device(n) });
    }

    pub fn prove(&mut self, n: u128, outcome: ProofOutcome) {
        self.fact(GatewayFact::DeviceProved { agent: agent(n), device: device(n), outcome });
    }

    /// Signed in, phone proved, Ready.
    pub fn ready(&mut self, n: u128, names: &[&str]) {
        self.ready_as(n, names, false);
    }

    pub fn ready_reserve(&mut self, n: u128) {
        self.ready_as(n, &[], true);
    }

    /// The same with a phone that answers by itself.
    pub fn ready_auto(&mut self, n: u128) {
        let (skills, reserve, auto_answer) = (BTreeSet::new(), false, true);
        let (levels, tier) = (SkillLevels::default(), None);
        let command = AgentCommand::SignIn { skills, levels, reserve, tier, auto_answer };
        self.ask(n, command).unwrap();
        self.get_ready(n);
    }

    fn ready_as(&mut self, n: u128, names: &[&str], reserve: bool) {
        self.sign_in(n, names, reserve);
        self.get_ready(n);
    }

    /// With a level of each skill.
    pub fn ready_with(&mut self, n: u128, levels: &[(&str, u8)], tier: Tier) {
        let levels: SkillLevels =
            levels.iter().map(|(name, level)| (name.parse().unwrap(), (*level).into())).collect();
        self.sign_in_as(n, levels.keys().cloned().collect(), levels, false, Some(tier));
        self.get_ready(n);
    }

    /// Her phone is proved and she is Ready.
    fn get_ready(&mut self, n: u128) {
        self.register(n);
        self.prove(n, ProofOutcome::Proved);
        self.ask(n, AgentCommand::Ready).unwrap();
    }

    pub fn state(&self, n: u128) -> AgentStateName {
        self.acd.agent_view(agent(n)).expect("the agent is known").state
    }

    // --- calls --------------------------------------------------------------------------------

    pub fn arrival(&self, n: u128) -> Arrival {
        Arrival {
            call: call(n),
            leg: caller_leg(n),
            caller: Some(format!("138000{n:05}").parse().unwrap()),
            dialled: "12345".to_owned(),
            skills: BTreeSet::new(),
            priority: 5,
            arrived_at: self.gateway_now(),
            rang_at: self.gateway_now(),
            age_ms: 0,
            routing: Routing::default(),
        }
    }

    /// A call that the host knows more about.
    pub fn arrive_routed(&mut self, n: u128, names: &[&str], priority: u8, routing: Routing) {
        let arrival = Arrival { skills: skills(names), priority, routing, ..self.arrival(n) };
        self.fact(GatewayFact::CallArrived(arrival));
    }

    pub fn arrive(&mut self, n: u128) {
        let arrival = self.arrival(n);
        self.fact(GatewayFact::CallArrived(arrival));
    }

    pub fn arrive_asking(&mut self, n: u128, names: &[&str], priority: u8) {
        let arrival = Arrival { skills: skills(names), priority, ..self.arrival(n) };
        self.fact(GatewayFact::CallArrived(arrival));
    }

    /// Whose phones ring for a call.
    pub fn rings(&self, n: u128) -> Vec<u128> {
        let view = self.acd.view();
        let of_call = view.offers.iter().filter(|offer| offer.call == call(n));
        let mut agents: Vec<u128> = of_call.map(|offer| offer.agent.as_uuid().as_u128()).collect();
        agents.sort_unstable();
        agents
    }

    /// The leg that an agent holds.
    pub fn leg(&self, n: u128) -> LegId {
        self.acd.agent_view(agent(n)).and_then(|view| view.leg).expect("the agent holds a leg")
    }

    pub fn answers(&mut self, of: u128, by: u128) {
        let leg = self.leg(by);
        self.fact(GatewayFact::LegAnswered { call: call(of), leg });
    }

    pub fn connected(&mut self, of: u128, by: u128) {
        let second = self.leg(by);
        self.fact(GatewayFact::LegsConnected { call: call(of), first: caller_leg(of), second });
    }

    /// Answered and connected, at this moment.
    pub fn takes(&mut self, of: u128, by: u128) {
        self.answers(of, by);
        self.connected(of, by);
    }

    pub fn fails(&mut self, of: u128, by: u128, cause: FailureCause) {
        let leg = self.leg(by);
        self.fact(GatewayFact::LegFailed { call: call(of), leg, cause });
    }

    pub fn hangs_up(&mut self, n: u128) {
        self.fact(GatewayFact::LegEnded {
            call: call(n),
            leg: caller_leg(n),
            cause: EndCause::HungUp,
        });
    }

    /// A key on the caller's leg.
    pub fn presses(&mut self, n: u128, digit: char) {
        self.fact(GatewayFact::DigitPressed { call: call(n), leg: caller_leg(n), digit });
    }

    pub fn agent_leg_ends(&mut self, of: u128, by: u128, cause: EndCause) {
        let leg = self.leg(by);
        self.fact(GatewayFact::LegEnded { call: call(of), leg, cause });
    }

    // --- what came of it ----------------------------------------------------------------------

    pub fn counts(&self) -> (u64, u64, u64, u64) {
        let Counts { arrived, answered, abandoned, ended } = self.acd.counts();
        (arrived, answered, abandoned, ended)
    }

    pub fn recorded(&self, wanted: impl Fn(&Record) -> bool) -> usize {
        self.records.iter().filter(|record| wanted(record)).count()
    }

    pub fn orders(&self) -> Vec<Order> {
        self.last
            .iter()
            .filter_map(|effect| match effect {
                Effect::Order { order, .. } => Some(order.clone()),
                _ => None,
            })
            .collect()
    }

    pub fn last_records(&self) -> Vec<Record> {
        self.last
            .iter()
            .filter_map(|effect| match effect {
                Effect::Record { record, .. } => Some(record.clone()),
                _ => None,
            })
            .collect()
    }
}
