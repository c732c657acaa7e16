//! The state machine: observations and words in, decisions out.

use std::time::Duration;

use types::Timestamp;

use crate::config::{Config, ConfigError};
use crate::decision::{Choice, Decision, Refusal, What};
use crate::effect::Measure;
use crate::judge::{Judge, Prospect, Weighed};
use crate::lever::LeverId;
use crate::micro::Micro;
use crate::outlook::{Outlook, permille, whole};
use crate::pace::Passed;
use crate::projection::{Projection, sum_until};
use crate::situation::{HALF_HOUR_US, Situation, half_hour_of};
use crate::state::{By, LeverState, Pull, Seen, State};

/// The rate controller of one centre.
#[derive(Debug, Clone)]
pub struct Controller {
    pub(crate) config: Config,
    pub(crate) state: State,
    outlook: Option<Outlook>,
}

impl Controller {
    /// A controller that knows nothing of the day yet.
    ///
    /// # Errors
    /// [`ConfigError`] for a configuration that cannot be worked with.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        Self::resume(config, State::default())
    }

    /// A controller that goes on where another one stopped.
    ///
    /// # Errors
    /// [`ConfigError`] for a configuration that cannot be worked with.
    pub fn resume(config: Config, state: State) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self { config, state, outlook: None })
    }

    /// The same with the default configuration, which can be worked with.
    #[must_use]
    pub fn with_defaults(state: State) -> Self {
        Self { config: Config::default(), state, outlook: None }
    }

    /// What must be kept to resume.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The figures of the last evaluation; `None` before the first, and without a forecast.
    #[must_use]
    pub const fn outlook(&self) -> Option<&Outlook> {
        self.outlook.as_ref()
    }

    /// Takes in what was counted. An observation that is not later than the last one is ignored.
    pub fn observe(&mut self, now: Timestamp, situation: &Situation) -> Vec<Decision> {
        if self.state.last.is_some_and(|last| now <= last.at) {
            return Vec::new();
        }
        self.learn(now, situation);
        self.state.last = Some(Seen { at: now, counters: situation.counters });
        if now < self.state.evaluate_at {
            return Vec::new();
        }
        self.state.evaluate_at = now + seconds(self.config.evaluate_every_s);
        let mut decisions = self.measured(now);
        decisions.extend(self.evaluate(now, situation));
        decisions
    }

    /// Takes a person's word about a lever, in any mode and whatever holds there are.
    ///
    /// # Errors
    /// [`Refusal`] where there is nothing to change.
    pub fn answer(
        &mut self,
        now: Timestamp,
        lever: LeverId,
        choice: Choice,
    ) -> Result<Vec<Decision>, Refusal> {
        let rule = self.config.rule(lever);
        let was = self.state.lever(lever);
        let (state, quiet_s, what) = match (choice, was) {
            (Choice::Pull, LeverState::Resting | LeverState::PullAdvised) => {
                let pull = self.pull(now, lever, By::Person, None);
                (LeverState::Pulled(pull), rule.hold_s, What::PulledByPerson)
            }
            (Choice::Pull, LeverState::Pulled(_)) => return Err(Refusal::AlreadyPulled),
            (Choice::Undo, LeverState::Pulled(_)) => {
                (LeverState::Resting, rule.respect_s.max(rule.hold_s), What::UndoneByPerson)
            }
            (Choice::Undo, LeverState::UndoAdvised(_)) => {
                (LeverState::Resting, rule.hold_s, What::UndoneByPerson)
            }
            (Choice::Undo, LeverState::Resting | LeverState::PullAdvised) => {
                return Err(Refusal::NotPulled);
            }
            (Choice::Decline, LeverState::PullAdvised) => {
                (LeverState::Resting, rule.respect_s, What::Declined)
            }
            (Choice::Pull | Choice::Decline, LeverState::UndoAdvised(pull)) => {
                (LeverState::Pulled(pull), rule.respect_s, What::Declined)
            }
            (Choice::Decline, LeverState::Resting | LeverState::Pulled(_)) => {
                return Err(Refusal::NothingAdvised);
            }
        };
        let mut decisions = vec![Decision { at: now, lever, what }];
        decisions.extend(self.enter(now, lever, state, quiet_s));
        Ok(decisions)
    }

    fn learn(&mut self, now: Timestamp, situation: &Situation) {
        let Some(last) = self.state.last else { return };
        let span = now.since(last.at);
        // A new beginning tells nothing of the time before it.
        let Some(added) = situation.counters.since(last.counters) else { return };
        self.state.past.add(now, added);
        for lever in self.state.levers.values_mut() {
            if let Some(measure) = lever.state.pull_mut().and_then(|pull| pull.measure.as_mut()) {
                measure.add(now, added);
            }
        }
        if span > seconds(self.config.estimate.gap_max_s) {
            return;
        }
        let half_hour = situation.forecast.at(half_hour_of(now));
        let span_s = span.as_secs_f64();
        let calls = half_hour.map_or(0.0, |of| of.calls);
        let present = half_hour
            .filter(|of| of.agents > 0)
            .map(|of| f64::from(situation.floor.own) / f64::from(of.agents));
        let passed = Passed {
            span_s,
            added,
            expected: calls * span_s * 1e6 / HALF_HOUR_US as f64,
            event_factor: situation.event_factor(),
            present,
            lost_in_model: self.state.lost_in_model.value(),
            wrap_up_is_short: self.state.pulled().contains(LeverId::ShortenWrapUp),
        };
        self.state.pace.learn(&passed, &self.config.estimate);
    }

    /// Measurements that are complete.
    fn measured(&mut self, now: Timestamp) -> Vec<Decision> {
        let mut decisions = Vec::new();
        for (lever, of) in &mut self.state.levers {
            let Some(pull) = of.state.pull_mut() else { continue };
            let over = pull.measure.take_if(|measure| measure.is_over(now));
            let effect = over.and_then(|measure| measure.effect(pull.at, now));
            decisions.extend(effect.map(|effect| Decision {
                at: now,
                lever: *lever,
                what: What::Measured(effect),
            }));
        }
        decisions
    }

    /// What is needed at once is pulled at once: after a pull the day is weighed again with that lever pulled.
    fn evaluate(&mut self, now: Timestamp, situation: &Situation) -> Vec<Decision> {
        let mut decisions = Vec::new();
        loop {
            let next = self.decide(now, situation);
            let goes_on = next.iter().any(|of| matches!(of.what, What::Pull(_)));
            decisions.extend(next);
            if !goes_on {
                return decisions;
            }
        }
    }

    fn decide(&mut self, now: Timestamp, situation: &Situation) -> Vec<Decision> {
        let config = self.config.clone();
        let arriving = self.projection(now, situation, &config);
        let leaving = self.state.past.leaving(now, situation.window, &situation.forecast);
        let pulled = self.state.pulled();
        let judge = Judge {
            config: &config,
            arriving,
            window: situation.window,
            leaving: &leaving,
            pulled,
        };
        let stands = judge.prospect(&arriving, pulled);
        if stands.slots.is_empty() {
            self.outlook = None;
            return Vec::new();
        }
        let weighed: Vec<Weighed> = LeverId::ALL
            .into_iter()
            .map(|lever| {
                if pulled.contains(lever) {
                    judge.weigh_pulled(lever)
                } else {
                    judge.weigh_resting(lever, &stands)
                }
            })
            .collect();
        self.say(&arriving);
        self.outlook = Some(outlook(&judge, &stands, &weighed));
        for of in &weighed {
            let lever = self.state.levers.entry(of.outlook.lever).or_default();
            lever.note(now, of.need.is_some(), of.calm.is_some());
        }
        let mut decisions = self.withdraw(now, &weighed);
        if decisions.is_empty() {
            decisions = self.undo(now, &weighed);
        }
        if decisions.is_empty() {
            decisions = self.pull_best(now, &weighed, &arriving);
        }
        decisions
    }

    fn projection<'a>(
        &self,
        now: Timestamp,
        situation: &'a Situation,
        config: &'a Config,
    ) -> Projection<'a> {
        let (pace, of) = (&self.state.pace, &config.estimate);
        let works_in_s = LeverId::ALL.map(|lever| match self.state.lever(lever).pull() {
            Some(pull) => (pull.works_at.as_micros() - now.as_micros()) as f64 / 1e6,
            None => f64::from(config.lead_s(lever)),
        });
        Projection {
            config,
            situation,
            now,
            demand_factor: pace.demand_factor(of) * situation.event_factor(),
            reach: pace.reach(),
            presence: pace.presence(),
            talk_s: pace.talk_s(of),
            wrap_up_s: pace.wrap_up_s(of),
            loss_factor: pace.loss_factor(of),
            works_in_s,
        }
    }

    /// Lets the model speak about the time until the next evaluation.
    fn say(&mut self, arriving: &Projection<'_>) {
        let pulled = self.state.pulled();
        let (lost_share, _) = arriving.now(pulled).unwrap_or_default();
        self.state.lost_in_model = Micro::of(lost_share);
        for (lever, of) in &mut self.state.levers {
            let measure = of.state.pull_mut().and_then(|pull| pull.measure.as_mut());
            let said = arriving.now(pulled.without(*lever));
            if let (Some(measure), Some((lost_share, wait_s))) = (measure, said) {
                measure.say(((lost_share * arriving.loss_factor).min(1.0), wait_s));
            }
        }
    }

    pub(crate) fn pull(
        &self,
        now: Timestamp,
        lever: LeverId,
        by: By,
        arriving: Option<&Projection<'_>>,
    ) -> Pull {
        let works_at = now + seconds(self.config.lead_s(lever));
        let until = works_at + seconds(self.config.measure_s);
        let said = arriving.and_then(|of| of.now(self.state.pulled()));
        let lost_share = said.map_or(self.state.lost_in_model.value(), |(lost, _)| lost);
        let mut measure = Measure::new(works_at, until, permille(lost_share));
        if let Some(said) = said {
            measure.say(said);
        }
        Pull { at: now, by, works_at, measure: Some(measure) }
    }

    /// Brings a lever into a state; a measurement that ends with it is told.
    pub(crate) fn enter(
        &mut self,
        now: Timestamp,
        lever: LeverId,
        state: LeverState,
        quiet_s: u32,
    ) -> Option<Decision> {
        let of = self.state.levers.entry(lever).or_default();
        let ended = of.state.pull().copied().filter(|_| state.pull().is_none());
        of.enter(state, now, quiet_s);
        let pull = ended?;
        let effect = pull.measure?.effect(pull.at, now)?;
        Some(Decision { at: now, lever, what: What::Measured(effect) })
    }
}

fn outlook(judge: &Judge<'_>, stands: &Prospect, weighed: &[Weighed]) -> Outlook {
    let of = &judge.arriving;
    let near = sum_until(&stands.slots, f64::from(judge.config.look_ahead_s));
    let count = |figure: f64| u64::try_from(whole(figure.round())).unwrap_or(0);
    let percent = |share: f64| permille(share).div_ceil(10);
    Outlook {
        at: of.now,
        aims: stands.courses.iter().map(|course| course.outlook(of.now, judge.window)).collect(),
        near_calls: count(near.calls),
        near_lost: count(near.lost),
        demand_percent: percent(of.demand_factor),
        presence_percent: percent(of.presence),
        reach_percent: percent(of.reach),
        levers: weighed.iter().map(|of| of.outlook).collect(),
    }
}

pub(crate) const fn seconds(span_s: u32) -> Duration {
    Duration::from_secs(span_s as u64)
}
