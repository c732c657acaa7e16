//! The choice against a naive one that looks at everybody, by the definitions and not by the indexes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use types::{AgentId, CallId, DeviceId, GatewayId, LegId, SkillCode, Timestamp};

use super::*;
use crate::agent::{Agent, Proof, micros};
use crate::announcement::Heard;
use crate::call::{InboundState, Offer, Returned};
use crate::config::Config;
use crate::input::Routing;
use crate::queue::{Ageing, Strategy};
use crate::skills::{SkillLevel, SkillLevels};
use crate::tiers::Tier;

const NOW_S: i64 = 1_000_000;
const SKILLS: [&str; 3] = ["english", "enterprise", "dialect"];
const QUEUES: [&str; 2] = ["enterprise", "emergency"];

fn seconds(s: i64) -> Timestamp {
    Timestamp::from_micros(s * 1_000_000)
}

fn gateway() -> GatewayId {
    "gw1".parse().unwrap()
}

fn skill(index: usize) -> SkillCode {
    SKILLS[index].parse().unwrap()
}

// --- the naive choice -----------------------------------------------------------------------------

/// Smaller goes first.
fn naive_place(acd: &Acd, call: CallId) -> (bool, u8, i64, CallId) {
    let inbound = acd.inbound(call).unwrap();
    let policy = acd.config.policy(inbound.routing.queue.as_ref());
    let mut from_us = inbound.rang_at.as_micros();
    if inbound.routing.elder {
        from_us -= i64::try_from(policy.elder_head_start_ms).unwrap() * 1_000;
    }
    if inbound.routing.repeat_caller {
        from_us -= i64::try_from(policy.repeat_head_start_ms).unwrap() * 1_000;
    }
    let class = match policy.ageing {
        Some(ageing) if inbound.priority > ageing.best => {
            let steps = i64::from(inbound.priority - ageing.best);
            from_us += steps * i64::try_from(ageing.step_ms).unwrap() * 1_000;
            ageing.best
        }
        _ => inbound.priority,
    };
    (inbound.returned.is_none(), class, from_us, call)
}

fn naive_open(acd: &Acd, inbound: &Inbound, tier: Tier) -> bool {
    let policy = acd.config.policy(inbound.routing.queue.as_ref());
    let age_ms = micros(acd.now, inbound.ring_started) / 1_000;
    match acd.config.reserve_open.get(&tier) {
        Some(open) => *open,
        None if inbound.step != GuardStep::Reserve => false,
        None if policy.reserve_after_ms.is_empty() => true,
        None => {
            let own = policy.reserve_after_ms.get(&tier).copied();
            let after_ms = own
                .map_or(acd.config.reserve_after_ms, |ms| ms.max(acd.config.second_agent_after_ms));
            age_ms >= after_ms
        }
    }
}

/// Whether a call asks in a lane at all.
fn naive_wishes(acd: &Acd, inbound: &Inbound, lane: Lane) -> bool {
    let Some(offers) = inbound.offers() else { return false };
    let reserve = offers.values().filter(|offer| offer.step == GuardStep::Reserve).count();
    let regular = offers.len() - reserve;
    let open = Tier::RESERVE.into_iter().any(|tier| naive_open(acd, inbound, tier));
    let more_reserve = reserve < acd.config.reserve_at_once as usize && open;
    match lane {
        Lane::First => offers.is_empty(),
        Lane::More => {
            !offers.is_empty()
                && (regular == 0 || (inbound.step >= GuardStep::SecondAgent && regular < 2))
        }
        Lane::ReserveFirst => offers.is_empty() && more_reserve && inbound.waits_for.is_none(),
        Lane::ReserveMore => {
            !offers.is_empty() && more_reserve && inbound.step == GuardStep::Reserve
        }
    }
}

