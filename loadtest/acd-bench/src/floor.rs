//! The floor: citizens, agents and a gateway around a distributor. What happens next is drawn, or follows from what the
//! distributor has ordered; each step is one input, so that each decision can be timed on its own.

mod people;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use acd::{
    Acd, AgentCommand, Arrival, Config, Effect, EndCause, GatewayFact, Input, ProofOutcome,
    RequestId, Routing, SkillLevels,
};
use types::{AgentId, CallId, DeviceId, GatewayId, LegId, SkillCode, Timestamp};

use crate::Load;
use crate::draw::Draw;

/// When the floor opens, by its own clock.
const BEGIN: Timestamp = Timestamp::from_micros(1_000_000_000_000);
/// From the opening to the steady load: all have called within the first minute, most agents have talked twice.
pub(crate) const WARM_UP_US: i64 = 300_000_000;
/// The callers of the beginning come within this time.
const FILL_S: f64 = 60.0;
/// Leaves room for the ids of agents and devices below those of calls and legs.
const FIRST_CALL: u128 = 1 << 40;
const FIRST_LEG: u128 = 1 << 80;
/// One agent in so many rings as reserve only, where a group has that many.
const RESERVE_EVERY: u32 = 20;

/// Something that will happen.
#[derive(Debug, Clone)]
enum Event {
    /// A citizen calls.
    Call,
    /// One of those who wait gives up.
    GiveUp,
    /// An agent answers her phone, if it still rings.
    PickUp {
        call: CallId,
        leg: LegId,
    },
    Fact(GatewayFact),
    Ask(AgentId, AgentCommand),
}

/// A distributor and everybody around it.
pub(crate) struct Floor {
    pub(crate) acd: Acd,
    /// Rules that did not hold.
    pub(crate) broken: u64,
    load: Load,
    now: Timestamp,
    gateway: GatewayId,
    skills: Vec<BTreeSet<SkillCode>>,
    draw: Draw,
    /// By time, then in the order in which they were planned.
    events: BTreeMap<(Timestamp, u64), Event>,
    planned: u64,
    calls: u64,
    requests: u64,
    /// Callers whom no agent has answered, and where each of them stands in the list.
    waiting: Vec<CallId>,
    places: HashMap<CallId, usize>,
    /// Callers who are about to call.
    coming: usize,
    ringing: HashSet<LegId>,
    /// The agent's leg of each talk.
    talks: HashMap<CallId, LegId>,
    /// Ready agents of each group who are no reserve.
    ready: Vec<usize>,
}

impl Floor {
    /// All agents sign in with a proved phone and are Ready; the first citizens are about to call.
    pub(crate) fn open(load: Load, seed: u64) -> Self {
        let config = Config { queue_len_max: u32::MAX, epoch: 1, ..Config::default() };
        let mut floor = Self {
            acd: Acd::default(),
            broken: 0,
            load,
            now: BEGIN,
            gateway: gateway(),
            skills: (0..load.groups).map(skills_of).collect(),
            draw: Draw::new(seed),
            events: BTreeMap::new(),
            planned: 0,
            calls: 0,
            requests: 0,
            waiting: Vec::new(),
            places: HashMap::new(),
            coming: 0,
            ringing: HashSet::new(),
            talks: HashMap::new(),
            ready: vec![0; load.groups as usize],
        };
        floor.tell(Input::Configure { config: Box::new(config) }, &mut Acd::handle);
        for number in 0..load.agents {
            floor.begin_shift(number);
        }
        floor.expect_callers();
        floor
    }

    fn begin_shift(&mut self, number: u32) {
        let (agent, device) = (agent_of(number), device_of(agent_of(number)));
        let skills = self.skills.get(self.group_of(agent)).cloned().unwrap_or_default();
        let reserve = self.is_reserve(agent);
        let (levels, tier, auto_answer) = (SkillLevels::new(), None, false);
        let sign_in = AgentCommand::SignIn { skills, levels, reserve, tier, auto_answer };
        let outcome = ProofOutcome::Proved;
        for input in [
            self.asked(agent, sign_in),
            self.reported(GatewayFact::DeviceRegistered { agent, device }),
            self.reported(GatewayFact::DeviceProved { agent, device, outcome }),
            self.asked(agent, AgentCommand::Ready),
        ] {
            self.tell(input, &mut Acd::handle);
        }
    }

