//! The next 24 hours by half-hour, in the balance of Erlang A, under any set of levers.

use staffing::{ErlangA, Load};
use types::Timestamp;

use crate::config::Config;
use crate::lever::{LeverId, Levers};
use crate::situation::{DAY_HALF_HOURS, HALF_HOUR_US, HalfHour, Situation, half_hour_of};
use crate::window::Calls;

/// K2's limit, in seconds.
const IN_TIME_S: f64 = 15.0;
/// Fewest calls an hour that are reckoned with: the theory has no word for none.
const CALLS_MIN_PER_HOUR: f64 = 0.01;
/// Bounds on figures that a host got wrong.
const CALLS_MAX_PER_HOUR: f64 = 1_000_000.0;
const AGENTS_MAX: f64 = 100_000.0;
/// Called-up agents who are not there so long after they should be are not reckoned with.
const LATE_S: f64 = 600.0;

/// The day as it stands at `now`.
#[derive(Debug, Clone, Copy)]
pub struct Projection<'a> {
    pub config: &'a Config,
    pub situation: &'a Situation,
    pub now: Timestamp,
    pub demand_factor: f64,
    /// Share of the demand that reaches the centre; 1 to be ready for calls that a dead trunk keeps away.
    pub reach: f64,
    pub presence: f64,
    pub talk_s: f64,
    pub wrap_up_s: f64,
    pub loss_factor: f64,
    /// In how many seconds each lever would work, in the order of [`LeverId::ALL`]; negative for those that do.
    pub works_in_s: [f64; 5],
}

/// A part of the day to come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot {
    /// Seconds from now.
    pub from_s: f64,
    pub until_s: f64,
    pub calls: Calls,
}

/// The balance of one moment, as shares of the calls that reach the centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Balance {
    /// Share that stays in the base of K1: not satisfied by the announcement, no redial spared.
    pub base: f64,
    pub answered: f64,
    pub in_time: f64,
    /// Mean wait of all who queue.
    pub wait_s: f64,
}

