//! The one clock of all legs: every 20 ms each leg does what is due.

use std::sync::Weak;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::room::Room;
use crate::net::clock;

const PACE: Duration = Duration::from_millis(20);

/// A stall beyond this is not made up for: a flood of old packets would help nobody.
const STALL_MAX: Duration = Duration::from_millis(500);

/// Paces the room until it is gone. Late ticks are made up for, and each is given the time it was
/// meant for, so that neither the mean pace nor a timestamp is changed by a short stall.
pub async fn run(room: Weak<Room>) {
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut meant = clock::now();
    loop {
        ticks.tick().await;
        let Some(room) = room.upgrade() else { return };
        let now = clock::now();
        if now.since(meant) > STALL_MAX {
            metrics::counter!("gateway_media_stalls_total").increment(1);
            meant = now;
            ticks.reset();
        }
        for leg in room.legs().iter() {
            leg.tick(meant);
        }
        meant = meant + PACE;
    }
}
