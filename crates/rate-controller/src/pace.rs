//! How today differs from forecast, roster and means.

use serde::{Deserialize, Serialize};

use crate::config::Estimate;
use crate::micro::Micro;
use crate::situation::Counters;

/// Sums that forget; empty ones mean a day as it was forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// Demand: requests, satisfied by an announcement and unseen, against the forecast with the known event; long and
    /// short memory.
    demand: Micro,
    expected: Micro,
    demand_short: Micro,
    expected_short: Micro,
    /// The part of `demand_short` that reached the centre.
    reached_short: Micro,
    /// By how much the known event raises the forecast.
    event_factor: Micro,
    /// Agents on the line against the roster.
    present: Micro,
    talked: Span,
    wrapped: Span,
    /// Lost calls, and how many the model gave for the same requests.
    lost: Micro,
    lost_in_model: Micro,
}

/// Sum of spans and how many they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    count: Micro,
    sum_s: Micro,
}

impl Span {
    fn learn(&mut self, span_s: f64, memory_s: f64, count: f64, sum_s: f64) {
        self.count.fade(span_s, memory_s, count);
        self.sum_s.fade(span_s, memory_s, sum_s);
    }

    /// The mean, with `usual_s` as if it had been observed `weight` times.
    fn mean_s(&self, usual_s: f64, weight: f64) -> f64 {
        (self.sum_s.value() + usual_s * weight) / (self.count.value() + weight)
    }
}

/// What happened between two observations.
#[derive(Debug, Clone, Copy)]
pub struct Passed {
    pub span_s: f64,
    pub added: Counters,
    /// Calls that the forecast gave for the span, before the known event ...
    pub expected: f64,
    /// ... and by how much that raises them.
    pub event_factor: f64,
    /// Agents on the line against the roster, where there is a roster.
    pub present: Option<f64>,
    /// Share of lost calls by the model, before its correction.
    pub lost_in_model: f64,
    /// Whether wrap-up was shortened: then its length says nothing of the day.
    pub wrap_up_is_short: bool,
}

impl Default for Pace {
    fn default() -> Self {
        let none = Micro::default();
        Self {
            demand: none,
            expected: none,
            demand_short: none,
            expected_short: none,
            reached_short: none,
            event_factor: Micro::ONE,
            present: Micro::ONE,
            talked: Span::default(),
            wrapped: Span::default(),
            lost: none,
            lost_in_model: none,
        }
    }
}

impl Pace {
    pub(crate) fn learn(&mut self, passed: &Passed, of: &Estimate) {
        let (span_s, added) = (passed.span_s, passed.added);
        self.explain(passed.event_factor);
        let expected = passed.expected * passed.event_factor;
        let reached = (added.requests + added.self_served) as f64;
        let demand = reached + added.unseen as f64;
        self.demand.fade(span_s, of.arrivals_memory_s, demand);
        self.expected.fade(span_s, of.arrivals_memory_s, expected);
        self.demand_short.fade(span_s, of.jump_memory_s, demand);
        self.expected_short.fade(span_s, of.jump_memory_s, expected);
        self.reached_short.fade(span_s, of.jump_memory_s, reached);
        if let Some(present) = passed.present {
            let kept = (-span_s / of.presence_memory_s).exp();
            self.present = Micro::of(self.present.value() * kept + present * (1.0 - kept));
        }
        let seconds = |ms: u64| ms as f64 / 1_000.0;
        let handled = added.handled as f64;
        let memory_s = of.handling_memory_s;
        self.talked.learn(span_s, memory_s, handled, seconds(added.talk_ms));
        if passed.wrap_up_is_short {
            self.wrapped.learn(span_s, memory_s, 0.0, 0.0);
        } else {
            self.wrapped.learn(span_s, memory_s, handled, seconds(added.wrap_up_ms));
        }
        let in_model = passed.lost_in_model * added.requests as f64;
        self.lost.fade(span_s, of.loss_memory_s, added.lost() as f64);
        self.lost_in_model.fade(span_s, of.loss_memory_s, in_model);
    }

    /// An event that becomes known explains what was seen of it before: where today is above the forecast already, the event
    /// does not come on top of that.
    fn explain(&mut self, event_factor: f64) {
        let before = self.event_factor.value();
        self.event_factor = Micro::of(event_factor);
        if event_factor <= before {
            return;
        }
        let known = |demand: Micro, expected: Micro| {
            let seen = demand.value() / expected.value().max(1e-6);
            let left = (seen * before / event_factor).max(seen.min(1.0));
            if left > 0.0 { Micro::of(demand.value() / left) } else { expected }
        };
        self.expected = known(self.demand, self.expected);
        self.expected_short = known(self.demand_short, self.expected_short);
    }

