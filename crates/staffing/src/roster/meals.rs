//! Lunch cover: meals one after another, so that somebody always answers.

use time::Date;

use super::{DAY_MIN, Duty, MinuteSpan, Minutes, half_hour_of};
use crate::half_hour::DayCurve;

/// Meals begin on this grid, in minutes.
const STEP_MIN: u32 = 15;

/// When and how long the agents of a day eat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MealPlan {
    /// From the first start to the last end.
    pub window: MinuteSpan,
    pub length_min: u32,
}

/// Gives everybody who works in the window of `date` a meal in it, each where the most agents are left over what is
/// required, the earliest of equals. Returns how many found no room in their spells. Meals of that window that were
/// planned before are dropped.
pub fn stagger_meals(
    duties: &mut [Duty],
    date: Date,
    plan: MealPlan,
    required: &DayCurve<u32>,
) -> usize {
    let eats = |duty: &Duty| {
        let overlaps =
            |spell: &MinuteSpan| spell.from < plan.window.until && plan.window.from < spell.until;
        duty.date == date && duty.shift.spells().iter().any(overlaps)
    };
    for duty in duties.iter_mut().filter(|duty| eats(duty)) {
        duty.meals.retain(|meal| !plan.window.holds(*meal));
    }
    let mut spare = spare_by_minute(date, duties, required);
    let mut without = 0;
    for duty in duties.iter_mut().filter(|duty| eats(duty)) {
        let Some(meal) = best_meal(duty, plan, &spare) else {
            without += 1;
            continue;
        };
        spare_in(&mut spare, meal).iter_mut().for_each(|spare| *spare -= 1);
        duty.meals.push(meal);
        duty.meals.sort_unstable();
    }
    without
}

/// Agents present beyond what is required, by minute.
fn spare_by_minute(date: Date, duties: &[Duty], required: &DayCurve<u32>) -> Vec<i64> {
    let minutes = Minutes::of(date, duties);
    (0..DAY_MIN as usize)
        .map(|minute| {
            i64::from(minutes.present(minute)) - i64::from(*required.get(half_hour_of(minute)))
        })
        .collect()
}

/// The meal that leaves the most agents at its worst minute.
fn best_meal(duty: &Duty, plan: MealPlan, spare: &[i64]) -> Option<MinuteSpan> {
    let mut best: Option<(i64, MinuteSpan)> = None;
    let mut from = plan.window.from;
    while from + plan.length_min <= plan.window.until.min(DAY_MIN) {
        let meal = MinuteSpan { from, until: from + plan.length_min };
        from += STEP_MIN;
        if !duty.shift.spells().iter().any(|spell| spell.holds(meal)) {
            continue;
        }
        let minutes = spare.get(meal.from as usize..meal.until as usize).unwrap_or_default();
        let left = minutes.iter().min().copied().unwrap_or(0);
        if best.is_none_or(|(most, _)| left > most) {
            best = Some((left, meal));
        }
    }
    best.map(|(_, meal)| meal)
}

fn spare_in(spare: &mut [i64], meal: MinuteSpan) -> &mut [i64] {
    spare.get_mut(meal.from as usize..meal.until as usize).unwrap_or_default()
}
