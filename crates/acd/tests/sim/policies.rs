//! Queues, levels, tiers and ceilings as a draw gives them.

use acd::{
    Ageing, Config, Line, OccupancyCeiling, QueueCallbackRules, QueuePolicy, ReturnHours, Routing,
    SkillLevels, Strategy, Tier,
};
use types::{AgentId, QueueCode};

const QUEUES: [&str; 3] = ["enterprise", "emergency", "elsewhere"];

/// The neighbour's number.
pub const LINE: &str = "05551234567";

fn queue(index: u64) -> QueueCode {
    QUEUES[(index % 3) as usize].parse().unwrap()
}

fn strategy(pick: u64) -> Strategy {
    match pick % 4 {
        0 => Strategy::LongestReady,
        1 => Strategy::FewestCalls,
        2 => Strategy::MostSkilled,
        _ => Strategy::Weighted { idle: 1, skill: 30, calls: 20 },
    }
}

/// Every rule of the guard off, as it ships, or harsher than anybody would have it.
fn guard(rules: u64) -> Config {
    let one_of = |shift: u32, values: [u32; 4]| values[((rules >> shift) % 4) as usize];
    Config {
        epoch: 7,
        ring_on_ms: one_of(0, [0, 1_000, 5_000, 60_000]),
        agents_at_once: one_of(2, [0, 1, 3, 100]),
        at_once_spare: one_of(4, [0, 1, 1, 2]),
        auto_answer_ring_limit_ms: one_of(6, [0, 500, 2_000, 6_000]),
        lapses_max: one_of(8, [1, 2, 2, 5]),
        second_agent_after_ms: u64::from(one_of(10, [1, 4_000, 8_000, 60_000])),
        queue_callback: callback(),
        return_hours: ReturnHours { from_min: 0, until_min: 1_440 },
        ..Config::default()
    }
}

/// Offered early, given up soon.
fn callback() -> QueueCallbackRules {
    QueueCallbackRules {
        offered: true,
        after_ms: 6_000,
        attempts_max: 2,
        retry_after_ms: 5_000,
        keep_ms: 60_000,
        ..QueueCallbackRules::default()
    }
}

/// Queues by `pick`, the guard by `rules`. 0 is how a centre without queues works, but for the ceiling and the enterprise queue's patience.
pub fn config(pick: u64, rules: u64) -> Config {
    let enterprise = QueuePolicy {
        strategy: strategy(pick >> 2),
        ageing: pick.is_multiple_of(2).then_some(Ageing { step_ms: 4_000, best: 1 }),
        elder_head_start_ms: 3_000,
        repeat_head_start_ms: 2_000,
        preferred_wait_ms: 5_000,
        reserve_after_ms: [(Tier::TeamLeader, 9_000), (Tier::BackOffice, 14_000)].into(),
        emergency: false,
    };
    let emergency = QueuePolicy { emergency: true, ..QueuePolicy::default() };
    let queues = [(queue(0), enterprise), (queue(1), emergency)].into();
    let reserve_open = match (pick >> 4) % 4 {
        1 => [(Tier::TeamLeader, true)].into(),
        2 => [(Tier::BackOffice, true), (Tier::TeamLeader, false)].into(),
        _ => [].into(),
    };
    // 18 s of talk and wrap-up within an hour are too much here: a step is a few seconds.
    let permille = if (pick >> 6).is_multiple_of(3) { 5 } else { 0 };
    let line = Line {
        number: LINE.parse().unwrap(),
        gateway: "gw1".parse().unwrap(),
        skills: ["english".parse().unwrap()].into(),
        ring_limit_ms: 10_000,
        name: String::new(),
        channels: 2,
    };
    Config {
        lines: if (pick >> 8).is_multiple_of(3) { vec![line] } else { Vec::new() },
        queue: QueuePolicy { strategy: strategy(pick), ..QueuePolicy::default() },
        queues,
        reserve_open,
        occupancy: OccupancyCeiling { permille, micro_break_ms: 8_000 },
        abuse_break_ms: 20_000,
        ..guard(rules)
    }
}

/// What the host knows of a caller; `knows` is who talked with the caller last.
pub fn routing(pick: u64, knows: AgentId) -> Routing {
    Routing {
        queue: (pick % 8 < 3).then(|| queue(pick % 8)),
        min_levels: [("english".parse().unwrap(), u8::try_from(1 + pick % 4).unwrap().into())]
            .into(),
        preferred: (pick >> 4).is_multiple_of(2).then_some(knows),
        elder: (pick >> 5).is_multiple_of(6),
        repeat_caller: (pick >> 6).is_multiple_of(5),
    }
}

pub fn levels(pick: u64) -> SkillLevels {
    let level = u8::try_from(pick % 6).unwrap_or(0);
    if level == 0 {
        SkillLevels::new()
    } else {
        [("english".parse().unwrap(), level.into())].into()
    }
}
