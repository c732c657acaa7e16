//! 节假日值班: who works on public holidays, in turn.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;
use types::AgentId;

use super::Duty;
use crate::calendar::{Calendar, DayKind};

/// How many a holiday needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HolidayNeed {
    pub date: Date,
    pub agents: u32,
}

/// The public holidays each agent was on duty, each date once; agents without any are not in it.
#[must_use]
pub fn holidays_worked(duties: &[Duty], calendar: &impl Calendar) -> BTreeMap<AgentId, u32> {
    let mut dates: BTreeMap<AgentId, BTreeSet<Date>> = BTreeMap::new();
    let on_holidays =
        duties.iter().filter(|duty| calendar.kind(duty.date) == Some(DayKind::PublicHoliday));
    for duty in on_holidays {
        dates.entry(duty.agent).or_default().insert(duty.date);
    }
    let count = |dates: &BTreeSet<Date>| u32::try_from(dates.len()).unwrap_or(u32::MAX);
    dates.iter().map(|(agent, dates)| (*agent, count(dates))).collect()
}

/// Who works on which holiday: those who worked on the fewest, holidays before these included; of equals, who has
/// not just worked the holiday before, then by id. A holiday that needs more than there are gets all.
#[must_use]
pub fn holiday_turns(
    holidays: &[HolidayNeed],
    agents: &[AgentId],
    worked: &BTreeMap<AgentId, u32>,
) -> Vec<(Date, Vec<AgentId>)> {
    let mut turns: BTreeMap<AgentId, (u32, usize)> =
        agents.iter().map(|agent| (*agent, (worked.get(agent).copied().unwrap_or(0), 0))).collect();
    let mut plan = Vec::new();
    for (number, holiday) in (1..).zip(holidays) {
        let mut order: Vec<((u32, usize), AgentId)> =
            turns.iter().map(|(agent, turn)| (*turn, *agent)).collect();
        order.sort_unstable();
        let chosen: Vec<AgentId> =
            order.into_iter().take(holiday.agents as usize).map(|(_, agent)| agent).collect();
        for agent in &chosen {
            if let Some((count, last)) = turns.get_mut(agent) {
                *count += 1;
                *last = number;
            }
        }
        plan.push((holiday.date, chosen));
    }
    plan
}
