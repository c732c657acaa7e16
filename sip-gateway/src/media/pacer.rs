//! The one clock of all legs: every 20 ms each leg does what is due.

use std::sync::Weak;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::room::Room;
use crate::net::clock;

const PACE: Duration = Duration::from_millis(20);

/// Paces the room until it is gone. Late ticks are made up for, so that the mean pace is exact.
pub async fn run(room: Weak<Room>) {
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        ticks.tick().await;
        let Some(room) = room.upgrade() else { return };
        let now = clock::now();
        for leg in room.legs().iter() {
            leg.tick(now);
        }
    }
}
