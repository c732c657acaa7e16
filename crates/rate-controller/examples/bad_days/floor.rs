//! The centre played through the real distributor (`simulation::Watched`).

use std::time::Duration;

use acd::rates::worst_window;
use rand_distr::{Distribution as _, Normal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng as _;
use rate_controller::{Counters, Floor, LeverId, Levers, Situation};
use simulation::{Conditions, Seen, Watched, WatchedCentre, Working};
use types::Timestamp;

use crate::day::{Centre, DAY_MINUTES, DAYS, Figures, begin, forecast, working};
use crate::scenario::{self, Scenario};
use crate::theory::REDIAL_AFTER_H;

/// The real distributor under the scenario's callers and agents. A call back is not offered: the levers are the other four.
pub struct CoreFloor {
    scenario: Scenario,
    bad: bool,
    minute: usize,
    floor: Watched,
    seen: Option<Seen>,
}

impl CoreFloor {
    fn conditions(&self) -> scenario::Conditions {
        conditions(&self.scenario, self.bad, self.minute)
    }

    /// What the levers do now. The limit of a wrap-up is set so that wrap-ups fall to the mean that the scenario gives.
    fn working(&self, pulled: Levers) -> Working {
        let (now, effects) = (self.conditions(), self.scenario.levers);
        let announce = pulled.contains(LeverId::SurgeAnnouncement);
        Working {
            wrap_up_limit: (pulled.contains(LeverId::ShortenWrapUp)
                && now.wrap_up_s > effects.wrap_up_short_s)
                .then(|| limit(now.wrap_up_s, effects.wrap_up_short_s)),
            reserve_has_come: pulled.contains(LeverId::CallUpReserve),
            training_is_suspended: pulled.contains(LeverId::SuspendTraining),
            announcement: announce.then_some((
                now.event_share * effects.announcement_satisfies_share,
                effects.announcement_hang_up_share,
            )),
        }
    }
}

/// The limit under which exponential spans of mean `from_s` have the mean `to_s`.
fn limit(from_s: f64, to_s: f64) -> Duration {
    Duration::from_secs_f64(-from_s * (1.0 - to_s / from_s).ln())
}

fn conditions(scenario: &Scenario, bad: bool, minute: usize) -> scenario::Conditions {
    let (day, minute) = (minute / DAY_MINUTES, minute % DAY_MINUTES);
    scenario.conditions((minute / 5 * 5) as f64 / 60.0, bad && day == 1)
}

impl Centre for CoreFloor {
    fn open(scenario: &Scenario, bad: bool, seed: u64) -> Self {
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed);
        let error = Normal::new(1.0, scenario.forecast_error).unwrap();
        let of_day: Vec<f64> =
            (0..DAYS).map(|_| error.sample(&mut chance).clamp(0.5, 1.5)).collect();
        let minutes = (0..DAYS * DAY_MINUTES).map(|minute| {
            let now = conditions(scenario, bad, minute);
            Conditions {
                calls: now.calls_per_hour / 60.0 * of_day[minute / DAY_MINUTES],
                agents: now.agents,
                in_training: now.in_training,
                wrap_up_s: now.wrap_up_s,
                unseen_share: now.unseen_share,
            }
        });
        let floor = Watched::open(WatchedCentre {
            seed,
            begins: begin(),
            minutes: minutes.collect(),
            talk_s: scenario.talk_s,
            patience_s: scenario.patience_s,
            redial_share: scenario.redial_share,
            redial_after_s: REDIAL_AFTER_H * 3_600.0,
            reserve: scenario.levers.reserve_agents,
        });
        Self { scenario: scenario.clone(), bad, minute: 0, floor, seen: None }
    }

    fn play_minute(&mut self, pulled: &[(LeverId, Timestamp)]) -> (Timestamp, Situation) {
        let (now, start) = (self.conditions(), self.seen.map_or(begin(), |seen| seen.at));
        let working = working(&self.scenario, start, pulled);
        let of = self.working(working);
        let seen = self.floor.play_minute(&of);
        (self.seen, self.minute) = (Some(seen), self.minute + 1);
        let counted = seen.counted;
        let situation = Situation {
            counters: Counters {
                began_at: begin(),
                requests: counted.requests,
                answered: counted.answered,
                answered_in_time: counted.answered_in_time,
                self_served: counted.self_served,
                unseen: counted.unseen,
                waited_ms: counted.waited_us / 1_000,
                handled: counted.handled,
                talk_ms: counted.talked_us / 1_000,
                wrap_up_ms: counted.wrapped_up_us / 1_000,
            },
            window: seen.window,
            floor: Floor {
                own: seen.own,
                reserve_on_line: seen.reserve,
                reserve_available: self.scenario.levers.reserve_agents,
                recalled: seen.recalled,
                in_training: now.in_training,
            },
            forecast: forecast(&self.scenario),
            event_share: now.event_share,
            can_call_back: false,
        };
        (seen.at, situation)
    }

    fn close(self) -> Figures {
        let end = self.seen.map_or(begin(), |seen| seen.at);
        let unseen = self.seen.map_or(0, |seen| seen.counted.unseen);
        let day = Duration::from_secs(86_400);
        let calls = self.floor.close().calls;
        let from = begin() + day + Duration::from_secs(300);
        let worst = worst_window(&calls, from, end, end).unwrap();
        let rate = worst.tally.connection_rate();
        let bad_day = begin() + day;
        let of_day = acd::rates::tally(&calls, bad_day, bad_day + day, end).in_time_of_requests();
        Figures {
            k1_minimum: rate.part as f64 / rate.whole as f64 * 100.0,
            in_time: of_day.part as f64 / of_day.whole.max(1) as f64 * 100.0,
            unseen,
        }
    }
}
