//! What a day demands: agents per half-hour from its expected calls.

use crate::half_hour::{DayCurve, HALF_HOUR_MIN, HalfHour};
use crate::load::{Load, LoadError};
use crate::requirement::{Target, agents_needed};

/// Half-hours in an hour, for loads.
const PER_HOUR: f64 = 60.0 / HALF_HOUR_MIN as f64;

/// How long a call keeps an agent, both in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Handling {
    pub talk_s: f64,
    pub wrap_up_s: f64,
}

impl Handling {
    /// Talk and wrap-up together.
    #[must_use]
    pub fn total_s(&self) -> f64 {
        self.talk_s + self.wrap_up_s
    }
}

/// Shares (0 to below 1) of paid time in which an agent takes no calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shrinkage {
    /// 小休: short breaks of those on duty.
    pub breaks: f64,
    /// 培训、会议.
    pub training: f64,
    /// 病假、事假.
    pub sickness: f64,
}

impl Default for Shrinkage {
    /// Together 25 % (`domain.md` 11.1).
    fn default() -> Self {
        Self { breaks: 0.12, training: 0.05, sickness: 0.10 }
    }
}

/// What the requirement of a day rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standard {
    pub target: Target,
    /// Mean patience of callers, in seconds.
    pub patience_s: f64,
    pub shrinkage: Shrinkage,
    /// Agents on duty at any time, even without calls: two, so that one may go off (`domain.md` 11.1).
    pub on_duty_min: u32,
}

/// The agents of a half-hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// Ready or with a call: what the queue asks for.
    pub on_line: u32,
    /// Signed in: those on the line and those on a short break.
    pub on_duty: u32,
    /// On the roster: those on duty, in training and ill.
    pub to_roster: u32,
}

/// Why a day has no requirement.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NoRequirement {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("the shrinkage by {what} must be a share from 0 to below 1, not {given}")]
    Shrinkage { what: &'static str, given: f64 },
    #[error("at {at} no number of agents reaches the target: its shares must lie below 1")]
    Unreachable { at: HalfHour },
}

/// The agents of each half-hour of a day with these expected calls per half-hour.
///
/// # Errors
/// [`NoRequirement`] for figures that cannot be computed with, and for a target that no number reaches.
pub fn day_requirement(
    calls: &DayCurve<f64>,
    handling: &DayCurve<Handling>,
    standard: &Standard,
) -> Result<DayCurve<Requirement>, NoRequirement> {
    standard.shrinkage.check()?;
    let mut requirement =
        DayCurve::from_fn(|_| Requirement { on_line: 0, on_duty: 0, to_roster: 0 });
    for (half_hour, calls) in calls.iter() {
        let on_line = match load_of(*calls, *handling.get(half_hour))? {
            None => 0,
            Some(load) => agents_needed(load, standard.patience_s, standard.target)?
                .ok_or(NoRequirement::Unreachable { at: half_hour })?,
        };
        *requirement.get_mut(half_hour) = standard.with_shrinkage(on_line);
    }
    Ok(requirement)
}

/// The load of a half-hour; `None` without calls.
///
/// # Errors
/// [`LoadError`] for figures that cannot be computed with.
pub fn load_of(calls: f64, handling: Handling) -> Result<Option<Load>, LoadError> {
    if calls == 0.0 {
        return Ok(None);
    }
    Load::new(calls * PER_HOUR, handling.total_s()).map(Some)
}

impl Standard {
    fn with_shrinkage(&self, on_line: u32) -> Requirement {
        let Shrinkage { breaks, training, sickness } = self.shrinkage;
        let on_duty = grossed_up(on_line, 1.0 - breaks).max(self.on_duty_min);
        let to_roster = grossed_up(on_duty, (1.0 - training) * (1.0 - sickness));
        Requirement { on_line, on_duty, to_roster }
    }
}

impl Shrinkage {
    fn check(&self) -> Result<(), NoRequirement> {
        for (what, given) in
            [("breaks", self.breaks), ("training", self.training), ("sickness", self.sickness)]
        {
            if !(0.0..1.0).contains(&given) {
                return Err(NoRequirement::Shrinkage { what, given });
            }
        }
        Ok(())
    }
}

/// How many are needed for `agents` to be there, when each is with probability `there`.
fn grossed_up(agents: u32, there: f64) -> u32 {
    // A hair less, lest 9 / 0.9 become 11.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "never negative; saturates where nobody could staff it"
    )]
    let needed = (f64::from(agents) / there - 1e-9).ceil() as u32;
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDARD: Standard = Standard {
        target: Target { answered: 0.95, answered_within: 0.9, limit_s: 15.0 },
        patience_s: 120.0,
        shrinkage: Shrinkage { breaks: 0.1, training: 0.0, sickness: 0.2 },
        on_duty_min: 2,
    };

    fn handling() -> DayCurve<Handling> {
        DayCurve::from_fn(|_| Handling { talk_s: 150.0, wrap_up_s: 90.0 })
    }

    #[test]
    fn a_half_hour_asks_for_what_its_hourly_load_needs() {
        let mut calls = DayCurve::from_fn(|_| 0.0);
        let ten = HalfHour::at(10, 0).unwrap();
        *calls.get_mut(ten) = 100.0;
        let day = day_requirement(&calls, &handling(), &STANDARD).unwrap();
        let on_line =
            agents_needed(Load::new(200.0, 240.0).unwrap(), 120.0, STANDARD.target).unwrap();
        assert_eq!(Some(day.get(ten).on_line), on_line);
        assert_eq!(*day.get(HalfHour::FIRST), Requirement { on_line: 0, on_duty: 2, to_roster: 3 });
    }

    #[test]
    fn shrinkage_is_taken_exactly() {
        let nine = STANDARD.with_shrinkage(9);
        assert_eq!((nine.on_duty, nine.to_roster), (10, 13), "9 / 0.9 is 10; 10 / 0.8 is 12.5");
        let total = Shrinkage::default();
        let there = (1.0 - total.breaks) * (1.0 - total.training) * (1.0 - total.sickness);
        assert!((there - 0.75).abs() < 0.005, "{there}");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let calls = DayCurve::from_fn(|_| 10.0);
        let all_ill =
            Standard { shrinkage: Shrinkage { sickness: 1.0, ..Shrinkage::default() }, ..STANDARD };
        let refused = day_requirement(&calls, &handling(), &all_ill);
        assert_eq!(refused, Err(NoRequirement::Shrinkage { what: "sickness", given: 1.0 }));
        let beyond = Standard { target: Target { answered: 1.1, ..STANDARD.target }, ..STANDARD };
        let refused = day_requirement(&calls, &handling(), &beyond);
        assert_eq!(refused, Err(NoRequirement::Unreachable { at: HalfHour::FIRST }));
        let negative = DayCurve::from_fn(|_| -1.0);
        let refused = day_requirement(&negative, &handling(), &STANDARD);
        assert!(matches!(refused, Err(NoRequirement::Load(_))));
    }
}
