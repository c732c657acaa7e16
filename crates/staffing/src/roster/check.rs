//! What is wrong with a roster.

use std::collections::BTreeMap;

use time::Date;
use types::AgentId;

use super::{DAY_MIN, Duty, Minutes, half_hour_of};
use crate::half_hour::HalfHours;

/// What a roster must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RosterRules {
    /// Rest between two duties, in minutes.
    pub rest_min: u32,
    /// Longest work without a meal or the pause of a split shift, in minutes.
    pub spell_max_min: u32,
    /// Days of duty in a row; one day of rest a week is the law (劳动法第三十八条).
    pub days_in_row_max: u32,
}

impl Default for RosterRules {
    /// 11 hours of rest, 5 hours without a meal, 6 days in a row.
    fn default() -> Self {
        Self { rest_min: 660, spell_max_min: 300, days_in_row_max: 6 }
    }
}

/// A breach of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RosterFault {
    /// An agent is on two duties at once.
    Overlap {
        agent: AgentId,
        first: Date,
        second: Date,
        minutes: u32,
    },
    ShortRest {
        agent: AgentId,
        first: Date,
        second: Date,
        rest_min: u32,
    },
    LongSpell {
        agent: AgentId,
        date: Date,
        minutes: u32,
    },
    /// `days` in a row, up to and with `last`.
    ManyDays {
        agent: AgentId,
        last: Date,
        days: u32,
    },
    /// Everybody on duty is at a meal at some minute of these half-hours.
    AllAtMeal {
        date: Date,
        during: HalfHours,
    },
    /// Nobody is on duty at some minute of these half-hours: the hotline answers day and night (K8).
    NobodyOnDuty {
        date: Date,
        during: HalfHours,
    },
}

/// The faults of a roster: of its agents, then of the dates from `first` to `last`. Duties of the day before `first`
/// belong in it too, because their nights reach in.
#[must_use]
pub fn check(duties: &[Duty], first: Date, last: Date, rules: &RosterRules) -> Vec<RosterFault> {
    let mut by_agent: BTreeMap<AgentId, Vec<&Duty>> = BTreeMap::new();
    for duty in duties {
        by_agent.entry(duty.agent).or_default().push(duty);
    }
    let mut faults = Vec::new();
    for duties in by_agent.values_mut() {
        duties.sort_by_key(|duty| duty.whole());
        between_duties(duties, rules, &mut faults);
        long_spells(duties, rules, &mut faults);
        many_days(duties, rules, &mut faults);
    }
    let mut date = Some(first);
    while let Some(today) = date.filter(|date| *date <= last) {
        empty_minutes(today, duties, &mut faults);
        date = today.next_day();
    }
    faults
}

fn between_duties(duties: &[&Duty], rules: &RosterRules, faults: &mut Vec<RosterFault>) {
    // The duty that ends last so far: a short one may lie inside a long one.
    let mut longest: Option<&Duty> = None;
    for duty in duties {
        if let Some(before) = longest {
            let ((_, end), (start, until)) = (before.whole(), duty.whole());
            let (agent, first, second) = (duty.agent, before.date, duty.date);
            let minutes = |span: i64| u32::try_from(span).unwrap_or(u32::MAX);
            if start < end {
                let minutes = minutes(end.min(until) - start);
                faults.push(RosterFault::Overlap { agent, first, second, minutes });
            } else if minutes(start - end) < rules.rest_min {
                let rest_min = minutes(start - end);
                faults.push(RosterFault::ShortRest { agent, first, second, rest_min });
            }
        }
        if longest.is_none_or(|before| before.whole().1 <= duty.whole().1) {
            longest = Some(duty);
        }
    }
}

fn long_spells(duties: &[&Duty], rules: &RosterRules, faults: &mut Vec<RosterFault>) {
    for duty in duties {
        let longest = duty.work().map(|span| span.minutes()).max().unwrap_or(0);
        if longest > rules.spell_max_min {
            let (agent, date) = (duty.agent, duty.date);
            faults.push(RosterFault::LongSpell { agent, date, minutes: longest });
        }
    }
}

fn many_days(duties: &[&Duty], rules: &RosterRules, faults: &mut Vec<RosterFault>) {
    let mut run: Option<(AgentId, Date, u32)> = None;
    let mut ended = |run: Option<(AgentId, Date, u32)>| {
        if let Some((agent, last, days)) = run.filter(|run| run.2 > rules.days_in_row_max) {
            faults.push(RosterFault::ManyDays { agent, last, days });
        }
    };
    for duty in duties {
        run = match run {
            Some((agent, last, days)) if last == duty.date => Some((agent, last, days)),
            Some((agent, last, days)) if last.next_day() == Some(duty.date) => {
                Some((agent, duty.date, days + 1))
            }
            other => {
                ended(other);
                Some((duty.agent, duty.date, 1))
            }
        };
    }
    ended(run);
}

fn empty_minutes(date: Date, duties: &[Duty], faults: &mut Vec<RosterFault>) {
    let minutes = Minutes::of(date, duties);
    let mut run: Option<(usize, usize, bool)> = None;
    let mut ended = |run: Option<(usize, usize, bool)>| {
        if let Some((first, last, at_meal)) = run {
            let during = HalfHours::between(half_hour_of(first), half_hour_of(last));
            faults.push(if at_meal {
                RosterFault::AllAtMeal { date, during }
            } else {
                RosterFault::NobodyOnDuty { date, during }
            });
        }
    };
    for minute in 0..DAY_MIN as usize {
        let at_meal = minutes.at_meal(minute) > 0;
        run = match run {
            Some((first, _, same)) if minutes.present(minute) == 0 && same == at_meal => {
                Some((first, minute, same))
            }
            other => {
                ended(other);
                (minutes.present(minute) == 0).then_some((minute, minute, at_meal))
            }
        };
    }
    ended(run);
}