    /// Demand ÷ forecast with the known event. The long memory, unless the short one contradicts it by more than chance.
    pub(crate) fn demand_factor(&self, of: &Estimate) -> f64 {
        let weight = of.forecast_weight_calls;
        let long = (self.demand.value() + weight) / (self.expected.value() + weight);
        let expected = self.expected_short.value() * long;
        let apart = (self.demand_short.value() - expected) / expected.max(1.0).sqrt();
        if apart.abs() < of.jump_deviations {
            return long;
        }
        let weight = weight * of.jump_memory_s / of.arrivals_memory_s;
        (self.demand_short.value() + weight) / (self.expected_short.value() + weight)
    }

    /// Share of the demand that reaches the centre; below 1 while a trunk is dead.
    pub(crate) fn reach(&self) -> f64 {
        ((self.reached_short.value() + 1.0) / (self.demand_short.value() + 1.0)).clamp(0.0, 1.0)
    }

    /// Agents on the line ÷ roster.
    pub(crate) fn presence(&self) -> f64 {
        self.present.value()
    }

    pub(crate) fn talk_s(&self, of: &Estimate) -> f64 {
        self.talked.mean_s(of.talk_s, of.handling_weight_calls)
    }

    /// Wrap-up as it is without the lever.
    pub(crate) fn wrap_up_s(&self, of: &Estimate) -> f64 {
        self.wrapped.mean_s(of.wrap_up_s, of.handling_weight_calls)
    }

    /// By how much the floor loses more, or less, than the model says.
    pub(crate) fn loss_factor(&self, of: &Estimate) -> f64 {
        let weight = of.loss_weight_calls;
        ((self.lost.value() + weight) / (self.lost_in_model.value() + weight)).clamp(0.25, 4.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(requests: u64, unseen: u64) -> Passed {
        let handled = Counters {
            requests,
            answered: requests,
            unseen,
            handled: requests,
            talk_ms: requests * 150_000,
            wrap_up_ms: requests * 180_000,
            ..Counters::default()
        };
        Passed {
            span_s: 60.0,
            added: handled,
            expected: 2.0,
            event_factor: 1.0,
            present: Some(0.7),
            lost_in_model: 0.0,
            wrap_up_is_short: false,
        }
    }

    fn after(minutes: usize, passed: Passed) -> Pace {
        let mut pace = Pace::default();
        (0..minutes).for_each(|_| pace.learn(&passed, &Estimate::default()));
        pace
    }

    #[test]
    fn a_storm_is_seen_within_minutes_and_a_normal_hour_is_none() {
        let of = Estimate::default();
        assert!((after(60, minute(2, 0)).demand_factor(&of) - 1.0).abs() < 1e-6);
        assert!(after(60, minute(4, 0)).demand_factor(&of) > 1.7);
        let mut burst = after(120, minute(2, 0));
        (0..6).for_each(|_| burst.learn(&minute(10, 0), &of));
        assert!(burst.demand_factor(&of) > 2.5, "{}", burst.demand_factor(&of));
    }

    #[test]
    fn an_event_that_becomes_known_counts_once_whether_its_calls_came_before_or_come_now() {
        let of = Estimate::default();
        let demand = |mut pace: Pace, requests: u64| {
            let known = Passed { event_factor: 2.5, ..minute(requests, 0) };
            pace.learn(&known, &of);
            pace.demand_factor(&of) * known.event_factor
        };
        let at_once = demand(after(90, minute(2, 0)), 5);
        assert!((2.3..2.7).contains(&at_once), "{at_once}");
        let later = demand(after(90, minute(5, 0)), 5);
        assert!((2.3..2.7).contains(&later), "{later}");
    }

    #[test]
    fn an_event_that_was_told_too_large_is_put_right_by_the_calls() {
        let of = Estimate::default();
        let mut pace = after(90, minute(2, 0));
        let known = Passed { event_factor: 2.5, ..minute(2, 0) };
        // The memory of today's arrivals is half an hour, and the forecast has its weight.
        (0..45).for_each(|_| pace.learn(&known, &of));
        let demand = pace.demand_factor(&of) * known.event_factor;
        assert!(demand < 1.3, "{demand}");
    }

    #[test]
    fn calls_that_a_dead_trunk_keeps_away_are_demand_that_does_not_arrive() {
        let pace = after(60, minute(1, 3));
        assert!(pace.demand_factor(&Estimate::default()) > 1.5);
        assert!((pace.reach() - 0.25).abs() < 0.05, "{}", pace.reach());
    }

    #[test]
    fn shortened_wrap_up_says_nothing_of_the_day() {
        let of = Estimate::default();
        let slow = after(90, minute(2, 0));
        assert!(slow.wrap_up_s(&of) > 150.0 && slow.presence() < 0.701);
        let mut short = slow;
        let quick = Passed { wrap_up_is_short: true, ..minute(2, 0) };
        (0..600).for_each(|_| short.learn(&quick, &of));
        assert!((short.wrap_up_s(&of) - 90.0).abs() < 1.0, "{}", short.wrap_up_s(&of));
    }
}
