//! A centre that is played minute by minute; what a controller watches and pulls.

use std::time::Duration;

use acd::rates::Tally;
use rand_distr::{Distribution as _, Normal, Poisson, StandardUniform};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng as _;
use rate_controller::{Counters, Floor, Forecast, HalfHour, LeverId, Levers, Situation};
use types::Timestamp;

use crate::scenario::{Conditions, HALF_HOURS, Scenario};
use crate::theory::{REDIAL_AFTER_H, Shares, agents, shares, wrap_up_s};

/// 2026-07-01T00:00:00+08:00, the bad day; the world begins a day earlier.
pub const BAD_DAY_US: i64 = 1_782_835_200_000_000;
pub const STEP_S: u64 = 60;
pub const DAY_MINUTES: usize = 1_440;
pub const DAYS: usize = 3;

/// A centre. The day model of this file plays it; so does the real distributor (`floor`).
pub trait Centre: Sized {
    /// Three days; `bad`: the disturbances of the middle one happen.
    fn open(scenario: &Scenario, bad: bool, seed: u64) -> Self;

    /// Lets a minute pass with these levers pulled since the given times; tells what a host would tell.
    fn play_minute(&mut self, pulled: &[(LeverId, Timestamp)]) -> (Timestamp, Situation);

    /// What became of the bad day and the day after it.
    fn close(self) -> Figures;
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    /// Lowest K1 of 24 h, in per cent.
    pub k1_minimum: f64,
    /// K2b of the bad day, in per cent.
    pub in_time: f64,
    pub unseen: u64,
}

/// The model: Erlang A in balance every five minutes, with drawn numbers of calls.
pub struct Day {
    scenario: Scenario,
    /// Whether the disturbances of the middle day happen.
    bad: bool,
    minute: usize,
    chance: Xoshiro256PlusPlus,
    demand_of_day: f64,
    redialling: f64,
    counters: Counters,
    minutes: Vec<Minute>,
    balance: Option<(Key, Shares)>,
}

/// What a balance depends on.
type Key = (usize, Levers, u32, u64);

#[derive(Clone, Copy, Default)]
struct Minute {
    requests: u64,
    answered: u64,
    answered_in_time: u64,
    unseen: u64,
}

impl Day {
    fn now(&self) -> Timestamp {
        begin() + Duration::from_secs(self.minute as u64 * STEP_S)
    }

    fn poisson(&mut self, mean: f64) -> u64 {
        if mean <= 0.0 { 0 } else { Poisson::new(mean).unwrap().sample(&mut self.chance) as u64 }
    }

    fn of(&mut self, count: u64, share: f64) -> u64 {
        let hits = (0..count).filter(|_| {
            let uniform: f64 = StandardUniform.sample(&mut self.chance);
            uniform < share
        });
        hits.count() as u64
    }

    /// Sum of so many exponential spans, nearly.
    fn spans_ms(&mut self, count: u64, mean_s: f64) -> u64 {
        let count = count as f64;
        let sum = Normal::new(count * mean_s, count.sqrt() * mean_s).unwrap();
        (sum.sample(&mut self.chance).max(0.0) * 1_000.0) as u64
    }

    fn serve(&mut self, now: Conditions, pulled: Levers, line: u32) {
        let of_redials = self.redialling / REDIAL_AFTER_H / 60.0;
        self.redialling -= of_redials;
        let demand = now.calls_per_hour / 60.0 * self.demand_of_day + of_redials;
        let calls = self.poisson(demand);
        let unseen = self.of(calls, now.unseen_share);
        let seen = calls - unseen;
        let per_hour = demand * 60.0 * (1.0 - now.unseen_share);
        // In balance with calls to within a fiftieth: a balance is reckoned once for all that come close to it.
        let steps = (per_hour.max(0.5).ln() * 50.0).round();
        let key = (self.minute / 5, pulled, line, steps as u64);
        let share = match self.balance {
            Some((of, share)) if of == key => share,
            _ => shares(&self.scenario, now, (steps / 50.0).exp(), line, pulled),
        };
        self.balance = Some((key, share));
        let self_served = self.of(seen, share.self_served);
        let requests = seen - self_served;
        let base = 1.0 - share.self_served;
        let answered = self.of(requests, share.answered / base);
        let in_time = self.of(answered, (share.in_time / share.answered.max(1e-9)).min(1.0));
        let called_back =
            self.of(requests - answered, share.called_back / (base - share.answered).max(1e-9));
        let nobody = requests - answered - called_back + unseen;
        self.redialling += self.scenario.redial_share * nobody as f64;
        let wrap_up_s = wrap_up_s(&self.scenario, now, pulled);
        self.counters.requests += requests;
        self.counters.answered += answered;
        self.counters.answered_in_time += in_time;
        self.counters.self_served += self_served;
        self.counters.unseen += unseen;
        self.counters.waited_ms += self.spans_ms(requests, share.wait_s);
        self.counters.handled += answered;
        self.counters.talk_ms += self.spans_ms(answered, self.scenario.talk_s);
        self.counters.wrap_up_ms += self.spans_ms(answered, wrap_up_s);
        self.minutes.push(Minute { requests, answered, answered_in_time: in_time, unseen });
    }

