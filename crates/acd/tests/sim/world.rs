//! The world around a core: a draw becomes an abstract action, the action becomes concrete facts,
//! and both are logged. Every step checks every rule.

#[path = "checks.rs"]
mod checks;
#[path = "stories.rs"]
mod stories;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use acd::rates::LiveRates;
use acd::{
    Acd, AgentCommand, Arrival, BreakReason, DialPurpose, Effect, EndCause, FailureCause,
    GatewayFact, Input, JournalEntry, LegKind, LegState, Order, ProofOutcome, Record, RequestId,
    ScreenedBy, ScreenedNumber,
};
use types::{AgentId, CallId, DeviceId, GatewayId, LegId, Phone, Timestamp};

use crate::draw::Draw;
use crate::gateway::Gateway;
use crate::policies;

const AGENTS: u64 = 4;
const GATEWAY_AHEAD_US: i64 = 3_600_000_000;

#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    arrived: i32,
    answered: i32,
    abandoned: i32,
    ended: i32,
    returned: i32,
    taken_over: i32,
    promised: i32,
    promise_ended: i32,
}

pub struct World {
    pub acd: Acd,
    pub watch_fairness: bool,
    name: String,
    now_us: i64,
    gateway: Gateway,
    link_up: bool,
    /// Facts that are on their way for longer than others.
    late: VecDeque<(Timestamp, GatewayFact)>,
    /// Draws for faults, from the step's draw.
    faults: Draw,
    calls_made: u64,
    requests: u64,
    pages: u64,
    /// When silent phones are heard again.
    returns: BTreeSet<(i64, LegId)>,
    /// How often what was recorded.
    pub told: BTreeMap<&'static str, u64>,
    journal: Vec<JournalEntry>,
    actions: Vec<String>,
    seen: BTreeMap<CallId, Seen>,
    rates: LiveRates,
    /// What the rates are counted from, for the recomputation.
    outcomes: Vec<Record>,
    /// What was recorded of each call, for its explanation.
    stories: BTreeMap<CallId, Vec<(Timestamp, Record)>>,
    /// Which rules of the guard are on, and how far.
    rules: u64,
    /// Agents whose phones answer by themselves: none, or every third.
    auto_answer: bool,
}

/// Few numbers, so that people call again.
fn number(n: u64) -> Phone {
    let spelled = if n.is_multiple_of(2) { "+86" } else { "" };
    format!("{spelled}1380000000{}", n % 3).parse().unwrap()
}

/// Whoever answers citizens: agents, and the neighbour's line.
fn took_call(kind: &LegKind) -> bool {
    match kind {
        LegKind::Agent { .. } => true,
        LegKind::Outbound { number } => number.reveal() == policies::LINE,
        LegKind::Caller => false,
    }
}

fn agent(n: u64) -> AgentId {
    AgentId::from_u128(u128::from(n % AGENTS) + 1)
}

/// Calls back are offered soon and kept or given up soon, so that a short run meets all of it.
fn gateway_id() -> GatewayId {
    "gw1".parse().unwrap()
}

