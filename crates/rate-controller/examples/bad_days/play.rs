//! Three days with or without a controller, and what they were like.

use std::collections::BTreeMap;
use std::time::Duration;

use rate_controller::{Choice, Config, Controller, Decision, LeverId, Levers, Mode, State, What};
use types::Timestamp;

use crate::day::{Centre, DAY_MINUTES, DAYS, Figures, STEP_S, begin};
use crate::scenario::Scenario;

/// What became of three days, and what was decided on them.
#[derive(Debug, Clone, Default)]
pub struct Played {
    pub figures: Figures,
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
    config.announcement.satisfies_share = scenario.levers.announcement_satisfies_share;
    config.announcement.hang_up_share = scenario.levers.announcement_hang_up_share;
    config
}

/// Plays with a controller whose word is carried out within the minute. `hand_over` replaces its state after each observation.
pub fn play_with<C: Centre>(
    scenario: &Scenario,
    bad: bool,
    seed: u64,
    config: &Config,
    mut hand_over: impl FnMut(usize, &State) -> Option<State>,
    mut person: impl FnMut(&Decision) -> Option<Choice>,
) -> Played {
    let mut day = C::open(scenario, bad, seed);
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
    played.figures = day.close();
    played
}

/// Plays with a controller and nobody who interferes.
pub fn play<C: Centre>(scenario: &Scenario, bad: bool, seed: u64, config: &Config) -> Played {
    play_with::<C>(scenario, bad, seed, config, |_, _| None, |_| None)
}

/// Plays with no lever at all.
pub fn play_off<C: Centre>(scenario: &Scenario, seed: u64) -> Figures {
    play_plan::<C>(scenario, seed, &[])
}

/// Plays with these levers pulled from the first of the given times to the end of the bad day.
pub fn play_plan<C: Centre>(
    scenario: &Scenario,
    seed: u64,
    plan: &[(LeverId, Timestamp)],
) -> Figures {
    let mut day = C::open(scenario, true, seed);
    let from = plan.iter().map(|(_, from)| *from).min().unwrap_or(Timestamp::default());
    for minute in 0..DAYS * DAY_MINUTES {
        let start = begin() + Duration::from_secs(minute as u64 * STEP_S);
        let pulled = !plan.is_empty() && minute < 2 * DAY_MINUTES && start >= from;
        day.play_minute(if pulled { plan } else { &[] });
    }
    day.close()
}