    fn window(&self) -> Tally {
        let from = self.minutes.len().saturating_sub(DAY_MINUTES);
        self.minutes[from..].iter().fold(Tally::default(), |sum, of| Tally {
            requests: sum.requests + of.requests,
            answered: sum.answered + of.answered,
            answered_in_time: sum.answered_in_time + of.answered_in_time,
            short_abandons: 0,
        })
    }
}

impl Centre for Day {
    fn open(scenario: &Scenario, bad: bool, seed: u64) -> Self {
        Self {
            scenario: scenario.clone(),
            bad,
            minute: 0,
            chance: Xoshiro256PlusPlus::seed_from_u64(seed),
            demand_of_day: 1.0,
            redialling: 0.0,
            counters: Counters::default(),
            minutes: Vec::new(),
            balance: None,
        }
    }

    fn play_minute(&mut self, pulled: &[(LeverId, Timestamp)]) -> (Timestamp, Situation) {
        let (day, minute) = (self.minute / DAY_MINUTES, self.minute % DAY_MINUTES);
        if minute == 0 {
            let error = Normal::new(1.0, self.scenario.forecast_error).unwrap();
            self.demand_of_day = error.sample(&mut self.chance).clamp(0.5, 1.5);
            // This host counts by calendar day.
            self.counters = Counters { began_at: self.now(), ..Counters::default() };
        }
        let hour = (minute / 5 * 5) as f64 / 60.0;
        let conditions = self.scenario.conditions(hour, self.bad && day == 1);
        let start = self.now();
        let effects = self.scenario.levers;
        let working = working(&self.scenario, start, pulled);
        let line = agents(&self.scenario, conditions, working);
        self.serve(conditions, working, line);
        self.minute += 1;
        let when = |lever, count| if working.contains(lever) { count } else { 0 };
        let floor = Floor {
            own: conditions.agents,
            reserve_on_line: when(LeverId::CallUpReserve, effects.reserve_agents),
            reserve_available: effects.reserve_agents,
            recalled: when(LeverId::SuspendTraining, conditions.in_training),
            in_training: conditions.in_training,
        };
        let situation = Situation {
            counters: self.counters,
            window: self.window(),
            floor,
            forecast: forecast(&self.scenario),
            event_share: conditions.event_share,
            can_call_back: true,
        };
        (start + Duration::from_secs(STEP_S), situation)
    }

    fn close(self) -> Figures {
        let sums: Vec<(u64, u64)> = std::iter::once((0, 0))
            .chain(self.minutes.iter().scan((0, 0), |sum, of| {
                *sum = (sum.0 + of.answered, sum.1 + of.requests);
                Some(*sum)
            }))
            .collect();
        let k1 = |end: usize| {
            let (from, until) = (sums[end - DAY_MINUTES], sums[end]);
            (until.0 - from.0) as f64 / (until.1 - from.1).max(1) as f64 * 100.0
        };
        let ends = (DAY_MINUTES + 5..=DAYS * DAY_MINUTES).step_by(5);
        let bad_day = &self.minutes[DAY_MINUTES..2 * DAY_MINUTES];
        let of = |count: fn(&Minute) -> u64| bad_day.iter().map(count).sum::<u64>();
        Figures {
            k1_minimum: ends.map(k1).fold(100.0, f64::min),
            in_time: of(|of| of.answered_in_time) as f64 / of(|of| of.requests).max(1) as f64
                * 100.0,
            unseen: of(|of| of.unseen),
        }
    }
}

/// The levers that work at `now`, their leads over.
pub fn working(scenario: &Scenario, now: Timestamp, pulled: &[(LeverId, Timestamp)]) -> Levers {
    let lead_s = |lever| match lever {
        LeverId::CallUpReserve => scenario.levers.reserve_lead_s,
        LeverId::SuspendTraining => scenario.levers.training_lead_s,
        LeverId::ShortenWrapUp | LeverId::OfferCallback | LeverId::SurgeAnnouncement => 0.0,
    };
    let works = |(lever, since): &&(LeverId, Timestamp)| {
        now >= *since + Duration::from_secs_f64(lead_s(*lever))
    };
    pulled.iter().filter(works).map(|(lever, _)| *lever).collect()
}

pub fn begin() -> Timestamp {
    Timestamp::from_micros(BAD_DAY_US - 86_400_000_000)
}

pub fn forecast(scenario: &Scenario) -> Forecast {
    let day = scenario.calls.iter().zip(&scenario.agents);
    let half_hours = day.map(|(calls, agents)| HalfHour { calls: *calls, agents: *agents });
    debug_assert_eq!(scenario.calls.len(), HALF_HOURS);
    Forecast { from: begin(), half_hours: half_hours.collect() }
}
