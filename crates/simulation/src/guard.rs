//! What the 15-second guard is worth: the share of callers answered within 15 s that is lost against agents who pick up
//! at once and never fail, with the same callers (common random numbers).
//!
//! Beside it the same pick-up where nobody fails to answer, under a ring without guard, and that ring of 20 s with the
//! failures: what others do. The price stands with each. Everybody here is honest and at her desk, so that whoever is put
//! Not-Ready should not have been.

mod text;

pub use self::text::{figures, markdown, picture};

use acd::Config;
use serde::Serialize;

use crate::habits::{Agents, Callers, HabitError, PickUp, Scenario, Span};
use crate::outcome::Outcome;
use crate::steady::simulate;

/// Seeds 1 to this.
pub const SEEDS: u64 = 5;
/// Staffs at which a case is played: some 13 % and 20 % idle.
pub const AGENTS: [u32; 2] = [46, 50];
/// 95 of 100 readings of Student's distribution with 4 degrees of freedom lie within so many deviations.
const STUDENT_4: f64 = 2.776;

const PER_HOUR: f64 = 600.0;
/// Talk and handling are one: the wrap-up lasts the shortest that the distributor knows, a millisecond.
const HANDLING_S: f64 = 240.0;
const PATIENCE_S: f64 = 120.0;
/// Share of offers that nobody answers, drawn for each offer.
const FAILING: f64 = 0.1;
/// An agent at her desk who was put Not-Ready sees it, and is back after this.
const RETURNS_AFTER_S: f64 = 15.0;
/// The empty floor of the beginning is forgotten after many handling times.
const WARM_UP_S: f64 = 3_600.0;
/// A limit that is never met.
const NEVER_MS: u64 = 3_600_000;

/// How phones are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// By themselves, after half a second.
    Auto,
    /// By hand: a mean of 4 s, 95 of 100 within 8 s.
    LogNormal,
    /// By hand: exponential, a mean of 4 s.
    Exponential,
}

/// Under which rules, and whether offers fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Play {
    /// The guard as it ships.
    Guard,
    /// No guard, and nobody fails to answer.
    NobodyFails,
    /// No guard: one phone at a time for 20 s.
    Naive,
    /// The guard without one of its rules.
    Without(Rule),
}

/// What a centre can switch off by a key of the distributor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// `auto_answer_ring_limit_ms`.
    AutoAnswerLimit,
    /// `ring_on_ms`.
    RingOn,
    /// `agents_at_once`.
    SeveralAtOnce,
    /// `second_agent_after_ms`.
    SecondAgent,
}

impl Case {
    pub const ALL: [Self; 3] = [Self::Auto, Self::LogNormal, Self::Exponential];

    const fn after(self) -> Span {
        match self {
            Self::Auto => Span::Fixed { s: 0.5 },
            Self::LogNormal => Span::LogNormal { mean_s: 4.0, p95_s: 8.0 },
            Self::Exponential => Span::Exponential { mean_s: 4.0 },
        }
    }

    /// The rules that can make a difference for it.
    #[must_use]
    pub const fn rules(self) -> &'static [Rule] {
        match self {
            Self::Auto => &[Rule::AutoAnswerLimit, Rule::SeveralAtOnce, Rule::SecondAgent],
            Self::LogNormal | Self::Exponential => {
                &[Rule::RingOn, Rule::SeveralAtOnce, Rule::SecondAgent]
            }
        }
    }
}

impl Play {
    const fn failing(self) -> f64 {
        match self {
            Self::NobodyFails => 0.0,
            Self::Guard | Self::Naive | Self::Without(_) => FAILING,
        }
    }

    fn config(self) -> Config {
        let guard = Config { wrap_up_ms: 1, ..Config::default() };
        match self {
            Self::Guard => guard,
            Self::NobodyFails | Self::Naive => Config {
                ring_limit_ms: 20_000,
                auto_answer_ring_limit_ms: 20_000,
                ring_on_ms: 0,
                agents_at_once: 1,
                second_agent_after_ms: NEVER_MS,
                reserve_after_ms: NEVER_MS,
                ..guard
            },
            Self::Without(Rule::AutoAnswerLimit) => {
                Config { auto_answer_ring_limit_ms: guard.ring_limit_ms, ..guard }
            }
            Self::Without(Rule::RingOn) => Config { ring_on_ms: 0, ..guard },
            Self::Without(Rule::SeveralAtOnce) => Config { agents_at_once: 1, ..guard },
            Self::Without(Rule::SecondAgent) => {
                Config { second_agent_after_ms: NEVER_MS, reserve_after_ms: NEVER_MS, ..guard }
            }
        }
    }
}

