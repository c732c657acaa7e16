//! What who sees a disturbance as it begins can reach.

use std::time::Duration;

use rate_controller::LeverId;

use crate::day::{Centre, Figures, begin};
use crate::play::play_plan;
use crate::scenario::Scenario;

/// Plays with every lever that helps pulled from the first minute of the first disturbance to the end of the bad day: what
/// could be done at best by who sees the disturbance as it begins.
pub fn play_at_once<C: Centre>(scenario: &Scenario, seed: u64) -> Figures {
    let first = scenario.disturbance.iter().map(|of| of.from_h).fold(24.0, f64::min);
    let event = scenario.disturbance.iter().any(|of| of.event_share > 0.0);
    let levers = LeverId::ALL.into_iter().filter(|lever| match lever {
        LeverId::SurgeAnnouncement => event,
        LeverId::OfferCallback => false,
        _ => true,
    });
    let from = begin() + Duration::from_secs_f64((24.0 + first) * 3_600.0);
    let plan: Vec<_> = levers.map(|lever| (lever, from)).collect();
    play_plan::<C>(scenario, seed, &plan)
}
