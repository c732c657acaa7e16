//! Three days with or without a controller, and what they were like.

use std::collections::BTreeMap;

use rate_controller::{Choice, Config, Controller, Decision, LeverId, Levers, Mode, State, What};
use types::Timestamp;

use crate::day::{Centre, Day, Minute};
use crate::scenario::Scenario;

pub const DAY_MINUTES: usize = 1_440;
pub const DAYS: usize = 3;

/// What became of the bad day and the day after it.
#[derive(Debug, Clone, Default)]
pub struct Played {
    /// Lowest K1 of 24 h, in per cent.
    pub k1_minimum: f64,
    /// K2b of the bad day, in per cent.
    pub in_time: f64,
    pub unseen: u64,
    pub decisions: Vec<Decision>,
    /// Hours that each lever was pulled.
    pub hours: BTreeMap<LeverId, f64>,
    pub at_end: Levers,
}

impl Played {
    pub fn pulls(&self) -> usize {
        self.decisions.iter().filter(|of| matches!(of.what, What::Pull(_))).count()
    }

    /// In the unit of the configuration.
    pub fn cost(&self, config: &Config) -> f64 {
        self.hours.iter().map(|(lever, hours)| config.rule(*lever).cost_per_hour * hours).sum()
    }
}

/// `base` with the habits of this centre, as its planners know them.
pub fn config(base: &Config, scenario: &Scenario, mode: Mode) -> Config {
    let mut config = Config { evaluate_every_s: 60, ..base.clone() }.with_mode(mode);
    config.estimate.patience_s = scenario.patience_s;
    config.estimate.talk_s = scenario.talk_s;
    config.estimate.wrap_up_s = scenario.wrap_up_s;
    config
}

/// Plays with a controller whose word is carried out within the minute. `hand_over` replaces its state after each observation.
pub fn play_with(
    scenario: &Scenario,
    bad: bool,
    seed: u64,
    config: &Config,
    mut hand_over: impl FnMut(usize, &State) -> Option<State>,
    mut person: impl FnMut(&Decision) -> Option<Choice>,
) -> Played {
    let mut day = Day::new(scenario, bad, seed);
    let mut controller = Controller::new(config.clone()).unwrap();
    let mut pulled: BTreeMap<LeverId, Timestamp> = BTreeMap::new();
    let mut played = Played::default();
    for minute in 0..DAYS * DAY_MINUTES {
        let levers: Vec<_> = pulled.iter().map(|(lever, at)| (*lever, *at)).collect();
        let (now, situation) = day.play_minute(&levers);
        for lever in pulled.keys() {
            *played.hours.entry(*lever).or_default() += 1.0 / 60.0;
        }
        let mut decisions = controller.observe(now, &situation);
        for of in decisions.clone() {
            if let Some(choice) = person(&of) {
                decisions.extend(controller.answer(now, of.lever, choice).unwrap());
            }
        }
        for of in &decisions {
            match of.what {
                What::Pull(_) | What::PulledByPerson => {
                    pulled.insert(of.lever, now);
                }
                What::Undo(_) | What::UndoneByPerson => {
                    pulled.remove(&of.lever);
                }
                What::AdvisePull(_)
                | What::AdviseUndo(_)
                | What::WithdrawPull(_)
                | What::WithdrawUndo(_)
                | What::Declined
                | What::Measured(_) => {}
            }
        }
        played.decisions.extend(decisions);
        if let Some(state) = hand_over(minute, controller.state()) {
            controller = Controller::resume(config.clone(), state).unwrap();
        }
    }
    played.at_end = pulled.into_keys().collect();
    figures(played, day.minutes())
}

/// Plays with a controller and nobody who interferes.
pub fn play(scenario: &Scenario, bad: bool, seed: u64, config: &Config) -> Played {
    play_with(scenario, bad, seed, config, |_, _| None, |_| None)
}

/// Plays with no lever at all.
pub fn play_off(scenario: &Scenario, bad: bool, seed: u64) -> Played {
    let mut day = Day::new(scenario, bad, seed);
    (0..DAYS * DAY_MINUTES).for_each(|_| drop(day.play_minute(&[])));
    figures(Played::default(), day.minutes())
}

fn figures(played: Played, minutes: &[Minute]) -> Played {
    let sums: Vec<(u64, u64)> = std::iter::once((0, 0))
        .chain(minutes.iter().scan((0, 0), |sum, of| {
            *sum = (sum.0 + of.answered, sum.1 + of.requests);
            Some(*sum)
        }))
        .collect();
    let k1 = |end: usize| {
        let (from, until) = (sums[end - DAY_MINUTES], sums[end]);
        (until.0 - from.0) as f64 / (until.1 - from.1).max(1) as f64 * 100.0
    };
    let ends = (DAY_MINUTES + 5..=DAYS * DAY_MINUTES).step_by(5);
    let bad_day = &minutes[DAY_MINUTES..2 * DAY_MINUTES];
    let of = |count: fn(&Minute) -> u64| bad_day.iter().map(count).sum::<u64>();
    Played {
        k1_minimum: ends.map(k1).fold(100.0, f64::min),
        in_time: of(|of| of.answered_in_time) as f64 / of(|of| of.requests).max(1) as f64 * 100.0,
        unseen: of(|of| of.unseen),
        ..played
    }
}
