//! Every threshold, with its default and meaning. A key that is not known is refused.
//!
//! Shares are 0 to 1, spans seconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::lever::LeverId;
pub use crate::limits::ConfigError;

/// Who decides about a lever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A person alone; the controller only measures.
    Manual,
    /// The controller advises, a person decides.
    Advisory,
    /// The controller pulls and undoes, and says so.
    Automatic,
}

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// K1: share of requests to be answered by a person in any 24 hours (0.95).
    pub answered_target: f64,
    /// K2b: share of requests to be answered within 15 s in any 24 hours (0.8).
    pub in_time_target: f64,
    /// Whether a danger to K2b alone pulls levers too (no: it is shown).
    pub in_time_pulls: bool,
    /// How often the day is reckoned through (15 s); observations between two of them are only counted.
    pub evaluate_every_s: u32,
    /// How far ahead a lever's effect is weighed, from when it works (3,600 s).
    pub look_ahead_s: u32,
    pub pull: PullRule,
    pub undo: UndoRule,
    pub estimate: Estimate,
    /// How long after a lever works its effect is measured (1,800 s).
    pub measure_s: u32,
    pub wrap_up: WrapUp,
    pub reserve: Lead,
    pub training: Lead,
    pub callback: Callback,
    pub announcement: Announcement,
    /// By lever; one that is not named has the defaults of [`LeverRule`].
    pub levers: BTreeMap<LeverId, LeverRule>,
}

/// When a lever is needed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PullRule {
    /// The target counts as in danger where the calls that may still be lost are fewer than so many standard
    /// deviations of the forecast loss (2.5).
    pub spare_deviations: f64,
    /// Expected share of lost calls in the near future that needs a lever however good the day was (0.06).
    pub lost_share: f64,
    /// Least share of the near future's calls that a lever must save (0.004).
    pub saves_share: f64,
    /// Least number of calls that it must save for each unit of `cost_per_hour` (0.7).
    pub saves_calls: f64,
    /// How long a need must last before a lever is pulled (120 s) ...
    pub lasts_s: u32,
    /// ... and where `lost_share` is being lost (0 s).
    pub urgent_lasts_s: u32,
}

/// When a lever is not needed any more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UndoRule {
    /// As [`PullRule::spare_deviations`], reckoned without the lever; above it, so that there is a gap (3.5).
    pub spare_deviations: f64,
    /// With less to spare than so many deviations a lever that saves enough to be pulled stays, even where the windows to come
    /// are no worse than the present one: a target that is missed, or nearly so, is worked off (1).
    pub worked_off_deviations: f64,
    /// Expected share of lost calls without the lever that is calm; below the pulling one (0.03).
    pub lost_share: f64,
    /// A lever that saves less than this share of the near future's calls helps no more (0.001).
    pub saves_share: f64,
    /// How long calm must last before a lever is undone (900 s).
    pub lasts_s: u32,
    /// Time between two undone levers, so that the floor settles (600 s).
    pub apart_s: u32,
}

/// How the day is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Estimate {
    /// Mean patience of callers (120 s).
    pub patience_s: f64,
    /// Means before anything is known of today (150 s and 90 s).
    pub talk_s: f64,
    pub wrap_up_s: f64,
    /// Memory of today's arrivals against the forecast (1,800 s).
    pub arrivals_memory_s: f64,
    /// Memory that is believed where it contradicts the long one (300 s) ...
    pub jump_memory_s: f64,
    /// ... by so many roots of the expected calls (3).
    pub jump_deviations: f64,
    /// The forecast weighs as much as so many observed calls (15).
    pub forecast_weight_calls: f64,
    /// After this the day's difference from forecast and means is half gone (7,200 s).
    pub surprise_half_life_s: f64,
    /// The same for agents who are missing: they stay away longer (28,800 s).
    pub absence_half_life_s: f64,
    /// Memory of who is present (300 s).
    pub presence_memory_s: f64,
    /// Memory of talk and wrap-up (1,800 s); the means above weigh as much as `handling_weight_calls` (15).
    pub handling_memory_s: f64,
    pub handling_weight_calls: f64,
    /// Memory of losses against the model (7,200 s); the model weighs as much as so many lost calls (15).
    pub loss_memory_s: f64,
    pub loss_weight_calls: f64,
    /// Relative error of a forecast loss, for its deviation (0.3).
    pub loss_error: f64,
    /// Two observations further apart leave no pace behind (900 s).
    pub gap_max_s: u32,
}

/// Shortened wrap-up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WrapUp {
    /// What wrap-up falls to (45 s).
    pub short_s: f64,
}

/// Agents who come when they are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lead {
    /// How long they take (reserve 1,200 s, training 300 s).
    pub lead_s: u32,
}

