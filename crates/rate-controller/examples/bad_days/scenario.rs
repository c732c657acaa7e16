//! A day as a file describes it; `loadtest/bad-days/README.md` explains the keys.

use serde::Deserialize;

pub const HALF_HOURS: usize = 48;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub title: String,
    /// Expected calls of each half-hour of a normal day: what the forecast says.
    pub calls: Vec<f64>,
    /// Agents on the roster of each half-hour, without those in training.
    pub agents: Vec<u32>,
    pub talk_s: f64,
    pub wrap_up_s: f64,
    pub patience_s: f64,
    /// Share of callers who got nobody and call again.
    pub redial_share: f64,
    /// Relative standard deviation of the day's demand around the forecast.
    pub forecast_error: f64,
    pub levers: Effects,
    #[serde(default)]
    pub training: Vec<Training>,
    pub disturbance: Vec<Disturbance>,
    pub bound: Bound,
}

/// What the levers really do in this centre.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effects {
    pub reserve_agents: u32,
    pub reserve_lead_s: f64,
    pub training_lead_s: f64,
    pub wrap_up_short_s: f64,
    pub callback_after_s: f64,
    pub callback_accepted_share: f64,
    pub announcement_satisfies_share: f64,
    pub announcement_hang_up_share: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    pub from_h: f64,
    pub until_h: f64,
    pub agents: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Storm,
    Sickness,
    DeadTrunk,
    MassOutage,
    SlowWrapUp,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disturbance {
    pub kind: Kind,
    pub from_h: f64,
    pub until_h: f64,
    #[serde(default = "one")]
    pub arrivals: f64,
    #[serde(default = "one")]
    pub agents: f64,
    #[serde(default)]
    pub wrap_up_s: f64,
    #[serde(default)]
    pub unseen_share: f64,
    #[serde(default)]
    pub event_share: f64,
}

const fn one() -> f64 {
    1.0
}

/// What Erlang A allows, in per cent; written into the file before the controller was tuned.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    pub k1_minimum_levers_off: f64,
    pub k1_minimum_levers_on: f64,
}

/// What holds in one moment of the day, before any lever.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    pub calls_per_hour: f64,
    pub agents: u32,
    pub in_training: u32,
    pub wrap_up_s: f64,
    pub unseen_share: f64,
    pub event_share: f64,
}

impl Scenario {
    pub fn parse(text: &str) -> Result<Self, String> {
        let scenario: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if scenario.calls.len() != HALF_HOURS || scenario.agents.len() != HALF_HOURS {
            return Err("calls and agents need 48 half-hours each".to_owned());
        }
        Ok(scenario)
    }

    /// The same centre on a day without disturbance.
    pub fn normal(&self) -> Self {
        Self { disturbance: Vec::new(), ..self.clone() }
    }

    /// What holds at `hour` of the bad day, or of a normal one.
    pub fn conditions(&self, hour: f64, bad: bool) -> Conditions {
        let half_hour = ((hour * 2.0) as usize).min(HALF_HOURS - 1);
        let within = |from: f64, until: f64| (from..until).contains(&hour);
        let training = self.training.iter().filter(|of| within(of.from_h, of.until_h));
        let mut now = Conditions {
            calls_per_hour: self.calls[half_hour] * 2.0,
            agents: self.agents[half_hour],
            in_training: training.map(|of| of.agents).sum(),
            wrap_up_s: self.wrap_up_s,
            unseen_share: 0.0,
            event_share: 0.0,
        };
        let mut present = 1.0;
        for of in self.disturbance.iter().filter(|of| bad && within(of.from_h, of.until_h)) {
            now.calls_per_hour *= of.arrivals;
            present *= of.agents;
            now.wrap_up_s = now.wrap_up_s.max(of.wrap_up_s);
            now.unseen_share = now.unseen_share.max(of.unseen_share);
            now.event_share = now.event_share.max(of.event_share);
        }
        now.agents = (f64::from(now.agents) * present).round() as u32;
        now
    }
}
