//! 排班: who is on duty when, and whether that is enough.
//!
//! A shift is counted in minutes from 00:00 of its date; what lies past 1,440 belongs to the next day. Everything is
//! local time, which has no daylight saving (`domain.md` 7.3).

mod check;
mod holidays;
mod meals;

use std::sync::Arc;

use time::Date;
use types::AgentId;

pub use self::check::{RosterFault, RosterRules, check};
pub use self::holidays::{HolidayNeed, holiday_turns, holidays_worked};
pub use self::meals::{MealPlan, stagger_meals};
use crate::half_hour::{DayCurve, HALF_HOUR_MIN, HalfHour, HalfHours};

/// Minutes of a day.
pub const DAY_MIN: u32 = 1_440;

/// A span of minutes, counted from 00:00 of a date; `until` is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MinuteSpan {
    pub from: u32,
    pub until: u32,
}

impl MinuteSpan {
    #[must_use]
    pub const fn minutes(self) -> u32 {
        self.until.saturating_sub(self.from)
    }

    #[must_use]
    pub const fn holds(self, other: Self) -> bool {
        self.from <= other.from && other.until <= self.until
    }
}

/// A pattern of work, one spell or several (两头班).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    name: String,
    spells: Vec<MinuteSpan>,
    meals: Vec<MinuteSpan>,
}

/// Why spans are no shift.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShiftError {
    #[error("the shift {0} has no spell of work")]
    Empty(String),
    #[error(
        "the shift {name}: {span:?} must be in order, after the one before it, and end within two days"
    )]
    Disorder { name: String, span: MinuteSpan },
    #[error("the shift {name}: the meal {meal:?} lies outside its spells of work")]
    MealOutside { name: String, meal: MinuteSpan },
}

impl Shift {
    /// A shift from its spells of work and the meals in them, both in order.
    ///
    /// # Errors
    /// [`ShiftError`] names the span that is wrong.
    pub fn new(
        name: impl Into<String>,
        spells: Vec<MinuteSpan>,
        meals: Vec<MinuteSpan>,
    ) -> Result<Self, ShiftError> {
        let shift = Self { name: name.into(), spells, meals };
        if shift.spells.is_empty() {
            return Err(ShiftError::Empty(shift.name));
        }
        for spans in [&shift.spells, &shift.meals] {
            let mut free_from = 0;
            for span in spans {
                if span.from < free_from || span.until <= span.from || span.until > 2 * DAY_MIN {
                    return Err(ShiftError::Disorder { name: shift.name, span: *span });
                }
                free_from = span.until;
            }
        }
        let outside = |meal: &&MinuteSpan| !shift.spells.iter().any(|spell| spell.holds(**meal));
        match shift.meals.iter().find(outside).copied() {
            Some(meal) => Err(ShiftError::MealOutside { name: shift.name, meal }),
            None => Ok(shift),
        }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn spells(&self) -> &[MinuteSpan] {
        &self.spells
    }

    #[must_use]
    pub fn meals(&self) -> &[MinuteSpan] {
        &self.meals
    }
}

/// A shift of an agent. Its meals are the shift's until they are staggered: in order, each inside one spell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    pub agent: AgentId,
    pub date: Date,
    pub shift: Arc<Shift>,
    pub meals: Vec<MinuteSpan>,
}

impl Duty {
    #[must_use]
    pub fn new(agent: AgentId, date: Date, shift: &Arc<Shift>) -> Self {
        Self { agent, date, shift: Arc::clone(shift), meals: shift.meals.clone() }
    }

    /// Its spells of work without its meals, in order.
    pub fn work(&self) -> impl Iterator<Item = MinuteSpan> {
        self.shift.spells.iter().flat_map(|spell| {
            let mut pieces = Vec::new();
            let mut from = spell.from;
            for meal in self.meals.iter().filter(|meal| spell.holds(**meal)) {
                pieces.push(MinuteSpan { from, until: meal.from });
                from = meal.until;
            }
            pieces.push(MinuteSpan { from, until: spell.until });
            pieces.into_iter().filter(|piece| piece.minutes() > 0)
        })
    }