/// A call back by key.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Callback {
    /// It is offered after this wait (30 s).
    pub after_s: f64,
    /// Share of those who wait longer that takes it (0.25).
    pub accepted_share: f64,
    /// Share of lost callers that would call again (0.3).
    pub redial_share: f64,
}

/// The surge announcement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Announcement {
    /// Share of callers about the event who say by a key that they need no agent then; K1 leaves them out (0: without such a
    /// key who is satisfied hangs up, and that is an abandon).
    pub satisfies_share: f64,
    /// Share of the others who hang up in it (0.02).
    pub hang_up_share: f64,
}

/// One lever.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeverRule {
    /// Who decides (a person alone).
    pub mode: Mode,
    /// What an hour of it costs the centre, in any unit that all levers share (1).
    pub cost_per_hour: f64,
    /// The controller changes it at most once within this (1,800 s).
    pub hold_s: u32,
    /// After a person declined an advice or undid it, the controller leaves it alone for so long (3,600 s).
    pub respect_s: u32,
}

impl Config {
    /// The rule of a lever.
    #[must_use]
    pub fn rule(&self, lever: LeverId) -> LeverRule {
        self.levers.get(&lever).copied().unwrap_or_default()
    }

    /// The same with every lever in this mode.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        for lever in LeverId::ALL {
            let rule = self.rule(lever);
            self.levers.insert(lever, LeverRule { mode, ..rule });
        }
        self
    }

    /// How long a lever takes until it works, in seconds.
    #[must_use]
    pub const fn lead_s(&self, lever: LeverId) -> u32 {
        match lever {
            LeverId::CallUpReserve => self.reserve.lead_s,
            LeverId::SuspendTraining => self.training.lead_s,
            LeverId::ShortenWrapUp | LeverId::OfferCallback | LeverId::SurgeAnnouncement => 0,
        }
    }
}

impl Default for Config {
    /// All levers advise; people's time is what they cost.
    fn default() -> Self {
        let rule = |cost_per_hour| LeverRule {
            mode: Mode::Advisory,
            cost_per_hour,
            ..LeverRule::default()
        };
        Self {
            answered_target: 0.95,
            in_time_target: 0.8,
            in_time_pulls: false,
            evaluate_every_s: 15,
            look_ahead_s: 3_600,
            pull: PullRule::default(),
            undo: UndoRule::default(),
            estimate: Estimate::default(),
            measure_s: 1_800,
            wrap_up: WrapUp::default(),
            reserve: Lead::default(),
            training: Lead { lead_s: 300 },
            callback: Callback::default(),
            announcement: Announcement::default(),
            levers: BTreeMap::from([
                (LeverId::ShortenWrapUp, rule(1.0)),
                (LeverId::SuspendTraining, rule(1.0)),
                (LeverId::CallUpReserve, rule(3.0)),
                (LeverId::OfferCallback, rule(1.5)),
                (LeverId::SurgeAnnouncement, rule(1.5)),
            ]),
        }
    }
}

impl Default for PullRule {
    fn default() -> Self {
        Self {
            spare_deviations: 2.5,
            lost_share: 0.06,
            saves_share: 0.004,
            saves_calls: 0.7,
            lasts_s: 120,
            urgent_lasts_s: 0,
        }
    }
}

impl Default for UndoRule {
    fn default() -> Self {
        Self {
            spare_deviations: 3.5,
            worked_off_deviations: 1.0,
            lost_share: 0.03,
            saves_share: 0.001,
            lasts_s: 900,
            apart_s: 600,
        }
    }
}

impl Default for Estimate {
    fn default() -> Self {
        Self {
            patience_s: 120.0,
            talk_s: 150.0,
            wrap_up_s: 90.0,
            arrivals_memory_s: 1_800.0,
            jump_memory_s: 300.0,
            jump_deviations: 3.0,
            forecast_weight_calls: 15.0,
            surprise_half_life_s: 7_200.0,
            absence_half_life_s: 28_800.0,
            presence_memory_s: 300.0,
            handling_memory_s: 1_800.0,
            handling_weight_calls: 15.0,
            loss_memory_s: 7_200.0,
            loss_weight_calls: 15.0,
            loss_error: 0.3,
            gap_max_s: 900,
        }
    }
}

impl Default for WrapUp {
    fn default() -> Self {
        Self { short_s: 45.0 }
    }
}

impl Default for Lead {
    fn default() -> Self {
        Self { lead_s: 1_200 }
    }
}

impl Default for Callback {
    fn default() -> Self {
        Self { after_s: 30.0, accepted_share: 0.25, redial_share: 0.3 }
    }
}

impl Default for Announcement {
    fn default() -> Self {
        Self { satisfies_share: 0.0, hang_up_share: 0.02 }
    }
}

impl Default for LeverRule {
    fn default() -> Self {
        Self { mode: Mode::Manual, cost_per_hour: 1.0, hold_s: 1_800, respect_s: 3_600 }
    }
}
