//! Which configurations can be worked with.

use thiserror::Error;

use crate::config::Config;
use crate::lever::LeverId;

const SHARE: (f64, f64) = (0.0, 1.0);
/// Spans: a second to a week.
const SPAN_S: (f64, f64) = (1.0, 604_800.0);
const WEIGHT: (f64, f64) = (0.1, 100_000.0);

/// A figure that cannot be worked with.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ConfigError {
    #[error("{key} must be from {from} to {to}, not {given}")]
    Range { key: &'static str, from: f64, to: f64, given: f64 },
    #[error("{undo} must lie apart from {pull}, or levers would flap: set it {so}")]
    NoGap { undo: &'static str, pull: &'static str, so: &'static str },
    #[error("levers.{0:?}: hold_s and respect_s must be at least 1, cost_per_hour above 0")]
    Lever(LeverId),
}

impl Config {
    /// Looks for figures that cannot be worked with.
    ///
    /// # Errors
    /// The first [`ConfigError`] found, naming the key and what it may be.
    pub fn check(&self) -> Result<(), ConfigError> {
        let (pull, undo) = (&self.pull, &self.undo);
        for (key, given, (from, to)) in self.ranges() {
            if !(from..=to).contains(&given) {
                return Err(ConfigError::Range { key, from, to, given });
            }
        }
        let gap = |undo, pull, so| Err(ConfigError::NoGap { undo, pull, so });
        if undo.spare_deviations <= pull.spare_deviations {
            return gap("undo.spare_deviations", "pull.spare_deviations", "higher");
        }
        if undo.lost_share >= pull.lost_share {
            return gap("undo.lost_share", "pull.lost_share", "lower");
        }
        if undo.saves_share >= pull.saves_share {
            return gap("undo.saves_share", "pull.saves_share", "lower");
        }
        for (lever, rule) in &self.levers {
            let cost = rule.cost_per_hour;
            if rule.hold_s == 0 || rule.respect_s == 0 || !(cost > 0.0 && cost.is_finite()) {
                return Err(ConfigError::Lever(*lever));
            }
        }
        Ok(())
    }

    fn ranges(&self) -> [(&'static str, f64, (f64, f64)); 41] {
        let (pull, undo, of) = (&self.pull, &self.undo, &self.estimate);
        [
            ("answered_target", self.answered_target, (0.01, 0.999)),
            ("in_time_target", self.in_time_target, (0.01, 0.999)),
            ("evaluate_every_s", f64::from(self.evaluate_every_s), (1.0, 300.0)),
            ("look_ahead_s", f64::from(self.look_ahead_s), (60.0, 86_400.0)),
            ("measure_s", f64::from(self.measure_s), SPAN_S),
            ("pull.spare_deviations", pull.spare_deviations, (-10.0, 10.0)),
            ("pull.lost_share", pull.lost_share, SHARE),
            ("pull.saves_share", pull.saves_share, SHARE),
            ("pull.saves_calls", pull.saves_calls, (0.0, 1_000.0)),
            ("pull.lasts_s", f64::from(pull.lasts_s), (0.0, 86_400.0)),
            ("pull.urgent_lasts_s", f64::from(pull.urgent_lasts_s), (0.0, 86_400.0)),
            ("undo.spare_deviations", undo.spare_deviations, (-10.0, 10.0)),
            ("undo.worked_off_deviations", undo.worked_off_deviations, (-10.0, 10.0)),
            ("undo.lost_share", undo.lost_share, SHARE),
            ("undo.saves_share", undo.saves_share, SHARE),
            ("undo.lasts_s", f64::from(undo.lasts_s), (0.0, 86_400.0)),
            ("undo.apart_s", f64::from(undo.apart_s), (0.0, 86_400.0)),
            ("estimate.patience_s", of.patience_s, (1.0, 3_600.0)),
            ("estimate.talk_s", of.talk_s, (1.0, 7_200.0)),
            ("estimate.wrap_up_s", of.wrap_up_s, (0.0, 7_200.0)),
            ("estimate.arrivals_memory_s", of.arrivals_memory_s, SPAN_S),
            ("estimate.jump_memory_s", of.jump_memory_s, SPAN_S),
            ("estimate.jump_deviations", of.jump_deviations, (0.1, 100.0)),
            ("estimate.forecast_weight_calls", of.forecast_weight_calls, WEIGHT),
            ("estimate.surprise_half_life_s", of.surprise_half_life_s, SPAN_S),
            ("estimate.absence_half_life_s", of.absence_half_life_s, SPAN_S),
            ("estimate.presence_memory_s", of.presence_memory_s, SPAN_S),
            ("estimate.handling_memory_s", of.handling_memory_s, SPAN_S),
            ("estimate.handling_weight_calls", of.handling_weight_calls, WEIGHT),
            ("estimate.loss_memory_s", of.loss_memory_s, SPAN_S),
            ("estimate.loss_weight_calls", of.loss_weight_calls, WEIGHT),
            ("estimate.loss_error", of.loss_error, (0.0, 10.0)),
            ("wrap_up.short_s", self.wrap_up.short_s, (0.0, 7_200.0)),
            ("reserve.lead_s", f64::from(self.reserve.lead_s), (0.0, 86_400.0)),
            ("training.lead_s", f64::from(self.training.lead_s), (0.0, 86_400.0)),
            ("estimate.gap_max_s", f64::from(of.gap_max_s), SPAN_S),
            ("callback.after_s", self.callback.after_s, (0.0, 3_600.0)),
            ("callback.accepted_share", self.callback.accepted_share, SHARE),
            ("callback.redial_share", self.callback.redial_share, SHARE),
            ("announcement.hang_up_share", self.announcement.hang_up_share, SHARE),
            ("announcement.satisfies_share", self.announcement.satisfies_share, SHARE),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_worked_with() {
        assert_eq!(Config::default().check(), Ok(()));
    }

    #[test]
    fn figures_that_would_flap_or_mean_nothing_are_refused_by_name() {
        let mut config = Config::default();
        config.undo.lost_share = config.pull.lost_share;
        assert!(config.check().unwrap_err().to_string().contains("undo.lost_share"));
        let config = Config { answered_target: 1.0, ..Config::default() };
        assert!(config.check().unwrap_err().to_string().contains("answered_target"));
        let mut config = Config::default();
        config.estimate.patience_s = f64::NAN;
        assert!(config.check().unwrap_err().to_string().contains("patience_s"));
        let mut config = Config::default();
        config.levers.entry(LeverId::CallUpReserve).or_default().hold_s = 0;
        assert_eq!(config.check(), Err(ConfigError::Lever(LeverId::CallUpReserve)));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let read = serde_json::from_str::<Config>;
        assert!(read(r#"{"answered_target":0.9}"#).is_ok());
        assert!(
            read(r#"{"answer_target":0.9}"#).unwrap_err().to_string().contains("answer_target")
        );
        assert!(read(r#"{"levers":{"shorten_wrap_up":{"holds":1}}}"#).is_err());
        assert!(read(r#"{"levers":{"pull_harder":{}}}"#).is_err());
    }
}
