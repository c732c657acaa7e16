//! Days of a hotline as a planner describes them: a TOML file of demand, shifts, habits, events and faults.

mod built_in;
mod check;
mod place;
mod plan;

use acd::{BreakReason, Config};
use serde::Deserialize;
use thiserror::Error;
use time::Date;

pub use self::built_in::BuiltIn;
pub(crate) use self::plan::{day_begins, setup};
use crate::civil::{self, ClockTime};
use crate::habits::{HabitError, PickUp, Span};

/// Some days. Every key that is not known is an error that names it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Days {
    /// Heading of the report.
    pub title: String,
    /// The same seed gives the same days; another one other days of the same kind.
    #[serde(default = "first_seed")]
    pub seed: u64,
    #[serde(deserialize_with = "civil::date")]
    pub begins_on: Date,
    /// 1 to 366.
    pub days: u32,
    pub demand: Demand,
    pub agents: Habits,
    pub shifts: Vec<Shift>,
    #[serde(default)]
    pub events: Vec<Surge>,
    #[serde(default)]
    pub faults: Faults,
    /// Keys of the distributor's configuration that differ from its defaults.
    #[serde(default)]
    pub distributor: toml::Table,
}

/// How many call, and how patient they are.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// Mean calls of a day of factor 1.
    pub per_day: f64,
    /// 48 weights from midnight on, in any unit.
    pub half_hours: Vec<f64>,
    /// Factors of Monday to Sunday.
    #[serde(default = "all_alike")]
    pub weekdays: [f64; 7],
    /// From ringing to hanging up where nobody answers.
    pub patience: Span,
    pub talk: Span,
}

/// What agents are like, unless their shift says otherwise.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Habits {
    pub answers: Answering,
    pub wrap_up: Span,
    /// How soon an agent who was put Not-Ready is Ready again.
    pub returns_after: Span,
}

/// How an offer is answered.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answering {
    /// The page answers by itself, so many seconds after the ring.
    Auto { after_s: f64 },
    /// A person does, or does not.
    ByHand { after: Span, unanswered: f64 },
}

/// People who work from the same time to the same time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    pub name: String,
    /// How many sign in.
    pub agents: u32,
    pub from: ClockTime,
    /// Not later than `from`: on the next day.
    pub until: ClockTime,
    /// 1 is Monday; all days by default.
    #[serde(default = "every_day")]
    pub weekdays: Vec<u8>,
    /// Rings only for callers who have waited long.
    #[serde(default)]
    pub reserve: bool,
    pub answers: Option<Answering>,
    #[serde(default)]
    pub breaks: Vec<Break>,
}

/// A break of every agent of a shift; they take turns.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Break {
    pub kind: BreakReason,
    pub minutes: u32,
    /// All breaks lie between these, spread evenly.
    pub from: ClockTime,
    pub until: ClockTime,
}

/// A while in which more, or fewer, call than usual: 突发事件.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surge {
    pub name: String,
    /// 1 is the first day.
    pub day: u32,
    pub from: ClockTime,
    pub until: ClockTime,
    pub factor: f64,
}

/// What breaks, and how often.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Mean deaths of one agent's phone (her page, her network) in 8 hours of work.
    pub phone_deaths_per_shift: f64,
    /// How long it is away.
    pub phone_away: Span,
    /// How long the gateway takes to give it up.
    pub phone_missed: Span,
    /// Share of talks whose goodbye never arrives.
    pub lost_bye: f64,
    /// How long the gateway takes to find that nobody is there.
    pub lost_bye_noticed: Span,
    pub gateway_outages: Vec<Outage>,
}

/// The gateway is dead: all calls are dropped, new ones get no answer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// 1 is the first day.
    pub day: u32,
    pub at: ClockTime,
    pub seconds: u32,
}

impl Default for Faults {
    /// Nothing breaks; the spans are what a gateway that works as designed needs.
    fn default() -> Self {
        Self {
            phone_deaths_per_shift: 0.0,
            phone_away: Span::Fixed { s: 60.0 },
            phone_missed: Span::Fixed { s: 5.0 },
            lost_bye: 0.0,
            lost_bye_noticed: Span::Fixed { s: 30.0 },
            gateway_outages: Vec::new(),
        }
    }
}

/// Why days cannot be played, and where in the file.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum DaysError {
    #[error("情景文件读不懂：{0}")]
    Toml(#[from] toml::de::Error),
    #[error("`{at}`：{source}")]
    Habit { at: String, source: HabitError },
    #[error("`{at}` 应为{rule}，不能是 {given}")]
    Count { at: String, rule: &'static str, given: String },
    #[error("`{at}` 不在本班次之内：请移动休息时间，或延长班次")]
    BreakOutsideShift { at: String },
    #[error("`{at}` 与同一班次的另一次休息重叠：请移动其中一次")]
    BreaksOverlap { at: String },
    #[error("第 {day} 天的两次 `faults.gateway_outages` 重叠：网关恢复之后才能再次中断")]
    OutagesOverlap { day: u32 },
    #[error("`{at}` 只适用于随机产生的来电：话务记录自带来电，请删去")]
    EventsWithLog { at: &'static str },
    #[error("话务记录里没有来电：请核对列名")]
    EmptyLog,
    #[error("`distributor.{key}` 不是话务分配的配置项；可用的有：{known}")]
    DistributorKey { key: String, known: String },
    #[error("`distributor`：{0}")]
    Distributor(String),
}

impl Days {
    /// Reads and checks a scenario.
    ///
    /// # Errors
    /// [`DaysError`] names the key at fault and what it may be.
    pub fn from_toml(text: &str) -> Result<Self, DaysError> {
        let days: Self = toml::from_str(text)?;
        days.check()?;
        Ok(days)
    }

    /// The distributor's configuration: its defaults, and what the scenario says otherwise.
    ///
    /// # Errors
    /// [`DaysError`] for a key it does not have, and for a value that is none.
    pub fn config(&self) -> Result<Config, DaysError> {
        let other = |error: &dyn std::fmt::Display| DaysError::Distributor(error.to_string());
        let mut table = toml::Table::try_from(Config::default()).map_err(|error| other(&error))?;
        for (key, value) in &self.distributor {
            if !table.contains_key(key) {
                let known: Vec<&str> = table.keys().map(String::as_str).collect();
                return Err(DaysError::DistributorKey {
                    key: key.clone(),
                    known: known.join(", "),
                });
            }
            table.insert(key.clone(), value.clone());
        }
        table.try_into().map_err(|error: toml::de::Error| other(&error))
    }
}

impl Answering {
    pub(crate) const fn pick_up(self) -> PickUp {
        match self {
            Self::Auto { after_s } => PickUp { after: Span::Fixed { s: after_s }, unanswered: 0.0 },
            Self::ByHand { after, unanswered } => PickUp { after, unanswered },
        }
    }
}

const fn first_seed() -> u64 {
    1
}

const fn all_alike() -> [f64; 7] {
    [1.0; 7]
}

fn every_day() -> Vec<u8> {
    (1..=7).collect()
}

impl Shift {
    /// Minutes from the shift's beginning to a time of day.
    pub(crate) const fn minutes_in(&self, time: ClockTime) -> u32 {
        self.from.minutes_to(time) % (24 * 60)
    }
}
