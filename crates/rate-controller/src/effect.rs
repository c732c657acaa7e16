//! What a pulled lever brought, against what the model says of the same calls without it.

use serde::{Deserialize, Serialize};
use types::Timestamp;

use crate::micro::Micro;
use crate::situation::Counters;

/// The measured time of a pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    pub pulled_at: Timestamp,
    /// Measured from when the lever worked until then.
    pub from: Timestamp,
    pub until: Timestamp,
    pub requests: u64,
    pub lost: u64,
    /// By the model, of the same requests.
    pub lost_without: u64,
    /// Mean wait of all requests, in milliseconds, and by the model without the lever.
    pub mean_wait_ms: u64,
    pub mean_wait_without_ms: u64,
    /// Share of lost calls that the model gave without the lever when it was pulled, in per mille.
    pub foreseen_lost_permille: u32,
}

/// A measurement under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    from: Timestamp,
    until: Timestamp,
    foreseen_lost_permille: u32,
    requests: u64,
    lost: u64,
    waited_ms: u64,
    lost_without: Micro,
    waited_without_s: Micro,
    /// The model's present word: share of lost calls, and mean wait in seconds.
    lost_share: Micro,
    wait_s: Micro,
}

impl Measure {
    pub(crate) fn new(from: Timestamp, until: Timestamp, foreseen_lost_permille: u32) -> Self {
        Self {
            from,
            until,
            foreseen_lost_permille,
            requests: 0,
            lost: 0,
            waited_ms: 0,
            lost_without: Micro::default(),
            waited_without_s: Micro::default(),
            lost_share: Micro::of(f64::from(foreseen_lost_permille) / 1_000.0),
            wait_s: Micro::default(),
        }
    }

    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until
    }

    /// Takes in what was counted since the last observation.
    pub(crate) fn add(&mut self, now: Timestamp, added: Counters) {
        if now <= self.from {
            return;
        }
        self.requests += added.requests;
        self.lost += added.lost();
        self.waited_ms += added.waited_ms;
        let requests = added.requests as f64;
        self.lost_without.add(requests * self.lost_share.value());
        self.waited_without_s.add(requests * self.wait_s.value());
    }

    /// What the model says without the lever from now on.
    pub(crate) fn say(&mut self, (lost_share, wait_s): (f64, f64)) {
        (self.lost_share, self.wait_s) = (Micro::of(lost_share), Micro::of(wait_s));
    }

    /// The result; `None` where nothing was measured.
    pub(crate) fn effect(&self, pulled_at: Timestamp, now: Timestamp) -> Option<Effect> {
        let whole = |figure: f64| u64::try_from(crate::outlook::whole(figure.round())).unwrap_or(0);
        let without_ms = self.waited_without_s.value() * 1_000.0;
        Some(Effect {
            pulled_at,
            from: self.from,
            until: self.until.min(now),
            requests: self.requests,
            lost: self.lost,
            lost_without: whole(self.lost_without.value()),
            mean_wait_ms: self.waited_ms.checked_div(self.requests)?,
            mean_wait_without_ms: whole(without_ms / self.requests as f64),
            foreseen_lost_permille: self.foreseen_lost_permille,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effect_counts_from_when_the_lever_works() {
        let at = |s: i64| Timestamp::from_micros(s * 1_000_000);
        let mut measure = Measure::new(at(1_200), at(3_000), 200);
        measure.say((0.25, 40.0));
        let added =
            Counters { requests: 20, answered: 19, waited_ms: 200_000, ..Counters::default() };
        measure.add(at(600), added);
        assert_eq!(measure.effect(at(0), at(600)), None, "the agents are still on their way");
        measure.add(at(1_300), added);
        measure.add(at(1_400), added);
        let effect = measure.effect(at(0), at(3_005)).unwrap();
        assert_eq!((effect.requests, effect.lost, effect.lost_without), (40, 2, 10));
        assert_eq!((effect.mean_wait_ms, effect.mean_wait_without_ms), (10_000, 40_000));
        assert_eq!((effect.from, effect.until), (at(1_200), at(3_000)));
        assert!(measure.is_over(at(3_000)) && !measure.is_over(at(2_999)));
    }
}
