//! From weighed levers to decisions: modes, holds, one lever after the other.

use types::Timestamp;

use crate::config::Mode;
use crate::controller::{Controller, seconds};
use crate::decision::{Calm, Decision, Need, What};
use crate::judge::Weighed;
use crate::lever::LeverId;
use crate::projection::Projection;
use crate::state::{By, LeverState, Pull, has_lasted};

impl Controller {
    /// Advices that are void.
    pub(crate) fn withdraw(&mut self, now: Timestamp, weighed: &[Weighed]) -> Vec<Decision> {
        let mut decisions = Vec::new();
        for of in weighed {
            let lever = of.outlook.lever;
            let Some(known) =
                self.state.levers.get(&lever).filter(|known| now >= known.quiet_until)
            else {
                continue;
            };
            let calm =
                of.calm.filter(|_| has_lasted(known.calm_since, now, self.config.undo.lasts_s));
            let need = of.need.filter(|_| has_lasted(known.needed_since, now, of.need_lasts_s));
            let (state, what) = match (known.state, calm, need) {
                (LeverState::PullAdvised, Some(calm), _) => {
                    (LeverState::Resting, What::WithdrawPull(calm))
                }
                (LeverState::UndoAdvised(pull), _, Some(need)) => {
                    (LeverState::Pulled(pull), What::WithdrawUndo(need))
                }
                _ => continue,
            };
            let hold_s = self.config.rule(lever).hold_s;
            decisions.push(Decision { at: now, lever, what });
            decisions.extend(self.enter(now, lever, state, hold_s));
        }
        decisions
    }

    /// Undoes the dearest lever that has not been needed for long enough, or advises it.
    pub(crate) fn undo(&mut self, now: Timestamp, weighed: &[Weighed]) -> Vec<Decision> {
        if now < self.state.undo_after {
            return Vec::new();
        }
        let candidates = weighed.iter().filter_map(|of| {
            let (lever, calm) = (of.outlook.lever, of.calm?);
            let known = self.state.levers.get(&lever)?;
            let LeverState::Pulled(pull) = known.state else { return None };
            let ripe = now >= known.quiet_until
                && has_lasted(known.calm_since, now, self.config.undo.lasts_s)
                && self.config.rule(lever).mode != Mode::Manual;
            ripe.then_some((lever, calm, pull))
        });
        let cost = |lever| self.config.rule(lever).cost_per_hour;
        let Some((lever, calm, pull)) = candidates.max_by(|a, b| cost(a.0).total_cmp(&cost(b.0)))
        else {
            return Vec::new();
        };
        self.undo_one(now, lever, calm, pull)
    }

    fn undo_one(
        &mut self,
        now: Timestamp,
        lever: LeverId,
        calm: Calm,
        pull: Pull,
    ) -> Vec<Decision> {
        let rule = self.config.rule(lever);
        let own = rule.mode == Mode::Automatic && pull.by == By::Controller;
        let (state, what) = if own {
            (LeverState::Resting, What::Undo(calm))
        } else {
            (LeverState::UndoAdvised(pull), What::AdviseUndo(calm))
        };
        self.state.undo_after = now + seconds(self.config.undo.apart_s);
        let mut decisions = vec![Decision { at: now, lever, what }];
        decisions.extend(self.enter(now, lever, state, rule.hold_s));
        decisions
    }

    /// Pulls the lever that saves most for its cost among those that are needed, or advises it. One alone: what comes next
    /// reckons with it.
    pub(crate) fn pull_best(
        &mut self,
        now: Timestamp,
        weighed: &[Weighed],
        arriving: &Projection<'_>,
    ) -> Vec<Decision> {
        let candidates = weighed.iter().filter_map(|of| {
            let (lever, need) = (of.outlook.lever, of.need?);
            let known = self.state.levers.get(&lever)?;
            let ripe = known.state == LeverState::Resting
                && now >= known.quiet_until
                && has_lasted(known.needed_since, now, of.need_lasts_s)
                && self.config.rule(lever).mode != Mode::Manual;
            ripe.then_some((lever, need, of.worth))
        });
        let Some((lever, need, _)) = candidates.max_by(|a, b| a.2.total_cmp(&b.2)) else {
            return Vec::new();
        };
        self.pull_one(now, lever, need, arriving)
    }

    fn pull_one(
        &mut self,
        now: Timestamp,
        lever: LeverId,
        need: Need,
        arriving: &Projection<'_>,
    ) -> Vec<Decision> {
        let rule = self.config.rule(lever);
        let (state, what) = if rule.mode == Mode::Automatic {
            let pull = self.pull(now, lever, By::Controller, Some(arriving));
            (LeverState::Pulled(pull), What::Pull(need))
        } else {
            (LeverState::PullAdvised, What::AdvisePull(need))
        };
        let mut decisions = vec![Decision { at: now, lever, what }];
        decisions.extend(self.enter(now, lever, state, rule.hold_s));
        decisions
    }
}
