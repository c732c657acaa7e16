//! `[staffing]`: what rosters are measured by. A change in the running system is the setting `staffing`.

use ::staffing::MinuteSpan;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Fault;
use super::sections::in_range;

/// Targets, shrinkage and what holds until enough has been measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Staffing {
    /// K1: share of the callers who shall be answered.
    pub answered_percent: u32,
    /// K2b: share of the callers who shall be answered within `limit_s`.
    pub in_time_percent: u32,
    pub limit_s: u32,
    /// Agents on duty at any time.
    pub on_duty_min: u32,
    /// Share of the time on duty that short breaks take.
    pub breaks_percent: u32,
    /// Share of those on the roster who are in training or a meeting.
    pub training_percent: u32,
    /// Share of those on the roster who are ill or on leave.
    pub sickness_percent: u32,
    /// Mean talk until measured.
    pub talk_s: u32,
    /// Mean wrap-up until measured.
    pub wrap_up_s: u32,
    /// Mean patience of callers until measured.
    pub patience_s: u32,
    /// When meals are eaten, as `11:00-13:30`.
    pub meals: Vec<String>,
    pub meal_min: u32,
    /// Differences between plan and record that are shorter are none.
    pub tolerance_s: u32,
}

impl Staffing {
    /// Every value that nobody can plan with, as (key, what to write instead in Chinese).
    #[must_use]
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        for (key, value, least, most) in self.bounds() {
            if !(least..=most).contains(&value) {
                faults.push((key, format!("是 {value}，请填 {least} 至 {most} 的整数")));
            }
        }
        for span in &self.meals {
            if span.parse::<MinuteSpan>().is_err() {
                faults.push(("meals", format!("“{span}”不是时段，请写作 11:00-13:30")));
            }
        }
        if self.meals.len() > 4 {
            faults.push(("meals", "用餐时段最多 4 个".to_owned()));
        }
        faults
    }

    pub(super) fn validate(&self, faults: &mut Vec<Fault>) {
        for (key, value, least, most) in self.bounds() {
            let key = format!("staffing.{key}");
            in_range(&key, u64::from(value), u64::from(least), u64::from(most), faults);
        }
        if let Some(fault) = self.meals.iter().find_map(|span| span.parse::<MinuteSpan>().err()) {
            faults.push(Fault::new("staffing.meals", fault.to_string()));
        }
    }

    /// (key, value, least, most)
    const fn bounds(&self) -> [(&'static str, u32, u32, u32); 12] {
        [
            ("answered_percent", self.answered_percent, 1, 99),
            ("in_time_percent", self.in_time_percent, 1, 99),
            ("limit_s", self.limit_s, 1, 600),
            ("on_duty_min", self.on_duty_min, 0, 100),
            ("breaks_percent", self.breaks_percent, 0, 80),
            ("training_percent", self.training_percent, 0, 80),
            ("sickness_percent", self.sickness_percent, 0, 80),
            ("talk_s", self.talk_s, 10, 3_600),
            ("wrap_up_s", self.wrap_up_s, 0, 3_600),
            ("patience_s", self.patience_s, 10, 3_600),
            ("meal_min", self.meal_min, 15, 120),
            ("tolerance_s", self.tolerance_s, 0, 3_600),
        ]
    }
}