/// 0 fresh, 1 tired, 2 on a micro-break; `None`: cannot be rung for this call in this lane.
fn naive_rest(acd: &Acd, inbound: &Inbound, lane: Lane, id: AgentId) -> Option<u8> {
    let agent = &acd.agents[&id];
    let policy = acd.config.policy(inbound.routing.queue.as_ref());
    let micro = AgentState::NotReady { reason: NotReadyReason::MicroBreak };
    let rest = if agent.state == AgentState::Ready {
        u8::from(agent.strain.tired_until.is_some())
    } else if agent.state == micro && agent.afterwards == Choice::Ready && policy.emergency {
        2
    } else {
        return None;
    };
    let phone = agent.devices.values().any(|device| {
        device.registered
            && matches!(device.proof, Proof::Good { .. })
            && device.gateway == inbound.gateway
    });
    let tier = match lane {
        Lane::First | Lane::More => agent.tier() == Tier::Regular,
        Lane::ReserveFirst | Lane::ReserveMore => {
            agent.tier() != Tier::Regular && naive_open(acd, inbound, agent.tier())
        }
    };
    let skilled = inbound.skills.iter().all(|skill| {
        let least = inbound.routing.min_levels.get(skill).copied().unwrap_or(SkillLevel::LEAST);
        agent.levels.get(skill).is_some_and(|level| *level >= least)
    });
    let only = inbound.waits_for.is_none_or(|only| only == id);
    (phone && tier && skilled && only).then_some(rest)
}

/// More is better.
fn naive_worth(acd: &Acd, inbound: &Inbound, agent: &Agent) -> i128 {
    let policy = acd.config.policy(inbound.routing.queue.as_ref());
    let levels: i128 = inbound
        .skills
        .iter()
        .filter_map(|skill| agent.levels.get(skill))
        .map(|level| i128::from(level.as_u8()))
        .sum();
    let calls = i128::from(agent.strain.calls_today);
    match policy.strategy {
        Strategy::LongestReady => 0,
        Strategy::FewestCalls => -calls,
        Strategy::MostSkilled => levels,
        Strategy::Weighted { idle, skill, calls: per_call } => {
            let idle_ms = i128::from(acd.now.as_micros().div_euclid(1_000))
                - i128::from(agent.rank().div_euclid(1_000));
            idle_ms * i128::from(idle)
                + 1_000 * (levels * i128::from(skill) - calls * i128::from(per_call))
        }
    }
}

fn naive_best(acd: &Acd, inbound: &Inbound, lane: Lane, avoid: bool) -> Option<AgentId> {
    let key = |id: &AgentId| {
        let rest = naive_rest(acd, inbound, lane, *id)?;
        let agent = &acd.agents[id];
        Some((rest, agent.tier(), -naive_worth(acd, inbound, agent), agent.rank(), *id))
    };
    acd.agents
        .keys()
        .filter(|id| !avoid || !inbound.avoids(**id, acd.now))
        .filter_map(key)
        .min()
        .map(|key| key.4)
}

fn naive_agent(acd: &Acd, inbound: &Inbound, lane: Lane) -> Option<AgentId> {
    let preferred = inbound.routing.preferred.filter(|id| {
        acd.agents.contains_key(id)
            && !inbound.avoids(*id, acd.now)
            && naive_rest(acd, inbound, lane, *id).is_some_and(|rest| rest < 2)
    });
    let nobody_rings = matches!(lane, Lane::First | Lane::ReserveFirst);
    preferred
        .or_else(|| naive_best(acd, inbound, lane, true))
        .or_else(|| naive_best(acd, inbound, lane, false).filter(|_| nobody_rings))
}

fn naive_match(acd: &Acd, lane: Lane) -> Option<(CallId, AgentId)> {
    let mut calls: Vec<CallId> = acd.calls.keys().copied().collect();
    calls.sort_by_key(|call| naive_place(acd, *call));
    calls.into_iter().find_map(|call| {
        let inbound = acd.inbound(call)?;
        if !naive_wishes(acd, inbound, lane) {
            return None;
        }
        naive_agent(acd, inbound, lane).map(|agent| (call, agent))
    })
}

// --- floors ---------------------------------------------------------------------------------------

/// In which state an agent is; only some of them can be rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Availability {
    Ready,
    Tired,
    MicroBreak,
    /// On a micro-break that a break of her own follows.
    LeavingMicroBreak,
    OwnBreak,
    WrapUp,
    WithoutPhone,
}

