//! The planning of a hotline's floor: how many calls a day brings, how many agents it needs, who is on duty when, what a
//! change would bring, and what those who wait must expect.
//!
//! Pure: arithmetic alone, no clock, no randomness, no I/O; calendar and records are arguments. Arrivals are a Poisson
//! stream, handling times and patience are exponential: the models whose answers planners know as Erlang C (nobody hangs
//! up) and Erlang A (callers have a patience). Spans are seconds unless they say otherwise; shares are 0 to 1; a day is
//! planned in 48 half-hours of local time.
//!
//! | question | answered by |
//! | --- | --- |
//! | how many calls | [`forecast`], [`learned_factor`]; how far off: [`ForecastAccuracy`] |
//! | how many agents | [`agents_needed`], [`day_requirement`] |
//! | who is there | [`coverage`], [`gaps`], [`check`], [`stagger_meals`], [`holiday_turns`] |
//! | who kept to it | [`adherence`] |
//! | what if | [`DayPlan::what_if`] |
//! | how long a caller waits | [`Line::waits`], [`Promise`], [`BackTest`] |
//! | how many calls may be lost | [`standing`] |

mod accuracy;
mod adherence;
mod calendar;
mod clock_text;
mod day;
mod erlang_a;
mod erlang_c;
mod events;
mod forecast;
mod half_hour;
mod load;
mod loss_budget;
mod requirement;
mod roster;
mod wait;
mod what_if;

pub use accuracy::{Accuracy, ForecastAccuracy};
pub use adherence::{
    Activity, ActualSpan, Adherence, Deviation, Disorder, PlannedSpan, adherence,
    least_adherent_first, plan_of,
};
pub use calendar::{Calendar, DayKind};
pub use clock_text::NoSpan;
pub use day::{Handling, NoRequirement, Requirement, Shrinkage, Standard, day_requirement};
pub use erlang_a::ErlangA;
pub use erlang_c::ErlangC;
pub use events::{COMBINED_FACTOR_MAX, Event, EventFactors, EventKind};
pub use forecast::{Forecast, NoForecast, PastDay, forecast, learned_factor};
pub use half_hour::{DayCurve, HALF_HOURS, HalfHour, HalfHours};
pub use load::{Load, LoadError};
pub use loss_budget::{
    RateTarget, STEP_MIN, Standing, Step, WINDOW_STEPS, expected_steps, standing,
};
pub use requirement::{Target, agents_needed};
pub use roster::{
    DAY_MIN, Duty, Gap, HolidayNeed, MealPlan, MinuteSpan, Presence, RosterFault, RosterRules,
    Shift, ShiftError, check, coverage, gaps, holiday_turns, holidays_worked, stagger_meals,
};
pub use wait::{
    Announcer, BackTest, Calibration, Came, Doing, FloorPace, FloorWaits, Line, NoExpectation,
    Pace, Promise, QueueNow, Told, Wait,
};
pub use what_if::{Change, DayPlan, Expected, Impossible, Outlook, Planned, WhatIf};