impl Projection<'_> {
    /// 48 half-hours, the first of them begun; none without a forecast.
    pub(crate) fn day(&self, pulled: Levers) -> Vec<Slot> {
        self.slots(pulled, DAY_HALF_HOURS as f64 * 1_800.0)
    }

    /// The time until `until_s` from now.
    pub(crate) fn slots(&self, pulled: Levers, until_s: f64) -> Vec<Slot> {
        let first = half_hour_of(self.now);
        let begun_s = self.now.as_micros().rem_euclid(HALF_HOUR_US) as f64 / 1e6;
        let mut slots = Vec::new();
        for (ahead, number) in (0..DAY_HALF_HOURS as i64).map(|ahead| (ahead, first + ahead)) {
            let from_s = (ahead as f64 * 1_800.0 - begun_s).max(0.0);
            let end_s = (ahead + 1) as f64 * 1_800.0 - begun_s;
            let Some(half_hour) = self.situation.forecast.at(number).filter(|_| from_s < until_s)
            else {
                break;
            };
            slots.push(self.slot(from_s, end_s.min(until_s), half_hour, pulled));
        }
        slots
    }

    fn slot(&self, from_s: f64, until_s: f64, of: HalfHour, pulled: Levers) -> Slot {
        let calls_per_hour = self.calls_per_hour(of, (from_s + until_s) / 2.0);
        let balance = self.balance(of, (from_s, until_s), calls_per_hour, pulled);
        let demand = calls_per_hour * (until_s - from_s) / 3_600.0;
        let calls = demand * balance.base;
        let lost = calls - demand * balance.answered;
        let late = calls - demand * balance.in_time;
        let lost = (lost * self.loss_factor).clamp(0.0, calls);
        Slot { from_s, until_s, calls: Calls { calls, lost, late: late.clamp(lost, calls) } }
    }

    /// Share of the calls that is lost now, before the floor's own factor, and the mean wait in seconds.
    pub(crate) fn now(&self, pulled: Levers) -> Option<(f64, f64)> {
        let of = self.situation.forecast.at(half_hour_of(self.now))?;
        let balance = self.balance(of, (0.0, 1.0), self.calls_per_hour(of, 0.0), pulled);
        let share = (balance.base - balance.answered) / balance.base.max(1e-6);
        Some((share.clamp(0.0, 1.0), balance.wait_s))
    }

    fn calls_per_hour(&self, of: HalfHour, ahead_s: f64) -> f64 {
        let fade = self.fade(ahead_s, self.config.estimate.surprise_half_life_s);
        let factor = 1.0 + (self.demand_factor - 1.0) * fade;
        (finite(of.calls) * 2.0 * factor * self.reach).clamp(CALLS_MIN_PER_HOUR, CALLS_MAX_PER_HOUR)
    }

    fn balance(
        &self,
        of: HalfHour,
        (from_s, until_s): (f64, f64),
        calls_per_hour: f64,
        pulled: Levers,
    ) -> Balance {
        let agents = self.agents(of, (from_s, until_s), pulled);
        let handling_s = self.handling_s((from_s + until_s) / 2.0, pulled);
        let event = finite(self.situation.event_share).clamp(0.0, 1.0);
        let announcement = &self.config.announcement;
        let (mut self_served, mut hung_up) = (0.0, 0.0);
        if pulled.contains(LeverId::SurgeAnnouncement) {
            self_served = event * announcement.satisfies_share;
            hung_up = (1.0 - self_served) * announcement.hang_up_share;
        }
        let queue = 1.0 - self_served - hung_up;
        let pool = |share: f64| self.pool(calls_per_hour * share, handling_s, agents);
        let (mut accepted, mut spared) = (0.0, 0.0);
        if pulled.contains(LeverId::OfferCallback) {
            (accepted, spared) = pool(queue).map_or((0.0, 0.0), |pool| self.called_back(&pool));
        }
        let served = queue * (1.0 - accepted);
        let base = 1.0 - self_served - queue * spared;
        let Some(pool) = pool(served) else {
            return Balance { base, answered: 0.0, in_time: 0.0, wait_s: 0.0 };
        };
        let within = pool.answered_within(IN_TIME_S);
        Balance {
            base,
            answered: served * pool.answered_share(),
            in_time: served * within,
            wait_s: pool.mean_wait_s(),
        }
    }

    /// Shares of those in the queue who key for a call back, and whose redial that spares. K1 counts the first as
    /// not answered (`domain.md` 3.1).
    fn called_back(&self, pool: &ErlangA) -> (f64, f64) {
        let (of, patience_s) = (&self.config.callback, self.config.estimate.patience_s);
        let waiting = (1.0 - pool.answered_within(of.after_s)) * (-of.after_s / patience_s).exp();
        let accepted = waiting * of.accepted_share;
        let would_be_lost = (pool.abandoned_share() / waiting.max(1e-9)).min(1.0);
        (accepted, accepted * would_be_lost * of.redial_share)
    }

    fn pool(&self, calls_per_hour: f64, handling_s: f64, agents: u32) -> Option<ErlangA> {
        let load = Load::new(calls_per_hour.max(CALLS_MIN_PER_HOUR), handling_s).ok()?;
        ErlangA::of(load, agents, self.config.estimate.patience_s).ok()
    }

    fn agents(&self, of: HalfHour, (from_s, until_s): (f64, f64), pulled: Levers) -> u32 {
        let absence = self.fade(from_s, self.config.estimate.absence_half_life_s);
        let own = f64::from(of.agents) * (1.0 + (self.presence - 1.0) * absence);
        let floor = self.situation.floor;
        let share = |lever: LeverId| {
            let works_s = self.works_in_s(lever);
            if pulled.contains(lever) {
                ((until_s - works_s.max(from_s)) / (until_s - from_s)).clamp(0.0, 1.0)
            } else {
                0.0
            }
        };
        let late = self.works_in_s(LeverId::CallUpReserve) < -LATE_S;
        let reserve = if late { floor.reserve_on_line } else { floor.reserve_available };
        // A break that is suspended would end before long.
        let breaks_last = from_s < f64::from(self.config.look_ahead_s);
        let training = if breaks_last { floor.in_training } else { 0 };
        let agents = own
            + f64::from(reserve) * share(LeverId::CallUpReserve)
            + f64::from(training) * share(LeverId::SuspendTraining);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounded above, and a cast of a negative float is 0"
        )]
        let agents = agents.round().min(AGENTS_MAX) as u32;
        agents
    }

    fn handling_s(&self, ahead_s: f64, pulled: Levers) -> f64 {
        let of = &self.config.estimate;
        let fade = self.fade(ahead_s, of.surprise_half_life_s);
        let talk_s = of.talk_s + (self.talk_s - of.talk_s) * fade;
        let wrap_up_s = of.wrap_up_s + (self.wrap_up_s - of.wrap_up_s) * fade;
        if pulled.contains(LeverId::ShortenWrapUp) {
            talk_s + wrap_up_s.min(self.config.wrap_up.short_s)
        } else {
            talk_s + wrap_up_s
        }
    }

    fn works_in_s(&self, lever: LeverId) -> f64 {
        self.works_in_s.get(lever as usize).copied().unwrap_or(0.0)
    }

    fn fade(&self, ahead_s: f64, half_life_s: f64) -> f64 {
        0.5_f64.powf(ahead_s / half_life_s)
    }

    /// Whether the lever could do anything now.
    pub(crate) fn is_available(&self, lever: LeverId) -> bool {
        let floor = self.situation.floor;
        match lever {
            LeverId::ShortenWrapUp => self.wrap_up_s > self.config.wrap_up.short_s,
            LeverId::SuspendTraining => floor.in_training > 0,
            LeverId::CallUpReserve => floor.reserve_available > 0,
            LeverId::OfferCallback => self.situation.can_call_back,
            LeverId::SurgeAnnouncement => self.situation.event_share > 0.0,
        }
    }
}

fn finite(figure: f64) -> f64 {
    if figure.is_finite() { figure } else { 0.0 }
}

/// The calls of the slots before `until_s`.
pub fn sum_until(slots: &[Slot], until_s: f64) -> Calls {
    slots.iter().fold(Calls::default(), |sum, slot| {
        let within = (until_s.min(slot.until_s) - slot.from_s) / (slot.until_s - slot.from_s);
        sum.plus(slot.calls, within.clamp(0.0, 1.0))
    })
}