const AVAILABILITIES: [Availability; 7] = [
    Availability::Ready,
    Availability::Tired,
    Availability::MicroBreak,
    Availability::LeavingMicroBreak,
    Availability::OwnBreak,
    Availability::WrapUp,
    Availability::WithoutPhone,
];

#[derive(Debug, Clone)]
struct Somebody {
    availability: Availability,
    levels: [u8; 3],
    tier: Tier,
    calls: u32,
    idle_s: i64,
}

#[derive(Debug, Clone)]
struct Caller {
    wants: [u8; 3],
    queue: usize,
    priority: u8,
    rang_s: i64,
    step: GuardStep,
    returned: bool,
    preferred: Option<u8>,
    waits: bool,
    marks: (bool, bool),
    avoids: BTreeSet<u8>,
    /// A phone rings for it already, of a regular agent or of the reserve.
    rings: Option<bool>,
}

fn agent_id(n: usize) -> AgentId {
    AgentId::from_u128(n as u128 + 1)
}

fn put_agent(acd: &mut Acd, n: usize, of: &Somebody) {
    let since = seconds(NOW_S - of.idle_s);
    let mut agent = Agent::signed_out(since);
    let levels: SkillLevels = (0..SKILLS.len())
        .filter(|index| of.levels[*index] > 0)
        .map(|index| (skill(index), of.levels[index].into()))
        .collect();
    agent.set_skills(levels.keys().cloned().collect(), &levels);
    agent.tier = Some(of.tier);
    agent.strain.calls_today = of.calls;
    agent.afterwards = Choice::Ready;
    let micro = AgentState::NotReady { reason: NotReadyReason::MicroBreak };
    agent.state = match of.availability {
        Availability::Ready | Availability::WithoutPhone => AgentState::Ready,
        Availability::Tired => {
            agent.strain.tired_until = Some(seconds(NOW_S + 100));
            AgentState::Ready
        }
        Availability::MicroBreak => micro,
        Availability::LeavingMicroBreak => {
            agent.afterwards = Choice::NotReady { reason: NotReadyReason::SignedIn };
            micro
        }
        Availability::OwnBreak => AgentState::NotReady { reason: NotReadyReason::SignedIn },
        Availability::WrapUp => {
            let (call, until) = (CallId::from_u128(9_000), seconds(NOW_S + 50));
            AgentState::WrapUp { call, until, extensions: 0 }
        }
    };
    if of.availability != Availability::WithoutPhone {
        let device = agent.device(DeviceId::from_u128(1), &gateway(), since);
        device.registered = true;
        device.proof = Proof::Good { at: since };
    }
    acd.agents.insert(agent_id(n), agent);
}

fn put_call(acd: &mut Acd, n: usize, of: &Caller) {
    let wanted: Vec<usize> = (0..SKILLS.len()).filter(|index| of.wants[*index] > 0).collect();
    let levels = wanted.iter().map(|index| (skill(*index), of.wants[*index].into()));
    let preferred = of.preferred.map(|n| agent_id(usize::from(n)));
    let routing = Routing {
        queue: QUEUES.get(of.queue).map(|queue| queue.parse().unwrap()),
        min_levels: levels.collect(),
        preferred,
        elder: of.marks.0,
        repeat_caller: of.marks.1,
    };
    let call = CallId::from_u128(n as u128 + 100);
    let mut offers = BTreeMap::new();
    if let Some(reserve) = of.rings {
        let step = if reserve { GuardStep::Reserve } else { GuardStep::First };
        let (agent, since) = (AgentId::from_u128(8_000), seconds(NOW_S));
        let (ringing, device, overdue_since, line, lent) = (false, None, None, false, false);
        let offer = Offer { agent, since, step, ringing, device, overdue_since, line, lent };
        offers.insert(LegId::from_u128(n as u128 + 500), offer);
    }
    let rang_at = seconds(NOW_S - of.rang_s);
    let from = AgentId::from_u128(7_000);
    let until = seconds(NOW_S + 30);
    let inbound = Inbound {
        gateway: gateway(),
        leg: LegId::from_u128(n as u128 + 200),
        caller: None,
        dialled: "12345".to_owned(),
        skills: wanted.into_iter().map(skill).collect(),
        priority: of.priority,
        waits_for: preferred.filter(|_| of.waits && offers.is_empty()),
        routing,
        rang_at,
        ring_started: rang_at,
        leg_answered: false,
        treated: true,
        step: of.step,
        avoid: of.avoids.iter().map(|n| (agent_id(usize::from(*n)), until)).collect(),
        causes: Vec::new(),
        returned: of.returned.then_some(Returned { from, since: rang_at, talked_us: 1 }),
        earlier: None,
        callback_offered: false,
        heard: Heard::default(),
        emergency: false,
        state: InboundState::Waiting { offers, idle_since: rang_at },
    };
    acd.calls.insert(call, Call::Inbound(Box::new(inbound)));
}