    /// From the start of its first spell to the end of its last, in minutes that are counted through all days.
    fn whole(&self) -> (i64, i64) {
        let start = day_start(self.date);
        let from = self.shift.spells.first().map_or(0, |spell| spell.from);
        let until = self.shift.spells.last().map_or(0, |spell| spell.until);
        (start + i64::from(from), start + i64::from(until))
    }
}

/// Who is there in a half-hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Presence {
    /// Agents on duty and not at a meal, at the minute with the fewest of them.
    pub present: u32,
    /// Agents at a meal, at the minute with the most of them.
    pub at_meal: u32,
}

/// A run of half-hours in which a roster has too few agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    pub during: HalfHours,
    /// Agents that lack in its worst half-hour.
    pub short_max: u32,
    /// Agents that lack, summed over its half-hours.
    pub short_sum: u32,
}

/// Who is there in each half-hour of a date, by the duties of that date and of the night before.
#[must_use]
pub fn coverage(date: Date, duties: &[Duty]) -> DayCurve<Presence> {
    let minutes = Minutes::of(date, duties);
    DayCurve::from_fn(|half_hour| {
        let first = half_hour.start_min() as usize;
        let within = || first..first + HALF_HOUR_MIN as usize;
        Presence {
            present: within().map(|minute| minutes.present(minute)).min().unwrap_or(0),
            at_meal: within().map(|minute| minutes.at_meal(minute)).max().unwrap_or(0),
        }
    })
}

/// The runs of half-hours in which fewer are present than required. Short breaks, training and sickness are not on a
/// roster: compare with the requirement that has them in it.
#[must_use]
pub fn gaps(coverage: &DayCurve<Presence>, required: &DayCurve<u32>) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    for (half_hour, presence) in coverage.iter() {
        let short = required.get(half_hour).saturating_sub(presence.present);
        if short == 0 {
            continue;
        }
        match gaps.last_mut().filter(|gap| gap.during.last().index() + 1 == half_hour.index()) {
            Some(gap) => {
                gap.during = HalfHours::between(gap.during.first(), half_hour);
                gap.short_max = gap.short_max.max(short);
                gap.short_sum += short;
            }
            None => gaps.push(Gap {
                during: HalfHours::one(half_hour),
                short_max: short,
                short_sum: short,
            }),
        }
    }
    gaps
}

/// Minutes from the first day of the calendar to 00:00 of a date.
fn day_start(date: Date) -> i64 {
    i64::from(date.to_julian_day()) * i64::from(DAY_MIN)
}

/// Agents on duty and at meals in each minute of a date.
struct Minutes {
    on_duty: Vec<u32>,
    at_meal: Vec<u32>,
}

impl Minutes {
    fn of(date: Date, duties: &[Duty]) -> Self {
        let mut minutes =
            Self { on_duty: vec![0; DAY_MIN as usize], at_meal: vec![0; DAY_MIN as usize] };
        for duty in duties {
            let offset = day_start(duty.date) - day_start(date);
            for spell in duty.shift.spells() {
                count(&mut minutes.on_duty, offset, *spell);
            }
            for meal in &duty.meals {
                count(&mut minutes.at_meal, offset, *meal);
            }
        }
        minutes
    }

    fn present(&self, minute: usize) -> u32 {
        let of = |counts: &[u32]| counts.get(minute).copied().unwrap_or(0);
        of(&self.on_duty).saturating_sub(of(&self.at_meal))
    }

    fn at_meal(&self, minute: usize) -> u32 {
        self.at_meal.get(minute).copied().unwrap_or(0)
    }
}

/// Adds one in the minutes of a span whose date starts `offset` minutes from the counted one.
fn count(counts: &mut [u32], offset: i64, span: MinuteSpan) {
    let bound = |minute: u32| {
        let minute = (i64::from(minute) + offset).clamp(0, i64::from(DAY_MIN));
        usize::try_from(minute).unwrap_or(0)
    };
    if let Some(within) = counts.get_mut(bound(span.from)..bound(span.until)) {
        within.iter_mut().for_each(|count| *count += 1);
    }
}

/// The half-hour of a minute of the day; the last one beyond its end.
fn half_hour_of(minute: usize) -> HalfHour {
    u8::try_from(minute / HALF_HOUR_MIN as usize)
        .ok()
        .and_then(HalfHour::new)
        .unwrap_or(HalfHours::DAY.last())
}
