//! What the supervisor's page shows: how many calls may still be lost, when the target is missed, what helps most.

use acd::rates::{Rate, Tally};
use serde::{Deserialize, Serialize};
use types::Timestamp;

use crate::config::Config;
use crate::lever::LeverId;
use crate::projection::Slot;
use crate::window::Calls;

/// A rate of the last 24 hours that has a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// K1.
    Answered,
    /// K2b.
    InTime,
}

impl Aim {
    pub const ALL: [Self; 2] = [Self::Answered, Self::InTime];

    /// Share that may miss it.
    pub(crate) fn allowed(self, config: &Config) -> f64 {
        match self {
            Self::Answered => 1.0 - config.answered_target,
            Self::InTime => 1.0 - config.in_time_target,
        }
    }

    pub(crate) const fn missed(self, of: Calls) -> f64 {
        match self {
            Self::Answered => of.lost,
            Self::InTime => of.late,
        }
    }

    const fn rate(self, of: Tally) -> Rate {
        match self {
            Self::Answered => of.connection_rate(),
            Self::InTime => of.in_time_of_requests(),
        }
    }
}

/// The figures of one evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outlook {
    pub at: Timestamp,
    /// By [`Aim`].
    pub aims: Vec<AimOutlook>,
    /// Expected in the near future (`look_ahead_s`) with the levers as they are.
    pub near_calls: u64,
    pub near_lost: u64,
    /// Demand ÷ forecast and agents on the line ÷ roster, in per cent.
    pub demand_percent: u32,
    pub presence_percent: u32,
    /// Share of the demand that reaches the centre, in per cent; below 100 while a trunk is dead.
    pub reach_percent: u32,
    pub levers: Vec<LeverOutlook>,
}

/// One rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AimOutlook {
    pub aim: Aim,
    /// The last 24 hours, as reported.
    pub now: Rate,
    /// More calls that could be missed at once before the target is; negative: so many too many.
    pub may_miss_now: i64,
    /// Calls that may still be missed until the end of the worst 24 hours ahead, the expected calls reckoned in.
    pub may_miss_until_worst: i64,
    /// End of the worst 24 hours ahead, and its rate in per mille.
    pub worst_at: Timestamp,
    pub worst_permille: u32,
    /// When the target is missed at this pace; `now` if it is already, `None` if not within 24 hours.
    pub missed_at: Option<Timestamp>,
}

/// What a lever does for the near future.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeverOutlook {
    pub lever: LeverId,
    pub pulled: bool,
    pub available: bool,
    /// Calls for K1 that it saves, or would save; negative where it harms.
    pub saves_calls: i64,
}

impl Outlook {
    /// The lever that would save most calls; `None` if none would save any.
    #[must_use]
    pub fn helps_most(&self) -> Option<LeverId> {
        let of = self.levers.iter().filter(|of| of.available && !of.pulled && of.saves_calls > 0);
        of.max_by_key(|of| of.saves_calls).map(|of| of.lever)
    }
}

/// One aim through the windows of the next 24 hours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Course {
    pub aim: Aim,
    allowed: f64,
    spare_now: f64,
    points: Vec<Point>,
}

/// The window that ends `after_s` from now.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    after_s: f64,
    /// Calls that may still be missed; negative: the target is.
    spare: f64,
    deviation: f64,
    calls: f64,
    missed_ahead: f64,
}

impl Course {
    /// `leaving` are the half-hours that leave the window with each slot.
    pub(crate) fn of(
        aim: Aim,
        config: &Config,
        window: Tally,
        leaving: &[Calls],
        slots: &[Slot],
    ) -> Self {
        let allowed = aim.allowed(config);
        let mut sum = Calls::of(window);
        let spare_now = allowed * sum.calls - aim.missed(sum);
        let mut missed_ahead = 0.0;
        let points = slots
            .iter()
            .zip(leaving)
            .map(|(slot, leaves)| {
                sum = sum.plus(slot.calls, 1.0).plus(*leaves, -1.0);
                missed_ahead += aim.missed(slot.calls);
                let error = missed_ahead * config.estimate.loss_error;
                let deviation = (missed_ahead + error * error).max(1.0).sqrt();
                let spare = allowed * sum.calls - aim.missed(sum);
                let calls = sum.calls.max(0.0);
                Point { after_s: slot.until_s, spare, deviation, calls, missed_ahead }
            })
            .collect();
        Self { aim, allowed, spare_now, points }
    }

    /// Whether some window to come is worse than the present one and has less to spare than so many deviations.
    pub(crate) fn is_in_danger(&self, deviations: f64) -> bool {
        self.points.iter().any(|point| {
            let worsens = self.spare_now - point.spare > point.deviation / 2.0;
            worsens && point.spare < deviations * point.deviation
        })
    }

