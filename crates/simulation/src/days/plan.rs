//! From a scenario to what is played: rates by the minute, everybody's turns, breaks and faults.

use std::time::Duration;

use time::Date;
use types::Timestamp;

use super::{Days, DaysError, Demand, Shift};
use crate::arrivals::{Arrivals, LoggedCall, Profile};
use crate::civil::midnight;
use crate::draw::{Draw, Spans};
use crate::habits::{HabitError, Span};
use crate::ledger::Ledger;
use crate::staff::{Answers, Clerk, Rest, Turn};
use crate::world::{Habits, Setup};

const DAY_MINUTES: u32 = 24 * 60;
const DAY: Duration = Duration::from_secs(86_400);
/// Hours of work to which the deaths of phones are counted.
const SHIFT_S: f64 = 8.0 * 3_600.0;
/// Makes the deaths of phones independent of everything else.
const FAULT_SEED: u64 = 0xfa_17;

/// What is played, of a scenario that has been checked. `begins` is midnight of its first day.
pub(crate) fn setup(days: &Days, log: Option<Vec<LoggedCall>>) -> Result<Setup, DaysError> {
    let begins = midnight(days.begins_on);
    let arrivals = match log {
        Some(calls) => Arrivals::Logged(calls.into_iter()),
        None => Arrivals::Profile(Profile::new(begins, rates(days))),
    };
    let outages = days.faults.gateway_outages.iter().map(|outage| {
        let at = day_begins(begins, outage.day) + outage.at.since_midnight();
        (at, at + Duration::from_secs(u64::from(outage.seconds)))
    });
    Ok(Setup {
        seed: days.seed,
        begins,
        counted_from: begins,
        config: days.config()?,
        arrivals,
        habits: habits(days)?,
        clerks: clerks(days, begins)?,
        outages: outages.collect(),
        ledger: Some(Ledger::new(begins)),
    })
}

/// Midnight of a day; 1 is the first.
pub(crate) fn day_begins(begins: Timestamp, number: u32) -> Timestamp {
    begins + DAY * number.saturating_sub(1)
}

// --- demand -----------------------------------------------------------------------------------

/// Mean calls of every minute played.
fn rates(days: &Days) -> Vec<f64> {
    let mut rates = Vec::new();
    let mut date = days.begins_on;
    for _ in 0..days.days {
        rates.extend(rates_of(&days.demand, date));
        date = date.next_day().unwrap_or(date);
    }
    for event in &days.events {
        let from = (event.day - 1) * DAY_MINUTES + event.from.minutes();
        let until = from + event.from.minutes_to(event.until);
        let within = rates.iter_mut().skip(from as usize).take((until - from) as usize);
        within.for_each(|rate| *rate *= event.factor);
    }
    rates
}

fn rates_of(demand: &Demand, date: Date) -> impl Iterator<Item = f64> {
    let weekday = usize::from(date.weekday().number_days_from_monday());
    let factor = demand.weekdays.get(weekday).copied().unwrap_or(1.0);
    let sum: f64 = demand.half_hours.iter().sum();
    let per_weight = demand.per_day * factor / sum / 30.0;
    demand.half_hours.iter().flat_map(move |weight| std::iter::repeat_n(weight * per_weight, 30))
}

// --- people -----------------------------------------------------------------------------------

fn habits(days: &Days) -> Result<Habits, DaysError> {
    let (demand, agents, faults) = (&days.demand, &days.agents, &days.faults);
    Ok(Habits {
        patience: spans("demand.patience", demand.patience)?,
        talk: spans("demand.talk", demand.talk)?,
        wrap_up: Some(spans("agents.wrap_up", agents.wrap_up)?),
        returns_after: spans("agents.returns_after", agents.returns_after)?,
        phone_away: spans("faults.phone_away", faults.phone_away)?,
        phone_missed: spans("faults.phone_missed", faults.phone_missed)?,
        lost_bye: faults.lost_bye,
        lost_bye_noticed: spans("faults.lost_bye_noticed", faults.lost_bye_noticed)?,
    })
}

fn spans(at: &str, span: Span) -> Result<Spans, DaysError> {
    Spans::of(span).map_err(|source: HabitError| DaysError::Habit { at: at.to_owned(), source })
}

/// Every place of every shift is one person, the same on all days.
fn clerks(days: &Days, begins: Timestamp) -> Result<Vec<Clerk>, DaysError> {
    let mut faults = Draw::new(days.seed ^ FAULT_SEED);
    let mut clerks = Vec::new();
    for shift in &days.shifts {
        let answering = shift.answers.unwrap_or(days.agents.answers);
        let pick_up = answering.pick_up();
        let answers = Answers {
            after: spans("answers.after", pick_up.after)?,
            unanswered: pick_up.unanswered,
            auto: matches!(answering, super::Answering::Auto { .. }),
        };
        for place in 0..shift.agents {
            let turns = turns(days, begins, shift, place, &mut faults);
            clerks.push(Clerk::new(answers, shift.reserve, turns));
        }
    }
    Ok(clerks)
}

/// The turns of one person, beginning with the one of the evening before the first day.
fn turns(
    days: &Days,
    begins: Timestamp,
    shift: &Shift,
    place: u32,
    faults: &mut Draw,
) -> Vec<Turn> {
    let lasts = minutes(shift.from.minutes_to(shift.until));
    let mut turns = Vec::new();
    let mut date = days.begins_on.previous_day().unwrap_or(days.begins_on);
    let mut start = begins - DAY + shift.from.since_midnight();
    for _ in 0..=days.days {
        let works = shift.weekdays.contains(&date.weekday().number_from_monday());
        let (from, until) = (start.max(begins), start + lasts);
        if works && until > begins {
            let rests = rests(shift, start, place).filter(|rest| rest.at >= begins).collect();
            let phone_dies = deaths(days, from, until, faults);
            turns.push(Turn { from, until: Some(until), rests, phone_dies });
        }
        date = date.next_day().unwrap_or(date);
        start = start + DAY;
    }
    turns
}

/// The breaks of one person in a turn: those of a shift follow each other evenly within the window.
fn rests(shift: &Shift, start: Timestamp, place: u32) -> impl Iterator<Item = Rest> {
    shift.breaks.iter().map(move |pause| {
        let spare = pause.from.minutes_to(pause.until) - pause.minutes.min(DAY_MINUTES);
        let turn = minutes(spare) * place / shift.agents.max(1);
        Rest {
            at: start + minutes(shift.minutes_in(pause.from)) + turn,
            lasts: minutes(pause.minutes),
            reason: pause.kind,
        }
    })
}

/// A Poisson stream of deaths through a turn.
fn deaths(days: &Days, from: Timestamp, until: Timestamp, draw: &mut Draw) -> Vec<Timestamp> {
    let per_shift = days.faults.phone_deaths_per_shift;
    let mut deaths = Vec::new();
    if per_shift <= 0.0 {
        return deaths;
    }
    let between = Spans::Exponential(SHIFT_S / per_shift);
    let mut at = from + draw.span(between);
    while at < until {
        deaths.push(at);
        at = at + draw.span(between);
    }
    deaths
}

fn minutes(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 60)
}