/// One case with one staff under one set of rules, over all seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Row {
    pub case: Case,
    pub agents: u32,
    pub play: Play,
    /// Callers that count, of all seeds.
    pub calls: u64,
    /// Points of the share answered within 15 s of all callers, below instant pick-up.
    pub loss: f64,
    /// Half the 95 % band of the loss, from the scatter between the seeds.
    pub half_band: f64,
    /// Seconds in which more phones than one rang for one caller, per call.
    pub double_ring_s: f64,
    pub offers_per_call: f64,
    /// Agents put Not-Ready because they did not answer, per 1,000 calls: all of them honest.
    pub not_ready_per_1000: f64,
    /// Rules of the distributor that did not hold: none.
    pub broken_rules: u64,
}

/// Instant pick-up for every seed: what the other plays are held against.
///
/// # Errors
/// [`HabitError`] for a number of calls that cannot be played.
pub fn instant(agents: u32, calls: u64) -> Result<Vec<Outcome>, HabitError> {
    let at_once = PickUp { after: Span::Fixed { s: 0.0 }, unanswered: 0.0 };
    let config = Play::Guard.config();
    (1..=SEEDS)
        .map(|seed| simulate(&scenario(seed, agents, calls, at_once, false, config.clone())))
        .collect()
}

/// Plays a case with every seed. `instant` is of the same staff and number of calls.
///
/// # Errors
/// [`HabitError`] for a number of calls that cannot be played.
pub fn row(
    case: Case,
    agents: u32,
    play: Play,
    calls: u64,
    instant: &[Outcome],
) -> Result<Row, HabitError> {
    let pick_up = PickUp { after: case.after(), unanswered: play.failing() };
    let (auto, config) = (case == Case::Auto, play.config());
    let played: Vec<Outcome> = (1..=SEEDS)
        .map(|seed| simulate(&scenario(seed, agents, calls, pick_up, auto, config.clone())))
        .collect::<Result<_, _>>()?;
    let losses: Vec<f64> =
        played.iter().zip(instant).map(|(one, ideal)| in_time(ideal) - in_time(one)).collect();
    let (loss, half_band) = mean_and_band(&losses);
    // Offers and rings are counted over the warm-up too.
    let all = ((calls + warm_up_calls()) * SEEDS) as f64;
    let sum = |of: fn(&Outcome) -> u64| played.iter().map(of).sum::<u64>() as f64;
    Ok(Row {
        case,
        agents,
        play,
        calls: played.iter().map(|outcome| outcome.requests).sum(),
        loss,
        half_band,
        double_ring_s: sum(|outcome| outcome.double_ring_us) / 1e6 / all,
        offers_per_call: sum(|outcome| outcome.offers) / all,
        not_ready_per_1000: sum(|outcome| outcome.put_not_ready) / all * 1_000.0,
        broken_rules: played.iter().map(|outcome| outcome.broken_rules).sum(),
    })
}

fn scenario(
    seed: u64,
    agents: u32,
    calls: u64,
    pick_up: PickUp,
    auto_answer: bool,
    config: Config,
) -> Scenario {
    Scenario {
        seed,
        callers: Callers {
            calls: calls + warm_up_calls(),
            per_hour: PER_HOUR,
            patience: Span::Exponential { mean_s: PATIENCE_S },
        },
        agents: Agents {
            count: agents,
            talk: Span::Exponential { mean_s: HANDLING_S },
            pick_up,
            auto_answer,
            returns_after: Span::Fixed { s: RETURNS_AFTER_S },
        },
        warm_up_s: WARM_UP_S,
        config,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an hour's calls")]
const fn warm_up_calls() -> u64 {
    (PER_HOUR * WARM_UP_S / 3_600.0) as u64
}

/// K2b in percent.
fn in_time(outcome: &Outcome) -> f64 {
    let share = outcome.in_time_share();
    share.part as f64 / share.whole.max(1) as f64 * 100.0
}

fn mean_and_band(readings: &[f64]) -> (f64, f64) {
    let count = readings.len().max(1) as f64;
    let mean = readings.iter().sum::<f64>() / count;
    let squares = readings.iter().map(|reading| (reading - mean).powi(2)).sum::<f64>();
    (mean, STUDENT_4 * (squares / (count - 1.0).max(1.0) / count).sqrt())
}