    /// Where callers wait, as many as talk and wait; else the first of a stream.
    fn expect_callers(&mut self) {
        if self.load.waiting == 0 {
            return self.plan_us(0, Event::Call);
        }
        for _ in 0..self.load.agents + self.load.waiting {
            let after_us = self.draw.even_us(0.0, FILL_S);
            self.coming += 1;
            self.plan_us(after_us, Event::Call);
        }
    }

    /// Microseconds since the floor opened.
    pub(crate) const fn age_us(&self) -> i64 {
        self.now.as_micros() - BEGIN.as_micros()
    }

    /// Callers whom no agent has answered.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    // --- what happens next --------------------------------------------------------------------

    /// The next input; `decide` has the distributor take it in.
    pub(crate) fn step(
        &mut self,
        mut decide: impl FnMut(&mut Acd, Timestamp, Input) -> Vec<Effect>,
    ) {
        if let Some(input) = self.next_input() {
            self.tell(input, &mut decide);
            self.keep_waiting();
        }
    }

    fn next_input(&mut self) -> Option<Input> {
        loop {
            let next = self.events.first_key_value().map(|((at, _), _)| *at);
            let due = |at: &Timestamp| next.is_none_or(|next| *at <= next);
            if let Some(at) = self.acd.next_deadline().filter(due) {
                self.now = self.now.max(at);
                return Some(Input::Tick);
            }
            let ((at, _), event) = self.events.pop_first()?;
            self.now = at;
            if let Some(input) = self.happens(event) {
                return Some(input);
            }
        }
    }

    fn tell(
        &mut self,
        input: Input,
        decide: &mut impl FnMut(&mut Acd, Timestamp, Input) -> Vec<Effect>,
    ) {
        for effect in decide(&mut self.acd, self.now, input) {
            match effect {
                Effect::Order { order, .. } => self.carry_out(&order),
                Effect::Record { record, .. } => self.note(&record),
                Effect::InvariantBroken { .. } => self.broken += 1,
                Effect::Answer { .. } => {}
            }
        }
    }

    /// What an event tells the distributor; nothing where it has come too late.
    fn happens(&mut self, event: Event) -> Option<Input> {
        match event {
            Event::Call => self.call(),
            Event::GiveUp => {
                let picked = self.draw.one_of(self.waiting.len());
                let call = *self.waiting.get(picked)?;
                self.leaves_queue(call);
                let (leg, cause) = (leg_of(call), EndCause::HungUp);
                Some(self.reported(GatewayFact::LegEnded { call, leg, cause }))
            }
            Event::PickUp { call, leg } => {
                let rings = self.ringing.remove(&leg);
                rings.then(|| {
                    self.leaves_queue(call);
                    self.reported(GatewayFact::LegAnswered { call, leg })
                })
            }
            Event::Fact(fact) => Some(self.reported(fact)),
            Event::Ask(agent, command) => Some(self.asked(agent, command)),
        }
    }

    fn plan_us(&mut self, after_us: i64, event: Event) {
        self.planned += 1;
        let after = Duration::from_micros(u64::try_from(after_us).unwrap_or(0));
        self.events.insert((self.now + after, self.planned), event);
    }

    fn reported(&self, fact: GatewayFact) -> Input {
        Input::Gateway { gateway: self.gateway.clone(), at: self.now, fact }
    }

    fn asked(&mut self, agent: AgentId, command: AgentCommand) -> Input {
        self.requests += 1;
        Input::Agent { agent, request: RequestId(self.requests), command }
    }

    // --- citizens who call --------------------------------------------------------------------

    fn call(&mut self) -> Option<Input> {
        let group = if self.load.waiting == 0 {
            let between_us = self.draw.exponential_us(people::between_calls_s(self.load));
            self.plan_us(between_us, Event::Call);
            self.group_with_somebody_free()?
        } else {
            self.coming = self.coming.saturating_sub(1);
            self.draw.one_of(self.skills.len())
        };
        self.calls += 1;
        let call = CallId::from_u128(FIRST_CALL + u128::from(self.calls));
        self.places.insert(call, self.waiting.len());
        self.waiting.push(call);
        let arrival = Arrival {
            call,
            leg: leg_of(call),
            caller: format!("138{:08}", self.calls % 100_000_000).parse().ok(),
            dialled: "12345".to_owned(),
            skills: self.skills.get(group).cloned().unwrap_or_default(),
            priority: if self.draw.happens(people::URGENT) { 1 } else { 5 },
            arrived_at: self.now,
            rang_at: self.now,
            age_ms: 0,
            routing: Routing::default(),
        };
        Some(self.reported(GatewayFact::CallArrived(arrival)))
    }