impl World {
    /// `rules` chooses which rules of the guard are on, and how far.
    pub fn new(name: String, rules: u64) -> Self {
        let mut world = Self {
            acd: Acd::default(),
            watch_fairness: false,
            name,
            now_us: 1_000_000_000_000,
            gateway: Gateway::default(),
            link_up: true,
            late: VecDeque::new(),
            faults: Draw::new(0),
            calls_made: 0,
            requests: 0,
            pages: 0,
            returns: BTreeSet::new(),
            told: BTreeMap::new(),
            journal: Vec::new(),
            actions: Vec::new(),
            seen: BTreeMap::new(),
            rates: LiveRates::default(),
            outcomes: Vec::new(),
            stories: BTreeMap::new(),
            rules,
            auto_answer: (rules >> 16).is_multiple_of(2),
        };
        world.say(Input::Configure { config: Box::new(policies::config(0, rules)) });
        for n in 0..AGENTS {
            world.sign_in(n, n == 3);
            world.phone_comes(n);
            world.ask(n, AgentCommand::Ready);
        }
        world
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now_us)
    }

    fn gateway_now(&self) -> Timestamp {
        Timestamp::from_micros(self.now_us + GATEWAY_AHEAD_US)
    }

    // --- one step -----------------------------------------------------------------------------

    pub fn step(&mut self, draw: u64) {
        self.faults = Draw::new(draw);
        let (action, pick) = (draw % 60, draw >> 8);
        self.actions.push(format!("{action}/{pick}"));
        match action {
            0..=5 => self.arrive(pick),
            6 | 7 => self.end_leg(pick, EndCause::HungUp, |kind| *kind == LegKind::Caller),
            8..=11 => self.answer(pick),
            12 => self.refuse(pick),
            13 | 14 => {
                self.end_leg(pick, EndCause::HungUp, |kind| matches!(kind, LegKind::Agent { .. }));
            }
            15 => self.end_leg(pick, EndCause::Vanished, |_| true),
            16..=19 => self.ask_something(pick),
            20 => self.phone_leaves(pick),
            21 => self.phone_comes(pick),
            22 => self.prove(pick, pick % 4),
            23 => self.deliver_late(),
            24 => self.snapshot(),
            25 => self.lose_link(),
            26 => self.restart_gateway(pick.is_multiple_of(3)),
            27 => self.restart_core(),
            28..=32 => self.fall_silent(pick),
            33 => self.open_page(pick),
            34 | 35 => self.reload_page(pick),
            36 | 37 => self.vanish(pick),
            38 => self.pass_ms(25_000),
            39..=43 => self.answer(pick),
            44 => {
                self.say(Input::Configure { config: Box::new(policies::config(pick, self.rules)) });
            }
            45 => self.say(Input::NewDay { day: u32::try_from(pick % 5).unwrap() }),
            46 | 47 => self.ask(pick, AgentCommand::ReportAbuse),
            48..=52 => self.press(pick),
            53 => self.change_screen_list(pick),
            _ => {
                self.pass_ms([1, 40, 700, 1_000, 5_000, 6_000, 9_000, 16_000][(pick % 8) as usize]);
            }
        }
    }

    fn arrive(&mut self, pick: u64) {
        self.calls_made += 1;
        let call = CallId::from_u128(u128::from(self.calls_made) + 10_000);
        let leg = LegId::from_u128(u128::from(self.calls_made) + 20_000);
        let rang_at = self.gateway_now();
        let state = LegState::Ringing;
        let kind = LegKind::Caller;
        self.gateway.legs.insert(leg, crate::gateway::Leg { call, kind, state, since: rang_at });
        self.gateway.rang_at.insert(call, rang_at);
        let skills = if pick.is_multiple_of(5) {
            ["english".parse().unwrap()].into()
        } else {
            BTreeSet::new()
        };
        let routing = policies::routing(pick >> 8, agent(pick >> 16));
        self.facts(vec![GatewayFact::CallArrived(Arrival {
            call,
            leg,
            caller: (!pick.is_multiple_of(7)).then(|| number(pick)),
            dialled: "12345".to_owned(),
            skills,
            priority: if pick.is_multiple_of(11) { 1 } else { 5 },
            arrived_at: rang_at,
            rang_at,
            age_ms: 0,
            routing,
        })]);
    }

    /// A key on a caller's leg, mostly the one that means something.
    fn press(&mut self, pick: u64) {
        let waits = |leg: &crate::gateway::Leg| {
            leg.kind == LegKind::Caller && !matches!(leg.state, LegState::Connected { .. })
        };
        if let Some(leg) = self.gateway.pick(pick, waits) {
            let call = self.gateway.legs[&leg].call;
            let digit = if pick.is_multiple_of(5) { '2' } else { '1' };
            self.facts(vec![GatewayFact::DigitPressed { call, leg, digit }]);
        }
    }

    /// One of the numbers is screened, or none.
    fn change_screen_list(&mut self, pick: u64) {
        let set_at = self.now();
        let entry = |n: u64| ScreenedNumber {
            number: number(n),
            set_at,
            until: Timestamp::from_micros(self.now_us + 40_000_000),
            set_by: ScreenedBy::TeamLeader,
        };
        let numbers = (!pick.is_multiple_of(3)).then(|| entry(pick)).into_iter().collect();
        self.say(Input::ScreeningList { numbers });
    }

    fn end_leg(&mut self, pick: u64, cause: EndCause, wanted: impl Fn(&LegKind) -> bool) {
        if let Some(leg) = self.gateway.pick(pick, |leg| wanted(&leg.kind)) {
            let facts = self.gateway.end(leg, cause);
            self.facts(facts);
        }
    }

    /// The phone of an agent who talks, or a neighbour's line, sends nothing for 1 to 60 s.
    fn fall_silent(&mut self, pick: u64) {
        let talks = |leg: &crate::gateway::Leg| {
            took_call(&leg.kind) && matches!(leg.state, LegState::Connected { .. })
        };
        if let Some(leg) = self.gateway.pick(pick, talks) {
            let for_s = 1 + self.faults.next() % 60;
            self.returns.insert((self.now_us + i64::try_from(for_s).unwrap() * 1_000_000, leg));
            let facts = self.gateway.silence(leg, true);
            self.facts(facts);
        }
    }

    /// The leg of an agent or of a neighbour's line is dead; whom it talked with waits.
    fn vanish(&mut self, pick: u64) {
        let causes = [EndCause::Vanished, EndCause::Fault];
        let hers =
            |leg: &crate::gateway::Leg| took_call(&leg.kind) && leg.state != LegState::Ringing;
        if let Some(leg) = self.gateway.pick(pick, hers) {
            let facts = self.gateway.end_alone(leg, causes[(pick % 2) as usize]);
            self.facts(facts);
        }
    }

    fn pick_ringing(&self, pick: u64) -> Option<LegId> {
        self.gateway.pick(pick, |leg| leg.kind != LegKind::Caller && leg.state == LegState::Ringing)
    }

    fn answer(&mut self, pick: u64) {
        if let Some(leg) = self.pick_ringing(pick) {
            let facts = self.gateway.answer(self.gateway_now(), leg);
            self.facts(facts);
        }
    }

    fn refuse(&mut self, pick: u64) {
        let causes = [
            FailureCause::Declined,
            FailureCause::Busy,
            FailureCause::NoAnswer,
            FailureCause::Unreachable,
            FailureCause::GatewayFault,
        ];
        if let Some(leg) = self.pick_ringing(pick) {
            let facts = self.gateway.refuse(leg, causes[(pick % 5) as usize]);
            self.facts(facts);
        }
    }

    fn ask_something(&mut self, pick: u64) {
        let n = pick >> 8;
        let command = match pick % 13 {
            0 => AgentCommand::SignOut,
            1 => return self.sign_in(n, n.is_multiple_of(7)),
            2..=4 => AgentCommand::Ready,
            5 => AgentCommand::NotReady { reason: BreakReason::Rest },
            6 => AgentCommand::FinishWrapUp,
            7 => AgentCommand::ExtendWrapUp,
            8 => AgentCommand::HangUp,
            9 => AgentCommand::Hold,
            10 => AgentCommand::Retrieve,
            11 => AgentCommand::RejectOffer,
            _ => {
                self.calls_made += 1;
                let call = CallId::from_u128(u128::from(self.calls_made) + 10_000);
                let number = "13900000000".parse().unwrap();
                AgentCommand::Dial { call, number, purpose: DialPurpose::Feedback }
            }
        };
        self.ask(n, command);
    }

    fn ask(&mut self, n: u64, command: AgentCommand) {
        self.requests += 1;
        let input = Input::Agent { agent: agent(n), request: RequestId(self.requests), command };
        if self.faults.next().is_multiple_of(8) {
            self.say(input.clone());
        }
        self.say(input);
    }

    fn sign_in(&mut self, n: u64, reserve: bool) {
        let skills =
            if n.is_multiple_of(2) { ["english".parse().unwrap()].into() } else { BTreeSet::new() };
        let levels = policies::levels(n >> 8);
        let tier = (n >> 16).is_multiple_of(9).then_some(acd::Tier::BackOffice).filter(|_| reserve);
        let auto_answer = self.auto_answer && n.is_multiple_of(3);
        self.ask(n, AgentCommand::SignIn { skills, levels, reserve, tier, auto_answer });
    }

    fn phone_comes(&mut self, n: u64) {
        self.open_page(n);
        self.prove(n, 0);
    }

    /// The page is open already, or comes back as the same device.
    fn open_page(&mut self, n: u64) {
        let agent = agent(n);
        let page = DeviceId::from(agent.as_uuid());
        let device = *self.gateway.phones.entry(agent).or_insert(page);
        self.facts(vec![GatewayFact::DeviceRegistered { agent, device }]);
    }

    /// The page comes again as another device: reloaded, or taken over by another tab. Its talk is
    /// silent from now on.
    fn reload_page(&mut self, n: u64) {
        self.pages += 1;
        self.phone_leaves(n);
        let device = DeviceId::from_u128(u128::from(self.pages) + 50_000);
        self.gateway.phones.insert(agent(n), device);
        self.open_page(n);
        let hers = LegKind::Agent { agent: agent(n) };
        if let Some(leg) = self.gateway.pick(0, |leg| leg.kind == hers) {
            let facts = self.gateway.silence(leg, true);
            self.facts(facts);
        }
    }

    fn phone_leaves(&mut self, n: u64) {
        let agent = agent(n);
        if let Some(device) = self.gateway.phones.remove(&agent) {
            self.facts(vec![GatewayFact::DeviceLost { agent, device }]);
        }
    }

    fn prove(&mut self, n: u64, outcome: u64) {
        let outcome = match outcome {
            2 => ProofOutcome::MicrophoneSilent,
            3 => ProofOutcome::NoMedia,
            _ => ProofOutcome::Proved,
        };
        let agent = agent(n);
        if let Some(&device) = self.gateway.phones.get(&agent) {
            self.facts(vec![GatewayFact::DeviceProved { agent, device, outcome }]);
        }
    }

    // --- faults -------------------------------------------------------------------------------

    /// Sends facts on their way: some are lost, some come twice, some come late.
    fn facts(&mut self, facts: Vec<GatewayFact>) {
        let at = self.gateway_now();
        for fact in facts {
            if !self.link_up {
                continue;
            }
            match self.faults.next() % 40 {
                0 => {}
                1..=3 => self.late.push_back((at, fact)),
                4..=6 => {
                    self.deliver(at, fact.clone());
                    self.deliver(at, fact);
                }
                _ => self.deliver(at, fact),
            }
        }
    }

    fn deliver(&mut self, at: Timestamp, fact: GatewayFact) {
        self.say(Input::Gateway { gateway: gateway_id(), at, fact });
    }

    fn deliver_late(&mut self) {
        let back = self.faults.next().is_multiple_of(2);
        let fact = if back { self.late.pop_back() } else { self.late.pop_front() };
        if let Some((at, fact)) = fact {
            self.deliver(at, fact);
        }
    }

    fn snapshot(&mut self) {
        self.link_up = true;
        let at = self.gateway_now();
        let (calls, devices) = self.gateway.snapshot(at);
        self.say(Input::GatewaySnapshot {
            gateway: gateway_id(),
            at,
            calls,
            devices,
            draining: false,
        });
    }

    fn lose_link(&mut self) {
        self.link_up = false;
        self.say(Input::GatewayLost { gateway: gateway_id() });
    }

    fn restart_gateway(&mut self, said: bool) {
        self.gateway = Gateway::default();
        if said {
            self.lose_link();
        }
        self.snapshot();
    }

    /// The core dies and is restored from its snapshot.
    pub fn restart_core(&mut self) {
        let saved = serde_json::to_string(&self.acd).unwrap();
        let restored: Acd = serde_json::from_str(&saved).unwrap();
        assert_eq!(restored, self.acd, "{}", self.trace());
        self.acd = restored;
    }

    // --- time and the core --------------------------------------------------------------------

    fn pass_ms(&mut self, ms: i64) {
        let until = self.now_us + ms * 1_000;
        loop {
            let deadline = self.acd.next_deadline().map_or(i64::MAX, Timestamp::as_micros);
            let heard = self.returns.first().map_or(i64::MAX, |(at, _)| *at);
            if deadline.min(heard) > until {
                break;
            }
            self.now_us = self.now_us.max(deadline.min(heard));
            if deadline <= heard {
                self.say(Input::Tick);
            } else if let Some((_, leg)) = self.returns.pop_first() {
                let facts = self.gateway.silence(leg, false);
                self.facts(facts);
            }
        }
        self.now_us = until;
    }

    fn say(&mut self, input: Input) {
        let at = self.now();
        let effects = self.acd.handle(at, input.clone());
        let number = self.journal.len() as u64 + 1;
        self.journal.push(JournalEntry { number, at, input, effects: effects.clone() });
        self.check_step(&effects);
        for effect in effects {
            if let Effect::Order { order, .. } = effect {
                self.carry_out(order);
            }
        }
    }

    fn carry_out(&mut self, order: Order) {
        if self.link_up && !self.faults.next().is_multiple_of(50) {
            let facts = self.gateway.obey(self.gateway_now(), order);
            self.facts(facts);
        }
    }

    fn trace(&self) -> String {
        let tail: Vec<String> = self
            .journal
            .iter()
            .rev()
            .take(12)
            .map(|entry| format!("{} {:?}\n   -> {:?}", entry.number, entry.input, entry.effects))
            .collect();
        format!("{}\nactions {:?}\n{}", self.name, self.actions, tail.join("\n"))
    }
}
