//! Which figures of a scenario can be played.

use std::fmt::Display;

use super::{Break, Days, DaysError, Demand, Faults, Habits, Outage, Shift};
use crate::habits::{HabitError, Span, not_negative, share};

const DAYS_MAX: u32 = 366;
/// Most agents of one shift, and most calls of a day: far beyond any hotline there is.
const AGENTS_MAX: u32 = 20_000;
const CALLS_MAX_PER_DAY: f64 = 5_000_000.0;
const FACTOR_MAX: f64 = 1_000.0;
const OUTAGE_MAX_S: u32 = 86_400;
const HALF_HOURS: usize = 48;
const DAY_MINUTES: u64 = 24 * 60;

impl Days {
    /// # Errors
    /// [`DaysError`] names the key at fault and what it may be.
    pub fn check(&self) -> Result<(), DaysError> {
        count("days", " 1 至 366 ", self.days, (1..=DAYS_MAX).contains(&self.days))?;
        self.demand.check()?;
        self.agents.check("agents")?;
        count("shifts", "至少一个班次", self.shifts.len(), !self.shifts.is_empty())?;
        for (number, shift) in self.shifts.iter().enumerate() {
            shift.check(&format!("shifts[{number}] {:?}", shift.name))?;
        }
        for (number, event) in self.events.iter().enumerate() {
            let at = |key: &str| format!("events[{number}].{key}");
            self.check_day(at("day"), event.day)?;
            let within = event.factor > 0.0 && event.factor <= FACTOR_MAX;
            count(at("factor"), "大于 0、不超过 1000 的数", event.factor, within)?;
        }
        self.faults.check()?;
        for (number, outage) in self.faults.gateway_outages.iter().enumerate() {
            let at = |key: &str| format!("faults.gateway_outages[{number}].{key}");
            self.check_day(at("day"), outage.day)?;
            let within = (1..=OUTAGE_MAX_S).contains(&outage.seconds);
            count(at("seconds"), " 1 至 86400 ", outage.seconds, within)?;
        }
        self.check_outages()?;
        self.config().map(|_| ())
    }

    /// A gateway cannot die while it is dead.
    fn check_outages(&self) -> Result<(), DaysError> {
        let minute =
            |outage: &Outage| u64::from(outage.day) * DAY_MINUTES + u64::from(outage.at.minutes());
        let mut outages: Vec<&Outage> = self.faults.gateway_outages.iter().collect();
        outages.sort_by_key(|outage| minute(outage));
        let overlap = outages.windows(2).find_map(|pair| match pair {
            [one, next] if minute(one) * 60 + u64::from(one.seconds) >= minute(next) * 60 => {
                Some(next)
            }
            _ => None,
        });
        match overlap {
            Some(next) => Err(DaysError::OutagesOverlap { day: next.day }),
            None => Ok(()),
        }
    }

    fn check_day(&self, at: String, day: u32) -> Result<(), DaysError> {
        count(at, "所推演的某一天（1 至 `days`）", day, (1..=self.days).contains(&day))
    }
}

impl Demand {
    fn check(&self) -> Result<(), DaysError> {
        let within = self.per_day > 0.0 && self.per_day <= CALLS_MAX_PER_DAY;
        count("demand.per_day", "大于 0、不超过 5000000 的数", self.per_day, within)?;
        let weights = self.half_hours.len();
        count("demand.half_hours", "从零点起的 48 个权重", weights, weights == HALF_HOURS)?;
        for (number, weight) in self.half_hours.iter().enumerate() {
            let at = format!("demand.half_hours[{number}]");
            not_negative("weight", *weight).map_err(|source| DaysError::Habit { at, source })?;
        }
        let sum: f64 = self.half_hours.iter().sum();
        count("demand.half_hours", "至少一个大于 0 的权重", sum, sum > 0.0)?;
        for (number, factor) in self.weekdays.iter().enumerate() {
            let within = (0.0..=FACTOR_MAX).contains(factor);
            count(format!("demand.weekdays[{number}]"), " 0 至 1000 ", factor, within)?;
        }
        spans("demand", [("patience", self.patience), ("talk", self.talk)])
    }
}

impl Habits {
    fn check(&self, at: &str) -> Result<(), DaysError> {
        check_answers(at, self.answers)?;
        spans(at, [("wrap_up", self.wrap_up), ("returns_after", self.returns_after)])
    }
}

fn check_answers(at: &str, answers: super::Answering) -> Result<(), DaysError> {
    let pick_up = answers.pick_up();
    spans(&format!("{at}.answers"), [("after", pick_up.after)])?;
    let at = format!("{at}.answers");
    habit(at, share("unanswered", pick_up.unanswered))
}

impl Shift {
    fn check(&self, at: &str) -> Result<(), DaysError> {
        let within = (1..=AGENTS_MAX).contains(&self.agents);
        count(format!("{at}.agents"), " 1 至 20000 ", self.agents, within)?;
        let days =
            !self.weekdays.is_empty() && self.weekdays.iter().all(|day| (1..=7).contains(day));
        let given = format!("{:?}", self.weekdays);
        count(format!("{at}.weekdays"), " 1（周一）至 7 的数", given.as_str(), days)?;
        if let Some(answers) = self.answers {
            check_answers(at, answers)?;
        }
        let mut taken: Vec<(u32, u32)> = Vec::new();
        for (number, pause) in self.breaks.iter().enumerate() {
            let at = format!("{at}.breaks[{number}]");
            let (from, until) = self.window(pause, &at)?;
            if taken.iter().any(|(begin, end)| from < *end && *begin < until) {
                return Err(DaysError::BreaksOverlap { at });
            }
            taken.push((from, until));
        }
        Ok(())
    }

    /// When a break may be taken, in minutes since the shift's beginning.
    fn window(&self, pause: &Break, at: &str) -> Result<(u32, u32), DaysError> {
        let from = self.minutes_in(pause.from);
        let until = from + pause.from.minutes_to(pause.until);
        let fits = pause.minutes > 0 && from + pause.minutes <= until;
        count(
            format!("{at}.minutes"),
            "大于 0、不超过 `from` 至 `until` 的分钟数",
            pause.minutes,
            fits,
        )?;
        if until > self.from.minutes_to(self.until) {
            return Err(DaysError::BreakOutsideShift { at: at.to_owned() });
        }
        Ok((from, until))
    }
}

impl Faults {
    fn check(&self) -> Result<(), DaysError> {
        let deaths = self.phone_deaths_per_shift;
        let within = (0.0..=100.0).contains(&deaths);
        count("faults.phone_deaths_per_shift", " 0 至 100 ", deaths, within)?;
        habit("faults".to_owned(), share("lost_bye", self.lost_bye))?;
        spans(
            "faults",
            [
                ("phone_away", self.phone_away),
                ("phone_missed", self.phone_missed),
                ("lost_bye_noticed", self.lost_bye_noticed),
            ],
        )
    }
}

fn spans<const N: usize>(at: &str, spans: [(&str, Span); N]) -> Result<(), DaysError> {
    spans.iter().try_for_each(|(key, span)| habit(format!("{at}.{key}"), span.check()))
}

fn habit(at: String, result: Result<(), HabitError>) -> Result<(), DaysError> {
    result.map_err(|source| DaysError::Habit { at, source })
}

fn count(
    at: impl Into<String>,
    rule: &'static str,
    given: impl Display + Copy,
    fits: bool,
) -> Result<(), DaysError> {
    if fits {
        return Ok(());
    }
    Err(DaysError::Count { at: at.into(), rule, given: given.to_string() })
}