    /// A group of which an agent is ready; nobody calls while there is none.
    fn group_with_somebody_free(&mut self) -> Option<usize> {
        let (count, first) = (self.ready.len(), self.draw.one_of(self.ready.len()));
        (0..count)
            .map(|step| (first + step) % count)
            .find(|group| self.ready.get(*group).is_some_and(|ready| *ready > 0))
    }

    fn leaves_queue(&mut self, call: CallId) {
        let Some(place) = self.places.remove(&call) else { return };
        self.waiting.swap_remove(place);
        if let Some(moved) = self.waiting.get(place) {
            self.places.insert(*moved, place);
        }
    }

    /// Whoever leaves the queue is followed by another caller within a second.
    fn keep_waiting(&mut self) {
        while self.waiting.len() + self.coming < self.load.waiting as usize {
            let after_us = self.draw.even_us(0.0, 1.0);
            self.coming += 1;
            self.plan_us(after_us, Event::Call);
        }
    }

    // --- who is who ---------------------------------------------------------------------------

    fn group_of(&self, agent: AgentId) -> usize {
        (number_of(agent) % self.load.groups) as usize
    }

    fn is_reserve(&self, agent: AgentId) -> bool {
        number_of(agent) / self.load.groups % RESERVE_EVERY == RESERVE_EVERY - 1
    }
}

#[expect(clippy::expect_used, reason = "a constant word of the right form")]
fn gateway() -> GatewayId {
    "gw1".parse().expect("plain letters")
}

#[expect(clippy::expect_used, reason = "a word of the right form")]
fn skills_of(group: u32) -> BTreeSet<SkillCode> {
    BTreeSet::from([format!("skill-{group:02}").parse().expect("plain letters and digits")])
}

/// Ids begin at 1: the distributor orders them, and so does a reader.
fn agent_of(number: u32) -> AgentId {
    AgentId::from_u128(u128::from(number) + 1)
}

fn number_of(agent: AgentId) -> u32 {
    u32::try_from(agent.as_uuid().as_u128().saturating_sub(1)).unwrap_or(0)
}

fn device_of(agent: AgentId) -> DeviceId {
    DeviceId::from(agent.as_uuid())
}

fn leg_of(call: CallId) -> LegId {
    LegId::from_u128(FIRST_LEG + call.as_uuid().as_u128())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_warm_up(load: Load) -> Floor {
        let mut floor = Floor::open(load, 1);
        while floor.age_us() < WARM_UP_US {
            floor.step(Acd::handle);
        }
        floor
    }

    #[test]
    fn as_many_wait_as_the_load_says_while_agents_talk() {
        let mut floor = after_warm_up(Load { agents: 50, waiting: 200, groups: 10 });
        let answered_before = floor.acd.counts().answered;
        for _ in 0..2_000 {
            floor.step(Acd::handle);
            assert!((190..=200).contains(&floor.waiting()), "{}", floor.waiting());
        }
        let view = floor.acd.view();
        assert!(view.talking.len() > 20, "{}", view.talking.len());
        assert!(floor.acd.counts().answered > answered_before + 50);
        assert!(floor.acd.counts().abandoned > 10);
        assert_eq!((floor.broken, floor.acd.check_all()), (0, Vec::new()));
    }

    #[test]
    fn without_a_queue_whoever_calls_finds_somebody_free() {
        let mut floor = after_warm_up(Load { agents: 100, waiting: 0, groups: 10 });
        for _ in 0..2_000 {
            floor.step(Acd::handle);
            let unoffered = floor
                .acd
                .view()
                .waiting
                .iter()
                .filter(|it| it.offers == 0 && !it.connecting)
                .count();
            assert!(unoffered <= 2, "{unoffered}");
        }
        let talking = floor.acd.view().talking.len();
        assert!((30..80).contains(&talking), "{talking}");
        assert_eq!(floor.broken, 0);
    }

    #[test]
    fn a_seed_decides_everything() {
        let load = Load { agents: 20, waiting: 10, groups: 2 };
        let [one, same, other] = [7, 7, 8].map(|seed| {
            let mut floor = Floor::open(load, seed);
            for _ in 0..1_000 {
                floor.step(Acd::handle);
            }
            floor.acd
        });
        assert_eq!(one, same);
        assert_ne!(one, other);
    }
}
