//! What is wrong with a roster, in words.

use std::collections::BTreeMap;

use ::staffing::RosterFault;
use serde::Serialize;
use types::AgentId;
use utoipa::ToSchema;

use super::words::Day;

/// One breach of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RosterFaultView {
    pub day: Day,
    /// Null where it concerns everybody.
    pub agent: Option<AgentId>,
    /// `overlap short_rest long_spell many_days all_at_meal nobody_on_duty`
    pub kind: &'static str,
    /// In Chinese.
    pub detail: String,
}

impl RosterFaultView {
    /// In the order of the faults; a person without a name is shown by her id.
    #[must_use]
    pub fn all(faults: &[RosterFault], names: &BTreeMap<AgentId, String>) -> Vec<Self> {
        let name = |agent: &AgentId| names.get(agent).cloned().unwrap_or_else(|| agent.to_string());
        let view = |fault: &RosterFault| match fault {
            RosterFault::Overlap { agent, second, minutes, .. } => Self {
                day: Day(*second),
                agent: Some(*agent),
                kind: "overlap",
                detail: format!("{}两个班次重叠 {minutes} 分钟", name(agent)),
            },
            RosterFault::ShortRest { agent, second, rest_min, .. } => Self {
                day: Day(*second),
                agent: Some(*agent),
                kind: "short_rest",
                detail: format!("{}上班前只休息 {}", name(agent), hours(*rest_min)),
            },
            RosterFault::LongSpell { agent, date, minutes } => Self {
                day: Day(*date),
                agent: Some(*agent),
                kind: "long_spell",
                detail: format!("{}连续工作 {}没有用餐", name(agent), hours(*minutes)),
            },
            RosterFault::ManyDays { agent, last, days } => Self {
                day: Day(*last),
                agent: Some(*agent),
                kind: "many_days",
                detail: format!("{}连续上班 {days} 天，每周应至少休息一天", name(agent)),
            },
            RosterFault::AllAtMeal { date, during } => Self {
                day: Day(*date),
                agent: None,
                kind: "all_at_meal",
                detail: format!("{during} 在岗人员同时用餐，无人接听"),
            },
            RosterFault::NobodyOnDuty { date, during } => Self {
                day: Day(*date),
                agent: None,
                kind: "nobody_on_duty",
                detail: format!("{during} 无人值班"),
            },
        };
        faults.iter().map(view).collect()
    }
}

fn hours(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (hours, 0) => format!("{hours} 小时"),
        (hours, minutes) => format!("{hours} 小时 {minutes} 分"),
    }
}