    /// Whether some window to come, worse than the present one or not, has less to spare than so many deviations.
    pub(crate) fn is_short(&self, deviations: f64) -> bool {
        self.points.iter().any(|point| point.spare < deviations * point.deviation)
    }

    fn worst(&self) -> Option<&Point> {
        let rate = |point: &Point| point.spare / point.calls.max(1.0);
        self.points.iter().min_by(|a, b| rate(a).total_cmp(&rate(b)))
    }

    /// Least calls to spare in the windows to come.
    pub(crate) fn spare_calls(&self) -> i64 {
        let least = self.points.iter().map(|point| point.spare).fold(self.spare_now, f64::min);
        whole(least.floor())
    }

    pub(crate) fn missed_at(&self, now: Timestamp) -> Option<Timestamp> {
        if self.spare_now < 0.0 {
            return Some(now);
        }
        self.points.iter().find(|point| point.spare < 0.0).map(|point| later(now, point.after_s))
    }

    pub(crate) fn outlook(&self, now: Timestamp, window: Tally) -> AimOutlook {
        let rate = self.aim.rate(window);
        let target = 1.0 - self.allowed;
        let worst = self.worst();
        let worst_rate = worst.map_or(1.0, |at| 1.0 - self.allowed + at.spare / at.calls.max(1.0));
        AimOutlook {
            aim: self.aim,
            now: rate,
            may_miss_now: whole((rate.part as f64 / target - rate.whole as f64 + 1e-9).floor()),
            may_miss_until_worst: worst.map_or(0, |at| whole((at.spare + at.missed_ahead).floor())),
            worst_at: worst.map_or(now, |at| later(now, at.after_s)),
            worst_permille: permille(worst_rate),
            missed_at: self.missed_at(now),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
pub(crate) fn whole(figure: f64) -> i64 {
    figure as i64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of floats saturates"
)]
pub(crate) fn permille(share: f64) -> u32 {
    (share.clamp(0.0, 1_000.0) * 1_000.0).round() as u32
}

fn later(now: Timestamp, after_s: f64) -> Timestamp {
    Timestamp::from_micros(now.as_micros().saturating_add(whole(after_s * 1e6)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(answered: u64, requests: u64, lost_per_slot: f64) -> Course {
        let window = Tally { requests, answered, answered_in_time: answered, short_abandons: 0 };
        let slot = |index: u32| Slot {
            from_s: f64::from(index) * 1_800.0,
            until_s: f64::from(index + 1) * 1_800.0,
            calls: Calls { calls: 20.0, lost: lost_per_slot, late: lost_per_slot },
        };
        let slots: Vec<Slot> = (0..48).map(slot).collect();
        let leaving = vec![Calls { calls: 20.0, lost: 0.0, late: 0.0 }; 49];
        Course::of(Aim::Answered, &Config::default(), window, &leaving, &slots)
    }

    #[test]
    fn exactly_so_many_calls_may_be_lost() {
        let now = Timestamp::from_micros(0);
        // 960 of 1,000: with 10 more lost calls 960 of 1,010 are 95.05 %, with 11 94.96 %.
        let course = course(960, 1_000, 0.0);
        let window =
            Tally { requests: 1_000, answered: 960, answered_in_time: 960, short_abandons: 0 };
        let outlook = course.outlook(now, window);
        assert_eq!((outlook.may_miss_now, outlook.missed_at), (10, None));
        let exact = Tally { requests: 100, answered: 95, ..window };
        assert_eq!(course.outlook(now, exact).may_miss_now, 0, "95 of 100 pass");
        let missed = Tally { requests: 100, answered: 94, ..window };
        assert!(course.outlook(now, missed).may_miss_now < 0);
    }

    #[test]
    fn the_time_of_the_miss_is_found() {
        let now = Timestamp::from_micros(0);
        // 10 to spare, 4 more lost each half-hour: gone in the third.
        let course = course(960, 1_000, 4.0);
        assert_eq!(course.missed_at(now), Some(Timestamp::from_micros(3 * 1_800_000_000)));
        assert!(course.is_in_danger(1.0));
        assert_eq!(course.spare_calls(), 10 - 4 * 48);
    }

    #[test]
    fn a_debt_that_only_shrinks_is_no_danger() {
        let debt = course(900, 1_000, 0.0);
        assert!(!debt.is_in_danger(1.0) && debt.is_short(1.0), "but what helps is kept");
        assert!(!course(990, 1_000, 0.0).is_short(1.0));
    }
}