fn floor(config: Config, agents: &[Somebody], callers: &[Caller]) -> Acd {
    let mut acd = Acd::new(config);
    acd.now = seconds(NOW_S);
    acd.gateways.insert(gateway(), true);
    agents.iter().enumerate().for_each(|(n, of)| put_agent(&mut acd, n, of));
    callers.iter().enumerate().for_each(|(n, of)| put_call(&mut acd, n, of));
    acd.rebuild_indexes();
    acd
}

// --- what is drawn --------------------------------------------------------------------------------

fn strategies() -> impl proptest::strategy::Strategy<Value = Strategy> {
    prop_oneof![
        Just(Strategy::LongestReady),
        Just(Strategy::FewestCalls),
        Just(Strategy::MostSkilled),
        (0..4_u32, 0..90_u32, 0..90_u32).prop_map(|(idle, skill, calls)| Strategy::Weighted {
            idle,
            skill,
            calls
        }),
    ]
}

fn policies() -> impl proptest::strategy::Strategy<Value = QueuePolicy> {
    let ageing = prop::option::of(
        (1..60_u64, 0..3_u8).prop_map(|(s, best)| Ageing { step_ms: s * 1_000, best }),
    );
    let tier = prop_oneof![Just(Tier::TeamLeader), Just(Tier::BackOffice)];
    let after = prop::collection::btree_map(tier, (5..25_u64).prop_map(|s| s * 1_000), 0..2);
    (strategies(), ageing, 0..30_u64, 0..30_u64, after, any::<bool>()).prop_map(
        |(strategy, ageing, elder_s, repeat_s, reserve_after_ms, emergency)| QueuePolicy {
            strategy,
            ageing,
            elder_head_start_ms: elder_s * 1_000,
            repeat_head_start_ms: repeat_s * 1_000,
            preferred_wait_ms: 0,
            reserve_after_ms,
            emergency,
        },
    )
}

fn configs() -> impl proptest::strategy::Strategy<Value = Config> {
    let tier = prop_oneof![Just(Tier::TeamLeader), Just(Tier::BackOffice)];
    let open = prop::collection::btree_map(tier, any::<bool>(), 0..2);
    ([policies(), policies(), policies()], open).prop_map(|([queue, one, other], reserve_open)| {
        let queues = [(QUEUES[0].parse().unwrap(), one), (QUEUES[1].parse().unwrap(), other)];
        Config { queue, queues: queues.into(), reserve_open, ..Config::default() }
    })
}

fn people() -> impl proptest::strategy::Strategy<Value = Vec<Somebody>> {
    let availability = prop_oneof![
        4 => Just(Availability::Ready),
        2 => prop::sample::select(AVAILABILITIES.to_vec()),
    ];
    let tier = prop_oneof![
        3 => Just(Tier::Regular),
        1 => Just(Tier::TeamLeader),
        1 => Just(Tier::BackOffice),
    ];
    // Few values, so that many are alike.
    let one = (availability, [0..6_u8, 0..6_u8, 0..2_u8], tier, 0..3_u32, 0..4_i64);
    let one = one.prop_map(|(availability, levels, tier, calls, idle)| Somebody {
        availability,
        levels,
        tier,
        calls,
        idle_s: idle * 20,
    });
    prop::collection::vec(one, 0..8)
}

