//! Whether a lever is needed: the hysteresis between danger and calm. Knows nothing of modes and holds.

use acd::rates::Tally;

use crate::config::Config;
use crate::decision::{Calm, Need};
use crate::lever::{LeverId, Levers};
use crate::outlook::{Aim, Course, LeverOutlook, permille, whole};
use crate::projection::{Projection, Slot, sum_until};
use crate::window::Calls;

/// The day to come under one set of levers.
#[derive(Debug, Clone)]
pub struct Prospect {
    pub slots: Vec<Slot>,
    pub courses: Vec<Course>,
}

/// One lever weighed.
#[derive(Debug, Clone, Copy)]
pub struct Weighed {
    pub outlook: LeverOutlook,
    /// Calls saved ÷ cost, for the choice among levers that are needed.
    pub worth: f64,
    pub need: Option<Need>,
    /// How long the need must last.
    pub need_lasts_s: u32,
    pub calm: Option<Calm>,
}

/// Weighs levers at one moment.
#[derive(Debug)]
pub struct Judge<'a> {
    pub config: &'a Config,
    /// With the calls that reach the centre.
    pub arriving: Projection<'a>,
    pub window: Tally,
    pub leaving: &'a [Calls],
    pub pulled: Levers,
}

impl Judge<'_> {
    pub(crate) fn prospect(&self, projection: &Projection<'_>, pulled: Levers) -> Prospect {
        let slots = projection.day(pulled);
        let course = |aim| Course::of(aim, self.config, self.window, self.leaving, &slots);
        let courses = Aim::ALL.into_iter().map(course).collect();
        Prospect { slots, courses }
    }

    /// Weighs a lever that is not pulled against the day as it stands.
    pub(crate) fn weigh_resting(&self, lever: LeverId, stands: &Prospect) -> Weighed {
        let with = self.arriving.slots(self.pulled.with(lever), self.horizon_s(lever));
        let available = self.arriving.is_available(lever);
        let need = self.weigh(lever, stands, &with, available);
        Weighed { need: need.need.filter(|_| available), ..need }
    }

    /// Weighs a pulled lever against the day without it, all calls arriving: a dead trunk is no calm.
    pub(crate) fn weigh_pulled(&self, lever: LeverId) -> Weighed {
        let all = Projection { reach: 1.0, ..self.arriving };
        let without = self.prospect(&all, self.pulled.without(lever));
        let with = all.slots(self.pulled, self.horizon_s(lever));
        let available = self.arriving.is_available(lever);
        let weighed = self.weigh(lever, &without, &with, available);
        Weighed { outlook: LeverOutlook { pulled: true, ..weighed.outlook }, ..weighed }
    }

    fn weigh(&self, lever: LeverId, without: &Prospect, with: &[Slot], available: bool) -> Weighed {
        let horizon_s = self.horizon_s(lever);
        let (before, after) = (sum_until(&without.slots, horizon_s), sum_until(with, horizon_s));
        let saves = self.saved(before, after);
        let saves_calls = whole(saves.round());
        let cost = self.config.rule(lever).cost_per_hour;
        let enough = self.saves_enough(before, saves, cost);
        Weighed {
            outlook: LeverOutlook { lever, pulled: false, available, saves_calls },
            worth: saves / cost,
            need: self.need(without, saves).filter(|_| enough),
            need_lasts_s: self.need_lasts_s(without),
            calm: self.calm(without, before, saves, enough),
        }
    }

    /// Calls for K1: fewer lost, less what the target would have borne of calls that leave the base.
    fn saved(&self, before: Calls, after: Calls) -> f64 {
        let allowed = Aim::Answered.allowed(self.config);
        (before.lost - after.lost) - allowed * (before.calls - after.calls)
    }

    fn need(&self, without: &Prospect, saves: f64) -> Option<Need> {
        let rule = &self.config.pull;
        let saves_calls = whole(saves.round());
        let in_danger =
            self.pulling(without).find(|course| course.is_in_danger(rule.spare_deviations));
        if let Some(course) = in_danger {
            return Some(Need::TargetInDanger {
                aim: course.aim,
                spare_calls: course.spare_calls(),
                missed_at: course.missed_at(self.arriving.now),
                saves_calls,
            });
        }
        let lost_share = self.near_lost_share(without);
        (lost_share >= rule.lost_share)
            .then(|| Need::LosingNow { lost_permille: permille(lost_share), saves_calls })
    }

    fn calm(
        &self,
        without: &Prospect,
        near: Calls,
        saves: f64,
        saves_enough: bool,
    ) -> Option<Calm> {
        let rule = &self.config.undo;
        if saves < rule.saves_share * near.calls {
            return Some(Calm::HelpsNoMore { saves_calls: whole(saves.round()) });
        }
        let in_danger =
            self.pulling(without).any(|course| course.is_in_danger(rule.spare_deviations));
        let in_debt = saves_enough
            && self.pulling(without).any(|course| course.is_short(rule.worked_off_deviations));
        let lost_share = self.near_lost_share(without);
        if in_danger || in_debt || lost_share > rule.lost_share {
            return None;
        }
        let spare_calls = without.courses.first().map_or(0, Course::spare_calls);
        Some(Calm::HoldsWithout { lost_permille: permille(lost_share), spare_calls })
    }

    /// Whether a lever saves what makes it worth pulling: a dear one must save more.
    fn saves_enough(&self, near: Calls, saves: f64, cost_per_hour: f64) -> bool {
        let rule = &self.config.pull;
        saves >= (rule.saves_share * near.calls).max(rule.saves_calls * cost_per_hour)
    }

    fn need_lasts_s(&self, without: &Prospect) -> u32 {
        let rule = &self.config.pull;
        let urgent = self.near_lost_share(without) >= rule.lost_share;
        if urgent { rule.urgent_lasts_s } else { rule.lasts_s }
    }

    /// The aims whose danger pulls levers.
    fn pulling<'b>(&self, of: &'b Prospect) -> impl Iterator<Item = &'b Course> {
        let in_time_too = self.config.in_time_pulls;
        of.courses.iter().filter(move |course| in_time_too || course.aim == Aim::Answered)
    }

    fn near_lost_share(&self, of: &Prospect) -> f64 {
        let near = sum_until(&of.slots, f64::from(self.config.look_ahead_s));
        near.lost / near.calls.max(1.0)
    }

    /// How far a lever's effect is looked for: from now, until it has worked for a while.
    fn horizon_s(&self, lever: LeverId) -> f64 {
        f64::from(self.config.lead_s(lever)) + f64::from(self.config.look_ahead_s)
    }
}