fn callers() -> impl proptest::strategy::Strategy<Value = Vec<Caller>> {
    let steps = prop::sample::select(vec![
        GuardStep::First,
        GuardStep::Next,
        GuardStep::SecondAgent,
        GuardStep::Reserve,
    ]);
    let wants = prop_oneof![2 => Just([0, 0, 0]), 3 => [0..5_u8, 0..3_u8, 0..2_u8]];
    let about = (
        prop::option::weighted(0.4, 0..8_u8),
        any::<bool>(),
        any::<(bool, bool)>(),
        prop::collection::btree_set(0..8_u8, 0..3),
        prop::option::weighted(0.3, any::<bool>()),
        prop::bool::weighted(0.1),
    );
    let one = (wants, 0..4_usize, 0..4_u8, 0..40_i64, steps, about).prop_map(
        |(wants, queue, priority, rang_s, step, about)| {
            let (preferred, waits, marks, avoids, rings, returned) = about;
            Caller {
                wants,
                queue,
                priority,
                rang_s,
                step,
                returned,
                preferred,
                waits,
                marks,
                avoids,
                rings,
            }
        },
    );
    prop::collection::vec(one, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_indexed_choice_is_the_one_of_who_looks_at_everybody(
        config in configs(), agents in people(), callers in callers()
    ) {
        let mut acd = floor(config, &agents, &callers);
        for lane in Lane::ALL {
            // Offer by offer, as a decision goes on: the indexes follow each.
            for _ in 0..100 {
                let chosen = acd.best_match(lane);
                prop_assert_eq!(chosen, naive_match(&acd, lane), "{:?}", lane);
                let Some((call, agent)) = chosen else { break };
                acd.make_offer(call, agent, lane);
            }
        }
    }
}

#[test]
fn r06_whatever_the_strategy_and_whoever_is_away_a_ready_agent_is_offered_the_call_at_once() {
    let strategies = [
        Strategy::LongestReady,
        Strategy::FewestCalls,
        Strategy::MostSkilled,
        Strategy::Weighted { idle: 1, skill: 30, calls: 10 },
    ];
    let kinds: Vec<(Availability, u8)> =
        AVAILABILITIES.into_iter().flat_map(|of| [(of, 0), (of, 4)]).collect();
    let mut floors = 0;
    for strategy in strategies {
        for emergency in [false, true] {
            for vector in vectors(&kinds, 3) {
                floors += 1;
                r06_on(strategy, emergency, &vector);
            }
        }
    }
    assert_eq!(floors, 4 * 2 * (1 + 14 + 14 * 14 + 14 * 14 * 14));
}

/// Every list of up to `len` kinds.
fn vectors(kinds: &[(Availability, u8)], len: usize) -> Vec<Vec<(Availability, u8)>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..len {
        last = last
            .iter()
            .flat_map(|head| kinds.iter().map(move |kind| [head.as_slice(), &[*kind]].concat()))
            .collect();
        all.extend(last.clone());
    }
    all
}

fn r06_on(strategy: Strategy, emergency: bool, vector: &[(Availability, u8)]) {
    let queue = QueuePolicy { strategy, emergency, ..QueuePolicy::default() };
    let agents: Vec<Somebody> = vector
        .iter()
        .enumerate()
        .map(|(n, (availability, level))| Somebody {
            availability: *availability,
            levels: [*level, 0, 0],
            tier: Tier::Regular,
            calls: n as u32 % 2,
            idle_s: 5,
        })
        .collect();
    let caller = Caller {
        wants: [2, 0, 0],
        queue: 9,
        priority: 5,
        rang_s: 1,
        step: GuardStep::First,
        returned: false,
        preferred: None,
        waits: false,
        marks: (false, false),
        // She refused it a moment ago, and may be the only one.
        avoids: [0].into(),
        rings: None,
    };
    let mut acd = floor(Config { queue, ..Config::default() }, &agents, &[caller]);
    let may = vector.iter().any(|(availability, level)| {
        let there = match availability {
            Availability::Ready | Availability::Tired => true,
            Availability::MicroBreak => emergency,
            _ => false,
        };
        there && *level > 0
    });
    acd.match_calls();
    let offers = acd.inbound(CallId::from_u128(100)).unwrap().offers().unwrap().len();
    assert_eq!(offers, usize::from(may), "{strategy:?} {emergency} {vector:?}");
}
